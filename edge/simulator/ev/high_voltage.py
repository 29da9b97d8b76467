"""High voltage outside the cells: contactors with their precharge, and the insulation against the car's body.

The positive contactor closes after the inverter's capacitor has been charged through a resistor. Coils live on 12 V:
they let go when it breaks down.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

PRECHARGE_S: Final = 0.13
"""Time constant: 60 Ω and some 2 mF."""
CLOSES_SHARE: Final = 0.95
CLOSES_FROM_V: Final = 9.6
"""Coils pull in from so much 12 V on."""
HOLDS_FROM_V: Final = 9.0
"""And let go below."""
BLEEDS_S: Final = 1.6
"""Discharge of the capacitor after opening; ISO 6469-4 asks for less than 60 V after 5 s."""
ISOLATION_S: Final = 20.0
"""A measurement of insulation needs so long: the body's capacitance has to be recharged."""
SHOWN_KOHM: Final = 5_000.0
"""More is not told apart."""
NO_PATH_KOHM: Final = 1e9


class Contactors(IntEnum):
    """State of the battery's contactors."""

    OPEN = 0
    PRECHARGE = 1
    CLOSED = 2


@dataclass(slots=True)
class HighVoltage:
    """State of contactors, link and insulation."""

    isolation_kohm: float
    """Of the car when dry, without a fault."""
    state: Contactors = Contactors.OPEN
    closed: bool = False
    """Power can flow."""
    link_v: float = 0.0
    """At the inverter's capacitor."""
    shown_kohm: float = SHOWN_KOHM

    def step(self, *, wanted: bool, pack_v: float, volt: float, span_s: float) -> None:
        """One step; `wanted` is what the battery control unit asks for, `volt` the 12 V that feed the coils."""
        if self.closed:
            if wanted and volt >= HOLDS_FROM_V:
                self.link_v = pack_v
                return
            self.closed = False
        elif wanted and volt >= (CLOSES_FROM_V if self.state is Contactors.OPEN else HOLDS_FROM_V):
            self._precharge(pack_v, span_s)
            return
        self.state = Contactors.OPEN
        if self.link_v > 0.5:
            lag = span_s / BLEEDS_S
            self.link_v -= self.link_v * (lag if lag < 1.0 else 1.0)
        else:
            self.link_v = 0.0

    def _precharge(self, pack_v: float, span_s: float) -> None:
        lag = span_s / PRECHARGE_S
        self.link_v += (pack_v - self.link_v) * (lag if lag < 1.0 else 1.0)
        self.closed = self.link_v > CLOSES_SHARE * pack_v
        self.state = Contactors.CLOSED if self.closed else Contactors.PRECHARGE

    def insulate(self, *, path_kohm: float | None, wet: float, span_s: float = 1.0) -> None:
        """Measure: the car's own insulation with a fault's path beside it; water makes both worse."""
        own = self.isolation_kohm / (1.0 + 1.5 * wet)
        path = NO_PATH_KOHM if path_kohm is None else path_kohm * (1.0 - 0.5 * wet)
        both = own * path / (own + path)
        lag = span_s / ISOLATION_S
        seen = both if both < SHOWN_KOHM else SHOWN_KOHM
        self.shown_kohm += (seen - self.shown_kohm) * (lag if lag < 1.0 else 1.0)
