"""The learned state of one machine: its healthy level, and limits by how restless it was; kept as a dict."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from edge.detect.multivariate.kind import Kind
from edge.detect.multivariate.plan import WatchPlan
from edge.detect.multivariate.sliding import sliding_means
from edge.detect.multivariate.space import CHARTS, Space
from edge.errors import ModelError

Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SCHEMA: Final = 1
WINDOWS_PER_FOLD_MIN: Final = 10
_REMEDY: Final = "Learn again from the machine's own healthy rows"


@dataclass(frozen=True, slots=True)
class LearnedState:
    """All that judging needs, beside the plan."""

    sensors: tuple[str, ...]
    """Every sensor of a row, judged or not."""
    places: tuple[int, ...]
    """Where in a row the judged ones stand."""
    window_rows: int
    """The means that were learned from are over so many rows, and so must those be that are judged."""
    centre: Float64s
    """Healthy levels of the judged ones, in their units."""
    space: Space
    limits: Float64s
    """(3,) of CHARTS; above 0."""

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, lists and words, as JSON and TOML take them."""
        space = self.space
        return {
            "schema": SCHEMA,
            "sensors": list(self.sensors),
            "places": list(self.places),
            "window_rows": self.window_rows,
            "centre": self.centre.tolist(),
            "scale": space.scale.tolist(),
            "axes": space.axes.tolist(),
            "variances": space.variances.tolist(),
            "limits": self.limits.tolist(),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """What `to_dict` gave, to the bit.

        Raises:
            ModelError: it is of another schema, or damaged.
        """
        if kept.get("schema") != SCHEMA:
            raise ModelError(f"a learned state of schema {kept.get('schema')!r} is not known. {_REMEDY}")
        try:
            parts = [np.array(kept[name], np.float64) for name in ("centre", "scale", "axes", "variances", "limits")]
            state = cls(
                tuple(str(name) for name in kept["sensors"]),
                tuple(int(place) for place in kept["places"]),
                int(kept["window_rows"]),
                parts[0],
                Space(*parts[1:4]),
                parts[4],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"a learned state is damaged ({error}). {_REMEDY}") from error
        state._check(parts)
        return state

    def _check(self, parts: list[Float64s]) -> None:
        count = len(self.places)
        centre, scale, axes, variances, limits = (part.shape for part in parts)
        shapes_fit = (centre, scale, axes, limits) == ((count,), (count,), (count, count), (len(CHARTS),))
        fits = shapes_fit and len(variances) == 1 and 1 <= variances[0] <= count
        places_fit = self.window_rows >= 1 and all(0 <= place < len(self.sensors) for place in self.places)
        if not (fits and places_fit and all(np.isfinite(part).all() for part in parts)):
            raise ModelError(f"a learned state is damaged (sizes or numbers do not fit). {_REMEDY}")
        if min(self.space.scale.min(), self.space.variances.min(), self.limits.min()) <= 0.0:
            raise ModelError(f"a learned state is damaged (a scale or a limit is not above 0). {_REMEDY}")


def learn(rows: Float64s, kind: Kind, plan: WatchPlan) -> LearnedState:
    """Learn from a machine's first healthy rows, (N, sensors of the kind), NaN where unknown.

    Rows are believed: implausible values are made NaN before they come here. Limits come from pieces that were held
    back: no window of a piece shares a row with what judged it.

    Raises:
        ModelError: the rows are too few, or too few of them are known.
    """
    places = kind.places
    means = sliding_means(rows, plan.window_rows)[:, places]
    whole = np.asarray(np.isfinite(means).all(axis=1))
    pieces = _pieces(len(rows), plan)
    held_back = np.concatenate([_held_back(means, whole, piece, kind.space, plan.window_rows) for piece in pieces])
    limits = np.maximum(plan.margin * held_back.max(axis=0), np.finfo(np.float32).eps)
    return LearnedState(kind.sensors, tuple(places), plan.window_rows, _centre(means[whole]), kind.space, limits)


def _centre(means: Float64s) -> Float64s:
    centre: Float64s = means.mean(axis=0)
    return centre


def _pieces(rows: int, plan: WatchPlan) -> list[tuple[int, int]]:
    bounds = [rows * piece // plan.folds for piece in range(plan.folds + 1)]
    return list(pairwise(bounds))


def _held_back(means: Float64s, whole: Bools, piece: tuple[int, int], space: Space, window_rows: int) -> Float64s:
    """(windows, 3) charts of the windows within a piece, by the centre of the windows that share no row with it."""
    start, end = piece
    last_row = np.arange(len(means))
    first_row = last_row - window_rows + 1
    inside = whole & (first_row >= start) & (last_row < end)
    outside = whole & ((last_row < start) | (first_row >= end))
    if min(inside.sum(), outside.sum()) < WINDOWS_PER_FOLD_MIN:
        raise ModelError(f"rows {start}..{end} teach too little: unknown, or too short for the window. {_REMEDY}")
    return space.charts(means[inside] - _centre(means[outside]))
