"""What a vehicle gives and what not, which rules watch, and why the others do not; of frames heard and of a daemon."""

import json
from dataclasses import replace

import pytest

from edge.detect.rules.rule import Rule, rule_of
from edge.setup.coverage import Known, Sleeping, of_daemon, of_frames
from edge.setup.report import SCHEMA, json_of, text_of
from edge.status import told
from tests.unit.edge.status.a_status import bus, well

SPEED, HOT, LEVEL = "Vehicle.Speed", "Vehicle.OBD.IntakeTemp", "Vehicle.Telltale.Coolant.Level"


def rule(name: str, expr: str) -> Rule:
    return rule_of({
        "alert": name, "expr": expr, "component": "engine", "severity": "warning", "action": "watch",
        "summary": "It is so", "driver": "It is so",
    })  # fmt: skip


FAST, HOTTER, EITHER, LOW = (
    rule("fast", f"{SPEED} > 100"),
    rule("hotter", f"{HOT} > 110"),
    rule("either", f"{SPEED} > 100 or {LEVEL} < 10"),
    rule("low", f"{LEVEL} < 10 and {SPEED} > 0"),
)
KNOWN = Known({SPEED, HOT}, [FAST, HOTTER, EITHER, LOW], ["rule broken: no such signal"], ["the connector is silent"])


def test_of_frames_a_rule_is_armed_that_can_fire_by_what_was_heard() -> None:
    coverage = of_frames(KNOWN, {SPEED}, "no daemon runs")
    assert (coverage.heard, coverage.missing) == ((SPEED,), (HOT,))
    assert coverage.armed == ("fast", "either")
    assert coverage.unarmed == (
        Sleeping("hotter", "never_heard", (HOT,)),
        Sleeping("low", "no_database", (LEVEL,)),
    )
    assert (coverage.blocked, coverage.refused) == (("the connector is silent",), ("rule broken: no such signal",))
    assert (coverage.verdict, coverage.is_wrong) == ("unknown: no daemon runs", False)


def test_a_daemon_that_is_well_says_what_it_has_and_why_a_rule_sleeps() -> None:
    named = [told.UnarmedRule(rule="hotter", why="stale", lacks=[HOT])]
    status = well(rules=told.Rules(armed=3, unarmed={"stale": 1}, refused=0, named=named))
    coverage = of_daemon(KNOWN, status)
    assert (coverage.verdict, coverage.is_wrong) == ("healthy", False)
    assert coverage.unarmed == (Sleeping("hotter", "stale", (HOT,)),)
    assert coverage.armed == ("fast", "either", "low")
    assert coverage.blocked[0] == "the connector is silent"
    assert coverage.blocked[1].startswith("2 signals are not told here")


def test_more_sleeping_rules_than_it_names_are_worked_out() -> None:
    many = [rule(f"low_{number}", f"{LEVEL} < {number}") for number in range(30)]
    named = [told.UnarmedRule(rule=f"low_{number}", why="no_database", lacks=[LEVEL]) for number in range(20)]
    status = well(rules=told.Rules(armed=1, unarmed={"no_database": 30}, refused=0, named=named))
    coverage = of_daemon(replace(KNOWN, rules=[FAST, *many]), status)
    assert coverage.armed == ("fast",)
    assert len(coverage.unarmed) == 30


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"buses": [bus(state="down", why="Network is down")]}, "bus engine is down: Network is down"),
        ({"buses": [bus(heard_ago_s=None, frames=0)]}, "has said nothing yet. Ignition on?"),
        ({"daemon__judged_ago_s": 30.0}, "nothing was judged for 30 s"),
    ],
)
def test_a_daemon_that_is_not_well_says_what_is_wrong_and_what_to_do(changed: dict[str, object], words: str) -> None:
    coverage = of_daemon(KNOWN, well(**changed))
    assert coverage.is_wrong
    assert coverage.verdict.startswith("wrong: ")
    assert words in coverage.verdict


def test_diagnostics_that_are_silent_are_in_the_way() -> None:
    silent = told.Asker(bus="can0", trouble=None, silent_because="nothing_heard", counters={})
    assert "diagnostics of can0 are silent: nothing heard" in of_daemon(KNOWN, well(diagnostics=[silent])).blocked


def test_a_program_gets_everything() -> None:
    told_of = json.loads(json_of(of_frames(KNOWN, {SPEED}, "no daemon runs"), source="can:can0"))
    assert (told_of["schema"], told_of["source"]) == (SCHEMA, "can:can0")
    assert told_of["unarmed"][0] == {"rule": "hotter", "why": "never_heard", "lacks": [HOT]}
    assert told_of["missing"] == [HOT]


def test_a_person_gets_what_fits() -> None:
    paths = {f"Vehicle.Telltale.Signal{number:03}" for number in range(100)}
    lines = list(text_of(of_frames(replace(KNOWN, paths=paths), paths, "no daemon runs")))
    assert lines[0] == "this vehicle gives 100 signals"
    assert "  70 more; --json has them all" in lines
    assert "armed: 0 of 4 rules" in lines
    assert f"not armed: fast, no database: {SPEED}" in lines
    assert lines[-1] == "verdict: unknown: no daemon runs"
    assert max(map(len, lines)) <= 100
