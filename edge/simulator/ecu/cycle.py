"""DrivingCycle: what has been driven since the engine started, as far as trip logic and ratios ask for it."""

from typing import Final

WARM_UP_RISE_K: Final = 22.0
WARM_UP_TO_C: Final = 70.0
"""SAE J1979 PID 30: coolant rises by at least 22 K from the start and reaches at least 70 °C."""
DRIVEN_S: Final = 600.0
FAST_S: Final = 300.0
FAST_KMH: Final = 40.0
IDLE_S: Final = 30.0
IDLE_KMH: Final = 1.6
"""General denominator, 13 CCR 1968.2 (d)(4.3.2)(B): 600 s since start, 300 s of them at 25 mph or more, 30 s idle."""


class DrivingCycle:
    """One driving cycle, second by second."""

    __slots__ = ("_coldest_c", "_fast_s", "_idle_s", "_idled", "measured", "run_s", "warmed_up")

    def __init__(self) -> None:
        self.run_s = 0.0
        """Seconds with the engine running (vehicle ready)."""
        self.warmed_up = False
        self.measured = False
        """A coolant temperature has been seen."""
        self._coldest_c = 1_000.0
        self._fast_s = 0.0
        self._idle_s = 0.0
        self._idled = False

    @property
    def driven(self) -> bool:
        """Long and mixed enough to count in the general denominator."""
        return self._idled and self.run_s >= DRIVEN_S and self._fast_s >= FAST_S

    def second(self, *, running: bool, speed_kmh: float, coolant_c: float) -> bool:
        """One more second; True in the one in which a warm-up is completed. NaN says not available."""
        if running:
            self.run_s += 1.0
        if speed_kmh >= FAST_KMH:
            self._fast_s += 1.0
            self._idle_s = 0.0
        elif running and speed_kmh <= IDLE_KMH:
            self._idle_s += 1.0
            self._idled = self._idled or self._idle_s >= IDLE_S
        else:
            self._idle_s = 0.0
        if self.warmed_up or not coolant_c > -100.0:
            return False
        self.measured = True
        self._coldest_c = min(self._coldest_c, coolant_c)
        self.warmed_up = coolant_c >= WARM_UP_TO_C and coolant_c - self._coldest_c >= WARM_UP_RISE_K
        return self.warmed_up
