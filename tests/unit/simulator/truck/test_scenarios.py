"""The truck's scenarios: what moves, which codes come, what the truck then still can; and what sets no code at all."""

from collections.abc import Callable

import numpy as np
import pytest

from edge.simulator.truck.faults import FAULTS, OWN
from edge.simulator.truck.supply_faults import AirLeak
from edge.simulator.truck.truck import Truck
from tests.unit.simulator.truck.driven import Driven, driven, live, truck_of

pytestmark = pytest.mark.lives

CONTROLS = sorted(fault.name for fault in FAULTS if fault.control)


def until(text: str) -> Callable[[Truck], bool]:
    """A code is active."""

    def active(truck: Truck) -> bool:
        return any(code.text == text for unit in truck.units for code in unit.memory.active())

    return active


def order(
    name: str, *, hours: float, seed: int = 1, stop: str = "", cycle: str = "motorway", warm: bool = True
) -> Driven:
    return live(truck_of(name, seed=seed, cycle=cycle, warm=warm), hours * 3600, until(stop) if stop else None)


@pytest.mark.parametrize(
    ("name", "hours", "codes"),
    [
        ("coolant_leak@300x8", 6.0, ["SPN 111 FMI 1", "SPN 110 FMI 16", "SPN 110 FMI 0"]),
        ("water_pump@300", 1.5, ["SPN 110 FMI 16", "SPN 110 FMI 0"]),
        ("alternator@300", 6.0, ["SPN 167 FMI 1", "SPN 168 FMI 1"]),
        ("fuel_filter@300x300", 3.0, ["SPN 94 FMI 18", "SPN 157 FMI 18"]),
        ("turbo_leak@300x60", 4.0, ["SPN 102 FMI 18"]),
        ("compressor@300x600", 4.0, ["SPN 1351 FMI 7", "SPN 1088 FMI 18"]),
        ("air_leak@300x600", 4.0, ["SPN 1351 FMI 7"]),
        ("dpf_clogging@300x300", 9.0, ["SPN 3719 FMI 16", "SPN 3719 FMI 0"]),
        ("def_quality@300", 1.0, ["SPN 3516 FMI 18"]),
    ],
)
def test_codes_come_one_after_the_other_and_only_after_the_onset(name: str, hours: float, codes: list[str]) -> None:
    seen = order(name, hours=hours, stop=codes[-1])
    assert set(codes) <= set(seen.active_s)
    times = [seen.active_s[code] for code in codes]
    assert times == sorted(times)
    assert min(seen.active_s.values()) > 300.0


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("stuck_thermostat@300", "SPN 110 FMI 17"),
        ("injector@300x600", "SPN 653 FMI 7"),
        ("scr@300x300", "SPN 4364 FMI 18"),
    ],
)
def test_emission_codes_need_two_drives(name: str, code: str) -> None:
    seen = order(name, hours=6.0, stop=code)
    unit = next(unit for unit in seen.truck.units if code in {known.text for known in unit.memory.codes})
    assert unit.memory.mil
    assert unit.memory.cycles >= 2
    assert seen.active_s[code] > 3600.0
    assert code in {permanent.text for permanent in unit.memory.permanent()}


def test_a_dead_alternator_strands_the_truck_within_hours() -> None:
    seen = order("alternator@600", hours=4.0, seed=3)
    condition = seen.truck.conditions()["alternator"]
    assert condition.failed
    assert condition.severity == 1.0
    assert seen.of("rpm")[-1] == 0.0
    running = (seen.of("rpm") > 900.0) & (seen.time_s > 3000.0)
    assert seen.of("charging_v")[running].max() < 25.5
    before = (seen.of("rpm") > 900.0) & (seen.time_s < 590.0) & (seen.time_s > 120.0)
    assert seen.of("volt")[before].min() > 27.0


def test_a_lost_water_pump_heats_the_engine_in_minutes_and_takes_its_torque() -> None:
    seen = order("water_pump@300", hours=1.2, seed=2)
    hot_s = seen.active_s["SPN 110 FMI 16"] - 300.0
    assert 120.0 < hot_s < 1800.0
    assert seen.of("fan_percent")[: seen.time_s.searchsorted(300.0)].max() < 60.0
    assert seen.of("fan_percent").max() > 95.0
    healthy = seen.of("most_percent")[seen.time_s < 300.0].max()
    limited = seen.of("most_percent")[(seen.of("coolant_c") > 113.0) & (seen.of("rpm") > 900.0)]
    assert limited.min() < 0.5 * healthy
    assert seen.truck.conditions()["water_pump"].failed


def test_a_coolant_leak_shows_in_the_level_long_before_the_gauge() -> None:
    seen = order("coolant_leak@300x8", hours=6.0, stop="SPN 110 FMI 16")
    warned_s = seen.active_s["SPN 111 FMI 1"]
    assert seen.active_s["SPN 110 FMI 16"] - warned_s > 600.0
    at = seen.time_s.searchsorted(warned_s)
    assert seen.of("coolant_c")[:at].max() < 103.0
    assert seen.of("coolant_level_percent")[at] < 13.0


def test_regenerations_come_more_often_and_torque_goes_as_the_filter_clogs() -> None:
    seen = order("dpf_clogging@300x300", hours=9.0, stop="SPN 3719 FMI 0")
    per_flow = seen.of("dpf_kpa") / (seen.of("exhaust_kgph") + 1.0)
    flowing = seen.of("exhaust_kgph") > 500.0
    early, late = flowing & (seen.time_s < 900.0), flowing & (seen.time_s > seen.time_s[-1] - 900.0)
    assert np.median(per_flow[late]) > 1.8 * np.median(per_flow[early])
    assert (seen.of("regen_active") == 1.0).any()
    assert seen.truck.control.torque_share < 0.8


def test_boost_is_short_and_the_exhaust_hotter_with_a_split_hose() -> None:
    seen = order("turbo_leak@60x600", hours=2.0, cycle="mountain")
    sound = driven(cycle="mountain", warm=True, hours=2.0)
    full = seen.of("asked_percent") > 70.0
    sound_full = sound.of("asked_percent") > 70.0
    late = full & (seen.time_s > 2400.0)
    assert np.median(seen.of("boost_kpa")[late]) < 0.75 * np.median(sound.of("boost_kpa")[sound_full])
    assert seen.of("most_percent")[late].max() < 85.0


def test_a_clogged_filter_leaves_the_rail_short_with_boost_in_order() -> None:
    seen = order("fuel_filter@60x600", hours=3.0, stop="SPN 157 FMI 18")
    assert "SPN 102 FMI 18" not in seen.codes()
    at = seen.time_s.searchsorted(seen.active_s["SPN 94 FMI 18"])
    assert seen.of("fuel_filter_kpa")[at] > 150.0
    assert seen.of("fuel_kpa")[at] < 300.0


def test_an_air_leak_empties_its_circuit_overnight_before_it_shows_on_the_road() -> None:
    seen = order("air_leak@60x20", hours=27.0, seed=1, cycle="cold_start")
    fault = seen.truck._faults[0].fault
    assert isinstance(fault, AirLeak)
    circuit = fault.circuit
    mine, other = seen.of(f"service{circuit}_kpa"), seen.of(f"service{3 - circuit}_kpa")
    woke = np.flatnonzero(np.diff(seen.time_s) > 6 * 3600.0) + 1
    assert len(woke) >= 1
    assert mine[woke[0]] < other[woke[0]] - 40.0


def test_conversion_falls_with_the_dosing_valve_and_the_tank_empties_slower() -> None:
    seen = order("scr@1800x400", hours=2.5)
    known = ~np.isnan(seen.of("conversion_percent"))
    assert seen.of("conversion_percent")[known][0] > 85.0
    assert seen.of("conversion_percent")[-1] < 60.0
    assert seen.of("def_concentration").min() == 32.5


@pytest.mark.parametrize("name", CONTROLS)
def test_what_is_only_odd_sets_no_code(name: str) -> None:
    seen = order(f"{name}@300", hours=1.6, seed=4)
    assert seen.codes() == set()
    condition = seen.truck.conditions()[name]
    assert (condition.severity, condition.failed) in {(0.0, False), (1.0, False)}


def test_an_ordinary_regeneration_is_hot_burns_fuel_and_ends_by_itself() -> None:
    seen = order("dpf_regeneration@900", hours=2.0, seed=2)
    on = seen.of("regen_active") == 1.0
    assert 10 * 60 < on.sum() < 60 * 60
    assert 540.0 < seen.of("dpf_in_c")[on].max() < 660.0
    assert seen.of("doser_lph")[on].mean() > 1.0
    assert seen.of("soot_percent").max() > 75.0
    assert seen.of("soot_percent")[-1] < 30.0


@pytest.mark.parametrize("name", sorted({fault.name for fault in OWN} - {"alternator"}))  # its batteries are old before
def test_before_its_onset_a_fault_changes_nothing(name: str) -> None:
    healthy = live(truck_of(seed=6, cycle="city", warm=True), 200).rows
    waiting = live(truck_of(f"{name}@1000", seed=6, cycle="city", warm=True), 200).rows
    assert np.array_equal(healthy, waiting, equal_nan=True)


def test_two_faults_at_once_both_show() -> None:
    truck = truck_of("def_quality@300", "wheel_speed_dropout@300x20", seed=1, warm=True)
    seen = live(truck, 1200)
    assert {"SPN 3516 FMI 18"} <= seen.codes()
    assert {code for code in seen.codes() if code.endswith("FMI 5")}
    assert set(truck.conditions()) == {"def_quality", "wheel_speed_dropout"}


@pytest.mark.parametrize(
    ("cycle", "weather"),
    [
        ("city", "winter"),
        ("delivery", "cold"),
        ("mountain", "hot"),
        ("haul", "storm"),
        ("cold_start", "cold"),
        ("idle", "hot"),
        ("rural", "rain"),
    ],
)
def test_healthy_trucks_set_no_code_in_any_weather(cycle: str, weather: str) -> None:
    seen = live(truck_of(seed=1, cycle=cycle, weather=weather), 3 * 3600)
    assert seen.codes() == set()
    assert not seen.truck.no_start
    assert not seen.truck.seized


def test_a_weak_cylinder_makes_the_idle_tremble() -> None:
    def restless_rpm(*faults: str) -> float:
        truck = truck_of(*faults, cycle="idle", warm=True)
        live(truck, 900)
        speed, rpm = truck.fast_columns.index("speed_kmh"), truck.fast_columns.index("rpm")
        seconds = [truck.second().fast for _ in range(120)]
        return float(np.median([np.ptp([row[rpm] for row in rows]) for rows in seconds if rows[0][speed] == 0.0]))

    assert restless_rpm("injector@10x5000") > 6.0
    assert restless_rpm() < 2.0
