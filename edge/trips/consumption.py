"""What a trip used up: fuel, energy of the traction battery, hours of the engine."""

from typing import Final

from edge.doing import ENGINE_SPEED, RUNNING_RPM
from edge.electric import BATTERY
from edge.gauges import Panel

FUEL_RATE: Final = "Vehicle.OBD.FuelRate"
FUEL_TOTAL: Final = "Vehicle.Telltale.Fuel.TotalUsed"
VOLTAGE: Final = f"{BATTERY}.CurrentVoltage"
CURRENT: Final = f"{BATTERY}.CurrentCurrent"
POWER: Final = f"{BATTERY}.CurrentPower"
"""VSS 6.0: W; current and power into the battery are positive."""
CONSUMPTION_PATHS: Final = (FUEL_RATE, FUEL_TOTAL, VOLTAGE, CURRENT, POWER, ENGINE_SPEED)
W_S_PER_KWH: Final = 3.6e6


class Consumption:
    """Follows one trip from tick to tick; what was never known is None."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._rate, self._total, self._volts, self._amps, self._watts, self._engine = (
            panel[path] for path in CONSUMPTION_PATHS
        )
        self._total_first: float | None = None
        self._total_last = 0.0
        self._burned_l: float | None = None
        self.fuel_idle_l: float | None = None
        self.energy_used_kwh: float | None = None
        self.energy_recuperated_kwh: float | None = None
        self.engine_on_s: float | None = None

    @property
    def fuel_used_l(self) -> float | None:
        """By the rate where the vehicle tells one, else by what its engine has burned in all its life."""
        if self._burned_l is not None:
            return self._burned_l
        return None if self._total_first is None else self._total_last - self._total_first

    def take(self, *, is_moving: bool | None, is_charging: bool) -> None:
        """A tick at which the vehicle is in use."""
        self._burn(is_moving)
        if self._engine.is_known:
            turned_s = self._panel.known_s(self._engine) * (self._engine.value > RUNNING_RPM)
            self.engine_on_s = (self.engine_on_s or 0.0) + turned_s
        if not is_charging:
            self._flow()

    def _burn(self, is_moving: bool | None) -> None:
        if self._total.is_known:
            self._total_last = self._total.value
            if self._total_first is None:
                self._total_first = self._total_last
        if known_s := self._panel.known_s(self._rate):
            burned_l = self._rate.value / 3600 * known_s
            self._burned_l = (self._burned_l or 0.0) + burned_l
            if is_moving is not None:
                self.fuel_idle_l = (self.fuel_idle_l or 0.0) + burned_l * (not is_moving)

    def _flow(self) -> None:
        """Out of and into the traction battery."""
        if self._watts.is_known:
            watts, known_s = self._watts.value, self._panel.known_s(self._watts)
        elif self._volts.is_known and self._amps.is_known:
            watts = self._volts.value * self._amps.value
            known_s = min(self._panel.known_s(self._volts), self._panel.known_s(self._amps))
        else:
            return
        flown_kwh = watts * known_s / W_S_PER_KWH
        self.energy_used_kwh = (self.energy_used_kwh or 0.0) + max(-flown_kwh, 0.0)
        self.energy_recuperated_kwh = (self.energy_recuperated_kwh or 0.0) + max(flown_kwh, 0.0)
