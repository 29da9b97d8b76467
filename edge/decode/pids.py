"""What PIDs of SAE J1979 say: service 01 (now), 02 (in the freeze frame), and DIDs F4xx of OBD on UDS (SAE J1979-2).

Lengths and formulas are those of SAE J1979-DA, appendix B, table by table in the order of the PIDs; the letters there
are bytes from the left: A is the first. A PID whose formula is not here still has its length, so that what comes behind
it in an answer is found. Pure: bytes in, values out; what is short or unknown is None or named, never 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.catalogue import CATALOGUE, ENGINE
from edge.decode.quantity import Quantity, read
from edge.polled import OBD, OURS, SENSORS

BITMAPS: Final = range(0x00, 0x100, 0x20)
"""PIDs that say which of the next 32 are supported."""
BITMAP_BYTES: Final = 4
_SHARE: Final = 100.0 / 255.0
"""Of full scale, in percent: one byte is 0 to 100."""
_TRIM: Final = 100.0 / 128.0
"""A byte as -100 to +99.2 %, 128 being none."""
_LAMBDA: Final = 2.0 / 65_536.0
_UNUSED: Final = 0xFF
"""Of the trim byte of PIDs 14 to 1B: the sensor is not used for it (table B20)."""


class Unread(StrEnum):
    """Why the rest of an answer was not read."""

    UNKNOWN_PID = "unknown_pid"
    """Nobody knows how many bytes it has, so what comes behind it is not found either."""
    SHORT = "short_answer"
    """The answer ends before the bytes of its last PID."""


@dataclass(frozen=True, slots=True)
class Told:
    """A PID with its bytes, as it stands in an answer."""

    pid: int
    content: bytes


def _at(
    path: str,
    byte: int,
    count: int,
    scale: float = 1.0,
    offset: float = 0.0,
    *,
    signed: bool = False,
    told_by: int | None = None,
    nothing: int | None = None,
) -> Quantity:
    """`count` bytes from `byte` on, in the unit of the catalogue."""
    unit = CATALOGUE[path].unit
    return Quantity(path, unit, 8 * byte, 8 * count, scale, offset, signed=signed, told_by=told_by, nothing=nothing)


def _a(path: str, scale: float = 1.0, offset: float = 0.0) -> tuple[Quantity, ...]:
    return (_at(path, 0, 1, scale, offset),)


def _ab(path: str, scale: float = 1.0, offset: float = 0.0, *, signed: bool = False) -> tuple[Quantity, ...]:
    return (_at(path, 0, 2, scale, offset, signed=signed),)


def _if_told(bit: int) -> int:
    """Where bit `bit` of byte A, counted from the right as the standard does, is from the left."""
    return 7 - bit


def _trims(first: str, second: str) -> tuple[Quantity, ...]:
    return (_at(first, 0, 1, _TRIM, -100.0), _at(second, 1, 1, _TRIM, -100.0))


def _exhaust(bank: int) -> tuple[Quantity, ...]:
    path = f"{OURS}.ExhaustTemperature.Bank{bank}.Sensor"
    return tuple(_at(f"{path}{n + 1}", 1 + 2 * n, 2, 0.1, -40.0, told_by=_if_told(n)) for n in range(4))


_DPF: Final = f"{ENGINE}.DieselParticulateFilter"
_TORQUE: Final = "Vehicle.Telltale.Engine"
_OXYGEN: Final[Mapping[int, tuple[Quantity, ...]]] = {
    number: quantities
    for sensor in SENSORS
    for narrow, wide in [(f"{OBD}.O2.Sensor{sensor}", f"{OBD}.O2WR.Sensor{sensor}")]
    for number, quantities in {
        0x13 + sensor: (
            _at(f"{narrow}.Voltage", 0, 1, 0.005),
            _at(f"{narrow}.ShortTermFuelTrim", 1, 1, _TRIM, -100.0, nothing=_UNUSED),
        ),
        0x23 + sensor: (_at(f"{wide}.Lambda", 0, 2, _LAMBDA), _at(f"{wide}.Voltage", 2, 2, 8.0 / 65_536.0)),
        0x33 + sensor: (
            _at(f"{wide}.Lambda", 0, 2, _LAMBDA),
            _at(f"{wide}.Current", 2, 2, 0.001 / 256.0, -0.128),  # 1/256 mA
        ),
    }.items()
}
"""Oxygen sensors: PIDs 14 to 1B, 24 to 2B, 34 to 3B."""

QUANTITIES: Final[Mapping[int, tuple[Quantity, ...]]] = {
    0x04: _a(f"{OBD}.EngineLoad", _SHARE),
    0x05: _a(f"{ENGINE}.EngineCoolant.Temperature", offset=-40.0),
    0x06: _trims(f"{OBD}.ShortTermFuelTrim1", f"{OURS}.ShortTermFuelTrim3"),
    0x07: _trims(f"{OBD}.LongTermFuelTrim1", f"{OURS}.LongTermFuelTrim3"),
    0x08: _trims(f"{OBD}.ShortTermFuelTrim2", f"{OURS}.ShortTermFuelTrim4"),
    0x09: _trims(f"{OBD}.LongTermFuelTrim2", f"{OURS}.LongTermFuelTrim4"),
    0x0A: _a(f"{OBD}.FuelPressure", 3.0),
    0x0B: _a(f"{ENGINE}.MAP"),
    0x0C: _ab(f"{ENGINE}.Speed", 0.25),
    0x0D: _a("Vehicle.Speed"),
    0x0E: _a(f"{OBD}.TimingAdvance", 0.5, -64.0),
    0x0F: _a(f"{OBD}.IntakeTemp", offset=-40.0),
    0x10: _ab(f"{ENGINE}.MAF", 0.01),
    0x11: _a(f"{ENGINE}.TPS", _SHARE),
    0x1C: _a(f"{OBD}.OBDStandards"),
    0x1E: (Quantity(f"{OBD}.IsPTOActive", "", 7, 1),),
    0x1F: _ab(f"{OBD}.RunTime"),
    0x21: _ab(f"{OBD}.DistanceWithMIL"),
    0x22: _ab(f"{OBD}.FuelRailPressureVac", 0.079),
    0x23: _ab(f"{OBD}.FuelRailPressureDirect", 10.0),
    0x2C: _a(f"{OBD}.CommandedEGR", _SHARE),
    0x2D: _a(f"{OBD}.EGRError", _TRIM, -100.0),
    0x2E: _a(f"{OBD}.CommandedEVAP", _SHARE),
    0x2F: _a("Vehicle.Powertrain.FuelSystem.RelativeLevel", _SHARE),
    0x30: _a(f"{OBD}.WarmupsSinceDTCClear"),
    0x31: _ab(f"{OBD}.DistanceSinceDTCClear"),
    0x32: _ab(f"{OBD}.EVAPVaporPressure", 0.25, signed=True),
    0x33: _a(f"{OBD}.BarometricPressure"),
    0x3C: _ab(f"{OBD}.Catalyst.Bank1.Temperature1", 0.1, -40.0),
    0x3D: _ab(f"{OBD}.Catalyst.Bank2.Temperature1", 0.1, -40.0),
    0x3E: _ab(f"{OBD}.Catalyst.Bank1.Temperature2", 0.1, -40.0),
    0x3F: _ab(f"{OBD}.Catalyst.Bank2.Temperature2", 0.1, -40.0),
    0x42: _ab(f"{OBD}.ControlModuleVoltage", 0.001),
    0x43: _ab(f"{OBD}.AbsoluteLoad", _SHARE),
    0x44: _ab(f"{OBD}.CommandedEquivalenceRatio", _LAMBDA),
    0x45: _a(f"{OBD}.RelativeThrottlePosition", _SHARE),
    0x46: _a("Vehicle.Exterior.AirTemperature", offset=-40.0),
    0x47: _a(f"{OBD}.ThrottlePositionB", _SHARE),
    0x48: _a(f"{OBD}.ThrottlePositionC", _SHARE),
    0x49: _a(f"{OBD}.AcceleratorPositionD", _SHARE),
    0x4A: _a(f"{OBD}.AcceleratorPositionE", _SHARE),
    0x4B: _a(f"{OBD}.AcceleratorPositionF", _SHARE),
    0x4C: _a(f"{OBD}.ThrottleActuator", _SHARE),
    0x4D: _ab(f"{OBD}.RunTimeMIL"),
    0x4E: _ab(f"{OBD}.TimeSinceDTCCleared"),
    0x50: _a(f"{OBD}.MaxMAF", 10.0),
    0x51: _a(f"{OBD}.FuelType"),
    0x52: _a(f"{OBD}.EthanolPercent", _SHARE),
    0x53: _ab(f"{OBD}.EVAPVaporPressureAbsolute", 0.005),
    0x55: _trims(f"{OBD}.ShortTermO2Trim1", f"{OBD}.ShortTermO2Trim3"),
    0x56: _trims(f"{OBD}.LongTermO2Trim1", f"{OBD}.LongTermO2Trim3"),
    0x57: _trims(f"{OBD}.ShortTermO2Trim2", f"{OBD}.ShortTermO2Trim4"),
    0x58: _trims(f"{OBD}.LongTermO2Trim2", f"{OBD}.LongTermO2Trim4"),
    0x59: _ab(f"{OBD}.FuelRailPressureAbsolute", 10.0),
    0x5A: _a(f"{OBD}.RelativeAcceleratorPosition", _SHARE),
    0x5B: _a(f"{OBD}.HybridBatteryRemaining", _SHARE),
    0x5C: _a(f"{ENGINE}.EngineOil.Temperature", offset=-40.0),
    0x5D: _ab(f"{OBD}.FuelInjectionTiming", 1.0 / 128.0, -210.0),
    0x5E: _ab(f"{OBD}.FuelRate", 0.05),
    0x61: _a(f"{_TORQUE}.DemandedTorque", offset=-125.0),
    0x62: _a(f"{_TORQUE}.PercentTorque", offset=-125.0),
    0x63: _ab(f"{_TORQUE}.ReferenceTorque"),
    0x66: (
        _at(f"{ENGINE}.MAF", 1, 2, 1.0 / 32.0, told_by=_if_told(0)),
        _at(f"{OURS}.SecondMAF", 3, 2, 1.0 / 32.0, told_by=_if_told(1)),
    ),
    0x67: (
        _at(f"{ENGINE}.EngineCoolant.Temperature", 1, 1, 1.0, -40.0, told_by=_if_told(0)),
        _at(f"{OURS}.SecondCoolantTemperature", 2, 1, 1.0, -40.0, told_by=_if_told(1)),
    ),
    0x68: (_at(f"{OBD}.IntakeTemp", 1, 1, 1.0, -40.0, told_by=_if_told(0)),),
    0x78: _exhaust(1),
    0x79: _exhaust(2),
    0x7C: (
        _at(f"{_DPF}.InletTemperature", 1, 2, 0.1, -40.0, told_by=_if_told(0)),
        _at(f"{_DPF}.OutletTemperature", 3, 2, 0.1, -40.0, told_by=_if_told(1)),
    ),
    0x7F: (_at(f"{ENGINE}.EngineHours", 1, 4, 1.0 / 3600.0, told_by=_if_told(0)),),  # s
    0x8D: _a(f"{OURS}.ThrottlePositionG", _SHARE),
    0x8E: _a(f"{_TORQUE}.FrictionTorque", offset=-125.0),
    0xA6: (_at("Vehicle.TraveledDistance", 0, 4, 100.0),),  # 0.1 km
    **_OXYGEN,
}
"""By PID. Not here is what public sources contradict each other on: 54 (signed, or from -32767 on), 7A (signed, or from
-327.68 kPa on)."""

_SIZES: Final[Mapping[int, Sequence[int]]] = {
    1: (0x04, 0x05, *range(0x0A, 0x0C), *range(0x0D, 0x10), 0x11, 0x12, 0x13, 0x1C, 0x1D, 0x1E, *range(0x2C, 0x31),
        0x33, *range(0x45, 0x4D), 0x51, 0x52, *range(0x5A, 0x5D), 0x5F, 0x61, 0x62, 0x7D, 0x7E, 0x84, 0x8D, 0x8E),
    2: (0x02, 0x03, 0x0C, 0x10, *range(0x14, 0x1C), 0x1F, *range(0x21, 0x24), 0x31, 0x32, *range(0x3C, 0x40),
        *range(0x42, 0x45), 0x4D, 0x4E, *range(0x53, 0x5A), 0x5D, 0x5E, 0x63, 0x65),
    3: (0x67, 0x6F),
    4: (0x01, *range(0x24, 0x2C), *range(0x34, 0x3C), 0x41, 0x4F, 0x50, 0xA6, *BITMAPS),
    5: (0x64, 0x66, *range(0x6A, 0x6D), *range(0x72, 0x75), 0x77),
    7: (0x69, 0x75, 0x76, 0x7A, 0x7B),
    9: (0x78, 0x79, 0x7C),
    13: (0x7F,),
}  # fmt: skip
LENGTHS: Final[Mapping[int, tuple[int, ...]]] = {
    **{pid: (size,) for size, pids in _SIZES.items() for pid in pids},
    **dict.fromkeys(range(0x06, 0x0A), (1, 2)),  # with a second byte where there are banks 3 and 4
    0x68: (7, 3),
}
"""Bytes of each PID; of several the one that is all of the rest counts, else the first."""


def values(pid: int, content: bytes) -> Iterator[tuple[Quantity, float]]:
    """What the bytes of a PID say; nothing for one that is not known, or where they say that there is nothing."""
    return read(QUANTITIES.get(pid, ()), content)


def supported(pid: int, content: bytes) -> frozenset[int]:
    """Of a bitmap (PIDs 00, 20, 40 …): the PIDs that it says are supported; the last one is the next bitmap.

    Nothing for what is no bitmap or has fewer bytes than one.
    """
    if pid not in BITMAPS or len(content) < BITMAP_BYTES:
        return frozenset()
    mask = int.from_bytes(content[:BITMAP_BYTES], "big")
    return frozenset(pid + 1 + place for place in range(32) if mask >> (31 - place) & 1)


def current(payload: bytes) -> tuple[list[Told], Unread | None]:
    """The PIDs of an answer to service 01, without its service byte (41), and why the rest was not read, if so."""
    found: list[Told] = []
    while payload:
        pid, rest = payload[0], payload[1:]
        length, why = length_of(pid, rest)
        if why is not None:
            return found, why
        found.append(Told(pid, rest[:length]))
        payload = rest[length:]
    return found, None


def length_of(pid: int, rest: bytes) -> tuple[int, Unread | None]:
    """How many bytes a PID has at the beginning of the rest of an answer, and why they cannot be read, if so."""
    lengths = LENGTHS.get(pid)
    if lengths is None:
        return 0, Unread.UNKNOWN_PID
    length = len(rest) if len(rest) in lengths else lengths[0]
    return length, Unread.SHORT if len(rest) < length else None
