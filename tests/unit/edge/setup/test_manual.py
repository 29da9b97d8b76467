"""The installer's guide says what setup does: its steps, its flags, and the rates that it hears."""

import re
from dataclasses import fields

from edge.setup.coverage import Coverage
from edge.setup.rates import RATES
from edge.setup.steps import FACTS
from tests.programs import run
from tests.shared import ROOT

MANUAL = (ROOT / "systemd" / "README.md").read_text("utf-8")


def rows() -> list[list[str]]:
    """The cells of the table of steps."""
    [table] = [part for part in MANUAL.split("\n\n") if part.startswith("| step | what |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_flag_of_the_guide_is_one_and_every_one_is_in_it() -> None:
    said = set(re.findall(r"--[a-z-]+", run("telltale-edge", "setup", "--help").out))
    told = set(re.findall(r"--[a-z-]+", " ".join(row[2] for row in rows())))
    assert told <= said
    section = MANUAL[MANUAL.index("# From a bare machine") : MANUAL.index("## How it is wired")]
    assert {flag for flag in said if flag not in section} <= {"--help", "--state", "--status", "--first-boot"}


def test_the_guide_has_a_row_for_each_step() -> None:
    assert [row[0] for row in rows()] == [str(number) for number in range(1, 10)]


def test_the_rates_of_the_guide_are_those_that_are_heard() -> None:
    text = MANUAL[MANUAL.index("It sets the link to each rate") :].partition(";")[0]
    told = [(float(number), unit) for number, unit in re.findall(r"([\d.]+)(?= ?(Mbit/s)?)", text.partition("(")[2])]
    assert [round(number * (1000 if unit else 1)) for number, unit in told] == [round(rate / 1000) for rate in RATES]


def test_the_report_has_the_fields_of_the_guide() -> None:
    text = MANUAL[MANUAL.index("As JSON (`setup/1`) it has") :].partition(". A daemon")[0]
    assert re.findall(r"`([a-z]+)`", text) == [*FACTS, *(field.name for field in fields(Coverage))]
