"""What a detector is worth: false alarms per driving hour with a bound, and leaks found, beside simple rules.

Every candidate is judged by the vehicle's own code: its detector protocol, its debounce, its alert book. Accuracy is
not told, for where faults are rare it says nothing. What a detector finds is told beside how often it would have
alarmed anyway.
"""

import math
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from edge.alerts import AlertBook
from edge.detect.card import Card, Guard
from edge.detect.finding import Concern, Detector, Finding, Verdict
from edge.detect.onnx import OnnxDetector
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.rule import rule_of
from edge.frames import NANOSECONDS
from edge.history import NOTHING, Smoothing, Window
from edge.spans import Wants
from models.recipe import Recipe
from models.recordings import Truth, read_truth
from models.replay import read_recording, windows

CONFIDENCE: Final = 0.95
LIMITS_C: Final = (105.0, 110.0)
"""Fixed limits that people use for the coolant."""
RANDOM_PER_HOUR: Final = 1.0
SECONDS_A_TRIAL: Final = 1400.0
"""Length of a healthy trial: about what a leak drive has from the onset to its end."""


Span = tuple[float, float]
"""From when to when an alert stood (s)."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What the candidates did on one recording."""

    name: str
    truth: Truth | None
    span: Span
    """What of the recording was judged."""
    driving_s: float
    """With the engine running."""
    alarms: dict[str, tuple[Span, ...]]
    """Of each candidate."""
    alarmed_s: dict[str, float]
    """How long each candidate's alert stood while driving."""


class Constant:
    """Finds something always, never, or at random minutes, whatever the vehicle does."""

    smoothings: Sequence[Smoothing] = ()
    paths: Collection[str] = ()
    wants = NOTHING

    def __init__(self, name: str, share: float, when: Guard, *, seed: int = 0) -> None:
        """`share` of all minutes in which the guard holds have a finding; which ones depends on the seed."""
        self.name = name
        self._share = share
        self._when = when
        self._seed = seed
        self._concern = Concern(name, "any", "warning", "watch", "", "")

    def judge(self, window: Window) -> Sequence[Finding]:
        """The same minute always gives the same answer."""
        if not self._when.holds(window):
            return []
        minute = (window.until - 1) // (60 * NANOSECONDS)
        draw = zlib.crc32(minute.to_bytes(8, "big"), self._seed) / 2**32
        return [Finding(self._concern, Verdict.HOLDS)] if draw < self._share else []


def candidates(detector: OnnxDetector, recording: str = "") -> list[Detector]:
    """The model, fixed limits with the same patience, and three that know nothing.

    The random one has other minutes on each recording, but the same whenever that one is judged.
    """
    card = detector.card
    running = card.when[0]
    return [
        detector,
        *(_fixed_limit(card, limit) for limit in LIMITS_C),
        Constant("random", RANDOM_PER_HOUR / 60.0, running, seed=zlib.crc32(recording.encode())),
        Constant("always", 1.0, running),
        Constant("never", 0.0, running),
    ]


def judge_drive(recipe: Recipe, file: Path, detectors: Sequence[Detector], *, begin_s: float) -> Drive:
    """Replay one recording through every candidate.

    Raises:
        ConfigError: the recording cannot be used.
        ModelError: a model cannot.
    """
    recording = read_recording(file, recipe.paths)
    smoothings = [smoothing for detector in detectors for smoothing in detector.smoothings]
    witnesses = [_Witness(detector) for detector in detectors]
    grid_s, driving_s = recipe.judging.grid_s, 0.0
    wants = Wants.all_of(detector.wants for detector in detectors)
    for window in windows(recording, smoothings, wants, grid_ns=recipe.judging.grid_ns, begin_s=begin_s):
        running = all(guard.holds(window) for guard in recipe.when)
        driving_s += grid_s * running
        for witness in witnesses:
            witness.see(window, grid_s * running)
    times = recording.samples.time
    span = (int(times[0]) / NANOSECONDS + begin_s, int(times[-1]) / NANOSECONDS)
    return Drive(
        name=recording.name,
        truth=read_truth(file),
        span=span,
        driving_s=driving_s,
        alarms={witness.detector.name: witness.spans(span[1]) for witness in witnesses},
        alarmed_s={witness.detector.name: witness.alarmed_s for witness in witnesses},
    )


class _Witness:
    """One candidate with its alert book on one recording."""

    def __init__(self, detector: Detector) -> None:
        self.detector = detector
        self.alarmed_s = 0.0
        self._book = AlertBook("evaluation")
        self._began: list[float] = []
        self._ended: list[float] = []

    def see(self, window: Window, driving_s: float) -> None:
        """Judge one cell, of which so much was driven."""
        for alert in self._book.update(window.until, self.detector.judge(window)):
            (self._began if alert.ended is None else self._ended).append(window.until / NANOSECONDS)
        self.alarmed_s += driving_s * bool(self._book.firing)

    def spans(self, end_s: float) -> tuple[Span, ...]:
        """When its alert stood; a detector here has one alert at a time."""
        return tuple(zip(self._began, [*self._ended, end_s], strict=False))


def summarise(healthy: Sequence[Drive], leaking: Sequence[Drive], names: Sequence[str]) -> dict[str, Any]:
    """The figures of every candidate, as they stand on the card."""
    hours = sum(drive.driving_s for drive in healthy) / 3600.0
    return {
        "confidence": CONFIDENCE,
        "healthy": {"drives": len(healthy), "driving_hours": round(hours, 2), "trial_s": SECONDS_A_TRIAL},
        "leaks": {"drives": len(leaking)},
        "detectors": {name: _figures(name, healthy, leaking, hours) for name in names},
    }


def poisson_upper(count: int, confidence: float = CONFIDENCE) -> float:
    """Upper bound of a Poisson mean of which `count` were seen: so few would be a chance of 1 - confidence.

    Exact (Garwood 1936), one-sided: 2.996 for none at 95 %, the rule of three.
    """

    def chance(mean: float) -> float:
        return sum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1))

    low, high = 0.0, 10.0 + 2.0 * count + 10.0 * math.sqrt(count + 1.0)
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if chance(middle) > 1.0 - confidence else (low, middle)
    return (low + high) / 2.0


def _figures(name: str, healthy: Sequence[Drive], leaking: Sequence[Drive], hours: float) -> dict[str, Any]:
    false_alarms = sum(len(drive.alarms[name]) for drive in healthy)
    found = [seen for drive in leaking if (seen := _found(drive, name))]
    detected = len(found) / len(leaking) if leaking else 0.0
    return {
        "false_alarms": false_alarms,
        "false_alarms_per_hour": round(false_alarms / hours, 4),
        "false_alarms_per_hour_upper": round(poisson_upper(false_alarms) / hours, 4),
        "alarmed_share_of_healthy_driving": round(sum(drive.alarmed_s[name] for drive in healthy) / hours / 3600.0, 4),
        "detected": round(detected, 4),
        "detected_minus_healthy": round(detected - _alarmed_trials(name, healthy), 4),
        "began_before_onset": sum(seen.began_s < seen.onset_s for seen in found),
        "delay_s": _quantiles([max(seen.began_s - seen.onset_s, 0.0) for seen in found], (10, 50, 90)),
        "lead_before_failure_s": _quantiles([seen.lead_s for seen in found if seen.lead_s is not None], (10, 50)),
    }


@dataclass(frozen=True, slots=True)
class _Found:
    began_s: float
    onset_s: float
    lead_s: float | None
    """Before the car failed; None when it did not."""


def _found(drive: Drive, name: str) -> _Found | None:
    """The first alarm that stood at some time between the onset and the car's failure."""
    if drive.truth is None:
        return None
    onset_s, failed_s = drive.truth.onset_s, drive.truth.failed_s
    last_s = drive.span[1] if failed_s is None else failed_s
    for began_s, ended_s in drive.alarms[name]:
        if began_s <= last_s and ended_s > onset_s:
            return _Found(began_s, onset_s, None if failed_s is None else failed_s - max(began_s, onset_s))
    return None


def _alarmed_trials(name: str, healthy: Sequence[Drive]) -> float:
    """Share of healthy stretches, each as long as a leak has, in which an alarm stood: found without a fault."""
    trials = hits = 0
    for drive in healthy:
        first_s, last_s = drive.span
        for trial in range(int((last_s - first_s) // SECONDS_A_TRIAL)):
            from_s = first_s + trial * SECONDS_A_TRIAL
            trials += 1
            hits += any(began < from_s + SECONDS_A_TRIAL and ended > from_s for began, ended in drive.alarms[name])
    return hits / trials if trials else 0.0


def _quantiles(values: Sequence[float], percents: Sequence[int]) -> dict[str, float]:
    if not values:
        return {}
    return {f"p{percent}": round(float(np.percentile(values, percent)), 1) for percent in percents}


def _fixed_limit(card: Card, limit: float) -> RuleDetector:
    rule = rule_of(
        {
            "alert": f"fixed_{limit:.0f}",
            "expr": f"{card.target.path} > {limit}",
            "clear": f"{card.target.path} <= {limit - 5.0}",
            "for": f"{card.for_s}s",
            "component": "any",
            "severity": "warning",
            "action": "watch",
            "summary": "",
        }
    )
    detector = RuleDetector([rule])
    detector.name = f"fixed_{limit:g}"
    return detector
