"""The truck, judged as a technician or a driver would: what is seen of it when nothing is wrong."""

import numpy as np
import pytest

from edge.simulator.journey import Key, Style
from tests.unit.simulator.truck.driven import STYLE, driven, live, on_one_road, truck_of

pytestmark = pytest.mark.lives

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_truck_on_the_motorway_is_within_what_one_expects(seed: int) -> None:
    truck = driven(seed=seed)
    tonnes = truck.of("gross_kg")[0] / 1000.0
    litres, km = np.ptp(truck.of("fuel_used_l")), np.ptp(truck.of("odometer_m")) / 1000.0
    assert 14.0 + 0.25 * tonnes < litres / km * 100.0 < 20.0 + 0.55 * tonnes
    assert truck.of("speed_kmh").max() < 92.0
    assert 82.0 < truck.of("coolant_c").max() < 103.0
    assert truck.of("oil_c").max() < 112.0
    turning = truck.of("rpm") > 900.0
    assert np.percentile(truck.of("volt")[turning], 2) > 27.0
    assert truck.of("volt").max() < 29.0
    assert truck.of("boost_kpa").max() < 260.0
    assert truck.of("rail_mpa").max() < 196.0
    assert truck.of("exhaust_c").max() < 620.0
    assert truck.of("load_percent").min() >= 0.0
    assert truck.of("load_percent").max() <= 100.0
    assert truck.of("supply_kpa").max() < 1040.0
    assert truck.of("service1_kpa").min() > 700.0
    cruising = (truck.of("speed_kmh") > 80.0) & (truck.of("gear") == 12.0)
    assert 1100.0 < np.median(truck.of("rpm")[cruising]) < 1300.0
    assert truck.codes() == set()


@pytest.mark.parametrize(("gross_kg", "least_s", "most_s"), [(16_000.0, 18.0, 38.0), (40_000.0, 38.0, 75.0)])
def test_it_takes_as_long_to_80_kmh_as_its_mass_says(gross_kg: float, least_s: float, most_s: float) -> None:
    truck = on_one_road(speed_mps=24.7, grade=0.0, gross_kg=gross_kg, seconds=100)
    moving = truck.of("speed_kmh") > 0.0
    started_s = truck.time_s[np.argmax(moving)]
    reached_s = truck.time_s[np.argmax(truck.of("speed_kmh") > 80.0)]
    assert least_s < reached_s - started_s < most_s


@pytest.mark.parametrize(("grade", "slowest", "fastest"), [(0.03, 68.0, 86.0), (0.06, 40.0, 52.0), (0.10, 24.0, 33.0)])
def test_forty_tonnes_climb_as_340_kw_allow_without_hunting_for_gears(
    grade: float, slowest: float, fastest: float
) -> None:
    truck = on_one_road(speed_mps=24.7, grade=grade, gross_kg=40_000.0, seconds=240)
    assert slowest < truck.of("speed_kmh")[-60:].mean() < fastest
    gears = truck.of("gear")[-120:]
    assert len(np.unique(gears)) == 1
    assert gears[-1] > 0.0
    assert truck.of("coolant_c").max() < 103.0
    force_n = 40_000.0 * 9.81 * grade
    assert force_n * truck.of("speed_kmh")[-60:].mean() / 3.6 < 340_000.0


@pytest.mark.parametrize("grade", [-0.03, -0.06])
def test_the_engine_brake_holds_forty_tonnes_downhill(grade: float) -> None:
    truck = on_one_road(speed_mps=12.0, grade=grade, gross_kg=40_000.0, seconds=240)
    assert 41.0 < truck.of("speed_kmh")[-60:].mean() < 46.0
    assert truck.of("retarder_percent")[-60:].mean() < -25.0
    assert truck.of("brake_percent")[-60:].mean() < 6.0
    assert truck.of("fuel_lph")[-60:].max() == 0.0
    assert truck.of("rpm").max() < 2300.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cold_truck_takes_its_time_to_warm_up(seed: int) -> None:
    cold, warm = driven(seed=seed), driven(seed=seed, warm=True, hours=0.2)
    reached = cold.of("coolant_c") > 78.0
    assert cold.of("coolant_c")[0] < 25.0
    assert 4 * 60 < cold.time_s[np.argmax(reached)] < 30 * 60
    assert warm.of("coolant_c")[0] > 75.0


def test_it_moves_as_wheels_and_gears_turn() -> None:
    truck = driven(seed=1)
    speed_mps = truck.of("speed_kmh") / 3.6
    assert np.isclose(speed_mps.sum(), np.ptp(truck.of("odometer_m")), rtol=3e-3)
    assert np.abs(truck.of("accel_mps2")).max() < 4.0
    driving = (truck.of("engaged") > 0.0) & (speed_mps > 3.0)
    turned = truck.of("output_rpm")[driving] * truck.of("ratio")[driving]
    assert np.abs(truck.of("rpm")[driving] / turned - 1.0).max() < 0.25
    assert np.median(np.abs(truck.of("rpm")[driving] / turned - 1.0)) < 0.001
    assert set(np.unique(truck.of("gear"))) <= {float(gear) for gear in range(-1, 13)}
    straight = (speed_mps > 15.0) & (np.abs(truck.of("steering_rad")) < 0.01)
    for wheel in ("fl", "fr", "rl", "rr"):
        assert np.abs(truck.of(f"wheel_{wheel}_kmh")[straight] / truck.of("speed_kmh")[straight] - 1.0).max() < 0.01


def test_parts_move_together() -> None:
    truck = driven(seed=2)
    pulling = (truck.of("torque_percent") > 15.0) & (truck.of("rpm") > 1000.0)
    fuel, torque, boost = (truck.of(name)[pulling] for name in ("fuel_lph", "torque_percent", "boost_kpa"))
    assert np.corrcoef(fuel, torque)[0, 1] > 0.9
    assert np.corrcoef(fuel, boost)[0, 1] > 0.6
    assert np.corrcoef(truck.of("exhaust_kgph")[pulling], truck.of("dpf_kpa")[pulling])[0, 1] > 0.9
    assert np.corrcoef(torque, truck.of("rail_mpa")[pulling])[0, 1] > 0.9
    parked = truck.of("key") == Key.OFF
    for name in ("rpm", "fuel_lph", "speed_kmh", "boost_kpa", "nox_in_ppm"):
        rested = truck.of(name)[parked][20:]
        assert np.nan_to_num(rested).max(initial=0.0) < 1.0


def test_boost_needs_a_second_to_follow_the_foot() -> None:
    truck = on_one_road(speed_mps=24.7, grade=0.0, gross_kg=40_000.0, seconds=14)
    pulls = np.argmax(truck.of("asked_percent") > 70.0)
    assert truck.of("boost_kpa")[pulls] < 100.0
    assert truck.of("torque_percent")[pulls] < truck.of("asked_percent")[pulls] - 3.0
    assert truck.of("boost_kpa")[pulls + 1 :].max() > 170.0


def test_nox_is_not_available_until_the_pipe_is_dry_and_then_converted() -> None:
    truck = driven(seed=1)
    before, behind = truck.of("nox_in_ppm"), truck.of("nox_out_ppm")
    assert np.isnan(before[:40]).all()
    assert np.isnan(behind[:60]).all()
    warm = truck.of("scr_in_c") > 280.0
    known = warm & ~np.isnan(before) & ~np.isnan(behind) & (before > 150.0)
    assert known.sum() > 300
    assert np.median(1.0 - behind[known] / before[known]) > 0.85
    assert 90.0 < truck.of("conversion_percent")[-1] <= 97.0


def test_reagent_is_some_percent_of_the_fuel() -> None:
    truck = driven(seed=1)
    litres = np.ptp(truck.of("fuel_used_l"))
    used = -np.ptp(truck.of("def_percent")) / 100.0 * 75.0
    assert 0.015 < -used / litres < 0.08


def test_the_starter_pulls_the_voltage_down_and_the_alternator_up() -> None:
    truck = driven(seed=1)
    started = np.argmax(truck.of("rpm") > 500.0)
    assert 15.5 < truck.of("volt_min")[: started + 1].min() < 22.0
    assert truck.of("volt")[started + 120 :].min() > 26.0
    assert (truck.of("starter") == 2.0).any()


def test_cruise_control_shows_no_pedal_but_torque() -> None:
    truck = driven(seed=1)
    active = truck.of("cruise") > 0.0
    cruising = np.concatenate(([False], active[1:] & active[:-1]))
    assert cruising.sum() > 600
    assert truck.of("pedal_percent")[cruising].max() == 0.0
    assert truck.of("torque_percent")[cruising].mean() > 10.0
    assert truck.of("speed_kmh")[cruising].min() > 55.0


def test_it_backs_out_of_a_loading_bay() -> None:
    style = Style(max_mps=24.7, accel=0.45, crank_s=1.3, reverses=True)
    seen = live(truck_of(seed=4, cycle="delivery", style=style, warm=True), 3 * 3600)
    back = seen.of("reversing") > 0.0
    assert back.any()
    assert seen.of("gear")[back].min() == -1.0
    assert 2.0 < seen.of("speed_kmh")[back].max() < 9.0
    assert seen.of("speed_kmh").min() >= 0.0
    assert STYLE.reverses


def test_the_compressor_works_between_cut_in_and_cut_out() -> None:
    truck = driven(seed=1)
    pumping = truck.of("compressor") > 0.0
    assert 0.01 < pumping.mean() < 0.35
    falls = ~pumping[1:] & pumping[:-1]
    assert falls.any()
    assert truck.of("supply_kpa")[:-1][falls].min() > 940.0


def test_the_same_seed_lives_the_same_life_and_another_one_another() -> None:
    first = live(truck_of(seed=3, cycle="city"), 900).rows
    again = live(truck_of(seed=3, cycle="city"), 900).rows
    other = live(truck_of(seed=4, cycle="city"), 900).rows
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other[: len(first)], equal_nan=True)


def test_it_sleeps_a_minute_after_the_key_is_off_and_wakes_for_the_next_drive() -> None:
    truck = truck_of(seed=2, cycle="city", warm=True)
    slept, woke = 0, False
    off_s = 0.0
    for _ in range(6 * 3600):
        if truck.asleep:
            truck.rest()
            slept += 1
            off_s = truck.off_s
            continue
        truck.second()
        woke = woke or (slept > 0 and truck.motor.running)
    assert slept > 600
    assert off_s > 60.0
    assert woke


def test_a_request_keeps_it_awake_for_a_while_and_wakes_it() -> None:
    truck = truck_of(seed=2, cycle="parked", warm=True)

    def awake_s() -> int:
        seconds = 0
        while not truck.asleep:
            truck.second()
            seconds += 1
        return seconds

    assert awake_s() > 600
    truck.disturb()
    assert 10 <= awake_s() <= 20


def test_a_parked_truck_cools_down_loses_air_and_keeps_its_battery() -> None:
    truck = truck_of(seed=2, cycle="parked", warm=True)
    while not truck.asleep:
        truck.second()
    hot_c, air_kpa, charge = truck.cooling.coolant_c, truck.air.circuits_kpa[0], truck.battery.charge
    for _ in range(12 * 3600):
        truck.rest()
    assert truck.cooling.coolant_c < hot_c - 25.0
    assert 10.0 < air_kpa - truck.air.circuits_kpa[0] < 150.0
    assert 0.0 < charge - truck.battery.charge < 0.01
    assert abs(truck.exhaust.before_filter_c - truck.outside.temp_c) < 3.0


def test_readings_are_the_last_row_and_every_column_is_there_once() -> None:
    truck = truck_of(seed=2)
    second = truck.second()
    seen = truck.readings()
    assert len(seen) == len(second.fast[-1]) + len(second.slow)
    assert list(seen.values())[:5] == list(second.fast[-1][:5])
    assert len(second.fast) == 10


def test_an_almost_empty_tank_is_filled_while_parked() -> None:
    truck = truck_of(seed=2, cycle="delivery", traits={"fuel_share": 0.115, "def_share": 0.14})
    seen = live(truck, 3 * 3600)
    assert seen.of("fuel_percent").max() > 90.0
    assert seen.of("def_percent").max() > 90.0
