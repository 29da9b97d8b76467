"""The car's scenarios: what is seen of each, which codes the units set, and that controls set none."""

import numpy as np
import pytest

from edge.simulator.car.faults import FAULTS
from edge.simulator.faults import DAY_S
from edge.simulator.journey import Key
from tests.unit.simulator.lived import first_s, lived

pytestmark = pytest.mark.lives

SEEDS = range(3)
CONTROLS = [fault.name for fault in FAULTS if fault.control]
EXPECTED = {
    "coolant_leak@600": {"P0217"},
    "water_pump@600": {"P0217"},
    "stuck_thermostat@60": {"P0128"},
    "misfire@600x60": {"P0301", "P0302", "P0303", "P0304"},
    "maf_drift@600x600": {"P0171"},
    "vacuum_leak@600x100": {"P0171"},
    "o2_ageing@600x2500": {"P0133"},
    "catalyst_ageing@600x3500": {"P0420"},
    "alternator@600": {"P0562"},
    "battery@60": {"P0562"},
    "injector@600x400": {"P0301", "P0302", "P0303", "P0304", "P0171"},
    "fuel_filter@600x300": {"P0087"},
    "wheel_speed_dropout@60": {"C0035", "C0040", "C0045", "C0050"},
    "intermittent_connector@60x100": {"U0100"},
}
"""Order → codes of which at least one must be set within two and a half hours."""


OLD = ("battery", "weak_battery", "battery_replaced", "sensor_replaced")
"""What is old or wrong from the beginning, and moves everything a little."""
ALREADY = {"brake_wear": {"brake_fluid_percent", "pad_lamp"}}


@pytest.mark.parametrize("order", EXPECTED)
def test_the_codes_follow_from_what_breaks(order: str) -> None:
    minutes = 180 if order.startswith(("maf", "o2", "cat")) else 140
    seen = lived("car", order, seed=2, minutes=minutes)
    assert seen.codes() & EXPECTED[order]


@pytest.mark.parametrize("name", CONTROLS)
def test_what_only_looks_like_a_fault_sets_no_code_and_strands_nobody(name: str) -> None:
    seen = lived("car", f"{name}@700", seed=3, minutes=90)
    assert seen.codes() == set()
    assert not any(row.failed or row.failed_s for row in seen.life.truth(0.0))


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.name not in OLD])
def test_before_its_onset_a_fault_changes_nothing_but_what_was_there_already(name: str) -> None:
    healthy = lived("car", seed=3, minutes=4)
    faulty = lived("car", f"{name}@100000", seed=3, minutes=4)
    for column in set(healthy.life.tracer.columns) - ALREADY.get(name, set()):
        assert np.array_equal(healthy.of(column), faulty.of(column), equal_nan=True), column


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leak_overheats_the_engine_minutes_later_and_kills_it(seed: int) -> None:
    car = lived("car", "coolant_leak@60", seed=seed, warm=True)
    hot_s = first_s(car, car.of("coolant_c") > 105)
    assert 3 * 60 < hot_s < 10 * 60
    assert car.of("coolant_c")[:600].max() < 98
    (row,) = car.life.truth(0.0)
    assert row.failed
    assert row.severity > 0.8
    assert row.failed_s is not None
    assert row.failed_s > hot_s
    assert car.of("running")[-1] == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_an_engine_too_hot_is_held_back(seed: int) -> None:
    car = lived("car", "coolant_leak@60", seed=seed, warm=True)
    hot = (car.of("coolant_c") > 120) & (car.of("running") > 0)
    assert hot.any()
    assert car.of("torque_nm")[hot].max() < 0.46 * 165.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dying_alternator_shows_within_minutes_and_strands_the_car(seed: int) -> None:
    car = lived("car", "battery@60", seed=seed, minutes=110)
    turning = (car.of("rpm") > 1000) & (car.of("key") == Key.ON)
    assert 60 < first_s(car, turning & (car.of("volt") < 12.2)) < 5 * 60
    (row,) = car.life.truth(0.0)
    assert row.severity == 1.0
    assert row.failed
    assert car.of("coolant_c").max() < 100


def test_two_faults_at_once_both_show() -> None:
    car = lived("car", "coolant_leak@60", "battery@60", seed=1, minutes=9, warm=True)
    assert {row.fault for row in car.life.truth(0.0)} == {"coolant_leak", "battery"}
    turning = car.of("rpm") > 1000
    assert car.of("volt")[turning][-100:].max() < 12.6
    assert car.of("coolant_c").max() > 105


def test_a_leaking_tyre_lights_the_lamp_before_it_must_not_be_driven_on() -> None:
    car = lived("car", "tyre_leak@600x30", seed=2, minutes=150)
    lamp_s = first_s(car, car.of("tyre_lamp") > 0)
    (row,) = car.life.truth(0.0)
    assert row.failed_s is not None
    assert 600 < lamp_s < row.failed_s
    pressures = np.array([car.of(f"tyre_{wheel}_kpa")[-1] for wheel in ("fl", "fr", "rl", "rr")])
    assert pressures.min() < 0.6 * np.median(pressures)


def test_a_drain_strands_the_car_after_a_day_or_two_of_standing() -> None:
    car = lived("car", "parasitic_drain@60", seed=4, minutes=9 * 24 * 60, cycle="parked", weather="cold")
    (row,) = car.life.truth(0.0)
    assert row.failed_s is not None
    assert 0.5 * DAY_S < row.failed_s < 9 * DAY_S


def test_a_weak_battery_cranks_lower_than_a_good_one() -> None:
    good = lived("car", seed=4, minutes=3, weather="cold")
    weak = lived("car", "weak_battery@0x4000", seed=4, minutes=3, weather="cold")
    assert 2.0 < weak.of("volt").min() < good.of("volt").min() - 0.4  # its own resistance limits the inrush


def test_rail_pressure_is_short_and_told_before_the_car_is_left_standing() -> None:
    car = lived("car", "fuel_filter@600x60", seed=2, minutes=170, cycle="motorway")
    (row,) = car.life.truth(0.0)
    short_s = first_s(car, (car.of("rail_kpa") < 300.0) & (car.of("run_s") > 10))
    lamp_s = first_s(car, car.of("mil") > 0)
    assert row.failed_s is not None
    assert 600.0 < short_s < row.failed_s
    assert lamp_s >= short_s


def test_a_dragging_brake_warms_its_tyre_alone() -> None:
    car = lived("car", "dragging_brake@60x20", seed=2, minutes=40, cycle="motorway")
    warmest = np.array([car.of(f"tyre_{wheel}_c").max() for wheel in ("fl", "fr", "rl", "rr")])
    assert warmest.max() > np.median(warmest) + 6


def test_a_smart_alternator_lets_the_voltage_fall_and_charges_on_the_overrun() -> None:
    car = lived("car", "smart_alternator@200", seed=3, minutes=20, warm=True)
    later = (car.time_s > 320) & (car.of("running") > 0)
    overrun = later & (car.of("fuel_lph") == 0.0)
    assert np.median(car.of("volt")[later & ~overrun]) < 12.9
    assert np.percentile(car.of("volt")[overrun], 90) > 14.0


def test_stop_start_stops_the_engine_at_lights_with_the_key_on() -> None:
    car = lived("car", "stop_start@1", seed=3, minutes=20, cycle="city", warm=True)
    stopped = (car.of("key") == Key.ON) & (car.of("running") == 0) & (car.of("speed_kmh") == 0)
    assert stopped.sum() > 100
    assert not car.life.truth(0.0)[0].failed


def test_a_towed_car_rolls_with_a_dead_engine() -> None:
    car = lived("car", "towing@30", seed=3, minutes=8)
    rolling = (car.of("speed_kmh") > 20) & (car.time_s > 33)
    assert rolling.any()
    assert car.of("speed_kmh")[car.time_s > 60].max() < 60
    assert car.of("rpm")[rolling][:100].max() == 0.0
