"""The identity of a box: one file with its key, its certificate, its fleet's authority, and where to go with them.

One file, so that it is whole or not there. Before the PEM blocks, which is where OpenSSL does not look, stand two lines
of ours: what the file is, and where the cloud and the broker are.
"""

import json
import os
import secrets
from base64 import b64decode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from edge.errors import ConfigError, EdgeError
from edge.wire.errors import WireError
from edge.wire.signed import PUBLIC_KEY_BYTES
from edge.wire.topics import Address

FILE: Final = "identity.pem"
"""In the state folder."""
PENDING_FILE: Final = "identity.pending.pem"
"""A key that waits for its certificate: who is interrupted asks again with the same one."""
_FIRST_LINE: Final = "telltale identity 1: this box's own key, for nobody else"
_AGAIN: Final = "Move it away, and enrol the box with a new code"
_BYTES_MAX: Final = 65_536


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of this box without opening its key."""

    fleet: str
    vehicle: str
    broker: str
    cloud: str
    """Where it enrolled, and where it renews."""
    renew_at: str
    """RFC 3339: from then on the next certificate is asked for."""
    ends_at: str
    cloud_ca: str = ""
    """PEM of who is trusted as to the cloud's name, beside whom the system trusts; in base64, for no reader of the file
    is to take it for a certificate of the box."""
    document_key: str = ""
    """The public key (Ed25519, 32 bytes in hex) by which campaigns and bundles for this box are signed, as the
    authority says; empty: nobody signs any, or the box enrolled before there was one, and learns it when it renews."""

    @property
    def document_keys(self) -> tuple[bytes, ...]:
        """Whom to believe signed documents."""
        key = bytes.fromhex(self.document_key)
        if len(key) not in {0, PUBLIC_KEY_BYTES}:
            raise ValueError(f"document_key has {len(key)} bytes, a key {PUBLIC_KEY_BYTES}")
        return (key,) if key else ()

    @property
    def trusted(self) -> str:
        """The PEM in `cloud_ca`."""
        return b64decode(self.cloud_ca).decode("ascii")

    @property
    def address(self) -> Address:
        """Its topics."""
        return Address(self.fleet, self.vehicle)

    @property
    def renewal(self) -> datetime:
        """When the next certificate is asked for."""
        return datetime.fromisoformat(self.renew_at)

    @property
    def end(self) -> datetime:
        """When this one opens nothing any more."""
        return datetime.fromisoformat(self.ends_at)

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """The identity in a state folder; None: there is none.

        Raises:
            ConfigError: there is one that cannot be used.
        """
        file = folder / FILE
        text = read_private(file)
        if text is None:
            return None
        try:
            identity = cls(**_told(text))
            identity.address, identity.renewal, identity.end, identity.trusted, identity.document_keys  # noqa: B018 - each says whether it can be read
        except (ValueError, TypeError, WireError) as error:
            raise ConfigError(f"is no identity ({error})", file=file, remedy=_AGAIN) from error
        return identity

    def write(self, folder: Path, pem: str) -> None:
        """Put it in place of the one before, whole and durable, for this user alone.

        Raises:
            EdgeError: the disk fails; the one before stays.
        """
        told = json.dumps(asdict(self), ensure_ascii=True)
        write_private(folder / FILE, f"{_FIRST_LINE}\n{told}\n{pem}")


def _told(text: str) -> dict[str, str]:
    first, told, _ = text.split("\n", 2)
    known = json.loads(told)
    if first != _FIRST_LINE or not isinstance(known, dict):
        raise ValueError("not written by telltale-edge enrol")
    return known


def utc_text(at: datetime) -> str:
    """RFC 3339, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def read_private(file: Path) -> str | None:
    """A file of ours; None: it is not there.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(_BYTES_MAX).decode("ascii")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ConfigError(f"cannot be read: {why}", file=file, remedy="Run it as the daemon's user") from error


def write_private(file: Path, text: str) -> None:
    """Write a file that only this user can read; after a power cut it is the old one or the new one, whole.

    Raises:
        EdgeError: the disk fails, or the folder cannot be written.
    """
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.write(text.encode("ascii"))
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EdgeError(
            f"{file}: cannot be written: {error.strerror}. Make room, or give --state another folder"
        ) from error
