"""TruckSurveyor: what to ask a heavy vehicle: who is there, codes of every kind, lamps, readiness, since clearing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from edge.diagnostics import permission as groups
from edge.diagnostics.findings import (
    Code,
    CodeKey,
    Lamp,
    NetworkName,
    Protocol,
    Readiness,
    SinceCleared,
    Status,
    Survey,
    Value,
)
from edge.diagnostics.j1939 import messages
from edge.diagnostics.j1939.asker import EEC1, EVERYBODY, POSITIVE, J1939Asker, Reply
from edge.diagnostics.j1939.identity import unit_of
from edge.diagnostics.j1939.network_name import network_name
from edge.diagnostics.j1939.soundness import Fault, code_list_fault, fault_of
from edge.diagnostics.watch import OTHER_TESTERS

LISTEN_S: Final = 1.3
"""DM1 comes every second (SAE J1939-73, 5.7.1)."""
KINDS: Final[Mapping[int, Status]] = {
    groups.DM2: Status.PREVIOUS,
    groups.DM6: Status.PENDING,
    groups.DM12: Status.CONFIRMED,
    groups.DM23: Status.LIT_BEFORE,
    groups.DM28: Status.PERMANENT,
}
"""Beside DM1, which is heard."""
_SAID_TO_ALL: Final = frozenset({groups.ADDRESS_CLAIMED, groups.DM1})
"""Groups that are only ever told to everybody."""
OLD_METHODS: Final = "codes_of_old_methods"
IDENTITIES: Final = (
    groups.VEHICLE_IDENTIFICATION,
    groups.COMPONENT_IDENTIFICATION,
    groups.ECU_IDENTIFICATION,
    groups.SOFTWARE_IDENTIFICATION,
    groups.DM19,
)


class TruckSurveyor:
    """Asks everybody at once: on J1939 answers arbitrate, and who has nothing to say keeps silent or says so."""

    def __init__(self, asker: J1939Asker) -> None:
        self.units: set[int] = set()
        """Source addresses that ever answered."""
        self.malformed: Counter[str] = Counter(dict.fromkeys((*Fault, OLD_METHODS), 0))
        """Payloads that are not whole, by what is wrong, each time they come; and codes whose SPN cannot be told."""
        self._asker = asker
        self._refused: dict[str, str] = {}
        self._mute: set[tuple[int, int]] = set()
        """Units and groups that were asked for alone, in vain; until we look anew who is there."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""
        return {**self._asker.counters, **self.malformed}

    def discover(self) -> bool:
        """Claim an address, and ask who else has one."""
        self._mute.clear()
        self.units |= self._ask(groups.ADDRESS_CLAIMED).payloads.keys()
        self.units |= self._asker.address.names.keys()
        self._asker.listen(LISTEN_S)
        self.units |= self._asker.active_now().keys() or self._ask(groups.DM2).payloads.keys()
        return bool(self.units)

    def identity(self) -> Survey | None:
        """VIN, labels of components and control units, software, calibrations, and the NAMEs that were heard."""
        said: dict[int, dict[int, bytes]] = {}
        for group in IDENTITIES:
            for unit, payload in self._ask(group).payloads.items():
                said.setdefault(unit, {})[group] = payload
        self.units |= said.keys()
        names = self._network_names()
        told = sorted(said.keys() | {unit for unit, name in names.items() if not name.takes_any_address})
        units = {_name(unit): unit_of(_name(unit), said.get(unit, {}), names.get(unit)) for unit in told}
        vin = next((unit.vin for unit in units.values() if unit.vin), None)
        return Survey(vin=vin, units=units, refused=dict(self._refused)) if units else None

    def codes(self) -> Survey | None:
        """DM1 as it is heard, or asked for where nobody sends it; DM2, 6, 12, 23, 28, and what stands beside."""
        active = self._active()
        codes: dict[CodeKey, Code] = {}
        told: dict[str, frozenset[Status]] = {}
        for payloads, status in ((active, Status.CONFIRMED), *self._lists()):
            self._gather(codes, told, payloads, status)
        for unit, frames in self._frames().items():
            _frame_codes(codes, unit, frames)
        if not told and not codes:
            return None
        ready, cleared = self._ask(groups.DM5).payloads, self._ask(groups.DM21).payloads
        return Survey(
            codes=codes,
            told=told,
            lamps={_name(unit): messages.lamps(payload) for unit, payload in active.items()},
            readiness=dict(_ready(ready)),
            cleared=dict(_since(cleared)),
            odometer_km=self._odometer_km(),
            engine_hours_h=self._first(groups.ENGINE_HOURS, messages.hours_h),
            refused=dict(self._refused),
        )

    def engine_rpm(self) -> float | None:
        """As the engine tells it ten times a second (EEC1, PGN 61444, SPN 190); None where nobody does."""
        self._asker.listen(LISTEN_S)
        told = (messages.engine_rpm(payload) for payload in self._asker.totals.get(EEC1, {}).values())
        return next((rpm for rpm in told if rpm is not None), None)

    def clear(self) -> list[str]:
        """Erase active codes (DM11) and previously active ones (DM3), unit by unit; who says that it did the first.

        Raises:
            Forbidden: the line's permission does not clear.
        """
        cleared = []
        for unit in sorted(self.units):
            if self._asker.ask(groups.DM11, unit).refused.get(unit) == POSITIVE:
                cleared.append(_name(unit))
            self._asker.ask(groups.DM3, unit)
        return cleared

    def values(self) -> Mapping[str, float]:
        """Nothing: a heavy vehicle sends its values by itself."""
        return {}

    def ask_value(self, name: str) -> bool:
        """There is none to ask for."""
        del name
        return False

    def _network_names(self) -> Mapping[int, NetworkName]:
        """NAMEs of the vehicle's units, by source address, as they claimed it last."""
        own = self._asker.address
        others = {unit: claim for unit, claim in own.names.items() if claim != own.name and unit not in OTHER_TESTERS}
        names = {unit: network_name(claim) for unit, claim in others.items()}
        return {unit: name for unit, name in names.items() if name is not None}

    def _active(self) -> Mapping[int, bytes]:
        self._asker.listen(LISTEN_S)
        return self._checked(groups.DM1, self._asker.active_now()) or self._ask(groups.DM1).payloads

    def _lists(self) -> Iterator[tuple[Mapping[int, bytes], Status]]:
        for group, status in KINDS.items():
            yield self._ask(group).payloads, status

    def _frames(self) -> Mapping[int, bytes]:
        return self._ask(groups.DM4).payloads

    def _gather(
        self,
        codes: dict[CodeKey, Code],
        told: dict[str, frozenset[Status]],
        payloads: Mapping[int, bytes],
        status: Status,
    ) -> None:
        for unit, payload in payloads.items():
            name = _name(unit)
            if code_list_fault(payload) is None:  # of a list that is not whole nothing is known to be gone
                told[name] = told.get(name, frozenset()) | {status}
            self.malformed[OLD_METHODS] += messages.ambiguous(payload)
            lamp = messages.brightest(messages.lamps(payload))
            for trouble in messages.troubles(payload):
                key = name, trouble.text, None
                codes[key] = _joined(codes.get(key), name, trouble, status, lamp)

    def _odometer_km(self) -> float | None:
        fine = self._first(groups.FINE_DISTANCE, lambda payload: messages.distance_km(payload, fine=True))
        if fine is not None:
            return fine
        return self._first(groups.VEHICLE_DISTANCE, lambda payload: messages.distance_km(payload, fine=False))

    def _first(self, group: int, read: Callable[[bytes], float | None]) -> float | None:
        payloads = self._checked(group, self._asker.totals.get(group, {})) or self._ask(group).payloads
        known = (read(payload) for payload in payloads.values())
        return next((value for value in known if value is not None), None)

    def _checked(self, group: int, payloads: Mapping[int, bytes]) -> Mapping[int, bytes]:
        """The same; what is not whole is counted."""
        for payload in payloads.values():
            if (fault := fault_of(group, payload)) is not None:
                self.malformed[fault] += 1
        return payloads

    def _ask(self, group: int) -> Reply:
        """Everybody, and whoever kept silent then once more alone: some tell long answers to one alone."""
        reply = self._asker.ask(group, EVERYBODY)
        silent = self.units - reply.payloads.keys() - reply.refused.keys()
        for unit in sorted(silent) if group not in _SAID_TO_ALL else ():
            if (unit, group) in self._mute:
                continue
            alone = self._asker.ask(group, unit)
            reply.payloads |= alone.payloads
            reply.refused |= alone.refused
            if unit not in alone.payloads:
                self._mute.add((unit, group))
        for unit, why in reply.refused.items():
            if why not in {POSITIVE, "not_supported"}:
                self._refused[f"{_name(unit)} PGN {group}"] = why
        self._checked(group, reply.payloads)
        return reply


def _name(unit: int) -> str:
    """Two hex digits of the source address."""
    return f"{unit:02X}"


def _joined(old: Code | None, name: str, trouble: messages.Trouble, status: Status, lamp: Lamp | None) -> Code:
    return Code(
        ecu=name,
        code=trouble.text,
        failure_type=None,
        protocol=Protocol.J1939,
        statuses=(old.statuses if old else frozenset()) | {status},
        lamp=old.lamp if old else (lamp if status is Status.CONFIRMED else None),
        occurrences=trouble.occurrences if trouble.occurrences is not None else (old.occurrences if old else None),
    )


def _frame_codes(codes: dict[CodeKey, Code], unit: int, payload: bytes) -> None:
    for trouble, frame in messages.freeze_frames(payload):
        key = _name(unit), trouble.text, None
        if (code := codes.get(key)) is not None:
            codes[key] = _with_frame(code, frame)


def _with_frame(code: Code, frame: Mapping[str, Value]) -> Code:
    return replace(code, freeze_frame=frame)


def _ready(payloads: Mapping[int, bytes]) -> Iterator[tuple[str, Readiness]]:
    for unit, payload in payloads.items():
        if (told := messages.readiness(payload)) is not None:
            yield _name(unit), told


def _since(payloads: Mapping[int, bytes]) -> Iterator[tuple[str, SinceCleared]]:
    for unit, payload in payloads.items():
        told = messages.since_cleared(payload)
        if told is not None and told != SinceCleared():
            yield _name(unit), told
