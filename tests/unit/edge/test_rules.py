"""Threshold rules: what a file may say, and how a rule judges."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import catalogue
from edge.assets import rule_file
from edge.detect.finding import Verdict
from edge.detect.rules import Level, RuleDetector, load_rules, parse_duration
from edge.errors import ConfigError
from edge.history import History
from edge.signals import Signal, SignalBatch

S = 1_000_000_000
TEMP = Signal("Vehicle.Exterior.AirTemperature", "Celsius", "M", "temp", period_s=1.0)
RPM = Signal("Vehicle.Powertrain.CombustionEngine.Speed", "rpm", "M", "rpm", period_s=1.0)

RULE = """
[[rule]]
name = "hot"
signal = "Vehicle.Exterior.AirTemperature"
above = 40.0
clear = 35.0
for = "2s"
component = "cabin"
severity = "warning"
action = "watch"
summary = "Air at {value} {unit}, above {threshold}"
"""
GUARD = 'when = [{ signal = "Vehicle.Powertrain.CombustionEngine.Speed", above = 500 }]\n'


def write(folder: Path, text: str, name: str = "rules.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def judge(rules: RuleDetector, temp: float | None, rpm: float | None = None) -> Verdict | None:
    past = History([TEMP, RPM], grid_ns=S)
    known = [(0, index, value) for index, value in enumerate((temp, rpm)) if value is not None]
    past.absorb(SignalBatch.of(known), S)
    findings = rules.judge(past.window())
    return findings[0].verdict if findings else None


def test_threshold_hysteresis_and_unknown(tmp_path: Path) -> None:
    rules = load_rules([write(tmp_path, RULE)])
    assert judge(rules, 41.0) is Verdict.HOLDS
    assert judge(rules, 40.0) is Verdict.LINGERS
    assert judge(rules, 35.0) is None
    assert judge(rules, None) is Verdict.UNKNOWN
    assert rules.rules[0].concern.for_ns == 2 * S


def test_below_is_the_mirror(tmp_path: Path) -> None:
    rules = load_rules([write(tmp_path, RULE.replace("above = 40.0\nclear = 35.0", "below = 3.0\nclear = 5.0"))])
    assert judge(rules, 2.9) is Verdict.HOLDS
    assert judge(rules, 4.0) is Verdict.LINGERS
    assert judge(rules, 5.0) is None


@pytest.mark.parametrize(
    ("temp", "rpm", "verdict"),
    [(41.0, 800.0, Verdict.HOLDS), (41.0, 0.0, None), (41.0, None, Verdict.UNKNOWN), (None, 0.0, None)],
)
def test_every_guard_must_hold(tmp_path: Path, temp: float | None, rpm: float | None, verdict: Verdict | None) -> None:
    assert judge(load_rules([write(tmp_path, RULE + GUARD)]), temp, rpm) is verdict


def test_texts_are_filled_in(tmp_path: Path) -> None:
    rules = load_rules([write(tmp_path, RULE)])
    past = History([TEMP, RPM], grid_ns=S)
    past.absorb(SignalBatch.of([(0, 0, 41.25)]), S)
    [finding] = rules.judge(past.window())
    assert finding.concern.summary.format_map(finding.facts) == "Air at 41.25 °C, above 40"


@pytest.mark.parametrize(
    ("change", "place", "hint"),
    [
        (("above = 40.0", ""), "rule.1", "one of above and below"),
        (("above = 40.0", "above = 40.0\nbelow = 1.0"), "rule.1", "one of above and below"),
        (("clear = 35.0", "clear = 45.0"), "rule.1", "must lie below"),
        (('"2s"', '"2 parsecs"'), "rule.1.for", "500ms"),
        (('"2s"', '"48h"'), "rule.1.for", "longer than a day"),
        (('"warning"', '"bad"'), "rule.1.severity", "'info', 'warning' or 'critical'"),
        (("{value}", "{speed}"), "rule.1.summary", "braces"),
        (("{value}", "{value:d}"), "rule.1.summary", "braces"),
        (('name = "hot"', 'name = "Hot Air"'), "rule.1.name", "pattern"),
        (('"Vehicle.Ext', '"Ext'), "rule.1.signal", "pattern"),
        (("[[rule]]", "[[rule]]\ncolour = 3"), "rule.1.colour", "Extra"),
        (("[[rule]]", "[[rule"), "", "TOML"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path, change: tuple[str, str], place: str, hint: str) -> None:
    file = write(tmp_path, RULE.replace(*change))
    with pytest.raises(ConfigError) as caught:
        load_rules([file])
    assert caught.value.file == str(file)
    assert caught.value.place == place
    assert hint in str(caught.value)


def test_missing_files_folders_and_doubled_names(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such rules file"):
        load_rules([tmp_path / "none.toml"])
    with pytest.raises(ConfigError, match="cannot be read"):
        load_rules([tmp_path])
    with pytest.raises(ConfigError, match="taken"):
        load_rules([write(tmp_path, RULE), write(tmp_path, RULE, "more.toml")])


def test_a_rule_that_can_never_fire_here_is_named(tmp_path: Path) -> None:
    rules = load_rules([write(tmp_path, RULE + GUARD)])
    [line] = rules.unheard({"Vehicle.Exterior.AirTemperature"})
    assert "hot" in line
    assert "CombustionEngine.Speed" in line


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(-1e9, 1e9), st.booleans())
def test_unknown_is_never_beyond(value: float, threshold: float, above: bool) -> None:
    beyond = Level("Vehicle.Speed", threshold, above).beyond(value)
    assert (beyond is None) == math.isnan(value)
    if beyond:
        assert value != threshold


@pytest.mark.parametrize(("text", "ns"), [("500ms", S // 2), ("5s", 5 * S), ("1.5m", 90 * S), ("2h", 7200 * S)])
def test_durations(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


def test_the_shipped_pack_loads_and_names_only_signals_of_the_catalogue() -> None:
    rules = load_rules([rule_file("car", Path())])
    assert rules.unheard(catalogue.CATALOGUE.keys()) == []
