"""The petrol car, judged as a technician would: what is seen of it when nothing is wrong."""

import numpy as np
import pytest

from edge.simulator.car.petrol import PetrolCar
from edge.simulator.car.traits import CarTraits
from edge.simulator.journey import Journey, Key, Style
from edge.simulator.vehicle import STEP_S
from edge.simulator.weather import Weather
from tests.unit.simulator.lived import first_s, lived

pytestmark = pytest.mark.lives

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_car_is_within_what_one_expects(seed: int) -> None:
    car = lived("car", seed=seed)
    driving = (car.of("rpm") > 1000) & (car.of("key") == Key.ON)
    litres = car.of("fuel_lph").sum() * STEP_S / 3600
    km = float(np.ptp(car.of("odometer_km")))
    assert 5.0 < litres / km * 100 < 11.0
    assert 83 < car.of("coolant_c").max() < 100
    assert car.of("oil_c").max() < 118
    assert np.percentile(car.of("volt")[driving], 1) > 13.5
    assert car.of("volt").max() < 14.8
    assert 7.5 < car.of("volt").min() < 10.8
    idle = (car.of("running") > 0) & (car.of("speed_kmh") == 0) & (car.of("coolant_c") > 80)
    assert 690 < np.median(car.of("rpm")[idle]) < 800
    assert car.of("rpm").max() < 6200
    assert car.of("load_percent").min() >= 0.0
    assert car.of("load_percent").max() <= 100.0
    assert car.codes() == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_car_moves_as_force_and_gear_allow(seed: int) -> None:
    car = lived("car", seed=seed)
    speed = car.of("speed_kmh") / 3.6
    assert np.abs(car.of("accel_mps2")).max() < 6.0
    assert np.isclose(speed.sum() * STEP_S / 1000, np.ptp(car.of("odometer_km")), rtol=2e-3)
    assert set(np.unique(car.of("gear"))) == {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0}
    assert speed.max() > 22.0
    for wheel in ("fl", "fr", "rl", "rr"):
        moving = speed > 5.0
        assert np.abs(car.of(f"wheel_{wheel}_kmh")[moving] / car.of("speed_kmh")[moving] - 1.0).max() < 0.12


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cold_engine_warms_up_in_minutes_and_a_warm_one_is_warm(seed: int) -> None:
    cold, warm = lived("car", seed=seed), lived("car", seed=seed, warm=True)
    assert cold.of("coolant_c")[0] < 33
    assert 3 * 60 < first_s(cold, cold.of("coolant_c") > 80) < 12 * 60
    assert warm.of("coolant_c")[0] > 80


def test_parts_move_together() -> None:
    car = lived("car", seed=1)
    driving = car.of("running") > 0
    air, load, fuel = (car.of(name)[driving] for name in ("air_gps", "load_percent", "fuel_lph"))
    assert np.corrcoef(air, fuel)[0, 1] > 0.95
    assert np.corrcoef(load, car.of("manifold_kpa")[driving])[0, 1] > 0.98
    overrun = driving & (car.of("fuel_lph") == 0.0)
    assert overrun.any()
    assert car.of("torque_nm")[overrun].max() < 0.0
    assert car.of("volt")[overrun].mean() > car.of("volt")[driving & ~overrun].mean()
    parked = car.of("key") == Key.OFF
    assert car.of("rpm")[parked].max() == car.of("fuel_lph")[parked].max() == car.of("speed_kmh")[parked].max() == 0.0


def test_the_starter_pulls_the_voltage_down() -> None:
    car = lived("car", seed=2)
    cranking = car.of("key") == Key.START
    assert car.of("volt")[cranking].min() < 11.0
    assert np.median(car.of("rpm")[cranking]) < 1000


def test_the_mixture_is_held_by_the_trims_and_a_good_catalyst_is_calm() -> None:
    car = lived("car", seed=1)
    closed = (car.of("closed_loop") > 0) & (car.of("fuel_lph") > 0)
    assert abs(np.median(car.of("lambda")[closed]) - 1.0) < 0.01
    assert np.abs(car.of("trim_long_percent")).max() < 8.0
    steady = closed & (car.of("catalyst_c") > 400) & (np.abs(car.of("accel_mps2")) < 0.2)
    assert 0.3 < np.median(car.of("o2_rear_v")[steady]) < 0.8


def test_tyres_warm_on_the_road_and_gain_pressure() -> None:
    car = lived("car", seed=1, cycle="motorway")
    gained = car.of("tyre_fl_kpa").max() - car.of("tyre_fl_kpa")[0]
    warmed = car.of("tyre_fl_c").max() - car.of("tyre_fl_c")[0]
    assert 8 < warmed < 40
    assert 0.7 < gained / warmed < 1.6  # an ideal gas at 330 kPa: 1.1 kPa for each kelvin


@pytest.mark.parametrize("cycle", ["city", "motorway", "mountain", "delivery", "commute", "cold_start", "parked"])
@pytest.mark.parametrize("weather", ["hot", "cold", "rain"])
def test_no_cycle_and_no_weather_sets_a_code(cycle: str, weather: str) -> None:
    car = lived("car", seed=5, minutes=90, cycle=cycle, weather=weather)
    assert car.codes() == set()


def test_an_almost_empty_tank_is_filled_while_parked() -> None:
    drawn = CarTraits.draw(np.random.default_rng(5))
    low = CarTraits(**{name: getattr(drawn, name) for name in CarTraits.ranges} | {"fuel_share": 0.085})
    style = Style(max_mps=55.0, accel=1.0, crank_s=0.8, reverses=False)
    journey = Journey("mixed", style, np.random.default_rng(5))
    car = PetrolCar(low, (), journey, Weather("mild", np.random.default_rng(1)), seed=1, warm=True)
    fuel = []
    for _ in range(40 * 60):
        if car.asleep:
            car.rest()
        else:
            car.second()
        fuel.append(car.readings()["fuel_percent"])
    assert min(fuel) > 0.0
    assert max(fuel) == pytest.approx(95.0, abs=0.1)


def test_asleep_the_car_cools_and_its_battery_hardly_empties() -> None:
    car = lived("car", seed=1, cycle="commute", minutes=12 * 60)
    night = np.diff(car.time_s)
    slept = int(np.argmax(night))
    assert night[slept] > 3 * 3600
    assert car.of("coolant_c")[slept + 1] < car.of("coolant_c")[slept] - 25
    assert car.of("volt")[slept + 1] > 12.2


def test_a_question_wakes_a_sleeping_car_for_a_while() -> None:
    vehicle = lived("car", seed=1, minutes=20).vehicle

    def seconds_until_asleep() -> int:
        awake = 0
        while not vehicle.asleep:
            vehicle.second()
            awake += 1
        return awake

    seconds_until_asleep()
    vehicle.disturb()
    assert 10 <= seconds_until_asleep() <= 20
