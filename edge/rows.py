"""RowRing: subscribed signals ten times a second, as far back as a memory budget allows; windows are cut from it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.frames import NANOSECONDS

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
ROW_NS: Final = NANOSECONDS // 10
_WORD: Final = 8


class RowRing:
    """The newest rows of some signals; NaN is unknown or stale. The oldest are overwritten."""

    def __init__(self, slot: Mapping[str, int], paths: Sequence[str], budget_bytes: int) -> None:
        """`slot`: place of each path in the columns that are appended; paths without one are left out.

        Raises:
            ValueError: not one row fits.
        """
        known = [path for path in dict.fromkeys(paths) if path in slot]
        self.place: Mapping[str, int] = MappingProxyType({path: index for index, path in enumerate(known)})
        """Column of each path."""
        self.rows_max = budget_bytes // (_WORD * (len(known) + 1))
        if not self.rows_max:
            raise ValueError(f"a row of {len(known)} signals does not fit into {budget_bytes} bytes")
        self._slots = np.array([slot[path] for path in known], np.intp)
        self._time = np.empty(self.rows_max if known else 0, np.int64)
        self._value = np.empty((self.rows_max if known else 0, len(known)))
        self._written = 0
        self._last = -1
        """Number of the tenth of a second of the newest row."""

    def __len__(self) -> int:
        return min(self._written, self.rows_max)

    def append(self, until: int, fresh: Float64s) -> None:
        """Keep a row as of `until` (ns), the first in its tenth of a second; `fresh`: all signals, NaN is unknown."""
        if until // ROW_NS == self._last or not len(self._slots):
            return
        self._last = until // ROW_NS
        row = self._written % self.rows_max
        self._time[row] = until
        fresh.take(self._slots, out=self._value[row])
        self._written += 1

    def series(self, path: str, since: int) -> tuple[Int64s, Float64s]:
        """Times (N,) in ns and values (N,) of one signal after `since` (ns), the oldest first.

        Raises:
            KeyError: nobody subscribed to the path.
        """
        column = self.place[path]
        rows = np.arange(max(0, self._written - self.rows_max), self._written) % self.rows_max
        times = self._time[rows]
        first = int(np.searchsorted(times, since, side="right"))
        return times[first:], self._value[rows[first:], column]
