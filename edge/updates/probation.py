"""Probation: whether a bundle on trial runs well. Pure; it is given what the daemon sees of itself once a second.

    at once      more alerts began than the bundle may have
    at its end   a part is off that was not off before; nothing is judged though frames come; the cloud has
                 acknowledged nothing though it had before

A bus that is down and a cloud that is silent may have other reasons, such as a garage: these are given as long again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from edge.updates.journal import Trial

JUDGED_S: Final = 5.0
"""Since the last cell, as long as frames are known to come."""
LOOK_MAX_S: Final = 5.0
"""A pause between two looks counts as so long at most: a box that slept did not run."""
_ELSEWHERE: Final = ("bus.", "diagnostics.")
"""Parts that a bundle does not set up."""


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the daemon sees of itself; any thread may have one."""

    at_s: float
    """Monotonic."""
    judged_ago_s: float | None = None
    """None: nothing was judged since the start."""
    alerts_began: int = 0
    """Since the start."""
    off: Mapping[str, str] = field(default_factory=dict)
    """Parts that are not well, and why: `bus.…`, `detector.…`, `diagnostics.…`."""
    is_acknowledged: bool = False
    """The cloud has acknowledged something since the start."""
    drives: bool = False

    @property
    def is_judging(self) -> bool:
        """Cells go on."""
        return self.judged_ago_s is not None and self.judged_ago_s < JUDGED_S


class Verdict(StrEnum):
    """What comes of a trial."""

    GOES_ON = "goes on"
    KEPT = "kept"
    ROLLED_BACK = "rolled back"


class Probation:
    """One start of a trial."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.ran_s = 0.0
        """Of the probation, since the start."""
        self.alerts = 0
        """That began since the start."""
        self.why = ""
        """Why it is rolled back, or what is still waited for."""
        self._at_s: float | None = None

    @property
    def left_s(self) -> float:
        """How long it has to run; 0: its time is over."""
        return max(self.trial.probation_s - self.trial.ran_s - self.ran_s, 0.0)

    def look(self, seen: Vitals) -> Verdict:
        """How it stands now."""
        self.alerts = seen.alerts_began
        began = self.trial.alerts + self.alerts
        if began > self.trial.alerts_max:
            self.why = f"{began} alerts began within {self._took_s():.0f} s, and {self.trial.alerts_max} may"
            return Verdict.ROLLED_BACK
        self._count(seen)
        if self.left_s > 0:
            return Verdict.GOES_ON
        bad, elsewhere = self._bad(seen), self._elsewhere(seen)
        self.why = "; ".join([*bad, *elsewhere])
        if bad or (elsewhere and self._took_s() >= 2 * self.trial.probation_s):
            return Verdict.ROLLED_BACK
        return Verdict.GOES_ON if elsewhere else Verdict.KEPT

    def _count(self, seen: Vitals) -> None:
        """Time counts while the daemon judges; where no frame came before the trial and none comes now, as it runs."""
        before, self._at_s = self._at_s, seen.at_s
        counts = seen.is_judging or seen.judged_ago_s is not None or not self.trial.before.was_judging
        if before is not None and counts:
            self.ran_s += min(max(seen.at_s - before, 0.0), LOOK_MAX_S)

    def _took_s(self) -> float:
        return self.trial.ran_s + self.ran_s

    def _bad(self, seen: Vitals) -> list[str]:
        bad = [
            f"{name}: {why}"
            for name, why in seen.off.items()
            if name not in self.trial.before.off and not name.startswith(_ELSEWHERE)
        ]
        if seen.judged_ago_s is not None and not seen.is_judging:
            bad.append(f"nothing was judged for {seen.judged_ago_s:.0f} s")
        return bad

    def _elsewhere(self, seen: Vitals) -> list[str]:
        bad = [
            f"{name}: {why}"
            for name, why in seen.off.items()
            if name not in self.trial.before.off and name.startswith(_ELSEWHERE)
        ]
        if self.trial.before.was_acknowledged and not seen.is_acknowledged:
            bad.append("the cloud has acknowledged nothing since the start")
        return bad
