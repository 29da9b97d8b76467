"""Frames to samples: lenient, counted, never fatal, and never a log line per frame."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.compile import compiled
from edge.decode.compiled import Form, merged
from edge.decode.database import Database
from edge.decode.flat import FlatDecoder
from edge.decode.routes import IDS_MAX, UNKNOWN, BusTable, Key, Routes, Tally
from edge.decode.scalar import ScalarDecoder
from edge.decode.transport import Transport
from edge.frames import ERROR, REMOTE, FrameBatch
from edge.signals import NO_SOURCE, Signal, SignalBatch

__all__ = ["IDS_MAX", "Binding", "DecodeCounts", "Decoder", "Key"]

FLAT_FROM: Final = 16
"""Frames: fewer are decoded one by one."""
_SHORT: Final = "short"
_LOST: Final = "unknown_multiplexer"
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Binding:
    """A database and where it is spoken."""

    database: Database
    bus: str = ""
    """A bus, or what its name begins with before a slash; empty: every bus."""

    def applies(self, bus: str) -> bool:
        """Whether frames of this bus are explained by the database."""
        return not self.bus or bus == self.bus or bus.startswith(f"{self.bus}/")


class DecodeCounts:
    """What became of every frame."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._heard = Tally()
        self._causes: dict[str, Tally] = {}
        self.transports: dict[str, Transport] = {}
        """What puts longer messages together, by bus."""
        self.frames = 0
        self.decoded = 0
        """Frames that gave at least one sample."""
        self.samples = 0

    @property
    def known(self) -> Counter[Key]:
        """Frames whose id a database has, or that carry parts of longer messages, by id."""
        return self._heard.counter(self._routes.keys, self._routes.is_known)

    @property
    def unknown(self) -> Counter[Key]:
        """Frames whose id no database has, by id."""
        return self._heard.counter(self._routes.keys, ~self._routes.is_known)

    @property
    def undecodable(self) -> dict[str, Counter[Key]]:
        """By cause: `short` (signals are missing), `unknown_multiplexer` (what is always there is decoded),
        `no_payload` (remote), `error_frame`."""
        return {cause: tally.counter(self._routes.keys) for cause, tally in self._causes.items()}

    @property
    def transported(self) -> dict[str, int]:
        """Longer J1939 messages that were put together (`whole`), and those that were not, by why."""
        counts = Counter(whole=sum(one.whole for one in self.transports.values()))
        for one in self.transports.values():
            counts.update({str(loss): count for loss, count in one.losses.items()})
        return {name: count for name, count in counts.items() if count}

    def hear(self, routes: Ints) -> None:
        """Count frames."""
        self._heard.add(routes, len(self._routes.keys))

    def miss(self, cause: str, routes: Ints) -> None:
        """Count frames that were not, or not wholly, decoded."""
        if len(routes):
            self._causes.setdefault(cause, Tally()).add(routes, len(self._routes.keys))


@dataclass(frozen=True, slots=True)
class _Samples:
    """What was found in a batch, in the order of its frames."""

    frame: Ints
    """Rows of the batch."""
    signal: Ints
    value: npt.NDArray[np.float64]
    exact: dict[int, int]

    def with_more(self, more: "_Samples") -> "_Samples":
        """Both, in the order of the frames."""
        if not len(more.frame):
            return self
        frame = np.concatenate([self.frame, more.frame])
        order = np.argsort(frame, kind="stable")
        place = np.empty(len(order), np.intp)
        place[order] = np.arange(len(order))
        exact = {**self.exact, **{len(self.frame) + row: integer for row, integer in more.exact.items()}}
        return _Samples(
            frame[order],
            np.concatenate([self.signal, more.signal])[order],
            np.concatenate([self.value, more.value])[order],
            {int(place[row]): integer for row, integer in exact.items()},
        )


class _Growing:
    """Samples, frame by frame."""

    def __init__(self) -> None:
        self._frame: list[int] = []
        self._signal: list[int] = []
        self._value: list[float] = []
        self._exact: dict[int, int] = {}

    def add(self, row: int, decoder: ScalarDecoder, message: int, payload: bytes) -> int:
        """Decode one frame; its block."""
        block, signals, values = decoder.decode(message, payload)
        exact = decoder.exact(block, payload)
        for signal, value in zip(signals, values, strict=True):
            if value is not None:
                if signal in exact:
                    self._exact[len(self._value)] = exact[signal]
                self._frame.append(row)
                self._signal.append(signal)
                self._value.append(value)
        return block

    def samples(self) -> _Samples:
        """All of them."""
        frame, signal = np.array(self._frame, np.intp), np.array(self._signal, np.intp)
        return _Samples(frame, signal, np.array(self._value, np.float64), self._exact)


class Decoder:
    """Decodes frames of every bus with the databases bound to it."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.conflicts: list[str] = []
        """Ids that two databases claim on one bus, told once each; the database given first wins."""
        self._bindings = bindings
        databases = list({id(one.database): one.database for one in bindings}.values())
        tables = [database.tables for database in databases]
        self._first = dict(zip(map(id, databases), np.cumsum([0, *(len(one.root) for one in tables)]), strict=False))
        self.signals: tuple[Signal, ...] = tuple(signal for one in databases for signal in one.signals)
        """The table that SignalBatch.signal points into."""
        self._tables = merged(tables or [compiled((), ())[0]])
        self._flat = FlatDecoder(self._tables)
        self._scalar = ScalarDecoder(self._tables)
        self._is_j1939 = self._tables.form == Form.J1939
        self._has_j1939 = bool(self._is_j1939.any())
        self._routes = Routes()
        self.counts = DecodeCounts(self._routes)

    def decode(self, frames: FrameBatch) -> SignalBatch:
        """Every sample of the batch, in the order of the frames."""
        for bus in frames.buses:
            if not self._routes.knows(bus):
                self._routes.know(bus, self._bind(bus))
        routes = self._routes.of(frames)
        message = self._routes.message.take(routes)
        rows = self._rows(frames, routes, message)
        self.counts.frames += len(frames)
        message = message.take(rows)
        find = self._one_by_one if len(rows) < FLAT_FROM else self._at_once
        samples = find(frames, rows, message, routes)
        packets = np.flatnonzero(self._routes.is_packet.take(routes) & ((frames.flags & (ERROR | REMOTE)) == 0))
        if len(packets):
            samples = samples.with_more(self._long_ones(frames, packets))
        self.counts.samples += len(samples.value)
        if len(samples.frame):
            self.counts.decoded += 1 + int(np.count_nonzero(np.diff(samples.frame)))
        return self._batch(frames, samples)

    def _rows(self, frames: FrameBatch, routes: Ints, message: Ints) -> Ints:
        """Those frames that have something to decode; all are counted."""
        flags = frames.flags
        odd = (flags & (ERROR | REMOTE)) != 0
        wanted = message != UNKNOWN
        if odd.any():
            error = (flags & ERROR) != 0
            self.counts.miss("error_frame", routes[error])
            self.counts.miss("no_payload", routes[wanted & odd & ~error])
            self.counts.hear(routes[~error])
            wanted &= ~odd
        else:
            self.counts.hear(routes)
        return np.flatnonzero(wanted)

    def _at_once(self, frames: FrameBatch, rows: Ints, message: Ints, routes: Ints) -> _Samples:
        is_all = len(rows) == len(frames)
        payload, length = (frames.payload, frames.length) if is_all else (frames.payload[rows], frames.length[rows])
        flat = self._flat.decode(message, payload, length)
        if flat.short is not None:
            self.counts.miss(_SHORT, routes[rows[flat.short]])
        lost = self._tables.lost.take(flat.block) == 1
        if lost.any():
            self.counts.miss(_LOST, routes[rows[lost]])
        frame = flat.frame if is_all else rows.take(flat.frame)
        return _Samples(frame, flat.signal, flat.value, flat.exact)

    def _one_by_one(self, frames: FrameBatch, rows: Ints, message: Ints, routes: Ints) -> _Samples:
        found = _Growing()
        for row, one in zip(rows.tolist(), message.tolist(), strict=True):
            payload = frames.payload[row, : frames.length[row]].tobytes()
            block = found.add(row, self._scalar, one, payload)
            if self._scalar.is_short(block, payload):
                self.counts.miss(_SHORT, routes[row : row + 1])
            if self._scalar.is_lost(block):
                self.counts.miss(_LOST, routes[row : row + 1])
        return found.samples()

    def _long_ones(self, frames: FrameBatch, packets: Ints) -> "_Samples":
        """What the messages say that these frames complete; each stands with the frame that completes it."""
        found = _Growing()
        for row in packets.tolist():
            bus = frames.buses[frames.bus[row]]
            transport = self.counts.transports.setdefault(bus, Transport())
            payload = frames.payload[row, : frames.length[row]].tobytes()
            whole = transport.take(int(frames.time[row]), int(frames.id[row]), payload)
            if whole is not None:
                message = self._routes.message_of(bus, whole.identifier)
                if message != UNKNOWN:
                    found.add(row, self._scalar, message, whole.payload)
        return found.samples()

    def _batch(self, frames: FrameBatch, samples: _Samples) -> SignalBatch:
        frame = samples.frame
        return SignalBatch(
            time=frames.time.take(frame),
            signal=samples.signal.astype(np.int32),
            value=samples.value,
            bus=frames.bus.take(frame),
            buses=frames.buses,
            exact=samples.exact,
            source=self._sources(frames).take(frame) if self._has_j1939 else None,
        )

    def _sources(self, frames: FrameBatch) -> npt.NDArray[np.uint8]:
        """(N,) who sent each frame, as J1939 has it."""
        routes = self._routes.of(frames)
        message = self._routes.message.take(routes)
        is_j1939 = (message != UNKNOWN) & self._is_j1939.take(message, mode="clip")
        is_j1939 |= self._routes.is_packet.take(routes)
        return np.where(is_j1939, frames.id & np.uint32(0xFF), NO_SOURCE).astype(np.uint8)

    def _bind(self, bus: str) -> BusTable:
        table = BusTable()
        owner: dict[tuple[int, int], Database] = {}
        for binding in self._bindings:
            if not binding.applies(bus):
                continue
            tables, first = binding.database.tables, int(self._first[id(binding.database)])
            for number, (identifier, form) in enumerate(zip(tables.id.tolist(), tables.form.tolist(), strict=True)):
                key = (form, identifier)
                if key in owner:
                    what = "PGN" if form == Form.J1939 else "id"
                    winner, loser = owner[key].file.name, binding.database.file.name
                    self.conflicts.append(f"{what} {identifier:X} on {bus}: {winner} wins over {loser}")
                    continue
                owner[key] = binding.database
                if form == Form.J1939:
                    table.groups[identifier] = first + number
                else:
                    table.ids[form == Form.EXTENDED, identifier] = first + number
        return table
