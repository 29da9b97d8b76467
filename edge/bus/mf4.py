"""MF4 recordings (ASAM MDF 4, bus logging) through asammdf: the whole file at once, so for offline tools alone."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.bus.log import CUT_GZIP, DEFAULT_BUS, OTHER_OBJECT, TIME_MAX_NS, Piece
from edge.bus.log_file import LogFile
from edge.errors import ConfigError
from edge.frames import (
    BIT_RATE_SWITCH,
    CLASSIC_BYTES,
    ERROR,
    ERROR_STATE,
    EXTENDED,
    FD,
    FD_BYTES,
    NANOSECONDS,
    REMOTE,
    FrameBatch,
    UInt8s,
    concatenate,
)

FILE_MOST: Final = 512 << 20
"""Bytes of a file, unpacked."""
BAD_FRAME: Final = "bad_frame"
_KINDS: Final = {"CAN_DataFrame": 0, "CAN_RemoteFrame": REMOTE, "CAN_ErrorFrame": ERROR}
_ID_MASK: Final = 0x1FFF_FFFF
_CAN: Final = 2
"""Type of a bus (MDF 4.1, source information)."""
_PIECE: Final = 65_536
_SWITCHES: Final = {"IDE": EXTENDED, "EDL": FD, "BRS": BIT_RATE_SWITCH, "ESI": ERROR_STATE}


class Mf4Log:
    """The CAN frames of a recording in the order of their time; buses are the numbers of its channels."""

    form = "MF4 recording"
    remedy = "Name another file"

    def __init__(self, log_file: LogFile) -> None:
        """Raises ConfigError when asammdf is not there, or the file is none that it reads."""
        self.file: Path = log_file.file
        self.first_fault = ""
        self.cut = ""
        self._counters = {OTHER_OBJECT: 0, BAD_FRAME: 0}
        self._pieces = self._read(log_file)

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out: events of other buses, and frames that cannot be."""
        return {**self._counters, CUT_GZIP: int(bool(self.cut))}

    def read(self) -> Piece | None:
        """The next frames; None at the end."""
        return self._pieces.pop() if self._pieces else None

    def close(self) -> None:
        """Let go of the frames."""
        self._pieces.clear()

    def _read(self, log_file: LogFile) -> list[Piece]:
        """All pieces, the last first."""
        try:
            from asammdf import MDF  # noqa: PLC0415  81 MB and pandas: for offline tools alone
        except ImportError as error:
            problem = "asammdf, which reads MF4, is not installed"
            raise ConfigError(problem, file=self.file, remedy="Install telltale[mf4] on a desk computer") from error
        content = io.BytesIO(_whole(log_file))
        self.cut = log_file.cut
        log_file.close()
        try:
            with MDF(content) as mdf:
                parts = [part for index, group in enumerate(mdf.groups) if (part := self._part(mdf, index, group))]
        except Exception as error:  # whatever its parsing meets in a damaged file
            problem = f"cannot be read by asammdf ({type(error).__name__}: {error})"
            raise ConfigError(problem, file=self.file, remedy=self.remedy) from error
        return _pieces(parts)

    def _part(self, mdf: Any, index: int, group: Any) -> tuple[FrameBatch, npt.NDArray[np.int64]] | None:
        """The frames of one channel group with their channel numbers; None when there is none."""
        channels, count = {channel.name for channel in group.channels}, int(group.channel_group.cycles_nr)
        kind = next((kind for kind in _KINDS if kind in channels), None)
        source = group.channel_group.acq_source
        if not count or kind is None or (source is not None and source.bus_type != _CAN):
            self._counters[OTHER_OBJECT] += count
            return None
        signal = mdf.get(kind, group=index)
        columns = _Columns(signal.samples, kind)
        start_ns = round(mdf.header.start_time.timestamp() * 1000) * (NANOSECONDS // 1000)
        batch, is_sound = columns.batch(start_ns, signal.timestamps)
        self._counters[BAD_FRAME] += int(np.count_nonzero(~is_sound))
        return batch.select(is_sound), columns.numbers("BusChannel", -1)[is_sound]


class _Columns:
    """The fields of one kind of frame, whatever types they are in."""

    def __init__(self, samples: Any, kind: str) -> None:
        self._samples, self._kind = samples, kind

    def batch(self, start_ns: int, seconds: npt.NDArray[np.float64]) -> tuple[FrameBatch, npt.NDArray[np.bool_]]:
        """The frames, and which of them can be."""
        count = len(seconds)
        flags = np.full(count, _KINDS[self._kind], np.uint8)
        for name, bit in _SWITCHES.items():
            flags |= np.where(self.numbers(name, 0) != 0, bit, 0).astype(np.uint8)
        flags = np.where(flags & FD, flags, flags & ~np.uint8(BIT_RATE_SWITCH | ERROR_STATE))
        flags = np.where(flags & ERROR, ERROR, flags).astype(np.uint8)
        length = self.numbers("DLC" if self._kind == "CAN_RemoteFrame" else "DataLength", 0)
        payload = self._payload(count)
        most = np.where(flags & FD, FD_BYTES, CLASSIC_BYTES)
        time = np.nan_to_num(np.round(seconds * 1e9), nan=-1.0, posinf=-1.0, neginf=-1.0)
        is_sound = (length >= 0) & (length <= most) & (time >= 0) & (time < TIME_MAX_NS - start_ns)
        is_sound &= (length <= payload.shape[1]) | ((flags & REMOTE) != 0)
        width = FD_BYTES if (flags & FD).any() else CLASSIC_BYTES
        wide: UInt8s = np.zeros((count, width), np.uint8)
        wide[:, : min(width, payload.shape[1])] = payload[:, :width]
        wide[np.arange(width) >= np.where(flags & REMOTE, 0, length)[:, np.newaxis]] = 0
        number = self.numbers("ID", 0)
        batch = FrameBatch(
            time=np.where(is_sound, time, 0).astype(np.int64) + start_ns,
            bus=np.zeros(count, np.uint8),
            id=(number & _ID_MASK).astype(np.uint32),
            flags=flags,
            length=np.where(is_sound, length, 0).astype(np.uint8),
            payload=wide,
            buses=(),
            until=0,
        )
        return batch, is_sound

    def numbers(self, name: str, default: int) -> npt.NDArray[np.int64]:
        """A field as whole numbers, `default` where there is none."""
        field = f"{self._kind}.{name}"
        if field not in (self._samples.dtype.names or ()):
            return np.full(len(self._samples), default, np.int64)
        return np.asarray(self._samples[field]).astype(np.int64)

    def _payload(self, count: int) -> UInt8s:
        field = f"{self._kind}.DataBytes"
        if field not in (self._samples.dtype.names or ()):
            return np.zeros((count, 0), np.uint8)
        return np.asarray(self._samples[field], np.uint8).reshape(count, -1)


def _whole(log_file: LogFile) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := log_file.read(1 << 20):
        size += len(chunk)
        if size > FILE_MOST:
            remedy = f"Cut it into files of at most {FILE_MOST >> 20} MiB"
            raise ConfigError("is too large to be read at once", file=log_file.file, remedy=remedy)
        chunks.append(chunk)
    return b"".join(chunks)


def _pieces(parts: Sequence[tuple[FrameBatch, npt.NDArray[np.int64]]]) -> list[Piece]:
    """The frames of all groups by time, in pieces, the last first."""
    if not parts:
        return []
    frames = concatenate([batch for batch, _ in parts])
    channels = np.concatenate([numbers for _, numbers in parts])
    order = np.argsort(frames.time, kind="stable")
    frames, channels = frames.select(order), channels[order]
    pieces = []
    for begin in range(0, len(order), _PIECE):
        some = channels[begin : begin + _PIECE]
        numbers, first, which = np.unique(some, return_index=True, return_inverse=True)
        rank = np.argsort(np.argsort(first))
        names = tuple(str(number) if number >= 0 else DEFAULT_BUS for number in numbers[np.argsort(first)].tolist())
        pieces.append(Piece(frames.select(slice(begin, begin + _PIECE)), rank.take(which), names))
    return pieces[::-1]
