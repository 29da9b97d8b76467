"""What arrives and what it turns out to be. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from edge.wire import blocks
from edge.wire.codec import BULK_BYTES_MAX, JSON_BYTES_MAX, Uplink, decode
from edge.wire.downlink import Status, decode_down
from edge.wire.envelope import Envelope
from edge.wire.errors import Reason, WireError
from edge.wire.topics import Address, parse_status, parse_up


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as the broker gave it."""

    topic: str
    payload: bytes
    received_at: datetime
    retained: bool = False
    """The broker had kept it: it may be old."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in one stream of one vehicle, and the digest of what claims it."""

    address: Address
    stream: str
    seq: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Understood:
    """A message that keeps the contract."""

    slot: Slot
    uplink: Uplink
    """Its times as they really were, as far as the vehicle knew when it sent."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A vehicle's hello or goodbye."""

    address: Address
    online: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that breaks the contract."""

    reason: Reason
    detail: str
    slot: Slot | None
    """Where its envelope can be read all the same. It is acknowledged there, or the vehicle would send it for ever."""


def sort(arrival: Arrival) -> Understood | Greeting | Rejected:
    """Say what a message is; whatever the bytes are, the answer is one of the three."""
    try:
        if _is_status(arrival.topic):
            status = decode_down(Status, arrival.payload)
            return Greeting(parse_status(arrival.topic), status.online)
        return _understood(arrival)
    except WireError as error:
        return Rejected(error.reason, error.detail, _readable_slot(arrival))


def sender_of(topic: str) -> Address | None:
    """Whose topic it is; None: nobody's."""
    try:
        return parse_status(topic) if _is_status(topic) else parse_up(topic)[0]
    except WireError:
        return None


def _is_status(topic: str) -> bool:
    return topic.endswith("/status")


def _understood(arrival: Arrival) -> Understood:
    uplink = decode(arrival.topic, arrival.payload).corrected()
    return Understood(Slot(uplink.address, uplink.stream, uplink.seq, _digest(arrival)), uplink)


def _digest(arrival: Arrival) -> bytes:
    """Of the kind as well as the content: the same body under another topic is another message."""
    kind = arrival.topic.rpartition("/")[2].encode()
    return hashlib.sha256(kind + b"\0" + arrival.payload).digest()


def _readable_slot(arrival: Arrival) -> Slot | None:
    """The place that a broken message claims, as far as it may claim it: its own vehicle's, in a readable envelope."""
    try:
        address, _ = parse_up(arrival.topic)
        envelope = _envelope(arrival.payload)
    except (WireError, ValidationError):
        return None
    if envelope is None or envelope.vehicle != address.vehicle:
        return None
    return Slot(address, envelope.stream, envelope.seq, _digest(arrival))


def _envelope(payload: bytes) -> Envelope | None:
    is_bulk = payload.startswith(blocks.MAGIC)
    if len(payload) > (BULK_BYTES_MAX if is_bulk else JSON_BYTES_MAX):
        return None
    return Envelope.model_validate_json(blocks.split(payload)[0] if is_bulk else payload)
