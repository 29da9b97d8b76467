"""Timekeeping: how wrong the axis is. It got UTC once, at the start, from a wall clock that may never have been set.

    NTP or a clock that was set    the wall clock is synced by now: it says how wrong the axis is
    the cloud                      where nothing disciplines the wall clock, an acknowledgement says when it was written

The axis never jumps, so what it stamps stays as it is, and messages say by how much it is wrong.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.clock import BUILT_S, clock_state
from edge.frames import NANOSECONDS
from edge.uplink import utc
from edge.wire.envelope import Clock
from edge.wire.times import Correction

RIGHT_S: Final = 1.0
"""What is wrong by less is right: a synced clock is slewed, and nothing here needs it finer."""
MOVED_S: Final = 0.5
"""A correction that changes by less stays as it was."""
ROUND_TRIP_MAX_S: Final = 10.0
"""An answer that took longer tells too little."""
DRIFT: Final = 15e-6
"""How fast a clock that nothing disciplines may go wrong; RFC 5905, PHI."""


@dataclass(frozen=True, slots=True)
class Hour:
    """What is known of the time of day at a moment."""

    clock: Clock
    """What a message says that is stamped by the axis."""
    ahead_ns: int
    """How far the true time is ahead of the axis, as far as anybody knows."""
    correction: Correction | None
    """Of what the axis stamps; None while nobody knows the true time."""

    @property
    def is_right(self) -> bool:
        """Whether the true time is known."""
        return self.correction is not None


@dataclass(frozen=True, slots=True)
class _Heard:
    ahead_s: float
    error_s: float
    at_s: float
    """Monotonic."""

    def tells_no_more_than(self, before: "_Heard") -> bool:
        """An earlier one is kept while it is as exact and nothing speaks against it (a box that slept, for one)."""
        error_s = before.error_s + (self.at_s - before.at_s) * DRIFT
        return error_s <= self.error_s and abs(self.ahead_s - before.ahead_s) <= error_s + self.error_s


class Timekeeping:
    """How wrong one run's axis is. Any thread may call."""

    def __init__(
        self,
        on_correction: Callable[[Correction], object] = lambda _: None,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        realtime_ns: Callable[[], int] = time.time_ns,
        state: Callable[[], Clock] = clock_state,
    ) -> None:
        """The axis begins here. `on_correction` hears of each that is new, one call at a time; it may take its time."""
        self._monotonic_ns, self._realtime_ns, self._state = monotonic_ns, realtime_ns, state
        self.offset_ns = realtime_ns() - monotonic_ns()
        """What leads from the monotonic clock to the axis."""
        self._since = self.now()
        self._on_correction = on_correction
        self._telling = threading.Lock()
        self._teller: threading.Thread | None = None
        self._is_asked = threading.Event()
        self._lock = threading.Lock()
        self._heard: _Heard | None = None
        self._told: Correction | None = None
        self._was_unsynced = False

    def now(self) -> datetime:
        """The axis, at this moment."""
        return utc(self._monotonic_ns() + self.offset_ns)

    def look(self) -> Hour:
        """What is known at this moment; what is new is told by another thread."""
        hour, news = self._looked()
        if news is not None:
            self._teller = threading.Thread(target=self._tell, args=(news,), name="correcting")
            self._teller.start()
        return hour

    def ask(self) -> None:
        """Somebody would like to send something small, to be answered by the cloud with its time."""
        self._is_asked.set()

    def take_asked(self) -> bool:
        """Whether somebody has asked since this was called last."""
        if not self._is_asked.is_set():
            return False
        self._is_asked.clear()
        return True

    def close(self) -> None:
        """Wait until the last correction is told."""
        if self._teller is not None:
            self._teller.join()

    def _tell(self, news: Correction) -> None:
        with self._telling:
            self._on_correction(news)

    def _looked(self) -> tuple[Hour, Correction | None]:
        """What is known at this moment, and of it what must be told."""
        hour = self._hour()
        with self._lock:
            self._was_unsynced |= hour.clock is Clock.UNSYNCED
            is_news = self._was_unsynced and hour.correction is not None and hour.correction is not self._told
            if not is_news:
                return hour, None
            self._told = hour.correction
            return hour, hour.correction

    @property
    def is_wanted(self) -> bool:
        """Whether nobody knows the time of day yet."""
        return self._hour().correction is None

    def heard(self, at: datetime, sent_s: float, received_s: float) -> None:
        """The cloud wrote an answer `at` its time, to what was sent; both are monotonic.

        It was written at some moment between the two, so the middle is wrong by half of what lies between at most.
        When this returns, what follows from it was told.
        """
        error_s = (received_s - sent_s) / 2
        if not 0 <= error_s <= ROUND_TRIP_MAX_S / 2 or at.timestamp() < BUILT_S:
            return
        axis_s = self.offset_ns / NANOSECONDS + (sent_s + received_s) / 2
        heard = _Heard(at.timestamp() - axis_s, error_s, received_s)
        with self._lock:
            if self._heard is not None and heard.tells_no_more_than(self._heard):
                return
            self._heard = heard
        _, news = self._looked()
        if news is not None:
            self._tell(news)

    def _hour(self) -> Hour:
        now_ns = self._monotonic_ns()
        if self._state() is Clock.SYNCED:
            ahead_ns = self._realtime_ns() - now_ns - self.offset_ns
            is_near = abs(ahead_ns) <= RIGHT_S * NANOSECONDS
            return Hour(Clock.SYNCED if is_near else Clock.UNSYNCED, ahead_ns, self._correction(ahead_ns))
        with self._lock:
            heard = self._heard
        if heard is None:
            return Hour(Clock.UNSYNCED, 0, None)
        ahead_ns = round(heard.ahead_s * NANOSECONDS)
        return Hour(Clock.UNSYNCED, ahead_ns, self._correction(ahead_ns))

    def _correction(self, ahead_ns: int) -> Correction:
        told, offset_s = self._told, round(ahead_ns / NANOSECONDS, 3)
        if told is not None and abs(told.offset_s - offset_s) < MOVED_S:
            return told
        return Correction(offset_s=offset_s, since=self._since)
