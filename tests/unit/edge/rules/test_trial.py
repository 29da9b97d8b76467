"""Rule tests: what they say of rules, and that they can fail."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.series import VALUES_MAX, expand
from edge.trying import look, read_tests, try_files
from tests.programs import run

RULES = """
[[rule]]
alert = "hot"
expr = "Vehicle.Exterior.AirTemperature > 40"
clear = "Vehicle.Exterior.AirTemperature < 35"
for = "2s"
component = "cabin"
severity = "warning"
action = "watch"
summary = "Air at {value} {unit}"
driver = "It is hot"
steps = [{ expr = "Vehicle.Exterior.AirTemperature > 50", severity = "critical", action = "stop_now" }]
"""
TEST = """
rules = ["rules.toml"]
[[test]]
name = "hot"
series = { "Vehicle.Exterior.AirTemperature" = "40x4 41x4 55x4 35x4 34x4" }
expect = [
    { at = "6.9s", firing = [] },
    { at = "7s", firing = ["hot"], severity = { hot = "warning" }, summary = { hot = "Air at 41 °C" } },
    { at = "10s", firing = ["hot"], severity = { hot = "critical" }, action = { hot = "stop_now" } },
    { at = "19.9s", firing = ["hot"] },
    { at = "20s", firing = [] },
]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "rules.toml").write_text(RULES)
    (tmp_path / "tests.toml").write_text(TEST)
    return tmp_path / "tests.toml"


def test_a_test_that_is_right_passes(file: Path) -> None:
    assert list(try_files([str(file)])) == ["1 tests passed"]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ((" > 40", " > 41"), "at 7s: fires nothing, not hot"),
        ((" > 40", " >= 40"), "at 6.9s: fires hot, not nothing (hot began at 2s)"),
        (("< 35", "<= 35"), "at 19.9s: fires nothing, not hot"),
        (('"2s"', '"1s"'), "at 6.9s: fires hot"),
        (('"2s"', '"2500ms"'), "at 7s: fires nothing"),
        (("> 50", "> 60"), "at 10s: severity of hot is 'warning', not 'critical'"),
        (("Air at", "It is"), "at 7s: summary of hot is 'It is 41 °C', not 'Air at 41 °C'"),
        (('"hot"', '"warm"'), "fires warm, not hot"),
        (("AirTemperature > 40", "Air > 40"), "rules.toml:4: rule hot: expr"),
    ],
)
def test_a_rule_that_is_wrong_fails_it(file: Path, change: tuple[str, str], hint: str) -> None:
    rules = file.with_name("rules.toml")
    assert change[0] in RULES
    rules.write_text(RULES.replace(*change, 1))
    assert any(hint in line for line in try_files([str(file)]))


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (('"40x4', '"40y4'), "test.1.series: Vehicle.Exterior.AirTemperature: '40y4' is no value"),
        (('"7s"', '"seven"'), "test.1.expect.2.at: 'seven' is no duration"),
        (('name = "hot"', 'name = "hot"\nonly = ["cold"]'), "hot, at 0s: there is no rule cold"),
        (('name = "hot"', 'name = "hot"\ninterval = "0s"'), "is no time"),
        (("expect = [", "expected = ["), "test.1.expect: Field required"),
        (('rules = ["rules.toml"]', "rules = []"), "rules: List should have at least 1 item"),
    ],
)
def test_a_test_that_is_none_says_why(file: Path, change: tuple[str, str], hint: str) -> None:
    file.write_text(TEST.replace(*change, 1))
    try:
        said = "\n".join(try_files([str(file)]))
    except ConfigError as error:
        said = str(error)
    assert hint in said


def test_yaml_tests_and_rules_are_read_too(file: Path) -> None:
    file.with_name("rules.yaml").write_text(
        "rules:\n- {alert: code, expr: 'dtc(\"P03*\")', component: engine, severity: info, action: watch, summary: s}\n"
    )
    tests = file.with_suffix(".yaml")
    tests.write_text(
        "rules: [rules.yaml]\ntest:\n- name: codes\n  series: {Vehicle.Speed: '0x20'}\n  codes: {5s: [P0301], 9s: []}\n"
        "  expect: [{at: 4.9s, firing: []}, {at: 5s, firing: [code]}, {at: 9s, firing: []}]\n"
    )
    assert list(try_files([str(tests)])) == ["1 tests passed"]
    assert read_tests(tests).test[0].name == "codes"


def test_what_is_looked_at_is_told_for_people_and_programs(file: Path) -> None:
    rules = file.with_name("rules.toml")
    rules.write_text(RULES + RULES)
    looked = look([str(rules)], None, [])
    assert looked.text().endswith("1 rules can be used, 1 cannot\n")
    assert '"alert": "hot"' in looked.as_json()
    assert look(["car"], "telltale-car", []).refused == []
    with pytest.raises(ConfigError, match="no rule pack is called"):
        look(["submarine"], None, [])


def test_the_commands_say_it_by_their_status(file: Path) -> None:
    assert run("telltale-edge", "rules", "test", file).status == 0
    assert run("telltale-edge", "rules", "check", file.with_name("rules.toml")).status == 0
    file.with_name("rules.toml").write_text(RULES.replace("> 40", "> 40 V"))
    tested = run("telltale-edge", "rules", "test", file)
    assert tested.status == 1
    assert "rules.toml:4: rule hot: expr" in tested.out
    checked = run("telltale-edge", "rules", "check", file.with_name("rules.toml"), "--json")
    assert checked.status == 1
    assert '"line": 4' in checked.out
    assert run("telltale-edge", "rules", "check", "none.toml").status == 78


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("5", [5.0]),
        ("5x3", [5.0] * 4),
        ("10+2x4", [10.0, 12.0, 14.0, 16.0, 18.0]),
        ("10-2x4", [10.0, 8.0, 6.0, 4.0, 2.0]),
        ("-1.5e1 _ _x2 0", [-15.0, None, None, None, 0.0]),
    ],
)
def test_series_are_written_as_for_promtool(text: str, values: list[float | None]) -> None:
    assert expand(text) == values


@pytest.mark.parametrize("text", ["x", "5x", "_+1x3", "5 x 3", f"1x{VALUES_MAX} 2", "1x9999999"])
def test_what_is_no_series(text: str) -> None:
    with pytest.raises(ValueError, match=r"no value|longer"):
        expand(text)


@given(st.text(alphabet="_x+-.0123456789 e", max_size=30))
def test_any_text_is_a_series_or_is_refused(text: str) -> None:
    with suppress(ValueError):
        assert len(expand(text)) <= VALUES_MAX + 1
