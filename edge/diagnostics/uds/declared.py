"""What a profile's `[[did]]` entries and SAE J1979 say of identifiers: lengths, values, and what to ask for."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from edge.decode import pids
from edge.decode.did_entries import DidEntry
from edge.decode.dids import READ_BY_DID, Did, DidKey, declared
from edge.decode.quantity import Quantity, read
from edge.diagnostics.ecu import TESTER, UNITS, Ecu, parse_ecu
from edge.diagnostics.findings import Value
from edge.diagnostics.uds.codes import Known
from edge.diagnostics.uds.values import PIDS, WantedDid
from edge.errors import ConfigError

EVERY_S: Final = 10.0
"""Seconds between two questions for an identifier of the profile, where nothing else is configured."""
PLACES: Final = 6
"""Decimals of a value in a snapshot."""


def known(entries: Iterable[DidEntry], place: Path) -> Known:
    """Lengths and values of declared identifiers, and of F4xx; `place` is where the entries are written.

    Raises:
        ConfigError: one stands twice, or its unit is not that of the path and cannot be converted into it.
    """
    dids = declared([entry for entry in entries if _is_uds(entry)], place)
    return Known(
        length=lambda unit, did, rest: _length(dids, unit, did, rest),
        values=lambda unit, did, raw: _values(dids, unit, did, raw),
    )


def wanted(entries: Iterable[DidEntry], *, every_s: float = EVERY_S) -> Iterator[WantedDid]:
    """What to ask for of a profile; local identifiers of KWP (service 21) are not among what may be asked.

    Raises:
        ConfigError: nobody knows on which id a unit is asked.
    """
    for entry in filter(_is_uds, entries):
        yield WantedDid(unit_of(entry), int(entry.did, 16), every_s, alone=entry.bytes is None)


def unit_of(entry: DidEntry) -> Ecu:
    """The unit of an entry; without `request` the one that ISO 15765-4 pairs with its answers.

    Raises:
        ConfigError: there is no such pair.
    """
    if entry.request is not None and len(entry.request) == len(entry.response):
        return parse_ecu(entry.request, entry.response)
    identifier, extended = int(entry.response, 16), len(entry.response) > 3
    if extended and identifier & 0xFFFFFF00 == 0x18DAF100:
        return parse_ecu(f"18DA{identifier & 0xFF:02X}{TESTER:02X}", entry.response)
    pair = next((unit for unit in UNITS if not extended and unit.answer == identifier), None)
    if pair is None or entry.request is not None:
        raise ConfigError(
            f"nobody knows on which id the unit is asked that answers on {entry.response}",
            place=f"did {entry.response} {entry.did}",
            remedy="Add request, in as many hex digits as response",
        )
    return pair


def units(entries: Iterable[DidEntry]) -> frozenset[Ecu]:
    """Units of a profile that nothing reaches which goes to everybody.

    Raises:
        ConfigError: nobody knows on which id a unit is asked.
    """
    return frozenset(unit for entry in filter(_is_uds, entries) if (unit := unit_of(entry)) not in UNITS)


def _is_uds(entry: DidEntry) -> bool:
    return len(entry.did) > 2


def _length(dids: Mapping[DidKey, Did], unit: Ecu, did: int, rest: bytes) -> int | None:
    if (declaration := dids.get(_key(unit, did))) is not None:
        return declaration.bytes
    if did & 0xFF00 != PIDS:
        return None
    length, why = pids.length_of(did & 0xFF, rest)
    return length if why is None else None


def _values(dids: Mapping[DidKey, Did], unit: Ecu, did: int, raw: bytes) -> Mapping[str, Value]:
    declaration = dids.get(_key(unit, did))
    found: Iterable[tuple[Quantity, float]] = ()
    if declaration is not None:
        found = read(declaration.quantities, raw)
    elif did & 0xFF00 == PIDS:
        found = pids.values(did & 0xFF, raw)
    return {quantity.path: round(value, PLACES) for quantity, value in found}


def _key(unit: Ecu, did: int) -> DidKey:
    return DidKey(unit.extended, unit.answer, READ_BY_DID, did)
