"""Documents that the cloud signs, for one vehicle: campaigns, and the bundle that it is to run.

A document travels as the text that was signed, so nobody has to write it again to check it. It names its vehicle and
has a version that only grows: what was said to another vehicle, or before, is not taken for what is meant now. Nothing
here computes a signature, for which each side has its own room.
"""

import hashlib
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.wire.errors import Reason, WireError

TEXT_BYTES_MAX: Final = 120_000
"""Of one document, in UTF-8: with its neighbours it stays below what a small message may have."""
PUBLIC_KEY_BYTES: Final = 32
_KEY_ID_LENGTH: Final = 16


class DocumentKind(StrEnum):
    """What a document may be."""

    CAMPAIGNS = "campaigns"
    BUNDLE = "bundle"


class Signed(BaseModel):
    """A document with its signature, not yet held against any key."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: DocumentKind
    text: Annotated[str, Field(min_length=2, max_length=TEXT_BYTES_MAX)]
    """JSON, as it was signed."""
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Id of the key that it is by: see `key_id`."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Ed25519 (RFC 8032) over `signed_text`."""


class Document(BaseModel):
    """What every document says of itself."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    fleet: Annotated[str, Field(min_length=1, max_length=64)]
    vehicle: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[int, Field(ge=1, le=2**63 - 1)]
    """Of documents of its kind for this vehicle; only ever grows."""


_Document = TypeVar("_Document", bound=Document)


def read_document(kind: type[_Document], text: str) -> _Document:
    """What a document says, whose signature was found to hold.

    Raises:
        WireError: `bad_body`, with the place.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise WireError(Reason.BAD_BODY, f"{place}: {first['msg'].removeprefix('Value error, ')}") from error


def signed_text(kind: DocumentKind, text: str) -> bytes:
    """What is signed: nothing else that is signed with the same key begins like this."""
    return f"telltale {kind} 1\0{text}".encode()


def key_id(public: bytes) -> str:
    """What a key (32 bytes) is called: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:_KEY_ID_LENGTH]
