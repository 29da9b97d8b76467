"""Broadcast: a vehicle's trace as the frames that its control units send, each at its period, with noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.encode import Bits, Packer, Placing, load_packers, payloads
from edge.frames import EXTENDED, FrameBatch
from edge.simulator.trace import Trace
from edge.simulator.vehicle import OFF_S, STEPS

Float64s = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
UInt64s = npt.NDArray[np.uint64]

BLOCK_NS: Final = 1_000_000_000
"""Frames are made in blocks of a second: every period divides it, so each block has the same times and ids."""
COUNTER: Final = "counter"
"""Stands for a rolling counter in place of a column."""
COUNTER_MODULUS: Final = 16
LATE_NS: Final = 600_000.0
"""Mean of how late a frame comes: other frames are on the bus, and its sender's timer is not the best. Recorded gaps of
100 ms are off by 2 % at the 95th percentile (tests/study/realism.py)."""
LATE_SHARE: Final = 0.3
"""Of the period, at most."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One signal: the column it shows, and how its sensor sees it."""

    signal: str
    column: str
    noise: float = 0.0
    """Standard deviation, in the signal's unit; a sensor at rest (exactly 0) is quiet."""
    stepped: bool = False
    """A state, which is never half-way between two values."""


@dataclass(frozen=True, slots=True)
class Sender:
    """One periodic message."""

    message: str
    period_ms: int
    """Divides 1,000."""
    phase_us: int
    awake_s: float
    """How long its control unit stays awake after the key is off."""
    probes: tuple[Probe, ...]


def stepped_columns(senders: Sequence[Sender]) -> frozenset[str]:
    """Columns that hold states."""
    return frozenset(probe.column for sender in senders for probe in sender.probes if probe.stepped)


@dataclass(frozen=True, slots=True)
class _Cell:
    """One signal in one frame of a block: everything about it that is the same in every block."""

    row: int
    """Of the trace, at or before the frame."""
    column: int
    glide: float
    """How far the value is on its way to the next row, 0 to 1; 0 for a state."""
    noise: float
    placing: Placing
    count: int
    """Place of the frame among those of its message in the block, for a counter; -1 for other signals."""
    counts: int
    """Frames of its message in a block."""


class Network:
    """One bus of a vehicle; turns a trace of a second into its frames.

    All signals of all frames of a second are made in one go: a dozen operations on some thousand numbers, where a loop
    over messages would take five times as long.
    """

    def __init__(
        self, file: Path, bus: str, senders: Sequence[Sender], columns: Sequence[str], rng: np.random.Generator
    ) -> None:
        """Raises ConfigError when the database lacks a message."""
        packers = load_packers(file, [sender.message for sender in senders])
        frames = sorted(
            (time_ns, place, number)
            for place, sender in enumerate(senders)
            for number, time_ns in enumerate(_times_ns(sender))
        )
        used = [packers[senders[place].message] for _, place, _ in frames]
        cells = [_cells(senders[place], packers[senders[place].message], columns, t, n) for t, place, n in frames]
        self._rng = rng
        self._starts = np.cumsum([0, *(len(of_frame) for of_frame in cells[:-1])])
        flat = [cell for of_frame in cells for cell in of_frame]
        self._row = np.array([cell.row for cell in flat])
        self._column = np.array([cell.column for cell in flat])
        self._glide = np.array([cell.glide for cell in flat])
        self._noisy = np.flatnonzero([cell.noise > 0.0 for cell in flat])
        self._noise = np.array([cell.noise for cell in flat if cell.noise > 0.0])
        self._bits = Bits([cell.placing for cell in flat])
        self._counters = np.flatnonzero([cell.count >= 0 for cell in flat])
        self._count = np.array([cell.count for cell in flat if cell.count >= 0], np.int64)
        self._counts = np.array([cell.counts for cell in flat if cell.count >= 0], np.int64)
        self._off_s = columns.index(OFF_S)
        self._frame_row = np.array([_row(time_ns) for time_ns, _, _ in frames])
        self._awake_s = np.array([senders[place].awake_s for _, place, _ in frames])
        self._late_max_ns = np.array([LATE_SHARE * 1e6 * senders[place].period_ms for _, place, _ in frames])
        self._node = np.array([packer.node for packer in used])
        self._template = FrameBatch(
            time=np.array([time_ns for time_ns, _, _ in frames], np.int64),
            bus=np.zeros(len(frames), np.uint8),
            id=np.array([packer.id for packer in used], np.uint32),
            flags=np.array([EXTENDED * packer.extended for packer in used], np.uint8),
            length=np.array([packer.length for packer in used], np.uint8),
            payload=np.zeros((len(frames), 8), np.uint8),
            buses=(bus,),
            until=BLOCK_NS,
        )

    def block(self, trace: Trace, block: int, start_ns: int) -> FrameBatch:
        """Frames of second `block` (0, 1, …) of a trace."""
        payload = payloads(np.bitwise_or.reduceat(self._placed(trace.rows, block), self._starts))
        base_ns = start_ns + block * BLOCK_NS
        whole = self._template
        frames = replace(whole, time=self._sent_ns() + base_ns, payload=payload, until=base_ns + BLOCK_NS)
        sent = trace.rows[self._frame_row, self._off_s] <= self._awake_s
        for node in trace.muted:
            sent &= self._node != node
        return frames if sent.all() else frames.select(sent)

    def _sent_ns(self) -> Int64s:
        """When each frame of a block has its turn: one that comes late keeps the next ones waiting."""
        late_ns = self._rng.standard_exponential(len(self._late_max_ns)) * LATE_NS
        sent_ns = np.maximum.accumulate(self._template.time + np.minimum(late_ns, self._late_max_ns).astype(np.int64))
        return np.minimum(sent_ns, BLOCK_NS - 1, out=sent_ns)

    def _placed(self, rows: Float64s, block: int) -> UInt64s:
        """The raw bits of every signal of every frame, each where it stands in its frame's word."""
        values = rows[self._row, self._column]
        values += self._glide * (rows[self._row + 1, self._column] - values)
        noisy = values[self._noisy]
        values[self._noisy] = noisy + self._rng.standard_normal(len(noisy)) * self._noise * (noisy != 0.0)
        values[self._counters] = (self._count + block * self._counts) % COUNTER_MODULUS
        return self._bits.place(values)


def _times_ns(sender: Sender) -> Sequence[int]:
    return range(sender.phase_us * 1000, BLOCK_NS, sender.period_ms * 1_000_000)


def _row(time_ns: int) -> int:
    return time_ns * STEPS // BLOCK_NS


def _cells(sender: Sender, packer: Packer, columns: Sequence[str], time_ns: int, number: int) -> list[_Cell]:
    probes = {probe.signal: probe for probe in sender.probes}
    beyond = time_ns * STEPS / BLOCK_NS - _row(time_ns)
    cells = []
    for signal, placing in zip(packer.signals, packer.placings, strict=True):
        probe = probes[signal]
        counts = probe.column == COUNTER
        cells.append(
            _Cell(
                row=_row(time_ns),
                column=0 if counts else columns.index(probe.column),
                glide=0.0 if probe.stepped else beyond,
                noise=probe.noise,
                placing=placing,
                count=number if counts else -1,
                counts=len(_times_ns(sender)),
            )
        )
    return cells
