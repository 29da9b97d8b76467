"""Files with a row for each moment: whole or absent, nothing unknown as a number, and the same however they come."""

import csv
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types
import pytest

from edge.errors import ConfigError, EdgeError
from edge.tables import KINDS, ROW_GROUP, open_table


@dataclass(frozen=True)
class Column:
    name: str
    unit: str


COLUMNS = [Column("Vehicle.Speed", "km/h"), Column("dbc.A.B", ""), Column("Vehicle.TraveledDistance", "m")]
TIME_S = np.array([0.0, 0.1, 7.3, 123456.7])
VALUES = np.array([[0.0, 1.0, 50881000.0], [13.37, np.nan, 50881000.5], [-0.25, 2.0, np.nan], [np.nan] * 3])


@pytest.fixture(params=KINDS)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"study{request.param}"


def written(file: Path, *cuts: slice) -> Path:
    with closing(open_table(file, COLUMNS)) as writer:
        for cut in cuts or (slice(None),):
            writer.write(TIME_S[cut], VALUES[cut])
        assert not file.exists()
        writer.commit()
        assert writer.rows == sum(len(TIME_S[cut]) for cut in cuts or (slice(None),))
    assert list(file.parent.iterdir()) == [file]
    return file


def read(file: Path) -> tuple[list[str], list[list[float | None]]]:
    if file.suffix == ".csv":
        with file.open(newline="") as stream:
            header, *rows = csv.reader(stream)
        return header, [[float(text) if text else None for text in row] for row in rows]
    table = pyarrow.parquet.read_table(file)
    return table.column_names, [list(row.values()) for row in table.to_pylist()]


def test_what_is_written_is_read_and_what_is_unknown_is_nothing(file: Path) -> None:
    header, rows = read(written(file))
    assert header == ["time", "Vehicle.Speed", "dbc.A.B", "Vehicle.TraveledDistance"]
    assert rows == [
        [0.0, 0.0, 1.0, 50881000.0],
        [0.1, 13.37, None, 50881000.5],
        [7.3, -0.25, 2.0, None],
        [123456.7, None, None, None],
    ]


def test_the_same_rows_give_the_same_file_however_they_come(file: Path) -> None:
    whole = written(file).read_bytes()
    file.unlink()
    assert written(file, slice(0, 1), slice(1, 1), slice(1, 4)).read_bytes() == whole


def test_csv_has_a_header_and_empty_cells(tmp_path: Path) -> None:
    text = written(tmp_path / "study.csv").read_bytes()
    assert text == (
        b"time,Vehicle.Speed,dbc.A.B,Vehicle.TraveledDistance\n"
        b"0,0,1,50881000\n0.1,13.37,,50881000.5\n7.3,-0.25,2,\n123456.7,,,\n"
    )


def test_parquet_knows_units_and_is_compressed_by_the_hour(tmp_path: Path) -> None:
    file = tmp_path / "study.parquet"
    rows = ROW_GROUP + 5
    with closing(open_table(file, COLUMNS)) as writer:
        for first in range(0, rows, 997):
            time_s = np.arange(first, min(first + 997, rows)) / 10.0
            writer.write(time_s, np.column_stack([time_s * scale for scale in (1.0, 2.0, 3.0)]))
        writer.commit()
    found = pyarrow.parquet.ParquetFile(file)
    assert [found.metadata.row_group(group).num_rows for group in range(found.num_row_groups)] == [ROW_GROUP, 5]
    assert [found.schema_arrow.field(place).metadata[b"unit"] for place in range(4)] == [b"s", b"km/h", b"", b"m"]
    table = found.read()
    assert table["time"].to_pylist() == [row / 10.0 for row in range(rows)]
    assert table["Vehicle.TraveledDistance"].to_pylist() == [row / 10.0 * 3.0 for row in range(rows)]


def test_a_file_that_is_not_committed_leaves_what_was_there(file: Path) -> None:
    file.write_text("before")
    writer = open_table(file, COLUMNS)
    writer.write(TIME_S, VALUES)
    writer.close()
    writer.close()
    assert file.read_text() == "before"
    assert list(file.parent.iterdir()) == [file]


def test_an_empty_table_has_its_header(file: Path) -> None:
    with closing(open_table(file, COLUMNS)) as writer:
        writer.commit()
    assert read(file) == (["time", *(column.name for column in COLUMNS)], [])


def test_a_folder_that_is_not_there_is_a_mistake(file: Path) -> None:
    with pytest.raises(ConfigError, match="Make the folder first"):
        open_table(file.parent / "nowhere" / file.name, COLUMNS)


def test_without_its_library_it_is_said_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from pathlib import Path\n"
        "from edge.errors import ConfigError\n"
        "from edge.tables import open_table\n"
        f"open_table(Path({str(tmp_path / 'x.csv')!r}), []).close()\n"
        "try:\n"
        f"    open_table(Path({str(tmp_path / 'x.parquet')!r}), [])\n"
        "except ConfigError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert "Install telltale[parquet], or write .csv" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow above 100 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_with_the_file_and_leaves_nothing(file: Path) -> None:
    writer = open_table(file, COLUMNS)
    values = np.random.default_rng(1).normal(size=(ROW_GROUP, len(COLUMNS)))
    with pytest.raises(EdgeError, match=f"{file}: cannot be written: File too large. Make room"):
        writer.write(np.arange(ROW_GROUP) / 10.0, values)
    writer.close()
    assert list(file.parent.iterdir()) == []
