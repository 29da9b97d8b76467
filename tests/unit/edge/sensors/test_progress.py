"""How far a vehicle is learned is told alike in the report, in health and in its counters."""

import numpy as np
import pytest

from edge.detect.sensors.commissioning import STAGES, Commissioning, Hours, Stage
from edge.detect.sensors.drift import RANGE
from edge.detect.sensors.expectation import Regressors, Scales
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Maxima
from edge.detect.sensors.places import Places
from edge.detect.sensors.progress import Progress, progress_of
from edge.detect.sensors.watch import Trained
from edge.health import health_body
from edge.wire.messages import PartState
from tests.unit.edge.sensors.world import plan

NAMES = ("engine_speed", "manifold_pressure", "speed", "coolant_temperature")
HOURS = Hours(looking=0.5, fitting=2.5, scaling=2.0, measuring=5.0)


def commissioning(stage: Stage, seconds: int) -> Commissioning:
    """At a stage."""
    anew = Commissioning(plan(), Regressors(4), Trained(np.zeros(4), np.ones(4)))
    anew.stage, anew.seconds = stage, seconds
    return anew


@pytest.mark.parametrize(
    ("stage", "hours", "words"),
    [
        (Stage.LOOKING, 0.25, "small: looking, 0.25 of 0.50 h of driving; 0 of 4 channels armed"),
        (Stage.FITTING, 1.5, "small: fitting, 1.00 of 2.50 h of driving; 0 of 4 channels armed"),
        (Stage.SCALING, 4.0, "small: scaling, 1.00 of 2.00 h of driving; 0 of 4 channels armed"),
        (Stage.MEASURING, 6.0, "small: measuring, 1.00 of 5.00 h of driving; 0 of 4 channels armed"),
    ],
)
def test_hours_add_up_over_the_stages(stage: Stage, hours: float, words: str) -> None:
    before = sum(HOURS.of(one) for one in STAGES[: STAGES.index(stage)])
    progress = progress_of("small", plan(), [commissioning(stage, round(3600 * (hours - before)))], HOURS)
    assert progress.hours == pytest.approx(hours)
    assert progress.in_words == words
    assert progress.counted == {
        "small_minutes": int(60 * hours),
        "small_channels_armed": 0,
        "small_channels": 4,
        "small_channels_drifted": 0,
        "small_seasons": 0,
    }


def test_an_armed_vehicle_tells_what_it_compares() -> None:
    armed = Progress("small", Stage.ARMED, 0.0, float("inf"), 10.0, NAMES[:3], 4)
    assert armed.in_words == "small: armed after 10.0 h of driving, 3 of 4: engine_speed, manifold_pressure, speed"
    assert armed.coarse == "armed: 3 of 4 channels"


def test_what_drifts_is_told_by_name_in_health_and_by_size_in_the_report() -> None:
    drifted = (("speed", "+2.5 km/h"),)
    armed = Progress("small", Stage.ARMED, 0.0, float("inf"), 10.0, NAMES, 4, drifted)
    assert armed.in_words.endswith("coolant_temperature; speed has drifted by +2.5 km/h")
    assert armed.coarse == "armed: 4 of 4 channels; drifted: speed"
    assert armed.counted["small_channels_drifted"] == 1


def armed_and(*further: Commissioning) -> list[Commissioning]:
    """A vehicle that is known in one season."""
    first = commissioning(Stage.ARMED, 0)
    nothing = np.zeros(4)
    first.learned = Learned(
        Scales(nothing, np.ones(4)), np.zeros((4, 1)), np.ones(4), np.ones(4), np.zeros((4, 1)), np.ones(4), nothing,
        np.array([0.9, 0.9, 0.1, 0.9]), Places(nothing, np.ones(4), np.zeros((4, 7))), None, Maxima(4),
    )  # fmt: skip
    return [first, *further]


def test_a_further_season_is_told_and_every_minute_of_it_is_something_new() -> None:
    known = progress_of("small", plan(), armed_and(), HOURS)
    assert (known.coarse, known.counted["small_seasons"]) == ("armed: 3 of 4 channels", 1)
    learning = [
        progress_of("small", plan(), armed_and(commissioning(Stage.FITTING, seconds)), HOURS)
        for seconds in (3600, 3660)
    ]
    assert learning[0] != learning[1], "so that it is kept, and no short trip is learned in vain"
    assert {one.coarse for one in learning} == {"armed: 3 of 4 channels; learning another season: fitting, 1 of 2.5 h"}
    both = progress_of("small", plan(), [*armed_and(), *armed_and()], HOURS)
    assert both.in_words.endswith("coolant_temperature; 2 seasons")
    assert both.counted["small_seasons"] == 2


def test_a_signal_that_drifts_in_two_seasons_is_told_once() -> None:
    seasons = [*armed_and(), *armed_and()]
    for season, size in zip(seasons, (3.0, 5.0), strict=True):
        season.drifts.began[2] = 0.0
        season.drifts.windows[2].take(size / RANGE)
    told = progress_of("small", plan(), seasons, HOURS)
    assert told.drifted == (("speed", "+5 km/h"),)
    assert (told.counted["small_channels_drifted"], told.drift_blocks) == (1, 2)


def test_health_tells_it_in_steps_of_half_an_hour_so_that_it_is_no_flood_of_messages() -> None:
    told = [
        progress_of("small", plan(), [commissioning(Stage.FITTING, seconds)], HOURS).coarse
        for seconds in range(0, 9000, 60)
    ]
    assert len(set(told)) == 5
    assert told[40] == "learning the vehicle: fitting, 0.5 of 2.5 h; 0 of 4 armed"


def test_in_health_a_learning_model_is_well_and_one_that_is_switched_off_is_not() -> None:
    told = health_body(
        uptime_s=1.0, buses={}, askers={}, switched_off={"other": "too slow"},
        learning={"small": "armed: 3 of 4 channels", "other": "armed: 1 of 4 channels"}, cab={}, counters={},
    )  # fmt: skip
    assert {name: (part.state, part.reason) for name, part in told.parts.items()} == {
        "detector.small": (PartState.OK, "armed: 3 of 4 channels"),
        "detector.other": (PartState.OFF, "too slow"),
    }
