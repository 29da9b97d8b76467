"""What the inbox sets aside, as others see it. Pure."""

from dataclasses import dataclass
from datetime import datetime

from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A bad message."""

    id: int
    topic: str
    reason: str
    detail: str
    size: int
    """Bytes of the whole message."""
    times: int
    first_received_at: datetime
    last_received_at: datetime
    payload: bytes
    """Of a large one only the beginning; empty in listings."""


@dataclass(frozen=True, slots=True)
class GapRange:
    """One range of messages that will never come."""

    id: int
    address: Address
    stream: str
    first: int
    last: int
    cause: str
    observed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Shelved:
    """A good message that nobody reads yet."""

    address: Address
    stream: int
    seq: int
    kind: str
    observed_at: datetime
    received_at: datetime
    payload: bytes
