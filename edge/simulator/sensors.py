"""Sensors: what the signals that a vehicle sends show of its columns: limits, steps and units, but no frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from edge.decode.database import load_database
from edge.decode.encode import load_packers
from edge.signals import Signal
from edge.simulator.broadcast import COUNTER, Sender

Float64s = npt.NDArray[np.float64]


class Sent(NamedTuple):
    """One signal of one periodic message."""

    place: int
    """Of the signal in the database's table."""
    column: int
    """Of the trace."""
    column_name: str
    node: str
    """The control unit that sends it."""
    sender: Sender
    noise: float
    limits: tuple[float, float, float, float]
    """Lowest and highest value, step and offset in the database's unit."""
    scale: tuple[float, float]
    """Factor and shift from the database's unit to the signal's."""


def sent_signals(
    database: Path, senders: Sequence[Sender], columns: Sequence[str]
) -> tuple[tuple[Signal, ...], list[Sent]]:
    """The database's table, and every signal that is sent, counters left out, in the order of senders and database.

    Raises:
        ConfigError: the database cannot be read, or lacks a message.
    """
    packers = load_packers(database, [sender.message for sender in senders])
    loaded = load_database(database)
    place = {(signal.message, signal.source_name): number for number, signal in enumerate(loaded.signals)}
    found = []
    for sender in senders:
        packer = packers[sender.message]
        probes = {probe.signal: probe for probe in sender.probes}
        for name, placing in zip(packer.signals, packer.placings, strict=True):
            probe = probes[name]
            if probe.column == COUNTER:
                continue
            column, number = columns.index(probe.column), place[sender.message, name]
            scale = float(loaded.tables.factor[number]), float(loaded.tables.shift_to[number])
            found.append(Sent(number, column, probe.column, packer.node, sender, probe.noise, placing[:4], scale))
    return loaded.signals, found


@dataclass(frozen=True, slots=True)
class Steps:
    """Limits, steps and units of some signals: arrays are (signals,)."""

    low: Float64s
    high: Float64s
    step: Float64s
    offset: Float64s
    factor: Float64s
    """From the database's unit to the signal's."""
    shift: Float64s

    @classmethod
    def of(cls, sent: Sequence[Sent]) -> Self:
        """Those of these signals, in their order."""
        return cls(*np.array([(*one.limits, *one.scale) for one in sent], np.float64).reshape(-1, 6).T.copy())

    def show(self, values: Float64s) -> Float64s:
        """(…, signals) in the database's units, in place, as who decodes them gets them; NaN: not available."""
        np.maximum(values, self.low, out=values)
        np.minimum(values, self.high, out=values)
        values -= self.offset
        values /= self.step
        np.rint(values, out=values)
        values *= self.step
        values += self.offset
        values *= self.factor
        values += self.shift
        return values
