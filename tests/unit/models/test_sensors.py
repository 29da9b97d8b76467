"""Virtual sensors from drives: trees in one node, faults that are tried, what is reported."""

import tomllib
from typing import Final

import numpy as np
import pytest

from edge.detect.onnx import OnnxModel
from edge.detect.sensors.kinds import KINDS, Kind
from edge.detect.sensors.watch import Trained
from edge.errors import ConfigError
from models.recipe import RECIPES
from models.sensors.injections import DRIFT_S, Fault, FaultKind, Injections, draw
from models.sensors.judging import Heard
from models.sensors.learning import Experts, learn_at_leisure
from models.sensors.parity import check_sensors_parity
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from models.sensors.report import Score, alerts_in, by_kind, table
from models.sensors.training import Told, TrainedSensors, Trip, columns_of, train_sensors
from models.sensors.trees import one_node
from tests.unit.edge.sensors.world import PRESSURE, ROAD, SPEED, drive, plan
from tests.unit.edge.sensors.world import told as told_of

NAMES: Final = ("engine_speed", "manifold_pressure", "speed", "coolant_temperature")


def recipe() -> SensorsRecipe:
    """Of the small world."""
    trees = {"trees": 20, "leaves": 8, "learning_rate": 0.2, "rows_per_leaf": 30}
    return SensorsRecipe.model_validate(
        {
            "name": "small_world",
            "description": "a small world",
            "licence": "Apache-2.0",
            "origin": "made up",
            "unknown": "no answer",
            "notice": {
                "component": "sensors",
                "severity": "info",
                "action": "next_service",
                "summary": "",
                "advice": "",
            },
            "false_per_hour": 0.1,
            "plan": plan().model_dump(mode="json"),
            "training": {"value": trees, "error": trees, "folds": 2, "seed": 1, "leave_out": ["bad"]},
            "evaluation": {"develop_from": 5, "test_from": 7, "folds": 2, "calibration_trips": 1},
        }
    )


def trips(count: int = 4) -> list[Trip]:
    """Drives of ten minutes, one of them known to be bad."""
    good = [Trip(f"drive {seed}", drive(600, seed=seed)) for seed in range(count)]
    return [*good, Trip("a bad one", np.full((600, 4), 1e6))]


@pytest.fixture(scope="module")
def trained() -> TrainedSensors:
    return train_sensors(recipe(), trips())


def test_one_node_answers_as_the_trees_do_for_unknowns_too(trained: TrainedSensors) -> None:
    content = one_node(trained.experts, plan().width)
    seen = np.concatenate([columns_of(plan(), trip)[0] for trip in trips()[:2]])
    parity = check_sensors_parity(trained, content, seen)
    assert parity["flips"] == 0
    assert parity["rows"] >= 4000
    assert parity["difference_max"] < 1e-5


def test_answers_stand_in_the_order_of_channels_and_miss_little(trained: TrainedSensors) -> None:
    model = OnnxModel(one_node(trained.experts, plan().width), plan().width, "small world", width=8)
    columns, observed = columns_of(plan(), Trip("another", drive(600, seed=50)))
    said = model.answers(columns).reshape(len(columns), 8)[:, :4] * trained.trained.spread + trained.trained.mean
    miss = np.nanmean(np.abs(said - observed), axis=0)
    of_the_mean = np.nanmean(np.abs(trained.trained.mean - observed), axis=0)
    assert (miss < 0.5 * of_the_mean)[[SPEED, PRESSURE]].all(), "the gear is nobody's guess, these two are"


def test_every_drive_is_told_by_experts_that_had_not_seen_it(trained: TrainedSensors) -> None:
    assert [told.trip.name for told in trained.told] == ["drive 0", "drive 1", "drive 2", "drive 3"]
    memorised = train_sensors(recipe(), trips(2))
    told = memorised.told[0]
    columns, observed = columns_of(plan(), told.trip)
    target = (observed[1:, PRESSURE] - memorised.trained.mean[PRESSURE]) / memorised.trained.spread[PRESSURE]
    expert = memorised.experts[PRESSURE]
    seen = expert.trees.predict(columns[1:, list(expert.columns)])
    assert np.abs(target - seen).mean() < 0.8 * np.abs(target - told.answers[1:, PRESSURE]).mean()


def test_of_every_third_row_is_learned_as_well_and_every_row_is_told(trained: TrainedSensors) -> None:
    whole = recipe()
    training = whole.training.model_copy(update={"every": 3})
    thinned = train_sensors(whole.model_copy(update={"training": training}), trips())
    assert one_node(thinned.experts, plan().width) != one_node(trained.experts, plan().width)
    for told, of_all in zip(thinned.told, trained.told, strict=True):
        assert not np.isnan(told.answers[1:]).any()
        assert np.corrcoef(told.answers[1:, PRESSURE], of_all.answers[1:, PRESSURE])[0, 1] > 0.95


def test_too_few_drives_and_a_signal_that_none_has_are_refused_with_a_remedy() -> None:
    with pytest.raises(ConfigError, match="1 drives can be learned from; 2 folds need as many"):
        train_sensors(recipe(), trips(1))
    deaf = trips()
    for trip in deaf:
        trip.rows[:, PRESSURE] = np.nan
    with pytest.raises(ConfigError, match=r"no drive has Vehicle\.Powertrain\.CombustionEngine\.MAP"):
        train_sensors(recipe(), deaf)


def test_the_same_recipe_and_drives_give_the_same_bytes(trained: TrainedSensors) -> None:
    again = train_sensors(recipe(), trips())
    assert one_node(again.experts, plan().width) == one_node(trained.experts, plan().width)


@pytest.mark.parametrize(
    ("kind", "size", "wanted"),
    [
        (FaultKind.BIAS, 5.0, lambda rows, _: rows + 5.0),
        (FaultKind.DRIFT, 5.0, lambda rows, since: rows + 5.0 * since / DRIFT_S),
        (FaultKind.GAIN, 0.1, lambda rows, _: rows * 1.1),
        (FaultKind.MISMATCH, 1.0, lambda rows, _: np.full_like(rows, 7.0)),
        (FaultKind.MISMATCH, 0.5, lambda rows, _: (rows + 7.0) / 2.0),
    ],
)
def test_a_fault_is_what_its_kind_and_size_say_and_not_before_its_onset(kind, size, wanted) -> None:  # type: ignore[no-untyped-def]
    rows = drive(400, seed=1)[:, PRESSURE]
    fault = Fault(channel=PRESSURE, kind=kind, size=size, trip=0, onset_s=100, sign=1, partner=1, seed=1)
    faulty = fault.on(rows, np.full(50, 7.0))
    np.testing.assert_array_equal(faulty[:100], rows[:100])
    np.testing.assert_allclose(faulty[100:], wanted(rows[100:], np.arange(300)))


def test_a_frozen_reading_thaws_and_dropouts_are_unknown() -> None:
    rows = drive(400, seed=1)[:, PRESSURE]
    frozen = Fault(PRESSURE, FaultKind.FREEZE, 50.0, 0, 100, 1, 1, 1).on(rows, rows)
    assert set(frozen[100:150]) == {rows[100]}
    np.testing.assert_array_equal(frozen[150:], rows[150:])
    dropped = Fault(PRESSURE, FaultKind.DROPOUT, 0.5, 0, 100, 1, 1, 1).on(rows, rows)
    assert 0.4 < np.isnan(dropped[100:]).mean() < 0.6
    assert not np.isnan(dropped[:100]).any()


def test_every_channel_kind_and_size_is_drawn_once_a_seed_within_its_drive() -> None:
    wanted = Injections(
        within_s=200,
        settled_s=100,
        seeds=(1, 2),
        sizes=dict.fromkeys(NAMES, (1.0, 2.0)),
        common={FaultKind.GAIN: (0.1,), FaultKind.FREEZE: (60.0,)},
    )
    drives = [Trip("short", drive(300, seed=1)), Trip("long", drive(900, seed=2))]
    faults = list(draw(wanted, NAMES, drives))
    assert len(faults) == 2 * 4 * (2 + 2 + 1 + 1)
    assert {fault.trip for fault in faults} == {1}
    assert all(100 <= fault.onset_s < 700 and fault.partner == 0 for fault in faults)
    assert faults == list(draw(wanted, NAMES, drives))


def test_drives_that_cannot_judge_and_channels_without_sizes_are_told() -> None:
    wanted = Injections(within_s=200, settled_s=100, seeds=(1,), sizes=dict.fromkeys(NAMES[:3], (1.0,)), common={})
    short, long = Trip("short", drive(359, seed=1)), Trip("long", drive(360, seed=2))
    for too_few in ([], [long], [short, short]):
        with pytest.raises(ConfigError, match="are of 360 s and longer"):
            list(draw(wanted, NAMES[:3], too_few))
    assert {fault.trip for fault in draw(wanted, NAMES[:3], [short, long])} == {1}
    with pytest.raises(ConfigError, match="no sizes of faults of coolant_temperature"):
        list(draw(wanted, NAMES, [short, long]))


def test_alarms_that_follow_each_other_are_one_alert() -> None:
    alarms = np.zeros(5000, bool)
    alarms[[10, 300, 800, 2000, 2001]] = True
    assert alerts_in(alarms) == 2
    assert alerts_in(np.zeros(10, bool)) == 0


def test_detection_is_what_was_found_minus_what_healthy_drives_alarm_anyway() -> None:
    fault = Fault(1, FaultKind.BIAS, 5.0, 0, 1000, 1, 1, 1)
    healthy, right, wrong = (np.zeros((3600, 2), bool) for _ in range(3))
    healthy[1500, 1] = right[[1100, 1500], 1] = wrong[[1050, 1100], 0] = True
    wrong[1500, 1] = True
    score = Score()
    score.add(Heard(healthy, ((fault, right), (fault, wrong))), within_s=1200, is_first_time=True)
    assert score.hours == 1.0
    assert (score.per_hour, score.detected()) == (1.0, 0.0), "the healthy drive had an alarm there too"
    assert [trial.delay_s for trial in score.trials] == [100.0, 500.0]
    assert [trial.is_first for trial in score.trials] == [True, False]
    assert score.at_most == pytest.approx(4.74, abs=0.01)
    assert "| ours | 1 | 1.0 | 1.000 | 4.744 | 100.0% | 100.0% | 0.0% | 50% |" in table({"ours": score})
    assert by_kind(score, ("one", "two")).splitlines()[-1].startswith("| two | 100 |")


def test_the_shipped_recipe_and_injections_can_be_read() -> None:
    channels = [channel.name for channel in load_sensors_recipe(RECIPES / "obd_sensors.toml").plan.channels]
    injections = Injections.model_validate(tomllib.loads((RECIPES / "injections.toml").read_text("utf-8")))
    assert set(injections.sizes) == set(channels)


def test_readings_that_are_not_believed_are_not_missed() -> None:
    """Else a vehicle would be taken for one whose sensor is silent for minutes, and a silent one would be late told."""
    rows = drive(3600, seed=3)
    gone = np.zeros(rows.shape, np.bool_)
    gone[2000:2200, ROAD] = True
    holes = np.where(gone, np.nan, rows)
    experts = Experts(plan(), Trained(np.zeros(4), np.ones(4)), lambda _: np.empty(0))
    place = KINDS.index(Kind.MISSING)
    unplugged, disbelieved = (
        learn_at_leisure(experts, [Told(Trip("one", holes, None, taken), told_of(rows))]).maxima.largest[0, place, ROAD]
        for taken in (None, gone)
    )
    assert unplugged > 0.9
    assert disbelieved == 0.0
