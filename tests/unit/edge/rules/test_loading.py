"""Rule files, TOML and YAML: a wrong rule is refused with its line, the others run."""

from pathlib import Path

import pytest

from edge import catalogue
from edge.assets import rule_file
from edge.detect.rules.rule import Refused, Rule, load_rules, rule_of, unheard
from edge.errors import ConfigError

S = 1_000_000_000
RULE = """
[[rule]]
alert = "hot"
expr = "Vehicle.Exterior.AirTemperature > 40 Celsius"
clear = "Vehicle.Exterior.AirTemperature <= 35"
for = "2s"
component = "cabin"
severity = "warning"
action = "watch"
summary = "Air at {value} {unit}, above {threshold}"
"""
GOOD = """
[[rule]]
alert = "fast"
expr = '''
  Vehicle.Speed > 130
  and Vehicle.OBD.EngineLoad > 90
'''
component = "driving"
severity = "info"
action = "watch"
summary = "At {Vehicle.Speed:.0f} km/h"
"""
YAML = """
rules:
  - alert: hot
    expr: Vehicle.Exterior.AirTemperature > 40 Celsius
    for: 2s
    component: cabin
    severity: warning
    action: watch
    summary: Air at {value}
  - alert: fast
    expr: |
      Vehicle.Speed > 130
      and Vehicle.Sped > 90
    component: driving
    severity: info
    action: watch
    summary: fast
"""


def load(folder: Path, text: str, name: str = "rules.toml") -> tuple[list[Rule], list[Refused]]:
    file = folder / name
    file.write_text(text)
    return load_rules([file])


def test_a_rule_says_what_its_file_says(tmp_path: Path) -> None:
    [rule], refused = load(tmp_path, RULE)
    assert refused == []
    assert rule.concern.for_ns == 2 * S
    assert rule.paths == ("Vehicle.Exterior.AirTemperature",)
    assert not rule.conditions.each_sample


@pytest.mark.parametrize(
    ("change", "line", "hint"),
    [
        (('"2s"', '"2 parsecs"'), 6, "for: '2 parsecs' is no duration"),
        (('"2s"', '"48h"'), 6, "longer than a day"),
        (('"warning"', '"bad"'), 8, "'info', 'warning' or 'critical'"),
        (("{value}", "{valu}"), 10, "summary: 'valu' cannot stand here"),
        (("{value}", "{value:d}"), 10, "no format"),
        (("{value}", "{value"), 10, "braces do not match"),
        (("{value}", "{Vehicle.Sped}"), 10, "Did you mean Vehicle.Speed?"),
        (('"hot"', '"hot air"'), 3, "alert: String should match pattern"),
        (("> 40 Celsius", "> 40 V"), 4, "expr, column 33: Vehicle.Exterior.AirTemperature and 40 V"),
        (("<= 35", "<= "), 5, "clear, column 35: it breaks off"),
        (('component = "cabin"', 'componet = "cabin"'), 7, "Did you mean component?"),
        (('component = "cabin"', ""), 2, "component: Field required"),
        (('action = "watch"', 'action = "watch"\ninhibits = ["hot"]'), 2, "cannot inhibit itself"),
        (
            ('action = "watch"', 'action = "watch"\nsteps = [{after = "5m", severity = "info", action = "watch"}]'),
            2,
            "none to the worse",
        ),
        (
            ('action = "watch"', 'action = "watch"\nsteps = [{severity = "critical", action = "watch"}]'),
            10,
            "one of expr and after",
        ),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line_and_the_others_run(
    tmp_path: Path, change: tuple[str, str], line: int, hint: str
) -> None:
    assert change[0] in RULE
    rules, [refused] = load(tmp_path, RULE.replace(*change) + GOOD)
    assert [rule.concern.rule for rule in rules] == ["fast"]
    assert hint in str(refused)
    assert str(refused).startswith(f"{tmp_path}/rules.toml:{line}: rule ")


def test_a_mistake_within_an_expression_of_several_lines_is_found(tmp_path: Path) -> None:
    _, [refused] = load(tmp_path, RULE + GOOD.replace("EngineLoad", "Load"))
    assert refused.line == 16
    assert "column 7" in refused.problem


def test_yaml_says_the_same(tmp_path: Path) -> None:
    rules, [refused] = load(tmp_path, YAML, "rules.yaml")
    [same], _ = load(tmp_path, RULE)
    assert rules[0].conditions.when == same.conditions.when
    assert rules[0].concern.for_ns == same.concern.for_ns
    assert (refused.line, refused.rule) == (13, "fast")
    grouped, _ = load(tmp_path, "groups:\n- name: g\n" + "\n".join(f"  {line}" for line in YAML.splitlines()), "g.yml")
    assert [rule.concern for rule in grouped] == [rule.concern for rule in rules]


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("a.toml", "[[rule", "is not TOML"),
        ("a.toml", "x = 3", "'x' is no field"),
        ("a.toml", "rule = 3", "no list of rules"),
        ("a.toml", "rule = [3]", "no list of rules"),
        ("a.yaml", "rules: [", "is not YAML"),
        ("a.yaml", "rules: !!python/object/apply:os.system [ls]", "is not YAML"),
        ("a.yaml", "- 3", "holds no rules"),
        ("a.yaml", "a: &a [x, x]\nrules: *b", "is not YAML"),
        ("a.toml", "a = " + "[" * 5000, "is not TOML"),
        ("a.yaml", "a: " + "[" * 5000, "is not YAML"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(tmp_path: Path, name: str, text: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint) as caught:
        load(tmp_path, text, name)
    assert caught.value.file == str(tmp_path / name)


def test_missing_files_folders_and_doubled_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such rules file"):
        load_rules([tmp_path / "none.toml"])
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules([tmp_path])
    (tmp_path / "a.toml").write_text(RULE)
    (tmp_path / "b.toml").write_text(RULE)
    rules, [refused] = load_rules([tmp_path / "a.toml", tmp_path / "b.toml"])
    assert len(rules) == 1
    assert "taken by a rule in" in refused.problem
    assert refused.file == tmp_path / "b.toml"


def test_empty_files_hold_no_rules(tmp_path: Path) -> None:
    assert load(tmp_path, "") == ([], [])
    assert load(tmp_path, "", "a.yaml") == ([], [])


def test_a_rule_that_inhibits_one_that_is_not_there_runs_and_says_so(tmp_path: Path) -> None:
    rules, [said] = load(tmp_path, RULE.replace('action = "watch"', 'action = "watch"\ninhibits = ["cold"]'))
    assert len(rules) == 1
    assert "inhibits cold" in said.problem


def test_a_rule_that_can_never_fire_here_is_named(tmp_path: Path) -> None:
    rules, _ = load(tmp_path, RULE + GOOD)
    lines = unheard(rules, {"Vehicle.Exterior.AirTemperature", "Vehicle.Speed"})
    assert lines == ["rule fast cannot fire: no database gives Vehicle.OBD.EngineLoad"]
    [waits] = unheard(rules, {"Vehicle.Exterior.AirTemperature", "Vehicle.Speed"}, {"Vehicle.OBD.EngineLoad"})
    assert waits == 'rule fast waits for a tester (or ask = "obd"): no database gives Vehicle.OBD.EngineLoad'


@pytest.mark.parametrize(
    ("expr", "can"),
    [
        ("Vehicle.Speed > 1 and Vehicle.OBD.EngineLoad > 1", False),
        ("Vehicle.Speed > 1 or Vehicle.OBD.EngineLoad > 1", True),
        ("Vehicle.Speed > 1 unless Vehicle.OBD.EngineLoad > 1", False),
        ("not (Vehicle.Speed > 1 and Vehicle.OBD.EngineLoad > 1)", True),
        ("not (Vehicle.Speed > 1 or Vehicle.OBD.EngineLoad > 1)", False),
        ("unknown(Vehicle.OBD.EngineLoad) and Vehicle.Speed > 1", True),
        ("duration(Vehicle.OBD.EngineLoad > 1) > 5", False),
    ],
)
def test_only_a_rule_that_needs_what_is_missing_cannot_fire(expr: str, can: bool) -> None:
    table = {"alert": "x", "component": "x", "severity": "info", "action": "watch", "summary": ""}
    rule = rule_of({**table, "expr": expr})
    assert (unheard([rule], {"Vehicle.Speed"}) == []) is can


def test_the_shipped_pack_loads_and_names_only_signals_of_the_catalogue() -> None:
    rules, refused = load_rules([rule_file("car", Path())], {})
    assert refused == []
    assert unheard(rules, catalogue.CATALOGUE.keys()) == []
