"""A stretch of driving, folded: what each indicator did in a quarter of an hour, or in a day. Pure.

A month of minutes is too much to read for one diagnosis. Minutes are folded as they come, by sums, so that the result
is the same in whatever order they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

QUARTER: Final = timedelta(minutes=15)
DAY: Final = timedelta(days=1)


class Fold(StrEnum):
    """How long a stretch is."""

    QUARTER = "quarter"
    """Fine: for what goes wrong within an hour."""
    DAY = "day"
    """Coarse: for what wears for months."""


LENGTH: Final[Mapping[Fold, timedelta]] = {Fold.QUARTER: QUARTER, Fold.DAY: DAY}


class Figure(NamedTuple):
    """What one indicator did in one stretch. A tuple: thousands of them are made for one look at a vehicle."""

    minutes: int
    """Summaries that told it: of a minute each in use, of up to five while the vehicle stands."""
    total: float
    low: float
    high: float

    @property
    def mean(self) -> float:
        """Over the minutes."""
        return self.total / self.minutes

    def joined(self, other: "Figure") -> "Figure":
        """Both together."""
        return Figure(
            self.minutes + other.minutes,
            self.total + other.total,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @classmethod
    def of(cls, value: float) -> "Figure":
        """One minute alone."""
        return cls(1, value, value, value)


Figures = Mapping[str, Figure]
"""By the indicator's name; one that no minute told is not in it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One quarter of an hour, or one day, in which the vehicle was heard."""

    started_at: datetime
    figures: Figures


def begin_of(moment: datetime, fold: Fold) -> datetime:
    """When the stretch began that holds this moment; cut in UTC."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return moment - (moment - epoch) % LENGTH[fold]


def joined(one: Figures, other: Figures) -> dict[str, Figure]:
    """Figures of two parts of the same stretch, in either order."""
    both = dict(one)
    for name, figure in other.items():
        both[name] = both[name].joined(figure) if name in both else figure
    return both


def fold(stretches: Iterable[Stretch], name: str) -> Figure | None:
    """One indicator over all of these stretches; None when none of them tells it."""
    found: Figure | None = None
    for stretch in stretches:
        figure = stretch.figures.get(name)
        if figure is not None:
            found = figure if found is None else found.joined(figure)
    return found
