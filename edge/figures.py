"""min, max, mean, last and count of every signal: of the running summary period and of the running trip.

Samples are added up once, to a part that is counted to both when either begins or ends. So a trip costs nothing for
each sample, and the figures of both are the same bits however frames were batched.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Figures:
    """What one signal did in one period or on one trip."""

    unit: str
    min: float
    max: float
    mean: float
    last: float
    count: int


class Totals:
    """min, max, sum, count and the last value of every signal since it was made; columns (signals,)."""

    def __init__(self, size: int) -> None:
        self.min: Float64s = np.full(size, np.inf)
        self.max: Float64s = np.full(size, -np.inf)
        self.sum: Float64s = np.zeros(size)
        self.last: Float64s = np.full(size, np.nan)
        self.count: Int64s = np.zeros(size, np.int64)

    def add(self, slots: npt.NDArray[np.intp], values: Float64s) -> None:
        """Take in samples, in the order of time."""
        np.minimum.at(self.min, slots, values)
        np.maximum.at(self.max, slots, values)
        np.add.at(self.sum, slots, values)  # unbuffered: sample by sample, so batching cannot change a bit
        np.add.at(self.count, slots, 1)
        self.last[slots] = values  # of equal indices the last one stands

    def join(self, later: "Totals") -> None:
        """Take in what was added up after these."""
        np.minimum(self.min, later.min, out=self.min)
        np.maximum(self.max, later.max, out=self.max)
        self.sum += later.sum
        self.count += later.count
        np.copyto(self.last, later.last, where=later.count > 0)

    def figures(self, slot: int, unit: str) -> Figures | None:
        """Of one signal; None when it was not heard."""
        count = int(self.count[slot])
        if not count:
            return None
        return Figures(
            unit=unit,
            min=float(self.min[slot]),
            max=float(self.max[slot]),
            mean=float(self.sum[slot]) / count,
            last=float(self.last[slot]),
            count=count,
        )


class Ledger:
    """Totals of the running period and the running trip."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._part = Totals(size)
        """Since a period or a trip last began, paused, went on or ended."""
        self._period = Totals(size)
        self._trip: Totals | None = None
        self._rest: Totals | None = None
        """Of a trip that seems to be over: counts to it only if it goes on."""
        self._before: Int64s = np.zeros(size, np.int64)

    @property
    def heard(self) -> Int64s:
        """(signals,): how many samples of each there have been."""
        return self._before + self._part.count

    def add(self, slots: npt.NDArray[np.intp], values: Float64s) -> None:
        """Take in samples, in the order of time."""
        self._part.add(slots, values)

    def close_period(self) -> Totals:
        """The running period, which is over; the next one begins."""
        self._fold()
        period, self._period = self._period, Totals(self._size)
        return period

    def begin_trip(self) -> None:
        """What comes from now on counts to a new trip as well."""
        self._fold()
        self._trip, self._rest = Totals(self._size), None

    def pause_trip(self) -> None:
        """The trip seems to be over."""
        self._fold()
        self._rest = Totals(self._size)

    def resume_trip(self) -> None:
        """It is not: what came in between counts."""
        self._fold()
        if self._trip is not None and self._rest is not None:
            self._trip.join(self._rest)
        self._rest = None

    def close_trip(self) -> Totals:
        """The running trip up to its pause, if it has one; nothing when there is none."""
        self._fold()
        trip, self._trip, self._rest = self._trip, None, None
        return trip or Totals(self._size)

    def _fold(self) -> None:
        part, self._part = self._part, Totals(self._size)
        self._before += part.count
        self._period.join(part)
        if self._rest is not None:
            self._rest.join(part)
        elif self._trip is not None:
            self._trip.join(part)
