"""Correcting: what waits was stamped by a clock that is known by now to have been wrong.

What was handed out may be stored already, and the same number with other words would look like another card's message:
it stays as it is. So does what is of an earlier run, whose clock nobody knows any more.
"""

import sqlite3
from contextlib import suppress
from dataclasses import replace
from typing import Final

from edge.outbox import rows, streams
from edge.outbox.handed import HandedOut
from edge.outbox.rows import Posting
from edge.wire.envelope import Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.times import Correction

AT_ONCE: Final = {StreamClass.ALERT: 100, StreamClass.RECORD: 100, StreamClass.BULK: 1}
"""Messages in one transaction: no more than a few megabytes in memory."""


class Correcting:
    """The correction of this run's clock, and which messages are of this run."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._correction: Correction | None = None
        self._from_seq: dict[StreamClass, int] = {}

    def begin(self, db: sqlite3.Connection, stream_class: StreamClass) -> None:
        """What gets a number in this class from now on is of this run."""
        self._from_seq[stream_class] = streams.next_number(db, stream_class)

    def learn(self, correction: Correction) -> None:
        """By how much the clock is wrong, as is known from now on."""
        self._correction = correction

    def of(self, posting: Posting) -> Posting:
        """A new posting with what is known of its clock."""
        known = self._correction
        if known is None or posting.clock is Clock.SYNCED or posting.correction or posting.observed_at < known.since:
            return posting
        return replace(posting, correction=known)

    def write_again(
        self, db: sqlite3.Connection, stream_class: StreamClass, after_seq: int, handed_out: HandedOut, vehicle: str
    ) -> tuple[int, int | None]:
        """Add the correction to the next messages that wait, `AT_ONCE` of them; to how many, and where to go on."""
        after_seq = max(after_seq, self._from_seq[stream_class] - 1)
        limit = AT_ONCE[stream_class]
        found = rows.after(db, stream_class, after_seq, limit)
        corrected = 0
        for row in found:
            posting = None if handed_out.may_have(row.seq) else rows.posting_of(row, vehicle)
            better = posting and self.of(posting)
            if better is not None and better is not posting:
                with suppress(WireError):  # larger than a message may be: it stays as it is
                    rows.write_again(db, row, better, vehicle)
                    corrected += 1
        return corrected, found[-1].seq if len(found) == limit else None
