"""When signals can be held against each other: not at once, not in soaked-up heat, not while answers are late."""

import numpy as np
import pytest
from pydantic import ValidationError

from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.gates import Gates
from edge.detect.sensors.plan import Awake, Plan
from edge.detect.sensors.watch import Trained, Watch
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, SPEED, Float64s, drive, plan, told

FAST = slice(0, 3)


def opened(rows: Float64s, **changes: float) -> Float64s:
    """(seconds, channels): which may be judged."""
    gates = Gates(plan(**changes))
    return np.array([gates.step(row) for row in rows])


def test_the_beginning_of_a_trip_is_not_judged() -> None:
    found = opened(drive(400, seed=1), settle_s=100.0, soak_s=50.0)
    assert not found[:100].any()
    assert found[100:].all()


def test_a_slow_signal_waits_after_each_stop_of_the_engine() -> None:
    rows = drive(900, seed=1)
    rows[400:430, SPEED] = 0.0
    found = opened(rows, settle_s=10.0, soak_s=120.0)
    assert found[300:400].all()
    assert not found[400:549, COOLANT].any()
    assert found[551:, COOLANT].all()
    assert found[440:, FAST].all()


def test_an_engine_speed_that_is_unknown_stops_no_engine() -> None:
    rows = drive(600, seed=1)
    rows[300:, SPEED] = np.nan
    assert opened(rows, settle_s=10.0, soak_s=20.0)[100:].all()


def test_a_vehicle_that_says_nothing_stands() -> None:
    rows = drive(900, seed=1)
    rows[400:410] = np.nan
    found = opened(rows, settle_s=10.0, soak_s=120.0)
    assert not found[410:529, COOLANT].any()
    assert found[531:].all()


def test_nothing_is_judged_while_answers_fall_behind() -> None:
    rows, fresh = drive(900, seed=1), drive(900, seed=1)
    for second in range(400, 460):
        rows[second] = rows[second - 1]
        if second % 3 == 0:  # signals are asked for in turn, one in three seconds
            rows[second, second % 4] = fresh[second, second % 4]
    found = opened(rows, settle_s=10.0, soak_s=20.0)
    assert not found[420:460].any()
    assert found[200:400].all()
    assert found[480:].all()


def test_one_signal_that_is_stuck_closes_no_gate() -> None:
    rows = drive(900, seed=1)
    rows[300:, SPEED] = rows[300, SPEED]
    assert opened(rows, settle_s=10.0, soak_s=20.0)[100:].all()


def absent(rows: Float64s, of: Plan | None = None) -> Float64s:
    """(seconds, channels): which are missed."""

    def no_answers(columns: np.ndarray) -> Float64s:
        raise AssertionError(len(columns))

    watch = Watch(of or plan(), Trained(np.zeros(4), np.ones(4)), Regressors(4), no_answers)
    seen = [watch.step(row, answers) for row, answers in zip(rows, told(rows), strict=True)]
    return np.array([watch.unlearned(one).absent for one in seen])


def test_what_is_silent_while_the_vehicle_stands_is_not_missing() -> None:
    rows = drive(600, seed=1)
    rows[300:, PRESSURE] = np.nan
    rows[450:, SPEED] = 0.0
    found = absent(rows)
    assert not found[:300].any()
    assert found[305:445, PRESSURE].all()
    assert not found[455:].any()


def test_a_unit_that_falls_asleep_with_the_one_that_tells_of_running_leaves_nothing_missing() -> None:
    rows = drive(600, seed=1)
    rows[300:, [SPEED, PRESSURE]] = np.nan
    assert not absent(rows).any()
    rows[450:, PRESSURE] = drive(600, seed=1)[450:, PRESSURE]
    assert absent(rows)[455:, SPEED].all(), "one alone is a sensor"


def asleep_below(above: float, for_s: float, path: str = plan().paths[COOLANT]) -> Plan:
    """The usual plan, with a pressure that is measured only while the coolant is warm, or `path` above that."""
    channels = [channel.model_dump() for channel in plan().channels]
    channels[PRESSURE]["awake"] = Awake(path=path, above=above, for_s=for_s).model_dump()
    return plan(channels=channels)


def test_a_sensor_that_sleeps_while_another_is_low_is_missed_once_that_was_high_for_long_enough() -> None:
    rows = drive(900, seed=1)
    rows[200:, PRESSURE] = np.nan
    rows[:, COOLANT] = 90.0
    rows[400:500, COOLANT] = 60.0
    found = absent(rows, asleep_below(75.0, for_s=100.0))
    assert found[205:400, PRESSURE].all()
    assert not found[402:601, PRESSURE].any()
    assert found[620:, PRESSURE].all(), "a coolant that jumps is believed after a while"
    assert absent(rows)[205:, PRESSURE].all(), "without such a gate it is missed all the time"
    rows[:, COOLANT] = np.nan
    assert not absent(rows, asleep_below(75.0, for_s=100.0))[:, PRESSURE].any(), "nobody says that it is awake"


def test_nobody_else_sleeps_for_it() -> None:
    rows = drive(600, seed=1)
    rows[:, COOLANT] = 60.0
    rows[300:, SPEED] = np.nan
    assert absent(rows, asleep_below(75.0, for_s=0.0))[305:, SPEED].all()


@pytest.mark.parametrize("path", [plan().paths[PRESSURE], "Vehicle.Elsewhere"])
def test_whoever_tells_that_a_sensor_is_awake_is_another_channel(path: str) -> None:
    with pytest.raises(ValidationError, match=r"another signal's path|not among the channels"):
        asleep_below(75.0, for_s=0.0, path=path)
