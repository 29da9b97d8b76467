"""The physics, judged as a technician would: what is seen of healthy and of faulty cars."""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from edge.simulator.car import PetrolCar, Seen
from edge.simulator.drive import STEP_S, Key, plan_drive
from edge.simulator.faults import draw_faults, parse_fault
from edge.simulator.traits import CarTraits

Column = Callable[[str], npt.NDArray[np.float64]]
SEEDS = range(4)


@cache
def drive(seed: int, fault: str = "none", *, warm: bool = False, minutes: int = 40) -> tuple[PetrolCar, Column]:
    traits, flaws, drives = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(3))
    car = PetrolCar(CarTraits.draw(traits), draw_faults([parse_fault(fault)], flaws), warm=warm, rng=drives)
    rows = np.array([car.step() for _ in range(round(minutes * 60 / STEP_S))])
    return car, lambda name: rows[:, Seen._fields.index(name)]


def first_s(mask: npt.NDArray[np.bool_]) -> float:
    """When the mask first holds; infinite when it never does."""
    return float(np.argmax(mask)) * STEP_S if mask.any() else float("inf")


def test_drives_are_ten_to_fifteen_minutes_and_parking_two_to_three() -> None:
    for seed in range(100):
        plan = plan_drive(np.random.default_rng(seed))
        on_s = sum(key != Key.OFF for key in plan.key) * STEP_S
        parked_s = len(plan) * STEP_S - on_s
        assert 10 * 60 <= on_s <= 15 * 60
        assert 120 <= parked_s <= 180
        assert len(plan.key) == len(plan.target_mps) == len(plan.grade)
        assert plan.key.count(int(Key.START)) == 16
        assert plan.target_mps[-1] == 0.0
        assert 60 / 3.6 < max(plan.target_mps) < 146 / 3.6


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_car_is_within_what_one_expects(seed: int) -> None:
    car, of = drive(seed)
    cruising = (of("rpm") > 1000) & (of("key") == Key.ON)
    litres = of("fuel_lph").sum() * STEP_S / 3600
    km = float(np.ptp(of("odometer_km")))
    assert 5.5 < litres / km * 100 < 9.5
    assert 85 < of("coolant_c").max() < 100
    assert of("oil_c").max() < 115
    assert np.percentile(of("volt")[cruising], 1) > 13.9
    assert of("volt").max() < 14.7
    assert 7.5 < of("volt").min() < 10.5
    assert 700 < np.percentile(of("rpm")[of("running") > 0], 1) < 800
    assert of("rpm").max() < 6200
    assert of("load_percent").min() >= 0.0
    assert of("load_percent").max() <= 100.0
    assert car.conditions() == {}
    assert not car.seized
    assert not car.flat


@pytest.mark.parametrize("seed", SEEDS)
def test_the_car_follows_its_route_and_moves_as_force_and_gear_allow(seed: int) -> None:
    _, of = drive(seed)
    speed = of("speed_kmh") / 3.6
    assert np.abs(np.diff(speed) / STEP_S).max() < 6.0
    assert np.allclose(np.diff(speed), of("accel_mps2")[1:] * STEP_S, atol=1e-9)
    assert np.isclose(speed.sum() * STEP_S / 1000, np.ptp(of("odometer_km")), rtol=1e-3)
    assert set(np.unique(of("gear"))) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}
    assert speed.max() > 25.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cold_engine_warms_up_in_minutes_and_a_warm_one_is_warm(seed: int) -> None:
    _, cold = drive(seed)
    _, warm = drive(seed, warm=True)
    assert cold("coolant_c")[0] < 33
    assert 3 * 60 < first_s(cold("coolant_c") > 80) < 11 * 60
    assert warm("coolant_c")[0] > 80


def test_parts_move_together() -> None:
    _, of = drive(1)
    driving = of("running") > 0
    air, load, fuel = of("air_gps")[driving], of("load_percent")[driving], of("fuel_lph")[driving]
    assert np.corrcoef(air, fuel)[0, 1] > 0.95
    assert np.corrcoef(load, of("manifold_kpa")[driving])[0, 1] > 0.99
    overrun = driving & (of("fuel_lph") == 0.0)
    assert overrun.any()
    assert of("torque_nm")[overrun].max() < 0.0
    assert of("volt")[overrun].mean() > of("volt")[driving & ~overrun].mean()
    parked = of("key") == Key.OFF
    assert of("rpm")[parked].max() == of("fuel_lph")[parked].max() == of("speed_kmh")[parked].max() == 0.0


def test_the_starter_pulls_the_voltage_down() -> None:
    _, of = drive(2)
    cranking = of("key") == Key.START
    assert of("volt")[cranking].max() < 12.0
    assert np.isclose(of("rpm")[cranking].max(), 230.0, atol=600)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_leak_overheats_the_engine_minutes_later_and_kills_it(seed: int) -> None:
    car, of = drive(seed, "coolant_leak@60", warm=True)
    hot_s = first_s(of("coolant_c") > 105)
    assert 3 * 60 < hot_s < 9 * 60
    assert of("coolant_c")[: round(60 / STEP_S)].max() < 97
    condition = car.conditions()["coolant_leak"]
    assert condition.failed
    assert condition.severity > 0.8
    assert of("running")[-1] == 0.0


@pytest.mark.parametrize("seed", SEEDS)
def test_before_its_onset_a_leak_changes_nothing(seed: int) -> None:
    _, healthy = drive(seed, warm=True)
    _, leaking = drive(seed, "coolant_leak@300", warm=True, minutes=10)
    before = round(300 / STEP_S)
    assert np.array_equal(healthy("coolant_c")[:before], leaking("coolant_c")[:before])
    assert not np.array_equal(healthy("coolant_c")[before : 2 * before], leaking("coolant_c")[before:])


@pytest.mark.parametrize("seed", SEEDS)
def test_an_engine_too_hot_is_held_back(seed: int) -> None:
    _, of = drive(seed, "coolant_leak@60", warm=True)
    hot = (of("coolant_c") > 119) & (of("running") > 0)
    assert hot.any()
    assert of("torque_nm")[hot].max() < 0.46 * 165.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_dying_alternator_shows_within_minutes_and_strands_the_car(seed: int) -> None:
    car, of = drive(seed, "battery@60", minutes=70)
    turning = of("rpm") > 1000
    assert 60 < first_s(turning & (of("volt") < 12.2)) < 4 * 60
    before = slice(round(10 / STEP_S), round(59 / STEP_S))
    assert of("volt")[before][turning[before]].min() > 13.2
    assert car.conditions()["battery"].severity == 1.0
    assert car.conditions()["battery"].failed
    assert of("running")[-1] == 0.0
    assert of("coolant_c").max() < 100


def test_two_faults_at_once_both_show() -> None:
    car, of = drive(1, "coolant_leak@60", warm=True)
    assert set(car.conditions()) == {"coolant_leak"}
    traits, flaws, drives = (np.random.default_rng(part) for part in np.random.SeedSequence(1).spawn(3))
    orders = [parse_fault("coolant_leak@60"), parse_fault("battery@60")]
    both = PetrolCar(CarTraits.draw(traits), draw_faults(orders, flaws), warm=True, rng=drives)
    for _ in range(round(8 * 60 / STEP_S)):
        seen = both.step()
    assert set(both.conditions()) == {"coolant_leak", "battery"}
    assert seen.volt < 12.6 < of("volt")[-1] + 1.0
    assert seen.coolant_c > 105


def test_an_almost_empty_tank_is_filled_while_parked() -> None:
    traits, _, drives = (np.random.default_rng(part) for part in np.random.SeedSequence(5).spawn(3))
    drawn = CarTraits.draw(traits)
    low = CarTraits(**{name: getattr(drawn, name) for name in CarTraits.ranges} | {"fuel_share": 0.085})
    car = PetrolCar(low, draw_faults([], drives), warm=True, rng=drives)
    fuel = [car.step().fuel_percent for _ in range(round(25 * 60 / STEP_S))]
    assert min(fuel) > 0.0
    assert max(fuel) == pytest.approx(95.0, abs=0.1)
