"""The durable spool: what is put here is sent until the cloud has it, through power cuts and weeks offline."""

from edge.outbox.ages import Moment
from edge.outbox.disk import MEMORY
from edge.outbox.eviction import ORDER, Limits, Quota
from edge.outbox.outbox import Outbox
from edge.outbox.rows import Posting, Waiting
from edge.outbox.standing import Standing

__all__ = ["MEMORY", "ORDER", "Limits", "Moment", "Outbox", "Posting", "Quota", "Standing", "Waiting"]
