"""UdsReader: reading a vehicle by UDS, and by OBD on it: who is there, identity, codes, readiness, since clearing."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from edge.diagnostics import obd_messages
from edge.diagnostics.asker import Asker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Code, CodeKey, Protocol, Readiness, SinceCleared, Status, Survey, Unit
from edge.diagnostics.uds import identity
from edge.diagnostics.uds.codes import CodeReader, Known
from edge.diagnostics.uds.dialogue import Dialogue
from edge.diagnostics.uds.found import Found, find
from edge.diagnostics.uds.identity import UnitIdentity
from edge.diagnostics.uds.refusals import Then
from edge.diagnostics.uds.values import PIDS, DidReading, WantedDid, readings, wanted_pids

BITMAP_STEP: Final = 0x20
BITMAPS: Final = range(0x00, 0x100, BITMAP_STEP)
READINESS: Final = 0xF401
WARM_UPS: Final = 0xF430
DISTANCE: Final = 0xF431
MINUTES: Final = 0xF44E
ODOMETER: Final = 0xF4A6
"""SAE J1979-2: F4xx is PID xx of service 01, with its bytes."""


class UdsReader:
    """Reads every unit that answers services 19 or 22."""

    def __init__(
        self,
        asker: Asker,
        *,
        units: Collection[Ecu] = (),
        known: Known | None = None,
        wanted: Sequence[WantedDid] = (),
        rates_s: Mapping[int, float] | None = None,
    ) -> None:
        """`units`: of the profile, beyond those that are reached by asking everybody; `known`: of identifiers in
        snapshots; `wanted`: what to ask for again and again; `rates_s`: the same of OBD on UDS, by PID."""
        self.found = Found()
        self.dialogue = Dialogue(asker)
        self._asker = asker
        self._units = units
        self._codes = CodeReader(self.dialogue, known or Known())
        self._one_by_one: set[str] = set()
        """Readings whose identifiers are asked for singly."""
        self._wanted = wanted
        self._rates_s = rates_s or {}
        self._readings: dict[str, DidReading] = {}

    @property
    def counters(self) -> Mapping[str, int]:
        """What was refused and not understood, by name."""
        counts = Counter({f"uds_{name}": count for name, count in self.dialogue.refusals.items()})
        counts.update({f"malformed_{kind}": count for kind, count in self.dialogue.malformed.items()})
        return counts

    @property
    def guarded(self) -> frozenset[str]:
        """Units behind a security gateway, as far as they said so."""
        return self.dialogue.guarded

    def discover(self) -> bool:
        """Find out who answers UDS."""
        self.found = find(self._asker, self._units)
        wanted = [one for one in self._wanted if one.unit in self.found.uds]
        if self._rates_s:
            for unit in filter(self._emissions, self.found.uds):
                wanted += wanted_pids(unit, self._pids(unit), self._rates_s)
        self._readings = {one.name: one for one in readings(wanted)}
        return bool(self.found.uds)

    def identity(self) -> Survey | None:
        """Names, numbers and calibrations; None when nobody says anything."""
        self.dialogue.forget()
        identities = {unit: self._identity(unit) for unit in self.found.uds}
        units = {one.ecu: one.unit() for one in identities.values()}
        told = {ecu: unit for ecu, unit in units.items() if unit != Unit(ecu)}
        if not told and not self.dialogue.refused:
            return None
        return Survey(vin=self._vin(identities), units=told, refused=self.dialogue.refused)

    def codes(self) -> Survey | None:
        """Codes with what was kept of them, readiness, since when; None when nobody says anything, not even why not."""
        codes: dict[CodeKey, Code] = {}
        told: dict[str, frozenset[Status]] = {}
        for unit in self.found.uds:
            found = self._codes.read(unit, self._emissions(unit))
            if found is None:
                continue
            told[unit.name] = found.told
            codes.update({one.key: one for one in found.codes})
        obd = [unit for unit in self.found.uds if self._emissions(unit)]
        ready = {unit.name: one for unit in obd if (one := self._readiness(unit)) is not None}
        since = {unit.name: counters for unit in obd if (counters := self._since_cleared(unit)) != SinceCleared()}
        if not told and not self.dialogue.refused:
            return None
        return Survey(
            codes=codes, told=told, readiness=ready, cleared=since, refused=self.dialogue.refused,
            odometer_km=self._odometer_km(obd),
        )  # fmt: skip

    def values(self) -> Mapping[str, float]:
        """What else can be asked, by name, and how many seconds apart it is wanted."""
        return {name: reading.every_s for name, reading in self._readings.items()}

    def ask_value(self, name: str) -> bool:
        """Ask for the identifiers of a reading; the answer is heard by whoever listens to the bus."""
        if (reading := self._readings.get(name)) is None:
            return False
        if name not in self._one_by_one:
            if self.dialogue.several(reading.unit, reading.dids):
                return True
            if not self._is_too_much(reading):
                return False
            self._one_by_one.add(name)
        answered = [did for did in reading.dids if self.dialogue.several(reading.unit, [did])]
        return bool(answered)

    def _is_too_much(self, reading: DidReading) -> bool:
        """Some units take one identifier at a time, or refuse all for one that they do not have."""
        why = self.dialogue.why_not(reading.unit, reading.dids)
        return len(reading.dids) > 1 and why is not None and why.then in {Then.NEVER, Then.LESS}

    # who is who

    def _identity(self, unit: Ecu) -> UnitIdentity:
        dids = identity.ORDINARY + (identity.OBD if self._emissions(unit) else ())
        told = ((did, self.dialogue.identifier(unit, did)) for did in dids)
        return UnitIdentity(unit.name, {did: value for did, value in told if value is not None})

    def _vin(self, identities: Mapping[Ecu, UnitIdentity]) -> str | None:
        """Of those that OBD holds to account; else the one that most units name, of equals the first."""
        for unit, one in identities.items():
            if self._emissions(unit) and one.vin:
                return one.vin
        named = Counter(one.vin for one in identities.values() if one.vin)
        return named.most_common(1)[0][0] if named else None

    def _emissions(self, unit: Ecu) -> Protocol | None:
        if unit in self.found.obd_on_uds:
            return Protocol.OBD_ON_UDS
        return Protocol.WWH_OBD if unit in self.found.wwh_obd else None

    def _pids(self, unit: Ecu) -> frozenset[int]:
        """PIDs that a unit supports: thirty-two by thirty-two, as long as one leads to the next."""
        pids: frozenset[int] = frozenset()
        for base in BITMAPS:
            if base and base not in pids:
                break
            raw = self.dialogue.identifier(unit, PIDS | base)
            pids |= obd_messages.support(b"\x41" + bytes([base]) + raw) if raw else frozenset()
        return frozenset(pid for pid in pids if pid % BITMAP_STEP)

    # what stands beside codes

    def _readiness(self, unit: Ecu) -> Readiness | None:
        raw = self.dialogue.identifier(unit, READINESS)
        return obd_messages.readiness(b"\x41\x01" + raw) if raw else None

    def _since_cleared(self, unit: Ecu) -> SinceCleared:
        return SinceCleared(
            self._number(unit, WARM_UPS, 1), self._number(unit, DISTANCE, 2), self._number(unit, MINUTES, 2)
        )

    def _odometer_km(self, units: Sequence[Ecu]) -> float | None:
        tenths = (self._number(unit, ODOMETER, 4) for unit in units)
        return next((told / 10 for told in tenths if told is not None), None)

    def _number(self, unit: Ecu, did: int, size: int) -> int | None:
        raw = self.dialogue.identifier(unit, did)
        return int.from_bytes(raw, "big") if raw is not None and len(raw) == size else None
