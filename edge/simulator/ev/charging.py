"""Charging: the wall box through the on-board charger, the fast charger straight into the pack, and the inlet between.

What may flow is said by the battery control unit; the inlet's contacts warm with the square of the current.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

CHARGER_EFFICIENCY: Final = 0.94
PHASES: Final = 3
MAINS_V: Final = 230.0
DC_MAX_A: Final = 350.0
RAMP_W_PER_S: Final = 9_000.0
AC_GREETING_S: Final = 8.0
DC_GREETING_S: Final = 22.0
"""Handshake, insulation test and precharge of the cable (IEC 61851-23)."""
AC_CONTACT_OHM: Final = 0.0011
DC_CONTACT_OHM: Final = 0.00013
INLET_J_PER_K: Final = 420.0
INLET_W_PER_K: Final = 0.62
CHARGER_J_PER_K: Final = 4_500.0
CHARGER_W_PER_K: Final = 22.0


class Charge(IntEnum):
    """Where a charging session is."""

    NONE = 0
    GREETING = 1
    AC = 2
    DC = 3
    DONE = 4
    STOPPED = 5
    """Refused or broken off."""


@dataclass(slots=True)
class Charging:
    """One inlet and what hangs on it."""

    inlet_c: float
    charger_c: float
    state: Charge = Charge.NONE
    fast: bool = False
    most_w: float = 0.0
    """What wall box or station gives."""
    power_w: float = 0.0
    """Into the high voltage."""
    current_a: float = 0.0
    """Through the inlet: each phase, or direct current."""
    greeted_s: float = 0.0
    busy: bool = False
    """High voltage is needed: a session begins or runs."""
    cut_off: bool = False
    """The last session ended because the inlet was too hot."""

    @property
    def plugged(self) -> bool:
        """A cable is in the inlet."""
        return self.state is not Charge.NONE

    def plug(self, *, fast: bool, most_w: float) -> None:
        """A cable is put in."""
        self.state, self.fast, self.most_w, self.greeted_s = Charge.GREETING, fast, most_w, 0.0
        self.busy = True

    def unplug(self) -> None:
        """And pulled out."""
        self._end(Charge.NONE)

    def second(
        self,
        *,
        allowed_w: float,
        full: bool,
        refused: bool,
        too_hot: bool,
        share: float,
        closed: bool,
        pack_v: float,
    ) -> None:
        """One second of a session; `share` is what the inlet's temperature leaves of the current."""
        if not self.busy:
            self.power_w = self.current_a = 0.0
            return
        if too_hot or refused:
            self.cut_off = too_hot
            self._end(Charge.STOPPED)
        elif full:
            self.cut_off = False
            self._end(Charge.DONE)
        elif self.state is Charge.GREETING:
            self.greeted_s += 1.0
            if closed and self.greeted_s >= (DC_GREETING_S if self.fast else AC_GREETING_S):
                self.state = Charge.DC if self.fast else Charge.AC
        elif not closed:
            self._end(Charge.STOPPED)
        else:
            self._flow(allowed_w, share, pack_v)

    def heat(self, *, ambient_c: float, coolant_c: float, ohm: float) -> float:
        """One second of heat in inlet and charger; returns what the charger gives to the coolant (W)."""
        if self.fast:
            heat_w = 2.0 * DC_CONTACT_OHM * ohm * self.current_a * self.current_a
        else:
            heat_w = PHASES * AC_CONTACT_OHM * ohm * self.current_a * self.current_a
        self.inlet_c += (heat_w - INLET_W_PER_K * (self.inlet_c - ambient_c)) / INLET_J_PER_K
        lost_w = self.power_w * (1.0 / CHARGER_EFFICIENCY - 1.0) if self.state is Charge.AC else 0.0
        given_w = CHARGER_W_PER_K * (self.charger_c - coolant_c)
        self.charger_c += (lost_w - given_w) / CHARGER_J_PER_K
        return given_w

    def rest(self, ambient_c: float, coolant_c: float, seconds: float) -> None:
        """Cool down."""
        self.inlet_c += (ambient_c - self.inlet_c) * min(seconds * INLET_W_PER_K / INLET_J_PER_K, 1.0)
        self.charger_c += (coolant_c - self.charger_c) * min(seconds / 300.0, 1.0)

    def _end(self, state: Charge) -> None:
        self.state, self.power_w, self.current_a = state, 0.0, 0.0
        self.busy = False

    def _flow(self, allowed_w: float, share: float, pack_v: float) -> None:
        """Power goes up slowly, and down at once."""
        most_w = min(self.most_w, DC_MAX_A * pack_v) if self.fast else self.most_w * CHARGER_EFFICIENCY
        wanted_w = max(min(most_w * share, allowed_w), 0.0)
        self.power_w = min(wanted_w, self.power_w + RAMP_W_PER_S)
        if self.fast:
            self.current_a = self.power_w / max(pack_v, 100.0)
        else:
            self.current_a = self.power_w / CHARGER_EFFICIENCY / (PHASES * MAINS_V)
