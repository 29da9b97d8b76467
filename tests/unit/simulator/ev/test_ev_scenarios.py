"""The electric car's scenarios: what each does to what is seen, which codes follow, and that controls set none."""

from itertools import pairwise

import numpy as np
import pytest

from edge.simulator.ev.charging import Charge
from edge.simulator.ev.electric import ElectricCar
from edge.simulator.ev.faults import FAULTS, CellImbalance, IsolationFault
from edge.simulator.ev.levers import EvLevers
from edge.simulator.ev.low_voltage import RESETS_V
from edge.simulator.faults import DAY_S, draw_faults, parse_fault
from edge.simulator.life import TruthRow
from tests.unit.simulator.lived import Lived, first_s, lived

once = lived.__wrapped__
"""Not kept in memory: hours of rows are big."""

pytestmark = pytest.mark.lives

CONTROLS = [fault.name for fault in FAULTS if fault.control]
KNOWN = {fault.name: fault for fault in FAULTS}
EXPECTED = {
    "dcdc_failure@600": {"P0A09"},
    "coolant_pump@300": {"P0A93", "P0C73"},
    "isolation_fault@600x5000": {"P0AA6"},
    "battery_coolant_loss@60x200": {"P2DFC"},
    "wheel_speed_dropout@60": {"C0035", "C0040", "C0045", "C0050"},
    "intermittent_connector@60x100": {"U0121"},
}
"""Order → codes of which at least one must be set within an hour."""
OLD = ("dcdc_failure", "fast_charging", "brake_wear", "weak_battery", "battery_replaced", "sensor_replaced")
"""What is there from the beginning."""


def only(car: Lived) -> TruthRow:
    (row,) = car.life.truth(0.0)
    return row


@pytest.mark.parametrize("order", EXPECTED)
def test_the_codes_follow_from_what_breaks(order: str) -> None:
    assert once("ev", order, seed=2, minutes=65).codes() & EXPECTED[order]


@pytest.mark.parametrize("name", CONTROLS)
def test_what_only_looks_like_a_fault_sets_no_code_and_strands_nobody(name: str) -> None:
    car = lived("ev", f"{name}@400", seed=3, minutes=60)
    assert car.codes() == set()
    assert not any(row.failed or row.failed_s for row in car.life.truth(0.0))


@pytest.mark.parametrize("name", [fault.name for fault in FAULTS if fault.name not in OLD])
def test_before_its_onset_a_fault_changes_nothing(name: str) -> None:
    healthy = lived("ev", seed=3, minutes=4)
    faulty = lived("ev", f"{name}@100000", seed=3, minutes=4)
    for column in healthy.life.tracer.columns:
        assert np.array_equal(healthy.of(column), faulty.of(column), equal_nan=True), column


@pytest.mark.parametrize("seed", range(3))
def test_a_dead_converter_strands_the_car_within_the_hour_and_12_volts_never_recover(seed: int) -> None:
    car = once("ev", "dcdc_failure@600", seed=seed, minutes=85)
    broken = car.time_s > 640
    ready = broken & (car.of("ready") > 0)
    assert car.of("dcdc_a")[broken].max() == 0.0
    assert car.of("current_a")[broken].max() < 0.0
    assert car.of("volt")[ready].max() < 13.2
    assert first_s(car, broken & (car.of("volt") < 12.4)) < 780
    assert first_s(car, car.of("charge_lamp") > 0) < 665
    row = only(car)
    assert row.failed_s is not None
    assert 18 * 60 < row.failed_s - 600 < 60 * 60
    assert row.severity > 0.9
    dead = car.time_s > row.failed_s + 120
    assert car.of("ready")[dead].mean() < 0.2  # a rested battery may close the contactors once more, for moments
    assert car.of("volt")[car.time_s < row.failed_s + 5].min() < 10.5


def test_before_it_dies_comfort_is_switched_off() -> None:
    car = once("ev", "dcdc_failure@600", seed=1, minutes=85, weather="cold")
    ready = (car.of("ready") > 0) & (car.time_s > 660)
    low = ready & (car.of("volt") < 11.2)
    assert low.any()
    assert car.of("cabin_kw")[low][-1] < 0.5 * car.of("cabin_kw")[ready].max()


def test_a_leaking_cell_is_lowest_for_weeks_then_costs_range_and_power() -> None:
    car = once("ev", "cell_imbalance@600x20", seed=2, minutes=35 * 60, cycle="commute", weather="mild")
    fault = draw_faults([parse_fault("cell_imbalance")], KNOWN, 2)[0].fault
    assert isinstance(fault, CellImbalance)
    number = fault.cell + 1
    late = car.time_s > 20 * 3600
    calm = late & (np.abs(car.of("pack_a")) < 8) & (car.of("contactors") == 2)
    assert (car.of("cell_min_id")[calm] == number).mean() > 0.95
    spread = car.of("cell_max_v") - car.of("cell_min_v")
    first = (car.time_s < 900) & (np.abs(car.of("pack_a")) < 8)
    assert spread[first].max() < 0.03
    assert spread[calm].max() > 0.12
    assert car.codes() & {"P0BBD", "P0A80", "P0A7F", "P0DE6"}
    assert car.of("soh_percent")[-1] < car.of("soh_percent")[0] - 10
    assert only(car).severity > 0.2


def test_a_leaking_loop_is_seen_by_the_float_then_by_a_racing_pump_then_refuses_to_be_charged() -> None:
    car = once("ev", "battery_coolant_loss@60x200", seed=2, minutes=300, cycle="motorway", weather="hot")
    low = first_s(car, car.of("pack_level_percent") < 25)
    racing = first_s(car, (car.of("pack_pump_rpm") > 1.2 * 1_000) & (car.of("pack_pump_rpm") < 1_400))
    turtle = first_s(car, car.of("turtle_lamp") > 0)
    assert low < racing < np.inf
    assert turtle > low
    later = car.time_s > turtle + 60
    assert not (car.of("charge_state")[later] == Charge.DC).any()
    assert "P0E3B" in car.codes()
    row = only(car)
    assert row.failed
    assert row.severity == 1.0


def test_a_sudden_isolation_fault_refuses_the_next_start_but_not_the_drive() -> None:
    seed = next(seed for seed in range(20) if not _isolation(seed).creeps)
    car = once("ev", "isolation_fault@300", seed=seed, minutes=60)
    at_s = first_s(car, car.of("isolation_kohm") < 40)
    assert 300 < at_s < 480
    assert first_s(car, car.of("stop_lamp") > 0) < at_s + 30
    ready = car.of("ready") > 0
    last_s = float(car.time_s[ready].max())
    assert last_s > at_s + 60
    row = only(car)
    assert row.failed_s is not None
    assert row.failed_s > last_s
    assert (car.of("contactors")[car.time_s > last_s + 200] == 0).all()


def test_a_creeping_isolation_fault_warns_for_days() -> None:
    seed = next(seed for seed in range(20) if _isolation(seed).creeps)
    fault = _isolation(seed)
    ordered = draw_faults([parse_fault("isolation_fault@0")], KNOWN, seed)[0]
    shown: list[float] = []
    for day in range(26):
        pulled = EvLevers()
        fault.act(ordered.stage(day * DAY_S), pulled)
        shown.append(pulled.isolation_kohm or 0.0)
    assert all(later <= before for before, later in pairwise(shown))
    warned = sum(40.0 < kohm < 200.0 for kohm in shown)
    assert warned >= 1
    assert shown[-1] == pytest.approx(fault.end_kohm)


def _isolation(seed: int) -> IsolationFault:
    fault = draw_faults([parse_fault("isolation_fault")], KNOWN, seed)[0].fault
    assert isinstance(fault, IsolationFault)
    return fault


@pytest.mark.parametrize("seed", [2, 4])
def test_a_dead_pump_lets_inverter_and_coolant_drift_apart_and_takes_the_power(seed: int) -> None:
    car = once("ev", "coolant_pump@600", seed=seed, minutes=75, cycle="motorway")
    apart = car.of("inverter_c") - car.of("drive_coolant_c")
    assert apart[car.time_s < 600].max() < 15
    apart_s = first_s(car, (car.time_s > 600) & (apart > 25))
    derated_s = first_s(car, car.of("drive_share_percent") < 60)
    assert 600 < apart_s < 600 + 20 * 60
    assert apart_s < derated_s < 600 + 50 * 60
    assert only(car).failed_s is not None  # standing, it cools down and has some power again
    assert car.codes() & {"P0A93", "P0C73"}


def test_worn_contacts_make_fast_charging_slow_and_then_impossible() -> None:
    sound = once("ev", "fast_charging@60", seed=2, minutes=60, cycle="motorway")
    worn = once("ev", "fast_charging@60", "charge_port_hot@0x5000", seed=2, minutes=60, cycle="motorway")
    fast, slow = (car.of("charge_state") == Charge.DC for car in (sound, worn))
    assert sound.of("inlet_c").max() < 78
    assert worn.of("inlet_c").max() > 90
    assert worn.of("charge_kw")[slow].mean() < 0.93 * sound.of("charge_kw")[fast].mean()
    assert "P0E5F" in worn.codes()
    assert "P0E5F" not in sound.codes()


@pytest.mark.parametrize(("seed", "weather"), [(1, "cold"), (2, "mild"), (3, "hot")])
def test_an_ordinary_fast_charge_is_hot_and_nothing_is_wrong(seed: int, weather: str) -> None:
    car = once("ev", "fast_charging@300", seed=seed, minutes=75, cycle="motorway", weather=weather)
    fast = car.of("charge_state") == Charge.DC
    assert car.of("pack_max_c")[fast].max() > 45
    assert car.of("pack_max_c").max() < 52
    assert car.of("soc_percent")[fast][-1] > 75
    assert car.codes() == set()


def test_a_tyre_with_a_nail_lights_its_lamp_before_it_is_ruined() -> None:
    car = once("ev", "tyre_leak@60x40", seed=1, minutes=150)
    lamp_s = first_s(car, car.of("tyre_lamp") > 0)
    row = only(car)
    assert row.failed_s is not None
    assert lamp_s < row.failed_s


def test_a_dragging_brake_costs_range_and_heats() -> None:
    healthy, dragging = lived("ev", seed=2, minutes=60), once("ev", "dragging_brake@60x30", seed=2, minutes=60)
    assert dragging.of("soc_percent")[-1] < healthy.of("soc_percent")[-1] - 1.0
    assert isinstance(dragging.vehicle, ElectricCar)
    assert max(dragging.vehicle.brakes.disc_c) > 60


def test_a_worn_out_12_volt_battery_does_not_start_the_car() -> None:
    car = once("ev", "weak_battery@0x400", seed=1, minutes=30 * 60, cycle="cold_start", weather="cold")
    assert car.of("volt").min() < RESETS_V
    assert only(car).failed


def test_two_faults_at_once_are_both_told() -> None:
    car = once("ev", "dcdc_failure@600", "tyre_leak@60x40", seed=1, minutes=85)
    assert {row.fault for row in car.life.truth(0.0)} == {"dcdc_failure", "tyre_leak"}
    assert "P0A09" in car.codes()
    assert car.of("tyre_lamp").max() == 1.0


def test_a_sleepers_readings_stay_what_they_were() -> None:
    car = lived("ev", seed=3, minutes=12 * 60, cycle="parked", weather="mild")
    assert car.vehicle.asleep
    before = car.vehicle.readings()
    car.vehicle.rest()
    assert car.vehicle.readings().keys() == before.keys()


def test_every_fault_says_how_bad_it_is_between_0_and_1() -> None:
    orders = [parse_fault(f"{name}@30x50") for name in KNOWN if name != "towing"]
    for spec in orders:
        car = lived("ev", f"{spec.name}@30x50", seed=6, minutes=3)
        for condition in car.vehicle.conditions().values():
            assert 0.0 <= condition.severity <= 1.0
