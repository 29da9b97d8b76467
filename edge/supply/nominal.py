"""Nominal: whether a supply is one of 12 or of 24 V. Pure."""

from collections.abc import Mapping
from typing import Final, Literal

Volts = Literal[12, 24]
NOMINALS: Final[Mapping[str, Volts | None]] = {"": None, "12": 12, "24": 24}
"""As the installer writes them; None: it is to show by itself."""
HEAVY_VOLTS: Final = 18.0
"""Between what charges a battery of 12 V (15.5 V at most) and one of 24 V that is empty (21 V)."""
TWICE: Final = 2
"""One reading may be a spike."""


class Nominal:
    """Follows the voltage; what was found to be 24 V stays so, however deep a starter pulls it."""

    def __init__(self, configured: Volts | None = None) -> None:
        """`configured`: the installer says which."""
        self._configured = configured
        self._high = 0

    def take(self, volts: float) -> None:
        """One more reading."""
        if self._high < TWICE:
            self._high = self._high + 1 if volts >= HEAVY_VOLTS else 0

    @property
    def volts(self) -> Volts:
        """12 until it is known to be 24."""
        if self._configured is not None:
            return self._configured
        return 24 if self._high >= TWICE else 12

    @property
    def scale(self) -> float:
        """What limits of a 12 V supply are multiplied by."""
        return self.volts / 12.0
