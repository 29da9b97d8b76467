"""SampleRing: the last samples of the signals that campaigns collect, within a memory budget. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.signals import Signal, SignalBatch
from edge.wire.sample_block import Sampled

SAMPLE_BYTES: Final = 20
"""Time 8, value 8, signal 4."""


@dataclass(frozen=True, slots=True)
class SampleRows:
    """N samples in the order in which they came."""

    time: npt.NDArray[np.int64]
    """(N,) ns."""
    signal: npt.NDArray[np.int32]
    """(N,) place in the ring's `signals`."""
    value: npt.NDArray[np.float64]
    """(N,) in the unit of the signal."""

    def __len__(self) -> int:
        return len(self.time)

    def select(self, rows: slice | npt.NDArray[np.bool_]) -> "SampleRows":
        """The chosen ones."""
        return SampleRows(self.time[rows], self.signal[rows], self.value[rows])

    @classmethod
    def joined(cls, several: "Sequence[SampleRows]") -> "SampleRows":
        """One after the other; at least one."""
        return cls(
            np.concatenate([one.time for one in several]),
            np.concatenate([one.signal for one in several]),
            np.concatenate([one.value for one in several]),
        )


class SampleRing:
    """The newest samples of some signals, oldest overwritten first and counted."""

    def __init__(self, paths: Sequence[str], signals: Sequence[Signal], budget_bytes: int) -> None:
        """`signals`: the decoder's table. Raises ValueError when not one sample fits."""
        if budget_bytes < SAMPLE_BYTES:
            raise ValueError(f"a sample ring needs at least {SAMPLE_BYTES} bytes, not {budget_bytes}")
        units = {signal.path: signal.unit for signal in reversed(signals)}
        self.signals = tuple(Sampled(path, units.get(path, "")) for path in paths)
        """What rows point into."""
        places = {path: place for place, path in enumerate(paths)}
        self._place_of = np.array([places.get(signal.path, -1) for signal in signals] or [-1], np.int32)
        self._size = budget_bytes // SAMPLE_BYTES
        self._time = np.zeros(self._size, np.int64)
        self._signal = np.zeros(self._size, np.int32)
        self._value = np.zeros(self._size, np.float64)
        self.place = 0
        """Where the next sample will stand: they are numbered from 0 as they come."""

    @property
    def first_place(self) -> int:
        """Of the oldest that is kept."""
        return max(0, self.place - self._size)

    def append(self, samples: SignalBatch) -> None:
        """Keep those of them that are collected."""
        wanted = self._place_of[samples.signal]
        chosen = np.flatnonzero(wanted >= 0)
        kept = chosen[-self._size :]
        rows = (self.place + len(chosen) - len(kept) + np.arange(len(kept))) % self._size
        self._time[rows], self._signal[rows] = samples.time[kept], wanted[kept]
        self._value[rows] = samples.value[kept]
        self.place += len(chosen)

    def between(self, place: int, end: int) -> SampleRows:
        """The kept samples from one place up to another."""
        first, last = max(place, self.first_place), min(end, self.place)
        rows = np.arange(first, max(first, last)) % self._size
        return SampleRows(self._time[rows], self._signal[rows], self._value[rows])
