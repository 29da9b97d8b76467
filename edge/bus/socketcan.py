"""SocketCanSource: a CAN interface of the kernel, read many frames at a time, with every loss that anybody tells of."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from edge.bus.axis import Axis, read_clocks
from edge.bus.cadence import Cadence
from edge.bus.kernel_can import KernelCan
from edge.bus.kernel_frames import are_sound, to_batch
from edge.bus.receiver import Kernel, Receiver, Taken
from edge.bus.spec import SourceSpec
from edge.errors import BusDown
from edge.frames import ERROR, NANOSECONDS, FrameBatch, concatenate

FRAMES_MAX: Final = 8192
"""In one batch, about."""
RATE: Final = 20_000
"""Frames a second that a bus may have without having shown it: a saturated CAN FD bus of short frames."""
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
_CONTROLLER, _BUS_OFF, _RX_OVERFLOW = 0x004, 0x040, 0x01
"""CAN_ERR_CRTL, CAN_ERR_BUSOFF, CAN_ERR_CRTL_RX_OVERFLOW (linux/can/error.h)."""
_CADENCE: Final = Cadence()


class SocketCanSource:
    """Reads an interface in the thread that calls `read`, and opens it again after it was down. It never sends."""

    live = True

    def __init__(
        self,
        spec: SourceSpec,
        *,
        cadence: Cadence = _CADENCE,
        kernel: Kernel | None = None,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        realtime_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Opens the interface; when it is not there just now, `read` says so.

        `cadence`: when its frames are wanted. They stay with the kernel until then, unless it has too little room.
        `kernel`: opens what is read; None: the CAN interface that `spec` names.

        Raises:
            ConfigError: this kernel has no CAN, or a wanted id is none.
        """
        self._name = spec.text_option("name", spec.rest)
        self._cadence = cadence
        self._kernel: Kernel = kernel or KernelCan(spec)
        self._monotonic_ns, self._realtime_ns = monotonic_ns, realtime_ns
        self._axis = Axis()
        self._counters = Counter(dict.fromkeys(_COUNTED, 0))
        self._lost_before = 0
        """By receivers that are closed again."""
        self._receiver: Receiver | None = None
        self._interface = _Statistics(spec.rest)
        self._busy = False
        """Frames came the last time, so more will come without being waited for."""
        self._behind = False
        """Not everything was taken the last time, so it is not the moment to wait."""
        self._read_at = 0
        self._keeps_s = 0.0
        """How long the kernel keeps what comes, at the rate of the last time, with as much room again."""
        self._down: BusDown | None = None
        """What the next `read` has to say."""
        try:
            self._receiver = self._kernel.open()
        except BusDown as error:
            self._down = error

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames, and what was lost: by this reader, by the interface, by the controller as it said itself."""
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
        if self._receiver is None:
            self._receiver = self._kernel.open()
        if not self._behind:
            self._await(self._receiver, wait_s)
        batches, asked_at = self._drain(self._receiver)
        self._behind = not asked_at
        self._learn(sum(map(len, batches)))
        self._count_losses()
        if not batches:
            return FrameBatch.empty((self._name,), self._axis.promise(asked_at))
        batch = batches[0] if len(batches) == 1 else concatenate(batches)
        return replace(batch, until=self._axis.promise(max(asked_at, batch.until)))

    def close(self) -> None:
        """Give the interface back; safe to repeat."""
        if self._receiver is not None:
            self._receiver.close()
            self._count_losses()
            self._lost_before = self._counters[SOCKET_FULL]
        self._receiver = None
        self._busy = self._behind = False

    def _await(self, receiver: Receiver, wait_s: float) -> None:
        """Wait until the frames that come are wanted; a silent bus is looked at then, too, since its time goes on."""
        if self._cadence.at_once and not self._busy:
            receiver.wait(wait_s)
            return
        begun = self._monotonic_ns()
        wanted_ns = begun + min(self._cadence.wait_ns(begun), int(wait_s * NANOSECONDS))
        if self._busy or receiver.wait((wanted_ns - begun) / NANOSECONDS):
            left_s = (wanted_ns - self._monotonic_ns()) / NANOSECONDS
            time.sleep(max(0.0, min(left_s, self._keeps_s)))

    def _learn(self, frames: int) -> None:
        """How fast frames come, and how long the room that the kernel has lasts for them."""
        now_ns = self._monotonic_ns()
        passed_s = max(now_ns - self._read_at, 1) / NANOSECONDS
        self._busy, self._read_at = frames > 0, now_ns
        if self._receiver is not None:
            self._keeps_s = self._receiver.frames_room / 2 / max(RATE, frames / passed_s)

    def _drain(self, receiver: Receiver) -> tuple[list[FrameBatch], int]:
        """What is there, and when (monotonic ns) nothing was left; 0 when there may be more."""
        batches: list[FrameBatch] = []
        while sum(map(len, batches)) < FRAMES_MAX:
            asked_at = self._monotonic_ns()
            try:
                taken = receiver.take()
            except OSError as error:
                self.close()
                self._down = self._kernel.down(error)
                if not batches:
                    down, self._down = self._down, None
                    raise down from error
                return batches, 0
            if not len(taken.lengths):
                return batches, asked_at
            batches += self._batch(taken)
        return batches, 0

    def _batch(self, taken: Taken) -> list[FrameBatch]:
        """The frames of one call of the kernel, at most one batch."""
        raw, lengths, stamps = taken
        is_sound, is_fd = are_sound(raw, lengths)
        if not is_sound.all():
            self._counters[BAD_MESSAGE] += int(np.count_nonzero(~is_sound))
            raw, is_fd, stamps = raw[is_sound], is_fd[is_sound], stamps[is_sound]
            if not len(raw):
                return []
        time_ns = self._axis.place(stamps, read_clocks(self._realtime_ns, self._monotonic_ns))
        batch = to_batch(raw, is_fd if is_fd.any() else None, time_ns, self._name)
        self._counters[FRAMES] += len(batch)
        self._counters[STAMPS_MOVED] = self._axis.stamps_moved
        if int(np.bitwise_or.reduce(batch.flags)) & ERROR:
            self._count_errors(batch)
        return [batch]

    def _count_errors(self, batch: FrameBatch) -> None:
        is_error = (batch.flags & ERROR) != 0
        kind, detail = batch.id[is_error], batch.payload[is_error, 1]
        self._counters[ERROR_FRAMES] += len(kind)
        self._counters[CONTROLLER_OVERRUN] += int(
            np.count_nonzero(((kind & _CONTROLLER) != 0) & ((detail & _RX_OVERFLOW) != 0))
        )
        self._counters[BUS_OFF] += int(np.count_nonzero(kind & _BUS_OFF))

    def _count_losses(self) -> None:
        if self._receiver is not None:
            self._counters[SOCKET_FULL] = self._lost_before + self._receiver.lost()
        for name, more in self._interface.grown(self._monotonic_ns()).items():
            self._counters[name] += more


class _Statistics:
    """What an interface says that it has lost before any reader; what was lost before we came is not counted."""

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
