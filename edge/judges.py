"""Judges: asks every detector at every tick; one that fails or is too slow rests for a while, and the others go on.

What it watches for is unknown meanwhile: its alerts neither begin nor end. It is tried again after REST_NS, and each
time that it fails at once, after twice as long. Pure: how long a detector takes is measured by a stopwatch that is
given, on the road alone, since a replay must not depend on the machine.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from edge.alerts import Alert
from edge.detect.finding import Detector, Finding, Verdict
from edge.errors import ModelError
from edge.frames import NANOSECONDS
from edge.history import Window
from edge.personal import without_personal

log = logging.getLogger(__name__)

REST_NS: Final = 60 * NANOSECONDS
REST_MAX_NS: Final = 3600 * NANOSECONDS
SLOW_NS: Final = 50_000_000
"""Half of an ordinary tick: who takes longer leaves too little to the others."""
SLOW_TICKS: Final = 10
"""In a row: a machine that was busy with something else is no fault of the detector."""
NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(slots=True)
class _Judge:
    """A detector, and how it fares."""

    detector: Detector
    why: str = ""
    """Why it rests; empty: it does not."""
    until: int = 0
    """ns on the axis: up to when it rests."""
    rest_ns: int = REST_NS
    slow_ticks: int = 0


class Judges:
    """All detectors of one vehicle."""

    def __init__(
        self,
        detectors: Iterable[Detector],
        stopwatch: Callable[[], int] | None = None,
        refused: Mapping[str, str] = NOBODY,
    ) -> None:
        """`stopwatch`: monotonic ns; None: nobody is too slow. `refused`: by name, why a detector is never asked."""
        self.rests = 0
        """How often a detector was sent to rest."""
        self._judges = [_Judge(detector) for detector in detectors]
        self._stopwatch = stopwatch
        self._owner: dict[str, _Judge] = {}
        """Whose rule it is."""
        self._refused = refused
        for name, why in refused.items():
            log.error("detector %s is switched off: %s", name, why)

    @property
    def count(self) -> int:
        """How many there are, those that are never asked among them."""
        return len(self._judges) + len(self._refused)

    @property
    def names(self) -> list[str]:
        """Of those that are asked."""
        return [judge.detector.name for judge in self._judges]

    @property
    def switched_off(self) -> dict[str, str]:
        """Detectors that rest or are never asked, with the reason."""
        return {**self._refused, **{judge.detector.name: judge.why for judge in self._judges if judge.why}}

    def judge(self, window: Window, firing: Sequence[Alert]) -> list[Finding]:
        """What all of them found as of the window; `firing`: alerts that would end if nobody spoke of them."""
        findings: list[Finding] = []
        for judge in self._judges:
            if judge.why and window.until < judge.until:
                continue
            findings += self._asked(judge, window)
        resting = {id(judge) for judge in self._judges if judge.why}
        if resting:
            findings += [
                Finding(alert.concern, Verdict.UNKNOWN, alert.values)
                for alert in firing
                if id(self._owner.get(alert.concern.rule)) in resting
            ]
        return [_discreet(one) for one in findings] if window.private else findings

    def _asked(self, judge: _Judge, window: Window) -> Sequence[Finding]:
        began = self._stopwatch() if self._stopwatch else 0
        try:
            found = judge.detector.judge(window)
        except ModelError as error:
            self._rest(judge, window.until, str(error))
            return ()
        except Exception as error:  # one detector's mistake must not silence the others
            log.exception("detector %s fails", judge.detector.name)
            self._rest(judge, window.until, f"{type(error).__name__}: {error}")
            return ()
        took_ns = self._stopwatch() - began if self._stopwatch else 0
        if self._is_slow(judge, took_ns):
            self._rest(judge, window.until, f"takes {took_ns / 1e6:.0f} ms a tick")
            return ()
        self._well(judge)
        for finding in found:
            self._owner[finding.concern.rule] = judge
        return found

    def _is_slow(self, judge: _Judge, took_ns: int) -> bool:
        judge.slow_ticks = judge.slow_ticks + 1 if took_ns > SLOW_NS else 0
        return judge.slow_ticks >= SLOW_TICKS

    def _rest(self, judge: _Judge, now: int, why: str) -> None:
        is_new = not judge.why
        judge.rest_ns = REST_NS if is_new else min(2 * judge.rest_ns, REST_MAX_NS)
        judge.why, judge.until, judge.slow_ticks = why, now + judge.rest_ns, 0
        self.rests += 1
        if is_new:
            log.error("detector %s is switched off: %s", judge.detector.name, why)

    def _well(self, judge: _Judge) -> None:
        if judge.why:
            log.warning("detector %s is switched on again", judge.detector.name)
            judge.why = ""


def _discreet(finding: Finding) -> Finding:
    return replace(finding, values=without_personal(finding.values))
