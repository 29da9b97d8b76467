"""Ecu: a control unit as a tester addresses it on CAN (ISO 15765-4, ISO 15765-5), and the ids that testers use."""

from dataclasses import dataclass
from typing import Final

from edge.frames import ERROR, EXTENDED, REMOTE, Frame

FUNCTIONAL_11: Final = 0x7DF
FUNCTIONAL_29: Final = 0x18DB33F1
"""Everybody concerned with emissions (ISO 15765-4, 10.5.1 and 10.5.2)."""
FIRST_REQUEST_11: Final = 0x7E0
FIRST_ANSWER_11: Final = 0x7E8
UNITS_11: Final = 8
"""Units of ISO 15765-4 on 11-bit ids: 7E0 to 7E7 ask, 7E8 to 7EF answer."""
PHYSICAL_PF: Final = 0xDA
FUNCTIONAL_PF: Final = 0xDB
"""The third byte of a 29-bit id of ISO 15765-2 normal fixed addressing; then target, then source."""
TESTER: Final = 0xF1
"""The address of external test equipment on 29-bit ids (ISO 15765-4)."""


@dataclass(frozen=True, slots=True, order=True)
class Ecu:
    """A control unit: where requests to it go, where its answers come from."""

    request: int
    answer: int
    extended: bool = False
    """Both ids have 29 bits."""

    @property
    def name(self) -> str:
        """The id of its answers in hex, as testers show it: `7E8`, `18DAF110`."""
        return f"{self.answer:08X}" if self.extended else f"{self.answer:03X}"

    @property
    def flags(self) -> int:
        """Of the frames that go to it."""
        return EXTENDED if self.extended else 0


UNITS: Final = tuple(Ecu(FIRST_REQUEST_11 + one, FIRST_ANSWER_11 + one) for one in range(UNITS_11))
"""Every unit that 7DF reaches."""


def unit_29(address: int) -> Ecu:
    """The unit of an address (0 to 255) on 29-bit ids."""
    base = 0x18000000 | PHYSICAL_PF << 16
    return Ecu(base | address << 8 | TESTER, base | TESTER << 8 | address, extended=True)


def answering(frame: Frame) -> Ecu | None:
    """The unit of ISO 15765-4 that an answer to a tester came from; None when the frame is none."""
    if frame.flags & (ERROR | REMOTE):
        return None
    if frame.flags & EXTENDED:
        is_answer = frame.id & 0x00FFFF00 == PHYSICAL_PF << 16 | TESTER << 8
        return unit_29(frame.id & 0xFF) if is_answer else None
    place = frame.id - FIRST_ANSWER_11
    return UNITS[place] if 0 <= place < UNITS_11 else None


def is_asking(identifier: int, *, extended: bool) -> bool:
    """Whether an id is one that testers send on: 7DF, 7E0 to 7E7, 18DBxxF1, 18DAxxF1."""
    if extended:
        return (identifier >> 16) & 0xFF in {PHYSICAL_PF, FUNCTIONAL_PF} and identifier & 0xFF == TESTER
    return identifier == FUNCTIONAL_11 or 0 <= identifier - FIRST_REQUEST_11 < UNITS_11


def functional(*, extended: bool) -> tuple[int, int]:
    """Id and flags of a request to everybody."""
    return (FUNCTIONAL_29, EXTENDED) if extended else (FUNCTIONAL_11, 0)


def parse_ecu(request: str, answer: str) -> Ecu:
    """A unit of a profile, its ids in hex: eight digits are 29 bits, three are 11.

    Raises:
        ValueError: one is no id, or they differ in length.
    """
    if {len(request), len(answer)} not in ({3}, {8}):
        raise ValueError(f"{request} and {answer} are no pair of ids: write three hex digits each, or eight")
    return Ecu(int(request, 16), int(answer, 16), extended=len(request) == 8)
