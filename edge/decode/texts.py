"""What J1939 messages say in words: SAE J1939-71, parameter groups whose fields are ASCII and end in `*`.

A DBC has no signal for a text of any length, and a sample is a number, so these few groups are known here and what
they say goes beside the samples. A field that is empty, or filled with what means "not available", is unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from edge.decode.layout import pgn_of

KEPT_MAX: Final = 256
"""Of paths and senders; what comes beyond is heard but not remembered."""
_END: Final = b"*"
_NOTHING: Final = b"\x00\xff \t\r\n"
_VERSION: Final = "FMS"
_DIGITS: Final = 4
_GRAPHIC: Final = range(0x20, 0x7F)
_OURS: Final = "Vehicle.Telltale"


@dataclass(frozen=True, slots=True)
class _Group:
    message: str
    paths: tuple[str, ...]
    """Of its fields, in their order; what is beyond the last belongs to it."""
    begin: int = 0
    """Bytes before them that are no text."""
    is_joined: bool = False
    """All of its fields are of the one path."""
    is_personal: bool = False


GROUPS: Final[Mapping[int, _Group]] = MappingProxyType(
    {
        0xFEEC: _Group("VI", ("Vehicle.VehicleIdentification.VIN",)),  # SPN 237
        0xFE6B: _Group(  # SPN 1625, 1626
            "DI", tuple(f"{_OURS}.Tachograph.Driver{place}.Identifier" for place in (1, 2)), is_personal=True
        ),
        0xFEEB: _Group(  # SPN 586, 587, 588, 233
            "CI", tuple(f"{_OURS}.Component.{name}" for name in ("Make", "Model", "SerialNumber", "UnitNumber"))
        ),
        0xFDC5: _Group(  # SPN 2901, 2902, 2903, 2904, 4304, 6714
            "ECUID",
            tuple(
                f"{_OURS}.ControlUnit.{name}"
                for name in ("PartNumber", "SerialNumber", "Location", "Type", "Make", "Hardware")
            ),
        ),
        0xFEDA: _Group("SOFT", (f"{_OURS}.Component.Software",), begin=1, is_joined=True),  # SPN 965, 234
        0xFDD1: _Group("FMS", (f"{_OURS}.Fms.Version",)),  # SPN 2806
    }
)
"""By PGN."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one message."""

    message: str
    texts: Mapping[str, str]
    """By path."""
    is_sound: bool
    """Every field is text that can be shown."""
    is_personal: bool
    """It says who somebody is."""


def words_of(identifier: int, payload: bytes) -> Words | None:
    """What a message says; None where its group (of a 29-bit id) is none of text."""
    group = GROUPS.get(pgn_of(identifier))
    if group is None:
        return None
    content = payload[group.begin :] if group.message != _VERSION else _version(payload)
    fields = [field.strip(_NOTHING) for field in content.split(_END)]
    if group.is_joined:
        fields = [b", ".join(filter(None, fields))]
    named = {path: field for path, field in zip(group.paths, fields, strict=False) if field}
    texts = {path: field.decode("ascii") for path, field in named.items() if _is_graphic(field)}
    return Words(group.message, texts, len(texts) == len(named), group.is_personal)


def _version(payload: bytes) -> bytes:
    """Of the FMS-Standard that a gateway speaks: four digits `abcd` stand for ab.cd; anything else is none."""
    digits = payload[1:5]
    return digits[:2] + b"." + digits[2:] if len(digits) == _DIGITS and digits.isdigit() else b""


def _is_graphic(field: bytes) -> bool:
    return all(byte in _GRAPHIC for byte in field)


class Spoken:
    """The latest text of each path and sender, but for what is personal."""

    def __init__(self) -> None:
        self.not_kept = 0
        """Texts for which there was no room."""
        self._latest: dict[tuple[str, str, int], str] = {}

    def hear(self, bus: str, sender: int, words: Words) -> None:
        """Remember what a message said."""
        if words.is_personal:
            return
        for path, text in words.texts.items():
            key = (path, bus, sender)
            if key in self._latest or len(self._latest) < KEPT_MAX:
                self._latest[key] = text
            else:
                self.not_kept += 1

    @property
    def by_path(self) -> dict[str, list[str]]:
        """Of each path what its senders said last, each text once."""
        found: dict[str, list[str]] = {}
        for (path, _, _), text in sorted(self._latest.items()):
            if text not in found.setdefault(path, []):
                found[path].append(text)
        return found
