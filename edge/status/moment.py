"""Moment: what the thread that judges knows, copied in a few hundred microseconds, for another thread to tell.

Whatever is in it changes no more. It holds everything as it is inside; what may be told of it `vehicle.py` decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.alerts import Alert
from edge.decode.decoder import Key
from edge.figures import Float64s, Int64s
from edge.judgement import Judgement
from edge.memories import Progress
from edge.report import frame_counts
from edge.whereabouts import Fix


@dataclass(frozen=True, slots=True)
class Moment:
    """The vehicle and its judgement as of one cell."""

    at_s: float
    """Monotonic: when it was copied."""
    until: int
    """ns on the axis: the end of the last cell; 0: there was none."""
    latest: Float64s
    heard_at: Int64s
    stale_ns: Int64s
    fix: Fix | None
    private: bool
    workshop: bool
    doing: str | None
    trip_since: int | None
    alerts: Sequence[Alert]
    alerts_pending: int
    known: Mapping[Key, int]
    unknown: Mapping[Key, int]
    decoded: Mapping[str, int]
    """As `decode` of health."""
    switched_off: Mapping[str, str]
    frames_late: int
    cells_skipped: int
    captures_open: int
    captures: Mapping[str, int]
    campaigns: Mapping[str, str]
    """Their states by their names."""
    learning: Sequence[Progress]
    """How far models are that learn the vehicle."""


def moment_of(
    judgement: Judgement,
    *,
    at_s: float,
    switched_off: Mapping[str, str],
    frames_late: int,
    cells_skipped: int,
    captures_open: int,
    captures: Mapping[str, int],
    campaigns: Mapping[str, str],
    learning: Sequence[Progress],
) -> Moment:
    """Called by the thread that judges alone."""
    history, book, counts = judgement.history, judgement.book, judgement.decoder.counts
    return Moment(
        at_s=at_s,
        until=history.until,
        latest=history.latest.copy(),
        heard_at=history.latest_at.copy(),
        stale_ns=history.stale_ns,
        fix=history.whereabouts.fix,
        private=history.private,
        workshop=judgement.modes.workshop,
        doing=history.doing.now,
        trip_since=judgement.trip_since,
        alerts=book.firing,
        alerts_pending=book.counters["alerts_pending"],
        known=counts.known,
        unknown=counts.unknown,
        decoded=frame_counts(counts),
        switched_off=switched_off,
        frames_late=frames_late,
        cells_skipped=cells_skipped,
        captures_open=captures_open,
        captures=captures,
        campaigns=campaigns,
        learning=learning,
    )
