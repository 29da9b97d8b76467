"""Freeze frames as DM4 tells them: SAE J1939-73, 5.7.4."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import Final

from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.j1939.packets import SIZE_MAX
from edge.simulator.ecu.memory import CodeMemory, Readings

FRAME_BYTES: Final = 12
"""Of one freeze frame after its length byte, which does not count itself; none of it is the maker's own."""
NONE_FROZEN: Final = bytes(5) + b"\xff\xff\xff"
"""No freeze frame: length and code zero. Written so for DM25 (5.7.25); taken over for DM4."""


@dataclass(frozen=True, slots=True)
class FrozenColumns:
    """Where a freeze frame's values are found among the unit's readings; an absent column is not available."""

    torque_mode: str = "torque_mode"
    """SPN 899, 0 to 15: who decides about torque (1 accelerator pedal, 8 torque limiting …)."""
    boost_kpa: str = "boost_kpa"
    """SPN 102: gauge pressure."""
    rpm: str = "rpm"
    load_percent: str = "load_percent"
    coolant_c: str = "coolant_c"
    speed_kmh: str = "speed_kmh"


def frozen(memory: CodeMemory, columns: FrozenColumns, name: Callable[[Code, int], bytes]) -> bytes:
    """The freeze frames of every code that has one, one after the other; `name` gives a code's four bytes."""
    frames = []
    for code in dict.fromkeys((*memory.confirmed(), *memory.pending())):
        readings = memory.snapshot(code.text)
        if readings is not None and code.spn is not None:
            named = name(code, memory.occurrences(code.text))
            frames.append(bytes((FRAME_BYTES,)) + named + _values(readings, columns))
    return b"".join(frames[: SIZE_MAX // (FRAME_BYTES + 1)]) or NONE_FROZEN


def _values(readings: Readings, columns: FrozenColumns) -> bytes:
    def scaled(column: str, size: int, per_bit: float, offset: float = 0.0) -> bytes:
        value = readings.get(column, float("nan"))
        if isnan(value):
            return b"\xff" * size
        highest = 0xFA if size == 1 else 0xFAFF
        return int(min(max(round((value - offset) / per_bit), 0), highest)).to_bytes(size, "little")

    mode = readings.get(columns.torque_mode, float("nan"))
    return (
        bytes((0xFF if isnan(mode) else 0xF0 | int(mode) & 0x0F,))  # four bits, the upper four are not used
        + scaled(columns.boost_kpa, 1, 2.0)  # SPN 102
        + scaled(columns.rpm, 2, 0.125)  # SPN 190
        + scaled(columns.load_percent, 1, 1.0)  # SPN 92
        + scaled(columns.coolant_c, 1, 1.0, -40.0)  # SPN 110
        + scaled(columns.speed_kmh, 2, 1.0 / 256.0)  # SPN 84
    )
