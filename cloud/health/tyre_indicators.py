"""What tyres tell in one minute: at one temperature, and one against the others. Pure."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from cloud.health.minute import Minute

WHEELS: Final = ("Row1.Wheel.Left", "Row1.Wheel.Right", "Row2.Wheel.Left", "Row2.Wheel.Right")
PRESSURES: Final = (
    *(f"Vehicle.Chassis.Axle.{wheel}.Tire.Pressure" for wheel in WHEELS),
    *(f"Vehicle.Telltale.Axle.Row2.Wheel.{side}Inner.Tire.Pressure" for side in ("Left", "Right")),
    *(f"Vehicle.Telltale.Axle.Row{row}.Wheel.{side}.Tire.Pressure" for row in (3, 4, 5) for side in ("Left", "Right")),
)
TEMPERATURES: Final = tuple(f"Vehicle.Chassis.Axle.{wheel}.Tire.Temperature" for wheel in WHEELS)
TYRES_MIN: Final = 4
KELVIN: Final = 273.15
REFERENCE_K: Final = 293.15
"""20 °C, at which placards are written."""
AIR_KPA: Final = 100.0


def at_20_degrees(kpa: float, celsius: float) -> float:
    """A gauge pressure as it would be at 20 °C: absolute pressure goes with absolute temperature."""
    return (kpa + AIR_KPA) * REFERENCE_K / (celsius + KELVIN) - AIR_KPA


def lowest_share(minute: Minute) -> float | None:
    """The lowest tyre less the middle of the others, in per cent of that; a trailer's tyres are among them."""
    values = _pressures(minute)
    found = _against_others(values, min)
    return None if found is None else found / median(values) * 100.0


def hottest_above(minute: Minute) -> float | None:
    """The warmest tyre less the middle of the others, in kelvin."""
    return _against_others([value for path in TEMPERATURES if (value := minute.mean(path)) is not None], max)


def middle_kpa(minute: Minute) -> float | None:
    """The middle of all tyres."""
    values = _pressures(minute)
    return median(values) if len(values) >= TYRES_MIN else None


def _pressures(minute: Minute) -> list[float]:
    """At 20 °C; a tyre without a thermometer is as warm as those with one are in the middle."""
    celsius = {path: minute.mean(path) for path in TEMPERATURES}
    known = [value for value in celsius.values() if value is not None]
    if not known:
        return []
    found = []
    for path in PRESSURES:
        kpa = minute.mean(path)
        if kpa is not None:
            own = celsius.get(path.replace("Pressure", "Temperature"))
            found.append(at_20_degrees(kpa, median(known) if own is None else own))
    return found


def _against_others(values: Sequence[float], pick: Callable[[Sequence[float]], float]) -> float | None:
    if len(values) < TYRES_MIN:
        return None
    extreme = pick(values)
    others = list(values)
    others.remove(extreme)
    return extreme - median(others)
