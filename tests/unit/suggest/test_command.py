"""`telltale-edge profile suggest`: what it says, what it writes, and what it refuses."""

import json
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from edge.bus.candump import format_frames
from edge.cli import main
from edge.frames import FrameBatch
from edge.suggest.report import FITS_SHOWN, UNKNOWN_SHOWN
from tests.unit.suggest.traffic import database_text, frames_of, layout_of

IDS = [0x100 + 9 * n for n in range(20)]
KNOWN = IDS[:12]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made vehicle whose database knows 12 of its 20 ids."""
    file = tmp_path_factory.mktemp("log") / "drive.log"
    file.write_bytes(format_frames(FrameBatch.of(frames_of(layout_of(1, IDS), 1))))
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "right.dbc").write_text(database_text(layout_of(1, IDS[:12])))
    (tmp_path / "wrong.dbc").write_text(database_text(layout_of(2, IDS)))
    (tmp_path / "broken.dbc").write_text("no database")
    (tmp_path / "notes.txt").write_text("not looked at")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["profile", "suggest", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_it_names_the_right_database_of_a_folder_and_what_nobody_understands(
    log: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = said(capsys, log, "--dbc", folder)
    assert "can0: 1,920 frames of 20 ids" in out
    assert "take: right.dbc (60.0% of the frames, 12 messages)" in out
    lines = out.splitlines()
    assert next(line for line in lines if "right.dbc" in line and "fits" in line)
    assert next(line for line in lines if "wrong.dbc" in line and "does not fit" in line)
    assert "nobody understands 8 ids, 40.0% of the frames" in out
    assert f"{IDS[-1]:03X}" in out
    assert "counter or selector" in out
    assert "checksum: byte 7 (sum + 0B)" in out
    assert "not read: " in out
    assert "broken.dbc: holds no CAN messages" in out
    assert max(len(line) for line in lines if "not read" not in line) < 200
    assert len(lines) < FITS_SHOWN + UNKNOWN_SHOWN + 20


def test_where_none_fits_it_says_so(log: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, log, "--dbc", folder / "wrong.dbc")
    assert "take: none of 1 databases fits" in out
    shipped = said(capsys, log)
    assert "fits" not in re.sub(r"none of [0-9]+ databases fits", "", shipped).replace("does not fit", "")


def test_a_program_gets_everything(log: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(capsys, log, "--json", "--dbc", folder))
    (bus,) = told["buses"]
    assert bus["take"] == [{"file": str(folder / "right.dbc"), "messages": 12, "share": 0.6}]
    right, wrong = bus["databases"]
    assert (right["verdict"], right["speak_for"], right["speak_against"]) == ("fits", 12, 0)
    assert (wrong["verdict"], wrong["speak_for"]) == ("does not fit", 0)
    assert right["messages"][0]["tests"]["counter"]["agreement"] == 1.0
    assert "cycle" not in right["messages"][0]["tests"], "the file says none"
    assert [one["id"] for one in bus["unknown"]] == [f"{one:03X}" for one in IDS[12:]]
    assert [one["file"] for one in told["unread"]] == [str(folder / "broken.dbc")]
    assert told["counters"]["frames"] == 1920


def test_the_profile_that_it_writes_is_one_that_check_takes(
    log: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "profiles" / "odd name “x”.profile.toml"
    out.parent.mkdir()
    said(capsys, log, "--dbc", folder, "--out", out)
    assert 'databases = ["../right.dbc"]' in out.read_text("utf-8")
    assert main(["check", "--bus", f"log:{log}", "--profile", str(out), "--state", str(tmp_path)]) == 0
    assert "right.dbc" in capsys.readouterr().out


def test_of_several_buses_each_has_its_own_databases_and_the_profile_runs(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two vehicles of the same ids in one log, and a third bus that no database explains."""
    first, second = frames_of(layout_of(1, KNOWN), 1), frames_of(layout_of(2, IDS), 2)
    frames = [*first, *(replace(one, bus="can1") for one in second), *(replace(one, bus="odd", id=7) for one in first)]
    log = tmp_path / "both.log"
    log.write_bytes(format_frames(FrameBatch.of(sorted(frames, key=lambda one: one.time))))
    out = tmp_path / "both.profile.toml"
    said(capsys, log, "--dbc", folder, "--out", out)
    buses = [(bus["name"], bus["databases"]) for bus in tomllib.loads(out.read_text())["bus"]]
    assert buses == [("can0", ["right.dbc"]), ("can1", ["wrong.dbc"]), ("odd", [])]
    report = tmp_path / "report.json"
    run = ["run", "--bus", f"log:{log}", "--speed", "max", "--report", str(report), "--state", str(tmp_path)]
    assert main([*run, "--profile", str(out)]) == 0
    account = json.loads(report.read_text())
    assert (account["frames_known"], account["frames_unknown"]) == (len(first) + len(second), len(first))
    assert (account["ids_known"], account["ids_unknown"]) == (len(KNOWN) + len(IDS), 1)


def test_of_more_buses_than_a_profile_has_room_for_those_with_databases_come_first(
    folder: Path, tmp_path: Path
) -> None:
    frames = frames_of(layout_of(1, KNOWN), 1)
    others = [replace(one, bus=f"can{number}", id=7) for number in range(20) for one in frames[:40]]
    log = tmp_path / "many.log"
    log.write_bytes(format_frames(FrameBatch.of([*others, *(replace(one, bus="last") for one in frames)])))
    out = tmp_path / "many.profile.toml"
    assert main(["profile", "suggest", str(log), "--dbc", str(folder), "--out", str(out)]) == 0
    buses = tomllib.loads(out.read_text())["bus"]
    assert len(buses) == 16
    assert buses[-1] == {"name": "last", "databases": ["right.dbc"]}


def test_without_a_database_that_fits_the_profile_names_none(
    log: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "none.profile.toml"
    said(capsys, log, "--dbc", folder / "wrong.dbc", "--out", out)
    assert "databases = []" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["{log}", "--dbc", "{empty}"], "holds no database"),
        (["{log}", "--out", "{empty}/x.toml"], "Let it end in .profile.toml"),
        (["{log}", "--out", "{empty}/no/x.profile.toml"], "cannot be written"),
        (["{empty}/none.log"], "none.log"),
        (["{log}", "--dbc", "{empty}/none.dbc"], "there is no such file or folder"),
    ],
)
def test_what_cannot_be_done_is_status_78_and_says_what_to_do(
    arguments: list[str], complaint: str, log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = [one.format(log=log, empty=tmp_path) for one in arguments]
    assert main(["profile", "suggest", *written]) == 78
    assert complaint in capsys.readouterr().err


def test_of_a_database_that_only_looks_like_j1939_the_profile_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "truck.log"
    assert main(["simulate", "--vehicle", "truck", "--duration", "20", "--out", str(log)]) == 0
    shipped = (Path(__file__).parents[3] / "dbc" / "telltale-truck.dbc").read_text()
    silent = "\n".join(
        line for line in shipped.splitlines() if "VFrameFormat" not in line and "ProtocolType" not in line
    )
    (tmp_path / "silent.dbc").write_text(silent)
    out = tmp_path / "truck.profile.toml"
    text = said(capsys, log, "--dbc", tmp_path / "silent.dbc", "--out", out)
    assert "speaks J1939" in text
    assert "take: silent.dbc" in text
    assert 'write protocol = "j1939" at the top of silent.vss.toml' in out.read_text()
