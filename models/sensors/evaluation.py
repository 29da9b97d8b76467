"""Evaluation by rolling origin: learn on earlier drives, calibrate on later ones, be judged on the next.

Then the experts of the last fold are put on another car, which is learned from its own first hours as on the road.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from edge.detect.onnx import OnnxModel
from edge.detect.sensors.commissioning import Hours, Stage
from edge.errors import ConfigError
from models.sensors.contenders import SETTLE_S, always, at_random, fixed_limits, isolation_forest, never
from models.sensors.injections import Fault, Injections, draw
from models.sensors.judging import Alarming, judged_by, listen
from models.sensors.learning import Experts, learn_at_leisure, learn_on_the_road
from models.sensors.looking import look_before_learning
from models.sensors.recipe import SensorsRecipe
from models.sensors.report import Score
from models.sensors.training import TrainedSensors, Trip, kept_trips, train_sensors
from models.sensors.trees import one_node

Float32s = npt.NDArray[np.float32]
Float64s = npt.NDArray[np.float64]

OURS = "ours"
COPIES = 60
"""Faults that are tried on one drive at once: bounds the memory."""
Heard = Callable[[str], None]
"""Is told how far it is."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One step of the rolling origin."""

    learning: Sequence[Trip]
    calibration: Sequence[Trip]
    test: Sequence[Trip]


@dataclass(slots=True)
class Outcome:
    """Scores by detector, pooled over folds."""

    scores: dict[str, Score] = field(default_factory=dict)
    experts: Experts | None = None
    """Of the last fold."""
    armed_h: float = 0.0
    """Driving that limits were measured by, of the last fold."""


def folds_of(recipe: SensorsRecipe, trips: Sequence[Trip], *, develop: bool) -> Iterator[Fold]:
    """The steps: over the drives that are kept for judging, or before them, to develop on.

    Raises:
        ConfigError: there are too few drives.
    """
    plan = recipe.evaluation
    if plan is None:
        remedy = "Add [evaluation] to it, as in models/recipes/obd_sensors.toml"
        raise ConfigError(f"{recipe.name} does not say which drives judge", place="evaluation", remedy=remedy)
    first, last = (plan.develop_from, plan.test_from) if develop else (plan.test_from, len(trips))
    if last - first < plan.folds or first <= plan.calibration_trips + recipe.training.folds:
        problem = f"{len(trips)} drives are too few for {plan.folds} folds from drive {first + 1} on"
        raise ConfigError(problem, place="--data", remedy="Give more drives, or set [evaluation] in the recipe")
    cuts = np.linspace(first, last, plan.folds + 1).round().astype(int).tolist()
    for begin, end in pairwise(cuts):
        calibrate = begin - plan.calibration_trips
        yield Fold(trips[:calibrate], trips[calibrate:begin], trips[begin:end])


def evaluate_sensors(
    recipe: SensorsRecipe, injections: Injections, trips: Sequence[Trip], *, develop: bool, heard: Heard
) -> Outcome:
    """Every fold: train, learn, judge; pooled.

    Raises:
        ConfigError: there are too few drives.
    """
    outcome = Outcome()
    for number, whole in enumerate(folds_of(recipe, trips, develop=develop), start=1):
        fold = _looked_at(recipe, whole, heard)
        trained = train_sensors(recipe, fold.learning)
        experts = experts_of(recipe, trained)
        told = [*trained.told, *(experts.tell(trip) for trip in fold.calibration)]
        learned = learn_at_leisure(experts, told)
        contenders = {OURS: judged_by(experts, learned, recipe.false_per_hour, recipe.margin)} | _dumb(recipe, fold)
        faults = list(draw(injections, [channel.name for channel in recipe.plan.channels], fold.test))
        judge(outcome.scores, contenders, fold.test, faults, within_s=injections.within_s)
        outcome.experts, outcome.armed_h = experts, learned.maxima.hours
        heard(f"fold {number}: {len(fold.learning)} + {len(fold.calibration)} drives, judged on {len(fold.test)}")
    return outcome


def _looked_at(recipe: SensorsRecipe, fold: Fold, heard: Heard) -> Fold:
    """What is learned from has been looked at, as in training; what judges stays as it was recorded."""
    learning, calibration = kept_trips(recipe, fold.learning), kept_trips(recipe, fold.calibration)
    looked = look_before_learning(recipe.plan, [*learning, *calibration], heard)
    is_learning = [place < len(learning) for place in looked.places]
    pairs = list(zip(looked.trips, is_learning, strict=True))
    seen = Fold([trip for trip, is_ in pairs if is_], [trip for trip, is_ in pairs if not is_], fold.test)
    if not any(len(trip.rows) > SETTLE_S for trip in seen.calibration):
        problem = f"no drive longer than {SETTLE_S} s is left to calibrate on"
        raise ConfigError(problem, place="--data", remedy="See what is said of the drives")
    return seen


def evaluate_elsewhere(
    recipe: SensorsRecipe, injections: Injections, experts: Experts, trips: Sequence[Trip], heard: Heard
) -> Outcome:
    """Another car: learned from its own first hours, judged on all drives after them.

    Raises:
        ConfigError: its drives are over before it is armed.
    """
    hours = Hours(**recipe.hours.model_dump())
    commissioning, used = learn_on_the_road(experts, trips, hours)
    if commissioning.stage is not Stage.ARMED or commissioning.learned is None or used == len(trips):
        problem = f"all {len(trips)} drives are over while it is still {commissioning.stage}"
        raise ConfigError(problem, place="--elsewhere", remedy="Give more drives, or shorten [hours] in the recipe")
    learned, rest = commissioning.learned, trips[used:]
    names = [channel.name for channel in recipe.plan.channels]
    usable = [name for name, is_usable in zip(names, learned.usable, strict=True) if is_usable]
    heard(f"armed after {used} drives: {', '.join(usable)}")
    limits = learned.limits(recipe.false_per_hour, recipe.plan, recipe.margin)
    armed = {number for number in range(len(names)) if np.isfinite(limits[:, number]).any()}
    faults = [fault for fault in draw(injections, names, rest) if fault.channel in armed]
    contenders: dict[str, Alarming] = {
        OURS: judged_by(experts, learned, recipe.false_per_hour, recipe.margin),
        "always": always,
        "never": never,
        "random": at_random,
        "fixed limits": fixed_limits(trips[:used]),
    }
    outcome = Outcome(experts=experts, armed_h=learned.maxima.hours)
    judge(outcome.scores, contenders, rest, faults, within_s=injections.within_s)
    return outcome


def judge(
    scores: dict[str, Score],
    contenders: Mapping[str, Alarming],
    trips: Sequence[Trip],
    faults: Sequence[Fault],
    *,
    within_s: int,
) -> None:
    """Ask every contender every drive, as it was and with each of its faults."""
    for number in range(len(trips)):
        mine = [fault for fault in faults if fault.trip == number]
        for name, alarming in contenders.items():
            score = scores.setdefault(name, Score())
            for begin in range(0, max(len(mine), 1), COPIES):
                heard = listen(trips, number, mine[begin : begin + COPIES], alarming)
                score.add(heard, within_s=within_s, is_first_time=begin == 0)


def experts_of(recipe: SensorsRecipe, trained: TrainedSensors) -> Experts:
    """As on the vehicle: by the exported node."""
    model = OnnxModel(
        one_node(trained.experts, recipe.plan.width), recipe.plan.width, recipe.name, width=len(trained.experts)
    )

    def answering(columns: Float32s) -> Float64s:
        return model.answers(columns).reshape(len(columns), -1).astype(np.float64)

    return Experts(recipe.plan, trained.trained, answering)


def _dumb(recipe: SensorsRecipe, fold: Fold) -> dict[str, Alarming]:
    return {
        "always": always,
        "never": never,
        "random": at_random,
        "fixed limits": fixed_limits([*fold.learning, *fold.calibration]),
        "IsolationForest": isolation_forest(fold.learning, fold.calibration, recipe.training.seed),
    }
