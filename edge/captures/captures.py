"""Captures: which triggers are followed, and how many; what of the ring belongs to each is cut in cutting.py."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from edge.alerts import Alert
from edge.captures.capture import Capture, Hole, Part, State
from edge.captures.cutting import HOLES_MAX, STEP_NS, Cutting, note
from edge.frames import NANOSECONDS, FrameBatch
from edge.judgement import Outcome
from edge.ring import HEAD_BYTES, FrameRing
from edge.wire.messages import HoleCause, Severity

__all__ = ["DAY_NS", "HOLES_MAX", "OPEN_MAX", "PART_NS", "CaptureSettings", "Captures"]

log = logging.getLogger(__name__)

PART_NS: Final = STEP_NS
"""So much is lost at most when the program is killed."""
PART_BYTES: Final = 3 * 1024 * 1024
"""Of frames as they lie in the ring; a block is smaller, and the contract takes 4 MiB."""
OPEN_MAX: Final = 8
"""Captures at a time; each of them holds all frames that it wants, also those of another."""
DAY_NS: Final = 24 * 3600 * NANOSECONDS
_RANK: Final = {severity: rank for rank, severity in enumerate(Severity)}


def frames_in_a_part(frames: FrameBatch) -> int:
    """How many frames of such a batch fit into one part."""
    width: int = frames.payload.shape[1]
    return max(PART_BYTES // (HEAD_BYTES + width), 1)


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

    def __init__(self, ring: FrameRing, settings: CaptureSettings, hand_on: Callable[[Part[FrameBatch]], bool]) -> None:
        """`hand_on` takes a part and never waits; False: it had no room, and the same frames will be missing."""
        self._settings = settings
        self._cutting = Cutting(
            ring, hand_on, packed=self._packed, room=frames_in_a_part, joined=FrameBatch.joined, part_ns=PART_NS
        )
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
        return len(self._cutting.open)

    @property
    def counters(self) -> Mapping[str, int]:
        """`begun`, `ended`; refused as `refused_open` (too many at once) and `refused_day`; `parts_dropped`."""
        return dict(self._counts + self._cutting.counts)

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
        refused = "open" if self.open >= OPEN_MAX else "day" if len(self._begun) >= self._settings.a_day else ""
        if refused:
            self._counts[f"refused_{refused}"] += 1
            return False
        before, after = (int(span * NANOSECONDS) for span in (self._settings.before_s, self._settings.after_s))
        self._begun[id_] = at
        self._counts["begun"] += 1
        self._cutting.begin(Capture(id_, trigger, at - before, at + after), at, self._withheld)
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
            self._cutting.go_on(capture, now)

    def withheld(self, frames: int, begin: int, end: int) -> None:
        """So many frames of a stretch (ns) were not put into the ring."""
        if not frames:
            return
        hole = Hole(begin, end, frames, HoleCause.WITHHELD)
        earliest = end - int(self._settings.before_s * NANOSECONDS)
        self._withheld = [one for one in self._withheld if one.ended >= earliest]
        note(self._withheld, hole)
        self._cutting.withheld(hole)

    def advance(self, until: int) -> None:
        """Everything before this (ns) is in the ring: begin and hand on what is due."""
        due, self._due = self._due, []
        for alert, at in due:
            self.begin(alert, f"alert:{alert}", at)
        self._cutting.advance(until)

    def close(self, until: int, *, is_over: bool) -> None:
        """The run ends here. `is_over`: nothing goes on from it, as of a recording; else a later run may."""
        for capture in list(self._cutting.open):
            self._cutting.end(capture, until, is_over=is_over)

    def _packed(self, still_open: Sequence[Capture]) -> bytes:
        return State(still_open, self._begun).packed()
