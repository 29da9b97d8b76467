"""Topping up: a parked car wakes and lets its DC-DC converter charge the 12 V battery."""

from dataclasses import dataclass
from typing import Final

BELOW_V: Final = 12.5
LASTS_S: Final = 3_600.0
ENDS_BELOW_A: Final = 2.5
SETTLES_S: Final = 60.0
"""It is not judged before."""
IN_A_ROW: Final = 10
"""Without a drive between: then the car lets the 12 V battery go (ordinary for cars that have it)."""
LEAST_CHARGE: Final = 0.12
"""Of the traction battery, as shown."""


@dataclass(slots=True)
class TopUp:
    """State of the topping up."""

    left_s: float = 0.0
    done: int = 0
    """Since the last drive."""

    @property
    def busy(self) -> bool:
        """The converter works for the 12 V battery."""
        return self.left_s > 0.0

    def wakes(self, volt: float, shown: float, *, refused: bool) -> bool:
        """Whether a parked car wakes for it now."""
        if volt >= BELOW_V or self.done >= IN_A_ROW or shown <= LEAST_CHARGE or refused:
            return False
        self.left_s = LASTS_S
        self.done += 1
        return True

    def second(self, current_a: float, *, key_off: bool) -> None:
        """One second of it; `current_a` flows into the 12 V battery."""
        if not self.busy:
            return
        full = LASTS_S - self.left_s > SETTLES_S and current_a < ENDS_BELOW_A
        self.left_s = 0.0 if full or not key_off else self.left_s - 1.0
