"""The envelope: which vehicle, which stream, which place in it, when, by what clock.

`{schema, vehicle, stream, seq, observed_at, clock, correction, body}`. A stream is named `<class>-<16 hex>`: its class
says what it carries and the hex was born with the outbox, so that a new card never reuses the numbers of an old one.
"""

import re
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from edge.wire.ranges import Seq
from edge.wire.times import Correction, UtcTime
from edge.wire.topics import NAME, Kind

STREAM: Final = re.compile(r"(alert|record|bulk)-[0-9a-f]{16}")


class StreamClass(StrEnum):
    """The three streams of an outbox."""

    ALERT = "alert"
    """Alerts alone; order is promised."""
    RECORD = "record"
    """dtc, trip, summary, position, result, reported, fetch, health."""
    BULK = "bulk"
    """capture, telemetry."""


class Clock(StrEnum):
    """Whether the sender's wall clock was known to be right; a box without an RTC boots in 1970."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"
    CORRECTED = "corrected"
    """It was unsynced, and its times were put right by the message's correction: what a reader says, never a sender."""

    @property
    def is_right(self) -> bool:
        """Whether times by it can be believed, as they are after correction."""
        return self is not Clock.UNSYNCED


STREAM_OF: Final[dict[Kind, StreamClass]] = {
    Kind.ALERT: StreamClass.ALERT,
    Kind.DTC: StreamClass.RECORD,
    Kind.TRIP: StreamClass.RECORD,
    Kind.SUMMARY: StreamClass.RECORD,
    Kind.POSITION: StreamClass.RECORD,
    Kind.RESULT: StreamClass.RECORD,
    Kind.REPORTED: StreamClass.RECORD,
    Kind.FETCH: StreamClass.RECORD,
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
    correction: Correction | None = None
    """Of an unsynced clock, where it is known by now how wrong it was; the body's times are as they were stamped."""
    body: dict[str, Any]

    @field_validator("clock")
    @classmethod
    def _is_a_sender_s(cls, clock: Clock) -> Clock:
        if clock is Clock.CORRECTED:
            raise ValueError("a sender's clock is synced or unsynced")
        return clock


def stream_class(stream: str) -> StreamClass:
    """The class of a stream's name.

    Raises:
        ValueError: it is no stream's name.
    """
    return StreamClass(_is_stream(stream).partition("-")[0])
