"""What heavy vehicles have and VSS 6.0 lacks, by one pattern of names; where VSS has a name, that one is here.

Axles are counted from the front of the whole combination, so the first axle of a trailer behind a tractor of two is
Row3. VSS ends at Row2: from Row3 on an axle is `Vehicle.Telltale.Axle.Row<N>`. `Left` and `Right` are the only or the
outer tyre of a side, as in VSS; the inner one of dual tyres is `LeftInner` and `RightInner`, on every row.

    Vehicle.Chassis.Axle.Row2.Wheel.Left.Tire.Pressure          outer tyre of the driven axle (VSS)
    Vehicle.Telltale.Axle.Row2.Wheel.LeftInner.Tire.Pressure    the inner one beside it
    Vehicle.Telltale.Axle.Row3.Wheel.Left.Tire.Pressure         the axle behind it
    Vehicle.Telltale.Axle.Row3.Weight                           what it carries

Ranges are those of SAE J1939-71, narrowed to what is plausible.
"""

from collections.abc import Iterator
from typing import Final

Row = tuple[str, str, float, float, float]
"""Path, unit, low, high, period in s."""
OURS: Final = "Vehicle.Telltale"
ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
AXLES: Final = range(1, 10)
"""Rows; SAE J1939-71 counts up to 15 (SPN 928, 929), road trains have no more than these."""
VSS_AXLES: Final = 2
DOORS: Final = range(1, 11)
LAMPS: Final = (
    "CoolingAirConditioning", "HighBeam", "LowBeam", "TurnSignals", "HazardWarning",
    "DisabledPersons", "ParkingBrake", "BrakeFailure", "HatchOpen", "FuelLevel",
    "CoolantTemperature", "BatteryCharging", "EngineOil", "PositionLights", "FrontFogLight",
    "RearFogLight", "ParkHeating", "EngineMalfunction", "Service", "TransmissionTemperature",
    "TransmissionFailure", "AntiLockBrakes", "BrakeLinings", "WasherFluid", "TyreFailure",
    "GeneralFailure", "OilTemperature", "OilLevel", "CoolantLevel", "SteeringFluidLevel",
    "SteeringFailure", "HeightControl", "Retarder", "EmissionFailure", "StabilityControl",
    "BrakeLights", "Articulation", "StopRequest", "PramRequest", "BusStopBrake",
    "ReagentLevel", "Raising", "Lowering", "Kneeling", "EngineCompartmentTemperature",
    "AuxiliaryAirPressure", "AirFilter", "FuelFilter", "SeatBelt", "ElectronicBrakes",
    "LaneDeparture", "EmergencyBraking", "AdaptiveCruise", "TrailerConnected", "TrailerAntiLockBrakes",
    "Airbag", "TrailerElectronicBrakes", "Tachograph", "StabilityControlOff", "LaneDepartureOff",
)  # fmt: skip
"""In the order of the FMS-Standard (tell tales 1 to 60)."""
LAMP_STATES: Final = ("OFF", "RED", "YELLOW", "INFO")
"""By value; what else a lamp may say is unknown."""
_TYRE: Final[tuple[Row, ...]] = (
    ("Tire.Pressure", "kPa", 0.0, 1400.0, 1.0),
    ("Tire.Temperature", "Celsius", -60.0, 204.0, 1.0),
)
_WHEEL: Final[tuple[Row, ...]] = (
    *_TYRE,
    ("Speed", "km/h", 0.0, 350.0, 0.1),
    ("Brake.PadWear", "percent", 0.0, 100.0, 1.0),
)


def heavy_vehicles() -> Iterator[Row]:
    """Every one, with unit, range and period."""
    yield from _axles()
    yield from _OF_VSS
    yield from ((f"{OURS}.{name}", unit, low, high, period_s) for name, unit, low, high, period_s in _SINGLE)
    yield from ((f"{OURS}.Door.Door{door}.IsOpen", "", 0.0, 1.0, 0.1) for door in DOORS)
    yield from ((f"{OURS}.Lamp.{name}", "", 0.0, len(LAMP_STATES) - 1.0, 5.0) for name in LAMPS)
    for driver in (1, 2):
        card = f"{OURS}.Tachograph.Driver{driver}"
        yield f"{card}.WorkingState", "", 0.0, 3.0, 0.1
        yield f"{card}.TimeRelatedState", "", 0.0, 13.0, 0.1
        yield f"{card}.IsCardPresent", "", 0.0, 1.0, 0.1


def _axles() -> Iterator[Row]:
    for row in AXLES:
        axle = f"{OURS}.Axle.Row{row}"
        sides: tuple[tuple[str, tuple[Row, ...]], ...] = (("LeftInner", _TYRE), ("RightInner", _TYRE))
        if row > VSS_AXLES:
            sides = (("Left", _WHEEL), ("Right", _WHEEL), *sides)
        yield f"{axle}.Weight", "kg", 0.0, 32_127.5, 10.0
        for side, leaves in sides:
            for leaf, unit, low, high, period_s in leaves:
                yield f"{axle}.Wheel.{side}.{leaf}", unit, low, high, period_s


_OF_VSS: Final[tuple[Row, ...]] = (
    ("Vehicle.AngularVelocity.Yaw", "degrees/s", -300.0, 300.0, 0.1),
    *(
        (f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Brake.PadWear", "percent", 0.0, 100.0, 1.0)
        for row in (1, 2)
        for side in ("Left", "Right")
    ),
    ("Vehicle.ADAS.ABS.IsEngaged", "", 0.0, 1.0, 0.1),
    ("Vehicle.ADAS.CruiseControl.IsActive", "", 0.0, 1.0, 0.1),
    ("Vehicle.ADAS.CruiseControl.SpeedSet", "km/h", 0.0, 250.0, 0.1),
    ("Vehicle.Body.Windshield.Front.WasherFluid.Level", "percent", 0.0, 100.0, 1.0),
    ("Vehicle.Chassis.AxleCount", "", 2.0, 15.0, 10.0),
    ("Vehicle.Chassis.ParkingBrake.IsEngaged", "", 0.0, 1.0, 0.1),
    ("Vehicle.CurrentOverallWeight", "kg", 0.0, 642_550.0, 10.0),
    ("Vehicle.OBD.IsPTOActive", "", 0.0, 1.0, 0.1),
    ("Vehicle.Powertrain.FuelSystem.InstantFuelEconomy", "km/l", 0.0, 125.5, 0.1),
    ("Vehicle.Powertrain.Transmission.ClutchEngagement", "percent", 0.0, 100.0, 0.1),
    ("Vehicle.Powertrain.Transmission.SelectedGear", "", -125.0, 125.0, 0.1),
    ("Vehicle.Service.DistanceToService", "km", -160_635.0, 160_640.0, 1.0),
    (f"{ENGINE}.DieselExhaustFluid.Level", "percent", 0.0, 100.0, 1.0),
    (f"{ENGINE}.DieselParticulateFilter.DeltaPressure", "Pa", 0.0, 100_000.0, 0.5),
    (f"{ENGINE}.DieselParticulateFilter.InletTemperature", "Celsius", -60.0, 1400.0, 0.5),
    (f"{ENGINE}.DieselParticulateFilter.OutletTemperature", "Celsius", -60.0, 1400.0, 0.5),
    (f"{ENGINE}.EngineHours", "h", 0.0, 210_554_060.75, 1.0),
)

_SINGLE: Final[tuple[Row, ...]] = (
    ("Engine.MaxAvailableTorque", "percent", 0.0, 100.0, 0.1),
    ("Engine.PercentTorque", "percent", -125.0, 125.0, 0.1),
    ("Fuel.Temperature", "Celsius", -60.0, 210.0, 1.0),
    ("Fuel.TotalUsed", "l", 0.0, 2_105_540_607.5, 1.0),
    ("Fuel.SecondTankLevel", "percent", 0.0, 100.0, 1.0),
    ("Air.SupplyPressure", "kPa", 0.0, 2000.0, 1.0),
    ("Air.Circuit1Pressure", "kPa", 0.0, 2000.0, 1.0),
    ("Air.Circuit2Pressure", "kPa", 0.0, 2000.0, 1.0),
    ("Air.ParkingPressure", "kPa", 0.0, 2000.0, 1.0),  # parking brake and trailer: circuit 3 (SPN 1086)
    ("Air.AuxiliaryPressure", "kPa", 0.0, 2000.0, 1.0),  # circuit 4
    ("Air.SuspensionPressure", "kPa", 0.0, 2000.0, 1.0),
    ("Air.ApplicationPressure", "kPa", 0.0, 2000.0, 1.0),
    ("Air.CompressorActive", "", 0.0, 1.0, 1.0),
    *(
        (f"Air.Bellow{axle}{side}Pressure", "kPa", 0.0, 6425.5, 0.1)
        for axle in ("Front", "Rear")
        for side in ("Left", "Right")
    ),
    ("BrakeLamp", "", 0.0, 1.0, 0.1),
    ("BrakePedal.IsPressed", "", 0.0, 1.0, 0.1),
    ("ClutchPedal.IsPressed", "", 0.0, 1.0, 0.1),
    ("Retarder.Torque", "percent", -125.0, 125.0, 0.1),
    ("Retarder.Selection", "percent", 0.0, 100.0, 0.1),
    ("PTO.State", "", 0.0, 31.0, 0.1),  # of the governor (SPN 976): 0 off, others how it is set
    ("Scr.IntakeNOx", "ppm", -200.0, 3012.75, 0.1),
    ("Scr.OutletNOx", "ppm", -200.0, 3012.75, 0.1),
    ("Scr.ReagentTemperature", "Celsius", -60.0, 210.0, 1.0),
    ("Scr.ReagentConcentration", "percent", 0.0, 62.5, 1.0),
    ("ParticulateFilter.SootLoad", "percent", 0.0, 250.0, 1.0),
    ("ParticulateFilter.AshLoad", "percent", 0.0, 250.0, 1.0),
    ("Trailer.Weight", "kg", 0.0, 128_510.0, 10.0),
    ("Cargo.Weight", "kg", 0.0, 128_510.0, 10.0),
    ("Door.Position", "", 0.0, 13.0, 0.1),
    ("Door.RampPosition", "", 0.0, 1.0, 0.1),
    ("AirFilter.DifferentialPressure", "kPa", 0.0, 12.5, 0.5),
    ("Alternator.Current", "A", 0.0, 500.0, 1.0),
    ("Alternator.Voltage", "V", 0.0, 60.0, 1.0),
    ("Coolant.Level", "percent", 0.0, 100.0, 0.5),
    ("Coolant.Pressure", "kPa", 0.0, 500.0, 0.5),
    ("Engine.CrankcasePressure", "kPa", -250.0, 252.0, 0.5),
    ("Engine.OilFilterDifferentialPressure", "kPa", 0.0, 125.0, 1.0),
    ("Exhaust.MassFlow", "kg/h", 0.0, 12_851.0, 0.25),
    ("Exhaust.Temperature", "Celsius", -60.0, 1400.0, 0.5),
    ("Fan.Speed", "percent", 0.0, 100.0, 1.0),
    ("Fuel.DeliveryPressure", "kPa", 0.0, 1000.0, 0.5),
    ("Fuel.FilterDifferentialPressure", "kPa", 0.0, 500.0, 1.0),
    ("ParticulateFilter.FuelRate", "l/h", 0.0, 3212.75, 0.5),
    ("ParticulateFilter.Regeneration", "", 0.0, 2.0, 1.0),  # 0 not active, 1 active, 2 needed (SPN 3700)
    ("ParticulateFilter.SinceRegeneration", "s", 0.0, 4_211_081_215.0, 1.0),
    ("Scr.Conversion", "percent", 0.0, 100.0, 1.0),
    ("Scr.Dosing", "g/h", 0.0, 19_276.5, 0.1),
    ("Scr.DosingPressure", "kPa", 0.0, 2000.0, 0.1),
    ("Scr.IntakeTemperature", "Celsius", -60.0, 1400.0, 0.5),
    ("Scr.OutletTemperature", "Celsius", -60.0, 1400.0, 0.5),
    ("Turbocharger.Boost", "kPa", 0.0, 500.0, 0.5),
    ("Turbocharger.Speed", "rpm", 0.0, 257_020.0, 1.0),
    ("Tyre.Alarm", "", 0.0, 5.0, 1.0),  # SPN 929: 0 far over, 1 over, 2 none, 3 under, 4 far under, 5 not defined
    ("Tyre.Location", "", 0.0, 250.0, 1.0),  # SPN 929: axle in the upper four bits, tyre in the lower
    ("Tachograph.Speed", "km/h", 0.0, 250.996, 0.1),
    ("Tachograph.IsOverspeed", "", 0.0, 1.0, 0.1),
)
