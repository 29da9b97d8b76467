"""How the figures are worked out. Pure. Each says by which method, over how many, and why it is unknown where it is.

Middles are over everything that was opened, with what has not happened yet as longer than all that has: those who are
still waited for would else make a service look quick.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud.alerts.handling import Reaction
from cloud.rca.exact import Interval, binomial_interval

FEW: Final = 5
"""Below so many nothing is said."""
UNREPAIRED_MIN: Final = 10
"""Warned incidents that were not repaired in time, before a share of them is taken for what would have happened."""
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with how it came about."""

    value: float | None
    """None: unknown; `why` says why."""
    unit: str
    count: int
    """Of what it is over."""
    method: str
    why: str = ""
    interval: Interval | None = None
    upper: float | None = None
    """Of a middle: what 90 of 100 stayed below; None: unknown."""


@dataclass(frozen=True, slots=True)
class Warned:
    """An incident that began with a warning, not with standing still."""

    broke: bool
    """It came to "stop now" before anybody had repaired it."""
    repaired: bool
    """A workshop repaired it, and said so, before it came to that."""
    over: bool
    """Nothing more can become of it."""


def uptime(observed: Sequence[Span], down: Sequence[Sequence[Span]]) -> Figure:
    """The share of the time in which vehicles could be driven.

    Args:
        observed: of each vehicle, from the first that was heard to the last, within the period.
        down: of each vehicle in the same order, when it could not be.
    """
    method = (
        "time in which no alert said 'stop now' and no work order was in work, over the time from the first to the "
        "last that was heard of each vehicle"
    )
    total = sum((end - begin).total_seconds() for begin, end in observed)
    if total <= 0.0:
        return Figure(None, "share", 0, method, "no vehicle was heard in the period")
    lost = sum(
        (end - begin).total_seconds()
        for (begin_at, end_at), spans in zip(observed, down, strict=True)
        for begin, end in union((max(begin, begin_at), min(end, end_at)) for begin, end in spans)
    )
    return Figure(1.0 - lost / total, "share", len(observed), method)


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time, nothing of it twice."""
    merged: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def time_to_acknowledge(reactions: Sequence[Reaction]) -> Figure:
    """From an alert's opening to a person's word that they have seen it."""
    method = (
        "the middle over every opening of an alert that lasted until it was seen or is still open; unseen is longest"
    )
    counting = [one for one in reactions if one.seen_at is not None or one.over_at is None]
    waits = [None if one.seen_at is None else one.seen_at - one.began_at for one in counting]
    return _middle(waits, method, "alerts that were seen or wait to be")


def time_to_repair(waits: Sequence[timedelta | None]) -> Figure:
    """From an incident's opening to the end of the work order that repaired it; None: it has one, and is not yet."""
    method = (
        "the middle over incidents with a work order that was not called off, from opened to repaired; open is longest"
    )
    return _middle(waits, method, "incidents with a work order")


def breakdowns_avoided(warned: Sequence[Warned]) -> Figure:
    """How many of the repaired would have stood still, if they had been left alone like the others.

    Repaired in time, times the share of the others that came to "stop now". The others were not left alone by chance:
    who leaves a fault may have good reason to, so this is an estimate and no count.
    """
    method = (
        "incidents that began with a warning and were repaired before 'stop now', times the share of those not "
        "repaired in time that came to it (Clopper-Pearson, 95 %)"
    )
    repaired = sum(one.repaired for one in warned)
    others = [one for one in warned if not one.repaired and (one.broke or one.over)]
    if not repaired:
        return Figure(None, "breakdowns", 0, method, "nothing was repaired in time")
    if len(others) < UNREPAIRED_MIN:
        why = (
            f"{repaired} were repaired in time; {len(others)} others are too few to know what would have become of them"
        )
        return Figure(None, "breakdowns", repaired, method, why)
    broke = sum(one.broke for one in others)
    share = binomial_interval(broke, len(others))
    interval = Interval(share.low * repaired, None if share.high is None else share.high * repaired)
    return Figure(repaired * broke / len(others), "breakdowns", repaired, method, interval=interval)


def _middle(waits: Sequence[timedelta | None], method: str, what: str) -> Figure:
    seconds = sorted(math.inf if wait is None else wait.total_seconds() for wait in waits)
    if len(seconds) < FEW:
        return Figure(None, "s", len(seconds), method, f"fewer than {FEW} {what}")
    middle, upper = _quantile(seconds, 0.5), _quantile(seconds, 0.9)
    if math.isinf(middle):
        return Figure(None, "s", len(seconds), method, "more than half of them are still waited for")
    return Figure(middle, "s", len(seconds), method, upper=None if math.isinf(upper) else upper)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The least value that this share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
