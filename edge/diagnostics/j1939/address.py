"""Address: a claim of our own on a J1939 network, defended and given up as SAE J1939-81 demands.

We can take any address, so we begin where such devices begin and move on when somebody with a better claim has it. Our
NAME has the bit of such devices set, so whoever has a fixed address keeps it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import SystemRandom
from typing import Final

from edge.diagnostics.line import Line, NotNow
from edge.frames import EXTENDED, NANOSECONDS, Frame

PREFERRED: Final = 251
"""Of an on-board data logger (SAE J1939, appendix B)."""
FREE: Final = range(128, 248)
"""Addresses for devices that take any (SAE J1939-81)."""
NOWHERE: Final = 0xFE
"""The sender of who has no address."""
TRIES_MAX: Final = 16
CONTEND_S: Final = 0.25
"""Others have this long to contest a claim (SAE J1939-81, 4.5.2)."""
STEPS: Final = 256
STEP_NS: Final = 600_000
"""Who has no address says so after one of so many steps, 0 to 153 ms by chance, so that not all who lost theirs speak
at once (SAE J1939-81; the number from one source)."""
CHANCE: Final = SystemRandom().random
CLAIM_ID: Final = 0x18EEFF00
REQUEST_PF: Final = 0xEA
CLAIM_PF: Final = 0xEE
CLAIMED: Final = (0xEE00).to_bytes(3, "little")
_IDENTITY_MAX: Final = 1 << 21


def name_of(identity: int) -> bytes:
    """Our NAME, eight bytes, least significant first: any address, no maker's code, no function of the list.

    `identity`: a number of this very box, of which 21 bits count.
    """
    nobody, unknown = 0x7FF, 0xFF
    name = identity % _IDENTITY_MAX | nobody << 21 | unknown << 40 | 1 << 63
    return name.to_bytes(8, "little")


class Address:
    """Ours on one network."""

    def __init__(self, line: Line, identity: int, *, chance: Callable[[], float] = CHANCE) -> None:
        """`identity`: a number of this very box; `chance`: any of 0 to 1, 1 never."""
        self.names: dict[int, bytes] = {}
        """Whose claim was heard, by source address."""
        self.name = name_of(identity)
        self._line = line
        self._chance = chance
        self._own: int | None = None
        self._claiming = False
        self._began = False
        """We have claimed an address, and are known on this network."""
        line.overhear(self.hear)

    @property
    def own(self) -> int | None:
        """The address that is ours; None before it is claimed."""
        return self._own

    def claim(self) -> int:
        """The address that is ours; claimed first, and contested by nobody for as long as they may.

        Raises:
            NotNow: nothing may be sent, or every address that was tried is taken.
            BusDown: the bus is not there just now.
        """
        for _ in range(TRIES_MAX):
            if self._own is not None:
                return self._own
            self._try()
        self._say()
        self._listen(STEPS * STEP_NS)  # silence begins when it is said
        self._line.watch.address_lost = True
        self._line.refuse_if_silent()
        raise AssertionError("unreachable: a lost address is a reason for silence")

    def hear(self, frame: Frame) -> None:
        """Answer who asks for claims, and give way, or not, to who claims ours."""
        pf, destination, source = frame.id >> 16 & 0xFF, frame.id >> 8 & 0xFF, frame.id & 0xFF
        if not frame.flags & EXTENDED:
            return
        if pf == CLAIM_PF and len(frame.payload) == 8 and source < NOWHERE:
            self.names[source] = frame.payload
            if source == self._own:
                self._contest(frame.payload)
        elif pf == REQUEST_PF and frame.payload[:3] == CLAIMED and destination in {0xFF, self._own}:
            self._say()

    def _try(self) -> None:
        taken = self.names.keys()
        self._take(next((one for one in (PREFERRED, *FREE) if one not in taken), FREE[-1]))
        self._line.refuse_if_silent()
        self._claiming = True
        self._say()
        self._listen(round(CONTEND_S * NANOSECONDS), only_while_ours=True)
        self._claiming = False

    def _listen(self, for_ns: int, *, only_while_ours: bool = False) -> None:
        until_ns = self._line.now_ns() + for_ns
        while (left_ns := until_ns - self._line.now_ns()) > 0 and not (only_while_ours and self._own is None):
            self._line.heard(left_ns / NANOSECONDS)

    def _contest(self, other: bytes) -> None:
        """The smaller NAME keeps the address (SAE J1939-81, 4.4.3.3)."""
        if other == self.name:
            return  # our own, as a bus may hand it back
        if int.from_bytes(self.name, "little") < int.from_bytes(other, "little"):
            self._say()
        else:
            self._take(None)
            if not self._claiming:
                self._say()

    def _take(self, address: int | None) -> None:
        self._own = address
        self._line.permission = replace(self._line.permission, address=address)
        self._line.watch.own_address(address)

    def _say(self) -> None:
        """Our claim; or, of who is known and has no address now, a little later that it cannot claim one."""
        if self._own is not None:
            self._began = True
            self._send(self._own)
        elif self._began:
            self._line.later(self._line.now_ns() + int(self._chance() * STEPS) * STEP_NS, self._say_that_we_have_none)

    def _say_that_we_have_none(self) -> None:
        """Unless we have one by now (SAE J1939-81, 4.2.2.3)."""
        if self._own is None:
            self._send(NOWHERE)

    def _send(self, source: int) -> None:
        with suppress(NotNow):  # silence comes before everything
            self._line.send(Frame(self._line.now_ns(), CLAIM_ID | source, self.name, flags=EXTENDED))
