"""What vehicles refuse of what was signed for them, in the audit: at once what is new, then once an hour.

A vehicle may say the same after every start, and one that somebody has taken over may say anything: each has so many
lines an hour, and what got none is counted.
"""

from datetime import timedelta
from typing import Final

from cloud import counters
from cloud.database import Connection
from cloud.fleet import refused_store
from cloud.heard import Heard
from cloud.security.audit import Audit
from edge.wire.messages import Reported
from edge.wire.signed import DocumentKind
from edge.wire.topics import Address

AGAIN_AFTER: Final = timedelta(hours=1)
AN_HOUR_MAX: Final = 20
"""Lines of one vehicle."""
KEPT_FOR: Final = timedelta(days=30)
_FIELDS: Final = frozenset(f"signed.{kind}" for kind in DocumentKind)


class VehicleRefusals:
    """Writes down what vehicles refuse. Runs inside the inbox's transaction."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def record(self, connection: Connection, heard: Heard, body: Reported) -> None:
        """Documents that a vehicle does not believe, or has seen a newer one of: somebody may have forged them."""
        for refusal in body.refusals:
            if refusal.field in _FIELDS:
                self.note(connection, heard, "document_refused", refusal.field, refusal.reason)

    def note(self, connection: Connection, heard: Heard, action: str, what: str, reason: str) -> None:
        """Write down that a vehicle refuses something, unless that stands there already.

        Args:
            connection: the transaction in which it was heard.
            heard: who said so, and when.
            action: what it is called in the audit: `thing_refused`, and counted as `things_refused`.
            what: what is refused; of a bounded number of things, 64 characters at most.
            reason: why, in the vehicle's words.
        """
        now, address = heard.received_at, heard.address
        known = refused_store.find(connection, address, what)
        times = 1 if known is None else known.times + 1
        is_stale = known is None or not timedelta(0) <= now - known.lines_since < AGAIN_AFTER
        lines, lines_since = (0, now) if known is None or is_stale else (known.lines, known.lines_since)
        told_at = None if known is None else known.told_at
        if known is None or told_at is None or reason != known.reason or now - told_at >= AGAIN_AFTER:
            if refused_store.lines_since(connection, address, now - AGAIN_AFTER) < AN_HOUR_MAX:
                self._write(connection, address, action, f"{what}: {reason}", times)
                told_at, lines = now, lines + 1
            else:
                counters.add(connection, {"vehicle_refusals_untold": 1})
        refused_store.put_refusal(
            connection,
            address,
            what,
            reason=reason,
            times=times,
            heard_at=now,
            told_at=told_at,
            lines=lines,
            lines_since=lines_since,
        )
        refused_store.forget(connection, address, now - KEPT_FOR)
        counters.add(connection, {action.replace("_", "s_", 1): 1})

    def _write(self, connection: Connection, address: Address, action: str, note: str, times: int) -> None:
        told = note if times == 1 else f"{note} ({times} times so far)"
        self._audit.record(
            connection,
            by=f"{address.fleet}/{address.vehicle}",
            action=action,
            subject=f"vehicles/{address.fleet}/{address.vehicle}",
            fleet=address.fleet,
            note=told,
        )
