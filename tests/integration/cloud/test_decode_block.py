"""`telltale-cloud decode-block` as a person starts it."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet  # type: ignore[import-untyped]  # it has no types

from edge.bus.candump import format_frames
from edge.wire import blocks
from edge.wire.frame_block import encode_frames
from tests.contract.block_contents import golden_frames, golden_samples
from tests.contract.golden import FOLDER
from tests.in_columns import framed
from tests.programs import program
from tests.unit.cloud.test_blocks import batch

TELEMETRY = FOLDER / "up.telemetry.samples.bin"
MESSAGE = FOLDER / "up.capture.frames.bin"
LOG = format_frames(batch(golden_frames()))
NOTE = "telltale-cloud: note: 2 times are written in nanoseconds; telltale-edge reads them"


def decode_block(*arguments: str | Path, typed: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    words = [program("telltale-cloud"), "decode-block", *map(str, arguments)]
    return subprocess.run(words, input=typed, capture_output=True, timeout=60, check=False)


def test_a_message_becomes_a_log_on_the_screen_and_in_a_file(tmp_path: Path) -> None:
    shown = decode_block(MESSAGE)
    assert (shown.returncode, shown.stdout) == (0, LOG)
    assert shown.stderr.decode().startswith(NOTE)
    written = decode_block("-", "--out", tmp_path / "drive.log", typed=MESSAGE.read_bytes())
    assert (written.returncode, written.stdout) == (0, b"")
    assert (tmp_path / "drive.log").read_bytes() == LOG
    assert [file.name for file in tmp_path.iterdir()] == ["drive.log"]


def test_a_bare_block_becomes_tables(tmp_path: Path) -> None:
    _, block = blocks.split(MESSAGE.read_bytes())
    (tmp_path / "bare").write_bytes(block)
    for name in ("drive.csv", "drive.parquet"):
        ended = decode_block(tmp_path / "bare", "--format", "frames/1", "--out", tmp_path / name)
        assert (ended.returncode, ended.stderr) == (0, b"")
    frames = golden_frames()
    lines = (tmp_path / "drive.csv").read_text().splitlines()
    assert lines[:2] == ["time_ns,bus,id,flags,length,payload", "1767225600000000000,can0,2F0,0,8,0011223300000009"]
    assert len(lines) == 1 + len(frames)
    assert pyarrow.parquet.read_table(tmp_path / "drive.parquet")["time_ns"].to_pylist() == frames.time.tolist()


def test_samples_become_tables(tmp_path: Path) -> None:
    shown = decode_block(TELEMETRY)
    assert (shown.returncode, shown.stderr) == (0, b"")
    lines = shown.stdout.decode().splitlines()
    assert lines[:2] == ["time_ns,signal,value,unit,word", "1767225600000000000,Vehicle.Speed,50.0,km/h,"]
    assert "1767225600060000000,Vehicle.Powertrain.CombustionEngine.Speed,,rpm," in lines, "unknown is empty"
    assert "1767225600200000005,Vehicle.Telltale.Gear,,,R" in lines
    assert decode_block(TELEMETRY, "--out", tmp_path / "x.parquet").returncode == 0
    table = pyarrow.parquet.read_table(tmp_path / "x.parquet")
    assert table["time_ns"].to_pylist() == golden_samples().time.tolist()
    assert table["value"].null_count == 2 + 3, "two that are unknown, three that are words"


def test_parquet_without_pyarrow_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text("raise ImportError\n")
    code = "import sys; from cloud.cli import main; sys.exit(main(sys.argv[1:]))"
    path = os.pathsep.join([str(tmp_path), *sys.path])
    ended = subprocess.run(
        [sys.executable, "-c", code, "decode-block", str(MESSAGE), "--out", str(tmp_path / "x.parquet")],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 78
    assert "pyarrow, which is not installed. Install telltale[parquet], or write .csv" in ended.stderr


def cut(folder: Path) -> Path:
    file = folder / "cut.bin"
    file.write_bytes(MESSAGE.read_bytes()[:-3])
    return file


def negative(folder: Path) -> Path:
    file = folder / "negative.bin"
    frames = golden_frames()
    frames.time[0] = -1
    file.write_bytes(encode_frames(frames))
    return file


def test_what_cannot_be_done_is_one_line_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(encode_frames(framed([])))
    cases: list[tuple[int, str, tuple[str | Path, ...]]] = [
        (78, "cannot be read (No such file or directory). Name a message", ("/nowhere",)),
        (
            78,
            "--out: a block cannot be written as *.txt. Let it end in .log, .csv, .parquet",
            (MESSAGE, "--out", "x.txt"),
        ),
        (78, "--out: a block cannot be written as a name without an ending", (MESSAGE, "--out", "x")),
        (78, "cannot be written (No such file or directory). Make the folder", (MESSAGE, "--out", "/nowhere/x.csv")),
        (78, "--out: samples are no frames", (TELEMETRY, "--out", tmp_path / "x.log")),
        (1, "SHA-256 that its envelope names. Get the message again", (cut(tmp_path),)),
        (1, "this does not begin with TTB1", (tmp_path / "empty",)),
        (1, "are taken. Is it a whole block of frames/1?", (MESSAGE, "--format", "frames/1")),
        (78, "knows none below 0. Write .csv or .parquet", (negative(tmp_path), "--format", "frames/1")),
    ]
    for status, says, arguments in cases:
        ended = decode_block(*arguments)
        told = ended.stderr.decode()
        assert (ended.returncode, ended.stdout) == (status, b""), told
        assert told.startswith("telltale-cloud: ")
        assert says in told
        assert told.count("\n") == 1


def test_a_reader_that_goes_away_is_no_trouble() -> None:
    words = [program("telltale-cloud"), "decode-block", str(MESSAGE)]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as nobody:
        ended = subprocess.run(words, stdout=nobody, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ended.returncode == 1
    assert b"Traceback" not in ended.stderr
