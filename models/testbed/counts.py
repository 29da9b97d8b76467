"""What row-wise alarms are worth: F1, false alarm rate and missed alarm rate, no row adjusted."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows; counts of several runs add up."""

    found: int
    false: int
    missed: int
    quiet: int

    @classmethod
    def of(cls, alarms: Bools, faulty: Bools) -> Self:
        """Of rows judged, and what the labels say of them."""
        return cls(
            int((alarms & faulty).sum()),
            int((alarms & ~faulty).sum()),
            int((~alarms & faulty).sum()),
            int((~alarms & ~faulty).sum()),
        )

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.found + other.found, self.false + other.false, self.missed + other.missed, self.quiet + other.quiet
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN without a faulty row and without an alarm."""
        return _share(2 * self.found, 2 * self.found + self.false + self.missed)

    @property
    def far(self) -> float:
        """False alarm rate: share of the healthy rows that are alarmed."""
        return _share(self.false, self.false + self.quiet)

    @property
    def mar(self) -> float:
        """Missed alarm rate: share of the faulty rows that are not."""
        return _share(self.missed, self.missed + self.found)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


NOTHING = Counts(0, 0, 0, 0)
