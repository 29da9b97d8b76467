"""The healthy electric car, judged as a technician would."""

import numpy as np
import pytest

from edge.simulator.ev.charging import Charge
from edge.simulator.journey import Key
from edge.simulator.life import Life
from edge.simulator.vehicle import AWAKE_S
from tests.unit.simulator.lived import lived

once = lived.__wrapped__
"""Not kept in memory: hours of rows are big."""

pytestmark = pytest.mark.lives

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_car_is_within_what_one_expects(seed: int) -> None:
    car = lived("ev", seed=seed)
    ready = car.of("ready") > 0
    km = float(np.ptp(car.of("odometer_km")))
    kwh = -(car.of("pack_v") * car.of("pack_a")).sum() * 0.1 / 3.6e6
    assert km > 15
    assert 11 < kwh / km * 100 < 24
    assert np.percentile(car.of("volt")[ready], 1) > 13.2
    assert car.of("volt").max() < 15.0
    assert car.of("volt").min() > 10.8
    assert car.of("motor_c").max() < 110
    assert car.of("inverter_c").max() < 70
    assert 290 < car.of("pack_v").min() < car.of("pack_v").max() < 405
    assert car.of("pack_a").max() > 30  # it recuperates
    assert car.of("pack_a").min() < -80
    assert car.of("cell_min_v").min() > 3.0
    assert car.of("brake_bar")[ready & (car.of("speed_kmh") > 20)].mean() < 1.0
    assert car.codes() == set()


@pytest.mark.parametrize(
    ("cycle", "weather"),
    [
        ("city", "cold"),
        ("motorway", "hot"),
        ("mountain", "winter"),
        ("delivery", "rain"),
        ("haul", "storm"),
        ("idle", "hot"),
    ],
)
def test_no_code_in_any_weather(cycle: str, weather: str) -> None:
    car = once("ev", seed=11, minutes=60, cycle=cycle, weather=weather)
    assert car.codes() == set()
    assert car.of("turtle_lamp").max() == 0.0


def test_the_same_seed_gives_the_same_life() -> None:
    def life() -> list[bytes]:
        once = Life(vehicle="ev", seed=5, cycle="delivery")
        return [b"" if trace is None else trace.rows.tobytes() for trace in (once.second() for _ in range(1200))]

    assert life() == life()


def test_the_car_follows_its_route_and_moves_as_force_allows() -> None:
    car = lived("ev", seed=1)
    speed = car.of("speed_kmh") / 3.6
    assert np.abs(np.diff(speed) / 0.1).max() < 6.0
    assert np.allclose(np.diff(speed), car.of("accel_mps2")[1:] * 0.1, atol=1e-9)
    assert np.isclose(speed.sum() * 0.1 / 1000, np.ptp(car.of("odometer_km")), rtol=2e-3)


def test_signals_hang_together() -> None:
    car = lived("ev", seed=2)
    ready = car.of("ready") > 0
    power_kw = -(car.of("pack_v") * car.of("pack_a"))[ready] / 1000
    shaft_kw = (car.of("motor_nm") * car.of("motor_rpm"))[ready] / 9549.3
    assert np.corrcoef(power_kw, shaft_kw)[0, 1] > 0.99
    assert np.corrcoef(car.of("pack_a")[ready], car.of("pack_v")[ready])[0, 1] > 0.6
    assert np.corrcoef(car.of("motor_rpm"), car.of("speed_kmh"))[0, 1] > 0.999
    moving = ready & (car.of("speed_kmh") > 20)
    assert np.allclose(car.of("link_v")[moving], car.of("pack_v")[moving], atol=25)
    assert (car.of("cell_min_v") <= car.of("cell_mean_v")).all()
    assert (car.of("cell_mean_v") <= car.of("cell_max_v")).all()
    used = car.of("soc_percent")
    assert used[0] > used[-1]


def test_ready_comes_after_the_precharge_and_goes_with_the_key() -> None:
    car = lived("ev", seed=3)
    key, ready, contactors, link = (car.of(name) for name in ("key", "ready", "contactors", "link_v"))
    first = int(np.argmax(ready > 0))
    on = int(np.argmax(key == Key.ON))
    assert 0.4 < (first - on) * 0.1 < 3.0
    assert 1.0 in contactors[on:first]
    assert (np.diff(link[on : on + 4]) > 0).all()
    off = first + int(np.argmax(key[first:] == Key.OFF))
    assert ready[off] == 0
    assert car.of("speed_kmh")[off] == 0
    assert link[off + 50] < 60


def test_it_sleeps_a_minute_after_the_key_and_wakes_for_the_next_drive() -> None:
    life = Life(vehicle="ev", seed=3, cycle="cold_start", weather="mild")
    slept = [life.second() is None for _ in range(13 * 3600)]
    key_off = next(at for at in range(len(slept)) if slept[at])
    assert not any(slept[: key_off - 1])
    assert life.vehicle.readings()["off_s"] >= 0.0
    asleep = sum(slept)
    assert asleep > 8 * 3600
    assert not all(slept[key_off:])


def test_a_request_wakes_a_sleeping_car_for_a_while() -> None:
    life = Life(vehicle="ev", seed=3, cycle="parked", weather="mild")
    while life.second() is not None:
        pass
    life.vehicle.disturb()
    awake = 0
    while life.second() is not None:
        awake += 1
    assert 10 <= awake <= AWAKE_S


def test_plugged_in_at_night_it_charges_to_where_the_owner_wants_it_and_sleeps() -> None:
    car = once("ev", seed=8, minutes=17 * 60, cycle="commute", weather="mild")
    state, kw = car.of("charge_state"), car.of("charge_kw")
    assert (state == Charge.AC).any()
    assert 6.0 < np.median(kw[state == Charge.AC]) < 11.0
    assert (state == Charge.DONE).any()
    done = car.of("soc_percent")[state == Charge.DONE]
    assert done.min() > 78
    assert car.vehicle.asleep
    assert car.codes() == set()
    charging = state == Charge.AC
    assert np.median(car.of("volt")[charging]) > 13.0
    assert (car.of("off_s")[charging][20:] == 0).all()


def test_on_a_long_day_it_stops_to_charge_as_often_as_the_road_asks_for() -> None:
    car = once("ev", seed=2, minutes=9 * 60, cycle="haul", weather="mild")
    sessions = np.flatnonzero(np.diff((car.of("charge_state") == Charge.DC).astype(int)) == 1)
    assert len(sessions) >= 3
    assert car.of("soc_percent").min() > 3.0
    assert car.codes() == set()


def test_running_low_on_the_motorway_it_leaves_for_a_fast_charger_and_goes_on() -> None:
    car = once("ev", seed=7, minutes=200, cycle="haul", weather="mild")
    fast = car.of("charge_state") == Charge.DC
    assert fast.any()
    assert car.of("soc_percent").min() > 4
    soc, kw = car.of("soc_percent")[fast], car.of("charge_kw")[fast]
    assert soc[-1] > 75
    assert kw.max() > 45
    assert kw[soc > 72].mean() < kw.max() * 0.75  # it tapers
    assert (car.of("speed_kmh")[fast] == 0).all()
    assert (car.of("key")[fast] == Key.OFF).all()
    after = car.time_s > car.time_s[fast].max() + 200
    assert car.of("speed_kmh")[after].max() > 80
    assert car.codes() == set()


def test_the_dc_dc_converter_tops_up_a_battery_that_something_drains() -> None:
    car = once("ev", "parasitic_drain@60", seed=2, minutes=18 * 60, cycle="parked", weather="mild")
    topped = (car.of("key") == Key.OFF) & (car.of("contactors") == 2) & (car.of("charge_state") == 0)
    assert topped.sum() > 5 * 60 * 10
    assert car.of("dcdc_a")[topped].max() > 15
    assert car.of("volt")[topped].max() > 13.5
    assert not any(row.failed for row in car.life.truth(0.0))


def test_cold_costs_range_and_power() -> None:
    warm, cold = lived("ev", seed=4), lived("ev", seed=4, weather="cold")
    assert cold.of("cabin_kw").max() > warm.of("cabin_kw").max()
    assert cold.of("charge_limit_kw").min() < warm.of("charge_limit_kw").min()
    assert cold.of("soc_percent")[-1] < warm.of("soc_percent")[-1] - 1.0
