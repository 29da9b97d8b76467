"""Indicators: what a technician would read off one minute of a vehicle, or nothing where the minute cannot tell. Pure.

An indicator is a number with a unit, read only where it means the same each time: voltage with the engine running, trims
at idle, one tyre against the others. Minutes that cannot tell give None, which is unknown and never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from cloud.health.minute import CURRENT, ENGINE, PACK, VOLT, Minute
from edge.wire.messages import SignalSummary

Read = Callable[[Minute], float | None]

WHEELS: Final = ("Row1.Wheel.Left", "Row1.Wheel.Right", "Row2.Wheel.Left", "Row2.Wheel.Right")
TRUCK_TYRES: Final = ("DriveLeftInner", "DriveRightInner", *(f"Trailer{n}{side}" for n in (1, 2, 3) for side in ("Left", "Right")))
KELVIN: Final = 273.15
REFERENCE_K: Final = 293.15
AIR_KPA: Final = 100.0
IDLE_RPM_MAX: Final = 1100.0
WARM_RUN_S: Final = 600.0
"""A healthy petrol engine is at its temperature after ten minutes, also in frost."""
CRUISE_KMH: Final = 60.0


@dataclass(frozen=True, slots=True)
class Indicator:
    """One thing that can be read off a minute."""

    title: str
    unit: str
    read: Read


def indicators_of(signals: Mapping[str, SignalSummary]) -> dict[str, float]:
    """Everything that this minute tells, by the indicator's name."""
    minute = Minute(signals)
    found = {name: one.read(minute) for name, one in INDICATORS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _running(path: str, part: Callable[[Minute, str], float | None] = Minute.mean) -> Read:
    return lambda minute: part(minute, path) if minute.runs else None


def _always(path: str, part: Callable[[Minute, str], float | None] = Minute.mean) -> Read:
    return lambda minute: part(minute, path)


def _less(path: str, other: str) -> Read:
    def read(minute: Minute) -> float | None:
        one, two = minute.mean(path), minute.mean(other)
        return one - two if minute.runs and one is not None and two is not None else None

    return read


def _warm(path: str) -> Read:
    """After ten minutes of running; where the time is not told, while cruising."""

    def read(minute: Minute) -> float | None:
        if not minute.runs:
            return None
        run_s, kmh = minute.low("Vehicle.OBD.RunTime"), minute.low("Vehicle.Speed")
        is_warm = run_s > WARM_RUN_S if run_s is not None else kmh is not None and kmh > CRUISE_KMH
        return minute.mean(path) if is_warm else None

    return read


def _idling(minute: Minute) -> bool:
    rpm, kmh = minute.mean(f"{ENGINE}.Speed"), minute.mean("Vehicle.Speed")
    return minute.runs and rpm is not None and rpm < IDLE_RPM_MAX and kmh is not None and kmh < 12.0


def _idle(path: str, part: Callable[[Minute, str], float | None] = Minute.mean) -> Read:
    return lambda minute: part(minute, path) if _idling(minute) else None


def _loaded(path: str, part: Callable[[Minute, str], float | None] = Minute.mean) -> Read:
    def read(minute: Minute) -> float | None:
        load = minute.mean("Vehicle.OBD.EngineLoad")
        return part(minute, path) if minute.runs and load is not None and load > 35.0 else None

    return read


def _volt(when: Callable[[Minute], bool], part: Callable[[Minute, str], float | None]) -> Read:
    """Per 12 V: a 24 V system is two of them."""

    def read(minute: Minute) -> float | None:
        volt = part(minute, VOLT) if when(minute) else None
        return None if volt is None else volt / minute.cells

    return read


def _tyre_paths(minute: Minute, what: str) -> list[float]:
    paths = [f"Vehicle.Chassis.Axle.{wheel}.Tire.{what}" for wheel in WHEELS]
    return [value for path in paths if (value := minute.mean(path)) is not None]


def _compensated(minute: Minute) -> list[float]:
    """Gauge pressures as they would be at 20 °C (ideal gas: absolute pressure goes with absolute temperature)."""
    found = []
    for wheel in WHEELS:
        kpa = minute.mean(f"Vehicle.Chassis.Axle.{wheel}.Tire.Pressure")
        celsius = minute.mean(f"Vehicle.Chassis.Axle.{wheel}.Tire.Temperature")
        if kpa is not None and celsius is not None:
            found.append((kpa + AIR_KPA) * REFERENCE_K / (celsius + KELVIN) - AIR_KPA)
    return found


def _against_others(values: Sequence[float], pick: Callable[[Sequence[float]], float]) -> float | None:
    """The extreme one less the median of the others; None of fewer than four."""
    if len(values) < len(WHEELS):
        return None
    extreme = pick(values)
    others = list(values)
    others.remove(extreme)
    return extreme - median(others)


def _tyre_low(minute: Minute) -> float | None:
    """How far the lowest tyre is below the others, in per cent of their pressure at 20 °C."""
    values = _compensated(minute)
    apart = _against_others(values, min)
    return None if apart is None else apart / median(values) * 100.0


def _tyre_hot(minute: Minute) -> float | None:
    return _against_others(_tyre_paths(minute, "Temperature"), max)


def _tyres(minute: Minute) -> float | None:
    values = _compensated(minute)
    return median(values) if values else None


def _wheel_slow(minute: Minute) -> float | None:
    """How much faster the fastest wheel turns than the others, per mille, on straight fast roads."""
    kmh = minute.low("Vehicle.Speed")
    if kmh is None or kmh < 40.0:
        return None
    speeds = [v for wheel in WHEELS if (v := minute.mean(f"Vehicle.Chassis.Axle.{wheel}.Speed")) is not None]
    apart = _against_others(speeds, max)
    return None if apart is None else apart / median(speeds) * 1000.0


def _air_short(minute: Minute) -> float | None:
    """Air flow that is shown, in per cent of what engine speed and manifold pressure let pass."""
    air, rpm = minute.mean(f"{ENGINE}.MAF"), minute.mean(f"{ENGINE}.Speed")
    kpa, celsius = minute.mean(f"{ENGINE}.MAP"), minute.mean("Vehicle.OBD.IntakeTemp")
    if not minute.runs or None in (air, rpm, kpa, celsius):
        return None
    assert air is not None and rpm is not None and kpa is not None and celsius is not None
    return air / (rpm * kpa / (celsius + KELVIN)) * 100.0


def _stopped_started(minute: Minute) -> bool:
    return minute.engine_started


INDICATORS: Final[Mapping[str, Indicator]] = {
    # cooling
    "coolant_c": Indicator("coolant", "°C", _running(f"{ENGINE}.EngineCoolant.Temperature", Minute.high)),
    "coolant_warm_c": Indicator("coolant after ten minutes", "°C", _warm(f"{ENGINE}.EngineCoolant.Temperature")),
    "coolant_swing_k": Indicator("swing of the coolant within a minute", "K", _running(f"{ENGINE}.EngineCoolant.Temperature", Minute.span)),
    "coolant_fall_idle": Indicator("", "K", _idle(f"{ENGINE}.EngineCoolant.Temperature")),
    "oil_over_coolant_k": Indicator("oil above coolant", "K", _less(f"{ENGINE}.EngineOil.Temperature", f"{ENGINE}.EngineCoolant.Temperature")),
    "oil_c": Indicator("", "°C", _running(f"{ENGINE}.EngineOil.Temperature", Minute.high)),
    "cabin_c": Indicator("", "°C", _running("Vehicle.Cabin.HVAC.AmbientAirTemperature")),
    "coolant_level": Indicator("", "%", _running("Vehicle.Telltale.Coolant.Level")),
    "coolant_kpa": Indicator("", "kPa", _running("Vehicle.Telltale.Coolant.Pressure")),
    "fan": Indicator("", "%", _running("Vehicle.Telltale.Fan.Speed")),
    "drive_pump": Indicator("", "rpm", _running("Vehicle.Telltale.DriveUnit.PumpSpeed")),
    "inverter_over_k": Indicator("", "K", _less("Vehicle.Telltale.DriveUnit.InverterTemperature", "Vehicle.Powertrain.ElectricMotor.Front.EngineCoolant.Temperature")),
    "motor_over_k": Indicator("", "K", _less("Vehicle.Powertrain.ElectricMotor.Front.Temperature", "Vehicle.Powertrain.ElectricMotor.Front.EngineCoolant.Temperature")),
    # charging
    "volt_running": Indicator("", "V", _volt(lambda m: m.runs, Minute.mean)),
    "volt_running_max": Indicator("", "V", _volt(lambda m: m.runs, Minute.high)),
    "volt_running_min": Indicator("", "V", _volt(lambda m: m.runs, Minute.low)),
    "current_running": Indicator("", "A", lambda m: m.mean(CURRENT) if m.runs else None),
    "current_running_max": Indicator("", "A", lambda m: m.high(CURRENT) if m.runs else None),
    "crank_v": Indicator("", "V", _volt(_stopped_started, Minute.low)),
    "crank_a": Indicator("", "A", lambda m: m.low(CURRENT) if m.engine_started else None),
    "start_v_last": Indicator("", "V", _volt(_stopped_started, Minute.mean)),
    "off_v": Indicator("", "V", _volt(lambda m: m.is_off, Minute.mean)),
    "off_v_min": Indicator("", "V", _volt(lambda m: m.is_off, Minute.low)),
    "off_a": Indicator("", "A", lambda m: m.mean(CURRENT) if m.is_off else None),
    "any_v_min": Indicator("", "V", _volt(lambda m: True, Minute.low)),
    "dcdc_a": Indicator("", "A", _running("Vehicle.Telltale.DCDC.Current")),
    "dcdc_a_max": Indicator("", "A", _running("Vehicle.Telltale.DCDC.Current", Minute.high)),
    "alternator_a": Indicator("", "A", _running("Vehicle.Telltale.Alternator.Current")),
    "charge_lamp": Indicator("", "", _running("Vehicle.Telltale.ChargeLamp")),
    # engine
    "ltft_idle": Indicator("", "%", _idle("Vehicle.OBD.LongTermFuelTrim1")),
    "ltft_load": Indicator("", "%", _loaded("Vehicle.OBD.LongTermFuelTrim1")),
    "ltft": Indicator("", "%", _running("Vehicle.OBD.LongTermFuelTrim1")),
    "stft_idle": Indicator("", "%", _idle("Vehicle.OBD.ShortTermFuelTrim1")),
    "stft_swing": Indicator("", "%", _running("Vehicle.OBD.ShortTermFuelTrim1", Minute.span)),
    "rough_idle": Indicator("", "", _idle("Vehicle.Telltale.Engine.Roughness")),
    "rough": Indicator("", "", _running("Vehicle.Telltale.Engine.Roughness")),
    "rough_max": Indicator("", "", _running("Vehicle.Telltale.Engine.Roughness", Minute.high)),
    "lambda_load": Indicator("", "", _loaded("Vehicle.OBD.O2WR.Sensor1.Lambda")),
    "lambda_swing": Indicator("", "", _idle("Vehicle.OBD.O2WR.Sensor1.Lambda", Minute.span)),
    "rail_load": Indicator("", "kPa", _loaded("Vehicle.OBD.FuelPressure")),
    "rail_min": Indicator("", "kPa", _running("Vehicle.OBD.FuelPressure", Minute.low)),
    "rear_swing": Indicator("", "V", _running("Vehicle.OBD.O2.Sensor2.Voltage", Minute.span)),
    "rear_idle_swing": Indicator("", "V", _idle("Vehicle.OBD.O2.Sensor2.Voltage", Minute.span)),
    "cat_c": Indicator("", "°C", _running("Vehicle.OBD.Catalyst.Bank1.Temperature1")),
    "idle_rpm": Indicator("", "rpm", _idle(f"{ENGINE}.Speed")),
    "tank_pa": Indicator("", "Pa", _running("Vehicle.OBD.EVAPVaporPressure", Minute.low)),
    "tank_pa_max": Indicator("", "Pa", _running("Vehicle.OBD.EVAPVaporPressure", Minute.high)),
    "tank_span": Indicator("", "Pa", _running("Vehicle.OBD.EVAPVaporPressure", Minute.span)),
    "air_share": Indicator("", "", _air_short),
    "mil": Indicator("", "", _always("Vehicle.Telltale.MalfunctionLamp", Minute.high)),
    # tyres, brakes
    "tyre_low": Indicator("", "%", _tyre_low),
    "tyre_hot_k": Indicator("", "K", _tyre_hot),
    "tyres_kpa": Indicator("", "kPa", _tyres),
    "wheel_fast": Indicator("", "‰", _wheel_slow),
    "fluid": Indicator("", "%", _running("Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.FluidLevel")),
    "worn": Indicator("", "", _always("Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsBrakesWorn", Minute.high)),
    "pad_wear": Indicator("", "%", _always("Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.PadWear")),
    "ambient_c": Indicator("", "°C", _always("Vehicle.Exterior.AirTemperature")),
    # traction battery
    "cell_spread_mv": Indicator("", "mV", lambda m: _spread(m)),
    "cell_below_mv": Indicator("", "mV", lambda m: _below(m)),
    "soh": Indicator("", "%", _always(f"{PACK}.StateOfHealth")),
    "isolation_kohm": Indicator("", "kOhm", _always("Vehicle.Telltale.HighVoltage.IsolationResistance", Minute.low)),
    "pack_level": Indicator("", "%", _always("Vehicle.Telltale.TractionBattery.CoolantLevel")),
    "pack_pump": Indicator("", "rpm", _always("Vehicle.Telltale.TractionBattery.PumpSpeed", Minute.high)),
    "pack_max_c": Indicator("", "°C", _always(f"{PACK}.Temperature.Max", Minute.high)),
    "pack_over_inlet_k": Indicator("", "K", lambda m: _diff(m, f"{PACK}.Temperature.Max", "Vehicle.Telltale.TractionBattery.CoolantInletTemperature")),
    "inlet_c": Indicator("", "°C", _always("Vehicle.Telltale.Charging.InletTemperature", Minute.high)),
    "inlet_ohm": Indicator("", "K/kA²", lambda m: _inlet(m)),
    "charge_a": Indicator("", "A", _always("Vehicle.Telltale.Charging.Current")),
    "balancing": Indicator("", "", _always("Vehicle.Telltale.TractionBattery.CellsBalancing")),
    "torque_allowed": Indicator("", "%", _running("Vehicle.Telltale.DriveUnit.TorqueAllowed")),
}


def _diff(m: Minute, one: str, two: str) -> float | None:
    a, b = m.mean(one), m.mean(two)
    return None if a is None or b is None else a - b


def _spread(m: Minute) -> float | None:
    d = _diff(m, f"{PACK}.CellVoltage.Max", f"{PACK}.CellVoltage.Min")
    return None if d is None else d * 1000


def _below(m: Minute) -> float | None:
    d = _diff(m, "Vehicle.Telltale.TractionBattery.CellVoltageMean", f"{PACK}.CellVoltage.Min")
    return None if d is None else d * 1000


def _inlet(m: Minute) -> float | None:
    a, c, o = m.mean("Vehicle.Telltale.Charging.Current"), m.high("Vehicle.Telltale.Charging.InletTemperature"), m.mean("Vehicle.Exterior.AirTemperature")
    if a is None or c is None or o is None or a < 100:
        return None
    return (c - o) / (a / 1000) ** 2
