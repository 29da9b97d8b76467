"""Frames to samples: lenient, counted, never fatal, and never a log line per frame."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, cast

import numpy as np
from cantools.database import DecodeError as CantoolsDecodeError

from edge.decode.database import Database, MessagePlan
from edge.errors import DecodeError
from edge.frames import ERROR, EXTENDED, REMOTE, FrameBatch
from edge.signals import Signal, SignalBatch

EXACT_MAX: Final = 2**53
"""Largest integer up to which a float64 holds every integer exactly (IEEE 754)."""
IDS_MAX: Final = 4096
"""Ids that are counted one by one; what comes beyond is counted together (a fuzzed bus has 2^29)."""

Key = tuple[str, bool, int]
"""(bus, extended, arbitration id)"""


@dataclass(frozen=True, slots=True)
class Binding:
    """A database and where it is spoken."""

    database: Database
    bus: str = ""
    """A bus, or what its name begins with before a slash; empty: every bus."""

    def applies(self, bus: str) -> bool:
        """Whether frames of this bus are explained by the database."""
        return not self.bus or bus == self.bus or bus.startswith(f"{self.bus}/")


@dataclass(slots=True)
class DecodeCounts:
    """What became of every frame."""

    frames: int = 0
    decoded: int = 0
    """Frames that gave at least one sample."""
    samples: int = 0
    known: Counter[Key] = field(default_factory=Counter)
    """Frames whose id a database has, by id."""
    unknown: Counter[Key] = field(default_factory=Counter)
    """Frames whose id no database has, by id."""
    undecodable: dict[str, Counter[Key]] = field(default_factory=dict)
    """By cause: `short` (the signals that were there are decoded), `unknown_multiplexer`, `bad_payload`, `no_payload`
    (remote), `error_frame`."""

    def miss(self, cause: str, key: Key) -> None:
        """Count a frame that was not, or not wholly, decoded."""
        _count(self.undecodable.setdefault(cause, Counter()), key)


def _count(counter: Counter[Key], key: Key) -> None:
    counter[key if key in counter or len(counter) < IDS_MAX else ("(others)", False, 0)] += 1


class Decoder:
    """Decodes frames of every bus with the databases bound to it."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.counts = DecodeCounts()
        self.conflicts: list[str] = []
        """Ids that two databases claim on one bus, told once each; the database given first wins."""
        self._bindings = bindings
        self._first: dict[int, int] = {}
        signals: list[Signal] = []
        for binding in bindings:
            if id(binding.database) not in self._first:
                self._first[id(binding.database)] = len(signals)
                signals.extend(binding.database.signals)
        self.signals = tuple(signals)
        """The table that SignalBatch.signal points into."""
        self._plans: dict[str, dict[tuple[bool, int], tuple[MessagePlan, int]]] = {}

    def decode(self, frames: FrameBatch) -> SignalBatch:
        """Every sample of the batch, in the order of the frames."""
        samples = _Samples()
        width = frames.payload.shape[1]
        payloads = frames.payload.tobytes()
        columns = (frames.time, frames.bus, frames.id, frames.flags, frames.length)  # as lists: ints are cheaper there
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for row, (time, bus, identifier, flags, length) in enumerate(rows):
            key = (frames.buses[bus], bool(flags & EXTENDED), identifier)
            found = self._find(key, flags)
            if found is not None:
                payload = payloads[row * width : row * width + length]
                self._decode_frame(key, found, payload, _Heard(time, bus), samples)
        self.counts.frames += len(frames)
        self.counts.samples += len(samples.time)
        return samples.batch(frames.buses)

    def _find(self, key: Key, flags: int) -> tuple[MessagePlan, int] | None:
        """The plan of a frame that has something to decode; what has not is counted."""
        if flags & ERROR:
            self.counts.miss("error_frame", key)
            return None
        found = self._on(key[0]).get(key[1:])
        _count(self.counts.unknown if found is None else self.counts.known, key)
        if found is not None and flags & REMOTE:
            self.counts.miss("no_payload", key)
            return None
        return found

    def _decode_frame(
        self, key: Key, found: tuple[MessagePlan, int], payload: bytes, heard: "_Heard", samples: "_Samples"
    ) -> None:
        plan, base = found
        if len(payload) < plan.message.length:
            self.counts.miss("short", key)
        try:
            values = _values(plan, payload)
        except DecodeError as error:
            self.counts.miss(str(error), key)
            return
        self.counts.decoded += bool(samples.add(heard, base, plan, values))

    def _on(self, bus: str) -> dict[tuple[bool, int], tuple[MessagePlan, int]]:
        plans = self._plans.get(bus)
        if plans is None:
            plans = self._plans[bus] = self._bind(bus)
        return plans

    def _bind(self, bus: str) -> dict[tuple[bool, int], tuple[MessagePlan, int]]:
        plans: dict[tuple[bool, int], tuple[MessagePlan, int]] = {}
        owner: dict[tuple[bool, int], Database] = {}
        for binding in self._bindings:
            if not binding.applies(bus):
                continue
            base = self._first[id(binding.database)]
            for plan in binding.database.plans:
                key = (plan.extended, plan.message.frame_id)
                if key in plans:
                    self.conflicts.append(
                        f"id {key[1]:X} on {bus}: {owner[key].file.name} wins over {binding.database.file.name}"
                    )
                else:
                    plans[key], owner[key] = (plan, base), binding.database
        return plans


def _values(plan: MessagePlan, payload: bytes) -> dict[str, int | float]:
    """Values by signal name.

    Raises:
        DecodeError: its text is the cause to count.
    """
    try:
        decoded = plan.message.decode(
            payload,
            decode_choices=False,
            scaling=True,
            decode_containers=False,
            allow_truncated=True,
            allow_excess=True,
        )
    except CantoolsDecodeError as error:
        raise DecodeError("unknown_multiplexer" if "multiplexer" in str(error) else "bad_payload") from error
    except (KeyError, ValueError, NotImplementedError) as error:
        raise DecodeError("bad_payload") from error
    if not isinstance(decoded, dict):  # a container message, which only ARXML has
        raise DecodeError("bad_payload")
    return cast("dict[str, int | float]", decoded)  # numbers: decode_choices and decode_containers are off


class _Heard(NamedTuple):
    """When (ns) and on which bus (its place in the batch) a frame was heard."""

    time: int
    bus: int


class _Samples:
    """Columns while they grow."""

    def __init__(self) -> None:
        self.time: list[int] = []
        self.signal: list[int] = []
        self.value: list[float] = []
        self.bus: list[int] = []
        self.exact: dict[int, int] = {}

    def add(self, heard: _Heard, base: int, plan: MessagePlan, values: Mapping[str, int | float]) -> int:
        """Append one frame's samples in the order of the database; how many there were."""
        before = len(self.value)
        for name, value in values.items():
            if isinstance(value, int):
                if abs(value) > EXACT_MAX and name not in plan.scale:
                    self.exact[len(self.value)] = value
            elif not math.isfinite(value):
                continue
            self.signal.append(base + plan.place[name])
            self.value.append(plan.convert(name, value))
        count = len(self.value) - before
        self.time.extend([heard.time] * count)
        self.bus.extend([heard.bus] * count)
        return count

    def batch(self, buses: tuple[str, ...]) -> SignalBatch:
        return SignalBatch(
            time=np.array(self.time, np.int64),
            signal=np.array(self.signal, np.int32),
            value=np.array(self.value, np.float64),
            bus=np.array(self.bus, np.uint8),
            buses=buses,
            exact=self.exact,
        )
