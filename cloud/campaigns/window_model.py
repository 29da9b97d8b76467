"""Windows: what a campaign has collected around one moment, as it came in parts. Pure.

Kept as captures are, of which the parts are told in the same way (cloud/captures/model.py).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from cloud.blocks.unpack import FORMATS, Content
from cloud.captures.model import COUNT_MAX, Part, first_of, last_of, least
from cloud.heard import Heard
from edge.wire.columns import later
from edge.wire.envelope import Clock
from edge.wire.messages import Telemetry
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Window:
    """A window as its parts so far tell it, in whatever order they came."""

    address: Address
    campaign: str
    id: str
    """32 hex digits that the vehicle gave; of a vehicle that gives none, the SHA-256 of the one block: 64."""
    format: str
    """Of its first part that came: frames/1, samples/1, or one that is not known here."""
    started_at: datetime
    ended_at: datetime
    wanted_from: datetime | None
    """From here to there it was to be; None: it does not say."""
    wanted_to: datetime | None
    rows: int
    """Frames or samples, as the vehicle counted."""
    size: int
    """Bytes of all blocks."""
    parts: int
    """How many are there."""
    highest: int
    """The greatest number of a part that is there."""
    last: int | None
    """The number of the part that ends it; None: not there yet."""
    holes: int
    clock: Clock
    """Synced if it was for every part, corrected if its times are right all the same."""
    heard_at: datetime
    """When the first of its parts came."""

    @property
    def is_complete(self) -> bool:
        """Whether every part is there and none tells of a hole."""
        return self.last == self.highest == self.parts and self.holes == 0

    def with_part(self, part: Part, body: Telemetry) -> "Window":
        """With another part; the outcome does not depend on the order of the parts."""
        return replace(
            self,
            started_at=min(self.started_at, part.started_at),
            ended_at=max(self.ended_at, part.ended_at),
            wanted_from=first_of(self.wanted_from, body.wanted_from),
            wanted_to=last_of(self.wanted_to, body.wanted_to),
            rows=min(self.rows + part.frames, COUNT_MAX),
            size=self.size + part.size,
            parts=self.parts + 1,
            highest=max(self.highest, part.number),
            last=max(self.last or 0, part.number) if part.is_last else self.last,
            holes=self.holes + len(part.holes),
            clock=least(self.clock, part.clock),
        )


def id_of(body: Telemetry) -> str:
    """The window that a message is of."""
    return body.window or body.sha256


def begun_by(heard: Heard, campaign: str, body: Telemetry, part: Part) -> Window:
    """The window of which this part came first."""
    nothing_yet = Window(
        address=heard.address,
        campaign=campaign,
        id=id_of(body),
        format=part.format,
        started_at=part.started_at,
        ended_at=part.ended_at,
        wanted_from=None,
        wanted_to=None,
        rows=0,
        size=0,
        parts=0,
        highest=0,
        last=None,
        holes=0,
        clock=part.clock,
        heard_at=heard.received_at,
    )
    return nothing_yet.with_part(part, body)


def is_decodable(part: Part) -> bool:
    """Whether this version can read its format; others are kept all the same."""
    return part.format in FORMATS


def content_of(part: Part, block: bytes) -> Content:
    """What is in a part's block, at the times that are known by now.

    Raises:
        WireError: the block is damaged.
    """
    content = FORMATS[part.format](block)
    return replace(content, time=later(content.time, part.offset_s))
