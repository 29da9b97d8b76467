"""What one control unit tells when its diagnostic groups are requested: SAE J1939-73, and its names of J1939-71.

Every builder returns the whole payload; how it travels is the network's and the transport's business. Codes without an
SPN are unknown here. SPNs travel in the standard's fourth form (conversion method bit 0; SAE J1939-73, 5.7.1).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from edge.errors import ConfigError
from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.j1939.freeze import FrozenColumns, frozen
from edge.simulator.ecu.j1939.packets import SIZE_MAX
from edge.simulator.ecu.memory import CodeMemory
from edge.simulator.ecu.unit import Unit

DM1: Final = 0xFECA
"""Active codes and lamps (SAE J1939-73, 5.7.1)."""
DM2: Final = 0xFECB
"""Previously active codes (5.7.2)."""
DM3: Final = 0xFECC
"""A request for it erases previously active codes (5.7.3)."""
DM4: Final = 0xFECD
"""Freeze frames (5.7.4)."""
DM5: Final = 0xFECE
"""Readiness (5.7.5)."""
DM6: Final = 0xFECF
"""Pending emission codes (5.7.6)."""
DM11: Final = 0xFED3
"""A request for it erases everything but permanent codes (5.7.11)."""
DM12: Final = 0xFED4
"""Emission codes that light the MIL (5.7.12)."""
DM19: Final = 0xD300
"""Calibration: its verification number and name (5.7.19)."""
DM21: Final = 0xC100
"""Distance and time with the MIL on, and since codes were cleared (5.7.21)."""
DM23: Final = 0xFDB5
"""Emission codes that have lit the MIL before (5.7.23)."""
DM28: Final = 0xFD80
"""Permanent codes (5.7.28)."""
VIN: Final = 0xFEEC
"""Vehicle identification (SAE J1939-71, PGN 65260)."""
COMPONENT: Final = 0xFEEB
"""Make, model, serial number and unit number (SAE J1939-71, PGN 65259)."""
ECU_LABEL: Final = 0xFDC5
"""Part and serial number, place, type, maker and hardware of the control unit itself (SAE J1939-71, PGN 64965)."""
SOFTWARE: Final = 0xFEDA
"""Software identification (SAE J1939-71, PGN 65242)."""

NOT_OBD: Final = 0x05
"""SPN 1220 of a unit that is no part of OBD: "not intended to meet OBD II" (values as SAE J1979 PID 1C)."""
HD_OBD: Final = 0x14
"""SPN 1220: heavy-duty OBD."""

FMI_UNKNOWN: Final = 31
"""Condition exists, or not available (SAE J1939-73, appendix A)."""
CODES_MAX: Final = (SIZE_MAX - 2) // 4
"""Codes that fit into one message."""
COUNT_MAX: Final = 250
"""Highest valid value of one byte (SAE J1939-71, 5.1.4)."""
WORD_MAX: Final = 0xFAFF
"""Highest valid value of two bytes (as above)."""
CALIBRATION_ID_BYTES: Final = 16

_LAMPS: Final = (Lamp.PROTECT, Lamp.AMBER, Lamp.RED, Lamp.MIL)
"""From the lowest two bits upwards: SPN 987, 624, 623, 1213 (SAE J1939-73, 5.7.1)."""
_ON: Final = 0b01
_UNAVAILABLE: Final = 0b11
"""State of a lamp: 00 off, 01 on, 11 not available."""
_STEADY: Final = 0b11
"""SPN 3038 to 3041: 00 slow flash (1 Hz), 01 fast (2 Hz), 10 reserved, 11 does not flash or not available."""

_CONTINUOUS: Final = {Monitor.MISFIRE: 0x01, Monitor.FUEL: 0x02, Monitor.COMPONENTS: 0x04}
"""Byte 4 of DM5, support; four bits higher the status, which is always complete (SPN 1221)."""
_ONCE: Final = {
    Monitor.CATALYST: 0x0001,
    Monitor.EVAP: 0x0004,
    Monitor.O2_SENSOR: 0x0020,
    Monitor.EXHAUST_SENSOR: 0x0020,
    Monitor.O2_HEATER: 0x0040,
    Monitor.EGR: 0x0080,
    Monitor.BOOST: 0x0200,
    Monitor.PM_FILTER: 0x0400,
    Monitor.NOX_AFTERTREATMENT: 0x0800,
    Monitor.NMHC_CATALYST: 0x1000,
}
"""Bytes 5 and 6 of DM5, support, and 7 and 8, status (SPN 1222 and 1223); DM5 knows no engine cooling."""


@dataclass(frozen=True, slots=True)
class Component:
    """What the labels of a unit and of what it controls say; every part may be empty."""

    make: str = ""
    """SPN 586: up to five letters by the industry's list."""
    model: str = ""
    serial: str = ""
    number: str = ""
    """SPN 233: the operator's own number of the unit."""
    software: tuple[str, ...] = ()
    """SPN 234: names of the programs in it; without any, the calibration's name stands in."""
    ecu: tuple[str, ...] = ()
    """SPN 2901, 2902, 2903, 2904, 4304, 6714, as many as the unit tells: what the label of the control unit says."""
    claim: bytes = b""
    """Its NAME, eight bytes; without one it says nothing of its address."""


class Diagnostics:
    """All that one unit can tell by itself; None for what it does not know."""

    def __init__(self, unit: Unit, *, vin: str, component: Component | None, columns: FrozenColumns) -> None:
        self._unit = unit
        self._memory = unit.memory
        self._columns = columns
        self._lamps = known_lamps(unit.memory)
        self.claim = component.claim if component else b""
        """What it says when everybody is asked for their addresses."""
        self._answers: dict[int, Callable[[], bytes]] = {
            DM1: self.dm1,
            DM2: lambda: self._list(self._memory.previously_active()),
            DM5: lambda: readiness(unit),
        }
        self._clears = {DM3: self._memory.clear_inactive, DM11: self._memory.clear}
        if unit.obd:
            self._add_obd()
        self._add_names(vin, component)

    def answer(self, pgn: int) -> bytes | None:
        """The payload of a group now; None when the unit does not have it."""
        builder = self._answers.get(pgn)
        return None if builder is None else builder()

    def clear(self, pgn: int) -> bool:
        """Erase what a request for this group erases; False when it is no such group."""
        erase = self._clears.get(pgn)
        if erase is None:
            return False
        erase()
        return True

    def dm1(self) -> bytes:
        """Lamps and active codes."""
        return self._list(self._memory.active())

    def _add_obd(self) -> None:
        memory = self._memory
        self._answers |= {
            DM4: lambda: frozen(memory, self._columns, trouble_code),
            # a code that has lit the MIL is pending no more (13 CCR 1971.1 (d)(2.2), SAE J1939)
            DM6: lambda: self._list(code for code in _emission(memory.pending()) if code not in memory.confirmed()),
            DM12: lambda: self._list(code for code in _emission(memory.lit()) if code in memory.confirmed()),
            DM21: lambda: counters(memory),
            DM23: lambda: self._list(code for code in _emission(memory.confirmed()) if code not in memory.lit()),
            DM28: lambda: self._list(memory.permanent()),
        }

    def _add_names(self, vin: str, component: Component | None) -> None:
        unit = self._unit
        if unit.calibration_id:
            calibration = calibration_of(unit)
            self._answers[DM19] = lambda: calibration
        if vin:
            identification = starred("vin", vin)
            self._answers[VIN] = lambda: identification
        programs = component.software if component else ()
        programs = programs or ((unit.calibration_id,) if unit.calibration_id else ())
        if programs:
            software = bytes((len(programs),)) + starred("software", *programs)
            self._answers[SOFTWARE] = lambda: software
        if component is not None:
            self._add_labels(component)

    def _add_labels(self, component: Component) -> None:
        parts = (component.make, component.model, component.serial, component.number)
        for pgn, place, said in ((COMPONENT, "component", parts), (ECU_LABEL, "ecu", component.ecu)):
            if any(said):
                self._answers[pgn] = partial(bytes, starred(place, *said))

    def _list(self, codes: Iterable[Code]) -> bytes:
        return lamps(self._memory, self._lamps) + code_list(self._memory, codes)


def known_lamps(memory: CodeMemory) -> tuple[tuple[Lamp, int], ...]:
    """Lamps that some code of the unit lights, and the place of their bits."""
    lights = {code.lamp for code in memory.codes}
    return tuple((lamp, 2 * place) for place, lamp in enumerate(_LAMPS) if lamp in lights)


def lamps(memory: CodeMemory, known: Iterable[tuple[Lamp, int]]) -> bytes:
    """The two lamp bytes: commanded state, and flashing; a lamp that is not among the `known` is not available."""
    state = flash = 0xFF
    for lamp, place in known:
        state &= ~(_UNAVAILABLE << place)  # off
        if memory.lamp(lamp):
            state |= _ON << place
            if memory.flashing(lamp):
                flash &= ~(_STEADY << place)  # slow flash
    return bytes((state, flash))


def code_list(memory: CodeMemory, codes: Iterable[Code]) -> bytes:
    """Four bytes for each code; one code or none is filled up to a whole frame (SAE J1939-73, 5.7.1)."""
    listed = [trouble_code(code, memory.occurrences(code.text)) for code in codes if code.spn is not None][:CODES_MAX]
    return b"".join(listed or [bytes(4)]).ljust(6, b"\xff")


def trouble_code(code: Code, occurrences: int) -> bytes:
    """SPN 1214 (19 bits), 1215 FMI (5), 1706 conversion method 0, 1216 occurrence count (7): SAE J1939-73, 5.7.1."""
    spn, fmi = code.spn or 0, FMI_UNKNOWN if code.fmi is None else code.fmi
    return bytes((spn & 0xFF, spn >> 8 & 0xFF, spn >> 11 & 0xE0 | fmi & 0x1F, occurrences & 0x7F))


def readiness(unit: Unit) -> bytes:
    """DM5: numbers of codes, OBD compliance, and which monitors the unit has and has not completed since the clear."""
    memory = unit.memory
    active = min(sum(code.spn is not None for code in memory.active()), COUNT_MAX)
    previous = min(sum(code.spn is not None for code in memory.previously_active()), COUNT_MAX)
    if not unit.obd:
        return bytes((active, previous, NOT_OBD, 0, 0, 0, 0, 0))
    continuous = once = open_ones = 0
    for monitor in memory.supported_monitors():
        continuous |= _CONTINUOUS.get(monitor, 0)
        once |= _ONCE.get(monitor, 0)
        open_ones |= 0 if memory.complete(monitor) else _ONCE.get(monitor, 0)
    return bytes((active, previous, HD_OBD, continuous)) + once.to_bytes(2, "little") + open_ones.to_bytes(2, "little")


def counters(memory: CodeMemory) -> bytes:
    """DM21: SPN 3069, 3294, 3295, 3296 in km and minutes."""
    values = (
        memory.distance_with_mil_km,
        memory.distance_since_clear_km,
        memory.minutes_with_mil,
        memory.minutes_since_clear,
    )
    return b"".join(min(int(value), WORD_MAX).to_bytes(2, "little") for value in values)


def calibration_of(unit: Unit) -> bytes:
    """DM19: verification number, lowest byte first, and 16 characters of name, filled up with zeros.

    Raises:
        ConfigError: the name is longer, or not ASCII.
    """
    text = _ascii("calibration_id", unit.calibration_id)
    if len(text) > CALIBRATION_ID_BYTES:
        raise ConfigError(f"{unit.calibration_id!r} has more than 16 characters", place="calibration_id")
    return (unit.cvn & 0xFFFFFFFF).to_bytes(4, "little") + text.ljust(CALIBRATION_ID_BYTES, b"\0")


def starred(place: str, *parts: str) -> bytes:
    """Texts of variable length, each ended by an asterisk (SAE J1939-71, PGN 65242, 65259, 65260).

    Raises:
        ConfigError: a part has an asterisk or is not ASCII, or all of them do not fit into one message.
    """
    joined = b"".join(_ascii(place, part) + b"*" for part in parts)
    if len(joined) >= SIZE_MAX:
        raise ConfigError(f"{len(joined)} bytes do not fit into one message", place=place, remedy="Shorten it")
    return joined


def _ascii(place: str, text: str) -> bytes:
    if not text.isascii() or not text.isprintable() or "*" in text:
        raise ConfigError(f"{text!r} is not plain ASCII without asterisks", place=place, remedy="Write it without them")
    return text.encode("ascii")


def _emission(codes: Iterable[Code]) -> Iterable[Code]:
    return (code for code in codes if code.emission)
