"""Asker: whoever can put a question to control units, over CAN or through an adapter; one interface, one test suite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge.diagnostics.ecu import Ecu

NEGATIVE: Final = 0x7F
POSITIVE: Final = 0x40
PENDING: Final = 0x78
"""Negative response code: the answer comes later (ISO 14229-1 annex A)."""
GATEWAY: Final = frozenset({0x33, 0x34})
"""Security access denied, authentication required: a gateway guards the vehicle (ISO 14229-1 annex A)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one unit said in the end; whole, and without ISO-TP."""

    ecu: Ecu
    payload: bytes
    at_ns: int
    """Monotonic, when its last frame was there."""

    @property
    def refusal(self) -> int | None:
        """The negative response code, None of a positive answer."""
        is_negative = len(self.payload) >= 3 and self.payload[0] == NEGATIVE
        return self.payload[2] if is_negative else None


class Asker(Protocol):
    """Asks one question at a time; used by one thread, then closed."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""

    @property
    def extended(self) -> bool:
        """Whether everybody is asked on 29-bit ids."""

    def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
        """The answers of one unit, or of everybody; none is silence. It gives up after two seconds at most, but for
        units that said that their answer comes later.

        Only answers to this very service count. Whoever says "later" is waited for.

        Raises:
            Forbidden: it is no question that may be asked.
            NotNow: nothing may be asked at this moment.
            BusDown: the bus or the adapter is not there just now.
        """

    def why_silent(self) -> str | None:
        """Why nothing may be asked at this moment; None when something may."""

    def volts(self) -> float | None:
        """The supply as the adapter measures it; None where it cannot."""

    def close(self) -> None:
        """Give everything back; safe to repeat."""


def belongs(request: bytes, payload: bytes) -> bool:
    """Whether a message can be the answer to a request: the same service about the same thing, or its refusal."""
    if not payload:
        return False
    if payload[0] == NEGATIVE:
        return len(payload) >= 3 and payload[1] == request[0]  # 7F, service, code
    if payload[0] != request[0] + POSITIVE:
        return False
    named = _NAMED.get(request[0], 0)
    if request[0] == _CURRENT:
        return payload[1:2] in {request[at : at + 1] for at in range(1, len(request))}
    return payload[1 : 1 + named] == request[1 : 1 + named]


_CURRENT: Final = 0x01
_NAMED: Final = {0x02: 1, 0x06: 1, 0x09: 1, 0x19: 1, 0x22: 2}
"""How many bytes behind the service an answer repeats of its request (SAE J1979, ISO 14229-1); service 01 may leave
out some of several PIDs."""
