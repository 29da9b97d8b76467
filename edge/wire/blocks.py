"""Bulk messages: a JSON envelope and a binary block in one MQTT payload.

    b"TTB1" | uint32 little-endian: length of the envelope | envelope, JSON | block, to the end

The envelope's body names the block's format and its SHA-256, so that a cut or mixed-up block is found.
"""

import hashlib
import struct
from typing import Final

from edge.wire.errors import Reason, WireError

MAGIC: Final = b"TTB1"
_HEAD: Final = struct.Struct("<4sI")


def join(envelope: bytes, block: bytes) -> bytes:
    """One payload of an envelope and its block."""
    return _HEAD.pack(MAGIC, len(envelope)) + envelope + block


def split(payload: bytes) -> tuple[bytes, bytes]:
    """The envelope's JSON and the block.

    Raises:
        WireError: `bad_envelope`, when the frame around them is damaged.
    """
    if len(payload) < _HEAD.size:
        raise WireError(Reason.BAD_ENVELOPE, f"a bulk message has at least {_HEAD.size} bytes, not {len(payload)}")
    magic, length = _HEAD.unpack_from(payload)
    if magic != MAGIC:
        raise WireError(Reason.BAD_ENVELOPE, f"a bulk message begins with {MAGIC!r}, not {magic!r}")
    if _HEAD.size + length > len(payload):
        raise WireError(Reason.BAD_ENVELOPE, f"the envelope is cut off: {length} bytes were announced")
    return payload[_HEAD.size : _HEAD.size + length], payload[_HEAD.size + length :]


def digest(block: bytes) -> str:
    """SHA-256 of a block, in hex."""
    return hashlib.sha256(block).hexdigest()
