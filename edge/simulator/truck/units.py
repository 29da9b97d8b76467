"""The truck's control units as a tester addresses them: J1939 source addresses, and the engine's OBD numbers."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.unit import Unit

Encoder = Callable[[Readings], bytes]


def _whole(column: str, factor: float, offset: float, size: int) -> Encoder:
    """value * factor + offset as an unsigned number, held within its bits; a lost sensor shows the lowest."""
    most = (1 << 8 * size) - 1

    def encode(seen: Readings) -> bytes:
        value = seen[column] * factor + offset
        return (0 if math.isnan(value) else min(max(round(value), 0), most)).to_bytes(size, "big")

    return encode


def _byte(column: str, factor: float = 1.0, offset: float = 0.0) -> Encoder:
    return _whole(column, factor, offset, 1)


def _word(column: str, factor: float = 1.0, offset: float = 0.0) -> Encoder:
    return _whole(column, factor, offset, 2)


PIDS: Final[Mapping[int, Encoder]] = {
    0x04: _byte("load_percent", 2.55),
    0x05: _byte("coolant_c", 1.0, 40.0),
    0x0B: _byte("manifold_kpa"),
    0x0C: _word("rpm", 4.0),
    0x0D: _byte("speed_kmh"),
    0x0F: _byte("intake_c", 1.0, 40.0),
    0x23: _word("rail_mpa", 100.0),
    0x2F: _byte("fuel_percent", 2.55),
    0x33: _byte("outside_kpa"),
    0x42: _word("volt", 1000.0),
    0x46: _byte("ambient_c", 1.0, 40.0),
    0x5C: _byte("oil_c", 1.0, 40.0),
    0x5E: _word("fuel_lph", 20.0),
    0x62: _byte("torque_percent", 1.0, 125.0),
}
"""Scalings of SAE J1979-DA, for testers that ask a truck on 29-bit OBD ids."""

ADDRESSES: Final[Mapping[str, int]] = {
    "ENGINE": 0x00,
    "TRANSMISSION": 0x03,
    "BRAKES": 0x0B,
    "CLUSTER": 0x17,
    "BODY": 0x21,
    "AIR": 0x30,
    "TYRES": 0x33,
    "AFTERTREATMENT": 0x3D,
}
"""SAE J1939 preferred source addresses of the global group and of highway vehicles."""
FUNCTIONS: Final[Mapping[str, int]] = {
    "ENGINE": 0,
    "TRANSMISSION": 3,
    "BRAKES": 9,
    "CLUSTER": 19,
    "BODY": 26,
    "AIR": 36,
    "TYRES": 38,
    "AFTERTREATMENT": 44,
}
"""What each is for, as its NAME says it (SAE J1939, appendix B, functions of every industry)."""
CALIBRATIONS: Final[Mapping[str, tuple[str, int]]] = {
    "ENGINE": ("TT13D-E6-0918", 0x3C5A77D1),
    "TRANSMISSION": ("TT12AMT-0233", 0x6E20B419),
    "BRAKES": ("TTEBS-0051", 0x19D2F03A),
    "CLUSTER": ("TTIC-0710", 0x55AA0C31),
    "BODY": ("TTVMU-0402", 0x0F31B7E2),
    "AIR": ("TTAPU-0019", 0x7A44C0DE),
    "TYRES": ("TTTPM-0008", 0x2B1E9F60),
    "AFTERTREATMENT": ("TTACM-0315", 0x48C3120B),
}


def truck_units(memories: Mapping[str, CodeMemory]) -> tuple[Unit, ...]:
    """One unit for each memory, by the node's name; engine and aftertreatment are those that OBD asks."""
    return tuple(
        Unit(
            name,
            ADDRESSES[name],
            memory,
            obd=name in {"ENGINE", "AFTERTREATMENT"},
            pids=PIDS if name == "ENGINE" else {},
            calibration_id=CALIBRATIONS[name][0],
            cvn=CALIBRATIONS[name][1],
            diesel=True,
        )
        for name, memory in memories.items()
    )
