"""SignalBatch: decoded samples in columns, and the table that gives each its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
Float64s = npt.NDArray[np.float64]

_NONE: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Signal:
    """One decodable signal: where it comes from and what it is called."""

    path: str
    """VSS path, or `dbc.<Message>.<Signal>` when no mapping names it."""
    unit: str
    bus: str
    message: str
    source_name: str
    """Its name in the database."""
    labels: Mapping[int, str] = field(default_factory=dict)
    """Value table of the database, by raw value; empty when it has none or a conversion makes it meaningless."""


@dataclass(frozen=True, slots=True)
class SignalBatch:
    """M samples in the order of their frames; within a frame in the order of the database.

    `value` holds physical values; NaN never stands for a number: what is unknown is not in the batch. An integer that a
    float64 cannot hold exactly stands in `exact` under its row.
    """

    time: Int64s
    """(M,) ns on the axis of the frames."""
    signal: Int32s
    """(M,) index into the decoder's signal table."""
    value: Float64s
    """(M,) in the unit of the signal."""
    exact: Mapping[int, int] = _NONE
    """row → the integer, for those above 2^53."""

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def empty(cls) -> "SignalBatch":
        """No samples."""
        return cls(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float64))

    @classmethod
    def of(cls, samples: Sequence[tuple[int, int, float]]) -> "SignalBatch":
        """Make a batch of (time ns, signal index, value)."""
        return cls(
            np.array([sample[0] for sample in samples], np.int64),
            np.array([sample[1] for sample in samples], np.int32),
            np.array([sample[2] for sample in samples], np.float64),
        )

    def between(self, first: int, last: int) -> "SignalBatch":
        """Rows `first` to `last` without the exact column: what judgement looks at."""
        return SignalBatch(self.time[first:last], self.signal[first:last], self.value[first:last])
