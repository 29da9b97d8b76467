"""CodeReader: the trouble codes of one unit, of every report that it has, with what it kept of each."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Code, Lamp, Protocol, Status, Value
from edge.diagnostics.uds import library, messages
from edge.diagnostics.uds.dialogue import Dialogue
from edge.diagnostics.uds.found import EVERY_CLASS
from edge.diagnostics.uds.messages import CodeList, Record, StatusByte

SURE_OR_PENDING: Final = messages.PENDING | messages.CONFIRMED
MASK: Final = SURE_OR_PENDING | messages.TEST_FAILED
"""With "test failed", for units that keep neither of the others."""
KEPT_MAX: Final = 512
"""Codes whose snapshot is remembered."""
LOOKS_MAX: Final = 12
"""After so many looks it is read again: a unit may keep another without another status."""
FRESH_MAX: Final = 16
"""Codes of a unit that are asked in depth at one look; the others have their turn at the next."""
NO_SNAPSHOT: Final = 6
"""Bytes of an answer that says that none was kept."""
NOTHING_KEPT: Final = StatusByte.of(0x00)
"""Of a permanent code, the other flags are not judged by."""
LEARNED_MAX: Final = 16
"""Identifiers that are asked for at one look only to learn how long they are."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of identifiers besides what units tell: lengths in bytes, and values by path."""

    length: Callable[[Ecu, int, bytes], int | None] = lambda _unit, _did, _rest: None
    """From a unit, an identifier and what follows it."""
    values: Callable[[Ecu, int, bytes], Mapping[str, Value]] = lambda _unit, _did, _raw: {}
    """Nothing of an identifier that nobody declared: it stands in hex."""


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """The codes of one unit, as of one look."""

    codes: tuple[Code, ...] = ()
    told: frozenset[Status] = frozenset()
    """Of which kinds it told all its codes, perhaps none."""


@dataclass(slots=True)
class _Reports:
    """What a unit told this time, by report: whether the look is whole."""

    ordinary: CodeList | None = None
    emissions: CodeList | None = None
    permanent: CodeList | None = None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for name in self.__slots__ if getattr(self, name) is not None)


@dataclass(slots=True)
class _Kept:
    """What a unit kept of a code, as it was read."""

    status: StatusByte
    frame: Mapping[str, Value]
    looks: int = 0
    """At the unit's codes since then."""


class CodeReader:
    """Reads codes unit by unit; remembers what it read in depth. Used by one thread."""

    def __init__(self, dialogue: Dialogue, known: Known) -> None:
        self._dialogue = dialogue
        self._known = known
        self._kept: dict[tuple[Ecu, int], _Kept] = {}
        self._formats: dict[Ecu, int | None] = {}
        self._ever: dict[Ecu, frozenset[str]] = {}
        self._learns = LEARNED_MAX
        self._fresh = FRESH_MAX

    def read(self, unit: Ecu, emissions: Protocol | None) -> UnitCodes | None:
        """All codes of a unit; None when it tells none at all. `emissions`: how it speaks OBD, if over UDS.

        Raises:
            NotNow: nothing may be asked at this moment.
            BusDown: the bus or the adapter is not there just now.
        """
        reports = self._reports(unit, is_obd=emissions is not None)
        if not reports.names:
            return None
        whole = reports.names >= self._ever.get(unit, frozenset())
        self._ever[unit] = self._ever.get(unit, frozenset()) | reports.names
        found = self._codes(unit, reports, emissions or Protocol.UDS)
        if whole:
            self._drop_gone(unit, found)
        return UnitCodes(tuple(found.values()), _told(reports) if whole else frozenset())

    def _reports(self, unit: Ecu, *, is_obd: bool) -> _Reports:
        reports = _Reports(ordinary=self._list(unit, library.ask_codes(MASK), library.codes))
        if reports.ordinary is not None and reports.ordinary.records and self._counts_as_trucks_do(unit):
            reports.ordinary = reports.ordinary.as_spn_and_fmi()
        if is_obd:
            request = library.ask_emission_codes(SURE_OR_PENDING, EVERY_CLASS)
            reports.emissions = self._list(unit, request, messages.emission_codes)
            reports.permanent = self._list(unit, library.ask_permanent_codes(), messages.permanent_codes)
        return reports

    def _counts_as_trucks_do(self, unit: Ecu) -> bool:
        """The list of 19 02 does not say what its codes are; the count of 19 01 does, and once is enough."""
        if unit not in self._formats and (answer := self._dialogue.told(unit, library.ask_count(MASK))):
            self._formats[unit] = messages.code_format(answer)
        return self._formats.get(unit) == messages.J1939_FORMAT

    def _list(self, unit: Ecu, request: bytes, read: Callable[[bytes], CodeList | None]) -> CodeList | None:
        answer = self._dialogue.told(unit, request)
        if answer is None:
            return None
        told = read(answer)
        if told is None:
            self._dialogue.misread(answer)
        return told

    def _codes(self, unit: Ecu, reports: _Reports, emissions: Protocol) -> dict[int, Code]:
        self._learns, self._fresh = LEARNED_MAX, FRESH_MAX
        permanent = {one.number: one for one in reports.permanent.records} if reports.permanent else {}
        found: dict[int, Code] = {}
        for told, protocol in ((reports.emissions, emissions), (reports.ordinary, Protocol.UDS)):
            if told is None:
                continue
            for record in told.records:
                lasting = frozenset({Status.PERMANENT}) if record.number in permanent else frozenset()
                statuses = messages.statuses(record.status, told.available) | lasting
                if statuses and record.number not in found:
                    kept = self._kept_of(unit, record)
                    found[record.number] = _code(unit, record, told.available, protocol, statuses=statuses, kept=kept)
        for number, record in permanent.items():
            if number not in found:
                statuses = frozenset({Status.PERMANENT})
                found[number] = _code(unit, record, NOTHING_KEPT, emissions, statuses=statuses, kept={})
        return found

    # what the unit kept of a code

    def _kept_of(self, unit: Ecu, record: Record) -> Mapping[str, Value]:
        """Its snapshot and counters, asked for when the code or its status is new, and now and then."""
        kept = self._kept.get((unit, record.number))
        is_due = kept is None or kept.status != record.status or (kept.looks >= LOOKS_MAX and self._fresh > 0)
        if kept is not None and not is_due:
            kept.looks += 1
            return kept.frame
        if self._fresh <= 0:
            return {}
        self._fresh -= 1
        frame = {**self._snapshot(unit, record.number), **self._extended(unit, record.number)}
        if self._learns > 0:
            self._keep(unit, record, frame)
        return frame

    def _keep(self, unit: Ecu, record: Record, frame: Mapping[str, Value]) -> None:
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        self._kept[unit, record.number] = _Kept(record.status, frame)

    def _drop_gone(self, unit: Ecu, found: Collection[int]) -> None:
        """A code that comes again comes with a snapshot of its own."""
        for one, number in list(self._kept):
            if one == unit and number not in found:
                del self._kept[one, number]

    def _snapshot(self, unit: Ecu, number: int) -> dict[str, Value]:
        answer = self._dialogue.told(unit, library.ask_snapshots(number))
        if answer is None or len(answer) == NO_SNAPSHOT:
            return {}
        snapshot = messages.first_snapshot(answer, lambda did, rest: self._length(unit, did, rest))
        if snapshot is None:
            self._dialogue.misread(answer)
            return {}
        values: dict[str, Value] = {}
        for did, raw in snapshot.values.items():
            values |= self._known.values(unit, did, raw) or {f"did.{did:04X}": raw.hex().upper()}
        return values | ({"did.rest": snapshot.rest.hex().upper()} if snapshot.rest else {})

    def _length(self, unit: Ecu, did: int, rest: bytes) -> int | None:
        """Declared, or as long as the unit's own answer for it is."""
        length = self._known.length(unit, did, rest) or self._dialogue.known_length(unit, did)
        if length is not None or self._learns <= 0 or self._dialogue.is_in_vain(unit, library.ask_identifiers([did])):
            return length
        self._learns -= 1
        self._dialogue.identifier(unit, did)
        return self._dialogue.known_length(unit, did)

    def _extended(self, unit: Ecu, number: int) -> dict[str, Value]:
        answer = self._dialogue.told(unit, library.ask_extended(number))
        raw = messages.extended_record(answer) if answer else b""
        return {"extended": raw.hex().upper()} if raw else {}


def _told(reports: _Reports) -> frozenset[Status]:
    kinds = {Status.PERMANENT} if reports.permanent else set()
    for told in (reports.ordinary, reports.emissions):
        kinds |= messages.told(told.available) if told else set()
    return frozenset(kinds)


def _code(
    unit: Ecu,
    record: Record,
    available: StatusByte,
    protocol: Protocol,
    *,
    statuses: frozenset[Status],
    kept: Mapping[str, Value],
) -> Code:
    return Code(
        ecu=unit.name,
        code=record.code,
        failure_type=record.failure_type,
        protocol=protocol,
        statuses=statuses,
        lamp=(Lamp.ON if record.status.warning else Lamp.OFF) if available.warning else None,
        active=record.status.test_failed if available.test_failed else None,
        severity=record.emission_class,
        freeze_frame=kept,
    )
