"""OBD as SAE J1979 (ISO 15031-5) has it on CAN: modes 01, 02, 03, 04, 07, 09 and 0A of one control unit."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from edge.simulator.ecu.codes import Code
from edge.simulator.ecu.member import Member
from edge.simulator.ecu.readiness import ratios, since_clear, this_cycle
from edge.simulator.ecu.trouble_codes import two_bytes
from edge.simulator.ecu.unit import Unit

POSITIVE: Final = 0x40
NEGATIVE: Final = 0x7F
NOT_SUPPORTED: Final = 0x11
INVALID_FORMAT: Final = 0x12

PIDS_MAX: Final = 6
"""Parameters in one request of mode 01."""
FREEZE_PIDS_MAX: Final = 3
OBD_AND_EOBD: Final = 7
"""PID 1C: meets EOBD and OBD II."""
CODES_MAX: Final = 255
"""The number of codes is one byte."""
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "ENGINE": ("ECM", "EngineControl"),
    "TRANSMISSION": ("TCM", "TransmisCtrl"),
    "BRAKES": ("ABS", "AntiLockBrake"),
    "BODY": ("BCM", "BodyControl"),
    "BATTERY": ("BECM", "B+EnergyCtrl"),
    "MOTOR": ("DMCM", "DriveMotorCtrl"),
}
"""Acronyms and names that SAE J1979 gives to common units (infotype 0A); others are told by their own name."""


def answer(member: Member, request: bytes) -> bytes | None:
    """The answer to one request of modes 01 to 0F; None: the unit keeps silent, as it must when it has nothing.

    Units never answer negatively here; whether silence is right for the way they were asked, the caller knows.
    """
    service = SERVICES.get(request[0])
    told = service(member, request[1:]) if service else None
    return None if told is None else bytes([request[0] + POSITIVE]) + told


def refusal(request: bytes, *, legacy: bool) -> bytes:
    """What a unit that was asked alone says instead of keeping silent; `legacy` tells whether it knows the modes."""
    known = legacy and request[0] in SERVICES
    return bytes([NEGATIVE, request[0], INVALID_FORMAT if known else NOT_SUPPORTED])


def support(numbers: Iterable[int], base: int) -> bytes:
    """Four bytes: which of `base` + 1 to `base` + 0x20 are supported; the last bit says that there are any beyond."""
    mask = 0
    for number in numbers:
        if base < number <= base + 0x20:
            mask |= 1 << base + 0x20 - number
        elif number > base + 0x20:
            mask |= 1
    return mask.to_bytes(4, "big")


def lookup(number: int, supported: Iterable[int], value: Callable[[int], bytes]) -> bytes | None:
    """The bytes of one number, or of its support mask when it is one; None when it is not supported."""
    numbers = frozenset(supported)
    if number % 0x20 == 0:
        return support(numbers, number) if number == 0 or max(numbers, default=0) > number else None
    return value(number) if number in numbers else None


# mode 01


def _whole(value: float, size: int) -> bytes:
    return min(math.floor(value), (1 << 8 * size) - 1).to_bytes(size, "big")


OWN_PIDS: Final[Mapping[int, Callable[[Unit], bytes]]] = {
    0x01: since_clear,
    0x1C: lambda _: bytes([OBD_AND_EOBD]),
    0x1F: lambda unit: _whole(unit.memory.run_s, 2),
    0x21: lambda unit: _whole(unit.memory.distance_with_mil_km, 2),
    0x30: lambda unit: _whole(unit.memory.warm_ups_since_clear, 1),
    0x31: lambda unit: _whole(unit.memory.distance_since_clear_km, 2),
    0x41: this_cycle,
    0x4D: lambda unit: _whole(unit.memory.minutes_with_mil, 2),
    0x4E: lambda unit: _whole(unit.memory.minutes_since_clear, 2),
}
"""What the code memory knows; a unit that has its own of these answers with that."""


def pid(member: Member, number: int) -> bytes | None:
    """The bytes of a PID now, 0x000 to 0x1FF; None when it is not supported."""
    unit = member.unit
    page = number & ~0xFF
    supported = {known & 0xFF for known in (*OWN_PIDS, *unit.pids) if known & ~0xFF == page}

    def value(low: int) -> bytes:
        own = unit.pids.get(page | low)
        return own(member.vehicle.readings()) if own else OWN_PIDS[page | low](unit)

    return lookup(number & 0xFF, supported, value) if supported else None


def _current(member: Member, asked: bytes) -> bytes | None:
    if not 1 <= len(asked) <= PIDS_MAX:
        return None
    told = [(number, pid(member, number)) for number in asked]
    return b"".join(bytes([number]) + value for number, value in told if value is not None) or None


# mode 02


def _frozen(member: Member, asked: bytes) -> bytes | None:
    if len(asked) % 2 or not 1 <= len(asked) // 2 <= FREEZE_PIDS_MAX:
        return None
    pairs = zip(asked[::2], asked[1::2], strict=True)
    told = [(number, frozen_pid(member, number)) for number, frame in pairs if frame == 0]
    return b"".join(bytes([number, 0]) + value for number, value in told if value is not None) or None


def frozen_pid(member: Member, number: int) -> bytes | None:
    """The bytes of a PID in the freeze frame; 02 is the code that caused it, 0000 when there is no freeze frame."""
    kept = member.unit.memory.freeze_frame()

    def value(low: int) -> bytes:
        if low == 0x02:
            return b"\0\0" if kept is None else two_bytes(kept[0])
        return b"" if kept is None else member.unit.pids[low](kept[1])

    supported = {0x02, *(known for known in member.unit.pids if known <= 0xFF)}
    return lookup(number, supported, value) or None


# modes 03, 07, 0A and 04


def _codes(codes: Iterable[Code]) -> bytes:
    told = [two_bytes(code) for code in codes if code.emission][:CODES_MAX]
    return bytes([len(told)]) + b"".join(told)


def _confirmed(member: Member, asked: bytes) -> bytes | None:
    return None if asked else _codes(member.unit.memory.confirmed())


def _pending(member: Member, asked: bytes) -> bytes | None:
    return None if asked else _codes(member.unit.memory.pending())


def _permanent(member: Member, asked: bytes) -> bytes | None:
    return None if asked else _codes(member.unit.memory.permanent())


def _clear(member: Member, asked: bytes) -> bytes | None:
    if asked:
        return None
    member.unit.memory.clear()
    return b""


# mode 09


def infotypes(member: Member) -> dict[int, list[bytes]]:
    """Infotype → its items, without their number and without the ratios."""
    unit = member.unit
    told = {0x0A: [ecu_name(unit.name)]}
    if member.first:
        told[0x02] = [member.vehicle.vin.encode("ascii")]
    if unit.calibration_id:
        told[0x04] = [unit.calibration_id.encode("ascii")[:16].ljust(16, b"\0")]
        told[0x06] = [unit.cvn.to_bytes(4, "big")]
    return told


def ecu_name(name: str) -> bytes:
    """Twenty bytes: four of an acronym, a hyphen, fifteen of a name (SAE J1979 infotype 0A)."""
    acronym, title = NAMES.get(name, (name[:4], name.capitalize()))
    return acronym.encode("ascii")[:4].ljust(4, b"\0") + b"-" + title.encode("ascii")[:15].ljust(15, b"\0")


def _vehicle_information(member: Member, asked: bytes) -> bytes | None:
    masks = bool(asked) and all(number % 0x20 == 0 for number in asked)
    if not (len(asked) == 1 or (masks and len(asked) <= PIDS_MAX)):
        return None
    told = {number: bytes([len(items)]) + b"".join(items) for number, items in infotypes(member).items()}
    counters = ratios(member.unit)
    if counters:
        told[0x0B if member.unit.diesel else 0x08] = bytes([len(counters) // 2]) + counters
    found = [(number, lookup(number, told, told.__getitem__)) for number in asked]
    return b"".join(bytes([number]) + value for number, value in found if value is not None) or None


SERVICES: Final[Mapping[int, Callable[[Member, bytes], bytes | None]]] = {
    0x01: _current,
    0x02: _frozen,
    0x03: _confirmed,
    0x04: _clear,
    0x07: _pending,
    0x09: _vehicle_information,
    0x0A: _permanent,
}
