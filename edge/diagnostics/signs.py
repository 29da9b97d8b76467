"""What the vehicle shows of itself in its signals, for whoever decides whether it may be asked."""

from math import isnan

from edge.catalogue import ENGINE
from edge.diagnostics.watch import Signs
from edge.history import Window
from edge.trips import IGNITION, IGNITION_ON

_VOLTS = ("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage")


def signs_of(window: Window, now_ns: int) -> Signs:
    """Engine, motion, ignition and supply as they are known; what is stale is unknown. `now_ns`: monotonic."""
    ignition = _known(window, IGNITION)
    volts = [value for path in _VOLTS if (value := _known(window, path)) is not None]
    return Signs(
        at_ns=now_ns,
        engine_rpm=_known(window, f"{ENGINE}.Speed"),
        speed_kmh=_known(window, "Vehicle.Speed"),
        ignition=None if ignition is None else ignition >= IGNITION_ON,
        volts=volts[0] if volts else None,
    )


def _known(window: Window, path: str) -> float | None:
    value = window.value(path)
    return None if isnan(value) else value
