"""Cutting: what of a ring belongs to each capture, handed on part by part, every loss told as a hole.

A part is handed on as soon as a capture begins, with what was before, and then every few seconds: what was handed on
survives whatever happens to the program, and after a restart a capture goes on and says what it lacks. All of it goes
by the axis of the data, so a replay cuts what the road would have.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Generic, Protocol, TypeVar

from edge.captures.capture import Capture, Hole, Part, R, Rows
from edge.frames import NANOSECONDS
from edge.wire.messages import HoleCause

STEP_NS: Final = 2 * NANOSECONDS
"""So often the ring is cut: it may turn over within minutes."""
HOLES_MAX: Final = 50
"""Of a part; the last ones grow together."""


R_co = TypeVar("R_co", bound=Rows, covariant=True)


class Ring(Protocol[R_co]):
    """Where the last rows are kept, numbered from 0 as they come."""

    @property
    def place(self) -> int:
        """Where the next row will stand."""

    @property
    def first_place(self) -> int:
        """Of the oldest that is kept."""

    def between(self, place: int, end: int) -> R_co:
        """The kept rows from one place up to another."""


class Cutting(Generic[R]):
    """The captures that are being taken from one ring; used by one thread."""

    def __init__(
        self,
        ring: Ring[R],
        hand_on: Callable[[Part[R]], bool],
        *,
        packed: Callable[[Sequence[Capture]], bytes],
        room: Callable[[R], int],
        joined: Callable[[Sequence[R]], R],
        chosen: Callable[[Capture, R], R] | None = None,
        part_ns: int = STEP_NS,
    ) -> None:
        """`hand_on` takes a part and never waits; False: it had no room, and its rows will be missing.

        `packed`: what is to be remembered once a part is safe, of the captures that are open then. `room`: how many
        such rows fit into a part. `joined`: several stretches as one. `chosen`: those that a capture is of; None: all.
        `part_ns`: so much of a capture is in a part at most, and is lost when the program is killed.
        """
        self.open: list[Capture] = []
        self.counts: Counter[str] = Counter()
        """Captures that `ended` or were `abandoned`, `parts_dropped`."""
        self._ring, self._hand_on, self._packed = ring, hand_on, packed
        self._room, self._joined, self._chosen, self._part_ns = room, joined, chosen, part_ns
        self._cut_out: dict[str, list[R]] = {}
        """By capture: what was taken out of the ring and waits to be a part."""

    def begin(self, capture: Capture, at: int, withheld: Iterable[Hole] = ()) -> None:
        """Take a capture from now (ns) on, with what the ring has of before, of which these were never kept."""
        capture.told_to = capture.cut_to = capture.wanted_from
        capture.place = self._ring.first_place
        capture.holes += [one for one in withheld if one.ended >= capture.wanted_from]
        self._lacking(capture)
        self.open.append(capture)
        self._cut(capture, at, is_first=True)

    def go_on(self, capture: Capture, now: int) -> None:
        """Take up one that an earlier run had begun; from now (ns) on there are rows again."""
        back = max(min(now, capture.wanted_to), capture.told_to)
        capture.holes.append(Hole(capture.told_to, back, None, HoleCause.RESTARTED))
        capture.told_to = capture.cut_to = back
        capture.place = self._ring.place
        self.open.append(capture)

    def withheld(self, hole: Hole) -> None:
        """Rows of a stretch were not put into the ring."""
        for capture in self.open:
            if hole.started <= capture.wanted_to:
                note(capture.holes, hole)

    def advance(self, until: int) -> None:
        """Everything before this (ns) is in the ring: hand on what is due.

        Parts end where the axis says, whenever this is called: a replay that is repeated brings the same parts.
        """
        for capture in list(self.open):
            while capture in self.open and (end := min(capture.cut_to + STEP_NS, capture.wanted_to)) <= until:
                cut = capture.cut_to
                self._cut(capture, end)
                if capture.cut_to == cut:
                    break

    def end(self, capture: Capture, until: int, *, is_over: bool) -> None:
        """Hand on what there is of a capture. `is_over`: nothing goes on from it; else a later run may."""
        self._cut(capture, until, is_over=is_over, is_first=True)

    def abandon(self, capture: Capture) -> None:
        """Nothing more of a capture is wanted, nor its last part."""
        self.open.remove(capture)
        self._cut_out.pop(capture.id, None)
        self.counts["abandoned"] += 1

    def _lacking(self, capture: Capture) -> None:
        """What the ring has lost of the time before."""
        if not (first := self._ring.first_place):
            return
        oldest = int(self._ring.between(first, first + 1).time[0])
        if oldest > capture.wanted_from:
            note(capture.holes, Hole(capture.wanted_from, oldest, None, HoleCause.OVERWRITTEN))

    def _cut(self, capture: Capture, until: int, *, is_over: bool = False, is_first: bool = False) -> None:
        """Take out of the ring what belongs to a capture up to a moment, and hand on what is due of it."""
        is_last = is_over or until >= capture.wanted_to
        if (lost := self._ring.first_place - capture.place) > 0:
            note(capture.holes, Hole(capture.cut_to, until, lost, HoleCause.OVERWRITTEN))
        begin = max(capture.place, self._ring.first_place)
        rows = self._ring.between(begin, self._ring.place)
        if (later := rows.time >= until).any():
            rows = rows.select(slice(0, int(later.argmax())))
        capture.place = begin + len(rows)
        rows = rows.select((rows.time >= capture.wanted_from) & (rows.time < capture.wanted_to))
        if self._chosen is not None:
            rows = self._chosen(capture, rows)
        waiting = self._cut_out.setdefault(capture.id, [])
        waiting.append(rows)
        capture.cut_to = max(until, capture.cut_to)
        count = sum(map(len, waiting))
        is_due = is_first or is_last or capture.cut_to - capture.told_to >= self._part_ns
        if is_due or count >= self._room(rows):
            self._tell_all(capture, until, is_last=is_last)

    def _tell_all(self, capture: Capture, until: int, *, is_last: bool) -> None:
        rows = self._joined(self._cut_out.pop(capture.id))
        room = self._room(rows)
        begins = range(0, max(len(rows), 1), room)
        for begin in begins:
            piece, is_end = rows.select(slice(begin, begin + room)), begin == begins[-1]
            told_to = max(until if is_end else int(piece.time[-1]), capture.told_to)
            self._tell(capture, piece, told_to, is_last=is_last and is_end)

    def _tell(self, capture: Capture, rows: R, told_to: int, *, is_last: bool) -> None:
        started = int(rows.time.min()) if len(rows) else min(capture.told_to, capture.wanted_to)
        ended = int(rows.time.max()) if len(rows) else max(started, min(told_to, capture.wanted_to))
        holes, capture.holes = capture.holes, []
        capture.parts, capture.told_to = capture.parts + 1, told_to
        part = Part(
            id=capture.id,
            trigger=capture.trigger,
            wanted_from=capture.wanted_from,
            wanted_to=capture.wanted_to,
            number=capture.parts,
            is_last=is_last,
            started=started,
            ended=ended,
            frames=rows,
            holes=holes,
            state=self._packed([one for one in self.open if not (is_last and one is capture)]),
        )
        if self._hand_on(part):
            if is_last:
                self.open.remove(capture)
                self.counts["ended"] += 1
            return
        self.counts["parts_dropped"] += 1
        capture.parts, capture.holes = capture.parts - 1, list(holes)
        if len(rows):
            note(capture.holes, Hole(started, ended, len(rows), HoleCause.DROPPED))


def note(holes: list[Hole], hole: Hole) -> None:
    """Add a hole; one that follows another of its cause is part of that, and so is any beyond what a part may tell."""
    last = holes[-1] if holes else None
    if last is None or (last.cause is not hole.cause and len(holes) < HOLES_MAX):
        holes.append(hole)
        return
    frames = None if last.frames is None or hole.frames is None else last.frames + hole.frames
    holes[-1] = Hole(min(last.started, hole.started), max(last.ended, hole.ended), frames, last.cause)
