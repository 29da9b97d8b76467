"""Spool: the edge's own outbox without a disk under it, and with its messages counted."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, Self

from edge.outbox import MEMORY, Limits, Outbox, Posting
from edge.wire.downlink import Ack
from edge.wire.topics import Kind

LIMITS: Final = Limits(messages=500, bytes=1_000_000, keys=2000)
"""More than an hour without a network; then the oldest goes, and the cloud is told, as on any box."""


class Spool(Outbox):
    """One vehicle's outbox in memory: what the cloud has not acknowledged when the program ends is gone."""

    acknowledged = 0
    """Messages that the cloud has."""

    @classmethod
    def in_memory(cls, vehicle: str, *, limits: Limits = LIMITS) -> Self:
        """A new one; its streams have names of their own whatever the seed is, so that no number is used twice."""
        return cls.open(MEMORY, vehicle=vehicle, limits=limits, random_hex=secrets.token_hex)

    @property
    def sent(self) -> int:
        """Messages given to the link, each counted once."""
        return self.handed_out

    @cached_property
    def queued(self) -> Counter[Kind]:
        """Messages put in by the vehicle, by kind; gaps, which the outbox adds by itself, are not among them."""
        return Counter()

    def put(self, postings: Sequence[Posting], *, remember: Mapping[str, bytes] | None = None) -> int:
        """As the outbox, counting."""
        taken = super().put(postings, remember=remember)
        self.queued.update(posting.body.kind for posting in postings)
        return taken

    def acknowledge(self, ack: Ack) -> int:
        """As the outbox, counting."""
        forgotten = super().acknowledge(ack)
        self.acknowledged += forgotten
        return forgotten
