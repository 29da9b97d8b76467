"""Captures: the raw frames around a trigger, as they came in parts. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from cloud.heard import Heard
from edge.wire import frame_block
from edge.wire.columns import later
from edge.wire.envelope import Clock
from edge.wire.messages import Capture as Body
from edge.wire.messages import Hole, Telemetry, Value
from edge.wire.ranges import Range, to_ranges
from edge.wire.topics import Address

READERS: Final[Mapping[str, Callable[[bytes], frame_block.Frames]]] = MappingProxyType(
    {frame_block.FORMAT: frame_block.decode_frames}
)
"""How to read the frames of a block, by its format."""
COUNT_MAX: Final = 2**63 - 1
"""What a database can hold; no vehicle that counts rightly comes near it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a capture, without the bytes of its block."""

    number: int
    """From 1."""
    is_last: bool
    started_at: datetime
    ended_at: datetime
    frames: int
    """As the vehicle said."""
    format: str
    sha256: str
    size: int
    """Bytes of its block."""
    holes: Sequence[Hole]
    """Found since the part before this one."""
    clock: Clock
    received_at: datetime
    offset_s: float
    """To be added to the times inside its block; to all others it was."""

    @property
    def is_decodable(self) -> bool:
        """Whether its format is one that this version can read; others are kept all the same."""
        return self.format in READERS

    def tells_as(self, other: "Part") -> bool:
        """Whether it is the same part, told again; by now more may be known of the clock."""
        return (self.number, self.is_last, self.frames, self.format, self.sha256) == (
            other.number,
            other.is_last,
            other.frames,
            other.format,
            other.sha256,
        )


@dataclass(frozen=True, slots=True)
class Capture:
    """A capture as its parts so far tell it, in whatever order they came."""

    address: Address
    id: str
    """32 hex digits that the vehicle gave; of a vehicle that gives none, the SHA-256 of the one block: 64."""
    trigger: str
    """`alert:<id>`, `command:<id>` or `button`."""
    started_at: datetime
    ended_at: datetime
    wanted_from: datetime | None
    """From here to there frames were asked for; None: it does not say."""
    wanted_to: datetime | None
    running: Mapping[str, Value]
    """What ran on the vehicle; empty until the first part is there."""
    frames: int
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

    def with_part(self, part: Part, body: Body) -> "Capture":
        """With another part; the outcome does not depend on the order of the parts."""
        return replace(
            self,
            started_at=min(self.started_at, part.started_at),
            ended_at=max(self.ended_at, part.ended_at),
            wanted_from=first_of(self.wanted_from, body.wanted_from),
            wanted_to=last_of(self.wanted_to, body.wanted_to),
            running=self.running or body.running,
            frames=min(self.frames + part.frames, COUNT_MAX),
            size=self.size + part.size,
            parts=self.parts + 1,
            highest=max(self.highest, part.number),
            last=max(self.last or 0, part.number) if part.is_last else self.last,
            holes=self.holes + len(part.holes),
            clock=least(self.clock, part.clock),
        )


@dataclass(frozen=True, slots=True)
class CaptureFilter:
    """Which captures are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    trigger: str | None = None
    since: datetime | None = None
    """Begun then or later."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


def part_of(heard: Heard, body: Body | Telemetry, size: int) -> Part:
    """What a message says of one part, of which the block has so many bytes."""
    return Part(
        number=body.part,
        is_last=body.is_last,
        started_at=body.started_at,
        ended_at=body.ended_at,
        frames=body.count,
        format=body.format,
        sha256=body.sha256,
        size=size,
        holes=tuple(body.holes),
        clock=heard.clock,
        received_at=heard.received_at,
        offset_s=heard.offset_s,
    )


def frames_of(part: Part, block: bytes) -> frame_block.Frames:
    """The frames of a part's block, at the times that are known by now.

    Raises:
        WireError: the block is damaged.
    """
    frames = READERS[part.format](block)
    return replace(frames, time=later(frames.time, part.offset_s))


def begun_by(heard: Heard, body: Body, part: Part) -> Capture:
    """The capture of which this part came first."""
    nothing_yet = Capture(
        address=heard.address,
        id=id_of(body),
        trigger=body.trigger,
        started_at=part.started_at,
        ended_at=part.ended_at,
        wanted_from=None,
        wanted_to=None,
        running={},
        frames=0,
        size=0,
        parts=0,
        highest=0,
        last=None,
        holes=0,
        clock=part.clock,
        heard_at=heard.received_at,
    )
    return nothing_yet.with_part(part, body)


def least(one: Clock, other: Clock) -> Clock:
    """The clock that deserves less trust."""
    return max(one, other, key=(Clock.SYNCED, Clock.CORRECTED, Clock.UNSYNCED).index)


def id_of(body: Body) -> str:
    """The capture that a message is of."""
    return body.id or body.sha256


def missing(parts: Sequence[Part]) -> list[Range]:
    """Numbers of parts that are not there, of those that are known to be; what follows the highest is not known."""
    gaps, expected = [], 1
    for first, last in to_ranges(part.number for part in parts):
        if first > expected:
            gaps.append((expected, first - 1))
        expected = last + 1
    return gaps


def first_of(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier; one that is not known is none."""
    return min((at for at in (one, other) if at is not None), default=None)


def last_of(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later; one that is not known is none."""
    return max((at for at in (one, other) if at is not None), default=None)
