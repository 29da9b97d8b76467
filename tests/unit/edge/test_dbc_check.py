"""`telltale-edge dbc check`: the status says how much of the files is read, the lines say where it is not."""

import json
from pathlib import Path

import pytest

from edge.cli import main
from tests.shared import ROOT
from tests.unit.edge.databases import HEAD
from tests.unit.edge.test_dbc_reader import GOOD

KCD = """<?xml version="1.0"?>
<NetworkDefinition xmlns="http://kayak.2codeornot2code.org/1.0">
  <Document name="x" version="1"/>
  <Bus name="b"><Message id="0x100" name="Engine" length="8">
    <Signal name="Speed" offset="0" length="16"><Value slope="0.25" unit="rpm"/></Signal>
  </Message></Bus>
</NetworkDefinition>
"""


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    file = tmp_path / "broken.dbc"
    file.write_text(f"{HEAD}BO_ 256 A: 8 ECU\n{GOOD} SG_ ???\nBO_ 2048 B: 8 ECU\n{GOOD}")
    return file


def test_a_whole_file_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "dbc" / "telltale-car.dbc"
    assert main(["dbc", "check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: 22 messages, 71 signals; 0 repaired, 0 skipped\n"


def test_what_is_repaired_or_skipped_is_status_1_with_its_line(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dbc", "check", str(broken)]) == 1
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == f"{broken}: 2 messages, 2 signals; 1 repaired, 1 skipped"
    begin = HEAD.count("\n")
    assert lines == [
        f"  line {begin + 3}: skipped: a signal of A: no name and no place in the frame can be read",
        f"  line {begin + 4}: repaired: B: id 0x800 has more than 11 bits, so it is taken for one of 29",
    ]


def test_the_worst_file_says_the_status_and_a_program_can_read_it(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    none, kcd = tmp_path / "none.dbc", tmp_path / "car.kcd"
    kcd.write_text(KCD)
    assert main(["dbc", "check", "--json", str(kcd), str(broken), str(none)]) == 2
    whole, in_part, nothing = json.loads(capsys.readouterr().out)
    assert (whole["verdict"], whole["loaded"]) == ("whole", {"messages": 1, "signals": 1})
    assert in_part["verdict"] == "in_part"
    assert [one["what"] for one in in_part["skipped"]] == ["a signal of A"]
    assert nothing["verdict"] == "not_at_all"
    assert "no such database file" in nothing["error"]
