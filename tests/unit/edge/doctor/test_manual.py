"""The manual's table of checks is the code's, and so are the fields of --json."""

import json

from edge.cli_doctor import LISTEN_MAX_S, LISTEN_MIN_S, LISTEN_S
from edge.doctor.check import Result, well
from edge.doctor.every import CHECKS
from edge.doctor.examine import Outcome
from edge.doctor.look import WHOLE_S
from edge.doctor.told import EXIT_WRONG, SCHEMA, as_json
from edge.errors import EXIT_CONFIG
from tests.shared import ROOT

MANUAL = (ROOT / "systemd" / "README.md").read_text("utf-8")
PROSE = " ".join(MANUAL.split())


def test_the_table_of_checks() -> None:
    lines = MANUAL[MANUAL.index("| check | what it looks at |") :].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert rows == [[f"`{check.id}`", check.title, " · ".join(check.remedies)] for check in CHECKS]


def test_what_is_said_of_it() -> None:
    assert f"Exit status: 0 nothing is wrong, {EXIT_WRONG} something is, {EXIT_CONFIG} the configuration" in PROSE
    assert f"all of them together {WHOLE_S:.0f} s" in PROSE
    assert (LISTEN_MIN_S, LISTEN_S, LISTEN_MAX_S) == (0.5, 3.0, 15.0)
    assert "listens for three seconds" in PROSE


def test_the_fields_of_json() -> None:
    told = json.loads(as_json([Outcome(CHECKS[0], well("it is there"))], "2026-11-30T12:00:00Z"))
    assert f"`--json` is `{SCHEMA}`: `schema`, `at`, `version`, `exit_status` and `checks`" in PROSE
    assert list(told) == ["schema", "at", "version", "exit_status", "checks"]
    assert list(told["checks"][0]) == ["id", "title", "bus", "result", "seen", "remedy", "because"]
    assert (
        "of `id`, `title`, `bus` (null: the whole box), `result` (well, wrong, warning, none), `seen`, `remedy`"
        in PROSE
    )
    assert list(Result) == ["well", "wrong", "warning", "none"]


def test_each_check_comes_after_what_explains_it() -> None:
    places = {check.id: place for place, check in enumerate(CHECKS)}
    assert len(places) == len(CHECKS)
    for check in CHECKS:
        assert all(places[earlier] < places[check.id] for earlier in check.after), check.id
