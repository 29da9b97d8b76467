"""Which rules can fire as things are, and why the others cannot."""

import numpy as np
import pytest

from edge.detect.rules.rule import Rule, rule_of
from edge.status.arming import Arming
from edge.status.told import RULES_MAX

SPEED, COOLANT, OIL = "Vehicle.Speed", "dbc.Engine.Coolant", "dbc.Engine.Oil"
SLOT = {SPEED: 0, COOLANT: 1, OIL: 2}


def rule(name: str, expr: str) -> Rule:
    return rule_of(
        {"alert": name, "expr": expr, "component": "engine", "severity": "warning", "action": "watch", "summary": "s"}
    )


RULES = [
    rule("hot", f"{COOLANT} > 110"),
    rule("either", f"{COOLANT} > 110 or {OIL} > 130"),
    rule("fast", f"{SPEED} > 130"),
    rule("foreign", "dbc.Other.Thing > 1"),
    rule("quiet", f"unknown({OIL})"),
]


def look(heard: str, fresh: str, *, private: bool = False, is_off: bool = False) -> dict[str, str]:
    """`heard`, `fresh`: a digit for each signal of SLOT."""
    masks = [np.array([digit == "1" for digit in text]) for text in (heard, fresh)]
    told = Arming(RULES, 3, SLOT).look(*masks, private=private, is_off=is_off)
    assert told.refused == 3
    assert told.armed == len(RULES) - sum(told.unarmed.values())
    return {one.rule: one.why for one in told.named}


@pytest.mark.parametrize(
    ("heard", "fresh", "unarmed"),
    [
        ("111", "111", {"foreign": "no_database"}),
        ("000", "000", {
            "hot": "never_heard", "either": "never_heard", "fast": "never_heard", "foreign": "no_database",
        }),
        ("111", "000", {"hot": "stale", "either": "stale", "fast": "stale", "foreign": "no_database"}),
        ("111", "101", {"hot": "stale", "foreign": "no_database"}),
        ("101", "101", {"hot": "never_heard", "foreign": "no_database"}),
    ],
)  # fmt: skip
def test_a_rule_is_armed_where_its_condition_can_become_true(heard: str, fresh: str, unarmed: dict[str, str]) -> None:
    assert look(heard, fresh) == unarmed


def test_in_private_mode_what_is_personal_alone_is_not_judged() -> None:
    assert look("111", "111", private=True) == {"fast": "private", **PRIVATE_TOO, "foreign": "private"}


PRIVATE_TOO = {"hot": "private", "either": "private", "quiet": "private"}
"""What nobody has named may be anything (edge/personal.py)."""


def test_without_their_detector_none_is_armed() -> None:
    assert set(look("111", "111", is_off=True).values()) == {"switched_off"}


def test_many_are_counted_and_few_are_named() -> None:
    many = [rule(f"rule_{number}", f"{COOLANT} > {number}") for number in range(2 * RULES_MAX)]
    told = Arming(many, 0, SLOT).look(np.zeros(3, np.bool_), np.zeros(3, np.bool_), private=False, is_off=False)
    assert told.unarmed == {"never_heard": 2 * RULES_MAX}
    assert len(told.named) == RULES_MAX
    assert told.named[0].lacks == [COOLANT]


def test_it_is_looked_anew_only_where_something_has_changed() -> None:
    arming, nothing = Arming(RULES, 0, SLOT), np.zeros(3, np.bool_)
    first = arming.look(nothing, nothing, private=False, is_off=False)
    assert arming.look(nothing.copy(), nothing.copy(), private=False, is_off=False) is first
    heard = np.array([False, True, False])
    assert arming.look(heard, heard, private=False, is_off=False).armed == (first.armed or 0) + 2
