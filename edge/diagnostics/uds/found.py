"""Who speaks what: found by asking everybody, and the units of a profile one by one, for what only reads."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from edge.diagnostics.asker import Answer, Asker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Protocol
from edge.diagnostics.uds import library

OBD: Final = bytes((0x01, 0x00))
"""Which PIDs there are: every unit of SAE J1979 answers it."""
SESSION: Final = 0xF186
"""The active session, one byte (ISO 14229-1 annex C.1)."""
VIN: Final = 0xF190
PROTOCOL: Final = 0xF810
"""Which OBD it is (SAE J1979-2)."""
ON_UDS: Final = b"\x01"
CONFIRMED: Final = 0x08
EVERY_CLASS: Final = 0x1E
"""Classes A, B1, B2 and C."""
STRANGE: Final = frozenset({0x11, 0x7F})
"""Refusals by which a unit that has no such service gives no sign that it speaks UDS."""


@dataclass(frozen=True, slots=True)
class Found:
    """Units by what they speak; one may speak several."""

    obd: tuple[Ecu, ...] = ()
    obd_on_uds: tuple[Ecu, ...] = ()
    wwh_obd: tuple[Ecu, ...] = ()
    uds: tuple[Ecu, ...] = ()
    """All that answer services 19 or 22, those of OBD on UDS too."""

    @property
    def protocols(self) -> frozenset[Protocol]:
        """What is spoken in this vehicle."""
        spoken = {
            Protocol.OBD: self.obd,
            Protocol.OBD_ON_UDS: self.obd_on_uds,
            Protocol.WWH_OBD: self.wwh_obd,
            Protocol.UDS: self.uds,
        }
        return frozenset(protocol for protocol, units in spoken.items() if units)


def find(asker: Asker, units: Iterable[Ecu] = ()) -> Found:
    """Ask everybody, then those units (of the profile) that nothing reaches which goes to everybody.

    Raises:
        NotNow: nothing may be asked at this moment.
        BusDown: the bus or the adapter is not there just now.
    """
    classic = _positive(asker.ask(OBD))
    told = [one for one in asker.ask(library.ask_identifiers([PROTOCOL])) if one.refusal is None]
    on_uds = {one.ecu for one in told if library.identifier(one.payload, PROTOCOL) == ON_UDS}
    emissions = _positive(asker.ask(library.ask_emission_codes(CONFIRMED, EVERY_CLASS)))
    uds = {one.ecu for one in told} | emissions
    for did in (SESSION, VIN):
        uds |= _speaking(asker.ask(library.ask_identifiers([did])))
    for unit in sorted({*units, *classic} - uds):
        uds |= _by_itself(asker, unit)
    return Found(_sorted(classic), _sorted(on_uds), _sorted(emissions - on_uds), _sorted(uds))


def protocols(asker: Asker, units: Iterable[Ecu] = ()) -> frozenset[Protocol]:
    """What is spoken in this vehicle; see `find`."""
    return find(asker, units).protocols


def _by_itself(asker: Asker, unit: Ecu) -> set[Ecu]:
    """A unit that keeps silent when everybody is asked still refuses when it alone is: that, too, is a sign."""
    return _speaking(asker.ask(library.ask_identifiers([VIN]), unit))


def _speaking(answers: Collection[Answer]) -> set[Ecu]:
    return {one.ecu for one in answers if one.refusal not in STRANGE}


def _positive(answers: Collection[Answer]) -> set[Ecu]:
    return {one.ecu for one in answers if one.refusal is None}


def _sorted(units: Iterable[Ecu]) -> tuple[Ecu, ...]:
    return tuple(sorted(units))
