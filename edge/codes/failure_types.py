"""The failure type byte of a trouble code (SAE J2012-DA): a category in its upper half, a subtype in its lower.

Own words; the common subtypes only. One that is not here is told by its category.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CATEGORIES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x0: "general fault",
        0x1: "general electrical fault",
        0x2: "wrong signal, by level or amplitude",
        0x3: "wrong signal, by frequency or duty",
        0x4: "fault inside the control unit",
        0x5: "control unit programmed or set up wrongly",
        0x6: "algorithm-based fault",
        0x7: "mechanical fault",
        0x8: "bus signal or message fault",
        0x9: "component fault",
    }
)
"""Upper half → what kind of failure. 0xA to 0xE: reserved; 0xF: the maker's and the supplier's own."""

SUBTYPES: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x01: "electrical fault",
        0x02: "wrong signal",
        0x03: "wrong frequency or pulse width",
        0x04: "fault inside the control unit",
        0x05: "control unit programmed wrongly",
        0x06: "algorithm-based fault",
        0x07: "mechanical fault",
        0x08: "bus signal or message fault",
        0x09: "component fault",
        0x11: "circuit shorted to ground",
        0x12: "circuit shorted to supply",
        0x13: "circuit open",
        0x14: "circuit shorted to ground or open",
        0x15: "circuit shorted to supply or open",
        0x16: "circuit voltage too low",
        0x17: "circuit voltage too high",
        0x18: "circuit current too low",
        0x19: "circuit current too high",
        0x1A: "circuit resistance too low",
        0x1B: "circuit resistance too high",
        0x1C: "circuit voltage out of range",
        0x1D: "circuit current out of range",
        0x1E: "circuit resistance out of range",
        0x1F: "circuit comes and goes",
        0x21: "signal amplitude too small",
        0x22: "signal amplitude too large",
        0x23: "signal stuck low",
        0x24: "signal stuck high",
        0x25: "signal of wrong shape",
        0x26: "signal changes too slowly",
        0x27: "signal changes too fast",
        0x28: "signal offset wrong",
        0x29: "signal implausible",
        0x2A: "signal stuck within its range",
        0x2F: "signal erratic",
        0x31: "no signal",
        0x36: "signal frequency too low",
        0x37: "signal frequency too high",
        0x38: "signal frequency wrong",
        0x39: "too few pulses",
        0x3A: "too many pulses",
        0x41: "checksum wrong",
        0x42: "memory fault",
        0x43: "special memory fault",
        0x44: "working memory fault",
        0x45: "program memory fault",
        0x46: "calibration memory fault",
        0x47: "watchdog or safety controller fault",
        0x48: "supervision software fault",
        0x49: "electronics inside the control unit broken",
        0x4A: "wrong component fitted",
        0x4B: "too hot inside",
        0x51: "not programmed",
        0x52: "not activated",
        0x53: "switched off",
        0x54: "calibration missing",
        0x55: "not configured",
        0x56: "configuration wrong or not compatible",
        0x57: "software not compatible",
        0x61: "calculated signal wrong",
        0x62: "signals that belong together disagree",
        0x63: "protection by timer or count",
        0x64: "signal implausible",
        0x65: "too few events",
        0x66: "too many events",
        0x67: "signal wrong after an event",
        0x68: "information about an event",
        0x71: "actuator stuck",
        0x72: "actuator stuck open",
        0x73: "actuator stuck closed",
        0x74: "actuator slips",
        0x75: "emergency position not reached",
        0x76: "mounted wrongly",
        0x77: "commanded position not reached",
        0x78: "out of adjustment",
        0x79: "mechanical link broken",
        0x7A: "leak or seal fault",
        0x7B: "fluid level too low",
        0x81: "invalid message received",
        0x82: "message counter does not count",
        0x83: "message checksum wrong",
        0x84: "value below its allowed range",
        0x85: "value above its allowed range",
        0x86: "signal marked invalid",
        0x87: "message missing",
        0x88: "bus off",
        0x8F: "messages erratic",
        0x91: "parameter outside its range",
        0x92: "works, but not as well as it should",
        0x93: "does not work",
        0x94: "works when it should not",
        0x95: "put together wrongly",
        0x96: "fault inside the component",
        0x97: "blocked by something",
        0x98: "too hot",
    }
)
"""Byte → words."""


def failure_type_text(failure_type: int) -> str:
    """What a failure type says; what is not known is said by its category and number, 0x00 is empty.

    Raises:
        ValueError: this is no byte.
    """
    if not 0 <= failure_type <= 0xFF:
        raise ValueError(f"{failure_type} is no failure type: it is one byte")
    if failure_type == 0:
        return ""
    if (known := SUBTYPES.get(failure_type)) is not None:
        return known
    if failure_type >= 0xF0:
        return f"failure type {failure_type:02X}, the maker's own"
    category = CATEGORIES.get(failure_type >> 4)
    return f"{category} (type {failure_type:02X})" if category else f"failure type {failure_type:02X}, not assigned"
