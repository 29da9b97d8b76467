"""SignalBatch: decoded samples in columns, and the table that gives each its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
NO_SOURCE: Final = 0xFE
"""The null address of SAE J1939-81: of nobody."""
UInt8s = npt.NDArray[np.uint8]
Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Signal:
    """One decodable signal: where it comes from and what it is called."""

    path: str
    """VSS path, or `dbc.<Message>.<Signal>` when no mapping names it."""
    unit: str
    message: str
    source_name: str
    """Its name in the database."""
    period_s: float = 1.0
    """How often it is expected, until it was heard for a while; after ten of them it is stale."""
    period_is_set: bool = False
    """Somebody who knows the vehicle says so: it is not taken to come more often than that."""
    labels: Mapping[float, str] = field(default_factory=dict)
    """Value table of the database, by the value as it stands in a batch."""


@dataclass(frozen=True, slots=True)
class TextSample:
    """What a message said in words (a vehicle's number, a name): beside the samples, which are numbers."""

    at: int
    """It stands before this sample of its batch."""
    time: int
    """ns on the axis of the frames."""
    bus: str
    message: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class CodesSample:
    """Every trouble code that a unit tells in one way (stored, pending, active …): beside the samples, too."""

    time: int
    """ns on the axis of the frames."""
    unit: str
    """Bus, id and way: what it tells next in the same way takes the place of this."""
    codes: tuple[str, ...]


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
    bus: UInt8s
    """(M,) index into `buses`: where the frame was heard."""
    buses: tuple[str, ...] = ()
    exact: Mapping[int, int] = field(default_factory=dict)
    """row → the integer, for those above 2^53."""
    source: UInt8s | None = None
    """(M,) the address of the sender, of J1939 messages; NO_SOURCE of others. None: no database is J1939's."""
    texts: Sequence[TextSample] = ()
    """What was said in words, in the order of the frames."""
    codes: Sequence[CodesSample] = ()
    """Trouble codes that were told, in the order of the frames."""

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def empty(cls) -> "SignalBatch":
        """No samples."""
        return cls.of([])

    @classmethod
    def of(cls, samples: Sequence[tuple[int, int, float]], *, bus: str = "can0") -> "SignalBatch":
        """Make a batch of (time ns, signal index, value), all heard on one bus."""
        return cls(
            time=np.array([sample[0] for sample in samples], np.int64),
            signal=np.array([sample[1] for sample in samples], np.int32),
            value=np.array([sample[2] for sample in samples], np.float64),
            bus=np.zeros(len(samples), np.uint8),
            buses=(bus,),
        )

    def between(self, first: int, last: int) -> "SignalBatch":
        """Rows `first` to `last` without the exact column: what judgement looks at."""
        rows = slice(first, last)
        return SignalBatch(self.time[rows], self.signal[rows], self.value[rows], self.bus[rows], self.buses)
