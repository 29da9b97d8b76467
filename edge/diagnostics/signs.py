"""What the vehicle shows of itself in its signals: whether it may be asked, and where it is."""

from math import isnan

from edge.catalogue import ENGINE
from edge.diagnostics.telling import Place
from edge.diagnostics.watch import Signs
from edge.doing import IGNITION, ON
from edge.history import Window

_VOLTS = ("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.OBD.ControlModuleVoltage")


def signs_of(window: Window, now_ns: int, *, workshop: bool = False, parked: bool = False) -> Signs:
    """Engine, motion, ignition and supply as they are known; what is stale is unknown. `now_ns`: monotonic."""
    ignition = _known(window, IGNITION)
    volts = [value for path in _VOLTS if (value := _known(window, path)) is not None]
    return Signs(
        at_ns=now_ns,
        engine_rpm=_known(window, f"{ENGINE}.Speed"),
        speed_kmh=_known(window, "Vehicle.Speed"),
        ignition=None if ignition is None else ignition >= ON,
        volts=volts[0] if volts else None,
        workshop=workshop,
        parked=parked,
        private=window.private,
    )


def place_of(window: Window) -> Place:
    """Where the vehicle is, and how far it has come, as far as signals tell."""
    distance_m = _known(window, "Vehicle.TraveledDistance")
    return Place(
        latitude_deg=fix.latitude_deg if (fix := window.fix) else None,
        longitude_deg=fix.longitude_deg if fix else None,
        odometer_km=None if distance_m is None else distance_m / 1000.0,
    )


def _known(window: Window, path: str) -> float | None:
    value = window.value(path)
    return None if isnan(value) else value
