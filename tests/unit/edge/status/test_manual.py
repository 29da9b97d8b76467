"""The manual's table of the status file is the file's."""

from edge.cli_status import EXIT_NO_DAEMON, EXIT_WRONG
from edge.status.look import OLD_S
from edge.status.place import FOLDER, NAME
from edge.status.told import ALERTS_MAX, RULES_MAX, SCHEMA, SIGNALS_MAX, sections
from tests.shared import ROOT

MANUAL = (ROOT / "edge" / "README.md").read_text("utf-8")
PROSE = " ".join(MANUAL.split())


def test_the_table_of_the_file() -> None:
    lines = MANUAL[MANUAL.index("| part of the file |") :].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    wanted = [[f"`{name}`", ", ".join(f"`{one}`" for one in fields)] for name, fields in sections().items()]
    assert [row[:2] for row in rows] == wanted
    assert all(row[2] for row in rows)


def test_what_is_said_of_it() -> None:
    assert f"`{FOLDER}/{NAME}`" in PROSE
    assert f"`{SCHEMA}`" in PROSE
    assert f"Exit status: 0 all is well, {EXIT_WRONG} something is wrong, {EXIT_NO_DAEMON} no daemon runs" in PROSE
    assert f"older than {OLD_S:.0f} s" in PROSE
    assert f"at most {SIGNALS_MAX} signals, {ALERTS_MAX} alerts and {RULES_MAX} unarmed rules by name" in PROSE
