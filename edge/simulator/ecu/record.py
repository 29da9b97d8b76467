"""Record: what a control unit remembers of one code, from the first doubt to the permanent code."""

from collections.abc import Mapping
from enum import IntFlag
from typing import Final

from edge.simulator.ecu.codes import CONTINUOUS, Code

MIL_OFF_CYCLES: Final = 3
"""Driving cycles in a row with a pass and no failure until the MIL goes off (13 CCR 1968.2 (d)(2.3))."""
ERASE_WARM_UPS: Final = 40
"""Warm-up cycles without the failure, MIL off, until a confirmed code is forgotten (13 CCR 1968.2 (d)(2.4))."""
OCCURRENCES_MAX: Final = 126
"""J1939-73: 127 would say "not available"."""


class Status(IntFlag):
    """The status byte of a code: ISO 14229-1 annex D.2."""

    TEST_FAILED = 0x01
    TEST_FAILED_THIS_CYCLE = 0x02
    PENDING = 0x04
    CONFIRMED = 0x08
    NOT_COMPLETED_SINCE_CLEAR = 0x10
    FAILED_SINCE_CLEAR = 0x20
    NOT_COMPLETED_THIS_CYCLE = 0x40
    WARNING_REQUESTED = 0x80


class Record:
    """One code's debouncing, trip logic and stored values."""

    __slots__ = (
        "bad_s", "code", "confirmed", "failed_cycles", "failed_since_clear", "failed_this_cycle", "failing",
        "good_cycles", "good_s", "mil", "occurrences", "order", "pending", "permanent", "permanent_cleared",
        "settled", "snapshot", "tested_since_clear", "tested_this_cycle", "warm_ups",
    )  # fmt: skip

    def __init__(self, code: Code) -> None:
        self.code = code
        self.permanent = False
        self.permanent_cleared = False
        """Someone cleared codes since this permanent one was stored: it has to be driven away."""
        self.clear()

    def clear(self) -> None:
        """Forget everything but the permanent code (J1979 mode 04, ISO 14229-1 service 14)."""
        self.settled: bool | None = None
        """The verdict that would change nothing any more; lets steady seconds cost nothing."""
        self.bad_s = 0.0
        self.good_s = 0.0
        self.failing = False
        self.tested_this_cycle = False
        self.tested_since_clear = False
        self.forget()

    def forget(self) -> None:
        """Forget the code but not that its test has run (J1939 DM3)."""
        self.failed_this_cycle = False
        self.failed_since_clear = False
        self.pending = False
        self.confirmed = False
        self.mil = False
        self.failed_cycles = 0
        self.good_cycles = 0
        self.warm_ups = 0
        self.occurrences = 0
        self.order = 0
        self.snapshot: Mapping[str, float] | None = None
        self.permanent_cleared = self.permanent

    def weigh(self, bad: bool) -> bool:
        """Add one second's verdict; True when the test has come to a result that changes the record."""
        if bad:
            self.bad_s = min(self.bad_s + 1.0, self.code.fails_after_s)
            self.good_s = max(self.good_s - 1.0, 0.0)
            if self.bad_s < self.code.fails_after_s:
                self.settled = None
                return False
            self.good_s = 0.0
            self.settled = True
            return self._failed()
        self.good_s = min(self.good_s + 1.0, self.code.passes_after_s)
        self.bad_s = max(self.bad_s - 1.0, 0.0)
        if self.good_s < self.code.passes_after_s:
            self.settled = None
            return False
        self.bad_s = 0.0
        self.settled = False
        return self._passed()

    def _failed(self) -> bool:
        if self.failing and self.failed_this_cycle:
            return False
        was_active = self.active
        if not self.failed_this_cycle:
            self.failed_cycles += 1
        self.failing = self.failed_this_cycle = self.tested_this_cycle = True
        self.failed_since_clear = self.tested_since_clear = self.pending = True
        self.warm_ups = 0
        if self.failed_cycles >= self.code.trips:
            self._confirm()
        if self.active and not was_active:
            self.occurrences = min(self.occurrences + 1, OCCURRENCES_MAX)
        return True

    def _confirm(self) -> None:
        self.confirmed = True
        if self.code.emission:
            self.mil = self.permanent = True
            self.permanent_cleared = False

    def _passed(self) -> bool:
        changed = self.failing or not self.tested_this_cycle
        self.failing = False
        self.tested_this_cycle = self.tested_since_clear = True
        return changed

    def cycle_begins(self) -> None:
        """A new driving cycle: its tests start afresh, the last result stands until they have run."""
        self.settled = None
        self.bad_s = self.good_s = 0.0
        self.failed_this_cycle = self.tested_this_cycle = False

    def cycle_ends(self, *, driven: bool) -> None:
        """Judge the cycle; `driven`: it was long and mixed enough to heal the permanent code of a continuous test."""
        if self.failed_this_cycle:
            self.good_cycles = 0
        elif self.tested_this_cycle:
            self._cycle_was_good(driven=driven)

    def _cycle_was_good(self, *, driven: bool) -> None:
        self.pending = False
        self.failed_cycles = 0
        self.good_cycles += 1
        if not self.confirmed:
            self.snapshot = None
        if self.mil and self.good_cycles >= MIL_OFF_CYCLES:
            self.mil = self.permanent = False
        # 13 CCR 1968.2 (d)(2.5): after a clear, one cycle with a pass and no failure; tests that run all the time pass
        # so soon that a proper drive is asked for besides.
        continuous = self.code.monitor is None or self.code.monitor in CONTINUOUS
        if self.permanent_cleared and (driven or not continuous):
            self.permanent = self.permanent_cleared = False

    def warmed_up(self) -> None:
        """A warm-up cycle was completed: a confirmed code that no longer fails grows older, and goes."""
        if self.confirmed and not (self.mil or self.failing or self.failed_this_cycle):
            self.warm_ups += 1
            if self.warm_ups >= ERASE_WARM_UPS:
                self.confirmed = False
                self.warm_ups = self.occurrences = 0
                self.snapshot = None

    @property
    def active(self) -> bool:
        """Confirmed, and its last test failed."""
        return self.failing and self.confirmed

    @property
    def flashing(self) -> bool:
        """Its lamp flashes now: at once, without waiting for a second trip (13 CCR 1968.2 (e)(3.4.1))."""
        return self.code.flashes and self.failing and self.failed_this_cycle

    @property
    def lit(self) -> bool:
        """Its lamp is commanded on: the MIL by trip logic, every other lamp as long as the code is active."""
        return self.flashing or (self.mil if self.code.emission else self.active)

    @property
    def status(self) -> int:
        """The status byte, ISO 14229-1 annex D.2."""
        return (
            Status.TEST_FAILED * self.failing
            | Status.TEST_FAILED_THIS_CYCLE * self.failed_this_cycle
            | Status.PENDING * self.pending
            | Status.CONFIRMED * self.confirmed
            | Status.NOT_COMPLETED_SINCE_CLEAR * (not self.tested_since_clear)
            | Status.FAILED_SINCE_CLEAR * self.failed_since_clear
            | Status.NOT_COMPLETED_THIS_CYCLE * (not self.tested_this_cycle)
            | Status.WARNING_REQUESTED * self.lit
        )
