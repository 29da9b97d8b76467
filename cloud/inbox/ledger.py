"""One stream during one transaction: who may have which number, and what can be acknowledged of it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from cloud.database import Connection
from cloud.inbox import store
from cloud.inbox.model import Slot
from cloud.inbox.store import Receipt
from edge.wire.downlink import Ack, ack_of
from edge.wire.topics import Address


class Claim(StrEnum):
    """What a message's number in its stream says about it."""

    NEW = "new"
    REPEATED = "repeated"
    """The same message again: it is stored already."""
    REUSED = "reused"
    """The number is another message's, or too old to compare: two cards write in this stream."""


class Ledger:
    """A stream that this transaction has open; no other transaction changes it meanwhile."""

    def __init__(self, connection: Connection, address: Address, stream: str, seqs: Iterable[int]) -> None:
        """`seqs` are the numbers that will be claimed, so that one query can look them all up."""
        self.address = address
        self.stream = stream
        self._connection = connection
        self._held = store.open_stream(connection, address, stream)
        self._seqs = list(seqs)
        self._digests = store.digests(connection, self._held.id, self._seqs)
        self._taken: list[Receipt] = []
        self._covered: list[tuple[int, int]] = []
        self._is_reused = self._held.is_reused

    @property
    def number(self) -> int:
        """The stream's number in the order in which streams were met."""
        return self._held.id

    def claim(self, slot: Slot, kind: str, at: datetime) -> Claim:
        """Give the number to this message, unless it is taken."""
        digest = self._digests.get(slot.seq)
        if digest == slot.sha256:
            return Claim.REPEATED
        if digest is not None or self._was_let_go(slot.seq):
            self._is_reused = True
            store.mark_reused(self._connection, self._held.id, at)
            return Claim.REUSED
        self._digests[slot.seq] = slot.sha256
        self._taken.append(Receipt(slot.seq, kind, slot.sha256, at))
        return Claim.NEW

    def cover(self, ranges: Iterable[tuple[int, int]]) -> None:
        """These numbers will never come: count them as stored."""
        self._covered.extend(ranges)

    def close(self, receipts_max: int) -> Ack:
        """Write what was claimed and read the acknowledgement from the database.

        A stream in which two cards have written is acknowledged no more: either card would take the other's messages
        for its own. Both are asked to begin a new one and send there what they still hold.
        """
        store.add_receipts(self._connection, self._held.id, self._taken)
        store.cover(self._connection, self._held.id, [*self._covered, *((one.seq, one.seq) for one in self._taken)])
        self._let_go(receipts_max)
        if self._is_reused:
            return ack_of(self.stream, [], renew=True)
        return ack_of(self.stream, store.covered(self._connection, self._held.id, self._seqs))

    def _was_let_go(self, seq: int) -> bool:
        return seq < self._held.receipts_from and store.is_covered(self._connection, self._held.id, seq)

    def _let_go(self, receipts_max: int) -> None:
        """Drop the oldest receipts, an eighth of what may be there at a time."""
        if not self._taken:
            return
        below = max(one.seq for one in self._taken) - receipts_max + 1
        if below - self._held.receipts_from > receipts_max // 8:
            store.drop_receipts(self._connection, self._held.id, below)
