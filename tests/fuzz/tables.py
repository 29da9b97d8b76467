"""Signal tables: any text is rows that are accounted for, whatever the pieces it is read in, or refused in words."""

import gzip
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from edge.bus.spec import SourceSpec
from edge.bus.table.source import open_table
from edge.errors import ConfigError
from edge.frames import EXTENDED, FrameBatch
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import check_refusal, scratch

HEADS: Final = (
    b"time,Vehicle.Speed,drive",
    b"time;Vehicle.Speed;dbc.A.B",
    b"\xef\xbb\xbftime\tdbc.A.B\tdrive\t",
    b"time",
)
TIMES: Final = (
    b"0", b"0.1", b"0.2", b"1700000000.123", b"2024-05-01T08:00:00Z", b"23:59:59,5", b"00:00:01", b"-7", b"", b"1e300",
    b"nan", b"8999999999", b"9e18", b"1700000000123456789", b"5000", b"10", b"0001-01-01",
    b"9999-12-31T23:59:59+00:01", b"8:00",
)  # fmt: skip
CELLS: Final = (
    b"1", b"", b"-9", b"1,5", b"NaN", b"x", b"1e999", b'"a ""b"" c"', b"true", b"1_0", b"a", b"b", b'"', b"\xff",
    b"\x00", b"5e-324", b"1e308",
)  # fmt: skip
ENDS: Final = (b"\n", b"\n", b"\r\n", b",\n", b"\n\n", b"\r", b"")
MAPS: Final = (
    "", "", '[trip]\ncolumn = "drive"', '[time]\nformat = "time_of_day"\ndate = "2199-12-31"', "[time]\nrate_hz = 1e-4",
    '[time]\nformat = "time_of_day"\ndate_column = "drive"\n[trip]\ncolumn = "drive"', '[time]\nunit = "ns"',
    '[time]\nformat = "epoch"\nunit = "ms"', '[time]\nformat = "iso"\nzone = "Europe/Berlin"', '[csv]\ndecimal = ","',
    '[[column]]\nname = "Vehicle.Speed"\npath = "Vehicle.Speed"\nfactor = 1e300\nmissing = [-9, "a"]\nperiod_s = 86400',
    '[[column]]\nname = "drive"\npath = "Vehicle.Speed"\nunit = "mph"\n[csv]\ndelimiter = ";"',
)  # fmt: skip
WHOLE: Final = 4096
CAUSES: Final = ("frames", "empty_cell", "sentinel", "bad_cell")


def read_any_table(content: bytes) -> None:
    """The first bytes say with which map and in which pieces it is read, the rest is the text or choices of it."""
    dice = Dice(content)
    column_map, rows_max, kind = dice.pick(MAPS), 1 + dice.number(6), dice.number(7)
    text = dice.rest() if kind == 0 else _made(dice)
    if kind == 1:
        text = gzip.compress(text, 1)[: -1 - dice.number(9)]
    file, where = scratch() / "any.csv", scratch() / "columns.toml"
    file.write_bytes(text)
    where.write_text(column_map)
    spec = SourceSpec.parse(f"table:{file}?map={where}")
    whole = _all_of(spec, WHOLE, file, where)
    assert whole == _all_of(spec, rows_max, file, where), f"other frames in pieces of {rows_max} rows"


def _made(dice: Dice) -> bytes:
    text = dice.pick(HEADS) + b"\n"
    mark = b";" if b";" in text else b"\t" if b"\t" in text else b","
    while dice:
        cells = [dice.pick(TIMES), *(dice.pick(CELLS) for _ in range(2 if dice.number(15) else dice.number(3)))]
        text += mark.join(cells) + dice.pick(ENDS)
    return text


def _all_of(spec: SourceSpec, rows_max: int, file: Path, where: Path) -> str | tuple[object, ...]:
    """Its frames and counters; why it was refused."""
    try:
        table = open_table(spec, rows_max=rows_max)
    except ConfigError as error:
        check_refusal(error, where if error.file == str(where) else file)
        return error.problem
    last, columns = 0, len(table.layout.columns)
    frames: list[tuple[int, int, bytes]] = []
    with closing(table):
        while (batch := table.read(0)) is not None:
            last = _check(batch, last, columns)
            frames += zip(batch.time.tolist(), batch.id.tolist(), map(bytes, batch.payload), strict=True)
        counted = dict(table.counters)
    assert len(frames) == counted["frames"]
    cells = columns * (counted["rows"] - counted["no_time"])
    assert sum(counted[cause] for cause in CAUSES) == cells, f"{counted} of {cells} cells"
    return frames, counted


def _check(batch: FrameBatch, last: int, columns: int) -> int:
    """A batch keeps what every batch promises; until when it is."""
    assert (np.diff(batch.time, prepend=last) >= 0).all(), "time that goes back"
    assert batch.until >= (int(batch.time[-1]) if len(batch) else last)
    assert (batch.id < columns).all()
    assert (batch.flags == EXTENDED).all()
    assert np.isfinite(np.ascontiguousarray(batch.payload).view("<f8")).all(), "a frame without a number"
    return batch.until
