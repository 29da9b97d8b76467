"""The durable spool: what is put here is sent until the cloud has it, through power cuts and weeks offline."""

from edge.outbox.outbox import Limits, Outbox
from edge.outbox.rows import Posting, Waiting

__all__ = ["Limits", "Outbox", "Posting", "Waiting"]
