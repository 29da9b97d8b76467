"""The shipped packs: every rule loads, says where its numbers come from, and does what its tests say."""

from pathlib import Path

import pytest

from edge import trial
from edge.detect.rules.rule import Rule, load_rules
from edge.trying import look, read_tests

PACKS = Path(__file__).parents[4] / "edge" / "detect" / "packs"
NAMES = sorted(file.stem for file in PACKS.glob("*.toml"))
PROFILES = {"car": "telltale-car", "ev": "telltale-ev", "truck": "telltale-truck"}


def _rules(pack: str) -> list[Rule]:
    rules, refused = load_rules([PACKS / f"{pack}.toml"], {})
    assert not refused
    return rules


def _tests(pack: str) -> trial.TestFile:
    return read_tests(PACKS / "tests" / f"{pack}.toml")


@pytest.mark.parametrize("pack", NAMES)
def test_every_rule_of_a_pack_says_what_to_do_and_why_its_numbers(pack: str) -> None:
    for rule in _rules(pack):
        assert rule.reason, rule.concern.rule
        assert rule.concern.summary, rule.concern.rule
        assert rule.concern.advice, rule.concern.rule


@pytest.mark.parametrize("pack", NAMES)
def test_whoever_is_told_to_stop_is_told_by_the_cab(pack: str) -> None:
    for concern in (rule.concern for rule in _rules(pack)):
        assert concern.driver or concern.severity != "critical", concern.rule
        assert all(step.driver for step in concern.steps if step.severity == "critical"), concern.rule


@pytest.mark.parametrize("pack", PROFILES)
def test_a_pack_knows_the_vehicle_that_its_profile_is_of(pack: str) -> None:
    assert not look([pack], PROFILES[pack], []).refused


@pytest.mark.parametrize("pack", NAMES)
def test_every_rule_of_a_pack_has_a_test_in_which_it_fires(pack: str) -> None:
    fire = {rule for test in _tests(pack).test for one in test.expect for rule in one.firing}
    assert {rule.concern.rule for rule in _rules(pack)} <= fire


@pytest.mark.parametrize("pack", NAMES)
def test_a_pack_does_what_its_tests_say(pack: str) -> None:
    rules = _rules(pack)
    assert not [str(failure) for test in _tests(pack).test for failure in trial.try_out(rules, test)]
