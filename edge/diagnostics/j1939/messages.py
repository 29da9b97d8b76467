"""What diagnostic messages of SAE J1939-73 say. Pure: payloads in, values out.

What is not available (all ones) or an error (SAE J1939-71, 5.1.4) is unknown, None, never a number. A payload that
is cut gives what is wholly there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge.diagnostics.findings import Lamp, Monitor, Readiness, SinceCleared, Value

LAMPS: Final = ("protect", "amber_warning", "red_stop", "mil")
"""From the lowest two bits upwards: SPN 987, 624, 623, 1213 (SAE J1939-73, 5.7.1)."""
_OFF, _ON = 0b00, 0b01
_FLASHES: Final = {0b00: Lamp.SLOW_FLASH, 0b01: Lamp.FAST_FLASH}
"""SPN 3038 to 3041: 1 Hz, 2 Hz or more; anything else does not flash."""
LAMP_BYTES: Final = 2
CODE_BYTES: Final = 4
CALIBRATION_BYTES: Final = 20
FRAME_LENGTH_MIN: Final = 13
"""Of a freeze frame: its code and what every maker tells alike (SAE J1939-73, 5.7.4)."""
_NO_CODE: Final = (bytes(4), b"\xff" * 4)
WORD_MAX: Final = 0xFAFF
BYTE_MAX: Final = 0xFA
DOUBLE_MAX: Final = 0xFAFFFFFF
"""The highest valid values of two, one and four bytes."""
_ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"

CONTINUOUS: Final = {0x01: "misfire", 0x02: "fuel_system", 0x04: "components"}
"""DM5 byte 4: supported; four bits higher what is not complete (SPN 1221)."""
ONCE: Final = {
    0x0001: "catalyst", 0x0002: "heated_catalyst", 0x0004: "evaporative_system", 0x0008: "secondary_air",
    0x0010: "refrigerant", 0x0020: "exhaust_gas_sensor", 0x0040: "exhaust_gas_sensor_heater", 0x0080: "egr",
    0x0100: "cold_start_aid", 0x0200: "boost_pressure", 0x0400: "particulate_filter", 0x0800: "nox_aftertreatment",
    0x1000: "nmhc_catalyst",
}  # fmt: skip
"""DM5 bytes 5 and 6: supported; 7 and 8: not complete (SPN 1222, 1223)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One diagnostic trouble code: SPN, FMI, how often it came."""

    spn: int
    fmi: int
    occurrences: int | None

    @property
    def text(self) -> str:
        """`SPN 110 FMI 0`."""
        return f"SPN {self.spn} FMI {self.fmi}"


def trouble(raw: bytes) -> Trouble | None:
    """Four bytes; None for no code, and where the conversion method is one of the three old ones.

    Those (bit 8 of byte 4 set) lay the SPN out in ways that the message does not tell apart (SAE J1939-73, 5.7.1.7).
    """
    if len(raw) < CODE_BYTES or raw in _NO_CODE or raw[3] & 0x80:
        return None
    spn = raw[0] | raw[1] << 8 | raw[2] >> 5 << 16
    count = raw[3] & 0x7F
    return Trouble(spn, raw[2] & 0x1F, None if count == 0x7F else count)


def troubles(payload: bytes) -> Iterator[Trouble]:
    """The codes of DM1, 2, 6, 12, 23 and 28: lamps, then four bytes each."""
    for at in range(2, len(payload) - CODE_BYTES + 1, CODE_BYTES):
        if (told := trouble(payload[at : at + CODE_BYTES])) is not None:
            yield told


def ambiguous(payload: bytes) -> int:
    """How many codes a payload holds whose SPN cannot be told."""
    raws = (payload[at : at + CODE_BYTES] for at in range(2, len(payload) - CODE_BYTES + 1, CODE_BYTES))
    return sum(raw not in _NO_CODE and bool(raw[3] & 0x80) for raw in raws)


def lamps(payload: bytes) -> Mapping[str, Lamp]:
    """The lamps of which a payload tells; one that is not available is not in it."""
    found: dict[str, Lamp] = {}
    if len(payload) < 2:
        return found
    for place, name in enumerate(LAMPS):
        state, flash = payload[0] >> 2 * place & 3, payload[1] >> 2 * place & 3
        if state == _OFF:
            found[name] = Lamp.OFF
        elif state == _ON:
            found[name] = _FLASHES.get(flash, Lamp.ON)
    return found


def brightest(told: Mapping[str, Lamp]) -> Lamp | None:
    """Of several lamps, what a driver sees first; None where nothing is known."""
    order = (Lamp.FAST_FLASH, Lamp.SLOW_FLASH, Lamp.ON, Lamp.OFF)
    return next((lamp for lamp in order if lamp in told.values()), None)


def readiness(payload: bytes) -> Readiness | None:
    """DM5 (SAE J1939-73, 5.7.5)."""
    if len(payload) < 8:
        return None
    once, open_ones = int.from_bytes(payload[4:6], "little"), int.from_bytes(payload[6:8], "little")
    monitors = [
        *(Monitor(name, not payload[3] >> 4 & bit) for bit, name in CONTINUOUS.items() if payload[3] & bit),
        *(Monitor(name, not open_ones & bit) for bit, name in ONCE.items() if once & bit),
    ]
    return Readiness(mil=None, codes=_valid(payload[0], BYTE_MAX), monitors=tuple(monitors))


def since_cleared(payload: bytes) -> SinceCleared | None:
    """DM21 (SAE J1939-73, 5.7.21): km and minutes since codes were cleared."""
    if len(payload) < 8:
        return None
    return SinceCleared(
        distance_km=_valid(int.from_bytes(payload[2:4], "little"), WORD_MAX),
        minutes=_valid(int.from_bytes(payload[6:8], "little"), WORD_MAX),
    )


def calibrations(payload: bytes) -> Iterator[tuple[str, str]]:
    """DM19 (SAE J1939-73, 5.7.19): names and verification numbers, as many as there are."""
    for at in range(0, len(payload) - CALIBRATION_BYTES + 1, CALIBRATION_BYTES):
        name = payload[at + 4 : at + CALIBRATION_BYTES].rstrip(b"\0 \xff")
        if name and all(0x20 <= byte < 0x7F for byte in name):
            yield name.decode("ascii"), payload[at : at + 4][::-1].hex().upper()


def freeze_frames(payload: bytes) -> Iterator[tuple[Trouble, Mapping[str, Value]]]:
    """DM4 (SAE J1939-73, 5.7.4): of each code what was when it came, as far as every maker tells it alike."""
    at = 0
    while at + 1 + FRAME_LENGTH_MIN <= len(payload):
        length = payload[at]
        if length < FRAME_LENGTH_MIN or at + 1 + length > len(payload):
            return
        frame = payload[at + 1 : at + 1 + length]
        if (code := trouble(frame[:4])) is not None:
            yield code, dict(_frozen(frame))
        at += 1 + length


def _frozen(frame: bytes) -> Iterator[tuple[str, Value]]:
    """Boost, engine speed, load, coolant and speed behind code and torque mode (SPN 102, 190, 92, 110, 86)."""
    for path, raw, top, scale, offset in (
        (f"{_ENGINE}.MAP", frame[5], BYTE_MAX, 2.0, 0.0),
        (f"{_ENGINE}.Speed", int.from_bytes(frame[6:8], "little"), WORD_MAX, 0.125, 0.0),
        ("Vehicle.OBD.EngineLoad", frame[8], BYTE_MAX, 1.0, 0.0),
        (f"{_ENGINE}.EngineCoolant.Temperature", frame[9], BYTE_MAX, 1.0, -40.0),
        ("Vehicle.Speed", int.from_bytes(frame[10:12], "little"), WORD_MAX, 1 / 256, 0.0),
    ):
        known = _valid(raw, top)
        yield path, None if known is None else known * scale + offset


def distance_km(payload: bytes, *, fine: bool) -> float | None:
    """Total distance: PGN 65217 (`fine`: bytes 1 to 4, 5 m a bit), 65248 (bytes 5 to 8, 0.125 km a bit)."""
    raw = payload[:4] if fine else payload[4:8]
    known = _valid(int.from_bytes(raw, "little"), DOUBLE_MAX) if len(raw) == 4 else None
    return None if known is None else known * (0.005 if fine else 0.125)


def hours_h(payload: bytes) -> float | None:
    """Total engine hours, PGN 65253: bytes 1 to 4, 0.05 h a bit."""
    known = _valid(int.from_bytes(payload[:4], "little"), DOUBLE_MAX) if len(payload) >= 4 else None
    return None if known is None else known * 0.05


def engine_rpm(payload: bytes) -> float | None:
    """Engine speed of EEC1, PGN 61444: bytes 4 and 5, 0.125 rpm a bit."""
    known = _valid(int.from_bytes(payload[3:5], "little"), WORD_MAX) if len(payload) >= 5 else None
    return None if known is None else known * 0.125


def _valid(raw: int, top: int) -> int | None:
    return raw if raw <= top else None
