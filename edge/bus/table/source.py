"""TableSource: a signal table as a source; each known cell of a row is a frame with one float64."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final

import numpy as np

from edge.bus.spec import SourceSpec
from edge.bus.table.axis import Axis
from edge.bus.table.cells import values_of
from edge.bus.table.layout import TableLayout, layout_of, open_file
from edge.bus.table.rows import Cells, Float64s, Int64s, TableFile
from edge.errors import ConfigError
from edge.frames import EXTENDED, FrameBatch

logger = logging.getLogger(__name__)

BUS: Final = "table"
"""What a table calls the bus that it stands for."""
FRAMES_MAX: Final = 16_384
"""In a batch, unless one row has more."""
ROWS_MAX: Final = 4096
"""In a batch."""
TOLD_MAX: Final = 32
"""Columns whose unreadable cells are counted by themselves."""

ROWS: Final = "rows"
FRAMES: Final = "frames"
EMPTY_CELL: Final = "empty_cell"
SENTINEL: Final = "sentinel"
BAD_CELL: Final = "bad_cell"
ROUNDS: Final = "rounds"
_USUAL: Final = frozenset({ROWS, FRAMES, EMPTY_CELL, SENTINEL, ROUNDS, "trips"})
"""No reason for a warning."""


def open_table(spec: SourceSpec, *, rows_max: int = ROWS_MAX) -> "TableSource":
    """The table that `table:FILE[?map=columns.toml&loop=on]` names.

    Raises:
        ConfigError: it cannot be read, holds no row with a time that can be read, or has no signals.
    """
    is_endless = spec.bool_option("loop", False)
    return TableSource(layout_of(spec), is_endless=is_endless, rows_max=rows_max)


class TableSource:
    """Hands out a table in batches of bounded size; a cell that is unknown is no frame."""

    live = False

    def __init__(self, layout: TableLayout, *, is_endless: bool = False, rows_max: int = ROWS_MAX) -> None:
        """`is_endless`: from the beginning again after the end, as another trip.

        Raises:
            ConfigError: the file cannot be read, or has no row with a time that can be read.
        """
        self.layout = layout
        """What it holds."""
        self._is_endless = is_endless
        self._rows = max(1, min(rows_max, FRAMES_MAX // len(layout.columns)))
        self._counters = Counter(dict.fromkeys((ROWS, FRAMES, EMPTY_CELL, SENTINEL, BAD_CELL, ROUNDS), 0))
        self._bad = dict.fromkeys((column.name for column in layout.columns), 0)
        self._of_rounds: Counter[str] = Counter()
        """What the file counted in the rounds before this one."""
        is_of_day = layout.clock.format == "time_of_day" and layout.date is None
        period_s = max(column.period_s for column in layout.columns)
        self._axis = Axis(has_trips=layout.trip is not None, is_of_day=is_of_day, period_s=period_s)
        self._reported = False
        self._round_rows = self._round_placed = 0
        """Rows of this round, and those of them that have a place in time."""
        self._table = self._opened()
        self._ahead: FrameBatch | None = self._first()

    @property
    def counters(self) -> Mapping[str, int]:
        """Rows, frames, and what was left out or mended, by cause; unreadable cells by column too."""
        bad = [(f"{BAD_CELL} {name}", count) for name, count in self._bad.items() if count]
        of_file = Counter(self._of_rounds)
        of_file.update(self._table.counters)
        return {**self._counters, **self._axis.counters, **of_file, **dict(bad[:TOLD_MAX])}

    def read(self, wait_s: float) -> FrameBatch | None:  # noqa: ARG002  a file keeps nobody waiting
        """The next rows as frames; None at the end.

        Raises:
            ConfigError: the disk fails, or the file is damaged from here on.
        """
        batch, self._ahead = self._ahead, None
        if batch is None:
            batch = self._next()
        if batch is None and not self._reported:
            self._report()
        return batch

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        self._table.close()

    def _opened(self) -> TableFile:
        table = open_file(self.layout.file, self.layout.csv)
        try:
            others = [place for place in self._special() if place is not None]
            table.choose([*(column.place for column in self.layout.columns), *others])
        except ConfigError:
            table.close()
            raise
        return table

    def _special(self) -> tuple[int | None, int | None, int | None]:
        return self.layout.time, self.layout.date, self.layout.trip

    def _first(self) -> FrameBatch:
        """A table without a row is refused when it is opened, not when it is played."""
        try:
            batch = self._next()
        except ConfigError:
            self.close()
            raise
        if batch is None:
            self.close()
            counted = {cause: count for cause, count in self.counters.items() if count}
            told = ", ".join(f"{cause} {count:,}" for cause, count in counted.items())
            remedy = "Say in the column map how its times are written: [time] format = …"
            problem = f"has no row with a time that can be read{f' ({told})' if told else ''}"
            raise ConfigError(problem, file=self.layout.file, remedy=remedy)
        return batch

    def _next(self) -> FrameBatch | None:
        """The next rows that have a place in time."""
        while (cells := self._table.read(self._rows)) is not None or self._begin_again():
            if cells is not None and (batch := self._batch(cells)) is not None:
                return batch
        return None

    def _begin_again(self) -> bool:
        """Read the table once more, if it is to be; a round that brought nothing is the last."""
        if not self._is_endless or not self._round_placed:
            return False
        self._of_rounds.update(self._table.counters)
        self._table.close()
        self._table = self._opened()
        self._axis.begin_again()
        self._counters[ROUNDS] += 1
        self._round_rows = self._round_placed = 0
        return True

    def _batch(self, cells: list[Cells]) -> FrameBatch | None:
        columns = self.layout.columns
        others = iter(cells[len(columns) :])
        time, dates, trips = (None if place is None else next(others) for place in self._special())
        count = len(cells[0])
        placed = self._axis.place(self._times(time, dates, count), None if trips is None else _texts(trips))
        self._counters[ROWS] += count
        self._round_rows += count
        self._round_placed += len(placed.rows)
        if not len(placed.rows):
            return None
        values = np.empty((len(placed.rows), len(columns)))
        for number, column in enumerate(cells[: len(columns)]):
            values[:, number] = self._values(number, _chosen(column, placed.rows, count))
        batch = _frames(placed.time, values)
        self._counters[FRAMES] += len(batch)
        return batch

    def _times(self, cells: Cells | None, dates: Cells | None, count: int) -> Int64s:
        clock = self.layout.clock
        if cells is None:
            return clock.by_rate(self._round_rows, count)
        texts = None if dates is None else _texts(dates)
        return clock.read(cells, texts, decimal_comma=self._table.decimal_comma)

    def _values(self, number: int, cells: Cells) -> Float64s:
        column = self.layout.columns[number]
        found = values_of(cells, column.reading, decimal_comma=self._table.decimal_comma)
        self._counters[EMPTY_CELL] += found.empty
        self._counters[SENTINEL] += found.sentinel
        self._counters[BAD_CELL] += found.bad
        self._bad[column.name] += found.bad
        return found.values

    def _report(self) -> None:
        """One line at the end about everything that was not as it should be."""
        self._reported = True
        counted = [f"{cause} {count:,}" for cause, count in self.counters.items() if count and cause not in _USUAL]
        if counted:
            logger.warning("%s: %d rows read, but %s", self.layout.file, self._counters[ROWS], ", ".join(counted))


def _frames(time: Int64s, values: Float64s) -> FrameBatch:
    """A frame for each value, row by row, in the order of the columns."""
    rows, numbers = np.nonzero(~np.isnan(values))
    known = np.ascontiguousarray(values[rows, numbers], "<f8")
    return FrameBatch(
        time=time[rows],
        bus=np.zeros(len(rows), np.uint8),
        id=numbers.astype(np.uint32),
        flags=np.full(len(rows), EXTENDED, np.uint8),
        length=np.full(len(rows), 8, np.uint8),
        payload=known.view(np.uint8).reshape(-1, 8),
        buses=(BUS,),
        until=int(time[-1]),
    )


def _chosen(cells: Cells, rows: Int64s, count: int) -> Cells:
    if len(rows) == count:
        return cells
    return [cells[row] for row in rows.tolist()] if isinstance(cells, list) else cells[rows]


def _texts(cells: Cells) -> list[str]:
    """What tells trips and dates apart; numbers as they would be written, "" where there is none."""
    if isinstance(cells, list):
        return cells
    return ["" if is_none else str(cell) for cell, is_none in zip(cells.tolist(), np.isnan(cells), strict=True)]
