"""Captures: which triggers are followed, and what of the ring belongs to each capture.

All that is said here goes by the axis of the data, so a replay captures what the road would have. A part is handed on
as soon as a capture begins, with what was before, and then every few seconds: what was handed on survives whatever
happens to the program, and after a restart a capture goes on and says what it lacks.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge.alerts import Alert
from edge.captures.capture import Capture, Hole, Part, State
from edge.frames import NANOSECONDS, FrameBatch
from edge.judgement import Outcome
from edge.ring import HEAD_BYTES, FrameRing
from edge.wire.messages import HoleCause, Severity

log = logging.getLogger(__name__)

PART_NS: Final = 2 * NANOSECONDS
"""So much is lost at most when the program is killed."""
PART_BYTES: Final = 3 * 1024 * 1024
"""Of frames as they lie in the ring; a block is smaller, and the contract takes 4 MiB."""
OPEN_MAX: Final = 8
"""Captures at a time; each of them holds all frames that it wants, also those of another."""
HOLES_MAX: Final = 50
"""Of a part; the last ones grow together."""
DAY_NS: Final = 24 * 3600 * NANOSECONDS
_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """What is captured, and how much of it."""

    before_s: float = 20.0
    after_s: float = 20.0
    alerts: str = "warning"
    """Alerts of this severity or worse; none: of no severity."""
    rules: frozenset[str] = frozenset()
    """Alerts of these rules whatever their severity."""
    a_day: int = 20
    """In 24 hours at most."""

    def wants(self, alert: Alert) -> bool:
        """Whether frames around this are wanted, now that it began or got worse."""
        if alert.ended is not None or alert.is_again:
            return False
        if alert.concern.rule in self.rules:
            return True
        return self.alerts != "none" and _RANK[Severity(alert.severity)] >= _RANK[Severity(self.alerts)]


class Captures:
    """Follows triggers; the pipeline's thread alone calls it."""

    def __init__(self, ring: FrameRing, settings: CaptureSettings, hand_on: Callable[[Part], bool]) -> None:
        """`hand_on` takes a part and never waits; False: it had no room, and the same frames will be missing."""
        self._ring, self._settings, self._hand_on = ring, settings, hand_on
        self._open: list[Capture] = []
        self._begun: dict[str, int] = {}
        """When captures began, by their ids, in the last 24 hours."""
        self._due: list[tuple[str, int]] = []
        """Alerts, and when they began or got worse."""
        self._withheld: list[Hole] = []
        """Lately, the latest last."""
        self._counts: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many are being taken."""
        return len(self._open)

    @property
    def counters(self) -> Mapping[str, int]:
        """`begun`, `ended`; refused as `refused_open` (too many at once) and `refused_day`; `parts_dropped`."""
        return dict(self._counts)

    def hearing(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes, unchanged; alerts in them begin captures when `advance` is called, with the frames of then."""
        for outcome in outcomes:
            self._due += [(alert.id, outcome.at) for alert in outcome.alerts if self._settings.wants(alert)]
            yield outcome

    def begin(self, id_: str, trigger: str, at: int) -> bool:
        """Take frames around a moment (ns); whether that is begun. `id_`: 32 hex digits, followed once a day."""
        self._begun = {one: begun for one, begun in self._begun.items() if at - DAY_NS < begun <= at}
        if id_ in self._begun:
            return False
        refused = "open" if len(self._open) >= OPEN_MAX else "day" if len(self._begun) >= self._settings.a_day else ""
        if refused:
            self._counts[f"refused_{refused}"] += 1
            return False
        before, after = (int(span * NANOSECONDS) for span in (self._settings.before_s, self._settings.after_s))
        capture = Capture(id_, trigger, at - before, at + after)
        capture.told_to, capture.place = capture.wanted_from, self._ring.first_place
        self._lacking(capture)
        self._begun[id_] = at
        self._open.append(capture)
        self._counts["begun"] += 1
        self._cut(capture, at)
        return True

    def take_up(self, kept: bytes, now: int) -> None:
        """Go on with what was remembered when the program was last alive; `now`: from here on frames are kept."""
        try:
            state = State.unpacked(kept)
        except ValueError as error:
            log.warning("captures that were being taken when the program ended stay unfinished: %s", error)
            return
        self._begun = dict(state.begun)
        for capture in state.open[:OPEN_MAX]:
            back = max(min(now, capture.wanted_to), capture.told_to)
            capture.holes.append(Hole(capture.told_to, back, None, HoleCause.RESTARTED))
            capture.told_to, capture.place = back, self._ring.place
            self._open.append(capture)

    def withheld(self, frames: int, begin: int, end: int) -> None:
        """So many frames of a stretch (ns) were not put into the ring."""
        if not frames:
            return
        hole = Hole(begin, end, frames, HoleCause.WITHHELD)
        earliest = end - int(self._settings.before_s * NANOSECONDS)
        self._withheld = [one for one in self._withheld if one.ended >= earliest]
        _note(self._withheld, hole)
        for capture in self._open:
            if begin <= capture.wanted_to:
                _note(capture.holes, hole)

    def advance(self, until: int) -> None:
        """Everything before this (ns) is in the ring: begin and hand on what is due.

        Parts end where the axis says, whenever this is called: a replay that is repeated brings the same parts.
        """
        due, self._due = self._due, []
        for alert, at in due:
            self.begin(alert, f"alert:{alert}", at)
        for capture in list(self._open):
            while capture in self._open and (end := min(capture.told_to + PART_NS, capture.wanted_to)) <= until:
                told = capture.told_to
                self._cut(capture, end)
                if capture.told_to == told:
                    break

    def close(self, until: int, *, is_over: bool) -> None:
        """The run ends here. `is_over`: nothing goes on from it, as of a recording; else a later run may."""
        for capture in list(self._open):
            self._cut(capture, until, is_over=is_over)

    def _lacking(self, capture: Capture) -> None:
        """What the ring has lost of the time before, or never had."""
        capture.holes += [one for one in self._withheld if one.ended >= capture.wanted_from]
        if not (first := self._ring.first_place):
            return
        oldest = int(self._ring.between(first, first + 1).time[0])
        if oldest > capture.wanted_from:
            _note(capture.holes, Hole(capture.wanted_from, oldest, None, HoleCause.OVERWRITTEN))

    def _cut(self, capture: Capture, until: int, *, is_over: bool = False) -> None:
        """Hand on what the ring has of a capture up to a moment and was not handed on."""
        is_last = is_over or until >= capture.wanted_to
        if (lost := self._ring.first_place - capture.place) > 0:
            _note(capture.holes, Hole(capture.told_to, until, lost, HoleCause.OVERWRITTEN))
        begin = max(capture.place, self._ring.first_place)
        frames = self._ring.between(begin, self._ring.place)
        if (later := frames.time >= until).any():
            frames = frames.select(slice(0, int(later.argmax())))
        capture.place = begin + len(frames)
        frames = frames.select((frames.time >= capture.wanted_from) & (frames.time < capture.wanted_to))
        room = max(PART_BYTES // (HEAD_BYTES + frames.payload.shape[1]), 1)
        begins = range(0, max(len(frames), 1), room)
        for begin in begins:
            piece, is_end = frames.select(slice(begin, begin + room)), begin == begins[-1]
            told_to = max(until if is_end else int(piece.time[-1]), capture.told_to)
            self._tell(capture, piece, told_to, is_last=is_last and is_end)

    def _tell(self, capture: Capture, frames: FrameBatch, told_to: int, *, is_last: bool) -> None:
        started = int(frames.time.min()) if len(frames) else min(capture.told_to, capture.wanted_to)
        ended = int(frames.time.max()) if len(frames) else max(started, min(told_to, capture.wanted_to))
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
            frames=frames,
            holes=holes,
            state=State([one for one in self._open if not (is_last and one is capture)], self._begun).packed(),
        )
        if self._hand_on(part):
            if is_last:
                self._open.remove(capture)
                self._counts["ended"] += 1
            return
        self._counts["parts_dropped"] += 1
        capture.parts, capture.holes = capture.parts - 1, list(holes)
        if len(frames):
            _note(capture.holes, Hole(started, ended, len(frames), HoleCause.DROPPED))


def _note(holes: list[Hole], hole: Hole) -> None:
    """Add a hole; one that follows another of its cause is part of that, and so is any beyond what a part may tell."""
    last = holes[-1] if holes else None
    if last is None or (last.cause is not hole.cause and len(holes) < HOLES_MAX):
        holes.append(hole)
        return
    frames = None if last.frames is None or hole.frames is None else last.frames + hole.frames
    holes[-1] = Hole(min(last.started, hole.started), max(last.ended, hole.ended), frames, last.cause)
