"""Ed25519 (RFC 8032): keys, signatures, and whether one fits. The only room that knows cryptography.

Importing it costs 10 MB, so the daemon does not: on a vehicle only the child process `edge.detect.verify` does.
"""

from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from edge.errors import ConfigError

_MAKE_ONE: Final = "Name the private file that telltale-models key wrote (PEM, Ed25519, no passphrase)"


class PrivateKey:
    """Who holds it can sign."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> "PrivateKey":
        """Another one, from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> bytes:
        """The public half: 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def pem(self) -> bytes:
        """As a file for its holder alone: PKCS#8, not encrypted."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_pem(self) -> bytes:
        """The public half as a file for everybody."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, text: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(text)


def read_private_key(file: Path) -> PrivateKey:
    """A private key from its file.

    Raises:
        ConfigError: it is missing, cannot be read, or holds no private Ed25519 key that is open.
    """
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError:
        raise ConfigError(
            "no such key file", file=file, remedy="Check the path, or make one: telltale-models key"
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=file, remedy="Check that it is a file") from error
    except TypeError as error:  # what the library says of a key that has a passphrase
        raise ConfigError("is locked with a passphrase", file=file, remedy=_MAKE_ONE) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError("is no private key", file=file, remedy=_MAKE_ONE) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("is not an Ed25519 key", file=file, remedy=_MAKE_ONE)
    return PrivateKey(key)


def fits(public: bytes, signature: bytes, text: bytes) -> bool:
    """Whether a signature (64 bytes) of a text is by the holder of a public key (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except InvalidSignature:
        return False
    return True
