"""The seal on a pack: an HMAC by a key that is made from the service's signing key.

The key of the tokens itself never signs a pack: what is derived for one use says nothing about the other
(HMAC as a key derivation function, NIST SP 800-108r1, 4.1).
"""

import hashlib
import hmac
from typing import Final

_USE: Final = b"\x01telltale warranty pack\x00v1"


class Seal:
    """Makes seals and tells whether one is ours."""

    def __init__(self, signing_key: bytes) -> None:
        self._key = hmac.digest(signing_key, _USE, hashlib.sha256)

    def of(self, content: bytes) -> str:
        """The seal of these bytes, in hex (HMAC-SHA-256, RFC 2104)."""
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()

    def agrees(self, content: bytes, seal: str) -> bool:
        """Whether the seal is ours and of these bytes, in constant time."""
        return hmac.compare_digest(self.of(content), seal.strip()) if seal.isascii() else False
