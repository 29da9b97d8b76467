"""The envelope: which vehicle, which stream, which place in it, when, by what clock.

`{schema, vehicle, stream, seq, observed_at, clock, body}`. A stream is named `<class>-<16 hex>`: its class says what
it carries and the hex was born with the outbox, so that a new card never reuses the numbers of an old one.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from edge.wire.ranges import Seq
from edge.wire.topics import NAME, Kind

STREAM: Final = re.compile(r"(alert|record|bulk)-[0-9a-f]{16}")


class StreamClass(StrEnum):
    """The three streams of an outbox."""

    ALERT = "alert"
    """Alerts alone; order is promised."""
    RECORD = "record"
    """dtc, trip, summary, position, result, reported, health."""
    BULK = "bulk"
    """capture, telemetry."""


class Clock(StrEnum):
    """Whether the sender's wall clock was known to be right; a box without an RTC boots in 1970."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"


STREAM_OF: Final[dict[Kind, StreamClass]] = {
    Kind.ALERT: StreamClass.ALERT,
    Kind.DTC: StreamClass.RECORD,
    Kind.TRIP: StreamClass.RECORD,
    Kind.SUMMARY: StreamClass.RECORD,
    Kind.POSITION: StreamClass.RECORD,
    Kind.RESULT: StreamClass.RECORD,
    Kind.REPORTED: StreamClass.RECORD,
    Kind.HEALTH: StreamClass.RECORD,
    Kind.GAP: StreamClass.RECORD,
    Kind.CAPTURE: StreamClass.BULK,
    Kind.TELEMETRY: StreamClass.BULK,
}
"""The class that carries each kind."""


def _is_stream(text: str) -> str:
    if not STREAM.fullmatch(text):
        raise ValueError(f"{text!r} is no stream: alert, record or bulk, a dash, 16 hex digits")
    return text


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{time} is outside the years 1 to 9999 in UTC") from None


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its offset from UTC, turned into UTC when it is read."""
StreamName = Annotated[str, AfterValidator(_is_stream)]
VehicleName = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]


class Envelope(BaseModel):
    """What surrounds every uplink body. Unknown fields are ignored: a newer vehicle can talk to an older cloud."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    schema_: str = Field(alias="schema", pattern=r"^[a-z]+/[0-9]+$")
    """`<kind>/<version>`; a version is raised only when an old reader would misunderstand."""
    vehicle: VehicleName
    stream: StreamName
    seq: Seq
    observed_at: UtcTime
    """UTC by the vehicle's axis: when what the body tells was known."""
    clock: Clock
    body: dict[str, Any]


def stream_class(stream: str) -> StreamClass:
    """The class of a stream's name.

    Raises:
        ValueError: it is no stream's name.
    """
    return StreamClass(_is_stream(stream).partition("-")[0])
