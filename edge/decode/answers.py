"""Answers of control units to whoever asks, as samples: service 01 (SAE J1979), DIDs (ISO 14229-1), OBD on UDS.

We only listen here. A value that a tester asked for, ours or another's, is a signal like one that the vehicle sends by
itself; so a replay knows what the road knew. Values come every few seconds or minutes: how often, is learned.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.decode import pids
from edge.decode.dids import READ_BY_DID, READ_BY_LOCAL_ID, Did, DidKey
from edge.decode.quantity import Quantity, read
from edge.decode.routes import Key
from edge.frames import NANOSECONDS
from edge.signals import Signal

CURRENT: Final = 0x41
"""Positive answer of service 01 (SAE J1979, 6.1)."""
REFUSED: Final = 0x7F
"""Negative answer (ISO 14229-1, table 3)."""
PID_PAGE: Final = 0xF4
"""DIDs F400 to F4FF are the PIDs 00 to FF (SAE J1979-2)."""
FIRST_11: Final = 0x7E8
LAST_11: Final = 0x7EF
"""Answers of units on 11-bit ids (ISO 15765-4, 10.5.1)."""
TESTER_29: Final = 0x00DAF100
"""Answers to testers on 29-bit ids, whatever their priority: 18DAF1xx (ISO 15765-4, 10.5.2)."""
_MASK_29: Final = 0x00FFFF00
MONITORS: Final = 0x01
"""PID of lamp and number of codes (SAE J1979-DA, table B3)."""
LAMP: Final = "Vehicle.OBD.Status.IsMILOn"
CODES: Final = "Vehicle.OBD.Status.DTCCount"
UNITS_MAX: Final = 64
"""Whose lamps and codes are remembered."""
REMEMBERED_NS: Final = 300 * NANOSECONDS
"""How long what one unit said of its codes counts beside what another says."""
PERIOD_S: Final = 6.0
"""How often an answer is expected until it was heard for a while: stale after a minute."""

Sample = tuple[int, float]
"""Index into `Answers.signals`, value."""
Why = pids.Unread | str | None
"""Why an answer, or the rest of it, was not read; None: it was."""
_NOT_KNOWN: Final = frozenset({pids.Unread.UNKNOWN_PID, "unknown_did", "other_service"})
"""Here; a database may know."""


def is_answer(extended: bool, identifier: int) -> bool:
    """Whether units answer testers on an id, as ISO 15765-4 has it."""
    if extended:
        return identifier & _MASK_29 == TESTER_29
    return FIRST_11 <= identifier <= LAST_11


@dataclass(slots=True)
class _Codes:
    heard_ns: int
    lamp: bool
    count: int


class Answers:
    """Reads answers that are whole, of all units of a vehicle."""

    def __init__(self, dids: Mapping[DidKey, Did] | None = None) -> None:
        """`dids`: what a profile declares."""
        self.counts: Counter[str] = Counter()
        """Answers by what became of them: `read`, `refused`, `other_service`, `unknown_pid`, `unknown_did`,
        `short_answer`."""
        self._dids = dids or {}
        self._ids = {(key.extended, key.response) for key in self._dids}
        signals: list[Signal] = []
        self._places: dict[tuple[int | DidKey, Quantity], int] = {}
        for of, message, names, quantities in self._declared():
            for name, quantity in zip(names, quantities, strict=True):
                self._places[of, quantity] = len(signals)
                signals.append(Signal(quantity.path, quantity.unit, message, name, PERIOD_S))
        self._lamp, self._count = len(signals), len(signals) + 1
        signals += [Signal(path, "", f"Pid{MONITORS:02X}", path.rpartition(".")[2], PERIOD_S) for path in (LAMP, CODES)]
        self.signals: tuple[Signal, ...] = tuple(signals)
        """Everything that may be answered."""
        self._codes: dict[Key, _Codes] = {}

    def _declared(self) -> Iterator[tuple[int | DidKey, str, Sequence[str], Sequence[Quantity]]]:
        """Each PID and DID with its message, names and quantities."""
        for pid, quantities in pids.QUANTITIES.items():
            yield pid, f"Pid{pid:02X}", [one.path.rpartition(".")[2] for one in quantities], quantities
        for key, did in self._dids.items():
            yield key, key.name, did.names, did.quantities

    def listens(self, extended: bool, identifier: int) -> bool:
        """Whether answers come with an id: those of ISO 15765-4, and those of declared DIDs."""
        return is_answer(extended, identifier) or (extended, identifier) in self._ids

    def samples(self, time_ns: int, unit: Key, payload: bytes, *, is_described: bool = False) -> list[Sample]:
        """What an answer says.

        Args:
            time_ns: when it was complete.
            unit: by the bus and the id that it came with.
            payload: whole, with the service byte.
            is_described: a database tells what is in it, so that it is not missed what is not known here.
        """
        service, content = payload[0], payload[1:]
        found: list[Sample] = []
        why: Why = None
        if service == CURRENT:
            told, why = pids.current(content)
            for one in told:
                found += self._of_pid(time_ns, unit, one.pid, one.content)
        elif service in {READ_BY_DID, READ_BY_LOCAL_ID}:
            why = self._of_dids(time_ns, unit, payload, found)
        else:
            why = "refused" if service == REFUSED else "other_service"
        if found:
            self.counts["read"] += 1
        if why is not None and not (is_described and why in _NOT_KNOWN):
            self.counts[str(why)] += 1
        return found

    def _of_pid(self, time_ns: int, unit: Key, pid: int, content: bytes) -> Iterator[Sample]:
        if pid == MONITORS:
            yield from self._of_codes(time_ns, unit, content[0])
        for quantity, value in pids.values(pid, content):
            yield self._places[pid, quantity], value

    def _of_codes(self, time_ns: int, unit: Key, told: int) -> Iterator[Sample]:
        """The lamp is lit when any unit wants it, and codes are those of all; a silent unit does not count for ever."""
        self._codes.pop(unit, None)
        if len(self._codes) >= UNITS_MAX:
            del self._codes[next(iter(self._codes))]
        self._codes[unit] = _Codes(time_ns, bool(told & 0x80), told & 0x7F)
        ours = [one for key, one in self._codes.items() if key[0] == unit[0]]
        counted = [one for one in ours if time_ns - one.heard_ns <= REMEMBERED_NS]
        yield self._lamp, float(any(one.lamp for one in counted))
        yield self._count, float(sum(one.count for one in counted))

    def _of_dids(self, time_ns: int, unit: Key, payload: bytes, found: list[Sample]) -> Why:
        """Add what one DID after the other says, as far as their lengths are known; why the rest was not read."""
        service, content = payload[0], payload[1:]
        size = 2 if service == READ_BY_DID else 1
        why: Why = None
        while content and why is None:
            number, rest = int.from_bytes(content[:size], "big"), content[size:]
            if len(content) < size:
                return pids.Unread.SHORT
            if size > 1 and number >> 8 == PID_PAGE:
                length, why = pids.length_of(number & 0xFF, rest)
                if why is None:
                    found += self._of_pid(time_ns, unit, number & 0xFF, rest[:length])
            else:
                length, why = self._of_did(DidKey(unit[1], unit[2], service, number), rest, found)
            content = rest[length:]
        return why

    def _of_did(self, key: DidKey, rest: bytes, found: list[Sample]) -> tuple[int, Why]:
        """Add what a DID says; how many bytes it has, and why the rest was not read."""
        did = self._dids.get(key)
        if did is None:
            return 0, "unknown_did"
        length = len(rest) if did.bytes is None else did.bytes
        found += [(self._places[key, quantity], value) for quantity, value in read(did.quantities, rest[:length])]
        is_short = len(rest) < max(length, *(one.end for one in did.quantities))
        return length, pids.Unread.SHORT if is_short else None
