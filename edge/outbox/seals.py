"""Checksums over what is no message: SQLite finds what breaks its pages, not a bit that changes a value in them."""

import zlib


def seal(*values: str | int | bytes) -> int:
    """A checksum of these values in their order."""
    crc = 0
    for value in values:
        content = value if isinstance(value, bytes) else str(value).encode()
        crc = zlib.crc32(content, zlib.crc32(f"{len(content)} ".encode(), crc))
    return crc


def is_sealed(crc: object, *values: str | int | bytes) -> bool:
    """Whether the values are those that were sealed; what an earlier version wrote has no checksum and is believed."""
    return crc is None or crc == seal(*values)
