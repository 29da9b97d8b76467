"""A bulk message, or a bare block of a named format, to what it holds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, cast

from pydantic import ValidationError

from cloud.errors import CloudError
from edge.wire import blocks, frame_block, sample_block
from edge.wire.codec import BULK_BYTES_MAX, decode
from edge.wire.columns import later
from edge.wire.envelope import Envelope
from edge.wire.errors import WireError
from edge.wire.frame_block import Frames
from edge.wire.messages import BODIES, Block
from edge.wire.sample_block import Samples
from edge.wire.topics import Address, Kind

Content = Frames | Samples
FORMATS: Final[Mapping[str, Callable[[bytes], Content]]] = MappingProxyType(
    {frame_block.FORMAT: frame_block.decode_frames, sample_block.FORMAT: sample_block.decode_samples}
)
"""How to read a block, by its format."""
BULK_KINDS: Final = frozenset(kind for kind, body in BODIES.items() if issubclass(body, Block))
_ANY_FLEET: Final = "any"
"""The fleet is told by the topic alone, and changes nothing here."""


class BlockDamaged(CloudError):
    """These bytes hold no block that can be read; names the file, the place in it and the remedy."""

    slug = "block-damaged"
    title = "The block cannot be read"

    def __init__(self, file: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}, {place}: {problem}. {remedy}")


def of_message(payload: bytes, file: str) -> tuple[Content, float]:
    """What a whole message holds, as it came over MQTT, and what was added to its times (s); `file` is named in errors.

    Raises:
        BlockDamaged: it is no bulk message, it is damaged, or its format is not known here.
    """
    if len(payload) > BULK_BYTES_MAX:
        remedy = "Give one message as it came over MQTT"
        raise BlockDamaged(file, "message", f"more than {BULK_BYTES_MAX} bytes, which no message has", remedy)
    if not payload.startswith(blocks.MAGIC):
        remedy = f"Give a whole message, or name what a bare block is with --format {' or '.join(FORMATS)}"
        raise BlockDamaged(file, "byte 0", f"this does not begin with {blocks.MAGIC.decode()}", remedy)
    try:
        topic = _topic(payload, file)
        uplink = decode(topic, payload)
    except WireError as error:
        raise BlockDamaged(file, "message", str(error), _AGAIN) from error
    body = cast("Block", uplink.body)
    if body.format not in FORMATS:
        remedy = f"Known are {', '.join(FORMATS)}; a newer telltale-cloud may know more"
        raise BlockDamaged(file, "envelope, format", f"{body.format!r} is not known here", remedy)
    content = of_block(uplink.block, body.format, file)
    if len(content) != body.count:
        raise BlockDamaged(file, "block", f"it holds {len(content)}, its envelope says {body.count}", _AGAIN)
    offset_s = uplink.correction.offset_s if uplink.correction else 0.0
    return replace(content, time=later(content.time, offset_s)), offset_s


def _topic(payload: bytes, file: str) -> str:
    """Where such a message travels: its envelope names the vehicle and the kind."""
    text, _ = blocks.split(payload)
    try:
        envelope = Envelope.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise BlockDamaged(file, "envelope", f"{field}: {first['msg']}".lstrip(": "), _AGAIN) from error
    kind = envelope.schema_.partition("/")[0]
    if kind not in BULK_KINDS:
        remedy = f"Blocks come with {' and '.join(sorted(BULK_KINDS))}"
        raise BlockDamaged(file, "envelope, schema", f"{kind} messages have no block", remedy)
    return Address(_ANY_FLEET, envelope.vehicle).up(Kind(kind))


_AGAIN: Final = "Get the message again: this one was cut or changed"


def of_block(block: bytes, form: str, file: str) -> Content:
    """What a bare block of this format holds, which is one of FORMATS.

    Raises:
        BlockDamaged: it is no such block.
    """
    try:
        return FORMATS[form](block)
    except WireError as error:
        raise BlockDamaged(file, "block", error.detail, f"Is it a whole block of {form}?") from error
