"""Ranges: readings that a signal cannot have by the catalogue, and the unit that would explain them."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.catalogue import CATALOGUE
from edge.detect.sensors.plan import Channel
from models.sensors.mistaken import readings_of

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OFTEN: Final = 0.1
"""Of a drive's readings: from here on its unit is not what it should be; less is misread."""


def out_of_range(channel: Channel, columns: Sequence[Float64s]) -> Iterator[tuple[int, Bools, str | None]]:
    """Number of a drive, the (seconds,) outside, and the guess in words; None: they are too few for a unit.

    A signal that the catalogue does not know is never outside.
    """
    info = CATALOGUE.get(channel.path)
    if info is None or info.unit != channel.unit:
        return
    masks = [(column < info.low) | (column > info.high) for column in columns]
    right = [column[~np.isnan(column)] for column, mask in zip(columns, masks, strict=True) if not mask.any()]
    known = np.concatenate([*right, np.empty(0)])
    middle = float(np.median(known)) if len(known) else None
    for number, (column, mask) in enumerate(zip(columns, masks, strict=True)):
        if not mask.any():
            continue
        is_often = np.count_nonzero(mask) > OFTEN * np.count_nonzero(~np.isnan(column))
        yield number, mask, _guess(channel.unit, column, (info.low, info.high), middle) if is_often else None


def _guess(unit: str, column: Float64s, range_: tuple[float, float], middle: float | None) -> str:
    """The reading that brings all into the range, nearest to where other drives lie; empty where there is none."""
    known = column[~np.isnan(column)]
    fitting = []
    for guess, reading in readings_of(unit).items():
        read = reading(known)
        if ((read >= range_[0]) & (read <= range_[1])).mean() > 1.0 - OFTEN:
            fitting.append((0.0 if middle is None else abs(float(np.median(read)) - middle), guess))
    return f"; right if it is {min(fitting, key=lambda one: one[0])[1]}" if fitting else ""
