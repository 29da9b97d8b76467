"""The one signal that shows a failure best, minute by minute around it. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cloud.fleet.model import Summary

AROUND: Final = timedelta(hours=1)
"""Before the alert and after it."""
WHEREABOUTS: Final = "Vehicle.CurrentLocation."
"""VSS: what begins so stays out of the evidence."""
_AXES: Final = frozenset({"Vehicle.Speed", "Vehicle.TraveledDistance"})
"""They move with every drive and show a failure only where an alert names nothing else."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What the signal did in one summary."""

    from_at: datetime
    until: datetime
    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class SignalCurve:
    """One signal around an alert."""

    path: str
    """VSS."""
    unit: str
    alert_at: datetime
    points: tuple[CurvePoint, ...]


def curve_of(summaries: Sequence[Summary], named: AbstractSet[str], at: datetime) -> SignalCurve | None:
    """The signal that the alerts name and that moved most for its size; None where none of them was told.

    Args:
        summaries: around the failure, oldest first.
        named: the signals that the alerts looked at.
        at: when it failed.
    """
    told = {path for one in summaries for path in one.signals if path in named and not path.startswith(WHEREABOUTS)}
    paths = sorted(told - _AXES) or sorted(told)
    curves = [_curve(path, summaries, at) for path in paths]
    return max(curves, key=_moved, default=None)


def _curve(path: str, summaries: Sequence[Summary], at: datetime) -> SignalCurve:
    having = [one for one in summaries if path in one.signals]
    points = []
    for summary in having:
        signal = summary.signals[path]
        points.append(CurvePoint(summary.started_at, summary.ended_at, signal.min, signal.mean, signal.max))
    return SignalCurve(path, having[0].signals[path].unit, at, tuple(points))


def _moved(curve: SignalCurve) -> float:
    """How far it went, beside how far it goes from one summary to the next."""
    means = [point.mean for point in curve.points]
    steps = sorted(abs(later - earlier) for earlier, later in pairwise(means))
    usual = steps[len(steps) // 2] if steps else 0.0
    return (max(means) - min(means)) / (usual + 1e-9 + 0.01 * max(map(abs, means)))
