"""Symptoms: what speaks for and against causes, each present, absent or unknown. Pure.

A symptom is declared in the knowledge base as one of three things: an indicator beyond a level (alone, or against what
is usual for this vehicle), a trouble code, or an alert. Between its two levels a symptom is unknown, as it is where the
vehicle does not tell its indicator; unknown speaks for nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from statistics import median
from typing import Final

from cloud.health.evidence import Evidence
from cloud.health.indicators import INDICATORS
from cloud.health.stretch import Figure, Stretch, fold

FRESH: Final = timedelta(days=14)
"""Stretches that are older than this before the newest say nothing of how things stand."""
USUAL_MIN: Final = 2
"""Stretches before the recent ones that it takes to say what is usual."""


class Part(StrEnum):
    """Which figure of the indicator is looked at."""

    MEAN = "mean"
    LOW = "low"
    HIGH = "high"


class Standing(StrEnum):
    """How a symptom stands."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Level:
    """An indicator beyond a level."""

    indicator: str
    part: Part
    recent: int
    """The newest so many quarters that tell the indicator are looked at."""
    usual: bool
    """The level is a difference to what was usual for this vehicle before."""
    above: bool
    present: float
    """Beyond this it is present."""
    absent: float
    """Not beyond this it is absent; in between it is unknown."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that may be seen."""

    id: str
    title: str
    group: str
    """Symptoms of one group say the same thing in other words: together they count once."""
    leak: float
    """How often it is seen when nothing is wrong: noise, odd drives, odd vehicles."""
    level: Level | None = None
    codes: tuple[str, ...] = ()
    """Any of these trouble codes, stored or pending; `?` stands for one character."""
    rules: tuple[str, ...] = ()
    """Any alert of these rules. That there is none says nothing: nobody knows which rules a vehicle has."""
    needs: str | None = None
    """An indicator that the vehicle must tell, or else it cannot set these codes: without it, no code says nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one symptom stands, and the words for it."""

    symptom: Symptom
    standing: Standing
    words: str
    needs_history: bool = False
    """Unknown for want of what is usual."""


def read(symptom: Symptom, evidence: Evidence) -> Reading:
    """How a symptom stands by what is known."""
    if symptom.level is not None:
        return _level(symptom, symptom.level, evidence)
    if symptom.codes:
        return _codes(symptom, evidence)
    return _alerts(symptom, evidence)


def _codes(symptom: Symptom, evidence: Evidence) -> Reading:
    wanted = symptom.codes
    found = [code for code in evidence.codes if code.is_there and any(fnmatchcase(code.code, one) for one in wanted)]
    if found:
        words = ", ".join(f"{code.code} {code.status}" for code in found)
        return Reading(symptom, Standing.PRESENT, f"{symptom.title}: {words}")
    heard = evidence.telling
    if not heard or (symptom.needs is not None and symptom.needs not in heard):
        return Reading(symptom, Standing.UNKNOWN, f"{symptom.title}: the vehicle could not set it")
    return Reading(symptom, Standing.ABSENT, f"no {symptom.title}")


def _alerts(symptom: Symptom, evidence: Evidence) -> Reading:
    found = [alert for alert in evidence.alerts if alert.rule in symptom.rules]
    if found:
        return Reading(symptom, Standing.PRESENT, f"{symptom.title}: {found[-1].summary}")
    return Reading(symptom, Standing.UNKNOWN, f"{symptom.title}: none came")


def _level(symptom: Symptom, level: Level, evidence: Evidence) -> Reading:
    telling = evidence.telling.get(level.indicator)
    if not telling:
        return Reading(symptom, Standing.UNKNOWN, f"{symptom.title}: the vehicle does not tell it")
    newest = evidence.stretches[-1].started_at
    recent = [one for one in telling[-level.recent :] if newest - one.started_at <= FRESH]
    figure = fold(recent, level.indicator)
    if figure is None:
        return Reading(symptom, Standing.UNKNOWN, f"{symptom.title}: not told for {FRESH.days} days")
    value = part_of(figure, level.part)
    if not level.usual:
        return _stands(symptom, level, value, _words(symptom, level, value))
    usual = usual_of(telling[: -level.recent], evidence.days, recent[0], level)
    if usual is None:
        words = f"{symptom.title}: what is usual is not known yet"
        return Reading(symptom, Standing.UNKNOWN, words, needs_history=True)
    return _stands(symptom, level, value - usual, _words(symptom, level, value, usual))


def usual_of(before: Sequence[Stretch], days: Sequence[Stretch], recent: Stretch, level: Level) -> float | None:
    """What the indicator was in the first half of what is known before the recent quarters; None of too little.

    The first half, since a fault that develops for weeks would else become usual.
    """
    older = [day for day in days if before and day.started_at + timedelta(days=1) <= before[0].started_at]
    older = older or [day for day in days if not before and day.started_at + timedelta(days=1) <= recent.started_at]
    values = [part_of(figure, level.part) for one in (*older, *before) if (figure := one.figures.get(level.indicator))]
    if len(values) < USUAL_MIN:
        return None
    return median(values[: max(USUAL_MIN, (len(values) + 1) // 2)])


def part_of(figure: Figure, part: Part) -> float:
    """The figure that is looked at."""
    return {Part.MEAN: figure.mean, Part.LOW: figure.low, Part.HIGH: figure.high}[part]


def _stands(symptom: Symptom, level: Level, value: float, words: str) -> Reading:
    sign = 1.0 if level.above else -1.0
    if sign * value > sign * level.present:
        return Reading(symptom, Standing.PRESENT, words)
    if sign * value <= sign * level.absent:
        return Reading(symptom, Standing.ABSENT, words)
    return Reading(symptom, Standing.UNKNOWN, f"{words}, which says neither")


def _words(symptom: Symptom, level: Level, value: float, usual: float | None = None) -> str:
    unit = INDICATORS[level.indicator].unit
    shown = f"{symptom.title}: {value:.4g} {unit}".rstrip()
    return shown if usual is None else f"{shown}, usual {usual:.4g} {unit}".rstrip()
