"""Who said something, where in which stream, and when: what every feature is told beside a message's body."""

from dataclasses import dataclass
from datetime import datetime

from edge.wire.envelope import Clock
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Heard:
    """The envelope of a message that was just stored."""

    address: Address
    place: tuple[int, int]
    """(stream's number, seq). Greater was said later: a vehicle's numbers ascend within a stream, and the cloud numbers
    the streams in the order in which it met them. No clock is asked, since a vehicle's may be wrong."""
    observed_at: datetime
    clock: Clock
    received_at: datetime
    offset_s: float = 0.0
    """What was added to the vehicle's times, `observed_at` among them; not to those inside a block."""
