"""What answers of SAE J1979 say: support, codes, readiness, vehicle information. Pure: bytes in, values out.

Each function takes a positive answer, whole and with its service byte, and gives None or nothing for one that is
malformed or cut short: unknown is unknown, never 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from edge.codes.structure import code_from_bytes
from edge.decode.pids import supported
from edge.diagnostics.findings import Monitor, Readiness

VIN_LENGTH: Final = 17
CALIBRATION_LENGTH: Final = 16
VERIFICATION_LENGTH: Final = 4
NAME_LENGTH: Final = 20
"""Bytes of an item of infotypes 02, 04, 06 and 0A (SAE J1979 appendix G)."""

CONTINUOUS: Final = ("misfire", "fuel_system", "components")
"""PID 01 byte B, bits 0 to 2 supported, 4 to 6 not complete (SAE J1979 table B3)."""
SPARK: Final = (
    "catalyst", "heated_catalyst", "evaporative_system", "secondary_air", "gasoline_particulate_filter",
    "oxygen_sensor", "oxygen_sensor_heater", "egr_or_vvt",
)  # fmt: skip
"""Bytes C and D, bits 0 to 7, of spark ignition; bit 4 was air conditioning until 2012."""
COMPRESSION: Final = (
    "nmhc_catalyst", "nox_aftertreatment", None, "boost_pressure", None, "exhaust_gas_sensor", "particulate_filter",
    "egr_or_vvt",
)  # fmt: skip
"""The same of compression ignition."""


def support(answer: bytes) -> frozenset[int]:
    """Numbers that answers to 00, 20, 40 … name as supported; several in one answer are understood."""
    found: set[int] = set()
    step = 2 if answer[0] == 0x42 else 1
    """Service 02 repeats the frame's number behind each PID."""
    for at in range(1, len(answer) - step - 3, step + 4):
        base = answer[at]
        if base % 0x20:
            break
        found |= supported(base, answer[at + step :])
    return frozenset(found)


def codes(answer: bytes) -> tuple[str, ...] | None:
    """The codes of services 03, 07 and 0A; None when there are fewer bytes than it says."""
    if len(answer) < 2 or len(answer) < 2 + 2 * answer[1]:
        return None
    pairs = (answer[at : at + 2] for at in range(2, 2 + 2 * answer[1], 2))
    return tuple(dict.fromkeys(code_from_bytes(pair).text for pair in pairs if any(pair)))


def readiness(answer: bytes) -> Readiness | None:
    """PID 01 or 41 (this cycle): lamp, number of codes, monitors."""
    if len(answer) < 6:
        return None
    a, b, c, d = answer[2:6]
    since_cleared = answer[1] == 0x01
    kinds: Sequence[str | None] = COMPRESSION if b & 0x08 else SPARK
    monitors = [*_monitors(CONTINUOUS, b & 7, b >> 4 & 7), *_monitors(kinds, c, d)]
    return Readiness(
        mil=bool(a & 0x80) if since_cleared else None,
        codes=a & 0x7F if since_cleared else None,
        monitors=tuple(monitors),
    )


def _monitors(names: Sequence[str | None], there: int, open_ones: int) -> Iterator[Monitor]:
    for bit, name in enumerate(names):
        if name is not None and there >> bit & 1:
            yield Monitor(name, complete=not open_ones >> bit & 1)


def vin(answer: bytes) -> str | None:
    """The vehicle's number as its bytes are: what pads it in front is 00 and goes, nothing else does."""
    text = _text(answer[3:].lstrip(b"\0")[:VIN_LENGTH])
    return text if text is not None and len(text) == VIN_LENGTH else None


def calibrations(answer: bytes) -> tuple[str, ...]:
    """Calibration ids (infotype 04)."""
    return tuple(text for item in _items(answer, CALIBRATION_LENGTH) if (text := _text(item.rstrip(b"\0"))))


def verifications(answer: bytes) -> tuple[str, ...]:
    """Calibration verification numbers (infotype 06), in hex."""
    return tuple(item.hex().upper() for item in _items(answer, VERIFICATION_LENGTH))


def unit_name(answer: bytes) -> str | None:
    """What a unit calls itself (infotype 0A): `ECM-EngineControl`, acronym and name."""
    item = next(_items(answer, NAME_LENGTH), b"")
    parts = [text for part in (item[:5], item[5:]) if (text := _text(part.strip(b"\0- ")))]
    return "-".join(parts) or None


def whole_number(answer: bytes, size: int) -> int | None:
    """The value of a PID that is one number of so many bytes."""
    told = answer[2 : 2 + size]
    return int.from_bytes(told, "big") if len(told) == size else None


def _items(answer: bytes, length: int) -> Iterator[bytes]:
    """Items of equal length behind their number; one that is cut is none."""
    for at in range(3, len(answer) - length + 1, length):
        yield answer[at : at + length]


def _text(raw: bytes) -> str | None:
    """Printable ASCII; None for anything else and for nothing."""
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if text and text.isprintable() else None


def is_vin(text: str) -> bool:
    """Whether it can be one: seventeen letters and digits without I, O and Q (ISO 3779)."""
    return len(text) == VIN_LENGTH and all(letter in _VALUES or letter.isdigit() for letter in text)


def check_digit_fits(text: str) -> bool:
    """Whether the ninth place is the remainder that North America demands (49 CFR 565.15); elsewhere it need not be."""
    if not is_vin(text):
        return False
    total = sum(weight * (_VALUES.get(letter) or int(letter)) for weight, letter in zip(_WEIGHTS, text, strict=True))
    return text[8] == "0123456789X"[total % 11]


_VALUES: Final[Mapping[str, int]] = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
