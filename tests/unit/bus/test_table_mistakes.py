"""Tables and column maps that cannot be used: refused with the file, the place and what to do."""

import sys
from pathlib import Path

import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types
import pytest

from edge.bus.spec import SourceSpec
from edge.bus.table.layout import layout_of
from edge.bus.table.signals import notes_on_table
from edge.bus.table.source import open_table
from edge.errors import ConfigError
from tests.unit.bus.tabled import mapped, read

SPEED = "Vehicle.Speed"
TABLE = f"time,{SPEED},rpm\n0,1,800\n"
RPM = "Vehicle.Powertrain.CombustionEngine.Speed"


def refusal(source: str | Path) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read(source)
    assert caught.value.problem
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "problem", "remedy"),
    [
        ('[time]\ncolumn = "tiem"', "time.column", "has no column 'tiem'", "Did you mean 'time'?"),
        ('[trip]\ncolumn = "drive"', "trip.column", "has no column 'drive'", "are 'time', 'Vehicle.Speed', 'rpm'"),
        (f'[[column]]\nname = "rmp"\npath = "{RPM}"', "column 'rmp'", "has no column 'rmp'", "Did you mean 'rpm'?"),
        ('[[column]]\nname = "rpm"\npath = "Vehicle.Engine"', "column 'rpm'", "not in the catalogue", "Add unit"),
        ('[[column]]\nname = "rpm"\npath = "Vehicle.Sped"', "column 'rpm'", "not in the catalogue", "Vehicle.Speed?"),
        ('[[column]]\nname = "rpm"\npath = "speed"', "column.1.path", "match", "Signal tables"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\nunit = "bar"', "column 'rpm'", "measure different", "the factor"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\nunit = "gal"', "column 'rpm'", "US or imperial", "the factor"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\nunit = "Hz"\nfactor = 60', "column 'rpm'", "two things", "one of"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\nfactor = 0', "column.1", "factor = 0", "Signal tables"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\nlow = 2\nhigh = 1', "column.1", "low is above", "Signal tables"),
        (f'[[column]]\nname = "rpm"\npath = "{SPEED}"', "", f"'rpm', '{SPEED}' are all", "Leave all but one"),
        (f'[[column]]\nname = "rpm"\npath = "{RPM}"\n' * 2, "", "two [[column]] have the name 'rpm'", "Signal tables"),
        ("[time]\nrate_hz = 10\ncolumn = 'time'", "time", "not both", "Signal tables"),
        ("[time]\nrate_hz = 0", "time.rate_hz", "greater than", "Signal tables"),
        ('[time]\nzone = "Mars"', "time.zone", "there is no time zone 'Mars'", "Signal tables"),
        ('[time]\ndate = "2024-05-01"', "time", "date goes with", "Signal tables"),
        ('[time]\ndate_column = "rpm"', "time", "date_column goes with", "Signal tables"),
        ('[time]\nformat = "time_of_day"\ndate = "1924-05-01"', "time", "not in the years", "Signal tables"),
        ('[time]\nformat = "unix"', "time.format", "Input should be", "Signal tables"),
        ('[csv]\ndelimiter = ","\ndecimal = ","', "csv", "cannot be told apart", "Signal tables"),
        ("[columns]", "columns", "Extra inputs", "Signal tables"),
        ("[time", "", "is not TOML", "Mend"),
    ],
)  # fmt: skip
def test_a_wrong_column_map_is_refused(text: str, place: str, problem: str, remedy: str, tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text(TABLE)
    error = refusal(mapped(file, text))
    assert error.file in (str(file), str(tmp_path / "columns.toml"))
    assert error.place == place
    assert problem in error.problem
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (b"", "is empty", "first line names its columns"),
        (b"\n\r\n", "is empty", "first line names its columns"),
        (b",,,\n", "names 0 columns", "1 to 16,384"),
        (b"a,b\n1,2\n", "has no column 'time'", "[time] column"),
        (b"time,b\n1,2\n", "no column is a signal", "Call columns as VSS does"),
        (b"time,Vehicle.Speed,Vehicle.Speed\n1,2,3\n", "has 2 columns 'Vehicle.Speed'", "a name of its own"),
        (b"time,time,Vehicle.Speed\n1,2,3\n", "has 2 columns 'time'", "a name of its own"),
        (b"time,Vehicle.Speed\n", "no row with a time", "format"),
        (b"time,Vehicle.Speed\nsoon,1\n", "no row with a time that can be read (rows 1, no_time 1)", "format"),
        (b"\x1f\x8bnonsense", "cannot be unpacked", "first line"),
        (b"PAR1 but no more", "cannot be read as Parquet", "a whole Parquet file"),
        (b'"' + b"x" * 200_000 + b"\n", "is no table", "first line"),
        (b"time," + b",".join(b"dbc.A.B%d" % one for one in range(5000)), "5,000 columns are signals", "4,096"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content: bytes, problem: str, remedy: str, tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_bytes(content)
    error = refusal(file)
    assert error.file == str(file)
    assert problem in error.problem
    assert remedy in error.remedy


def test_what_is_not_there_or_can_be_read_only_once_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path / "gone.csv").problem
    assert "read twice" in refusal("table:/dev/null").problem
    assert "read twice" in refusal(tmp_path).problem
    (file := tmp_path / "t.csv").write_text(TABLE)
    assert refusal(f"table:{file}?map={tmp_path / 'gone.toml'}").problem == "no such column map file"
    assert "neither on nor off" in refusal(f"table:{file}?loop=maybe").problem


def test_a_damaged_parquet_file_is_refused_where_it_is_damaged(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(
        pyarrow.table({"time": [1.0] * 9000, SPEED: [2.0] * 9000}), file := tmp_path / "t.parquet"
    )
    whole = bytearray(file.read_bytes())
    whole[4:200] = b"\xff" * 196
    file.write_bytes(whole)
    assert "cannot be read as Parquet" in refusal(file).problem
    pyarrow.parquet.write_table(pyarrow.table({"time": [1.0], SPEED: [[2.0]]}), file)
    assert "holds neither numbers nor texts" in refusal(file).problem


def test_without_pyarrow_a_parquet_file_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"time": [1.0], SPEED: [2.0]}), file := tmp_path / "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = refusal(file)
    assert "pyarrow, which is not installed" in error.problem
    assert error.remedy == "Install telltale[parquet], or give a .csv"


def test_columns_that_are_no_signals_are_told_and_the_others_run(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text("time,Vehicle.Speed,Vehicle.Odd.Thing,rpm,note\n0,1,2,3,4\n")
    notes = notes_on_table(layout_of(SourceSpec.parse(f"table:{file}")), {})
    assert notes == [
        "t.csv: left out 'rpm', 'note': a column map (?map=columns.toml) can say which signals they are",
        "t.csv: nobody says the unit of 'Vehicle.Odd.Thing' (a column map can)",
    ]
    source = SourceSpec.parse(mapped(file, f'[[column]]\nname = "rpm"\npath = "{RPM}"'))
    assert notes_on_table(layout_of(source), {})[0] == "t.csv: left out 'note': columns.toml does not name them"
    with_all = open_table(source)
    assert (batch := with_all.read(0)) is not None
    assert len(batch) == 3
    with_all.close()


def test_older_names_of_vss_are_known(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text("time,Vehicle.TravelledDistance\n0,1\n")
    assert read(file).units == {"Vehicle.TraveledDistance": "m"}
