"""Who answers for a model package: `signature.json` beside its card, and the public keys that it is held against.

The card pins the model by its hash, so a signature over the card is one over the package: Ed25519 (RFC 8032) over a
prefix that says what is signed, and the card's bytes as they lie there. Nothing here computes a signature; that takes
a library which is too large for the daemon (`edge.detect.ed25519`, in a child process).
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.detect.card import CARD, read_bounded
from edge.errors import ConfigError, ModelError
from edge.wire.signed import key_id

SIGNATURE: Final = "signature.json"
SIGNATURE_BYTES: Final = 1000
KEY_FILE_BYTES: Final = 10_000
PREFIX: Final = b"telltale model package, card of schema 1\0"
"""Nothing else that somebody signs with the same key begins like this."""
REMEDY: Final = "Install the package as its maker signed it, or have it signed: telltale-models sign"

_PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")
_DER: Final = bytes.fromhex("302a300506032b6570032100")
"""What the 32 bytes of a public Ed25519 key follow (RFC 8410, clause 4: its algorithm, no parameters, a bit string)."""
_KEY_BYTES: Final = 32
_MAKE_ONE: Final = "Name the public file that telltale-models key wrote (PEM, Ed25519)"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What tells whether a signature is by the holder of the private half."""

    content: bytes
    """32 bytes, as RFC 8032 encodes them."""

    @property
    def id(self) -> str:
        """Its name among people: the first 16 hex digits of its SHA-256."""
        return key_id(self.content)


class Signature(BaseModel):
    """What `signature.json` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Annotated[Literal[1], Field(alias="schema")]
    algorithm: Literal["ed25519"]
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """Id of the key that it is by."""
    card_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Tells a card that was changed from a signature that is false; what is believed is the signature alone."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    def written(self) -> bytes:
        """The one way in which it is written: a byte more or less is not ours."""
        return f"{json.dumps(self.model_dump(by_alias=True), indent=1)}\n".encode()


def signed_text(card: bytes) -> bytes:
    """What is signed of a package."""
    return PREFIX + card


def signature_of(card: bytes, key: PublicKey, signature: bytes) -> Signature:
    """What is written beside a card that was signed."""
    said = {"key": key.id, "card_sha256": hashlib.sha256(card).hexdigest(), "signature": signature.hex()}
    return Signature.model_validate({"schema": 1, "algorithm": "ed25519", **said})


def read_signature(folder: Path) -> Signature:
    """The signature of a package, not yet held against anything.

    Raises:
        ModelError: it is missing, too large, damaged, or not as this version knows it.
    """
    file = folder / SIGNATURE
    content = read_bounded(file, SIGNATURE_BYTES, remedy=REMEDY)
    try:
        signature = Signature.model_validate(json.loads(content))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "signature"
        raise ModelError(f"{file}, {place}: {first['msg']}. {REMEDY}") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, not JSON
        raise ModelError(f"{file}: is not JSON ({error}). {REMEDY}") from error
    if signature.written() != content:
        raise ModelError(f"{file}: is not written as telltale-models sign writes it. {REMEDY}")
    return signature


def key_for(signature: Signature, card: bytes, keys: Sequence[PublicKey], folder: Path) -> PublicKey:
    """The key that a signature of this card says it is by; whether it is remains to be computed.

    Raises:
        ModelError: it is of another card, or by none of these keys.
    """
    if hashlib.sha256(card).hexdigest() != signature.card_sha256:
        raise ModelError(f"{folder / CARD}: is not the card that {SIGNATURE} was made for (its hash differs). {REMEDY}")
    for key in keys:
        if key.id == signature.key:
            return key
    known = ", ".join(key.id for key in keys)
    raise ModelError(f"{folder / SIGNATURE}: is by key {signature.key}, and trusted are only {known}. {REMEDY}")


def is_false(folder: Path, key: PublicKey) -> ModelError:
    """What to say of a signature that is not the named key's."""
    return ModelError(f"{folder / SIGNATURE}: is no signature of {CARD} by key {key.id}. {REMEDY}")


def read_public_key(file: Path) -> PublicKey:
    """A public key from its file: PEM (RFC 7468) around a SubjectPublicKeyInfo (RFC 8410).

    Raises:
        ConfigError: it is missing, cannot be read, or holds anything but one public Ed25519 key.
    """
    try:
        with file.open("rb") as stream:
            text = stream.read(KEY_FILE_BYTES).decode("ascii", "replace")
    except FileNotFoundError:
        raise ConfigError("no such key file", file=file, remedy="Check the path") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a file") from error
    if "PRIVATE KEY" in text:
        remedy = "Keep it off vehicles, and name the public file beside it (….pub.pem)"
        raise ConfigError("is a private key", file=file, remedy=remedy)
    blocks = _PEM.findall(text)
    if len(blocks) != 1 or blocks[0][0] != "PUBLIC KEY":
        raise ConfigError(f"holds {len(blocks)} PEM blocks, not one PUBLIC KEY", file=file, remedy=_MAKE_ONE)
    return _public_key(blocks[0][1], file)


def _public_key(base64_text: str, file: Path) -> PublicKey:
    try:
        der = base64.b64decode("".join(base64_text.split()), validate=True)
    except ValueError as error:
        raise ConfigError(f"is not base64 ({error})", file=file, remedy=_MAKE_ONE) from error
    if not der.startswith(_DER) or len(der) != len(_DER) + _KEY_BYTES:
        raise ConfigError("is not an Ed25519 key", file=file, remedy=_MAKE_ONE)
    return PublicKey(der[len(_DER) :])
