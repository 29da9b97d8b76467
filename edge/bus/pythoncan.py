"""PythonCanSource: frames of any interface that python-can knows, on an axis of time that never jumps."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from edge.bus.axis import Axis, read_clocks
from edge.bus.cadence import Cadence
from edge.bus.interface import UDP_MULTICAST, Interface, shut
from edge.bus.library import can
from edge.bus.messages import is_overrun, is_sound, to_frame
from edge.bus.socket_losses import SocketLosses
from edge.errors import BusDown
from edge.frames import NANOSECONDS, FrameBatch

FRAMES_MAX: Final = 4096
"""In one batch."""
_CADENCE: Final = Cadence()

FRAMES: Final = "frames"
ERROR_FRAMES: Final = "error_frames"
BAD_MESSAGE: Final = "bad_message"
CONTROLLER_OVERRUN: Final = "controller_overrun"
SOCKET_FULL: Final = "socket_full"
STAMPS_MOVED: Final = "stamps_moved"
COUNTED: Final = (FRAMES, ERROR_FRAMES, BAD_MESSAGE, CONTROLLER_OVERRUN, STAMPS_MOVED)


class PythonCanSource:
    """Reads an interface in the thread that calls `read`, and opens it again after it was down."""

    live = True

    def __init__(
        self,
        interface: Interface,
        *,
        cadence: Cadence | None = _CADENCE,
        is_wanted: Callable[[can.Message], bool] | None = None,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        realtime_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """Opens the interface; when it is not there just now, `read` says so.

        `cadence`: when its frames are wanted; None: as soon as they come. `is_wanted` is asked once about each
        message; those that are not leave no trace.

        Raises:
            ConfigError: it can never be opened like this on this machine.
        """
        self._interface = interface
        self._cadence = cadence
        self._is_wanted = is_wanted
        self._monotonic_ns = monotonic_ns
        self._realtime_ns = realtime_ns
        self._axis = Axis()
        self._counters = Counter(dict.fromkeys(COUNTED, 0))
        self._lost_before = 0
        """By sockets that are closed again."""
        self._losses: SocketLosses | None = None
        self._bus: can.BusABC | None = None
        self._down: BusDown | None = None
        """What the next `read` has to say."""
        try:
            self._open()
        except BusDown as error:
            self._down = error

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames, and what was lost or refused, by cause; `socket_full` only where the kernel tells."""
        return dict(self._counters)

    def read(self, wait_s: float) -> FrameBatch:
        """The frames that come within `wait_s`, but not much later than the first; an empty batch when none does.

        Raises:
            BusDown: the interface is not there; the next `read` tries to open it again.
            ConfigError: it cannot be opened again like this.
        """
        messages: list[can.Message] = []
        asked_at = None
        if self._down is None:
            bus = self._bus or self._open()
            messages, asked_at = self._gather(bus, self._monotonic_ns() + int(wait_s * NANOSECONDS))
        if self._down is not None and not messages:
            error, self._down = self._down, None
            raise error
        return self._batch(messages, asked_at)

    def opened(self) -> can.BusABC:
        """The interface itself, for who also sends on it.

        Raises:
            BusDown: it is not there; the next call tries to open it again.
            ConfigError: it cannot be opened again like this.
        """
        if self._down is not None:
            error, self._down = self._down, None
            raise error
        return self._bus or self._open()

    def fallen(self, error: Exception) -> BusDown:
        """What sending met: the interface is given back, and opened again by the next call."""
        self.close()
        return self._interface.down(error)

    def close(self) -> None:
        """Give the interface back; safe to repeat."""
        self._count_losses()
        self._lost_before = self._counters[SOCKET_FULL]
        if self._losses is not None:
            self._losses.close()
            self._losses = None
        if self._bus is not None:
            shut(self._bus)
            self._bus = None

    def _open(self) -> can.BusABC:
        bus = self._interface.open()
        try:
            self._losses = SocketLosses(bus.fileno())
        except (OSError, NotImplementedError):
            self._losses = None  # no socket behind it: what it loses it does not tell
        self._count_losses()
        self._bus = bus
        return bus

    def _gather(self, bus: can.BusABC, deadline_ns: int) -> tuple[list[can.Message], int | None]:
        """Messages, and when (monotonic ns) none was left; None when there may be more."""
        messages: list[can.Message] = []
        for _ in range(FRAMES_MAX):
            asked_at = self._monotonic_ns()
            left_ns = max(deadline_ns - asked_at, 0)
            try:
                message = bus.recv(left_ns / NANOSECONDS)
            except (can.CanError, OSError, ValueError) as error:
                if not self._is_stray(error):
                    self._fall(error)
                    break
                self._counters[BAD_MESSAGE] += 1
                continue
            if message is not None:
                if self._is_wanted is not None and not self._is_wanted(message):
                    continue
                messages.append(message)
                if len(messages) == 1:
                    now_ns = self._monotonic_ns()
                    gather_ns = 0 if self._cadence is None else self._cadence.wait_ns(now_ns)
                    deadline_ns = min(deadline_ns, now_ns + gather_ns)
            elif not left_ns:
                return messages, asked_at
        return messages, None

    def _is_stray(self, error: Exception) -> bool:
        """Anyone may send to a multicast group what is no frame; the group is no worse for it."""
        is_ours = isinstance(error, can.CanOperationError) and not isinstance(error.__cause__, OSError)
        return self._interface.kind == UDP_MULTICAST and is_ours

    def _fall(self, error: Exception) -> None:
        self._down = self._interface.down(error)
        self._down.__cause__ = error
        self.close()

    def _batch(self, messages: list[can.Message], asked_at: int | None) -> FrameBatch:
        if not messages:
            self._count_losses()
            return FrameBatch.empty((self._interface.name,), self._axis.promise(asked_at or 0))
        sound = [message for message in messages if is_sound(message)]
        stamps = np.array([round(message.timestamp * NANOSECONDS) for message in sound], np.int64)
        times = self._axis.place(stamps, read_clocks(self._realtime_ns, self._monotonic_ns)).tolist()
        name = self._interface.name
        frames = [to_frame(message, time_ns, name) for message, time_ns in zip(sound, times, strict=True)]
        self._counters[FRAMES] += len(sound)
        self._counters[BAD_MESSAGE] += len(messages) - len(sound)
        self._counters[ERROR_FRAMES] += sum(message.is_error_frame for message in sound)
        self._counters[CONTROLLER_OVERRUN] += sum(is_overrun(message) for message in sound)
        self._counters[STAMPS_MOVED] = self._axis.stamps_moved
        self._count_losses()
        return FrameBatch.of(frames, buses=(name,), until=self._axis.promise(asked_at or 0))

    def _count_losses(self) -> None:
        if self._losses is not None:
            self._counters[SOCKET_FULL] = self._lost_before + self._losses.count()
