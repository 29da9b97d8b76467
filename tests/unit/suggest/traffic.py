"""Made vehicles: a database of messages whose signals lie where chance put them, and the traffic of such a vehicle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.frames import EXTENDED, Frame, FrameBatch
from edge.suggest.candidate import Candidate, read_candidates
from edge.suggest.heard import HeardId, Listener
from tests.unit.edge.databases import HEAD

STATES = 3
"""Labels of a state."""
PERIOD_NS = 20_000_000


@dataclass(frozen=True)
class Signal:
    """Little-endian, wherever it lies."""

    name: str
    start: int
    length: int

    @property
    def text(self) -> str:
        return f' SG_ {self.name} : {self.start}|{self.length}@1+ (1,0) [0|0] "" ECU\n'


Layout = Mapping[int, Sequence[Signal]]


def layout_of(seed: int, ids: Sequence[int]) -> Layout:
    """A quantity, a state, a counter and another quantity in each message, in some order with gaps between."""
    dice = np.random.default_rng(seed)
    layout = {}
    for identifier in ids:
        sizes = {"Quantity": int(dice.integers(9, 15)), "State": 4, "Counter": 4, "Other": int(dice.integers(8, 13))}
        spare = 56 - sum(sizes.values())
        cuts = np.diff(np.sort(dice.integers(0, spare + 1, 4)), prepend=0)
        place, signals = 0, []
        for name, gap in zip(dice.permutation(list(sizes)).tolist(), cuts.tolist(), strict=True):
            signals.append(Signal(name, place + gap, sizes[name]))
            place += gap + sizes[name]
        layout[identifier] = (*signals, Signal("Checksum", 56, 8))
    return layout


def database_text(layout: Layout) -> str:
    """The file."""
    parts = [HEAD]
    for identifier, signals in layout.items():
        parts += [f"BO_ {identifier} M{identifier}: 8 ECU\n", *(one.text for one in signals), "\n"]
    labels = " ".join(f'{value} "S{value}"' for value in range(STATES))
    parts += [f"VAL_ {identifier} State {labels} ;\n" for identifier in layout]
    return "".join(parts)


def frames_of(layout: Layout, seed: int, count: int = 96) -> list[Frame]:
    """Some seconds of the vehicle: quantities that swing, states that change now and then, counters, sums."""
    dice = np.random.default_rng(seed)
    frames = []
    for identifier, signals in layout.items():
        words = np.zeros(count, np.uint64)
        for one in signals[:-1]:
            words |= _raw(one, count, dice) << np.uint64(one.start)
        payload = words.astype("<u8").view(np.uint8).reshape(-1, 8).copy()
        payload[:, 7] = payload[:, :7].sum(axis=1, dtype=np.uint8) + 11
        times = np.arange(count) * PERIOD_NS + int(dice.integers(0, PERIOD_NS))
        frames += [Frame(int(time), identifier, row.tobytes()) for time, row in zip(times, payload, strict=True)]
    return sorted(frames, key=lambda one: one.time)


def _raw(signal: Signal, count: int, dice: np.random.Generator) -> npt.NDArray[np.uint64]:
    place = np.arange(count)
    if signal.name == "Counter":
        return (place % 16).astype(np.uint64)
    if signal.name == "State":
        return np.repeat(dice.integers(0, STATES, count // 16 + 1), 16)[:count].astype(np.uint64)
    swing = np.sin(place / float(dice.uniform(9.0, 25.0)) + float(dice.uniform(0.0, 6.0)))
    return np.rint((0.5 + 0.45 * swing) * ((1 << signal.length) - 1)).astype(np.uint64)


def heard_of(frames: Sequence[Frame], batch: int = 500) -> list[HeardId]:
    """What is kept of frames that come in batches."""
    listener = Listener()
    for begin in range(0, len(frames), batch):
        listener.take(FrameBatch.of(frames[begin : begin + batch]))
    return list(listener.heard())


def candidate_of(folder: Path, name: str, text: str) -> Candidate:
    """A database of this text."""
    file = folder / name
    file.write_text(text)
    candidates, unread = read_candidates([file])
    assert not unread, unread
    return candidates[0]


def one_id(payloads: Sequence[bytes], identifier: int = 0x123, *, extended: bool = False) -> HeardId:
    """One id that sends these, every 20 ms."""
    flags = EXTENDED if extended else 0
    return heard_of([Frame(n * PERIOD_NS, identifier, one, flags=flags) for n, one in enumerate(payloads)])[0]
