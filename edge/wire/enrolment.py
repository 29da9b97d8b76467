"""How a box becomes a vehicle of a fleet: the claim code, what is asked, what is signed, what is answered.

The code is a key and a fingerprint. The box never sends it: it signs its certificate request with the key that the code
is, so whoever stands between can pass the request on or not, and no more. What comes back is believed when an authority
of that fingerprint has signed it for the key that the box has made.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.wire.errors import WireError
from edge.wire.topics import Address

PATH: Final = "/api/v1/enrolment"
"""Where the cloud takes requests; those for renewal at `…/renewal`."""
SECRET_BYTES: Final = 10
"""80 random bits: whoever tried a million codes a second would need a million years for half of them."""
PIN_BYTES: Final = 10
IDENTITY_LENGTH_MAX: Final = 64
"""Of `<fleet>/<vehicle>`, since it is the certificate's common name (RFC 5280, appendix A.1: ub-common-name)."""
DOCUMENTS: Final = "documents"
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is taken for a digit."""
_MISREAD: Final = str.maketrans("OIL", "011", "- \t\n")
_CHECK_BITS: Final = 15
_GROUP: Final = 5
_SYMBOLS: Final = ((SECRET_BYTES + PIN_BYTES) * 8 + _CHECK_BITS) // 5


def identity_of(address: Address) -> str:
    """What stands in a vehicle's certificate, and is its name at the broker: `<fleet>/<vehicle>`.

    Raises:
        ValueError: the two names together are too long.
    """
    identity = f"{address.fleet}/{address.vehicle}"
    if len(identity) > IDENTITY_LENGTH_MAX:
        raise ValueError(
            f"{identity!r} has {len(identity)} characters; fleet and vehicle together may have "
            f"{IDENTITY_LENGTH_MAX - 1}, since they stand in a certificate"
        )
    return identity


def address_of(identity: str) -> Address:
    """The vehicle of an identity.

    Raises:
        ValueError: it is none.
    """
    fleet, slash, vehicle = identity.partition("/")
    if not slash:
        raise ValueError(f"{identity!r} is no vehicle's identity")
    try:
        return Address(fleet, vehicle)
    except WireError as error:
        raise ValueError(f"{identity!r} is no vehicle's identity") from error


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """What an installer types in."""

    secret: bytes
    """The seed of the key that signs the request, `SECRET_BYTES`."""
    pin: bytes
    """The beginning of the SHA-256 of the authority's public key, `PIN_BYTES`."""

    @property
    def seed(self) -> bytes:
        """The seed of an Ed25519 key: 32 bytes."""
        return hashlib.sha256(b"telltale claim 1\0" + self.secret).digest()

    def __str__(self) -> str:
        body = self.secret + self.pin
        number = int.from_bytes(body) << _CHECK_BITS | _check(body)
        symbols = "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_SYMBOLS - 1), -1, -5))
        return "-".join(symbols[start : start + _GROUP] for start in range(0, _SYMBOLS, _GROUP))

    def __repr__(self) -> str:
        return "ClaimCode(…)"


def read_code(text: str) -> ClaimCode:
    """A code as somebody typed it: any case, with or without dashes, O for 0 and I or L for 1.

    Raises:
        ValueError: symbols are missing, too many or mistyped.
    """
    symbols = text.upper().translate(_MISREAD)
    if len(symbols) != _SYMBOLS:
        raise ValueError(f"a code has {_SYMBOLS} letters and digits, this one {len(symbols)}")
    if strange := sorted(set(symbols) - set(_ALPHABET)):
        raise ValueError(f"{strange[0]!r} is in no code")
    number = 0
    for symbol in symbols:
        number = number << 5 | _ALPHABET.index(symbol)
    body = (number >> _CHECK_BITS).to_bytes(SECRET_BYTES + PIN_BYTES)
    if number & ((1 << _CHECK_BITS) - 1) != _check(body):
        raise ValueError("a letter or digit of the code is mistyped")
    return ClaimCode(body[:SECRET_BYTES], body[SECRET_BYTES:])


def pin_of(public_key: bytes) -> bytes:
    """The pin of an authority, from its public key (SubjectPublicKeyInfo, DER)."""
    return hashlib.sha256(public_key).digest()[:PIN_BYTES]


def enrolment_text(request: bytes) -> bytes:
    """What the key of a claim signs: the certificate request (PKCS #10, DER)."""
    return b"telltale enrol 1\0" + request


def renewal_text(request: bytes) -> bytes:
    """What the key of the present certificate signs: the request for the next one."""
    return b"telltale renew 1\0" + request


Pem = Annotated[str, Field(min_length=1, max_length=8000, pattern=r"^[\x20-\x7e\r\n]+$")]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class EnrolmentRequest(_Said):
    """From a box that has a code: let me be that vehicle."""

    claim: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The public half of the code's key, which is how the cloud knows the claim."""
    request: Pem
    """A certificate request (PKCS #10) for a P-256 key; the names in it are not looked at."""
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    """Ed25519 by the code's key over `enrolment_text`."""


class RenewalRequest(_Said):
    """From a vehicle: the next certificate, please."""

    certificate: Pem
    """The present one; it may have run out."""
    request: Pem
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{16,160}$")]
    """ECDSA with SHA-256 by the present certificate's key over `renewal_text`."""


class Admission(_Said):
    """The answer to both."""

    schema_: Literal["admission/1"] = Field(default="admission/1", alias="schema")
    certificate: Pem
    authority: Pem
    """Who signed it, and the broker's."""
    documents: Pem | None = None
    """The certificate, by the same authority, of the key that signs campaigns and bundles: Ed25519, its common name
    `DOCUMENTS`, for code signing (RFC 5280, 4.2.1.12) alone. Null: nobody signs any."""
    broker: Annotated[str, Field(max_length=300, pattern=r"^mqtts://[^\s@]+$")]

    model_config = ConfigDict(populate_by_name=True)


def _check(body: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"telltale code 1\0" + body).digest()[:2]) >> 1
