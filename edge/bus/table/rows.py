"""TableFile: a table as it lies in a file, handed out in pieces of some rows, column by column."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Cells = list[str] | npt.NDArray[Any]
"""One column of a piece: texts as they stand, "" where there is none; or numbers, NaN where there is none; or moments
(datetime64[us], UTC), NaT where there is none."""

BAD_LINE: Final = "bad_line"
CUT_GZIP: Final = "cut_gzip"


class TableFile(Protocol):
    """A file of rows. Used by one thread, then closed."""

    names: Sequence[str]
    """Of its columns, in their order."""
    units: Mapping[str, str]
    """Of those columns whose unit the file says."""
    decimal_comma: bool | None
    """Whether numbers in texts have a comma where others have a point; None: either may be."""

    @property
    def counters(self) -> Mapping[str, int]:
        """What was left out, by cause; any thread may ask."""

    def choose(self, places: Sequence[int]) -> None:
        """Say which columns are wanted, before the first `read`.

        Raises:
            ConfigError: one of them holds neither numbers nor texts.
        """

    def read(self, rows: int) -> list[Cells] | None:
        """Each chosen column of the next rows, at most so many; None at the end.

        Raises:
            ConfigError: the disk fails, or the file is damaged.
        """

    def close(self) -> None:
        """Give the file back; safe to repeat."""
