"""CandumpLog: a recorded candump log as a source; what it cannot read is counted, never fatal."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.bus import candump
from edge.bus.candump_block import Block, name_of, parse_block
from edge.bus.lines import Lines
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import FrameBatch, concatenate

logger = logging.getLogger(__name__)

CHUNK_BYTES: Final = 196_608
"""Read at once: some 4,000 lines, one batch."""
BUSES_MAX: Final = 256
"""As many as a batch can tell apart."""

FRAMES: Final = "frames"
OTHER_CHANNEL: Final = "other_channel"
BAD_LINE: Final = "bad_line"
CUT_LINE: Final = "cut_line"
CUT_GZIP: Final = "cut_gzip"
BUS_LIMIT: Final = "bus_limit"
TIME_BACKWARD: Final = "time_backward"
_FAULTS: Final = (BAD_LINE, CUT_LINE, CUT_GZIP, BUS_LIMIT, TIME_BACKWARD)


def open_log(spec: SourceSpec) -> "CandumpLog":
    """The log that `log:FILE[?channel=can0]` names.

    Raises:
        ConfigError: the file cannot be read, or holds no frame (of that channel).
    """
    return CandumpLog(Path(spec.rest).expanduser(), channel=spec.text_option("channel", None))


class CandumpLog:
    """Reads a candump log, plain or gzipped, in batches of bounded size.

    A stamp below one that came before it is raised to that one, since time never goes back.
    """

    live = False

    def __init__(self, file: Path, *, channel: str | None = None, chunk_bytes: int = CHUNK_BYTES) -> None:
        """`channel`: only the frames of this bus.

        Raises:
            ConfigError: the file cannot be read, or holds no frame (of that channel).
        """
        self.file = file
        self.first_fault = ""
        """The first line that could not be read: its number and its beginning."""
        self._channel = channel
        self._counters = Counter(dict.fromkeys((FRAMES, OTHER_CHANNEL, *_FAULTS), 0))
        self._places: dict[bytes, int] = {} if channel is None else {channel.encode(): 0}
        self._others: set[bytes] = set()
        self._line_number = 0
        self._time_ns = 0
        self._reported = False
        self._lines = Lines(file, chunk_bytes=chunk_bytes, line_bytes=candump.LINE_BYTES)
        self._ahead = self._first()

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames, and what was left out or mended, by cause."""
        return dict(self._counters)

    def read(self, wait_s: float) -> FrameBatch | None:  # noqa: ARG002  a file keeps nobody waiting
        """The next frames; None at the end.

        Raises:
            ConfigError: the disk fails.
        """
        batch, self._ahead = self._ahead, None
        if batch is None:
            batch = self._next()
        if batch is None and not self._reported:
            self._report()
        return batch

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._lines.close()

    def _first(self) -> FrameBatch | None:
        """A file without a single frame is refused when it is opened, not when it is played."""
        batch = self._next()
        if batch is None:
            raise self._no_frame()
        return batch

    def _no_frame(self) -> ConfigError:
        if self._others:
            heard = b", ".join(sorted(self._others)).decode()
            return ConfigError(f"no frame of channel {self._channel}", file=self.file, remedy=f"There are {heard}")
        problem = f"is no candump log ({self.first_fault})" if self.first_fault else "is empty"
        if self._lines.cut:
            problem = f"cannot be unpacked ({self._lines.cut})"
        return ConfigError(problem, file=self.file, remedy="Record one with `candump -L`, or name another file")

    def _next(self) -> FrameBatch | None:
        while (text := self._lines.read()) is not None:
            if (batch := self._parse(text)) is not None:
                return batch
        self._counters[CUT_GZIP] = 1 if self._lines.cut else 0
        return None

    def _parse(self, text: bytes) -> FrameBatch | None:
        """The frames of some lines; None when there is none among them."""
        if not text:
            return None
        block = parse_block(text if text.endswith(b"\n") else text + b"\n")
        odd = [(row, line) for row, content in block.left if (line := self._odd(row, content)) is not None]
        self._line_number += block.lines
        words, first, which, counts = np.unique(block.bus, return_index=True, return_inverse=True, return_counts=True)
        names = [name_of(int(word)) for word in words]
        heard = [(int(block.row[at]), name, int(n)) for at, name, n in zip(first, names, counts, strict=True)]
        for _, name, count in sorted(heard + [(row, candump.bus_name(line), 1) for row, line in odd]):
            self._meet(name, count)
        places = np.array([self._places.get(name, -1) for name in names], np.intp)
        odd = [(row, line) for row, line in odd if candump.bus_name(line) in self._places]
        buses = tuple(name.decode() for name in self._places)
        batch = _batch(block, places.take(which), buses)
        if odd:
            lines = [line for _, line in odd]
            bus = np.array([self._places[candump.bus_name(line)] for line in lines], np.uint8)
            rows = np.concatenate([block.row[places.take(which) >= 0], [row for row, _ in odd]])
            batch = concatenate([batch, candump.to_batch(lines, bus, buses)]).select(np.argsort(rows))
        return self._forward(batch) if len(batch) else None

    def _odd(self, row: int, text: bytes) -> candump.Line | None:
        """A line that is not written as most are; None, counted, when it is none."""
        line = candump.match_line(text)
        if line is None and text.strip():
            self._fault(CUT_LINE if self._lines.unfinished else BAD_LINE, self._line_number + row + 1, text)
        return line

    def _meet(self, name: bytes, count: int) -> None:
        """Give a bus its place, in the order of appearance; its frames are counted when they are left out."""
        if name in self._places:
            return
        if self._channel is not None:
            self._counters[OTHER_CHANNEL] += count
            if len(self._others) < BUSES_MAX:
                self._others.add(name)
        elif len(self._places) == BUSES_MAX:
            self._counters[BUS_LIMIT] += count
        else:
            self._places[name] = len(self._places)

    def _forward(self, batch: FrameBatch) -> FrameBatch:
        """The batch with times that never go back."""
        time = np.maximum.accumulate(np.maximum(batch.time, self._time_ns))
        self._counters[FRAMES] += len(batch)
        self._counters[TIME_BACKWARD] += int(np.count_nonzero(batch.time < time))
        self._time_ns = int(time[-1])
        return replace(batch, time=time, until=self._time_ns)

    def _fault(self, cause: str, number: int, text: bytes) -> None:
        self._counters[cause] += 1
        if not self.first_fault:
            self.first_fault = f"line {number}: {text[:60].decode('ascii', 'backslashreplace')!r}"

    def _report(self) -> None:
        """One line at the end about everything that was not as it should be."""
        self._reported = True
        counted = [f"{cause} {self._counters[cause]}" for cause in _FAULTS if self._counters[cause]]
        if counted:
            first = f"; first {self.first_fault}" if self.first_fault else ""
            logger.warning("%s: %d frames read, but %s%s", self.file, self._counters[FRAMES], ", ".join(counted), first)


def _batch(block: Block, place: npt.NDArray[np.intp], buses: tuple[str, ...]) -> FrameBatch:
    """The frames of a block that have a place."""
    batch = FrameBatch(
        time=block.time,
        bus=place.astype(np.uint8),
        id=block.id,
        flags=block.flags,
        length=block.length,
        payload=block.payload,
        buses=buses,
        until=0,
    )
    has_place = place >= 0
    return batch if has_place.all() else batch.select(has_place)
