"""Mistaken: drives in which a signal has another unit, or two have each other's names.

Small trees tell each signal by the others, from drives other than the one in question. A drive that they miss by far,
and do not miss once a signal is read in another unit or two are exchanged, has been mistaken. Most drives must be
right.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types

Float64s = npt.NDArray[np.float64]
Reading = Callable[[Float64s], Float64s]

_TENS: Final[dict[str, Reading]] = {
    "10 times as large": lambda values: values / 10.0,
    "10 times too small": lambda values: values * 10.0,
    "100 times as large": lambda values: values / 100.0,
    "100 times too small": lambda values: values * 100.0,
}
GUESSES: Final[dict[str, dict[str, Reading]]] = {
    "km/h": {
        "miles an hour": lambda values: values * 1.609344,
        "1.609 times as large": lambda values: values / 1.609344,
        "m/s": lambda values: values * 3.6,
        "3.6 times as large": lambda values: values / 3.6,
    },
    "Celsius": {
        "Fahrenheit": lambda values: (values - 32.0) / 1.8,
        "kelvin": lambda values: values - 273.15,
        "40 too large, as its byte is": lambda values: values - 40.0,
        "40 too small": lambda values: values + 40.0,
    },
    "kPa": {
        "psi": lambda values: values / 0.1450377,
        "6.895 times as large": lambda values: values * 0.1450377,
        "mmHg": lambda values: values / 7.500617,
    },
    "percent": {
        "a byte, 255 for 100 %": lambda values: values * 100.0 / 255.0,
        "2.55 times too small": lambda values: values * 2.55,
    },
    "rpm": {
        "turns a second": lambda values: values * 60.0,
        "a word of quarter turns": lambda values: values / 4.0,
        "4 times too small": lambda values: values * 4.0,
    },
    "g/s": {"kg/h": lambda values: values / 3.6, "lb/min": lambda values: values / 0.1322774},
}
"""By the unit that a signal should have: what its readings look like, and how they become right."""
EVERY: Final = 5
"""Rows; neighbours tell the same."""
ROWS_MIN: Final = 60
"""Of a drive, of those: with fewer nobody can tell."""
ROWS_MAX: Final = 400
"""Of a drive, by which guesses are tried."""
FOLDS: Final = 3
USUAL: Final = 0.75
"""Quantile of the drives' misses: some drives are of their own kind, a cold engine's or a traffic jam's."""
OFF: Final = 3.0
"""Times the usual miss."""
RIGHT: Final = 1.5
"""Times the usual miss, at most, once it is read rightly."""
BETTER: Final = 4.0
"""And so many times smaller than it was."""
LEAST: Final = 0.02
"""Of the signal's spread: no miss counts as smaller."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Of one drive, by number."""

    drive: int
    channel: int
    other: int | None
    """That it has changed names with."""
    guess: str
    why: str
    """In words."""


def mistakes_of(drives: Sequence[Float64s], units: Sequence[str]) -> Iterator[Mistake]:
    """One of each drive that has any; `drives`: (seconds, channels) each; `units`: of the channels."""
    thin = [rows[::EVERY] for rows in drives]
    enough = [number for number, rows in enumerate(thin) if np.count_nonzero(~np.isnan(rows).all(axis=1)) >= ROWS_MIN]
    if len(enough) <= FOLDS:
        return
    tellers: dict[int, _Teller] = {}
    for fold in range(FOLDS):
        mine = enough[fold::FOLDS]
        teller = _Teller([thin[number] for number in enough if number not in mine])
        tellers |= dict.fromkeys(mine, teller)
    misses = {number: tellers[number].miss(thin[number]) for number in enough}
    usual = _usual(np.array(list(misses.values())))
    for number in enough:
        trial = _Trial(tellers[number], thin[number][:: max(len(thin[number]) // ROWS_MAX, 1)], usual, units)
        if (found := trial.best(misses[number])) is not None:
            channel, other, guess, times = found
            yield Mistake(number, channel, other, guess, f"{times:.0f} times further off the others than usual")


def _usual(misses: Float64s) -> Float64s:
    """(channels,) of (drives, channels); NaN where no drive has any."""
    absent = np.isnan(misses).all(axis=0)
    return np.where(absent, np.nan, np.nanquantile(np.where(absent, 0.0, misses), USUAL, axis=0))


def readings_of(unit: str) -> dict[str, Reading]:
    """What readings of a signal that should have this unit may be instead."""
    return GUESSES.get(unit, {}) | _TENS


class _Teller:
    """Trees that tell each signal by the others."""

    def __init__(self, drives: Sequence[Float64s]) -> None:
        every = np.concatenate(drives)
        every[:, np.isnan(every).all(axis=0)] = 0.0  # trees want a column to hold something
        self._least = LEAST * np.nanstd(every, axis=0)
        self._trees = [_fitted(np.delete(every, channel, axis=1), column) for channel, column in enumerate(every.T)]

    def miss(self, rows: Float64s) -> Float64s:
        """(channels,) median |error|; NaN where there is nothing to compare."""
        missed = np.full(rows.shape[1], np.nan)
        for channel, trees in enumerate(self._trees):
            known = ~np.isnan(rows[:, channel])
            if trees is not None and np.count_nonzero(known) >= ROWS_MIN // 2:
                said = trees.predict(np.delete(rows[known], channel, axis=1))
                missed[channel] = max(float(np.median(np.abs(rows[known, channel] - said))), self._least[channel])
        return missed


def _fitted(others: Float64s, column: Float64s) -> HistGradientBoostingRegressor | None:
    known = ~np.isnan(column)
    if np.count_nonzero(known) < ROWS_MIN or np.nanstd(column) == 0.0:
        return None
    trees = HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=40, max_leaf_nodes=15, learning_rate=0.2, early_stopping=False, random_state=1
    )
    return trees.fit(others[known], column[known])


@dataclass(frozen=True, slots=True)
class _Trial:
    """A drive that is read in other ways."""

    teller: _Teller
    rows: Float64s
    usual: Float64s
    units: Sequence[str]

    def best(self, missed: Float64s) -> tuple[int, int | None, str, float] | None:
        """The reading that mends it, if it is off and one does: channel, partner, words, how far it was off."""
        times = np.nan_to_num(missed / self.usual)
        suspects = [int(one) for one in np.flatnonzero(times >= OFF)]
        if not suspects:
            return None
        found: list[tuple[float, tuple[int, int | None, str, float]]] = []
        for channel in suspects:
            for guess, reading in readings_of(self.units[channel]).items():
                mended = self.rows.copy()
                mended[:, channel] = reading(mended[:, channel])
                if (score := self._score(mended, [channel], missed)) is not None:
                    found.append((score, (channel, None, guess, float(times[channel]))))
        for channel, other in combinations(range(self.rows.shape[1]), 2):
            if channel in suspects or other in suspects:
                mended = self.rows.copy()
                mended[:, [channel, other]] = mended[:, [other, channel]]
                if (score := self._score(mended, [channel, other], missed)) is not None:
                    found.append((score, (channel, other, "", float(max(times[channel], times[other])))))
        return min(found, key=lambda one: one[0])[1] if found else None

    def _score(self, mended: Float64s, touched: list[int], missed: Float64s) -> float | None:
        """The mean logarithm of how far all are off; None where what was touched is not right now."""
        now = self.teller.miss(mended)
        times = now / self.usual
        better = float(np.nan_to_num(missed[touched] / now[touched]).max())
        if not ((times[touched] <= RIGHT).all() and better >= BETTER):
            return None
        return float(np.nanmean(np.log(times)))
