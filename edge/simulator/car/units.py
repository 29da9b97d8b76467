"""The car's control units as a tester addresses them: OBD PIDs (SAE J1979) and UDS identifiers."""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.unit import Unit

Encoder = Callable[[Readings], bytes]


def _byte(column: str, factor: float = 1.0, offset: float = 0.0) -> Encoder:
    return _whole(column, factor, offset, 1)


def _word(column: str, factor: float = 1.0, offset: float = 0.0) -> Encoder:
    return _whole(column, factor, offset, 2)


def _whole(column: str, factor: float, offset: float, size: int) -> Encoder:
    """value * factor + offset as an unsigned number, held within its bits; a lost sensor shows the lowest."""
    most = (1 << 8 * size) - 1

    def encode(seen: Readings) -> bytes:
        value = seen[column] * factor + offset
        return (0 if math.isnan(value) else min(max(round(value), 0), most)).to_bytes(size, "big")

    return encode


def _lambda_and_current(seen: Readings) -> bytes:
    """PID 34: equivalence ratio (2/65536) and pump current (1/256 mA, 128 is none)."""
    return _word("lambda", 32768.0)(seen) + _word("lambda", 1536.0, 32768.0 - 1536.0)(seen)


def _rear(seen: Readings) -> bytes:
    """PID 15: volts (0.005) and a trim that is not used (0xFF)."""
    return _byte("o2_rear_v", 200.0)(seen) + b"\xff"


def _tank(seen: Readings) -> bytes:
    """PID 32: pressure in the tank against the air outside, 0.25 Pa, two's complement."""
    quarters = round(0.0 if math.isnan(seen["tank_kpa"]) else seen["tank_kpa"] * 4000.0)
    return struct.pack(">h", min(max(quarters, -32768), 32767))


PIDS: Final[dict[int, Encoder]] = {
    0x03: lambda seen: bytes([2 if seen["closed_loop"] else 1, 0]),
    0x04: _byte("load_percent", 2.55),
    0x05: _byte("coolant_c", 1.0, 40.0),
    0x06: _byte("trim_short_percent", 1.28, 128.0),
    0x07: _byte("trim_long_percent", 1.28, 128.0),
    0x0A: _byte("rail_kpa", 1.0 / 3.0),
    0x0B: _byte("manifold_kpa"),
    0x0C: _word("rpm", 4.0),
    0x0D: _byte("speed_kmh"),
    0x0E: _byte("ignition_deg", 2.0, 128.0),
    0x0F: _byte("intake_c", 1.0, 40.0),
    0x10: _word("air_gps", 100.0),
    0x11: _byte("throttle_percent", 2.55),
    0x13: lambda _: b"\x03",
    0x15: _rear,
    0x1F: _word("run_s"),
    0x2E: _byte("purge_percent", 2.55),
    0x2F: _byte("fuel_percent", 2.55),
    0x32: _tank,
    0x33: _byte("outside_kpa"),
    0x34: _lambda_and_current,
    0x3C: _word("catalyst_c", 10.0, 400.0),
    0x42: _word("volt", 1000.0),
    0x45: _byte("throttle_percent", 2.55, -10.2),
    0x46: _byte("ambient_c", 1.0, 40.0),
    0x49: _byte("pedal_percent", 2.04, 38.0),
    0x51: lambda _: b"\x01",
    0x5C: _byte("oil_c", 1.0, 40.0),
    0x5E: _word("fuel_lph", 20.0),
    0xA6: _whole("odometer_km", 10.0, 0.0, 4),
}
"""Scalings of SAE J1979-DA."""

ENGINE_DIDS: Final[dict[int, Encoder]] = {
    0x1001: lambda seen: b"".join(_word(f"misfires_{cylinder}")(seen) for cylinder in range(1, 5)),
    0x1002: _word("oil_kpa"),
    0x1003: _byte("fan_percent", 2.55),
    0x1004: _word("roughness", 100.0),
}
"""Our own numbers: misfires by cylinder, oil pressure (kPa), fan, roughness."""

BRAKE_DIDS: Final[dict[int, Encoder]] = {
    0x2001: lambda seen: b"".join(_word(f"wheel_{wheel}_kmh", 100.0)(seen) for wheel in ("fl", "fr", "rl", "rr")),
    0x2002: _word("brake_bar", 10.0),
    0x2003: _byte("brake_fluid_percent", 2.55),
}
BODY_DIDS: Final[dict[int, Encoder]] = {
    0x3001: lambda seen: b"".join(_word(f"tyre_{wheel}_kpa")(seen) for wheel in ("fl", "fr", "rl", "rr")),
    0x3002: lambda seen: b"".join(_byte(f"tyre_{wheel}_c", 1.0, 40.0)(seen) for wheel in ("fl", "fr", "rl", "rr")),
    0x3003: _word("volt", 1000.0),
}
GEARBOX_DIDS: Final[dict[int, Encoder]] = {0x4001: _byte("gearbox_c", 1.0, 40.0), 0x4002: _byte("gear")}


def car_units(memories: Sequence[CodeMemory]) -> tuple[Unit, ...]:
    """Engine and transmission, which answer OBD, brakes and body, which answer UDS alone; memories in this order."""
    engine, transmission, brakes, body = memories
    shared = {pid: PIDS[pid] for pid in (0x0C, 0x0D, 0x1F, 0x42)}
    return (
        Unit(
            "ENGINE",
            0x10,
            engine,
            0x7E0,
            0x7E8,
            obd=True,
            pids=PIDS,
            dids=ENGINE_DIDS,
            calibration_id="TT18E-0412",
            cvn=0x5A1C92E7,
        ),
        Unit(
            "TRANSMISSION",
            0x18,
            transmission,
            0x7E1,
            0x7E9,
            obd=True,
            pids=shared,
            dids=GEARBOX_DIDS,
            calibration_id="TT6AT-0107",
            cvn=0x1B60D34F,
        ),
        Unit("BRAKES", 0x28, brakes, 0x760, 0x768, dids=BRAKE_DIDS, calibration_id="TTABS-0033", cvn=0x77E0412B),
        Unit("BODY", 0x40, body, 0x740, 0x748, dids=BODY_DIDS, calibration_id="TTBCM-0250", cvn=0x0C3359A8),
    )
