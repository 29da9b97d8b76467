"""Joining: what a unit told by OBD-II and what it told by UDS become one, without seeming to change by the way. Pure.

OBD-II names codes without failure type, UDS with it; a code is one code all the same. A look in which one of the two
did not answer must neither lose codes nor rename them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from edge.diagnostics.findings import Code, Status, Survey, Unit


class Joining:
    """Joins looks; remembers the failure types of codes, and who told by which way before."""

    def __init__(self, known: Survey | None = None) -> None:
        """`known`: what was known when we last stopped."""
        self._types: dict[tuple[str, str], tuple[str, ...]] = {}
        self._by_obd: set[str] = set()
        self._by_uds: set[str] = set()
        for code in (known or Survey()).codes.values():
            self._learn(code)
            if code.failure_type is not None:
                self._by_uds.add(code.ecu)

    def codes(self, obd: Survey | None, uds: Survey | None) -> Survey | None:
        """Two looks at codes as one; None when neither told anything."""
        if obd is None and uds is None:
            return None
        first, second = obd or Survey(), uds or Survey()
        self._by_obd |= {ecu for ecu, kinds in first.told.items() if kinds}
        self._by_uds |= {ecu for ecu, kinds in second.told.items() if kinds}
        for code in second.codes.values():
            self._learn(code)
        codes = {code.key: code for code in second.codes.values()}
        for code in first.codes.values():
            for one in self._typed(code, second):
                codes[one.key] = _both(one, codes[one.key]) if one.key in codes else one
        return Survey(
            codes=codes, told=self._told(first.told, second.told), cleared={**second.cleared, **first.cleared},
            readiness={**second.readiness, **first.readiness}, refused={**second.refused, **first.refused},
            odometer_km=first.odometer_km if first.odometer_km is not None else second.odometer_km,
        )  # fmt: skip

    def _learn(self, code: Code) -> None:
        if code.failure_type is None:
            return
        place = code.ecu, code.code
        self._types[place] = tuple(sorted({*self._types.get(place, ()), code.failure_type}))

    def _typed(self, code: Code, uds: Survey) -> Iterator[Code]:
        """A code of OBD-II under the failure types that UDS gives it now, or else was ever heard to give it."""
        now = [one.failure_type for one in uds.codes.values() if (one.ecu, one.code) == (code.ecu, code.code)]
        before: tuple[str | None, ...] = self._types.get((code.ecu, code.code), ())
        for failure_type in now or before or (None,):
            yield replace(code, failure_type=failure_type)

    def _told(
        self, obd: Mapping[str, frozenset[Status]], uds: Mapping[str, frozenset[Status]]
    ) -> dict[str, frozenset[Status]]:
        """Of which kinds all codes were told: where a unit tells by both ways, only if both ways did."""
        told: dict[str, frozenset[Status]] = {}
        for ecu in {*obd, *uds}:
            by_obd, by_uds = obd.get(ecu, frozenset()), uds.get(ecu, frozenset())
            if (ecu in self._by_obd and not by_obd) or (ecu in self._by_uds and not by_uds):
                told[ecu] = frozenset()
            else:
                told[ecu] = by_obd | by_uds
        return told


def identities(obd: Survey | None, uds: Survey | None, *, by_obd: Collection[str]) -> Survey | None:
    """Two looks at who units are as one; None when neither told anything.

    Units of `by_obd`, which speak OBD-II, have name, VIN and calibrations from there alone: else a look in which OBD-II
    did not answer would seem to find other calibrations.
    """
    if obd is None or uds is None:
        return obd if obd is not None else (_only(uds, by_obd) if uds is not None else None)
    units = {**_only(uds, by_obd).units}
    for ecu, unit in obd.units.items():
        other = units.get(ecu, Unit(ecu))
        units[ecu] = replace(unit, serial=other.serial, hardware=other.hardware, software=other.software)
    return Survey(vin=obd.vin or uds.vin, units=units, refused={**uds.refused, **obd.refused})


def _only(uds: Survey | None, by_obd: Collection[str]) -> Survey:
    """What UDS may say of units that speak OBD-II as well: what OBD-II has no word for."""
    if uds is None:
        return Survey()
    units = {
        ecu: replace(unit, name=None, vin=None, calibrations=(), verifications=()) if ecu in by_obd else unit
        for ecu, unit in uds.units.items()
    }
    return replace(uds, units=units)


def _both(obd: Code, uds: Code) -> Code:
    """One code as both ways tell it."""
    return replace(
        uds,
        protocol=obd.protocol,
        statuses=obd.statuses | uds.statuses,
        lamp=obd.lamp if uds.lamp is None else uds.lamp,
        freeze_frame={**uds.freeze_frame, **obd.freeze_frame},
    )
