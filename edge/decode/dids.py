"""A profile's DIDs (did_entries.py) as quantities with their place in answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.catalogue import info
from edge.decode.did_entries import DidEntry, DidSignal
from edge.decode.quantity import Quantity
from edge.decode.units import between, unit_of
from edge.errors import ConfigError

READ_BY_DID: Final = 0x62
"""Positive answer of ReadDataByIdentifier (ISO 14229-1, 11.2)."""
READ_BY_LOCAL_ID: Final = 0x61
"""Positive answer of ReadDataByLocalIdentifier (ISO 14230-3, 7.1)."""


@dataclass(frozen=True, slots=True)
class DidKey:
    """By what a DID is found in an answer."""

    extended: bool
    response: int
    """Arbitration id."""
    service: int
    number: int

    @property
    def name(self) -> str:
        """As the message of its signals: `Did7EC_0101`."""
        unit = f"{self.response:0{8 if self.extended else 3}X}"
        return f"Did{unit}_{self.number:0{4 if self.service == READ_BY_DID else 2}X}"


@dataclass(frozen=True, slots=True)
class Did:
    """What is behind a DID."""

    quantities: tuple[Quantity, ...]
    names: tuple[str, ...]
    """Of each."""
    bytes: int | None = None
    """None: all the rest of an answer."""


def declared(entries: Sequence[DidEntry], place: Path) -> Mapping[DidKey, Did]:
    """The entries by their keys; `place` is where they are written.

    Raises:
        ConfigError: one stands twice, or its unit is not that of the path and cannot be converted into it.
    """
    found: dict[DidKey, Did] = {}
    for entry in entries:
        service = READ_BY_DID if len(entry.did) > 2 else READ_BY_LOCAL_ID
        key = DidKey(len(entry.response) > 3, int(entry.response, 16), service, int(entry.did, 16))
        if key in found:
            raise _wrong("it stands twice", key, place, "Put all of its signals into one [[did]]")
        quantities = tuple(_quantity(one, key, place) for one in entry.signals)
        if entry.bytes is not None and any(one.end > entry.bytes for one in quantities):
            raise _wrong(f"a signal ends beyond its {entry.bytes} bytes", key, place, "Count bytes from 0 behind it")
        found[key] = Did(quantities, tuple(_name(one) for one in entry.signals), entry.bytes)
    return found


def _quantity(one: DidSignal, key: DidKey, place: Path) -> Quantity:
    path = one.path or f"dbc.{key.name}.{one.name}"
    unit, factor, offset = one.unit, 1.0, 0.0
    known = info(path)
    if known is not None and one.unit != known.unit:
        unit, (factor, offset) = known.unit, _into(known.unit, one, key, place)
    return Quantity(
        path,
        unit,
        8 * one.byte + one.bit,
        one.bits,
        one.scale * factor,
        one.offset * factor + offset,
        signed=one.signed,
        little=one.little,
        nothing=one.nothing,
    )


def _into(unit: str, one: DidSignal, key: DidKey, place: Path) -> tuple[float, float]:
    theirs, ours = unit_of(one.unit), unit_of(unit)
    turned = between(theirs, ours) if theirs and ours else None
    if turned is None:
        problem = f"{one.path} is in {unit!r}, the entry in {one.unit!r}"
        raise _wrong(problem, key, place, f"Write unit = {unit!r}, and scale and offset that give it")
    return turned


def _name(one: DidSignal) -> str:
    return one.name or (one.path or "").rpartition(".")[2]


def _wrong(problem: str, key: DidKey, place: Path, remedy: str) -> ConfigError:
    return ConfigError(problem, file=place, place=f"did {key.name}", remedy=remedy)
