from dataclasses import replace

import pytest

from edge.simulator.faults import FaultSpec, draw_faults
from edge.simulator.simulation import faults_of
from tests.study.plots import STUDIES
from tests.study.rules.fits import FITS, LEADS_TO, NEVER_STRANDS, SUDDEN, fits, is_sudden
from tests.study.rules.judged import Told
from tests.study.rules.scenario_lives import ONSETS, VEHICLES, Lived, Order, drawn, hurried, orders
from tests.study.rules.scenario_table import lead_s, lead_share, rows, table, without_components

LEAK = Lived(
    vehicle="car",
    scenario="coolant_leak",
    seed=1,
    is_control=False,
    is_sudden=False,
    pace=2.0,
    weather="any",
    onset_s=100.0,
    failed_s=500.0,
    lamp_s=350.0,
    length_s=2300.0,
    in_use_s=2300,
    driven_s=2000,
    onset_in_use_s=90,
    told=(),
    is_cut=False,
)


def told(at_s: float, component: str = "cooling", rule: str = "hot", *, is_worse: bool = False) -> Told:
    return Told(rule, component, "critical", at_s, int(at_s) - 10, is_worse, True, True, "")


def test_every_fault_of_every_vehicle_has_components_that_find_it() -> None:
    assert [name for vehicle in VEHICLES for name in without_components(vehicle)] == []


def test_what_finds_or_strikes_is_a_fault_that_there_is() -> None:
    faults = {name for vehicle in VEHICLES for name, fault in faults_of(vehicle).items() if not fault.control}
    assert set(FITS) == faults
    assert faults >= SUDDEN | NEVER_STRANDS


def test_no_component_finds_a_control() -> None:
    assert not fits("cold_tyres", "tyres")


def test_what_a_fault_does_to_others_is_neither_found_nor_wrong() -> None:
    life = replace(LEAK, scenario="misfire", told=(told(120, "exhaust", "catalyst_hot"), told(130, "tyres", "tyre")))
    assert life.found is None
    assert (life.led_to, life.wrong) == ({"catalyst_hot": 1}, {"tyre": 1})


def test_no_component_both_finds_a_fault_and_suffers_from_it() -> None:
    assert LEADS_TO.keys() <= FITS.keys()
    assert [name for name, others in LEADS_TO.items() if others & FITS[name]] == []


def test_the_first_alert_after_the_onset_that_fits_has_found_it() -> None:
    life = replace(
        LEAK, told=(told(50), told(120, "charging", "volts"), told(130, is_worse=True), told(300), told(400))
    )
    assert life.found == told(300)
    assert life.early == (told(50),)
    assert life.wrong == {"volts": 1}


def test_alerts_about_something_else_find_nothing() -> None:
    assert replace(LEAK, told=(told(120, "charging"),)).found is None


def test_lead_counts_in_the_faults_own_time() -> None:
    life = replace(LEAK, told=(told(300),))
    assert lead_s(life) == 400.0
    assert lead_share(life) == 0.5


@pytest.mark.parametrize("alerts", [(), (told(600),)])
def test_what_is_found_too_late_or_never_has_no_lead(alerts: tuple[Told, ...]) -> None:
    life = replace(LEAK, told=alerts)
    assert (lead_s(life), lead_share(life)) == (0.0, 0.0)


def test_a_row_tells_of_all_lives_of_a_scenario() -> None:
    (row,) = rows([replace(LEAK, told=(told(300),)), replace(LEAK, told=(told(450),)), LEAK])
    assert (row["lives"], row["found"], row["failed"], row["rules"]) == (3, 2, 3, {"hot": 2})
    assert (row["delay_median_s"], row["lead_median_s"], row["lead_share_median"]) == (550.0, 100.0, 0.125)
    assert (row["before_lamp_median_s"], row["before_lamp"], row["lamps"]) == (-50.0, 1, 3)
    assert (row["in_time"], row["sudden"]) == (0, 0)


def test_sudden_faults_are_measured_while_the_vehicle_is_in_use() -> None:
    sudden = replace(LEAK, scenario="dcdc_failure", vehicle="ev", is_sudden=True, onset_in_use_s=285)
    found = [replace(sudden, told=(told(at_s, "charging"),)) for at_s in (305.0, 306.0)]
    (row,) = rows(found)
    assert (row["in_time"], row["sudden"]) == (1, 2)


def test_isolation_is_lost_at_once_or_creeps_away_as_the_seed_draws() -> None:
    faults = faults_of("ev")
    drawn_ones = [draw_faults([FaultSpec("isolation_fault")], faults, seed)[0].fault for seed in range(40)]
    assert {is_sudden(fault) for fault in drawn_ones} == {True, False}
    assert is_sudden(draw_faults([FaultSpec("dcdc_failure")], faults, 1)[0].fault)
    assert not is_sudden(draw_faults([FaultSpec("tyre_leak")], faults, 1)[0].fault)


def test_a_life_that_was_cut_counts_for_nothing() -> None:
    assert rows([replace(LEAK, is_cut=True)]) == []


def test_of_a_control_every_alert_counts() -> None:
    control = replace(LEAK, scenario="towing", is_control=True, told=(told(50), told(200), told(210, is_worse=True)))
    (row,) = rows([control])
    assert (row["alerts"], row["interruptions"], row["wrong"]) == (2, 3, {"hot": 2})


def test_the_tables_have_as_many_cells_as_heads() -> None:
    control = replace(LEAK, scenario="towing", is_control=True)
    for part in table(rows([replace(LEAK, told=(told(300),)), control])).split("\n\n"):
        assert len({line.count(" | ") + line.count("||") for line in part.splitlines() if "---" not in line}) == 1


def test_lives_are_ordered_seed_by_seed() -> None:
    ordered = list(orders(["car", "ev"], ["tyre_leak", "towing"], [3, 4], files=(), asks_codes=True, until=0.0))
    assert [(one.seed, one.vehicle) for one in ordered[::2]] == [(3, "car"), (3, "ev"), (4, "car"), (4, "ev")]
    assert {one.scenario for one in ordered} == {"tyre_leak", "towing"}


def test_what_takes_days_can_be_hurried_and_what_takes_hours_cannot() -> None:
    slow, quick = STUDIES["car"]["maf_drift"], STUDIES["car"]["water_pump"]
    fast = hurried(slow, 4.0)
    assert (fast.length_s, fast.onset_s, fast.pace) == (slow.length_s / 4, slow.onset_s / 4, slow.pace * 4)
    assert hurried(slow, 1000.0).length_s == 43_200.0
    assert hurried(quick, 4.0) == quick
    assert hurried(slow, 1.0) == slow


def test_onset_and_weather_are_drawn_from_the_seed() -> None:
    study = STUDIES["car"]["weak_battery"], STUDIES["car"]["alternator"]
    once = [drawn(study[1], Order("car", "alternator", seed, (), True, 0.0)) for seed in range(20)]
    again = [drawn(study[1], Order("car", "alternator", seed, (), True, 0.0)) for seed in range(20)]
    assert once == again
    assert len(set(once)) > 10
    assert all(ONSETS[0] * 899 <= onset_s <= ONSETS[1] * 901 and weather == "any" for onset_s, weather in once)
    assert drawn(study[0], Order("car", "weak_battery", 1, (), True, 0.0)) == (1.0, "winter")
