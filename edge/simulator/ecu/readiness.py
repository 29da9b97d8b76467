"""Readiness and in-use ratios as SAE J1979 lays them out in bytes."""

from collections.abc import Callable, Mapping
from typing import Final

from edge.simulator.ecu.codes import Monitor
from edge.simulator.ecu.unit import Unit

CONTINUOUS_BITS: Final[Mapping[Monitor, int]] = {Monitor.MISFIRE: 0, Monitor.FUEL: 1, Monitor.COMPONENTS: 2}
SPARK_BITS: Final[Mapping[Monitor, int]] = {
    Monitor.CATALYST: 0,
    Monitor.EVAP: 2,
    Monitor.O2_SENSOR: 5,
    Monitor.O2_HEATER: 6,
    Monitor.EGR: 7,
}
DIESEL_BITS: Final[Mapping[Monitor, int]] = {
    Monitor.NMHC_CATALYST: 0,
    Monitor.NOX_AFTERTREATMENT: 1,
    Monitor.BOOST: 3,
    Monitor.EXHAUST_SENSOR: 5,
    Monitor.PM_FILTER: 6,
    Monitor.EGR: 7,
}
"""Bits of bytes C and D of PID 01."""
DIESEL_FLAG: Final = 0x08
"""Byte B, bit 3: compression ignition."""
MIL_FLAG: Final = 0x80
COUNT_MAX: Final = 127
"""Codes that byte A can count."""

SPARK_RATIOS: Final = (
    Monitor.CATALYST, None, Monitor.O2_SENSOR, None, Monitor.EGR, None, Monitor.EVAP, None, None,
)  # fmt: skip
"""Infotype 08: catalyst of bank 1 and 2, oxygen sensors of bank 1 and 2, EGR/VVT, secondary air, EVAP, rear sensors."""
DIESEL_RATIOS: Final = (
    Monitor.NMHC_CATALYST, Monitor.NOX_AFTERTREATMENT, None, Monitor.PM_FILTER, Monitor.EXHAUST_SENSOR, Monitor.EGR,
    Monitor.BOOST,
)  # fmt: skip
"""Infotype 0B: NMHC catalyst, NOx aftertreatment, NOx adsorber, particulate filter, exhaust sensor, EGR/VVT, boost."""


def since_clear(unit: Unit) -> bytes:
    """PID 01: lamp, number of confirmed codes, which monitors there are and which are not complete since the clear."""
    memory = unit.memory
    count = sum(code.emission for code in memory.confirmed())
    lamp = MIL_FLAG * memory.mil | min(count, COUNT_MAX)
    return bytes([lamp]) + _monitors(unit, memory.complete)


def this_cycle(unit: Unit) -> bytes:
    """PID 41: which monitors run, and which are not complete in this driving cycle."""
    return b"\0" + _monitors(unit, unit.memory.complete_this_cycle)


def _monitors(unit: Unit, complete: Callable[[Monitor], bool]) -> bytes:
    supported = unit.memory.supported_monitors()
    missing = frozenset(monitor for monitor in supported if not complete(monitor))
    others = DIESEL_BITS if unit.diesel else SPARK_BITS
    always = _bits(CONTINUOUS_BITS, supported) | DIESEL_FLAG * unit.diesel  # tests that run all the time are complete
    return bytes([always, _bits(others, supported), _bits(others, missing)])


def _bits(places: Mapping[Monitor, int], monitors: frozenset[Monitor]) -> int:
    return sum(1 << place for monitor, place in places.items() if monitor in monitors)


def ratios(unit: Unit) -> bytes:
    """Infotypes 08 and 0B: counters of two bytes, zero for monitors that the unit has not; empty if it has none."""
    memory = unit.memory
    monitors = DIESEL_RATIOS if unit.diesel else SPARK_RATIOS
    if not memory.supported_monitors().intersection(monitors):
        return b""
    counters = [memory.general_denominator, memory.cycles % 65_536]
    for monitor in monitors:
        counters += (0, 0) if monitor is None else memory.ratio(monitor)
    return b"".join(counter.to_bytes(2, "big") for counter in counters)
