"""What diagnostics found out about a vehicle, whatever protocol told it: units, codes, lamps, and since when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

Value = float | str | bool | None
"""One value of a freeze frame; None is unknown."""


class Protocol(StrEnum):
    """How a unit was asked."""

    OBD = "j1979"
    OBD_ON_UDS = "j1979-2"
    WWH_OBD = "iso27145"
    UDS = "uds"
    J1939 = "j1939"


class Status(StrEnum):
    """How sure a unit is of a code."""

    PENDING = "pending"
    """Failed in this driving cycle or the last, not yet sure (mode 07, DM6)."""
    CONFIRMED = "confirmed"
    """Sure (mode 03, DM1, DM12)."""
    PREVIOUS = "previous"
    """Was active, and is not now (DM2)."""
    LIT_BEFORE = "previous_mil_on"
    """It is about emissions, has lit the MIL, and does not now (DM23)."""
    PERMANENT = "permanent"
    """Until the unit itself has seen it repaired (mode 0A, DM28)."""


SURER: Final = (Status.PREVIOUS, Status.LIT_BEFORE, Status.PENDING, Status.CONFIRMED, Status.PERMANENT)
"""From the weakest; of several for one code, the strongest but "permanent" counts as its status."""


class Lamp(StrEnum):
    """What the maker lights; unknown is None."""

    OFF = "off"
    ON = "on"
    SLOW_FLASH = "slow_flash"
    FAST_FLASH = "fast_flash"


CodeKey = tuple[str, str, str | None]
"""Unit, code, failure type."""


@dataclass(frozen=True, slots=True)
class Code:
    """A trouble code as a unit tells it."""

    ecu: str
    """As `Ecu.name` has it, or the source address on J1939 in two hex digits."""
    code: str
    """`P0301`, `SPN 110 FMI 0`."""
    failure_type: str | None
    """Third byte, two hex digits; None where the protocol has none."""
    protocol: Protocol
    statuses: frozenset[Status]
    lamp: Lamp | None = None
    occurrences: int | None = None
    active: bool | None = None
    """Its last test failed: it is there right now; None where the protocol does not tell."""
    severity: str | None = None
    """Class of the world-wide OBD regulation: A, B1, B2 or C; None where none is told."""
    freeze_frame: Mapping[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> CodeKey:
        """What makes it this code and no other."""
        return self.ecu, self.code, self.failure_type

    @property
    def status(self) -> Status:
        """The strongest; a code that is permanent alone is just that: somebody cleared the rest."""
        told = [status for status in SURER[:-1] if status in self.statuses]
        return told[-1] if told else Status.PERMANENT


@dataclass(frozen=True, slots=True)
class NetworkName:
    """What a unit on J1939 says of itself when it claims its address (SAE J1939-81, NAME); numbers of its lists."""

    identity_number: int
    """The maker's running number of this very unit; 0 where makers give none."""
    maker: int
    function: int
    function_instance: int
    """0 for the first of several alike."""
    ecu_instance: int
    vehicle_system: int
    vehicle_system_instance: int
    industry: int
    takes_any_address: bool
    """It moves when another wants its address: who is found there next time may be another, and neither is swapped."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Who a control unit says it is; what it did not say is None or empty."""

    ecu: str
    name: str | None = None
    vin: str | None = None
    serial: str | None = None
    hardware: tuple[str, ...] = ()
    software: tuple[str, ...] = ()
    calibrations: tuple[str, ...] = ()
    verifications: tuple[str, ...] = ()
    """CVNs, hex, in the order of the calibrations."""
    ecu_serial: str | None = None
    """Of the control unit itself, where `serial` is that of what it controls (J1939: PGN 64965 beside 65259)."""
    location: str | None = None
    """Where in the vehicle it sits."""
    network_name: NetworkName | None = None

    @property
    def identity(self) -> str | None:
        """By what its NAME tells this very unit from another of its kind; None where it may move or has no number."""
        name = self.network_name
        if name is None or name.takes_any_address or not name.identity_number:
            return None
        return f"maker {name.maker}, identity number {name.identity_number}"


@dataclass(frozen=True, slots=True)
class SinceCleared:
    """How far a unit has come since its codes were cleared (SAE J1979 PIDs 30, 31, 4E; DM21); None is unknown."""

    warm_ups: int | None = None
    distance_km: float | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor's readiness."""

    name: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a unit says of its monitors and its lamp."""

    mil: bool | None
    """Commanded on; OBD-II does not tell whether it flashes."""
    codes: int | None
    monitors: tuple[Monitor, ...] = ()
    """Those that it has."""


@dataclass(frozen=True, slots=True)
class Survey:
    """One look at a whole vehicle. What a unit was not asked, or did not say, is not in it: unknown, not absent."""

    vin: str | None = None
    units: Mapping[str, Unit] = field(default_factory=dict)
    codes: Mapping[CodeKey, Code] = field(default_factory=dict)
    told: Mapping[str, frozenset[Status]] = field(default_factory=dict)
    """Of which kinds each unit told its codes, perhaps none."""
    cleared: Mapping[str, SinceCleared] = field(default_factory=dict)
    readiness: Mapping[str, Readiness] = field(default_factory=dict)
    lamps: Mapping[str, Mapping[str, Lamp]] = field(default_factory=dict)
    """By unit, by lamp: `mil`, `red_stop`, `amber_warning`, `protect`."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """By what was asked: why it was not told, by name."""
    odometer_km: float | None = None
    engine_hours_h: float | None = None
