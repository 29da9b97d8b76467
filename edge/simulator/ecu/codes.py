"""Trouble codes that a control unit can set, and how it goes about setting them."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Lamp(Enum):
    """What the driver sees of a code."""

    NONE = "none"
    MIL = "mil"
    """Malfunction indicator (emissions)."""
    AMBER = "amber"
    """Warning: look after it at the next stop."""
    RED = "red"
    """Stop now."""
    PROTECT = "protect"
    """The engine protects itself (J1939)."""


class Monitor(Enum):
    """Readiness groups of SAE J1979 (PID 01) and SAE J1939-73 (DM5)."""

    MISFIRE = "misfire"
    FUEL = "fuel system"
    COMPONENTS = "comprehensive components"
    CATALYST = "catalyst"
    EVAP = "evaporative system"
    O2_SENSOR = "oxygen sensor"
    O2_HEATER = "oxygen sensor heater"
    EGR = "EGR or VVT"
    NMHC_CATALYST = "NMHC catalyst"
    NOX_AFTERTREATMENT = "NOx aftertreatment"
    BOOST = "boost pressure"
    EXHAUST_SENSOR = "exhaust gas sensor"
    PM_FILTER = "particulate filter"
    COOLING = "engine cooling"


CONTINUOUS: Final = frozenset({Monitor.MISFIRE, Monitor.FUEL, Monitor.COMPONENTS})
"""Monitors that judge all the time; the others run once in a trip when their conditions are met."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code that a unit knows, and its rules."""

    text: str
    """As SAE J2012 writes it (`P0128`, `C0035`), or `SPN 110 FMI 16` for a unit that speaks J1939 only."""
    meaning: str
    failure_type: int = 0x00
    """Third byte (SAE J2012-DA, ISO 15031-6): 0x00 when the code says enough."""
    spn: int | None = None
    fmi: int | None = None
    """J1939 name of the same code; None on vehicles that have none."""
    monitor: Monitor | None = None
    """Readiness group whose test it is; None: no part of OBD."""
    lamp: Lamp = Lamp.MIL
    flashes: bool = False
    """The lamp flashes while the test fails: stop, or something breaks (misfire that harms the catalyst)."""
    trips: int = 2
    """Driving cycles in a row with a failure until it is confirmed: 2 for most OBD codes, 1 for the rest."""
    fails_after_s: float = 5.0
    """Seconds of bad verdicts, less the good ones between, until the test has failed."""
    passes_after_s: float = 5.0
    """Seconds of good verdicts, less the bad ones between, until the test has passed."""

    @property
    def emission(self) -> bool:
        """Whether OBD and DM12 know it: codes that can light the MIL."""
        return self.lamp is Lamp.MIL
