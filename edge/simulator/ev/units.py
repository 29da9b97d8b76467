"""The electric car's control units as a tester addresses them: UDS on physical 11-bit ids, no OBD at all.

Identifiers and scalings are our own, written at each table.
"""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.unit import Unit
from edge.simulator.ev.cells import CELLS, MODULES
from edge.simulator.ev.rows import CELL_COLUMNS

Encoder = Callable[[Readings], bytes]

CELLS_EACH: Final = 32
WHEELS: Final = ("fl", "fr", "rl", "rr")


def _number(column: str, factor: float = 1.0, offset: float = 0.0, size: int = 2) -> Encoder:
    """value * factor + offset as an unsigned number, held within its bits; all ones when the sensor is lost."""
    most = (1 << 8 * size) - 1

    def encode(seen: Readings) -> bytes:
        value = seen[column] * factor + offset
        return (most if math.isnan(value) else min(max(round(value), 0), most - 1)).to_bytes(size, "big")

    return encode


def _signed(column: str, factor: float) -> Encoder:
    """value * factor as a signed number of two bytes; -32768 when the sensor is lost."""

    def encode(seen: Readings) -> bytes:
        value = seen[column] * factor
        return struct.pack(">h", -32768 if math.isnan(value) else min(max(round(value), -32767), 32767))

    return encode


def _several(*parts: Encoder) -> Encoder:
    return lambda seen: b"".join(part(seen) for part in parts)


def _celsius(column: str) -> Encoder:
    """One byte, -40 °C up."""
    return _number(column, 1.0, 40.0, 1)


def _cells(first: int) -> Encoder:
    """Millivolts of so many cells from this one on, two bytes each."""
    return _several(*(_number(column, 1000.0) for column in CELL_COLUMNS[first : first + CELLS_EACH]))


BATTERY_DIDS: Final[dict[int, Encoder]] = {
    0x0101: _several(_number("soc_percent", 100.0), _number("soh_percent", 100.0)),
    0x0102: _several(_number("pack_v", 10.0), _signed("pack_a", 10.0)),
    0x0103: _several(
        _number("cell_min_v", 1000.0),
        _number("cell_min_id", size=1),
        _number("cell_max_v", 1000.0),
        _number("cell_max_id", size=1),
    ),
    0x0104: _several(*(_celsius(f"module_{module}_c") for module in range(1, MODULES + 1))),
    0x0105: _several(_celsius("pack_inlet_c"), _celsius("pack_outlet_c"), _number("pack_level_percent", 2.0, 0.0, 1)),
    0x0106: _number("isolation_kohm"),
    0x0107: _several(_number("discharge_limit_kw", 10.0), _number("charge_limit_kw", 10.0)),
    0x0108: _several(_number("charged_kwh", 10.0, 0.0, 4), _number("used_kwh", 10.0, 0.0, 4)),
    0x0109: _number("contactors", size=1),
    **{0x0120 + block: _cells(block * CELLS_EACH) for block in range(CELLS // CELLS_EACH)},
}
"""0101 charge and health (0.01 %), 0102 voltage (0.1 V) and current (0.1 A), 0103 lowest and highest cell (mV, number),
0104 modules (°C + 40), 0105 coolant and its level (0.5 %), 0106 isolation (kΩ), 0107 limits (0.1 kW), 0108 energy
(0.1 kWh), 0109 contactors, 0120 to 0122 cells 1 to 32, 33 to 64, 65 to 96 (mV)."""

DRIVE_DIDS: Final[dict[int, Encoder]] = {
    0x0201: _several(_signed("motor_rpm", 1.0), _signed("motor_nm", 10.0)),
    0x0202: _several(_celsius("motor_c"), _celsius("inverter_c"), _celsius("drive_coolant_c")),
    0x0203: _several(_number("drive_pump_rpm"), _number("fan_percent", 2.0, 0.0, 1)),
    0x0204: _number("drive_share_percent", 2.0, 0.0, 1),
}
"""0201 speed (1/min) and torque (0.1 Nm), 0202 motor, inverter, coolant (°C + 40), 0203 pump (1/min) and fan (0.5 %),
0204 share of the torque that is allowed (0.5 %)."""

POWER_DIDS: Final[dict[int, Encoder]] = {
    0x0301: _several(_number("dcdc_v", 100.0), _number("dcdc_a", 10.0), _celsius("dcdc_c")),
    0x0302: _number("dcdc_target_v", 100.0),
    0x0303: _several(_number("charge_state", size=1), _number("charge_kw", 10.0), _number("charge_a", 10.0)),
    0x0304: _several(_celsius("inlet_c"), _celsius("charger_c")),
}
"""0301 DC-DC output (0.01 V, 0.1 A, °C + 40), 0302 its target (0.01 V), 0303 session, power (0.1 kW), current (0.1 A),
0304 inlet and charger (°C + 40)."""

BRAKE_DIDS: Final[dict[int, Encoder]] = {
    0x2001: _several(*(_number(f"wheel_{wheel}_kmh", 100.0) for wheel in WHEELS)),
    0x2002: _number("brake_bar", 10.0),
    0x2003: _several(*(_number(f"tyre_{wheel}_kpa") for wheel in WHEELS)),
    0x2004: _several(*(_celsius(f"tyre_{wheel}_c") for wheel in WHEELS)),
    0x2005: _number("brake_fluid_percent", 2.0, 0.0, 1),
}
"""2001 wheels (0.01 km/h), 2002 pressure (0.1 bar), 2003 tyres (kPa), 2004 tyres (°C + 40), 2005 fluid (0.5 %)."""

BODY_DIDS: Final[dict[int, Encoder]] = {
    0x3001: _several(_number("volt", 1000.0), _signed("current_a", 10.0), _celsius("battery_c")),
    0x3002: _several(_celsius("ambient_c"), _celsius("cabin_c")),
    0x3003: _number("odometer_km", 10.0, 0.0, 4),
}
"""3001 12 V battery (mV, 0.1 A, °C + 40), 3002 outside and cabin (°C + 40), 3003 odometer (0.1 km)."""


def ev_units(memories: Sequence[CodeMemory]) -> tuple[Unit, ...]:
    """Battery, drive unit, power electronics, brakes, body; memories in this order."""
    battery, drive, power, brakes, body = memories
    return (
        Unit("BMS", 0x12, battery, 0x7E4, 0x7EC, dids=BATTERY_DIDS, calibration_id="TTBMS96-0203", cvn=0x3D9A10C4),
        Unit("DRIVE", 0x10, drive, 0x7E2, 0x7EA, dids=DRIVE_DIDS, calibration_id="TTEDU150-0118", cvn=0x81F2077B),
        Unit("POWER", 0x14, power, 0x7E5, 0x7ED, dids=POWER_DIDS, calibration_id="TTICU11-0091", cvn=0x5C08E3A2),
        Unit("BRAKES", 0x28, brakes, 0x7D1, 0x7D9, dids=BRAKE_DIDS, calibration_id="TTIBB-0045", cvn=0x2271BB90),
        Unit("BODY", 0x40, body, 0x7A0, 0x7A8, dids=BODY_DIDS, calibration_id="TTBCM-0311", cvn=0xE40C5D16),
    )
