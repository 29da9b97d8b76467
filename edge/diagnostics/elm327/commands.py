"""What an ELM327 is told, so that a question goes where it should (ELM327 data sheet, AT commands). Pure."""

from typing import Final

from edge.diagnostics.ecu import UNITS, Ecu, answering, functional
from edge.diagnostics.probe import KINDS, Kind
from edge.frames import Frame

VOLTAGE: Final = "ATRV"
Setting = tuple[str, str]
"""A command and what it sets; it holds until another value is set, or the adapter is reset."""
_FLOW_BY_DATA: Final = ("ATFCSM", "2")
"""Flow control to whoever begins a long answer, with our own pause."""
_FLOW_BY_BOTH: Final = ("ATFCSM", "1")
ORDINARY: Final[tuple[Setting, ...]] = (("ATST", "32"), ("ATAT", "1"))
PATIENT: Final[tuple[Setting, ...]] = (("ATST", "FF"), ("ATAT", "0"))
"""How long an adapter waits for an answer, in steps of 4 ms: up to 200 ms, less where units were quicker, as after a
reset; and always the most, a second."""


NUMBERS: Final = dict(zip(KINDS, "6789", strict=True))
"""What an ELM327 calls the kinds of CAN of ISO 15765-4."""


def kind_of(number: str) -> Kind:
    """The kind of bus that an ELM327 calls so.

    Raises:
        ValueError: it is none of ISO 15765-4 on CAN.
    """
    for kind, name in NUMBERS.items():
        if name == number:
            return kind
    raise ValueError(f"protocol {number!r} is none of ISO 15765-4: write 6, 7, 8 or 9")


def chosen(kind: Kind, separation_ms: int) -> tuple[Setting, ...]:
    """Use this kind of CAN from now on, without keeping it; long answers come with a pause between their frames.

    `separation_ms`: 0 to 127 (STmin, ISO 15765-2 table 20).
    """
    return ("ATTP", NUMBERS[kind]), ("ATFCSD", f"3000{separation_ms:02X}"), _FLOW_BY_DATA


def addressed(to: Ecu | None, *, extended: bool) -> tuple[Setting, ...]:
    """Send to this unit, or to everybody, from now on, and show what answers.

    An adapter shows answers of ISO 15765-4 by itself. Other units need a filter, and their flow control its id.
    """
    identifier = to.request if to else functional(extended=extended)[0]
    header = _long(identifier) if extended else (("ATSH", f"{identifier:03X}"),)
    if to is None or is_standard(to):
        return (*header, ("ATCRA", ""), _FLOW_BY_DATA)
    digits = 8 if extended else 3
    return (*header, ("ATCRA", f"{to.answer:0{digits}X}"), ("ATFCSH", f"{to.request:0{digits}X}"), _FLOW_BY_BOTH)


def is_standard(unit: Ecu) -> bool:
    """Whether ISO 15765-4 knows its ids."""
    return unit in UNITS or answering(Frame(0, unit.answer, b"", flags=unit.flags)) == unit


def as_sent(request: bytes, to: Ecu | None, *, extended: bool, at_ns: int) -> Frame:
    """The frame that the adapter makes of a question: it writes its length before it, and fills it up with zeros."""
    identifier, flags = (to.request, to.flags) if to else functional(extended=extended)
    return Frame(at_ns, identifier, (bytes([len(request)]) + request).ljust(8, b"\0"), flags=flags)


def _long(identifier: int) -> tuple[Setting, ...]:
    """AT SH takes the lower 24 bits, AT CP the five above."""
    return ("ATCP", f"{identifier >> 24:02X}"), ("ATSH", f"{identifier & 0xFFFFFF:06X}")
