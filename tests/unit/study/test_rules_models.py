"""Models beside the rules: who says what, what it adds, and what an alert is worth."""

import json
import math
import shutil
from collections import deque
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.detect.card import CARD
from edge.errors import ConfigError
from edge.simulator.faults import FaultSpec
from edge.simulator.life import Life
from edge.simulator.simulation import faults_of
from models.recipe import PACKAGES, RECIPES
from models.sensors.recipe import load_sensors_recipe
from tests.study.rules import healthy_lives
from tests.study.rules.__main__ import main
from tests.study.rules.added import detection, is_in_time, rows, table
from tests.study.rules.commissioned import ask_learners, commissioned
from tests.study.rules.fits import FITS, SHOWN_BY
from tests.study.rules.healthy_lives import Order, live
from tests.study.rules.judged import Judged, Told
from tests.study.rules.kit import Kit, load_kit
from tests.study.rules.lockstep import Lockstep
from tests.study.rules.scenario_lives import VEHICLES, Lived
from tests.study.rules.worth import precision, worth, worth_table

COOLANT = str(PACKAGES / "coolant")
LEAK = Lived(
    "car", "coolant_leak", 1, False, False, 2.0, "any", 100.0, 500.0, None, 900.0, 900, 720, 90, (), False, ("coolant",)
)
WELL = healthy_lives.Lived("car", "city", "hot", 2, 7200.0, 7000, 3600, 7200, None, (), False, ("coolant",))


def told(at_s: float, rule: str = "coolant_warm", component: str = "cooling", model: str = "") -> Told:
    return Told(rule, component, "warning", at_s, int(at_s), False, False, False, "", model)


def sensed(at_s: float, channel: str) -> Told:
    """What virtual sensors tell of one of their signals."""
    return told(at_s, f"car_sensors_{channel}", "sensors", "car_sensors")


def test_what_shows_a_fault_is_watched_on_every_vehicle_that_can_have_it() -> None:
    recipes = {vehicle: load_sensors_recipe(RECIPES / f"{vehicle}_sensors.toml") for vehicle in VEHICLES}
    channels = {vehicle: {one.name for one in recipe.plan.channels} for vehicle, recipe in recipes.items()}
    assert SHOWN_BY.keys() <= FITS.keys()
    for scenario, shown in SHOWN_BY.items():
        can_have_it = [vehicle for vehicle in VEHICLES if scenario in faults_of(vehicle)]
        assert all(shown & channels[vehicle] for vehicle in can_have_it), scenario
        assert shown <= set().union(*channels.values()), scenario


def test_a_package_is_for_vehicles_that_send_its_signals_or_for_the_one_that_is_named() -> None:
    def names(vehicle: str, model: str) -> list[str]:
        return [package.name for package in load_kit(vehicle, (), (model,)).models]

    assert [names(vehicle, COOLANT) for vehicle in ("car", "ev")] == [["coolant"], []]
    assert [names(vehicle, f"car={COOLANT}") for vehicle in ("car", "truck")] == [["coolant"], []]
    with pytest.raises(ConfigError, match=r"ev does not send Vehicle\."):
        load_kit("ev", (), (f"ev={COOLANT}",))


def test_a_rule_whose_name_begins_like_a_model_is_still_a_rule() -> None:
    kit = load_kit("car", (), (COOLANT,))
    assert [kit.model_of(rule) for rule in ("coolant_warm", "coolant", "coolant_of_nobody")] == ["", "coolant", ""]
    of_signals = replace(kit, models=(replace(kit.models[0], is_learning=True),))
    assert [of_signals.model_of(rule) for rule in ("coolant_warm", "coolant_of_somebody")] == ["", "coolant"]


def test_each_is_heard_as_if_the_other_were_not_there() -> None:
    life = replace(LEAK, told=(told(300), told(200, "coolant", model="coolant"), sensed(150, "oil_temperature")))
    assert life.said_by(models=False).told == life.told[:1]
    assert life.said_by(models=True).told == life.told[1:]


def test_a_channel_that_the_fault_moves_finds_it_and_any_other_is_wrong() -> None:
    life = replace(LEAK, told=(sensed(120, "voltage"), sensed(150, "oil_temperature")))
    assert life.found == life.told[1]
    assert life.wrong == {"car_sensors_voltage": 1}
    assert told(1, "oil_temperature").channel == ""


def test_a_row_tells_who_found_it_first_and_what_that_is_worth_in_time() -> None:
    lives = [
        replace(LEAK, told=(told(200, "coolant", model="coolant"), told(300))),
        replace(LEAK, told=(told(400),)),
        replace(LEAK, told=(sensed(50, "voltage"), sensed(150, "coolant_temperature"))),
        replace(LEAK, told=(told(300),), models=()),
        replace(LEAK, told=(told(300),), is_cut=True),
    ]
    (row,) = rows(lives)
    counts = [row[name] for name in ("lives", "rules", "models", "both", "models_alone", "models_first")]
    assert counts == [3, 2, 2, 1, 1, 1]
    assert (row["delay_rules_s"], row["delay_models_s"], row["delay_s"]) == (500.0, 150.0, 200.0)
    assert (row["lead_rules_s"], row["lead_s"]) == (200.0, 600.0)
    assert row["early"] == {"car_sensors_voltage": 1}
    assert row["channels"] == {"coolant": 1, "coolant_temperature": 1}
    assert "| car | coolant_leak | 3 | 2 | 2 | 1 | 1 | 1 | 500 s | 150 s | 200 s | 3 | 200 s | 10 min |" in table([row])


def test_of_a_control_every_alert_is_one_too_many() -> None:
    life = replace(LEAK, scenario="cold_tyres", is_control=True, told=(told(300), sensed(400, "tyre_front_left")))
    (row,) = rows([life])
    assert (row["rules"], row["models"]) == (1, 1)
    assert "| car | cold_tyres | 1 | 0.2 | 1 | 1 | car_sensors_tyre_front_left 1 |" in table([row])


def test_detection_counts_what_strands_in_time_each_scenario_alike() -> None:
    assert is_in_time(replace(LEAK, told=(told(499),)))
    assert not is_in_time(replace(LEAK, told=(told(500),)))
    found, lost = replace(LEAK, told=(told(300),)), replace(LEAK, scenario="water_pump")
    never = replace(lost, scenario="misfire")
    assert detection([found, found, found, lost, never]) == 0.5
    assert detection([never]) is None


@given(
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
    st.floats(1.0, 10_000.0),
)
def test_precision_is_what_counting_over_many_hours_gives(found: float, false_per_hour: float, base_h: float) -> None:
    right, wrong = 1000.0 * found, 1000.0 * base_h * false_per_hour
    expected = right / (right + wrong) if right + wrong else 0.0
    assert precision(found, false_per_hour, base_h) == pytest.approx(expected)


def test_an_alert_at_the_aimed_rate_is_right_two_times_in_five() -> None:
    assert precision(1.0, 0.0025) == pytest.approx(0.4)
    assert precision(0.0, 0.0) == 0.0


def test_models_that_find_more_are_worth_less_where_they_cry_wolf() -> None:
    ill = [replace(LEAK, told=(sensed(300, "coolant_temperature"),)), replace(LEAK, told=(told(300),))]
    well = [replace(WELL, told=(sensed(300, "voltage"), sensed(700, "voltage")))]
    rules, models, both = worth(ill, well)
    assert [row["of"] for row in (rules, models, both)] == ["rules", "models", "rules and models"]
    assert [row["found_in_time"] for row in (rules, models, both)] == [0.5, 0.5, 1.0]
    assert [row["alerts"] for row in (rules, models, both)] == [0, 2, 2]
    assert rules["precision"] == 1.0 > both["precision"] == pytest.approx(1.0 / (1.0 + 2.0 * 600.0))
    assert rules["precision_at_least"] == pytest.approx(0.5 / (0.5 - 600.0 * math.log(0.05)))
    assert "| rules | 50% | 0 | 1.0 |" in worth_table([rules, models, both])
    assert worth(ill, []) == worth([], well) == []
    assert [row["of"] for row in worth(ill, [replace(WELL, models=())])] == ["rules"]


def test_an_individual_is_commissioned_once_and_again_where_what_it_learned_is_damaged(small_sensors: Path) -> None:
    kit = load_kit("car", (), (f"car={small_sensors}",))
    (package,) = kit.learners
    first = commissioned(kit, package, 7, piece_s=500)
    assert first.seasons.armed
    kept = package.memory_of(7).read_bytes()
    assert commissioned(kit, package, 7, piece_s=500).memory() == kept, "what is there already is not lived again"
    package.memory_of(7).write_bytes(b"damaged")
    assert commissioned(kit, package, 7, piece_s=500).memory() == kept
    assert commissioned(kit, package, 8, piece_s=500).memory() != kept, "another one has its own"


def slower(small_sensors: Path, folder: Path, **changes: Any) -> Path:
    """The package, with other words on its card, learned in hours that are not too few."""
    copy = Path(shutil.copytree(small_sensors, folder))
    card = json.loads((copy / CARD).read_text())
    hours = {"looking": 0.06, "fitting": 0.06, "scaling": 0.08, "measuring": 0.2}
    (copy / CARD).write_text(json.dumps({**card, "hours": hours, **changes}))
    return copy


def said_both_ways(kit: Kit, seconds: int) -> list[list[tuple[Any, ...]]]:
    """What packages say of a life with a fault, in lockstep and second by second."""

    def life() -> Life:
        return Life(vehicle="car", seed=7, cycle="commute", faults=[FaultSpec("maf_drift", 60.0, 2000.0)])

    side_by_side = Judged(life(), kit)
    one_by_one = Judged(life(), replace(kit, models=()), beside=(commissioned(kit, kit.learners[0], 7),))
    for judged in (side_by_side, one_by_one):
        deque(islice(judged.seconds(), seconds), maxlen=0)
    ask_learners(side_by_side, 7)
    assert len(side_by_side.recorders["small"].trips) > 1
    return [
        [(one.rule, one.at_s, one.in_use_s, one.text) for one in judged.told] for judged in (side_by_side, one_by_one)
    ]


def test_a_life_judged_in_lockstep_says_what_the_daemon_says(small_sensors: Path, tmp_path: Path) -> None:
    kit = replace(load_kit("car", (), (f"car={slower(small_sensors, tmp_path / 'slower')}",)), rules=())
    (package,) = kit.learners
    quick_to_tell = commissioned(kit, package, 7, piece_s=500)
    (learned,) = quick_to_tell.seasons.armed
    learned.maxima.largest[:], learned.explained[:] = 0.0, 1.0
    package.memory_of(7).write_bytes(quick_to_tell.memory())
    said = said_both_ways(kit, 40_000)
    assert said[0] == said[1] != []


def test_so_it_does_where_it_learns_another_season_on_the_way(small_sensors: Path, tmp_path: Path) -> None:
    plan = json.loads((small_sensors / CARD).read_text())["plan"]
    for channel in plan["channels"]:
        if channel["name"] in ("air_flow", "fuel_rate"):
            channel.update(surroundings=True, pace="slow")
    folder = slower(small_sensors, tmp_path / "slower", plan=plan, false_per_hour=10.0)
    kit = replace(load_kit("car", (), (f"car={folder}",)), rules=())
    (package,) = kit.learners
    elsewhere = commissioned(kit, package, 7, piece_s=500)
    (learned,) = elsewhere.seasons.armed
    for path in ("low", "high"):
        setattr(learned.places, path, getattr(learned.places, path) - 100.0 * learned.scales.spread)
    package.memory_of(7).write_bytes(elsewhere.memory())
    said = said_both_ways(kit, 60_000)
    assert said[0] == said[1] != [], "by a season that it has not learned nobody is judged"


def test_who_has_learned_nothing_is_not_asked(small_sensors: Path) -> None:
    kit = load_kit("car", (), (f"car={small_sensors}",))
    with pytest.raises(ValueError, match="small does not know the vehicle yet"):
        Lockstep(kit.learners[0].anew())


def test_lives_are_judged_by_rules_and_models_and_the_program_tells_both(
    small_sensors: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kit = load_kit("car", (), (f"car={small_sensors}",))
    commissioned(kit, kit.learners[0], 1000, piece_s=500)
    order = Order("car", "mixed", "mild", 1000, (), True, float("inf"), driven_s=600.0)
    life = live(replace(order, models=(COOLANT, f"car={small_sensors}")))
    assert life.models == ("coolant", "small")
    assert life.said_by(models=False).told == live(order).told
    alone = live(replace(order, models=(f"car={small_sensors}",), by_rules=False))
    small = [one for one in life.told if one.model == "small"]
    assert list(alone.told) == small
    out = tmp_path / "well.json"
    asked = ["healthy", "--vehicle", "car", "--cycles", "mixed", "--hours", "0.1", "--jobs", "1", "--out", str(out)]
    assert main([*asked, "--models", COOLANT, f"car={small_sensors}"]) == 0
    assert json.loads(out.read_text())["lives"][0]["models"] == ["coolant", "small"]
    assert "Models alone:" in capsys.readouterr().out


def test_hours_in_which_no_rule_judged_say_nothing_of_rules() -> None:
    ill, unheard = [replace(LEAK, told=(told(300),))], replace(WELL, by_rules=False, told=(sensed(300, "voltage"),))
    models, both = worth(ill, [WELL, unheard])[1:]
    assert [row["of"] for row in worth(ill, [unheard])] == ["models"]
    assert (models["driven_h"], both["driven_h"]) == (2.0, 1.0)


def test_lives_of_a_package_that_cannot_be_read_are_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["scenarios", "--vehicle", "car", "--models", "/nowhere"])
    assert "/nowhere" in capsys.readouterr().err
