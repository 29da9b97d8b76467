"""Training: an expert for each channel, another for its error, and what each says of drives that it has not seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped]  # it ships no types

from edge.detect.sensors.features import Features
from edge.detect.sensors.plan import Plan
from edge.detect.sensors.steps import Steps
from edge.detect.sensors.watch import Trained
from edge.errors import ConfigError
from models.sensors.clocks import Stamps
from models.sensors.recipe import SensorsRecipe, Trees
from models.sensors.trees import Expert

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ERROR_MIN: Final = 0.02
"""Of the root mean square error: an error counts as no smaller, or its logarithm would say everything of rounding."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive: (seconds, channels), NaN where unknown."""

    name: str
    rows: Float64s
    stamps: Stamps | None = None
    """Of its clock; None where there was none."""
    taken: Bools | None = None
    """(seconds, channels), readings that were there and are not believed: unknown, but nobody misses them."""


@dataclass(frozen=True, slots=True)
class Told:
    """A trip, and what experts that had not seen it say at each second: (seconds, 2 x channels)."""

    trip: Trip
    answers: Float64s


@dataclass(frozen=True, slots=True)
class TrainedSensors:
    """What came out."""

    experts: tuple[Expert, ...]
    """Of values, then of errors; in units of `trained.spread`."""
    trained: Trained
    told: tuple[Told, ...]
    """Every trip that was learned from, as unseen."""


@dataclass(frozen=True, slots=True)
class _Lesson:
    """A trip as columns and targets."""

    trip: Trip
    seen: Float32s
    blanked: Float32s
    targets: Float64s
    """(seconds, channels), in units of the spread: the row a second before the columns."""


def train_sensors(recipe: SensorsRecipe, trips: Sequence[Trip]) -> TrainedSensors:
    """Train on trips; what each is told is by experts of the other folds.

    Raises:
        ConfigError: there are too few drives, or a signal is in none of them.
    """
    kept = kept_trips(recipe, trips)
    trained = _lie(recipe, kept)
    rng = np.random.default_rng(recipe.training.seed)
    course = _Course(recipe, [_lesson(recipe, trip, trained, rng) for trip in kept])
    pairs = [course.experts(channel) for channel in range(len(recipe.plan.channels))]
    experts = (*(value for value, _ in pairs), *(error for _, error in pairs))
    told = tuple(Told(one.trip, answers) for one, answers in zip(course.lessons, course.answers, strict=True))
    return TrainedSensors(experts, trained, told)


def columns_of(plan: Plan, trip: Trip) -> tuple[Float32s, Float64s]:
    """(seconds, columns) as the vehicle would ask, and (seconds, channels) of what was observed, a second before."""
    steps, features = Steps(plan), Features(plan)
    columns, observed = [], []
    for row in trip.rows:
        columns.append(features.step(steps.step(row)))
        observed.append(features.before)
    return np.array(columns), np.array(observed)


def kept_trips(recipe: SensorsRecipe, trips: Sequence[Trip]) -> list[Trip]:
    """Those that may be learned from."""
    return [trip for trip in trips if not any(text in trip.name for text in recipe.training.leave_out)]


def _lie(recipe: SensorsRecipe, trips: Sequence[Trip]) -> Trained:
    if len(trips) < recipe.training.folds:
        problem = f"{len(trips)} drives can be learned from; {recipe.training.folds} folds need as many"
        raise ConfigError(problem, place="--data", remedy="Give more drives of half a minute and longer")
    every = np.concatenate([trip.rows for trip in trips])
    heard = (~np.isnan(every)).any(axis=0)
    if absent := [path for path, is_heard in zip(recipe.plan.paths, heard, strict=True) if not is_heard]:
        remedy = "Name its column in the column map, or take it out of the recipe"
        raise ConfigError(f"no drive has {absent[0]}", place="--data", remedy=remedy)
    return Trained(np.nanmean(every, axis=0), np.nanstd(every, axis=0))


def _lesson(recipe: SensorsRecipe, trip: Trip, trained: Trained, rng: np.random.Generator) -> _Lesson:
    seen, observed = columns_of(recipe.plan, trip)
    blanked = seen.copy()
    channels = len(recipe.plan.channels)
    for begin in range(0, len(blanked), recipe.training.blank_s):
        for channel in rng.choice(channels, rng.choice(recipe.training.blanks), replace=False):
            blanked[begin : begin + recipe.training.blank_s, recipe.plan.columns_with(channel)] = np.nan
    return _Lesson(trip, seen, blanked, (observed - trained.mean) / trained.spread)


class _Course:
    """All lessons, dealt into folds; fills in what each is told by experts of the other folds."""

    def __init__(self, recipe: SensorsRecipe, lessons: Sequence[_Lesson]) -> None:
        self.lessons, self._training, self._plan = lessons, recipe.training, recipe.plan
        self.answers = [np.full((len(one.seen), 2 * len(recipe.plan.channels)), np.nan) for one in lessons]
        numbers = range(len(lessons))
        self._folds = [list(numbers[fold :: recipe.training.folds]) for fold in range(recipe.training.folds)]

    def experts(self, channel: int) -> tuple[Expert, Expert]:
        """Of a channel's value, and of the logarithm of how far that is off."""
        columns = self._plan.columns_of(channel)
        targets = [lesson.targets[:, channel] for lesson in self.lessons]
        value = self._crossed(self._training.value, columns, targets, place=channel, with_blanks=True)
        misses = [np.abs(target - said[:, channel]) for target, said in zip(targets, self.answers, strict=True)]
        least = ERROR_MIN * float(np.sqrt(np.nanmean(np.concatenate(misses) ** 2)))
        logs = [np.log(miss + least) for miss in misses]
        place = len(self._plan.channels) + channel
        return value, self._crossed(self._training.error, columns, logs, place=place, with_blanks=False)

    def _crossed(
        self, trees: Trees, columns: list[int], targets: Sequence[Float64s], *, place: int, with_blanks: bool
    ) -> Expert:
        """Experts of all but one fold answer for that fold; one of all lessons is given back."""
        every = set(range(len(self.lessons)))

        def fitted(numbers: set[int]) -> HistGradientBoostingRegressor:
            some = slice(None, None, self._training.every)
            chosen = [(self.lessons[number], targets[number][some]) for number in sorted(numbers)]
            pairs = [(lesson.seen[some, columns], target) for lesson, target in chosen]
            if with_blanks:
                pairs += [(lesson.blanked[some, columns], target) for lesson, target in chosen]
            return _fit(trees, self._training.seed, pairs)

        for fold in self._folds:
            expert = fitted(every - set(fold))
            for number in fold:
                self.answers[number][:, place] = expert.predict(self.lessons[number].seen[:, columns])
        return Expert(fitted(every), tuple(columns))


def _fit(trees: Trees, seed: int, pairs: Sequence[tuple[Float32s, Float64s]]) -> HistGradientBoostingRegressor:
    features = np.concatenate([one for one, _ in pairs])
    targets = np.concatenate([one for _, one in pairs])
    known = ~np.isnan(targets)
    return HistGradientBoostingRegressor(
        max_iter=trees.trees,
        max_leaf_nodes=trees.leaves,
        learning_rate=trees.learning_rate,
        min_samples_leaf=trees.rows_per_leaf,
        l2_regularization=trees.l2,
        early_stopping=False,
        random_state=seed,
    ).fit(features[known], targets[known])
