"""From when and until when a certificate is valid: RFC 5280, 4.1.2.5, read from its DER without any library."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_BYTES_MAX: Final = 262_144
_SEQUENCE, _VERSION, _UTC_TIME, _TIME = 0x30, 0xA0, 0x17, 0x18


@dataclass(frozen=True, slots=True)
class Validity:
    """Both ends."""

    begins: datetime
    ends: datetime


def validity_of(file: Path) -> Validity:
    """Of the first certificate in a PEM file, which is the one that is shown to others.

    Raises:
        OSError: the file cannot be read.
        ValueError: there is no certificate in it.
    """
    with file.open("rb") as stream:
        text = stream.read(_BYTES_MAX).decode("ascii", "replace")
    _, begin, rest = text.partition(_BEGIN)
    body, end, _ = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{file}: there is no certificate in it")
    return validity(ssl.PEM_cert_to_DER_cert(f"{begin}{body}{end}"))


def validity(der: bytes) -> Validity:
    """Of a certificate.

    Raises:
        ValueError: it is none.
    """
    _, certificate, _ = _item(der, _SEQUENCE)
    _, signed, _ = _item(certificate, _SEQUENCE)
    if signed[:1] == bytes((_VERSION,)):
        _, _, signed = _item(signed)
    for _ in ("serial", "algorithm", "issuer"):
        _, _, signed = _item(signed)
    _, both, _ = _item(signed, _SEQUENCE)
    kind, begins, rest = _item(both)
    end_kind, ends, _ = _item(rest)
    return Validity(_time(kind, begins), _time(end_kind, ends))


def _item(raw: bytes, wanted: int | None = None) -> tuple[int, bytes, bytes]:
    """Tag, content, and what comes after (X.690, 8.1)."""
    if len(raw) < 2 or (wanted is not None and raw[0] != wanted):
        raise ValueError("no certificate")
    length, at = raw[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(raw[2 : 2 + count], "big"), 2 + count
    if at + length > len(raw):
        raise ValueError("a certificate that is cut off")
    return raw[0], raw[at : at + length], raw[at + length :]


def _time(kind: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if kind == _UTC_TIME:
        text = f"{'19' if text[:2] >= '50' else '20'}{text}"
    elif kind != _TIME:
        raise ValueError("a certificate without its times")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
