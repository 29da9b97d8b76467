"""Samples as they are gathered from a batch: columns in the order of its frames, or one frame after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.decode.flat import changes
from edge.decode.scalar import Block, ScalarDecoder

Ints = npt.NDArray[np.intp]
Int32s = npt.NDArray[np.int32]


@dataclass(slots=True)
class Samples:
    """What was found in a batch, in the order of its frames."""

    frame: Ints
    """Rows of the batch."""
    signal: Int32s
    value: npt.NDArray[np.float64]
    exact: dict[int, int]
    decoded: int
    """Frames that gave at least one."""

    def with_more(self, more: "Samples") -> "Samples":
        """Both, in the order of the frames."""
        if not len(more.frame):
            return self
        frame = np.concatenate([self.frame, more.frame])
        order = np.argsort(frame, kind="stable")
        place = np.empty(len(order), np.intp)
        place[order] = np.arange(len(order))
        exact = {**self.exact, **{len(self.frame) + row: integer for row, integer in more.exact.items()}}
        return Samples(
            frame[order],
            np.concatenate([self.signal, more.signal])[order],
            np.concatenate([self.value, more.value])[order],
            {int(place[row]): integer for row, integer in exact.items()},
            changes(frame[order]),
        )


class Growing:
    """Samples, frame by frame."""

    def __init__(self) -> None:
        self._frame: list[int] = []
        self._signal: list[int] = []
        self._value: list[float] = []
        self._exact: dict[int, int] = {}
        self._decoded = 0

    def add(self, row: int, decoder: ScalarDecoder, message: int, payload: bytes) -> Block:
        """Decode one frame; its block."""
        block, values = decoder.of[message](payload)
        signals: Sequence[int] = block.signals
        if block.has_none or len(payload) < block.needs:
            signals = [signal for signal, value in zip(signals, values, strict=True) if value is not None]
            values = tuple(value for value in values if value is not None)
        if block.has_exact:
            exact = decoder.exact(block, payload)
            begin = len(self._value)
            self._exact.update({begin + at: exact[one] for at, one in enumerate(signals) if one in exact})
        self._signal += signals
        self._value += values  # type: ignore[arg-type]  # none is None
        self._frame += [row] * len(values)
        self._decoded += bool(values)
        return block

    def say(self, row: int, samples: Sequence[tuple[int, float]]) -> None:
        """What a frame says without a database: signals and their values."""
        for signal, value in samples:
            self._frame.append(row)
            self._signal.append(signal)
            self._value.append(value)

    def samples(self) -> Samples:
        """All of them, in the order in which they came."""
        frame, signal = np.array(self._frame, np.intp), np.array(self._signal, np.int32)
        return Samples(frame, signal, np.array(self._value, np.float64), self._exact, self._decoded)
