"""The programs themselves, on lives of minutes."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.study.plots import STUDIES
from tests.study.rules import scenario_lives
from tests.study.rules.__main__ import main
from tests.study.rules.healthy_lives import SKIES, Lived, Order, live, orders
from tests.study.rules.healthy_table import by_rule, rows
from tests.study.rules.kit import load_kit
from tests.study.rules.together import lived

RULE = """
[[rule]]
alert = "moves"
expr = "Vehicle.Speed > 1 km/h"
for = "5s"
component = "engine"
severity = "critical"
action = "watch"
summary = "It moves at {value} {unit}"
advice = "Nothing"
driver = "You are moving"
"""
DRIVE = Order("car", "mixed", "mild", 1000, (), True, float("inf"), driven_s=120.0)


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    file = tmp_path / "moves.toml"
    file.write_text(RULE)
    return file


def test_a_life_is_judged_until_it_has_driven_enough(rule: Path) -> None:
    life = live(replace(DRIVE, files=(str(rule),)))
    assert life.driven_s == 120
    assert life.driven_s <= life.in_use_s <= life.awake_s <= life.length_s
    assert life.lamp_s is None
    first = life.told[0]
    assert (first.rule, first.severity, first.spoken, first.interrupts) == ("moves", "critical", True, True)
    assert life == live(replace(DRIVE, files=(str(rule),)))


def test_of_a_healthy_car_the_shipped_rules_say_nothing() -> None:
    assert live(DRIVE).told == ()


def test_when_the_time_is_over_a_life_is_cut_and_what_it_drove_counts() -> None:
    life = live(replace(DRIVE, until=time.monotonic(), driven_s=1e9))
    assert life.is_cut
    assert life.length_s == 600.0
    assert rows([life])[0]["driven_h"] == life.driven_s / 3600 > 0.0


def test_rates_are_by_driving_hour_and_rules_say_where_to_look(rule: Path) -> None:
    life: Lived = live(replace(DRIVE, files=(str(rule),)))
    whole, car, cycle, weather = rows([life, life])
    assert whole["alerts_per_h"] == pytest.approx(2 * len(life.told) / (240 / 3600))
    assert whole["interruptions_per_h_at_most"] > whole["interruptions_per_h"] > 0.0
    assert (car["of"], cycle["of"], weather["of"]) == ("car", "mixed", "mild")
    (found,) = by_rule([life])
    assert (found["rule"], found["seed"], found["cycle"]) == ("moves", 1000, "mixed")


def test_all_vehicles_cycles_and_weathers_come_before_one_comes_again() -> None:
    endless = orders(["car", "truck"], ["city", "haul"], SKIES, range(100), files=(), asks_codes=True, until=0.0)
    one_turn = [next(endless) for _ in range(2 * 2 * len(SKIES))]
    assert len({(one.vehicle, one.cycle, one.weather) for one in one_turn}) == len(one_turn)
    assert len({one.seed for one in one_turn}) == len(one_turn)


@pytest.mark.parametrize("jobs", [1, 2])
def test_lives_come_in_order_however_many_are_lived_at_once(jobs: int) -> None:
    assert list(lived(abs, [-3, 2, -1, 0, -5, 4, -9], jobs=jobs)) == [3, 2, 1, 0, 5, 4, 9]


@pytest.mark.parametrize("jobs", [1, 2])
def test_who_has_heard_enough_stops_the_rest(jobs: int) -> None:
    waiting = iter(range(1_000))
    lives = lived(abs, waiting, jobs=jobs)
    assert next(lives) == 0
    lives.close()
    assert next(waiting) <= 2 * jobs + 1


def test_the_program_prints_what_it_writes(tmp_path: Path, rule: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.json"
    asked = ["healthy", "--vehicle", "car", "--cycles", "mixed", "--hours", "0.02", "--rules", str(rule), "--jobs", "1"]
    assert main([*asked, "--out", str(out)]) == 0
    told = json.loads(out.read_text())
    assert told["rows"][0]["driven_h"] == pytest.approx(0.02)
    assert told["rules"][0]["rule"] == "moves"
    printed = capsys.readouterr().out
    assert "fleet alerts: " in printed
    assert "| car | moves | critical |" in printed
    assert main(["report", str(out), str(out)]) == 0
    assert capsys.readouterr().out.startswith(printed[: printed.index("1 lives")])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["healthy", "--seeds", "50000:50001"], "--final"),
        (["scenarios", "--vehicle", "car", "--fault", "dpf_clogging"], "dpf_clogging"),
        (["scenarios", "--rules", "/nowhere.toml"], "/nowhere.toml"),
        (["report", "/nowhere.json"], "/nowhere.json"),
        (["report", __file__], "was not written"),
    ],
)
def test_what_cannot_be_is_refused_at_once(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert problem in capsys.readouterr().err


@pytest.mark.lives
def test_a_scenario_is_lived_until_what_it_comes_to(rule: Path) -> None:
    order = scenario_lives.Order("car", "wheel_speed_dropout", 1000, (str(rule),), True, float("inf"))
    life = scenario_lives.live(order)
    assert not life.is_cut
    assert life.lamp_s is not None
    assert life.found is None  # an alert about the engine finds no wheel
    assert {"moves"} == {*life.wrong, *(one.rule for one in life.early)}
    assert life.length_s == STUDIES["car"]["wheel_speed_dropout"].length_s + life.onset_s - 900.0


def test_of_a_folder_each_vehicle_has_its_own_rules(tmp_path: Path) -> None:
    (tmp_path / "car.toml").write_text(RULE)
    (tmp_path / "ev.toml").write_text("rule = []")
    packs = (str(tmp_path),)
    assert [len(load_kit(vehicle, packs).rules) for vehicle in ("car", "ev")] == [1, 0]


def test_a_rule_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULE + RULE.replace("moves", "flies").replace("Vehicle.Speed", "Vehicle.Sped"))
    kit = load_kit("car", (str(file),))
    assert [rule.concern.rule for rule in kit.rules] == ["moves"]
    assert "flies" in kit.refused[0]


@pytest.mark.parametrize(
    ("changed", "spoken", "interrupts"),
    [
        (('severity = "critical"', 'severity = "warning"'), True, False),
        (('driver = "You are moving"', ""), False, False),
        (("Vehicle.Speed > 1 km/h", "Vehicle.Speed < 1 km/h"), True, False),
    ],
)
def test_the_cab_is_interrupted_by_what_is_critical_said_aloud_and_on_the_road(
    tmp_path: Path, changed: tuple[str, str], spoken: bool, interrupts: bool
) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(RULE.replace(*changed))
    first = live(replace(DRIVE, files=(str(file),))).told[0]
    assert (first.spoken, first.interrupts) == (spoken, interrupts)
