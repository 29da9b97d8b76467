"""Claims, certificates and how a vehicle stands. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from edge.wire.topics import Address

CLAIM_FOR: Final = timedelta(days=7)
"""How long a code opens, unless somebody says otherwise."""
CLAIM_FOR_MAX: Final = timedelta(days=90)
CERTIFICATES_A_DAY: Final = 10
"""For one vehicle: who has its key cannot fill the disk with them."""


class State(StrEnum):
    """How a vehicle stands."""

    WAITING = "waiting"
    """It has a claim, and nobody has used it yet."""
    ADMITTED = "admitted"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a vehicle stands."""

    address: Address
    state: State
    since: datetime
    change: int
    """Which change at the door it was that put it out for the last time; 0: it never was."""
    closed_upto: int
    """Streams of outboxes that were met before it was last put out, by their numbers; nothing more is taken of them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to become a vehicle, once."""

    id: int
    address: Address
    key: bytes
    """The public half of the code's key: all that is kept of the code."""
    made_at: datetime
    ends_at: datetime
    by: str
    used_at: datetime | None = None
    used_by: str | None = None
    """SHA-256 of the public key that it was used for: the same box may ask again when the answer was lost."""
    withdrawn_at: datetime | None = None

    def problem(self, public_key: str, at: datetime) -> str | None:
        """Why a box with this key gets nothing for it; None: it does."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if at >= self.ends_at:
            return "expired"
        if self.used_at is not None and self.used_by != public_key:
            return "used"
        return None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a box shows at the broker."""

    serial: str
    """Hex, without leading zeros."""
    address: Address
    public_key: str
    """SHA-256 of it (SubjectPublicKeyInfo, DER), in hex."""
    begins_at: datetime
    ends_at: datetime
    issued_at: datetime
    pem: str
    revoked_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A vehicle's standing and what there is of it, for a listing."""

    standing: Standing
    claim_ends_at: datetime | None
    """Of the claim that waits to be used."""
    certificate_ends_at: datetime | None
    """Of the newest certificate that is not revoked."""
    is_shut: bool | None = None
    """Whether every broker's helper says that it was put out there; None: it never was, or there is no helper."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that somebody was not let do."""

    kind: str
    who: str
    """An identity, or an address: as far as it is known."""
    detail: str
    times: int = 1
    fleet: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """What a broker's helper reports of itself."""

    helper: str
    applied: int
    """The last change at the door that holds at its broker."""
    list_ends_at: datetime | None
    """When the revocation list that its broker has ends; None: it has none."""


@dataclass(frozen=True, slots=True)
class Out:
    """Somebody whose connection is to be ended."""

    address: Address
    change: int


@dataclass(frozen=True, slots=True)
class Door:
    """What a broker must know to keep out whom it must."""

    change: int
    revocation_list: str
    """PEM."""
    denied: tuple[Address, ...]
    """Who may do nothing at all."""
    out: tuple[Out, ...]
    """Whose connections are to be ended, since they were put out after what the broker has applied."""
