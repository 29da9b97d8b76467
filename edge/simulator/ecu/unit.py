"""Unit: one control unit as a tester meets it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge.simulator.ecu.memory import CodeMemory, Readings

Answers = Mapping[int, Callable[[Readings], bytes]]
"""Number of a PID or DID → its bytes, made of what the sensors show."""


@dataclass(slots=True)
class Unit:
    """One control unit: its addresses, its code memory, and what it tells when asked."""

    name: str
    """As the vehicle's DBC names the node: `ENGINE`."""
    address: int
    """Source address: on cars 0x10 engine, 0x18 transmission …; J1939: 0x00 engine, 0x03 transmission …"""
    memory: CodeMemory
    request_id: int = 0
    """11-bit id on which it is asked alone (0x7E0 …); 0: it is not reachable by 11-bit ids."""
    response_id: int = 0
    """11-bit id of its answers."""
    obd: bool = False
    """Answers OBD: the old modes, or services 19 and 22 where the vehicle speaks SAE J1979-2."""
    pids: Answers = field(default_factory=dict)
    """Mode 01 beyond what the memory answers (01, 1C, 21, 30, 31, 41, 4D, 4E, support masks)."""
    dids: Answers = field(default_factory=dict)
    """UDS service 22 beyond what every unit answers (VIN, active session, name, calibration)."""
    calibration_id: str = ""
    """Up to 16 characters (SAE J1979 mode 09 infotype 04); empty: none is told."""
    cvn: int = 0
    """Calibration verification number: 32-bit checksum of the calibration (infotype 06)."""
    diesel: bool = False
    """Compression ignition: other readiness bits (SAE J1979 PID 01) and ratios (mode 09 infotype 0B)."""
