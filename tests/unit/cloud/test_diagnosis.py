"""Diagnosis: right where symptoms tell, and a named state where they do not."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.health.inference import HEALTHY, OTHER, hypotheses_of, weigh, without
from cloud.health.model import Why
from cloud.health.stretch import Fold, Stretch, begin_of
from cloud.health.symptom import Standing, read
from cloud.health.verdict import diagnose
from edge.wire.messages import TroubleCodeStatus
from tests.unit.cloud.patients import HOT, TRUCK, VAN, WARM, asked, code, evidence, quarters, system, warning
from tests.unit.cloud.vehicle import T0

LEAK = {**TRUCK, "coolant_level": 20.0, "coolant_kpa": 50.0}


def test_a_low_level_and_low_pressure_are_a_leak() -> None:
    found = asked("cooling", evidence(TRUCK, TRUCK, TRUCK, LEAK, LEAK, codes=["SPN 111 FMI 1"]))
    assert (found.verdict, found.why) == ("coolant_leak", Why.SURE)
    leak = found.causes[0]
    assert leak.work == "coolant_leak_repair"
    assert leak.tests
    assert any("coolant level: 20 %" in words for words in leak.evidence_for)
    assert any("usual 71 kPa" in words for words in leak.evidence_for)


def test_what_speaks_against_a_cause_is_said_of_it() -> None:
    found = asked("cooling", evidence(TRUCK, TRUCK, {**TRUCK, "coolant_c": 125.0}, {**TRUCK, "coolant_c": 125.0}))
    assert found.verdict == "water_pump"
    leak = next(cause for cause in found.causes if cause.id == "coolant_leak")
    assert any("coolant level: 99 %" in words for words in leak.evidence_against)


@pytest.mark.parametrize(
    ("component", "before", "now", "codes", "verdict"),
    [
        ("cooling", WARM, {**WARM, "coolant_warm_c": 62.0}, ["P0128"], "stuck_thermostat"),
        (
            "charging",
            {"volt_running": 13.8, "volt_running_max": 14.0, "current_running_max": 16.0, "rough": 2.2},
            {"volt_running": 12.0, "volt_running_max": 12.1, "current_running_max": -25.0, "rough": 2.2},
            ["P0562"],
            "alternator",
        ),
        (
            "charging",
            {"start_v": 8.8, "off_a": -4.0, "current_running": 5.0, "volt_running_max": 14.0},
            {"start_v": 6.9, "off_a": -4.0, "current_running": 5.5, "volt_running_max": 14.0},
            [],
            "weak_battery",
        ),
        (
            "charging",
            {"start_v": 8.8, "off_a": -4.0, "current_running": 5.0, "volt_running_max": 14.0},
            {"start_v": 7.9, "off_a": -5.9, "current_running": 25.0, "volt_running_max": 14.0},
            [],
            "parasitic_drain",
        ),
        ("engine", WARM, {**WARM, "rough": 15.0, "catalyst_c": 660.0}, ["P0301"], "ignition_coil"),
        ("tyres", {"tyre_low": -2.5, "tyre_hot_k": 1.0}, {"tyre_low": -14.0, "tyre_hot_k": 2.0}, [], "tyre_leak"),
        ("brakes", {"tyre_hot_k": 1.2, "fluid": 95.0}, {"tyre_hot_k": 9.0, "fluid": 95.0}, [], "dragging_brake"),
        (
            "traction_battery",
            {"isolation_kohm": 4500.0, "pack_level": 99.0, "cell_below_mv": 3.0},
            {"isolation_kohm": 90.0, "pack_level": 99.0, "cell_below_mv": 3.0},
            ["P0AA6"],
            "isolation",
        ),
    ],
)
def test_each_system_knows_its_own(
    component: str, before: dict[str, float], now: dict[str, float], codes: list[str], verdict: str
) -> None:
    before = {**before, "catalyst_c": 520.0} if "catalyst_c" in now else before
    assert asked(component, evidence(before, before, before, now, now, codes=codes)).verdict == verdict


def test_a_healthy_vehicle_has_nothing_wrong() -> None:
    found = asked("cooling", evidence(*[TRUCK] * 5))
    assert (found.verdict, found.why) == (None, Why.NOTHING_WRONG)
    assert found.unknown > 0.8


def test_contradictory_symptoms_are_named() -> None:
    both = {**WARM, "coolant_c": 126.0, "coolant_warm_c": 55.0}
    found = asked("cooling", evidence(WARM, WARM, WARM, both, both, codes=["P0128", "P0217"]))
    assert (found.verdict, found.why) == (None, Why.CONTRADICTORY)
    assert "two faults" in found.reason


def test_a_vehicle_of_three_days_is_too_young() -> None:
    """Its tyres are level, but whether one falls cannot be told before anything is usual."""
    found = asked("charging", evidence({"start_v": 8.0, "off_a": -4.0, "volt_running": 13.5}))
    assert (found.verdict, found.why) == (None, Why.TOO_YOUNG)
    assert "ask again after more drives" in found.reason


def test_a_vehicle_that_tells_nothing_is_too_little() -> None:
    found = asked("tyres", evidence())
    assert (found.verdict, found.why) == (None, Why.TOO_LITTLE)
    assert "lowest tyre" in found.reason


def test_look_alikes_stay_close_and_the_first_test_is_said() -> None:
    """Hot, with no sensor that tells a leak from a pump."""
    found = asked("cooling", evidence(WARM, WARM, WARM, HOT, HOT))
    assert (found.verdict, found.why) == (None, Why.CLOSE)
    assert {cause.id for cause in found.causes[:2]} == {"coolant_leak", "water_pump"}
    assert found.causes[0].tests[0] in found.reason


def test_a_vehicle_without_such_a_thing() -> None:
    assert asked("traction_battery", evidence(*[WARM] * 5)).why is Why.NOT_COVERED


def test_the_likeliest_that_would_not_show_this_is_contradictory() -> None:
    now = {**TRUCK, "coolant_level": 20.0, "coolant_kpa": 95.0, "coolant_warm_c": 55.0}
    found = asked("cooling", evidence(TRUCK, TRUCK, TRUCK, now, now, codes=["SPN 111 FMI 1", "SPN 110 FMI 17"]))
    assert (found.verdict, found.why) == (None, Why.CONTRADICTORY)


def silent(told: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in told.items() if name != "coolant_c"}


def test_unknown_contributes_nothing() -> None:
    known = evidence(TRUCK, TRUCK, TRUCK, LEAK, LEAK)
    between = {**LEAK, "coolant_c": 106.0}  # neither hot nor not
    shares = [
        weigh(system("cooling"), evidence(*before, one, one)).shares
        for before, one in (([TRUCK] * 3, between), ([silent(TRUCK)] * 3, silent(LEAK)))
    ]
    assert shares[0] == pytest.approx(shares[1])
    assert shares[0] != pytest.approx(weigh(system("cooling"), known).shares)


def test_a_group_counts_once() -> None:
    alone = weigh(system("cooling"), evidence(*[HOT] * 3)).shares
    thrice = weigh(
        system("cooling"), evidence(*[HOT] * 3, codes=["P0217"], alerts=[warning("coolant_hot", "cooling")])
    ).shares
    assert thrice["water_pump"] == pytest.approx(alone["water_pump"], abs=0.1)


def test_a_code_that_has_not_come_yet_does_not_speak_against_what_is_measured() -> None:
    weighed = weigh(system("cooling"), evidence(*[HOT] * 3))
    assert "hot" in weighed.weights
    assert "hot_code" not in weighed.weights


def test_a_code_that_went_is_absent() -> None:
    gone = code("P0128", TroubleCodeStatus.GONE)
    known = evidence(*[WARM] * 3)
    one = system("cooling").symptoms["cold_code"]
    assert read(one, known).standing is Standing.ABSENT
    assert read(one, evidence(*[WARM] * 3, codes=["P0128"])).standing is Standing.PRESENT
    assert read(one, type(known)(known.at, known.stretches, (), [gone])).standing is Standing.ABSENT


def test_without_a_level_sensor_no_code_of_it_says_nothing() -> None:
    one = system("cooling").symptoms["level_code"]
    assert read(one, evidence(*[WARM] * 3)).standing is Standing.UNKNOWN
    assert read(one, evidence(*[TRUCK] * 3)).standing is Standing.ABSENT


def test_what_is_usual_is_what_was_before_the_trouble_crept_in() -> None:
    creeping = [{"tyre_low": -2.0 - 0.5 * n} for n in range(12)]
    reading = read(system("tyres").symptoms["one_falls"], evidence(*creeping))
    assert reading.standing is Standing.PRESENT
    assert "usual -3" in reading.words


def test_what_was_told_long_ago_is_no_news() -> None:
    old, new = quarters({"inlet_c": 95.0})[0], quarters({"pack_level": 99.0})[0]
    late = Stretch(new.started_at + timedelta(days=20), new.figures)
    known = evidence()
    reading = read(system("traction_battery").symptoms["inlet_hot"], type(known)(known.at, [old, late]))
    assert reading.standing is Standing.UNKNOWN


def test_a_cause_that_nobody_knows_is_none_of_these() -> None:
    blind = without(system("traction_battery"), "isolation")
    low = {"isolation_kohm": 20.0, "pack_level": 99.0, "cell_below_mv": 3.0, "balancing": 10.0}
    well = {**low, "isolation_kohm": 4500.0}
    found = diagnose(blind, evidence(well, well, well, low, low, codes=["P0AA6"]), VAN)
    assert found.verdict is None


@given(st.lists(st.sampled_from([WARM, HOT, TRUCK, LEAK]), max_size=8), st.sets(st.sampled_from(["P0128", "P0217"])))
def test_shares_are_probabilities_whatever_is_told(told: list[dict[str, float]], codes: set[str]) -> None:
    weighed = weigh(system("cooling"), evidence(*told, codes=sorted(codes)))
    assert math.isclose(sum(weighed.shares.values()), 1.0)
    assert all(0.0 <= share <= 1.0 for share in weighed.shares.values())
    found = asked("cooling", evidence(*told, codes=sorted(codes)))
    assert (found.verdict is None) == (found.why is not Why.SURE)
    assert found.reason


def test_with_nothing_known_priors_stand() -> None:
    weighed = weigh(system("cooling"), evidence())
    priors = {one.id: one.prior for one in hypotheses_of(system("cooling"), None)}
    assert weighed.shares == pytest.approx(priors)
    assert {HEALTHY, OTHER} < set(priors)


def test_stretches_are_cut_on_the_quarter_and_the_day() -> None:
    moment = T0 + timedelta(minutes=37, seconds=5)
    assert begin_of(moment, Fold.QUARTER) == T0 + timedelta(minutes=30)
    assert begin_of(moment, Fold.DAY) == T0.replace(hour=0)
