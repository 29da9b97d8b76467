"""SocketCanSource: a CAN interface of the kernel, read many frames at a time, with every loss that anybody tells of."""

import errno
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.bus.axis import Axis, read_clocks
from edge.bus.datagrams import Datagrams
from edge.bus.socket_losses import SocketLosses
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
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
    Int64s,
    UInt8s,
)

FRAMES_MAX: Final = 4096
"""In one batch."""
ROOM: Final = 512
"""Frames taken by one call of the kernel."""
GATHER_S: Final = 0.02
"""Once a frame is there, so long is waited for more, since a batch costs far more than a frame in it."""
STATISTICS: Final = Path("/sys/class/net")

FRAMES: Final = "frames"
ERROR_FRAMES: Final = "error_frames"
BAD_MESSAGE: Final = "bad_message"
CONTROLLER_OVERRUN: Final = "controller_overrun"
SOCKET_FULL: Final = "socket_full"
STAMPS_MOVED: Final = "stamps_moved"
BUS_OFF: Final = "bus_off"
INTERFACE_OVER: Final = "interface_rx_over_errors"
INTERFACE_DROPPED: Final = "interface_rx_dropped"
_COUNTED: Final = (
    *(FRAMES, ERROR_FRAMES, BAD_MESSAGE, CONTROLLER_OVERRUN, SOCKET_FULL),
    *(STAMPS_MOVED, BUS_OFF, INTERFACE_OVER, INTERFACE_DROPPED),
)

_MTU: Final = 16
_FD_MTU: Final = 72
_HEAD: Final = 8
"""Bytes before the payload: id, length, flags, two that are reserved (struct canfd_frame, linux/can.h)."""
_EFF, _RTR, _ERR = 0x8000_0000, 0x4000_0000, 0x2000_0000
_ID_MASK: Final = 0x1FFF_FFFF
_FD_BRS, _FD_ESI = 0x01, 0x02
_ERR_FILTER: Final = 2
"""CAN_RAW_ERR_FILTER (linux/can/raw.h)."""
_ALL_ERRORS: Final = 0x1FFF_FFFF
_CONTROLLER, _BUS_OFF, _RX_OVERFLOW = 0x004, 0x040, 0x01
"""CAN_ERR_CRTL, CAN_ERR_BUSOFF, CAN_ERR_CRTL_RX_OVERFLOW (linux/can/error.h)."""
_NO_CAN: Final = (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)

_STANDARD_MASK: Final = 0x7FF
_FILTER: Final = re.compile(r"([0-7][0-9A-Fa-f]{2}|[01][0-9A-Fa-f]{7})(?:/([0-9A-Fa-f]{1,8}))?")
_FILTERS_MAX: Final = 512
"""CAN_RAW_FILTER_MAX (linux/can/raw.h)."""
Taken = tuple[UInt8s, npt.NDArray[np.uint32], Int64s]


class SocketCanSource:
    """Reads an interface in the thread that calls `read`, and opens it again after it was down. It never sends."""

    live = True

    def __init__(
        self,
        spec: SourceSpec,
        *,
        gather_s: float = GATHER_S,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        realtime_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Opens the interface; when it is not there just now, `read` says so.

        Raises:
            ConfigError: this kernel has no CAN, or a wanted id is none.
        """
        self._spec = spec
        self._name = spec.text_option("name", spec.rest)
        self._filters = _filters(spec)
        self._gather_s = gather_s
        self._monotonic_ns, self._realtime_ns = monotonic_ns, realtime_ns
        self._axis = Axis()
        self._counters = Counter(dict.fromkeys(_COUNTED, 0))
        self._lost_before = 0
        """By sockets that are closed again."""
        self._socket: socket.socket | None = None
        self._datagrams: Datagrams | None = None
        self._losses: SocketLosses | None = None
        self._interface = _Statistics(spec.rest)
        self._down: BusDown | None = None
        """What the next `read` has to say."""
        try:
            self._open()
        except BusDown as error:
            self._down = error

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames, and what was lost: by this socket, by the interface, by the controller as it said itself."""
        return dict(self._counters)

    def read(self, wait_s: float) -> FrameBatch:
        """The frames that come within `wait_s`, but not much later than the first; an empty batch when none does.

        Raises:
            BusDown: the interface is not there; the next `read` tries to open it again.
            ConfigError: this kernel has no CAN.
        """
        if self._down is not None:
            error, self._down = self._down, None
            raise error
        datagrams = self._datagrams or self._open()
        begun = self._monotonic_ns()
        if datagrams.wait(wait_s):
            left_s = wait_s - (self._monotonic_ns() - begun) / NANOSECONDS
            time.sleep(max(0.0, min(self._gather_s, left_s)))
        taken, asked_at = self._drain(datagrams)
        columns = (np.concatenate(parts) for parts in zip(*taken, strict=True))
        return self._batch(*columns, asked_at=asked_at) if taken else self._nothing(asked_at)

    def close(self) -> None:
        """Give the interface back; safe to repeat."""
        self._count_losses()
        self._lost_before = self._counters[SOCKET_FULL]
        for part in (self._losses, self._socket):
            if part is not None:
                part.close()
        self._losses = self._socket = self._datagrams = None

    def _drain(self, datagrams: Datagrams) -> tuple[list[Taken], int]:
        """What waits, and when (monotonic ns) nothing was left; 0 when there may be more."""
        taken: list[Taken] = []
        while len(taken) * ROOM < FRAMES_MAX:
            asked_at = self._monotonic_ns()
            try:
                some = datagrams.take()
            except OSError as error:
                self.close()
                self._down = self._said(error)
                if not taken:
                    down, self._down = self._down, None
                    raise down from error
                return taken, 0
            if len(some[1]):
                taken.append(some)
            if len(some[1]) < ROOM:
                return taken, asked_at
        return taken, 0

    def _nothing(self, asked_at: int) -> FrameBatch:
        self._count_losses()
        return FrameBatch.empty((self._name,), self._axis.promise(asked_at))

    def _batch(self, raw: UInt8s, lengths: npt.NDArray[np.uint32], stamps: Int64s, *, asked_at: int) -> FrameBatch:
        clocks = read_clocks(self._realtime_ns, self._monotonic_ns)
        is_fd = lengths == _FD_MTU
        is_sound = (is_fd | (lengths == _MTU)) & (raw[:, 4] <= np.where(is_fd, FD_BYTES, CLASSIC_BYTES))
        if not is_sound.all():
            self._counters[BAD_MESSAGE] += int(np.count_nonzero(~is_sound))
            raw, is_fd, stamps = raw[is_sound], is_fd[is_sound], stamps[is_sound]
            if not len(raw):
                return self._nothing(asked_at)
        time_ns = self._axis.place(stamps, clocks)
        batch = _frames(raw, is_fd, time_ns, self._name)
        self._counters[FRAMES] += len(batch)
        self._counters[STAMPS_MOVED] = self._axis.stamps_moved
        self._count_errors(batch)
        self._count_losses()
        return replace(batch, until=self._axis.promise(max(asked_at, int(time_ns[-1]))))

    def _count_errors(self, batch: FrameBatch) -> None:
        is_error = (batch.flags & ERROR) != 0
        if not np.count_nonzero(is_error):
            return
        kind, detail = batch.id[is_error], batch.payload[is_error, 1]
        self._counters[ERROR_FRAMES] += len(kind)
        self._counters[CONTROLLER_OVERRUN] += int(
            np.count_nonzero(((kind & _CONTROLLER) != 0) & ((detail & _RX_OVERFLOW) != 0))
        )
        self._counters[BUS_OFF] += int(np.count_nonzero(kind & _BUS_OFF))

    def _count_losses(self) -> None:
        if self._losses is not None:
            self._counters[SOCKET_FULL] = self._lost_before + self._losses.count()
        self._counters.update(self._interface.grown(self._monotonic_ns()))

    def _open(self) -> Datagrams:
        """Open, ask for everything that the kernel can tell, and only then listen.

        Raises:
            ConfigError: this kernel has no CAN.
            BusDown: the interface is not there just now.
        """
        try:
            opened = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
        except OSError as error:
            if error.errno in _NO_CAN:
                remedy = "Load the kernel's CAN modules, or name another interface"
                problem = f"this machine has no driver for it ({error})"
                raise ConfigError(problem, place=self._spec.text, remedy=remedy) from error
            raise self._said(error) from error
        try:
            opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, 1)
            opened.setsockopt(socket.SOL_CAN_RAW, _ERR_FILTER, _ALL_ERRORS)
            if self._filters:
                opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FILTER, self._filters)
            self._losses = SocketLosses(opened.fileno())
            self._datagrams = Datagrams(opened, room=ROOM, message_bytes=_FD_MTU)
            opened.bind((self._spec.rest,))
        except OSError as error:
            opened.close()
            raise self._said(error) from error
        self._socket = opened
        return self._datagrams

    def _said(self, error: OSError) -> BusDown:
        return BusDown(f"{self._spec.text}: {error.strerror or error}")


class _Statistics:
    """What an interface says that it has lost before any socket; what was lost before we came is not counted."""

    def __init__(self, interface: str) -> None:
        self._files = {
            INTERFACE_OVER: STATISTICS / interface / "statistics" / "rx_over_errors",
            INTERFACE_DROPPED: STATISTICS / interface / "statistics" / "rx_dropped",
        }
        self._last: dict[str, int] = {}
        self._next_ns = 0

    def grown(self, now_ns: int) -> Mapping[str, int]:
        """By how much since last time; looked at once a second."""
        if now_ns < self._next_ns:
            return {}
        self._next_ns = now_ns + NANOSECONDS
        grown = {}
        for name, file in self._files.items():
            with suppress(OSError, ValueError):
                told = int(file.read_text())
                grown[name] = max(0, told - self._last.get(name, told))  # an interface that was made anew begins at 0
                self._last[name] = told
        return grown


def _frames(raw: UInt8s, is_fd: npt.NDArray[np.bool_], time_ns: Int64s, name: str) -> FrameBatch:
    """Frames of struct can_frame and struct canfd_frame (linux/can.h)."""
    told = np.ascontiguousarray(raw[:, :4]).view(np.uint32)[:, 0]
    is_error = (told & np.uint32(_ERR)) != 0
    is_extended = ((told & np.uint32(_EFF)) != 0) & ~is_error
    is_remote = ((told & np.uint32(_RTR)) != 0) & ~is_error & ~is_fd
    flags = np.where(is_error, ERROR, np.where(is_extended, EXTENDED, 0)) | np.where(is_remote, REMOTE, 0)
    has_fd = bool(is_fd.any())
    if has_fd:
        rate = np.where(raw[:, 5] & _FD_BRS, BIT_RATE_SWITCH, 0) | np.where(raw[:, 5] & _FD_ESI, ERROR_STATE, 0)
        flags |= np.where(is_fd, FD | rate, 0)
    width = FD_BYTES if has_fd else CLASSIC_BYTES
    filled = np.where(is_remote, 0, raw[:, 4])
    return FrameBatch(
        time=time_ns,
        bus=np.zeros(len(raw), np.uint8),
        id=told & np.where(is_extended | is_error, np.uint32(_ID_MASK), np.uint32(_STANDARD_MASK)),
        flags=flags.astype(np.uint8),
        length=raw[:, 4].copy(),
        payload=np.where(np.arange(width) < filled[:, None], raw[:, _HEAD : _HEAD + width], 0).astype(np.uint8),
        buses=(name,),
        until=int(time_ns[-1]),
    )


def _filters(spec: SourceSpec) -> bytes:
    """What the kernel lets through: `only=123,18FEF100`, or with a mask, `only=18FEF100/1FFFFF00`; nothing: all.

    Raises:
        ConfigError: an id is none.
    """
    parts = [part for part in spec.text_option("only", "").split(",") if part]
    filters = [found for part in parts if (found := _FILTER.fullmatch(part)) is not None]
    if len(filters) < len(parts) or len(filters) > _FILTERS_MAX:
        remedy = f"Write ids of 3 or 8 hexadecimal digits, at most {_FILTERS_MAX}, as in only=123,18FEF100/1FFFFF00"
        raise ConfigError(f"only={','.join(parts)[:80]} cannot be used", place=spec.text, remedy=remedy)
    packed = b""
    for found in filters:
        is_long = len(found[1]) == len("18FEF100")
        widest = _ID_MASK if is_long else _STANDARD_MASK
        mask = int(found[2], 16) & widest if found[2] else widest
        packed += struct.pack("=II", int(found[1], 16) & widest | (_EFF if is_long else 0), mask | _EFF)
    return packed
