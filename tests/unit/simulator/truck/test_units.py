"""The truck's control units by themselves: readings in, codes and commands out."""

import math
from collections.abc import Mapping
from functools import cache

import pytest

from edge.simulator.ecu.codes import Lamp, Monitor
from edge.simulator.journey import Key
from edge.simulator.truck.aftertreatment_tests import AftertreatmentTests
from edge.simulator.truck.chassis_tests import AirTests, BodyTests, BrakeTests, ClusterTests, TyreTests
from edge.simulator.truck.codes import HEARD
from edge.simulator.truck.columns import PLACARD_KPA, TYRE_NAMES
from edge.simulator.truck.driveline import WHEEL_M
from edge.simulator.truck.engine_tests import EngineTests
from edge.simulator.truck.exhaust import BY_SOOT, DARCY_KPA
from edge.simulator.truck.fuel import rail_wanted_mpa
from edge.simulator.truck.monitors import TruckTests
from edge.simulator.truck.turbo import wanted_kpa
from edge.simulator.truck.units import ADDRESSES, PIDS, truck_units
from tests.unit.simulator.truck.driven import truck_of

NOBODY: frozenset[str] = frozenset()


@cache
def standing() -> dict[str, float]:
    """What a healthy truck shows before its first drive."""
    return truck_of(seed=1, cycle="cold_start", warm=True).readings()


def cruising(**changed: float) -> dict[str, float]:
    """What a healthy truck shows at 85 km/h under load."""
    seen = dict(standing())
    fill = 50.0 * 26.0 * math.pi / 30.0 / (0.485 * 42_800.0 * 0.0125)
    seen |= {
        "key": float(Key.ON),
        "running": 1.0,
        "rpm": 1250.0,
        "speed_kmh": 85.0,
        "torque_percent": 50.0,
        "fuel_lph": 34.0,
        "coolant_c": 88.0,
        "oil_c": 92.0,
        "oil_kpa": 400.0,
        "intake_c": 42.0,
        "fuel_kpa": 520.0,
        "coolant_level_percent": 100.0,
        "rail_mpa": rail_wanted_mpa(fill, 1250.0),
        "boost_kpa": wanted_kpa(fill, 1250.0),
        "exhaust_kgph": 950.0,
        "exhaust_c": 330.0,
        "dpf_in_c": 327.0,
        "dpf_out_c": 327.0,
        "ash_percent": 0.0,
        "dpf_kpa": DARCY_KPA * 950.0 / 3600.0 * (1.0 + BY_SOOT * 0.3),
        "scr_in_c": 320.0,
        "scr_out_c": 315.0,
        "nox_in_ppm": 400.0,
        "nox_out_ppm": 20.0,
        "sensors_on_s": 1200.0,
        "dosing_kpa": 1000.0,
        "outside_kpa": 100.0,
        "def_c": 15.0,
        "def_percent": 60.0,
        "def_concentration": 32.5,
        "volt": 28.2,
        "charging_v": 28.3,
        "volt_min": 28.0,
        "ambient_c": 15.0,
    }
    return seen | changed


def watch(tests: EngineTests, seen: Mapping[str, float], seconds: int, muted: frozenset[str] = NOBODY) -> set[str]:
    tests.memory.cycle_begins()
    tests.begins(seen)
    for second in range(seconds):
        tests.second(seen, muted, 60.0 + second)
    return {code.text for code in tests.memory.pending()}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, set()),
        ({"coolant_c": 106.0}, {"SPN 110 FMI 16"}),
        ({"coolant_c": 114.0}, {"SPN 110 FMI 16", "SPN 110 FMI 0"}),
        ({"coolant_c": math.nan}, {"SPN 110 FMI 3"}),
        ({"coolant_level_percent": 5.0}, {"SPN 111 FMI 1"}),
        ({"oil_kpa": 20.0}, {"SPN 100 FMI 1"}),
        ({"fuel_kpa": 220.0}, {"SPN 94 FMI 18"}),
        ({"rail_mpa": 80.0}, {"SPN 157 FMI 18"}),
        ({"boost_kpa": 70.0}, {"SPN 102 FMI 18"}),
        ({"intake_c": 100.0}, {"SPN 105 FMI 16"}),
        ({"balance_4_percent": -30.0, "torque_percent": 20.0, "boost_kpa": 90.0}, {"SPN 654 FMI 7"}),
    ],
)
def test_the_engine_sees_what_is_wrong_and_nothing_else(changed: dict[str, float], codes: set[str]) -> None:
    assert watch(EngineTests(), cruising(**changed), 90) == codes


def test_too_little_fuel_is_not_called_a_boost_leak() -> None:
    seen = cruising(rail_mpa=80.0, boost_kpa=90.0)
    assert watch(EngineTests(), seen, 90) == {"SPN 157 FMI 18"}


def test_torque_is_taken_by_heat_and_given_back_slowly() -> None:
    tests = EngineTests()
    watch(tests, cruising(coolant_c=108.0), 30)
    assert 0.6 < tests.torque_share < 0.8
    watch(tests, cruising(coolant_c=114.0), 30)
    assert tests.torque_share == pytest.approx(0.40)
    tests.second(cruising(), NOBODY, 100.0)
    assert tests.torque_share < 0.5
    for _ in range(120):
        tests.second(cruising(), NOBODY, 100.0)
    assert tests.torque_share == pytest.approx(1.0)


def test_a_glitch_of_a_second_sets_nothing() -> None:
    tests = EngineTests()
    tests.begins(cruising())
    for second in range(600):
        wild = {"coolant_c": 250.0, "boost_kpa": 0.0, "oil_kpa": 0.0} if second % 60 == 0 else {}
        tests.second(cruising() | wild if wild else CALM, NOBODY, 60.0 + second)
    assert tests.memory.pending() == ()


CALM = cruising()


def treated(
    changed: Mapping[str, float], seconds: int, tests: AftertreatmentTests | None = None
) -> AftertreatmentTests:
    tests = tests or AftertreatmentTests(30.0)
    tests.memory.cycle_begins()
    seen = cruising(**changed)
    for second in range(seconds):
        tests.second(seen, 300.0 + second)
    return tests


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, set()),
        ({"def_percent": 6.0}, {"SPN 1761 FMI 17"}),
        ({"def_percent": 1.0}, {"SPN 1761 FMI 17", "SPN 1761 FMI 1"}),
        ({"def_concentration": 22.0}, {"SPN 3516 FMI 18"}),
        ({"def_concentration": 9.0}, {"SPN 3516 FMI 18", "SPN 3516 FMI 1"}),
        ({"dosing_kpa": 400.0}, {"SPN 4334 FMI 18"}),
        ({"nox_out_ppm": 250.0}, {"SPN 4364 FMI 18"}),
        ({"nox_out_ppm": math.nan}, {"SPN 3226 FMI 3"}),
        ({"dosing_kpa": 100.0, "def_c": -14.0, "nox_out_ppm": 380.0}, set()),
        ({"scr_in_c": 210.0, "nox_out_ppm": 300.0}, set()),
    ],
)
def test_the_aftertreatment_sees_what_is_wrong_and_nothing_else(changed: dict[str, float], codes: set[str]) -> None:
    tests = treated(changed, 900)
    assert {code.text for code in tests.memory.pending()} == codes


def test_soot_is_weighed_by_flow_and_pressure_and_asks_for_a_regeneration() -> None:
    def resisting(soot: float) -> dict[str, float]:
        return {"dpf_kpa": DARCY_KPA * 950.0 / 3600.0 * 600.15 / 600.0 * (1.0 + BY_SOOT * soot)}

    tests = treated(resisting(0.3), 900)
    assert tests.soot_percent == pytest.approx(30.0, abs=1.0)
    asked = [tests.regenerates, *(treated(resisting(soot), 900, tests).regenerates for soot in (0.8, 0.02))]
    assert asked == [False, True, False]
    assert tests.since_s < 900.0
    assert tests.memory.pending() == ()


def test_a_filter_too_full_takes_torque_in_two_steps_and_locks() -> None:
    def full(soot: float) -> dict[str, float]:
        return {"dpf_kpa": DARCY_KPA * 950.0 / 3600.0 * (1.0 + BY_SOOT * soot)}

    tests = treated(full(1.12), 900)
    assert tests.torque_share == pytest.approx(0.75)
    treated(full(1.35), 900, tests)
    assert tests.torque_share == pytest.approx(0.5)
    locked = [tests.locked, treated(full(1.6), 900, tests).locked]
    assert locked == [False, True]
    assert not tests.regenerates
    assert {code.text for code in tests.memory.active()} >= {"SPN 3719 FMI 16", "SPN 3719 FMI 0"}
    assert tests.memory.lamp(Lamp.RED)


def test_the_inducement_comes_in_three_steps_by_miles_or_hours_and_goes_with_its_cause() -> None:
    tests = treated({"def_concentration": 9.0}, 200)
    assert (tests.step, tests.torque_share) == (0, 1.0)
    seen = cruising(def_concentration=9.0, speed_kmh=0.0)
    for step, hours in enumerate((10.0, 80.0, 160.0)):
        tests._hours = hours - 10.0 / 3600.0  # a test cannot wait for days
        for _ in range(8):
            tests.second(seen, 1000.0)
        assert tests.step == step
        for _ in range(8):
            tests.second(seen, 1000.0)
        assert tests.step == step + 1
    assert tests.torque_share == pytest.approx(0.70)
    assert tests.limit_kmh == pytest.approx(40.2, abs=0.1)
    assert "SPN 5246 FMI 0" in {code.text for code in tests.memory.active()}
    for _ in range(200):
        tests.second(CALM, 1000.0)
    assert (tests.step, tests.torque_share, tests.limit_kmh) == (0, 1.0, math.inf)
    assert tests.memory.active() == ()


def test_miles_count_as_well_as_hours() -> None:
    tests = treated({"def_concentration": 9.0}, 200)
    seen = cruising(def_concentration=9.0, speed_kmh=88.0)
    tests._miles = 649.9
    for _ in range(4):
        tests.second(seen, 1000.0)
    assert tests.step == 0
    for _ in range(8):
        tests.second(seen, 1000.0)
    assert tests.step == 1
    assert tests.torque_share == pytest.approx(0.85)


def braked(tests: BrakeTests, seconds: int, run_s: float = 900.0, **changed: float) -> set[str]:
    seen = cruising(**{f"wheel_{wheel}_kmh": 85.0 for wheel in ("fl", "fr", "rl", "rr")}) | changed
    for _ in range(seconds):
        tests.second(seen, NOBODY, run_s)
    return {code.text for code in tests.memory.active()}


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, set()),
        ({"wheel_rl_kmh": math.nan}, {"SPN 791 FMI 5"}),
        ({"wheel_fr_kmh": 0.0}, {"SPN 790 FMI 8"}),
        ({"lining_rr_percent": 8.0}, {"SPN 1102 FMI 18"}),
        ({"lining_fl_percent": 2.0}, {"SPN 1099 FMI 18", "SPN 1099 FMI 1"}),
        ({"brake1_kpa": 350.0}, {"SPN 117 FMI 1"}),
        ({"brake2_kpa": 350.0}, {"SPN 118 FMI 1"}),
    ],
)
def test_the_brakes_see_what_is_wrong_and_nothing_else(changed: dict[str, float], codes: set[str]) -> None:
    assert braked(BrakeTests(), 40, **changed) == codes


def test_an_empty_air_system_in_the_morning_is_no_fault_until_it_should_be_full() -> None:
    tests = BrakeTests()
    assert braked(tests, 30, run_s=120.0, brake1_kpa=200.0) == set()
    assert braked(tests, 30, run_s=900.0, brake1_kpa=200.0) == {"SPN 117 FMI 1"}
    once_full = BrakeTests()
    assert braked(once_full, 5, run_s=120.0) == set()
    assert braked(once_full, 5, run_s=125.0, brake1_kpa=200.0) == {"SPN 117 FMI 1"}
    once_full.ends()
    assert braked(once_full, 1, run_s=10.0, brake1_kpa=200.0) == {"SPN 117 FMI 1"}  # still active, not judged anew


@pytest.mark.parametrize(("per_second", "slow"), [(4.5, False), (0.7, True)])
def test_the_air_supply_counts_turns_from_cut_in_to_cut_out(per_second: float, slow: bool) -> None:
    tests = AirTests()
    for _ in range(5):
        kpa = 848.0
        while kpa < 1000.0:
            tests.second(cruising(compressor=1.0, supply_kpa=kpa, service1_kpa=900.0, service2_kpa=900.0), 900.0)
            kpa += per_second
        tests.second(cruising(compressor=0.0, supply_kpa=1000.0, service1_kpa=1000.0, service2_kpa=1000.0), 900.0)
    assert ("SPN 1351 FMI 7" in {code.text for code in tests.memory.active()}) is slow


def test_filling_an_empty_system_takes_long_and_is_no_worn_compressor() -> None:
    tests = AirTests()
    for kpa in range(0, 1000, 4):
        low = float(max(kpa - 20, 0))
        tests.second(cruising(compressor=1.0, supply_kpa=float(kpa), service1_kpa=low, service2_kpa=low), 30.0)
    tests.second(cruising(compressor=0.0, supply_kpa=1000.0, service1_kpa=990.0, service2_kpa=990.0), 300.0)
    assert tests.memory.pending() == ()


def test_tyres_are_judged_cold_and_one_after_the_other() -> None:
    tests = TyreTests(PLACARD_KPA, TYRE_NAMES)
    seen = cruising(outside_kpa=101.3)
    for place, name in enumerate(TYRE_NAMES):
        hot_kpa = (PLACARD_KPA[place] * 0.95 + 101.3) * 323.15 / 293.15 - 101.3
        seen |= {f"tyre_{name}_kpa": hot_kpa, f"tyre_{name}_c": 50.0}
    for turn in range(240):
        tests.second(seen, turn % 12)
    assert tests.memory.pending() == ()
    assert tests.alarm(4) == 2.0
    seen["tyre_rli_kpa"] *= 0.78
    for turn in range(240):
        tests.second(seen, turn % 12)
    assert [code.text for code in tests.memory.active()] == ["SPN 241 FMI 18"]
    assert (tests.alarm(4), tests.alarm(3)) == (3.0, 2.0)
    seen["tyre_rli_kpa"] *= 0.7
    seen["tyre_t1l_kpa"] = math.nan
    for turn in range(240):
        tests.second(seen, turn % 12)
    assert {code.text for code in tests.memory.active()} == {"SPN 241 FMI 18", "SPN 241 FMI 1", "SPN 929 FMI 9"}


def test_the_body_knows_a_dead_alternator_a_dip_and_a_weak_battery() -> None:
    tests = BodyTests()
    for _ in range(120):
        tests.second(cruising(), 900.0, key_on=True)
    assert tests.memory.pending() == ()
    for _ in range(120):
        tests.second(cruising(charging_v=24.4, volt=24.3), 900.0, key_on=True)
    assert {code.text for code in tests.memory.active()} == {"SPN 167 FMI 1"}
    parked = BodyTests()
    parked.second(cruising(key=float(Key.OFF), off_s=8 * 3600.0), 0.0, key_on=False)
    parked.second(cruising(rpm=0.0, volt=24.0, volt_min=24.0), 0.0, key_on=True)
    assert {code.text for code in parked.memory.active()} == {"SPN 168 FMI 18"}
    for _ in range(3):
        parked.second(cruising(rpm=120.0, volt=13.0, volt_min=12.0), 0.0, key_on=True)
    assert {code.text for code in parked.memory.active()} == {"SPN 168 FMI 18", "SPN 168 FMI 1"}


def test_the_cluster_names_whom_it_does_not_hear() -> None:
    for node, address in HEARD.items():
        tests = ClusterTests()
        for _ in range(4):
            tests.second(frozenset({node}))
        assert [code.spn for code in tests.memory.active()] == [2000 + address]
        for _ in range(12):
            tests.second(NOBODY)
        assert tests.memory.active() == ()
        assert len(tests.memory.previously_active()) == 1


def test_each_unit_has_its_address_and_its_codes_have_spn_and_fmi() -> None:
    units = truck_units(TruckTests(20.0, PLACARD_KPA, TYRE_NAMES).memories)
    assert {unit.name: unit.address for unit in units} == dict(ADDRESSES)
    assert len({unit.address for unit in units}) == len(units) == 8
    codes = [code for unit in units for code in unit.memory.codes]
    assert len(codes) > 60
    for code in codes:
        assert code.spn is not None
        assert code.fmi is not None
        assert code.text == f"SPN {code.spn} FMI {code.fmi}"
        assert 0 < code.spn < 2**19
        assert 0 <= code.fmi <= 31
        assert (code.lamp is Lamp.MIL) <= (code.monitor is not None)
    supported = units[0].memory.supported_monitors() | units[4].memory.supported_monitors()
    assert {Monitor.FUEL, Monitor.BOOST, Monitor.COOLING, Monitor.NOX_AFTERTREATMENT, Monitor.PM_FILTER} <= supported


def test_obd_numbers_of_the_engine_are_those_of_the_readings() -> None:
    seen = cruising()
    assert PIDS[0x05](seen) == bytes([128])
    assert PIDS[0x0C](seen) == (5000).to_bytes(2, "big")
    assert PIDS[0x0D](seen) == bytes([85])
    assert PIDS[0x23](seen) == round(seen["rail_mpa"] * 100.0).to_bytes(2, "big")
    assert PIDS[0x05](cruising(coolant_c=math.nan)) == b"\x00"
    assert WHEEL_M > 0.4
