"""Signal tables as sources: what is known of a row is a frame, what is not is none, and time never goes back."""

import gzip
import logging
import math
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.bus.spec import SourceSpec
from edge.bus.table.axis import GAP_NS
from edge.bus.table.column_map import load_column_map
from edge.bus.table.layout import layout_of
from edge.bus.table.parquet_rows import cells_of
from edge.bus.table.signals import database_of, notes_on_table
from edge.bus.table.source import FRAMES_MAX, open_table
from edge.decode.database import load_database
from edge.errors import ConfigError
from edge.frames import EXTENDED
from edge.signals import Signal
from edge.simulate import Simulated, simulate
from tests.shared import ROOT
from tests.unit.bus.tabled import WRITERS, Cell, Columns, S, mapped, read, text_of

SPEED = "Vehicle.Speed"
COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
GAP_S = GAP_NS / S
Write = Callable[[Columns], Path]


@pytest.fixture(params=WRITERS)
def write(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    return lambda columns: WRITERS[request.param](tmp_path, columns)


def test_known_cells_are_samples_and_unknown_ones_are_none(write: Write) -> None:
    columns: Columns = {"time": [0.0, 0.1, 0.2], SPEED: [1.5, None, 2.5], "dbc.A.B": [None, None, -7.25]}
    found = read(write(columns))
    assert found.samples == [
        (0, SPEED, 1.5),
        (200_000_000, SPEED, 2.5),
        (200_000_000, "dbc.A.B", -7.25),
    ]
    assert found.units == {SPEED: "km/h", "dbc.A.B": ""}
    counted = {name: count for name, count in found.counters.items() if count}
    assert counted == {"rows": 3, "frames": 3, "empty_cell": 3, "trips": 1}


def test_a_frame_carries_one_little_endian_float64_under_the_number_of_its_column(write: Write) -> None:
    table = open_table(SourceSpec.parse(f"table:{write({'time': [1.5], 'dbc.A.B': [0.0], SPEED: [-2.0]})}"))
    batch = table.read(0)
    assert batch is not None
    assert [(frame.time, frame.id, frame.flags, frame.bus) for frame in batch.frames()] == [
        (1_500_000_000, 0, EXTENDED, "table"),
        (1_500_000_000, 1, EXTENDED, "table"),
    ]
    assert [frame.payload.hex() for frame in batch.frames()] == ["0000000000000000", "00000000000000c0"]
    assert table.read(0) is None
    assert not table.live
    table.close()
    table.close()


def test_epoch_stamps_are_kept_to_the_microsecond(write: Write) -> None:
    stamps = [1_700_000_000.1, 1_700_000_000.2, 1_700_000_000.123456]
    found = read(write({"time": sorted(stamps), SPEED: [1.0, 2.0, 3.0]}))
    assert found.times == [1_700_000_000_100_000_000, 1_700_000_000_123_456_000, 1_700_000_000_200_000_000]


def test_nanoseconds_are_cut_to_microseconds(write: Write) -> None:
    source = mapped(write({"time": ["999", "1999", "1700000000123456789"], SPEED: [1.0] * 3}), '[time]\nunit = "ns"')
    assert read(source).times == [0, 1000, 1_700_000_000_123_456_000]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_stamps_are_in_the_unit_that_the_map_says(unit: str, write: Write) -> None:
    per_s = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    stamps: list[Cell] = [1_700_000_000 * per_s, 1_700_000_007 * per_s, None]
    source = mapped(write({"when": stamps, SPEED: [1.0, 2.0, 3.0]}), f'[time]\ncolumn = "when"\nunit = "{unit}"')
    found = read(source)
    assert found.times == [1_700_000_000 * S, 1_700_000_007 * S]
    assert found.counters["no_time"] == 1


def test_iso_times_have_a_zone_or_get_one(write: Write) -> None:
    texts = [
        "2024-07-01 12:00:00",
        "2024-07-01T10:00:01Z",
        "2024-07-01T12:00:02.5+02:00",
        "yesterday",
        "",
        "1969-01-01",
    ]
    columns: Columns = {"time": texts, SPEED: [1.0] * 6}
    berlin = read(mapped(write(columns), '[time]\nzone = "Europe/Berlin"'))
    noon = 1_719_828_000 * S
    assert berlin.times == [noon, noon + S, noon + 5 * S // 2]
    assert berlin.counters["no_time"] == 3
    utc = read(mapped(write(columns), '[time]\nformat = "iso"'))
    assert utc.times == [noon + 7200 * S, noon + 7200 * S + GAP_NS, noon + 7201 * S + S // 2 + GAP_NS]
    assert utc.counters["trips"] == 2, "two hours back"


def test_times_of_day_get_a_date_and_pass_midnight(write: Write) -> None:
    columns: Columns = {"time": ["23:59:58.5", "23:59:59,5", "0:00:00", "00:01", "24:00:00", "1:2"], SPEED: [1.0] * 6}
    source = mapped(write(columns), '[time]\nformat = "time_of_day"\ndate = "2024-05-01"')
    found = read(source)
    midnight = 1_714_608_000 * S
    assert found.times == [midnight - 3 * S // 2, midnight - S // 2, midnight, midnight + 60 * S]
    assert {name: found.counters[name] for name in ("no_time", "trips")} == {"no_time": 2, "trips": 1}


def test_times_of_day_get_their_date_from_a_column(write: Write) -> None:
    columns: Columns = {
        "day": ["2024-05-01 early", "2024-05-01 late", "2024-05-02", "no date", "2024-13-01"],
        "time": ["08:00:00", "20:00:00", "07:00:00", "09:00:00", "10:00:00"],
        SPEED: [1.0] * 5,
    }
    found = read(mapped(write(columns), '[time]\nformat = "time_of_day"\ndate_column = "day"'))
    first = 1_714_550_400 * S
    assert found.times == [first, first + 12 * 3600 * S, first + 23 * 3600 * S]
    assert found.counters["no_time"] == 2


def test_midnights_are_those_of_one_trip(write: Write) -> None:
    columns: Columns = {
        "trip": ["2024-05-01 a", "2024-05-01 a", "2024-05-01 b", "2024-05-03 c"],
        "time": ["23:00:00", "00:30:00", "22:00:00.5", "07:00:00"],
        SPEED: [1.0] * 4,
    }
    trips = '[trip]\ncolumn = "trip"\n[time]\nformat = "time_of_day"\n'
    late = 1_714_604_400 * S
    found = read(mapped(write(columns), f'{trips}date = "2024-05-01"'))
    again = late + 5400 * S + GAP_NS
    assert found.times == [late, late + 5400 * S, again + S // 2, again + GAP_NS + S]
    dated = read(mapped(write(columns), f'{trips}date_column = "trip"'))
    assert dated.times == [late, late, late + GAP_NS + S // 2, late + 32 * 3600 * S]
    assert dated.counters["time_backward"] == 1, "a date of its own knows no midnight"


def test_what_lies_beyond_the_end_of_the_axis_has_no_time(write: Write) -> None:
    columns: Columns = {"time": [8_999_999_500.0, 100.0, 8_999_999_000.0, 8_999_999_900.0, 9e9], SPEED: [1.0] * 5}
    found = read(write(columns))
    assert found.times == [8_999_999_500 * S]
    assert found.counters["no_time"] == 4
    assert found.counters["time_backward"] == 0
    dated: Columns = {"day": ["2199-12-31", "2200-01-01"], "time": ["08:00", "08:00"], SPEED: [1.0, 2.0]}
    beyond = read(mapped(write(dated), '[time]\nformat = "time_of_day"\ndate_column = "day"'))
    assert [value for _, value in beyond.of(SPEED)] == [1.0]


def test_rows_without_a_time_come_at_a_rate(write: Write) -> None:
    columns: Columns = {SPEED: [1.0, None, 3.0], "drive": ["a", "a", "b"]}
    found = read(mapped(write(columns), '[time]\nrate_hz = 4\ndate = "2024-05-01"\n[trip]\ncolumn = "drive"'))
    first = 1_714_521_600
    assert found.of(SPEED) == [(first, 1.0), (first + 0.5 + GAP_S, 3.0)]
    assert found.counters["trips"] == 2


def test_a_small_step_back_is_raised_and_counted(write: Write) -> None:
    found = read(write({"time": [10.0, 9.0, 9.5, 11.0], SPEED: [1.0, 2.0, 3.0, 4.0]}))
    assert found.of(SPEED) == [(10.0, 1.0), (10.0, 2.0), (10.0, 3.0), (11.0, 4.0)]
    assert found.counters["time_backward"] == 2
    assert found.counters["trips"] == 1


def test_a_large_step_back_begins_another_trip_after_a_gap(write: Write) -> None:
    found = read(write({"time": [100.0, 200.5, 100.0, 101.0], SPEED: [1.0, 2.0, 3.0, 4.0]}))
    again = 861.0  # whole seconds, so that the place within a cell stays
    assert found.of(SPEED) == [(100.0, 1.0), (200.5, 2.0), (again, 3.0), (again + 1.0, 4.0)]
    assert again - 200.5 >= GAP_S
    assert found.counters["trips"] == 2
    assert found.counters["time_backward"] == 0


def test_with_a_trip_column_only_it_begins_trips_and_later_ones_keep_their_times(write: Write) -> None:
    columns: Columns = {
        "drive": ["a", "a", None, "b", "c", "c"],
        "time": [1000.0, 900.0, 1001.0, 50_000.0, 7.0, 8.0],
        SPEED: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
    found = read(mapped(write(columns), '[trip]\ncolumn = "drive"'))
    assert [value for _, value in found.of(SPEED)] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [time for time, _ in found.of(SPEED)] == [1000, 1000, 1001, 50_000, 50_660, 50_661]
    assert found.counters["trips"] == 3
    assert found.counters["time_backward"] == 1


def test_times_before_zero_are_moved_to_it_and_slow_signals_make_a_longer_gap(write: Write) -> None:
    columns: Columns = {"time": [-5.5, -4.5, -100.0], SPEED: [1.0, 2.0, 3.0]}
    assert [time for time, _ in read(write(columns)).of(SPEED)] == [0.5, 1.5, 662.0]
    slow = f'[[column]]\nname = "{SPEED}"\npath = "{SPEED}"\nperiod_s = 300'
    assert [time for time, _ in read(mapped(write(columns), slow)).of(SPEED)] == [0.5, 1.5, 3302.0]


def test_what_stands_for_nothing_is_unknown_and_what_nobody_can_read_is_counted_by_column(tmp_path: Path) -> None:
    columns: Columns = {
        "t": [0, 1, 2, 3, 4, 5, 6],
        "speed": ["10", "-999", "off", "NaN", "n/a", "1_0", "400"],
        "temp": ["1e999", "fast", "true", "-inf", "32", " 212 ", "-400"],
    }
    source = mapped(
        WRITERS["csv"](tmp_path, columns),
        f'[time]\ncolumn = "t"\n[[column]]\nname = "speed"\npath = "{SPEED}"\nmissing = [-999, "off"]\nhigh = 300\n'
        f'[[column]]\nname = "temp"\npath = "{COOLANT}"\nunit = "Fahrenheit"\nlow = -100\n',
    )
    found = read(source)
    assert found.of(SPEED) == [(0.0, 10.0)]
    assert [time for time, _ in found.of(COOLANT)] == [2.0, 4.0, 5.0]
    assert [value for _, value in found.of(COOLANT)] == pytest.approx([-155 / 9, 0.0, 100.0])
    counted = {name: count for name, count in found.counters.items() if count}
    assert counted == {
        "rows": 7, "frames": 4, "empty_cell": 2, "sentinel": 5, "bad_cell": 3, "trips": 1,
        "bad_cell speed": 1, "bad_cell temp": 2,
    }  # fmt: skip


def test_a_missing_number_is_missing_in_numbers_too(write: Write) -> None:
    columns: Columns = {"time": [0.0, 1.0, 2.0], "v": [-999.0, 5.0, 6.5]}
    text = (
        f'[[column]]\nname = "v"\npath = "{SPEED}"\nmissing = ["-999", 6.5]\nlow = 5\nhigh = 7\nfactor = 2\noffset = 1'
    )
    found = read(mapped(write(columns), text))
    assert found.of(SPEED) == [(1.0, 11.0)]
    assert found.counters["sentinel"] == 2


@pytest.mark.parametrize(
    "text",
    [
        f"\ufefftime,{SPEED}\r\n0,1.5\r\n1,2.5\r\n",
        f"time;{SPEED}\n0;1,5\n1;2,5\n",
        f'"time";"{SPEED}"\n\n"0";"1.5"\n"1";"2,5"',
        f"time\t{SPEED}\t\n0\t1.5\t\n1\t2.5\n",
        f"time,{SPEED},\n0,1.5,\n1,2.5,,\n",
        f" time , {SPEED} \n 0 , 1.5 \n 1 , 2.5 \n",
        f'time,note,{SPEED}\n0,"a, ""b""\nc",1.5\n1,,2.5\n',
    ],
    ids=["BOM and CRLF", "decimal comma", "quoted", "tabs and trailing", "trailing commas", "blanks", "quoted lines"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_text_is_read_as_spreadsheets_write_it(text: str, encoding: str, tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_bytes(
        text.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding)
    )
    found = read(file)
    assert found.of(SPEED) == [(0.0, 1.5), (1.0, 2.5)]
    assert found.counters["bad_line"] == 0


def test_text_of_older_windows_programs_is_read(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_bytes("time;Temp °C\n0;1,5\n".encode("cp1252"))
    source = mapped(file, f'[[column]]\nname = "Temp °C"\npath = "{COOLANT}"\n[csv]\ndelimiter = ";"\ndecimal = ","')
    assert read(source).of(COOLANT) == [(0.0, 1.5)]


def test_with_a_decimal_comma_a_point_is_no_number(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text(f"time;{SPEED}\n0;1.000,5\n1;2,5\n2;3.5\n")
    found = read(mapped(file, '[csv]\ndecimal = ","'))
    assert found.of(SPEED) == [(1.0, 2.5)]
    assert found.counters["bad_cell"] == 2


def test_lines_that_are_no_rows_cost_themselves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [
        f"time,{SPEED},dbc.A.B",
        "0,1,1",
        "1,2",
        "2,3,3,4",
        f"time,{SPEED},dbc.A.B",
        "3,4,4",
        "",
        "x" * 200_000,
        "4,5",
    ]
    (file := tmp_path / "t.csv").write_text("\n".join(lines))
    with caplog.at_level(logging.WARNING):
        found = read(file)
    assert found.of(SPEED) == [(0.0, 1.0), (3.0, 4.0)]
    assert found.counters["bad_line"] == 4
    assert found.counters["no_time"] == 1, "the header once more"
    assert found.counters["bad_cell"] == 0, "cells of rows without a time do not count"
    assert [record.message for record in caplog.records] == [
        f"{file}: 3 rows read, but no_time 1, bad_line 4",
    ]


def test_a_gzipped_table_that_is_cut_is_read_up_to_there(tmp_path: Path) -> None:
    whole = gzip.compress(text_of({"time": list(range(9000)), SPEED: [value % 97 for value in range(9000)]}).encode())
    (file := tmp_path / "t.csv.gz").write_bytes(whole[: len(whole) // 2])
    found = read(file)
    assert found.counters["cut_gzip"] == 1
    assert 1000 < len(found.samples) < 9000
    assert found.of(SPEED) == [(float(row), float(row % 97)) for row in range(len(found.samples))]


def test_a_parquet_file_says_its_units_and_times_itself(tmp_path: Path) -> None:
    units = {SPEED: "mph", "dbc.A.B": "bar", "Vehicle.Telltale.Brake.Pressure": "bar", COOLANT: "smoot", "time": "ms"}
    values = [pyarrow.array([1.0, 2.0]) for _ in range(4)] + [pyarrow.array([0, 1500])]
    fields = [
        pyarrow.field(name, array.type, metadata={"unit": unit})
        for (name, unit), array in zip(units.items(), values, strict=True)
    ]
    pyarrow.parquet.write_table(pyarrow.table(values, schema=pyarrow.schema(fields)), file := tmp_path / "t.parquet")
    found = read(file)
    assert [time for time, _ in found.of(SPEED)] == [0.0, 1.5]
    assert [value for _, value in found.of(SPEED)] == pytest.approx([1.609344, 3.218688])
    assert found.units == {
        SPEED: "km/h", "dbc.A.B": "bar", "Vehicle.Telltale.Brake.Pressure": "bar", COOLANT: "Celsius",
    }  # fmt: skip
    notes = notes_on_table(layout_of(SourceSpec.parse(f"table:{file}")), {})
    assert notes == [f"t.parquet: {COOLANT}: 'smoot' is no unit that is known here: it is taken as it stands"]


def test_a_parquet_file_may_have_any_types(tmp_path: Path) -> None:
    when = 1_714_521_600_000_000
    stamps = pyarrow.array([when, None, when + 1_000_000], pyarrow.timestamp("us"))
    table = {
        "time": stamps.cast(pyarrow.timestamp("ns", tz="Europe/Berlin")),
        "dbc.A.bool": [True, None, False],
        "dbc.A.int": pyarrow.array([1, 2, None], pyarrow.int8()),
        "dbc.A.big": pyarrow.array([2**63, 1, 2], pyarrow.uint64()),
        "dbc.A.half": pyarrow.array([1.5, 2.5, None], pyarrow.float32()),
        "dbc.A.decimal": pyarrow.array([1, 2, 3], pyarrow.decimal128(9, 2)),
        "dbc.A.text": pyarrow.array(["1.5", "x", ""]).dictionary_encode(),
        "dbc.A.none": pyarrow.nulls(3),
    }
    pyarrow.parquet.write_table(pyarrow.table(table), file := tmp_path / "t.parquet")
    found = read(file)
    first, last = when * 1000, (when + 1_000_000) * 1000
    assert found.samples == [
        (first, "dbc.A.bool", 1.0),
        (first, "dbc.A.int", 1.0),
        (first, "dbc.A.big", 2.0**63),
        (first, "dbc.A.half", 1.5),
        (first, "dbc.A.decimal", 1.0),
        (first, "dbc.A.text", 1.5),
        (last, "dbc.A.bool", 0.0),
        (last, "dbc.A.big", 2.0),
        (last, "dbc.A.decimal", 3.0),
    ]
    naive = pyarrow.table({"time": stamps, SPEED: [1.0, 2.0, 3.0]})
    pyarrow.parquet.write_table(naive, file)
    there = read(mapped(file, '[time]\nzone = "Europe/Berlin"'))
    assert there.times == [first - 7200 * S, last - 7200 * S]


def test_a_table_is_read_again_and_again_as_trips(write: Write) -> None:
    source = f"table:{write({'time': [5.0, 6.0], SPEED: [1.0, 2.0]})}?loop=on"
    found = read(source, batches_max=3)
    assert found.of(SPEED) == [(5, 1.0), (6, 2.0), (666, 1.0), (667, 2.0), (1327, 1.0), (1328, 2.0)]
    assert found.counters["rounds"] == 2
    assert found.counters["trips"] == 3
    assert found.counters["rows"] == 6


def test_a_round_that_has_no_place_in_time_is_the_last(tmp_path: Path) -> None:
    file = WRITERS["csv"](tmp_path, {"time": [8_999_999_500.0], SPEED: [1.0]})
    found = read(f"table:{file}?loop=on")
    assert len(found.samples) == 1
    assert (found.counters["rounds"], found.counters["no_time"]) == (1, 1)


def test_what_a_round_counts_is_kept_and_rows_at_a_rate_begin_again(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text(f"{SPEED},dbc.A.B\n1,1\nbad\n2,2\n")
    found = read(mapped(file, "[time]\nrate_hz = 4", "&loop=on"), batches_max=2)
    assert found.of(SPEED) == [(0.0, 1.0), (0.25, 2.0), (661.0, 1.0), (661.25, 2.0)]
    assert found.counters["bad_line"] == 2


def test_a_signal_is_expected_no_more_often_than_there_are_rows(tmp_path: Path) -> None:
    (file := tmp_path / "t.csv").write_text(f"{SPEED},dbc.A.B\n1,1\n")
    layout = layout_of(SourceSpec.parse(mapped(file, "[time]\nrate_hz = 0.2")))
    assert [one.period_s for one in database_of(layout, {}).signals] == [5.0, 5.0]
    known = {"dbc.A.B": Signal("dbc.A.B", "bar", "A", "B", period_s=9.0, labels={1.0: "on"})}
    [speed, other] = database_of(layout, known).signals
    assert (speed.message, speed.source_name, speed.unit) == ("table", SPEED, "km/h")
    assert (other.message, other.source_name, other.unit) == ("A", "B", "bar")
    assert (other.period_s, other.labels) == (9.0, {1.0: "on"})


@pytest.mark.parametrize("cells", [[1.5, None, -2.5, 3.5, None, 4.5], [None] * 6, [1.5] * 6])
def test_a_part_of_a_column_of_arrow_is_that_part(cells: list[float | None]) -> None:
    part = np.asarray(cells_of(pyarrow, pyarrow.array(cells, pyarrow.float64()).slice(1, 4)))
    assert [None if math.isnan(cell) else cell for cell in part.tolist()] == cells[1:5]


def test_batches_are_bounded_however_many_columns_there_are(write: Write) -> None:
    names = [f"dbc.A.B{number}" for number in range(40)]
    columns: Columns = {"time": list(range(1000)), **{name: [1.0] * 1000 for name in names}}
    with_many = open_table(SourceSpec.parse(f"table:{write(columns)}"))
    sizes = []
    while (batch := with_many.read(0)) is not None:
        sizes.append(len(batch))
    assert sum(sizes) == 40_000
    assert max(sizes) <= FRAMES_MAX
    with_many.close()


CELLS = st.one_of(
    st.none(), st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from(["", "x", "NaN", "7"])
)
TIMES = st.one_of(
    st.floats(-1e4, 1e5).map(lambda second: round(second, 3)),
    st.sampled_from(["", "x", "1e30", "1970-01-01T00:02:03", "nan", 5, 70.5, 8.9e9]),
)
ROWS = st.lists(st.tuples(TIMES, st.sampled_from(["a", "b", ""]), CELLS, CELLS), min_size=1, max_size=40)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.integers(1, 12), st.booleans())
def test_what_comes_out_does_not_depend_on_the_pieces(
    tmp_path: Path, rows: list[tuple[Cell, str, Cell, Cell]], rows_max: int, has_trips: bool
) -> None:
    time, trip, speed, other = zip(*rows, strict=True)
    file = WRITERS["csv"](tmp_path, {"time": time, "trip": trip, SPEED: speed, "dbc.A.B": other})
    source = mapped(file, '[trip]\ncolumn = "trip"' if has_trips else "")
    try:
        whole = read(source)
    except ConfigError:
        with pytest.raises(ConfigError, match="no row with a time"):
            read(source, rows_max=rows_max)
        return
    assert read(source, rows_max=rows_max) == whole
    counters = whole.counters
    cells = 2 * (len(rows) - counters["no_time"])
    assert counters["rows"] == len(rows)
    assert counters["frames"] + counters["empty_cell"] + counters["sentinel"] + counters["bad_cell"] == cells
    assert counters["frames"] == len(whole.samples)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["23:00:00", "00:30:00", "11:00:00", "12:00:30", "x"]), min_size=1, max_size=20),
    st.integers(1, 6),
)
def test_midnights_do_not_depend_on_the_pieces(tmp_path: Path, times: list[str], rows_max: int) -> None:
    file = WRITERS["csv"](
        tmp_path,
        {"time": times, "trip": ["a", "b"] * (len(times) // 2) + ["b"] * (len(times) % 2), SPEED: [1.0] * len(times)},
    )
    for more in ("", '[trip]\ncolumn = "trip"'):
        source = mapped(file, f'[time]\nformat = "time_of_day"\ndate = "2024-05-01"\n{more}')
        try:
            whole = read(source)
        except ConfigError:
            assert set(times) == {"x"}
            return
        assert read(source, rows_max=rows_max) == whole


NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9).map(float))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 2**62)), NUMBERS, NUMBERS), min_size=1, max_size=60),
    st.integers(1, 30),
    st.integers(1, 30),
    st.sampled_from(["s", "ns"]),
)
def test_text_and_parquet_are_the_same_table_whatever_the_pieces(
    tmp_path: Path, rows: list[tuple[Cell, Cell, Cell]], rows_max: int, group: int, unit: str
) -> None:
    time, speed, other = zip(*rows, strict=True)
    columns: Columns = {"time": time, SPEED: speed, "dbc.A.B": other}
    whole = pyarrow.table({name: pyarrow.array(list(cells)) for name, cells in columns.items()})
    pyarrow.parquet.write_table(whole, parquet := tmp_path / "t.parquet", row_group_size=group)
    sources = [mapped(file, f'[time]\nunit = "{unit}"') for file in (parquet, WRITERS["csv"](tmp_path, columns))]
    found: list[object] = []
    for source, pieces in zip(sources, (rows_max, 4096), strict=True):
        try:
            one = read(source, rows_max=pieces)
        except ConfigError as error:
            found.append(error.problem.split("(")[0])
        else:
            found.append((one.samples, {name: count for name, count in one.counters.items() if count}))
    assert found[0] == found[1]


def test_pandas_is_not_imported_for_a_parquet_file(tmp_path: Path) -> None:
    """It costs 70 MB, and is there wherever asammdf or ortools is."""
    file = WRITERS["parquet"](tmp_path, {"time": ["2024-05-01", None], SPEED: [1.0, None], "dbc.A.B": [1, None]})
    code = (
        "import sys; from edge.bus.spec import SourceSpec; from edge.bus.table.source import open_table\n"
        f"table = open_table(SourceSpec.parse('table:{file}'))\n"
        "while table.read(0): pass\n"
        "sys.exit('pandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_documented_column_map_can_be_read_and_every_counter_is_documented(tmp_path: Path) -> None:
    text = (ROOT / "edge" / "README.md").read_text()
    section = text[text.index("## Signal tables") : text.index("## Alerts")]
    example = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    (file := tmp_path / "columns.toml").write_text(example)
    assert [one.unit for one in load_column_map(file).column] == ["Fahrenheit"]
    file.write_text(example.replace("# period_s", "period_s").replace("# unit", "unit").replace("time_of_day", "epoch"))
    with pytest.raises(ConfigError, match="date goes with"):
        load_column_map(file)
    named = set(re.findall(r"`([a-z_]+)`", "".join(line.split("|")[1] for line in section.splitlines() if "|" in line)))
    table = read(WRITERS["csv"](tmp_path, {"time": [0.0], SPEED: [1.0]}))
    assert set(table.counters) == named - {"counted"}


@pytest.mark.parametrize("vehicle", ["car", "ev", "truck"])
def test_tables_of_the_simulator_run_as_they_are(vehicle: str, tmp_path: Path) -> None:
    for ending in ("csv", "parquet"):
        simulate(Simulated(vehicle, [], seed=5, duration_s=20, speed=None, out=tmp_path / f"t.{ending}", warm=True))
    text, parquet = (read(tmp_path / f"t.{ending}") for ending in ("csv", "parquet"))
    assert [(time, path) for time, path, _ in text.samples] == [(time, path) for time, path, _ in parquet.samples]
    assert [value for _, _, value in text.samples] == pytest.approx(
        [value for _, _, value in parquet.samples], abs=0.06
    )
    assert text.counters["no_time"] == text.counters["bad_cell"] == parquet.counters["bad_cell"] == 0
    assert len({path for _, path, _ in parquet.samples}) > 40
    known = {one.path: one for one in load_database(ROOT / "dbc" / f"telltale-{vehicle}.dbc").signals}
    layout = layout_of(SourceSpec.parse(f"table:{tmp_path / 't.csv'}"))
    assert {one.path: one.unit for one in database_of(layout, known).signals} == parquet.units
    assert notes_on_table(layout, known) == []
