"""What testers ask vehicles for (SAE J1979, service 01) and the catalogue's own rows lack, by the names of VSS 6.0.

Where VSS has one name for the quantity, whoever says it, that one is used (`Vehicle.Speed`, not `Vehicle.OBD.Speed`).
What VSS lacks is `Vehicle.Telltale.Obd.…`. Ranges are what the bytes of the standard can say.
"""

from collections.abc import Iterator
from typing import Final

Row = tuple[str, str, float, float, float]
"""Path, unit, low, high, period in s."""
OBD: Final = "Vehicle.OBD"
OURS: Final = "Vehicle.Telltale.Obd"
SENSORS: Final = range(1, 9)
"""Oxygen sensors."""
_PERCENT: Final = ("percent", 0.0, 100.0)
_TRIM: Final = ("percent", -100.0, 100.0)
_CELSIUS: Final = ("Celsius", -60.0, 6550.0)
_WORD: Final = 65_535.0
_KINDS: Final = {
    _PERCENT: (
        "CommandedEGR CommandedEVAP RelativeThrottlePosition ThrottlePositionB ThrottlePositionC AcceleratorPositionD "
        "AcceleratorPositionE AcceleratorPositionF ThrottleActuator EthanolPercent RelativeAcceleratorPosition "
        "HybridBatteryRemaining"
    ),
    _TRIM: (
        "ShortTermFuelTrim2 LongTermFuelTrim2 EGRError ShortTermO2Trim1 ShortTermO2Trim2 ShortTermO2Trim3 "
        "ShortTermO2Trim4 LongTermO2Trim1 LongTermO2Trim2 LongTermO2Trim3 LongTermO2Trim4"
    ),
    _CELSIUS: "Catalyst.Bank1.Temperature2 Catalyst.Bank2.Temperature1 Catalyst.Bank2.Temperature2",
    ("km", 0.0, _WORD): "DistanceWithMIL DistanceSinceDTCClear",
    ("min", 0.0, _WORD): "RunTimeMIL TimeSinceDTCCleared",
    ("kPa", 0.0, 10.0 * _WORD): "FuelRailPressureVac FuelRailPressureDirect FuelRailPressureAbsolute",
    ("", 0.0, 255.0): "OBDStandards FuelType WarmupsSinceDTCClear",
}
"""Names under `Vehicle.OBD`."""
_SINGLE: Final[tuple[Row, ...]] = (
    (f"{OBD}.ControlModuleVoltage", "V", 0.0, 65.535, 1.0),
    (f"{OBD}.AbsoluteLoad", "percent", 0.0, 25_700.0, 1.0),
    (f"{OBD}.CommandedEquivalenceRatio", "ratio", 0.0, 2.0, 1.0),
    (f"{OBD}.MaxMAF", "g/s", 0.0, 2550.0, 1.0),
    (f"{OBD}.EVAPVaporPressureAbsolute", "kPa", 0.0, 327.675, 1.0),
    (f"{OBD}.FuelInjectionTiming", "degrees", -210.0, 302.0, 1.0),
    (f"{OBD}.Status.IsMILOn", "", 0.0, 1.0, 1.0),
    (f"{OBD}.Status.DTCCount", "", 0.0, 255.0, 1.0),
    ("Vehicle.Telltale.Engine.DemandedTorque", "percent", -125.0, 130.0, 1.0),
    ("Vehicle.Telltale.Engine.FrictionTorque", "percent", -125.0, 130.0, 1.0),
    ("Vehicle.Telltale.Engine.ReferenceTorque", "Nm", 0.0, _WORD, 1.0),
    (f"{OURS}.MAFB", "g/s", 0.0, 2048.0, 1.0),
    (f"{OURS}.CoolantTemperatureB", "Celsius", -40.0, 215.0, 1.0),
    (f"{OURS}.ThrottlePositionG", *_PERCENT, 1.0),
    *((f"{OURS}.{term}TermFuelTrim{bank}", *_TRIM, 1.0) for term in ("Short", "Long") for bank in (3, 4)),
    *(
        (f"{OURS}.ExhaustTemperature.Bank{bank}.Sensor{sensor}", *_CELSIUS, 1.0)
        for bank in (1, 2)
        for sensor in range(1, 5)
    ),
)


def polled_signals() -> Iterator[Row]:
    """Every one, with unit, range and period."""
    for (unit, low, high), names in _KINDS.items():
        yield from ((f"{OBD}.{name}", unit, low, high, 1.0) for name in names.split())
    yield from _SINGLE
    for sensor in SENSORS:
        narrow, wide = f"{OBD}.O2.Sensor{sensor}", f"{OBD}.O2WR.Sensor{sensor}"
        if sensor != 2:  # that of the petrol car is a row of the catalogue
            yield f"{narrow}.Voltage", "V", 0.0, 2.1, 1.0
        if sensor != 1:
            yield f"{wide}.Lambda", "", 0.0, 4.1, 1.0
        yield f"{narrow}.ShortTermFuelTrim", "percent", -100.0, 100.0, 1.0
        yield f"{wide}.Voltage", "V", 0.0, 8.0, 1.0
        yield f"{wide}.Current", "A", -0.128, 0.128, 1.0
