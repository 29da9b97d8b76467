"""Charging stops of the driver: off the road when the battery runs low, onto a fast charger, and back again."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from edge.simulator.vehicle import STEP_S

SLOWS_MPS2: Final = 1.1
SPEEDS_UP_MPS2: Final = 1.3
STANDS_S: Final = 4.0
"""From the last turn of the wheels to the key."""
PLUGS_S: Final = 45.0
"""Getting out, the card, the cable."""
LEAVES_S: Final = 40.0
WAKES_S: Final = 2.6
"""From the key to READY."""
LONGEST_S: Final = 5_400.0
"""Nobody waits longer at a fast charger."""
BROUGHT_SOMETHING: Final = 0.35
"""With at least so much one looks for a charger again when it has been used up."""
ENOUGH: Final = 0.80
"""Charge, as shown, at which one drives on."""


class Phase(Enum):
    """What the driver is doing."""

    NONE = auto()
    PULLS_OVER = auto()
    STANDS = auto()
    PLUGS = auto()
    CHARGES = auto()
    LEAVES = auto()
    WAKES = auto()
    REJOINS = auto()


FREE: Final = frozenset({Phase.NONE, Phase.REJOINS})
KEY_OFF: Final = frozenset({Phase.PLUGS, Phase.CHARGES, Phase.LEAVES})


@dataclass(slots=True)
class ChargingStop:
    """Where the driver is in a stop; `step` moves on what takes time."""

    phase: Phase = Phase.NONE
    cap_mps: float = 0.0
    """Not faster than this."""
    spent_s: float = 0.0
    """In this phase."""
    under_way: bool = False
    """The stop interrupts a drive; otherwise it comes before one."""
    idle: bool = True
    """No stop at all."""
    waits: bool = False
    """The plan of the drive waits."""
    key_off: bool = False
    tried: bool = False
    """There was one in this drive already, and it brought next to nothing: the driver looks for no other."""

    def begin(self, *, under_way: bool, speed_mps: float) -> None:
        """Look for a charger."""
        self.under_way, self.tried = under_way, True
        self.cap_mps = speed_mps
        self._go(Phase.PULLS_OVER if under_way else Phase.PLUGS)

    def step(self, speed_mps: float, target_mps: float, span_s: float = STEP_S) -> None:
        """Some time passes."""
        self.spent_s += span_s
        phase = self.phase
        if phase is Phase.PULLS_OVER:
            self.cap_mps = max(self.cap_mps - SLOWS_MPS2 * span_s, 0.0)
            if speed_mps == 0.0:
                self._go(Phase.STANDS)
        elif phase is Phase.STANDS and self.spent_s >= STANDS_S:
            self._go(Phase.PLUGS)
        elif phase is Phase.WAKES and self.spent_s >= WAKES_S + 2.0:
            self.cap_mps = 0.0
            self._go(Phase.REJOINS)
        elif phase is Phase.REJOINS:
            self.cap_mps += SPEEDS_UP_MPS2 * span_s
            if self.cap_mps > target_mps + 1.0:
                self._go(Phase.NONE)

    def hold(self, target_mps: float, ahead_mps: float) -> tuple[float, float]:
        """The driver's wish for now and a second ahead, as the stop leaves it."""
        cap = self.cap_mps
        if self.phase is Phase.REJOINS:
            return min(target_mps, cap), min(ahead_mps, cap + SPEEDS_UP_MPS2)
        if self.phase is Phase.PULLS_OVER:
            return min(target_mps, cap), min(ahead_mps, max(cap - SLOWS_MPS2, 0.0))
        return 0.0, 0.0

    def second(self, *, shown: float, over: bool) -> None:
        """Decide once a second, with the car standing; `over`: the session ended."""
        if self.phase is Phase.PLUGS and self.spent_s >= PLUGS_S:
            self._go(Phase.CHARGES)
        elif self.phase is Phase.CHARGES and (over or shown >= ENOUGH or self.spent_s > LONGEST_S):
            self.tried = shown < BROUGHT_SOMETHING
            self._go(Phase.LEAVES)
        elif self.phase is Phase.LEAVES and self.spent_s >= LEAVES_S:
            self._go(Phase.WAKES if self.under_way else Phase.NONE)

    def _go(self, phase: Phase) -> None:
        self.phase, self.spent_s = phase, 0.0
        self.idle, self.waits, self.key_off = phase is Phase.NONE, phase not in FREE, phase in KEY_OFF
