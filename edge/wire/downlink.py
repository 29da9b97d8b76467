"""What the cloud says to a vehicle, and the presence that the broker keeps for it."""

from collections.abc import Iterable
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.wire.envelope import StreamName
from edge.wire.errors import Reason, WireError
from edge.wire.messages import Count, HexId, Label, Values
from edge.wire.ranges import Range, merge_ranges
from edge.wire.signed import DocumentKind, Signed
from edge.wire.times import UtcTime

ACK_RANGES_MAX: Final = 500
"""Ranges beyond the contiguous part that one acknowledgement names; the rest is told by the next."""


class _Down(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Ack(_Down):
    """What the cloud has committed of a stream: everything up to `upto`, and the ranges in `also`."""

    schema_: str = Field(default="ack/1", alias="schema", pattern=r"^ack/1$")
    stream: StreamName
    upto: Count
    """0: nothing contiguous from the start yet."""
    also: Annotated[list[Range], Field(max_length=ACK_RANGES_MAX)] = []
    renew: bool = False
    """The cloud has seen other bodies under these numbers: begin a new stream and send the unacknowledged in it."""
    at: UtcTime | None = None
    """When the cloud says so: what a vehicle whose clock was never set may go by. None: a cloud of before says none."""

    def covers(self, seq: int) -> bool:
        """Whether the message at this place is stored."""
        return seq <= self.upto or any(first <= seq <= last for first, last in self.also)


def ack_of(stream: str, ranges: Iterable[tuple[int, int]], *, renew: bool = False) -> Ack:
    """The acknowledgement for what is stored: `ranges` of numbers, in any order."""
    merged = merge_ranges(ranges)
    upto = merged.pop(0)[1] if merged and merged[0][0] == 1 else 0
    return Ack(stream=stream, upto=upto, also=merged[:ACK_RANGES_MAX], renew=renew)


class Command(_Down):
    """Something the cloud asks for once; answered by one `result`."""

    schema_: str = Field(default="command/1", alias="schema", pattern=r"^command/1$")
    id: HexId
    name: Label
    arguments: Values
    issued_at: UtcTime
    expires_at: UtcTime


class Desired(_Down):
    """The state the cloud wants (retained); answered by `reported`."""

    schema_: str = Field(default="desired/1", alias="schema", pattern=r"^desired/1$")
    version: Annotated[Count, Field(ge=1)]
    state: Values
    signed: Annotated[list[Signed], Field(max_length=len(DocumentKind))] = []
    """What is done only because it is signed, one of each kind; a kind that is missing stays as it is."""


class Status(_Down):
    """Presence (retained): said on connecting, and by the broker as the last will."""

    schema_: str = Field(default="status/1", alias="schema", pattern=r"^status/1$")
    online: bool


Downlink = TypeVar("Downlink", Ack, Command, Desired, Status)


def encode_down(message: Ack | Command | Desired | Status) -> bytes:
    """The bytes of a downlink or status message."""
    later = {name for name in ("at", "signed") if not getattr(message, name, True)}
    """Fields of later versions stay unsaid where they have nothing to say."""
    return message.model_dump_json(by_alias=True, exclude=later).encode()


def decode_down(kind: type[Downlink], payload: bytes) -> Downlink:
    """Read a downlink or status message of the kind that its topic names.

    Raises:
        WireError: `bad_body`.
    """
    try:
        return kind.model_validate_json(payload)
    except ValidationError as error:
        raise WireError(Reason.BAD_BODY, f"{kind.__name__.lower()}: {error.errors()[0]['msg']}") from error
