"""`telltale-edge convert`: any recording as a candump log, through the command itself."""

from pathlib import Path

import pytest

from edge.cli import main
from edge.errors import EXIT_CONFIG

GVRET = "Time Stamp,ID,Extended,Bus,LEN,D1,D2,D3,D4,D5,D6,D7,D8\n{rows}"


def test_frames_keep_stamps_buses_and_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log, out = tmp_path / "drive.csv", tmp_path / "drive.log"
    rows = "1500000,0000021A,false,0,2,FE,36,00,00,00,00,00,00,\n1500001,18FEF100,true,1,0,\nnonsense\n"
    log.write_text(GVRET.format(rows=rows))
    assert main(["convert", str(log), "--out", str(out)]) == 0
    assert out.read_text() == "(0000000001.500000) 0 21A#FE36\n(0000000001.500001) 1 18FEF100#\n"
    told = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert (told["frames"], told["bad_line"], told["other_line"]) == ("2", "1", "1")


@pytest.mark.parametrize(
    ("name", "content", "out", "told"),
    [
        ("drive.csv", GVRET.format(rows=""), "x.log", "drive.csv: holds no frame (GVRET log)"),
        ("drive.csv", GVRET.format(rows="1,1,false,0,0,\n"), "x.asc", "x.asc: frames cannot be written there"),
        ("drive.txt", "hello\n", "x.log", "drive.txt: is no candump log (line 1: 'hello')"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, *, out: str, told: str
) -> None:
    (tmp_path / name).write_text(content)
    assert main(["convert", str(tmp_path / name), "--out", str(tmp_path / out)]) == EXIT_CONFIG
    assert told in capsys.readouterr().err
    assert not (tmp_path / out).exists()
