"""Bundles: configuration, rules, profiles and models that a vehicle is to run, and the pieces that they come in.

A bundle is a zip archive, named by its SHA-256 in a signed document. The vehicle asks for stretches of it (`fetch`),
and the cloud answers with pieces, each on its own: who was interrupted goes on with the first byte that it lacks.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.wire import blocks
from edge.wire.errors import Reason, WireError
from edge.wire.messages import Count, HexId, Label
from edge.wire.signed import Document, read_document

BUNDLE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of the archive."""
PIECE_BYTES: Final = 64 * 1024
"""Of a piece; the last of what was asked for may be shorter."""
PROBATION_S_MIN: Final = 10
PROBATION_S_MAX: Final = 3600
PIECE_SCHEMA: Final = "piece/1"
_HEAD_BYTES_MAX: Final = 1000


class Bundle(Document):
    """Which bundle a vehicle is to run."""

    schema_: Literal["bundle/1"] = Field(default="bundle/1", alias="schema")
    id: HexId | None
    """Null: none: what the installer has set up, and nothing else."""
    name: Label = "none"
    size: Annotated[int, Field(ge=0, le=BUNDLE_BYTES_MAX)] = 0
    """Bytes of the archive."""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    """Of the archive."""
    probation_s: Annotated[int, Field(ge=PROBATION_S_MIN, le=PROBATION_S_MAX)] = 300
    """How long it must run well before it is kept."""
    alerts_max: Annotated[int, Field(ge=0, le=1000)] = 10
    """Alerts that may begin meanwhile; with more its rules flood, and it goes."""


class _Head(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
    schema_: Literal["piece/1"] = Field(default=PIECE_SCHEMA, alias="schema")
    bundle: HexId
    offset: Count
    """Of the piece's first byte."""


class Piece(BaseModel):
    """Some bytes of a bundle."""

    model_config = ConfigDict(frozen=True)
    bundle: HexId
    offset: Count
    content: Annotated[bytes, Field(min_length=1, max_length=PIECE_BYTES)]


def read_bundle(text: str) -> Bundle:
    """The bundle of a document whose signature holds.

    Raises:
        WireError: `bad_body`, with the place.
    """
    return read_document(Bundle, text)


def encode_piece(piece: Piece) -> bytes:
    """The payload of `down/piece`: built like a block message."""
    head = _Head(bundle=piece.bundle, offset=piece.offset)
    return blocks.join(head.model_dump_json(by_alias=True).encode(), piece.content)


def decode_piece(payload: bytes) -> Piece:
    """Read a piece.

    Raises:
        WireError: it is none.
    """
    if len(payload) > PIECE_BYTES + _HEAD_BYTES_MAX:
        raise WireError(Reason.TOO_LARGE, f"{len(payload)} bytes are more than a piece has")
    text, content = blocks.split(payload)
    try:
        head = _Head.model_validate_json(text)
        return Piece(bundle=head.bundle, offset=head.offset, content=content)
    except ValueError as error:
        raise WireError(Reason.BAD_BODY, f"piece: {error}") from error
