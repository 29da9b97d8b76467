"""What a trouble code says by its form alone (SAE J2012, ISO 15031-6).

Two bytes: two bits of system, two of who defined it, then three hexadecimal digits. J2012-DA adds a third byte, the
failure type, which is written behind the code: `P0A09-1C`.
"""

import re
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from edge.codes.failure_types import failure_type_text

_LETTERS: Final = "PCBU"
_FORM: Final = re.compile(r"([PCBU])([0-3])([0-9A-F]{3})(?:[-:]?([0-9A-F]{2}))?")


class System(Enum):
    """Which part of the vehicle a code is about (SAE J2012, 5.1)."""

    POWERTRAIN = "powertrain"
    CHASSIS = "chassis"
    BODY = "body"
    NETWORK = "network"


class Origin(Enum):
    """Who says what a code means."""

    GENERIC = "generic"
    """The standard: the same on every vehicle."""
    MAKER = "maker"
    """The vehicle's maker: the same code means something else elsewhere."""
    RESERVED = "reserved"
    """Nobody yet (SAE J2012 keeps B3xxx and C3xxx back)."""


@dataclass(frozen=True, slots=True, order=True)
class TroubleCode:
    """One code of OBD or UDS, with its failure type where one was given."""

    text: str
    """`P0301`."""
    failure_type: int | None = None
    """Third byte of J2012-DA; None: the control unit sends two."""

    def __post_init__(self) -> None:
        found = _FORM.fullmatch(self.text)
        if found is None or found[4] is not None:
            raise ValueError(f"{self.text!r} is no trouble code: it looks like P0301")
        if self.failure_type is not None and not 0 <= self.failure_type <= 0xFF:
            raise ValueError(f"{self.failure_type} is no failure type: it is one byte")

    def __str__(self) -> str:
        return self.text if self.failure_type is None else f"{self.text}-{self.failure_type:02X}"

    @property
    def system(self) -> System:
        """The letter."""
        return _SYSTEMS[self.text[0]]

    @property
    def origin(self) -> Origin:
        """Who defines it (SAE J2012, 5.2 to 5.7)."""
        return _origin(self.text)

    @property
    def subsystem(self) -> str:
        """What the third character says of a generic powertrain code; empty where nothing is agreed."""
        if self.system is not System.POWERTRAIN or self.origin is not Origin.GENERIC:
            return ""
        return _SUBSYSTEMS.get((self.text[1], self.text[2]), "")

    def to_bytes(self) -> bytes:
        """Two bytes, or three with a failure type."""
        number = _LETTERS.index(self.text[0]) << 14 | int(self.text[1:], 16)
        tail = b"" if self.failure_type is None else bytes((self.failure_type,))
        return number.to_bytes(2, "big") + tail


def code_from_bytes(raw: bytes) -> TroubleCode:
    """The code of two bytes (SAE J1979, ISO 15031-5) or three (ISO 14229-1 with J2012-DA).

    Raises:
        ValueError: these are neither two nor three bytes.
    """
    if len(raw) not in (2, 3):
        raise ValueError(f"{len(raw)} bytes are no trouble code: it has 2, or 3 with a failure type")
    number = int.from_bytes(raw[:2], "big")
    return TroubleCode(f"{_LETTERS[number >> 14]}{number & 0x3FFF:04X}", raw[2] if len(raw) == 3 else None)


def code_from_text(text: str) -> TroubleCode:
    """The code that a person wrote: `P0301`, `p0a09-1c`, `P0A09:1C`, `P0A091C`.

    Raises:
        ValueError: it has another form.
    """
    found = _FORM.fullmatch(text.strip().upper())
    if found is None:
        raise ValueError(f"{text!r} is no trouble code: it looks like P0301, or P0A09-1C with a failure type")
    return TroubleCode(f"{found[1]}{found[2]}{found[3]}", None if found[4] is None else int(found[4], 16))


def form_text(code: TroubleCode) -> str:
    """What the form alone says, in a line: `powertrain, generic: ignition and misfire; circuit shorted to ground`."""
    said = [f"{code.system.value}, {_ORIGIN_TEXTS[code.origin]}"]
    if code.subsystem:
        said[0] += f": {code.subsystem}"
    if code.failure_type:  # 0x00 says no more than the code
        said.append(failure_type_text(code.failure_type))
    return "; ".join(said)


def _origin(text: str) -> Origin:
    if text[1] == "0":
        return Origin.GENERIC
    if text[1] == "1":
        return Origin.MAKER
    if text[0] == "P":
        return Origin.GENERIC if text[1] == "2" or text[2] >= "4" else Origin.MAKER
    if text[1] == "2":
        return Origin.MAKER
    return Origin.GENERIC if text[0] == "U" else Origin.RESERVED


_SYSTEMS: Final = MappingProxyType({"P": System.POWERTRAIN, "C": System.CHASSIS, "B": System.BODY, "U": System.NETWORK})
_ORIGIN_TEXTS: Final = MappingProxyType(
    {Origin.GENERIC: "generic", Origin.MAKER: "the maker's own", Origin.RESERVED: "not assigned"}
)
_FUEL_AND_AIR: Final = "fuel, air and emission control"
_SHIFTING: Final = "gearbox"
_HYBRID: Final = "hybrid and electric drive"
_SUBSYSTEMS: Final = MappingProxyType(
    {
        ("0", "0"): _FUEL_AND_AIR,
        ("0", "1"): "fuel and air",
        ("0", "2"): "fuel and air, injectors",
        ("0", "3"): "ignition and misfire",
        ("0", "4"): "emission control",
        ("0", "5"): "speed, idle and auxiliary inputs",
        ("0", "6"): "control units and their outputs",
        **{("0", digit): _SHIFTING for digit in "789"},
        **{("0", digit): _HYBRID for digit in "ABCDEF"},
        ("2", "0"): _FUEL_AND_AIR,
        ("2", "1"): _FUEL_AND_AIR,
        ("2", "2"): _FUEL_AND_AIR,
        ("2", "3"): "ignition and misfire",
        ("2", "4"): "emission control",
        ("2", "5"): "auxiliary inputs",
        ("2", "6"): "control units and their outputs",
        ("2", "7"): _SHIFTING,
        ("2", "A"): _FUEL_AND_AIR,
        ("2", "B"): _FUEL_AND_AIR,
        ("3", "4"): "cylinder deactivation",
    }
)
"""(second, third character) → group (SAE J2012, powertrain system groupings)."""
