"""From a frame's bus and id to its message: by arrays, and an account of every id that was heard."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from edge.decode.codes_told import GROUPS as CODE_GROUPS
from edge.decode.compiled import ANY_SENDER
from edge.decode.layout import pgn_of, source_of
from edge.decode.protocol import are_well_known
from edge.decode.texts import GROUPS
from edge.decode.transport import CONTROL, PACKET
from edge.frames import EXTENDED, FrameBatch

IDS_MAX: Final = 4096
"""Ids that are counted one by one; what comes beyond is counted together (a fuzzed bus has 2^29)."""
KNOWN_MAX: Final = 16_384
"""The same of ids that a database has; J1939 messages come from any sender."""
STANDARD_IDS: Final = 0x800
OTHERS: Final = ("(others)", False, 0)
UNKNOWN: Final = -1
"""No database has it."""

Key = tuple[str, bool, int]
"""(bus, extended, arbitration id)"""
Ints = npt.NDArray[np.intp]
UInt64s = npt.NDArray[np.uint64]
_PACKETS: Final = frozenset({CONTROL, PACKET, *GROUPS, *CODE_GROUPS})
_UNSEEN: Final = -1
_EACH: Final = STANDARD_IDS + 1
"""Places of a bus: its ids, and one for those that no bus carries."""
_LAST: Final = 2**64 - 1
"""Beyond every extended id."""
_BUS_SHIFT: Final = np.uint64(32)


def of_group(groups: Mapping[tuple[int, int], int], identifier: int) -> int | None:
    """What is known of the parameter group of a 29-bit id: from its very sender, else from any; None: nothing."""
    group = pgn_of(identifier)
    found = groups.get((group, source_of(identifier)))
    return groups.get((group, ANY_SENDER)) if found is None else found


@dataclass(slots=True)
class BusTable:
    """Which message an id or a parameter group is on one bus."""

    ids: dict[tuple[bool, int], int] = field(default_factory=dict)
    groups: dict[tuple[int, int], int] = field(default_factory=dict)
    """By PGN and source address, or ANY_SENDER."""
    payloads: dict[tuple[bool, int], int] = field(default_factory=dict)
    """Messages that are whole answers (ISO 15765-2) on an id, not its frames."""
    payload_groups: dict[tuple[int, int], int] = field(default_factory=dict)
    """The same by PGN and source address, of databases that call themselves J1939's."""
    listens: Callable[[bool, int], bool] | None = None
    """Whether answers of control units come with an id by the standard; None: nobody listens to those."""
    declared: Collection[tuple[bool, int]] = ()
    """Ids of answers that a profile names."""

    @property
    def speaks_j1939(self) -> bool:
        """A database calls itself J1939's, or has parameter groups that nearly every such vehicle sends, each by its
        whole id."""
        return bool(self.groups) or are_well_known(pgn_of(identifier) for extended, identifier in self.ids if extended)

    def message(self, extended: bool, identifier: int) -> int:
        """Of an id; UNKNOWN: no database has it."""
        found = self.ids.get((extended, identifier))
        if found is None and extended:
            found = of_group(self.groups, identifier)
        return UNKNOWN if found is None else found

    def is_answer(self, extended: bool, identifier: int) -> bool:
        """Whether frames of an id carry answers; what a database has a message for does only if somebody says so."""
        key = extended, identifier
        if key in self.payloads or key in self.declared:
            return True
        return self.listens is not None and key not in self.ids and self.listens(*key)


class Routes:
    """Gives every (bus, id) that is heard a number, its route, and counts by it.

    A new id takes a look-up in dictionaries once; from then on it is an index into an array.
    """

    def __init__(self) -> None:
        self.keys: list[Key] = [OTHERS]
        """By route."""
        self._messages = [UNKNOWN]
        self._packets = [False]
        self._answers = [False]
        self.message: Ints = np.array(self._messages, np.intp)
        """(R,) by route."""
        self.is_packet: npt.NDArray[np.bool_] = np.zeros(1, np.bool_)
        """(R,) by route: it carries a part of a longer J1939 message, is about one, or says something in words."""
        self.is_answer: npt.NDArray[np.bool_] = np.zeros(1, np.bool_)
        """(R,) by route: it carries answers of control units, or parts of them."""
        self.has_answers = False
        """Any id of such was heard."""
        self._answered: set[int] = set()
        """Routes that carried a whole one, or that a database describes as such: only those are known for it."""
        self._tables: dict[str, BusTable] = {}
        self._room = {True: KNOWN_MAX, False: IDS_MAX}
        """How many more ids get a route of their own, known ones and unknown ones."""
        self._together: dict[tuple[str, int], int] = {}
        self._standard: dict[str, Ints] = {}
        self._buses: tuple[str, ...] = ()
        self._of_standard: Ints = np.empty(0, np.intp)
        self._extended: UInt64s = np.empty(0, np.uint64)
        self._of_extended: Ints = np.empty(0, np.intp)

    def know(self, bus: str, table: BusTable) -> None:
        """Say what is spoken on a bus, before its first frame."""
        self._tables[bus] = table
        self._standard[bus] = np.full(_EACH, _UNSEEN, np.intp)
        self._standard[bus][STANDARD_IDS] = 0

    def knows(self, bus: str) -> bool:
        """Whether `know` was called for it."""
        return bus in self._tables

    @property
    def is_known(self) -> npt.NDArray[np.bool_]:
        """(R,) by route: a database has it, or it carries parts of longer messages, or carried a whole answer."""
        known: npt.NDArray[np.bool_] = (self.message != UNKNOWN) | self.is_packet
        known[list(self._answered)] = True
        return known

    def answer(self, route: int) -> None:
        """A whole answer came with it."""
        self._answered.add(route)

    def message_of(self, bus: str, identifier: int) -> int:
        """Of a longer message; UNKNOWN: no database has it."""
        return self._tables[bus].message(True, identifier)

    def payload_of(self, bus: str, extended: bool, identifier: int) -> int:
        """The message that describes whole answers on an id; UNKNOWN: no database does."""
        table = self._tables[bus]
        found = table.payloads.get((extended, identifier))
        if found is None and extended:
            found = of_group(table.payload_groups, identifier)
        return UNKNOWN if found is None else found

    def of(self, frames: FrameBatch, flags: int) -> Ints:
        """(N,) the route of every frame; `flags` has those bits that any frame has."""
        if frames.buses != self._buses:
            self._lay_out(frames.buses)
        route = self._found(frames, flags)
        is_unseen = route == _UNSEEN
        if np.count_nonzero(is_unseen):
            self._meet(frames, is_unseen.nonzero()[0])
            route = self._found(frames, flags)
            for row in (route == _UNSEEN).nonzero()[0]:
                route[row] = self._one_of_too_many(frames, int(row))
        return route

    def _found(self, frames: FrameBatch, flags: int) -> Ints:
        """What is known so far: no operation more than these frames need."""
        identifier = frames.id
        if not flags & EXTENDED:
            if len(self._buses) == 1:
                return self._of_standard.take(identifier, mode="clip")
            place = frames.bus * np.intp(_EACH)
            place += np.minimum(identifier, STANDARD_IDS)
            return self._of_standard.take(place)
        is_extended = (frames.flags & EXTENDED) != 0
        if np.count_nonzero(is_extended) == len(frames):
            return self._found_extended(frames.bus, identifier)
        place = frames.bus * np.intp(_EACH)
        place += np.minimum(identifier, STANDARD_IDS)
        route = self._of_standard.take(place)
        rows = is_extended.nonzero()[0]
        route[rows] = self._found_extended(frames.bus.take(rows), identifier.take(rows))
        return route

    def _found_extended(self, bus: npt.NDArray[np.uint8], identifier: npt.NDArray[np.uint32]) -> Ints:
        wanted = identifier.astype(np.uint64)
        if len(self._buses) > 1:
            wanted |= bus.astype(np.uint64) << _BUS_SHIFT
        at = self._extended.searchsorted(wanted)
        route = self._of_extended.take(at)
        is_other = self._extended.take(at) != wanted
        if np.count_nonzero(is_other):
            route[is_other] = _UNSEEN
        return route

    def _meet(self, frames: FrameBatch, rows: Ints) -> None:
        """Give ids that were never heard their routes."""
        seen = {
            (int(bus), bool(flags & EXTENDED), int(identifier))
            for bus, flags, identifier in zip(frames.bus[rows], frames.flags[rows], frames.id[rows], strict=True)
        }
        for bus, extended, identifier in sorted(seen):
            name = frames.buses[bus]
            table = self._tables[name]
            message = table.message(extended, identifier)
            is_known = message != UNKNOWN or table.is_answer(extended, identifier)
            if self._room[is_known] > 0:
                self._room[is_known] -= 1
                self._add((name, extended, identifier), message)
        self._number()
        self._lay_out(frames.buses)

    def _add(self, key: Key, message: int) -> int:
        route = len(self.keys)
        self.keys.append(key)
        self._messages.append(message)
        bus, extended, identifier = key
        is_packet = extended and self._tables[bus].speaks_j1939 and pgn_of(identifier) in _PACKETS
        self._packets.append(is_packet)
        self._answers.append(self._tables[bus].is_answer(extended, identifier))
        if self.payload_of(*key) != UNKNOWN:
            self._answered.add(route)
        if not extended:
            self._standard[bus][identifier] = route
        return route

    def _number(self) -> None:
        """After some were added."""
        self.message, self.is_packet = np.array(self._messages, np.intp), np.array(self._packets, np.bool_)
        self.is_answer = np.array(self._answers, np.bool_)
        self.has_answers = any(self._answers)

    def _one_of_too_many(self, frames: FrameBatch, row: int) -> int:
        """The route of a frame whose id is not counted by itself: all of its message together, or all unknown ones."""
        bus = frames.buses[frames.bus[row]]
        message = self._tables[bus].message(bool(frames.flags[row] & EXTENDED), int(frames.id[row]))
        if message == UNKNOWN:
            return 0
        if (bus, message) not in self._together:
            self._together[bus, message] = self._add((bus, True, int(frames.id[row])), message)
            self._number()
        return self._together[bus, message]

    def _lay_out(self, buses: Sequence[str]) -> None:
        self._buses = tuple(buses)
        self._of_standard = np.concatenate([self._standard[bus] for bus in buses]) if buses else np.empty(0, np.intp)
        place = {bus: index for index, bus in enumerate(buses)}
        pairs = sorted(
            ((place[bus] << 32) | identifier, route)
            for route, (bus, extended, identifier) in enumerate(self.keys)
            if extended and bus in place
        )
        pairs.append((_LAST, _UNSEEN))
        self._extended = np.array([key for key, _ in pairs], np.uint64)
        self._of_extended = np.array([route for _, route in pairs], np.intp)


class Tally:
    """Counts by route."""

    def __init__(self) -> None:
        self._counts = np.zeros(0, np.int64)

    def add(self, routes: Ints, size: int) -> None:
        """Count these, of `size` routes."""
        if size > len(self._counts):
            self._counts = np.concatenate([self._counts, np.zeros(size - len(self._counts), np.int64)])
        self._counts += np.bincount(routes, minlength=len(self._counts))

    def counter(self, keys: Sequence[Key], chosen: npt.NDArray[np.bool_] | None = None) -> Counter[Key]:
        """By key; only of chosen routes, if given."""
        return Counter(
            {
                keys[route]: int(count)
                for route, count in enumerate(self._counts)
                if count and (chosen is None or chosen[route])
            }
        )
