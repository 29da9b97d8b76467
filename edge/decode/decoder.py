"""Frames to samples: lenient, counted, never fatal, and never a log line per frame."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.answers import Answers, is_answer
from edge.decode.codes_told import Told, told_by_answer, told_by_group
from edge.decode.compile import compiled
from edge.decode.compiled import Form, merged
from edge.decode.database import Database
from edge.decode.flat import FlatDecoder
from edge.decode.integrity import Guard, Integrity
from edge.decode.isotp import IsoTpListener
from edge.decode.layout import pgn_of
from edge.decode.routes import IDS_MAX, UNKNOWN, BusTable, Key, Routes, Tally
from edge.decode.samples import Growing, Samples
from edge.decode.scalar import ScalarDecoder
from edge.decode.texts import Spoken, words_of
from edge.decode.transport import CONTROL, PACKET, Transport, Whole
from edge.decode.wrapped import length_byte, whole_answers
from edge.frames import ERROR, EXTENDED, REMOTE, FrameBatch
from edge.personal import is_personal
from edge.signals import NO_SOURCE, CodesSample, Signal, SignalBatch, TextSample

__all__ = ["IDS_MAX", "Binding", "DecodeCounts", "Decoder", "Key"]

FLAT_FROM: Final = 10
"""Frames: fewer are decoded one by one."""
_SHORT: Final = "short"
_LOST: Final = "unknown_multiplexer"
_NO_TEXT: Final = "no_text"
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


@dataclass(frozen=True, slots=True)
class GuardedMessage:
    """A message of a database with what proves its frames."""

    database: Database
    message: int
    """Its number in the database's tables."""
    guard: Guard


class DecodeCounts:
    """What became of every frame."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._heard = Tally()
        self._causes: dict[str, Tally] = {}
        self.transports: dict[str, Transport] = {}
        """What puts longer messages together, by bus."""
        self.listeners: dict[tuple[str, bool], IsoTpListener] = {}
        """What puts answers of control units together, by bus and length of their ids (True: 29 bits)."""
        self.answers: Answers | None = None
        self.spoken = Spoken()
        """What J1939 messages said in words."""
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
        `no_payload` (remote), `error_frame`, `bad_checksum`, `counter_stuck`,
        `no_text` (words that cannot be shown)."""
        return {cause: tally.counter(self._routes.keys) for cause, tally in self._causes.items()}

    @property
    def transported(self) -> dict[str, int]:
        """Longer J1939 messages that were put together (`whole`), and those that were not, by why."""
        counts = Counter(whole=sum(one.whole for one in self.transports.values()))
        for one in self.transports.values():
            counts.update({str(loss): count for loss, count in one.losses.items()})
        return {name: count for name, count in counts.items() if count}

    @property
    def answered(self) -> dict[str, int]:
        """Answers of control units: `whole` ones and what became of them, and those lost, by why."""
        counts = Counter(whole=sum(one.whole for one in self.listeners.values()))
        if self.answers is not None:
            counts.update(self.answers.counts)
        for one in self.listeners.values():
            counts.update({str(lost): count for lost, count in one.losses.items()})
        return {name: count for name, count in counts.items() if count}

    def hear(self, routes: Ints) -> None:
        """Count frames."""
        self._heard.add(routes, len(self._routes.keys))

    def miss(self, cause: str, routes: Ints) -> None:
        """Count frames that were not, or not wholly, decoded."""
        if len(routes):
            self._causes.setdefault(cause, Tally()).add(routes, len(self._routes.keys))


class Decoder:
    """Decodes frames of every bus with the databases bound to it."""

    def __init__(
        self, bindings: Sequence[Binding], guards: Sequence[GuardedMessage] = (), answers: Answers | None = None
    ) -> None:
        """`guards`: how frames of some messages are proven; of two for one message the first counts. `answers`: reads
        those of control units; without it their frames are frames like others."""
        self._bindings = bindings
        databases = list({id(one.database): one.database for one in bindings}.values())
        tables = [database.tables for database in databases]
        self._first = dict(zip(map(id, databases), np.cumsum([0, *(len(one.root) for one in tables)]), strict=False))
        self.signals: tuple[Signal, ...] = tuple(signal for one in databases for signal in one.signals)
        self._answers, self._first_answer = answers, len(self.signals)
        self.signals += answers.signals if answers else ()
        """The table that SignalBatch.signal points into: databases' first, then what may be answered."""
        self._tables = merged(tables or [compiled((), ())[0]])
        self._flat = FlatDecoder(self._tables)
        self._scalar = ScalarDecoder(self._tables)
        self._is_j1939 = np.append(self._tables.form == Form.J1939, np.False_)
        """By message; the last: none."""
        self._has_j1939 = False
        """Some bus speaks it."""
        proven = [(int(self._first[id(one.database)]) + one.message, one.guard) for one in reversed(guards)]
        self._integrity = Integrity(dict(proven)) if proven else None
        self._routes = Routes()
        self._buses: tuple[str, ...] = ()
        self._impersonal: npt.NDArray[np.bool_] | None = None
        self.counts = DecodeCounts(self._routes)
        self.counts.answers = answers

    def decode(self, frames: FrameBatch) -> SignalBatch:
        """Every sample of the batch, in the order of the frames."""
        if frames.buses != self._buses:
            self._know(frames.buses)
        flags = int(np.bitwise_or.reduce(frames.flags)) if np.count_nonzero(frames.flags) else 0
        routes = self._routes.of(frames, flags)
        message = self._routes.message.take(routes)
        self.counts.frames += len(frames)
        if flags & (ERROR | REMOTE):
            self._set_aside(frames, routes, message)
        else:
            self.counts.hear(routes)
        if self._integrity is not None:
            for cause, rows, is_doubtful in list(self._integrity.faults(frames, message, routes)):
                self.counts.miss(cause, routes[rows])
                if is_doubtful:
                    message[rows] = UNKNOWN
        samples = (self._one_by_one if len(frames) < FLAT_FROM else self._at_once)(frames, message, routes)
        codes: list[CodesSample] = []
        if self._routes.has_answers and np.count_nonzero(carries := self._routes.is_answer.take(routes)):
            samples = samples.with_more(self._answered(frames, routes, carries, codes))
        source, texts = None, list[TextSample]()
        if self._has_j1939:
            samples, source, texts = self._as_j1939(frames, message, routes, samples, codes)
        self.counts.samples += len(samples.value)
        self.counts.decoded += samples.decoded
        return SignalBatch(
            time=frames.time.take(samples.frame),
            signal=samples.signal,
            value=samples.value,
            bus=frames.bus.take(samples.frame) if len(frames.buses) > 1 else np.zeros(len(samples.frame), np.uint8),
            buses=frames.buses,
            exact=samples.exact,
            source=source,
            texts=texts,
            codes=sorted(codes, key=lambda one: one.time),
        )

    def impersonal(self, frames: FrameBatch) -> npt.NDArray[np.bool_]:
        """(N,) frames of messages that, as their database has it, say nothing of where or how somebody drives.

        What no database has, and what puts longer messages together, may say anything. Nothing is counted.
        """
        if frames.buses != self._buses:
            self._know(frames.buses)
        if self._impersonal is None:
            self._impersonal = self._find_impersonal()
        flags = int(np.bitwise_or.reduce(frames.flags)) if len(frames) else 0
        routes = self._routes.of(frames, flags)
        carries = self._routes.is_packet.take(routes) | self._routes.is_answer.take(routes)
        return self._impersonal.take(self._routes.message.take(routes)) & ~carries

    def _find_impersonal(self) -> npt.NDArray[np.bool_]:
        """(M + 1,) by message; the last: none."""
        found = np.zeros(len(self._tables.root) + 1, np.bool_)
        for database in {id(one.database): one.database for one in self._bindings}.values():
            described = {signal.message for signal in database.signals}
            personal = {signal.message for signal in database.signals if is_personal(signal.path)}
            for number, name in enumerate(database.messages):
                found[self._first[id(database)] + number] = name in described and name not in personal
        return found

    def _set_aside(self, frames: FrameBatch, routes: Ints, message: Ints) -> None:
        """Count frames that carry no payload, and take their messages from them."""
        error = (frames.flags & ERROR) != 0
        remote = ~error & ((frames.flags & REMOTE) != 0)
        self.counts.miss("error_frame", routes[error])
        self.counts.miss("no_payload", routes[remote & (message != UNKNOWN)])
        self.counts.hear(routes[~error])
        message[error | remote] = UNKNOWN

    def _at_once(self, frames: FrameBatch, message: Ints, routes: Ints) -> Samples:
        flat = self._flat.decode(message, frames.payload, frames.length)
        if flat.short is not None:
            self.counts.miss(_SHORT, routes[flat.short])
        if flat.lost is not None:
            self.counts.miss(_LOST, routes[flat.lost])
        return Samples(flat.frame, flat.signal, flat.value, flat.exact, flat.decoded)

    def _one_by_one(self, frames: FrameBatch, message: Ints, routes: Ints) -> Samples:
        found = Growing()
        for row, (one, length) in enumerate(zip(message.tolist(), frames.length.tolist(), strict=True)):
            if one == UNKNOWN:
                continue
            payload = frames.payload[row].tobytes()[:length]
            block = found.add(row, self._scalar, one, payload)
            if length < block.needs:
                self.counts.miss(_SHORT, routes[row : row + 1])
            if block.is_lost:
                self.counts.miss(_LOST, routes[row : row + 1])
        return found.samples()

    def _as_j1939(
        self, frames: FrameBatch, message: Ints, routes: Ints, samples: Samples, codes: list[CodesSample]
    ) -> tuple[Samples, npt.NDArray[np.uint8], list[TextSample]]:
        """With what longer messages say, who sent each, and what was said in words; adds the `codes` that were told."""
        is_packet = self._routes.is_packet.take(routes)
        texts: list[TextSample] = []
        if np.count_nonzero(is_packet):
            packets = (is_packet & ((frames.flags & (ERROR | REMOTE)) == 0)).nonzero()[0]
            wholes = list(self._wholes(frames, packets))
            samples = samples.with_more(self._long_ones(frames, wholes))
            texts = [text for row, whole in wholes for text in self._texts(frames, row, whole, routes, samples)]
            for row, whole in wholes:
                if (told := told_by_group(whole.identifier, whole.payload)) is not None:
                    codes.append(_told(frames, row, whole.identifier & 0xFF, told))
        is_j1939 = is_packet | self._is_j1939.take(message)
        source = np.where(is_j1939, frames.id & np.uint32(0xFF), NO_SOURCE).astype(np.uint8)
        return samples, source.take(samples.frame), texts

    def _wholes(self, frames: FrameBatch, packets: Ints) -> Iterator[tuple[int, Whole]]:
        """The messages that these frames are or complete, each with the row of its frame."""
        for row in packets.tolist():
            bus, identifier = frames.buses[frames.bus[row]], int(frames.id[row])
            payload = frames.payload[row, : frames.length[row]].tobytes()
            whole: Whole | None = Whole(identifier, payload)
            if pgn_of(identifier) in {CONTROL, PACKET}:
                transport = self.counts.transports.setdefault(bus, Transport())
                whole = transport.take(int(frames.time[row]), identifier, payload)
            if whole is not None:
                yield row, whole

    def _long_ones(self, frames: FrameBatch, wholes: Sequence[tuple[int, Whole]]) -> Samples:
        """What these messages say; each stands with the frame that completes it."""
        found = Growing()
        for row, whole in wholes:
            message = self._routes.message_of(frames.buses[frames.bus[row]], whole.identifier)
            if message != UNKNOWN and pgn_of(int(frames.id[row])) == PACKET:
                found.add(row, self._scalar, message, whole.payload)
        return found.samples()

    def _answered(
        self, frames: FrameBatch, routes: Ints, carries: npt.NDArray[np.bool_], codes: list[CodesSample]
    ) -> Samples:
        """What the answers say that these frames complete; each stands with the frame that completes it. Adds the
        `codes` that were told."""
        found = Growing()
        for row in (carries & ((frames.flags & (ERROR | REMOTE)) == 0)).nonzero()[0].tolist():
            unit = frames.buses[frames.bus[row]], bool(frames.flags[row] & EXTENDED), int(frames.id[row])
            listener = self.counts.listeners.setdefault(unit[:2], IsoTpListener())
            frame = frames.payload[row, : frames.length[row]].tobytes()
            payload = listener.take(int(frames.time[row]), unit[2], frame)
            if payload is not None:
                self._routes.answer(int(routes[row]))
                self._answer(found, row, int(frames.time[row]), unit, payload)
                if (told := told_by_answer(payload)) is not None:
                    codes.append(_told(frames, row, unit[2], told))
        return found.samples()

    def _answer(self, found: Growing, row: int, time_ns: int, unit: Key, payload: bytes) -> None:
        """Add what a whole answer says, by what is known of answers and by the databases."""
        message = self._routes.payload_of(*unit)
        if self._answers is not None:
            said = self._answers.samples(time_ns, unit, payload, is_described=message != UNKNOWN)
            found.say(row, [(self._first_answer + signal, value) for signal, value in said])
        if message != UNKNOWN:
            found.add(row, self._scalar, message, length_byte(self._tables, message, payload) + payload)

    def _texts(
        self, frames: FrameBatch, row: int, whole: Whole, routes: Ints, samples: Samples
    ) -> Iterator[TextSample]:
        """What a message says in words."""
        words, bus = words_of(whole.identifier, whole.payload), frames.buses[frames.bus[row]]
        if words is None:
            return
        if not words.is_sound:
            self.counts.miss(_NO_TEXT, routes[row : row + 1])
        self.counts.spoken.hear(bus, whole.identifier & 0xFF, words)
        at = int(np.searchsorted(samples.frame, row, side="right"))
        for path, text in words.texts.items():
            yield TextSample(at, int(frames.time[row]), bus, words.message, path, text)

    def _know(self, buses: tuple[str, ...]) -> None:
        self._buses = buses
        for bus in buses:
            if not self._routes.knows(bus):
                table = self._bind(bus)
                self._routes.know(bus, table)
                self._has_j1939 |= table.speaks_j1939

    def _bind(self, bus: str) -> BusTable:
        """What is spoken on a bus; of two databases that claim one id the first has it (`conflicts.py` tells)."""
        table = BusTable()
        if self._answers is not None:
            table.listens, table.declared = is_answer, self._answers.ids
        for binding in self._bindings:
            if not binding.applies(bus):
                continue
            tables, first = binding.database.tables, int(self._first[id(binding.database)])
            whole = whole_answers(tables) if self._answers is not None else frozenset()
            for number, (identifier, form) in enumerate(zip(tables.id.tolist(), tables.form.tolist(), strict=True)):
                if form == Form.J1939:
                    groups = table.payload_groups if number in whole else table.groups
                    groups.setdefault((identifier, int(tables.sender[number])), first + number)
                else:
                    ids = table.payloads if number in whole else table.ids
                    ids.setdefault((form == Form.EXTENDED, identifier), first + number)
        return table


def _told(frames: FrameBatch, row: int, sender: int, told: Told) -> CodesSample:
    way, codes = told
    return CodesSample(int(frames.time[row]), f"{frames.buses[frames.bus[row]]} {sender:X} {way}", codes)
