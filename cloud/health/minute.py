"""One summary of a vehicle as indicators read it: figures by path, None where a signal was not heard. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.wire.messages import SignalSummary

ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
VOLT: Final = "Vehicle.LowVoltageBattery.CurrentVoltage"
READY: Final = "Vehicle.Telltale.Ready"
SPEED: Final = "Vehicle.Speed"
IGNITION_ACC: Final = 3.0
"""VSS 6.0 lists UNDEFINED, LOCK, OFF, ACC, ON, START; the edge numbers them 0 to 5."""
SYSTEM_24_V: Final = 18.0
"""A mean above this is that of a 24 V system: none of 12 V is ever charged so high."""
STANDS_RPM: Final = 50.0
TURNS_RPM: Final = 400.0
CHARGES_A: Final = 0.5


@dataclass(frozen=True, slots=True)
class Minute:
    """What the signals did in one period of a summary: a minute in use, or up to five of standing."""

    signals: Mapping[str, SignalSummary]

    def mean(self, path: str) -> float | None:
        """The mean of a signal."""
        found = self.signals.get(path)
        return None if found is None else found.mean

    def low(self, path: str) -> float | None:
        """The least value of a signal."""
        found = self.signals.get(path)
        return None if found is None else found.min

    def high(self, path: str) -> float | None:
        """The greatest value of a signal."""
        found = self.signals.get(path)
        return None if found is None else found.max

    def span(self, path: str) -> float | None:
        """From the least to the greatest value."""
        found = self.signals.get(path)
        return None if found is None else found.max - found.min

    @property
    def runs(self) -> bool:
        """The engine turned, or the electric car was ready, from beginning to end."""
        rpm, ready = self.low(f"{ENGINE}.Speed"), self.low(READY)
        return (rpm is not None and rpm > TURNS_RPM) or (ready is not None and ready > 0.5)

    @property
    def starts(self) -> bool:
        """The engine stood and turns at the end, or the electric car came to be ready, within this period."""
        rpm, ready = self.signals.get(f"{ENGINE}.Speed"), self.signals.get(READY)
        if rpm is not None and rpm.min < STANDS_RPM and rpm.last > TURNS_RPM:
            return True
        return ready is not None and ready.min < 0.5 < ready.last

    @property
    def is_off(self) -> bool:
        """The ignition was off from beginning to end, and nothing charged the vehicle."""
        state = self.high("Vehicle.LowVoltageSystemState")
        charges = [
            self.high(path) or 0.0 for path in ("Vehicle.Telltale.Charging.Current", "Vehicle.Telltale.DCDC.Current")
        ]
        return state is not None and state < IGNITION_ACC and max(charges) < CHARGES_A

    @property
    def batteries(self) -> float:
        """1 on a 12 V system, 2 on one of 24 V: voltages are divided by it."""
        volt = self.mean(VOLT)
        return 2.0 if volt is not None and volt > SYSTEM_24_V else 1.0
