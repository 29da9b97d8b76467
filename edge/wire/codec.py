"""Bytes to message and back; every uplink passes through these two functions on both sides."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from edge.wire import blocks
from edge.wire.envelope import STREAM_OF, Clock, Envelope, StreamClass, stream_class
from edge.wire.errors import Reason, WireError
from edge.wire.messages import BODIES, Block, Body, schema_of
from edge.wire.times import Correction
from edge.wire.topics import Address, Kind, parse_up

JSON_BYTES_MAX: Final = 256 * 1024
"""Largest small message."""
BULK_BYTES_MAX: Final = 4 * 1024 * 1024
"""Largest bulk message."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One message from a vehicle, understood."""

    address: Address
    kind: Kind
    stream: str
    seq: int
    observed_at: datetime
    clock: Clock
    body: Body
    block: bytes = b""
    """What follows the envelope of a bulk message."""
    correction: Correction | None = None
    """By how much the times of body and block are wrong."""

    def corrected(self) -> "Uplink":
        """The same with its times as they really were, `clock` saying so; those in the block are left as they are.

        Raises:
            WireError: `bad_envelope`: no time is that far away.
        """
        if self.correction is None:
            return self
        try:
            body = self.correction.of_all(self.body, self.observed_at)
            observed_at = self.correction.of(self.observed_at)
        except ValueError as error:
            raise WireError(Reason.BAD_ENVELOPE, f"correction: {error}") from error
        return replace(self, body=body, observed_at=observed_at, clock=Clock.CORRECTED)


def encode(
    body: Body,
    *,
    vehicle: str,
    stream: str,
    seq: int,
    observed_at: datetime,
    clock: Clock,
    block: bytes = b"",
    correction: Correction | None = None,
) -> bytes:
    """The payload of one uplink message.

    Raises:
        WireError: `too_large`.
    """
    envelope = Envelope(
        schema_=schema_of(type(body)),
        vehicle=vehicle,
        stream=stream,
        seq=seq,
        observed_at=observed_at,
        clock=clock,
        body=body.model_dump(mode="json", exclude_unset=True),  # what an older vehicle did not say stays unsaid
        **({"correction": correction} if correction else {}),
    )
    text = envelope.model_dump_json(by_alias=True, exclude_unset=True).encode()
    payload = blocks.join(text, block) if isinstance(body, Block) else text
    _check_size(payload, bulk=isinstance(body, Block))
    return payload


def decode(topic: str, payload: bytes) -> Uplink:
    """Understand one uplink message, or say by name why not.

    Raises:
        WireError: with one of the reasons of edge.wire.errors; nothing else, whatever the bytes are.
    """
    address, kind = _known(topic)
    bulk = STREAM_OF[kind] is StreamClass.BULK
    _check_size(payload, bulk=bulk)
    text, block = blocks.split(payload) if bulk else (payload, b"")
    envelope = _envelope(text)
    if envelope.vehicle != address.vehicle:
        raise WireError(Reason.WRONG_VEHICLE, f"{envelope.vehicle!r} writes under the topic of {address.vehicle!r}")
    if stream_class(envelope.stream) is not STREAM_OF[kind]:
        raise WireError(Reason.WRONG_STREAM, f"{kind} travels in the {STREAM_OF[kind]} stream, not {envelope.stream}")
    body = _body(kind, envelope)
    if isinstance(body, Block) and blocks.digest(block) != body.sha256:
        raise WireError(Reason.BAD_BODY, "the block does not have the SHA-256 that its envelope names")
    return Uplink(
        address,
        kind,
        envelope.stream,
        envelope.seq,
        envelope.observed_at,
        envelope.clock,
        body,
        block,
        envelope.correction if envelope.clock is Clock.UNSYNCED else None,
    )


def _known(topic: str) -> tuple[Address, Kind]:
    address, name = parse_up(topic)
    try:
        return address, Kind(name)
    except ValueError:
        raise WireError(Reason.UNKNOWN_KIND, f"no kind is called {name!r}") from None


def _check_size(payload: bytes, *, bulk: bool) -> None:
    limit = BULK_BYTES_MAX if bulk else JSON_BYTES_MAX
    if len(payload) > limit:
        raise WireError(Reason.TOO_LARGE, f"{len(payload)} bytes, at most {limit} are taken")


def _envelope(text: bytes) -> Envelope:
    try:
        return Envelope.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise WireError(Reason.NOT_JSON, first["msg"]) from error
        raise WireError(Reason.BAD_ENVELOPE, _place(first["loc"], first["msg"])) from error


def _body(kind: Kind, envelope: Envelope) -> Body:
    model = BODIES[kind]
    if envelope.schema_ != schema_of(model):
        raise WireError(
            Reason.UNSUPPORTED_SCHEMA,
            f"{envelope.schema_!r} came as {kind}; {schema_of(model)!r} is understood",
        )
    try:
        return model.model_validate(envelope.body)
    except ValidationError as error:
        first = error.errors()[0]
        raise WireError(Reason.BAD_BODY, _place(first["loc"], first["msg"])) from error


def _place(loc: tuple[int | str, ...], message: str) -> str:
    return f"{'.'.join(str(part) for part in loc) or 'message'}: {message}"
