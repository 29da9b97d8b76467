"""How the frames of a capture are written for who takes them along. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.blocks.candump import candump_log, unsayable
from cloud.blocks.tables import columns_of, csv_table
from edge.wire.frame_block import Frames


@dataclass(frozen=True, slots=True)
class Writing:
    """One way to write frames, so that the pieces of several parts make one file."""

    name: str
    """The file's ending."""
    media_type: str
    head: bytes
    """What the file begins with."""
    rows: Callable[[Frames], bytes]
    """The frames of one part."""
    trouble: Callable[[Frames], str]
    """Why frames cannot be written so; "" where they can be."""


def _csv_rows(frames: Frames) -> bytes:
    return csv_table(columns_of(frames)).partition(b"\n")[2]


_NONE: Final = Frames(
    time=np.empty(0, np.int64),
    bus=np.empty(0, np.uint8),
    id=np.empty(0, np.uint32),
    flags=np.empty(0, np.uint8),
    length=np.empty(0, np.uint8),
    payload=np.empty((0, 8), np.uint8),
    buses=(),
)
CANDUMP: Final = Writing("log", "text/plain; charset=utf-8", b"", candump_log, unsayable)
CSV: Final = Writing("csv", "text/csv; charset=utf-8", csv_table(columns_of(_NONE)), _csv_rows, lambda _: "")
