"""Decoded rows in files: exact, the same bytes every time, and whole or not there."""

import csv
import json
import math
import resource
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError, EdgeError
from edge.files import FIELDS, ROW_GROUP, Draft, RowWriter, open_rows, seconds
from edge.signals import Signal, SignalBatch

NOW_NS = 1_637_353_675_975_229_000
TABLE = [
    Signal("Vehicle.Speed", "km/h", "Wheels", "WheelSpeed"),
    Signal("dbc.Gear.Lever", "", "Gear", "Lever", labels={0.0: "P", 1.0: 'R, "back"'}),
    Signal("Vehicle.Exterior.AirTemperature", "°C", "Climate", "Outside"),
]
ENDINGS = [".jsonl", ".csv", ".parquet"]


def samples(*rows: tuple[int, int, float], bus: str = "can0", exact: dict[int, int] | None = None) -> SignalBatch:
    plain = SignalBatch.of(rows, bus=bus)
    return SignalBatch(
        plain.time, plain.signal, plain.value, plain.bus, plain.buses, MappingProxyType(exact or {})
    )  # fmt: skip


BATCHES = [
    samples((NOW_NS, 0, 12.5), (NOW_NS, 1, 1.0)),
    samples((NOW_NS + 1, 2, -0.1), (166_000_000_000, 0, 100.0), bus="can1"),
    samples((NOW_NS + 2, 0, float(2**60)), (NOW_NS + 3, 0, math.inf), exact={0: 2**60 + 1}),
]


def write(file: Path, batches: list[SignalBatch]) -> bytes:
    writer = open_rows(file)
    for batch in batches:
        writer.write(batch, TABLE)
    writer.commit()
    writer.close()
    return file.read_bytes()


def test_json_lines_are_these_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "x.jsonl", BATCHES).decode() == (
        '{"time": 1637353675.975229, "bus": "can0", "message": "Wheels", "signal": "Vehicle.Speed", '
        '"value": 12.5, "unit": "km/h", "label": null}\n'
        '{"time": 1637353675.975229, "bus": "can0", "message": "Gear", "signal": "dbc.Gear.Lever", '
        '"value": 1.0, "unit": "", "label": "R, \\"back\\""}\n'
        '{"time": 1637353675.975229001, "bus": "can1", "message": "Climate", '
        '"signal": "Vehicle.Exterior.AirTemperature", "value": -0.1, "unit": "°C", "label": null}\n'
        '{"time": 166.0, "bus": "can1", "message": "Wheels", "signal": "Vehicle.Speed", '
        '"value": 100.0, "unit": "km/h", "label": null}\n'
        '{"time": 1637353675.975229002, "bus": "can0", "message": "Wheels", "signal": "Vehicle.Speed", '
        '"value": 1152921504606846977, "unit": "km/h", "label": null}\n'
        '{"time": 1637353675.975229003, "bus": "can0", "message": "Wheels", "signal": "Vehicle.Speed", '
        '"value": null, "unit": "km/h", "label": null}\n'
    )


def test_csv_is_these_bytes(tmp_path: Path) -> None:
    assert write(tmp_path / "x.csv", BATCHES).decode() == (
        "time,bus,message,signal,value,unit,label\n"
        "1637353675.975229,can0,Wheels,Vehicle.Speed,12.5,km/h,\n"
        '1637353675.975229,can0,Gear,dbc.Gear.Lever,1.0,,"R, ""back"""\n'
        "1637353675.975229001,can1,Climate,Vehicle.Exterior.AirTemperature,-0.1,°C,\n"
        "166.0,can1,Wheels,Vehicle.Speed,100.0,km/h,\n"
        "1637353675.975229002,can0,Wheels,Vehicle.Speed,1152921504606846977,km/h,\n"
        "1637353675.975229003,can0,Wheels,Vehicle.Speed,,km/h,\n"
    )


def read(file: Path) -> list[dict[str, Any]]:
    """The rows of any of our files, numbers as float64."""
    if file.suffix == ".parquet":
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(file).to_pylist()
        return rows
    with file.open(encoding="utf-8", newline="") as text:
        parsed = [json.loads(line) for line in text] if file.suffix == ".jsonl" else list(csv.DictReader(text))
    for row in parsed:
        row["time"] = float(row["time"])
        row["value"] = None if row["value"] in (None, "") else float(row["value"])
        row["label"] = row["label"] or None
    return parsed


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_holds_the_same_rows(tmp_path: Path, ending: str) -> None:
    write(tmp_path / "x.jsonl", BATCHES)
    write(tmp_path / f"y{ending}", BATCHES)
    rows = read(tmp_path / f"y{ending}")
    assert rows == read(tmp_path / "x.jsonl")
    assert tuple(rows[0]) == FIELDS
    assert [row["value"] for row in rows] == [12.5, 1.0, -0.1, 100.0, float(2**60), None]


@pytest.mark.parametrize("ending", ENDINGS)
def test_batches_do_not_show(tmp_path: Path, ending: str) -> None:
    rows = [(NOW_NS + row, row % 3, row / 7) for row in range(500)]
    at_once = write(tmp_path / f"a{ending}", [samples(*rows)])
    in_parts = write(tmp_path / f"b{ending}", [samples(*rows[at : at + 13]) for at in range(0, 500, 13)])
    assert at_once == in_parts


def test_parquet_keeps_a_bounded_number_of_rows_in_memory(tmp_path: Path) -> None:
    number = 2 * ROW_GROUP + 5
    batch = SignalBatch(
        np.arange(number), np.zeros(number, np.int32), np.arange(number, dtype=np.float64),
        np.zeros(number, np.uint8), ("can0",),
    )  # fmt: skip
    write(tmp_path / "x.parquet", [batch])
    file = pyarrow.parquet.ParquetFile(tmp_path / "x.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(3)] == [ROW_GROUP, ROW_GROUP, 5]
    assert file.read().column("value").to_pylist() == list(range(number))


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_rows_are_a_file_without_rows(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"x{ending}", [])
    assert read(tmp_path / f"x{ending}") == []


@given(st.integers(-(2**63), 2**63 - 1))
def test_seconds_are_exact(time_ns: int) -> None:
    text = seconds(time_ns)
    assert Decimal(text) * 10**9 == time_ns
    assert text == "0.0" or not text.endswith("00")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_appears_only_when_it_is_whole(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"x{ending}"
    file.write_text("what was there before")
    writer = open_rows(file)
    writer.write(BATCHES[0], TABLE)
    assert file.read_text() == "what was there before"
    writer.close()
    writer.close()
    assert file.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [file]
    write(file, BATCHES)
    assert len(read(file)) == 6
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "kind"), [("x.txt", r"\*\.txt"), ("x", "a name without an ending"), ("x.log", "log")])
def test_an_unknown_ending_is_refused_with_those_that_are_known(tmp_path: Path, name: str, kind: str) -> None:
    with pytest.raises(ConfigError, match=kind) as caught:
        open_rows(tmp_path / name)
    assert caught.value.remedy == "Let it end in .jsonl, .csv, .parquet"
    assert caught.value.file == str(tmp_path / name)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(("folder", "problem"), [("missing", "No such file"), ("taken", "Is a directory")])
def test_where_nothing_can_be_written_is_said_at_once(tmp_path: Path, ending: str, folder: str, problem: str) -> None:
    (tmp_path / f"taken{ending}").mkdir()
    file = tmp_path / f"taken{ending}" if folder == "taken" else tmp_path / "missing" / f"x{ending}"
    with pytest.raises(ConfigError, match=problem) as caught:
        open_rows(file)
    assert caught.value.file == str(file)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow above 100 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill(writer: RowWriter) -> None:
    noise = np.random.default_rng(1)
    for _ in range(4):
        rows = [(int(time), 0, float(value)) for time, value in noise.random((ROW_GROUP // 2, 2)) * 1e12]
        writer.write(samples(*rows), TABLE)
    writer.commit()


@pytest.mark.usefixtures("full_disk")
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_told_with_the_file_and_leaves_nothing(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"x{ending}"
    writer = open_rows(file)
    with pytest.raises(EdgeError, match=f"{file}: cannot be written: File too large. Make room"):
        fill(writer)
    writer.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
def test_a_disk_that_is_full_at_the_last_moment_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("before")
    draft = Draft(file)
    with draft.writing() as stream:
        stream.write(bytes(100_000))
        stream.write(b"x")  # still in memory
    with pytest.raises(EdgeError, match="File too large"):
        draft.commit()
    draft.close()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_parquet_without_pyarrow_is_refused(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path; from edge.errors import ConfigError; from edge.files import open_rows\n"
        "try: open_rows(Path(sys.argv[1]))\n"
        "except ConfigError as error: print(error)\n"
    )
    file = tmp_path / "x.parquet"
    told = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert told == f"{file}: Parquet needs pyarrow, which is not installed. Install telltale[parquet], or write .csv\n"
    assert list(tmp_path.iterdir()) == []
