"""Indicators: what a technician would read off one minute of a vehicle, or nothing where the minute cannot tell. Pure.

An indicator is a number with a unit, read only where it means the same each time: voltage while the engine runs,
coolant after ten minutes, one tyre against the others. A minute that cannot tell gives None: unknown, never 0.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from cloud.health.minute import ENGINE, SPEED, VOLT, Minute
from cloud.health.tyre_indicators import hottest_above, lowest_share, middle_kpa
from edge.wire.messages import SignalSummary

Read = Callable[[Minute], float | None]
Figure = Callable[[Minute, str], float | None]

OBD: Final = "Vehicle.OBD"
COOLANT: Final = f"{ENGINE}.EngineCoolant.Temperature"
CURRENT: Final = "Vehicle.LowVoltageBattery.CurrentCurrent"
PACK: Final = "Vehicle.Telltale.TractionBattery"
INVERTER: Final = "Vehicle.Telltale.DriveUnit.InverterTemperature"
INVERTER_COOLANT: Final = "Vehicle.Powertrain.ElectricMotor.Front.EngineCoolant.Temperature"
CELLS: Final = "Vehicle.Powertrain.TractionBattery.CellVoltage"
WHEEL: Final = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake"
WARM_RUN_S: Final = 600.0
"""A sound petrol engine is at its temperature after ten minutes, also in frost."""
CRUISE_KMH: Final = 60.0
HOT_C: Final = 98.0
"""Above what a thermostat holds."""
MILLI: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing that can be read off a minute."""

    unit: str
    read: Read


def indicators_of(signals: Mapping[str, SignalSummary]) -> dict[str, float]:
    """Everything that this minute tells, by the indicator's name."""
    minute = Minute(signals)
    found = {name: one.read(minute) for name, one in INDICATORS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _always(path: str, figure: Figure = Minute.mean) -> Read:
    return lambda minute: figure(minute, path)


def _running(path: str, figure: Figure = Minute.mean) -> Read:
    return lambda minute: figure(minute, path) if minute.runs else None


def _off(path: str, figure: Figure = Minute.mean) -> Read:
    return lambda minute: figure(minute, path) if minute.is_off else None


def _difference(path: str, other: str, factor: float = 1.0) -> Read:
    def read(minute: Minute) -> float | None:
        one, two = minute.mean(path), minute.mean(other)
        return None if one is None or two is None else (one - two) * factor

    return read


def _running_difference(path: str, other: str) -> Read:
    difference = _difference(path, other)
    return lambda minute: difference(minute) if minute.runs else None


def _volt(when: Callable[[Minute], bool], figure: Figure) -> Read:
    """Per 12 V: a 24 V system is two of them."""

    def read(minute: Minute) -> float | None:
        volt = figure(minute, VOLT) if when(minute) else None
        return None if volt is None else volt / minute.batteries

    return read


def _warm_coolant(minute: Minute) -> float | None:
    """After ten minutes of running; where nobody tells how long it runs, while cruising."""
    if not minute.runs:
        return None
    run_s, kmh = minute.low(f"{OBD}.RunTime"), minute.low(SPEED)
    is_warm = run_s > WARM_RUN_S if run_s is not None else kmh is not None and kmh > CRUISE_KMH
    return minute.mean(COOLANT) if is_warm else None


def _oil_over_hot(minute: Minute) -> float | None:
    """Oil above coolant, of a hot engine: in a cold one the oil lags for other reasons."""
    oil_c, coolant_c = minute.mean(f"{ENGINE}.EngineOil.Temperature"), minute.mean(COOLANT)
    if oil_c is None or coolant_c is None or coolant_c < HOT_C:
        return None
    return oil_c - coolant_c


def _air_share(minute: Minute) -> float | None:
    """Air that the sensor shows for each revolution and manifold pressure, times 100; alike at every load."""
    air, rpm, kpa = minute.mean(f"{ENGINE}.MAF"), minute.mean(f"{ENGINE}.Speed"), minute.mean(f"{ENGINE}.MAP")
    intake_c = minute.mean(f"{OBD}.IntakeTemp")
    if not minute.runs or air is None or not rpm or not kpa or intake_c is None:
        return None
    return air / (rpm * kpa / (intake_c + 273.15)) * 100.0


def _runs(minute: Minute) -> bool:
    return minute.runs


def _starts(minute: Minute) -> bool:
    return minute.starts


def _is_off(minute: Minute) -> bool:
    return minute.is_off


INDICATORS: Final[Mapping[str, Indicator]] = {
    "coolant_c": Indicator("°C", _always(COOLANT, Minute.high)),
    "coolant_warm_c": Indicator("°C", _warm_coolant),
    "oil_over_hot_k": Indicator("K", _oil_over_hot),
    "coolant_level": Indicator("%", _running("Vehicle.Telltale.Coolant.Level")),
    "coolant_kpa": Indicator("kPa", _running("Vehicle.Telltale.Coolant.Pressure")),
    "inverter_over_k": Indicator("K", _running_difference(INVERTER, INVERTER_COOLANT)),
    "volt_running": Indicator("V", _volt(_runs, Minute.mean)),
    "volt_running_max": Indicator("V", _volt(_runs, Minute.high)),
    "current_running": Indicator("A", _running(CURRENT)),
    "current_running_max": Indicator("A", _running(CURRENT, Minute.high)),
    "start_v": Indicator("V", _volt(_starts, Minute.low)),
    "off_v": Indicator("V", _volt(_is_off, Minute.mean)),
    "off_a": Indicator("A", _off(CURRENT)),
    "dcdc_a": Indicator("A", _running("Vehicle.Telltale.DCDC.Current", Minute.high)),
    "rough": Indicator("", _running("Vehicle.Telltale.Engine.Roughness")),
    "catalyst_c": Indicator("°C", _running(f"{OBD}.Catalyst.Bank1.Temperature1")),
    "trim_long": Indicator("%", _running(f"{OBD}.LongTermFuelTrim1")),
    "trim_swing": Indicator("%", _running(f"{OBD}.ShortTermFuelTrim1", Minute.span)),
    "air_share": Indicator("", _air_share),
    "rail_kpa": Indicator("kPa", _running(f"{OBD}.FuelPressure", Minute.low)),
    "rear_swing": Indicator("V", _running(f"{OBD}.O2.Sensor2.Voltage", Minute.span)),
    "tank_pa": Indicator("Pa", _running(f"{OBD}.EVAPVaporPressure", Minute.low)),
    "tyre_low": Indicator("%", lowest_share),
    "tyre_hot_k": Indicator("K", hottest_above),
    "tyres_kpa": Indicator("kPa", middle_kpa),
    "fluid": Indicator("%", _running(f"{WHEEL}.FluidLevel")),
    "pads_worn": Indicator("", _always(f"{WHEEL}.IsBrakesWorn", Minute.high)),
    "pad_wear": Indicator("%", _always(f"{WHEEL}.PadWear")),
    "cell_below_mv": Indicator("mV", _difference(f"{PACK}.CellVoltageMean", f"{CELLS}.Min", MILLI)),
    "balancing": Indicator("cells", _always(f"{PACK}.CellsBalancing")),
    "pack_level": Indicator("%", _always(f"{PACK}.CoolantLevel")),
    "isolation_kohm": Indicator("kΩ", _always("Vehicle.Telltale.HighVoltage.IsolationResistance", Minute.low)),
    "inlet_c": Indicator("°C", _always("Vehicle.Telltale.Charging.InletTemperature", Minute.high)),
}
"""Every indicator there is, by the name that the knowledge base calls it."""
