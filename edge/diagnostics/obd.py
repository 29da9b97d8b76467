"""Reading a vehicle by SAE J1979 (OBD-II): who is there, its VIN, codes, freeze frames, readiness, since clearing.

Everybody is asked once, to learn who answers; then unit after unit, so that long answers do not collide and nobody is
asked for what it does not support.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from edge.codes.structure import code_from_bytes
from edge.diagnostics import obd_messages as messages
from edge.diagnostics.asker import Asker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import (
    Code,
    CodeKey,
    Lamp,
    Protocol,
    Readiness,
    SinceCleared,
    Status,
    Survey,
    Unit,
    Value,
)
from edge.diagnostics.uds.refusals import refusal

CURRENT: Final = 0x01
FROZEN: Final = 0x02
INFORMATION: Final = 0x09
KINDS: Final[Mapping[int, Status]] = {0x03: Status.CONFIRMED, 0x07: Status.PENDING, 0x0A: Status.PERMANENT}
BITMAPS: Final = tuple(range(0x00, 0x100, 0x20))
MONITORS: Final = 0x01
FROZEN_CODE: Final = 0x02
WARM_UPS: Final = 0x30
DISTANCE: Final = 0x31
MINUTES: Final = 0x4E
ODOMETER: Final = 0xA6
VIN: Final = 0x02
CALIBRATIONS: Final = 0x04
VERIFICATIONS: Final = 0x06
NAME: Final = 0x0A

FrozenValues = Callable[[int, bytes], Mapping[str, Value]]
"""From a PID and its bytes to values by path."""


class ObdReader:
    """Reads every unit that answers SAE J1979."""

    def __init__(self, asker: Asker, *, frozen: FrozenValues) -> None:
        """`frozen` turns a PID of a freeze frame into values."""
        self.pids: dict[Ecu, frozenset[int]] = {}
        """What each unit supports of service 01."""
        self.infotypes: dict[Ecu, frozenset[int]] = {}
        self.refused: dict[str, str] = {}
        """Why, by unit and service, for what each refused last; a gateway that guards the vehicle among them."""
        self.malformed: Counter[str] = Counter()
        """Answers that were not understood, by service."""
        self._asker = asker
        self._frozen = frozen

    def discover(self) -> bool:
        """Find out who answers and what each supports."""
        first = self._asker.ask(bytes((CURRENT, 0x00)))
        found = {one.ecu: messages.support(one.payload) for one in first if one.refusal is None}
        self.pids = {unit: self._all_pids(unit, pids) for unit, pids in found.items()}
        self.infotypes = {unit: self._support(unit, INFORMATION, 0x00) for unit in found}
        return bool(found)

    def identity(self) -> Survey | None:
        """VIN, names and calibrations."""
        units = {unit.name: self._unit(unit) for unit in self.pids}
        vin = next((unit.vin for unit in units.values() if unit.vin), None)
        return (
            Survey(vin=vin, units=units, refused=dict(self.refused))
            if any(_is_told(unit) for unit in units.values())
            else None
        )

    def codes(self) -> Survey | None:
        """Codes of every kind with their freeze frame, lamps and readiness, and since when."""
        codes: dict[CodeKey, Code] = {}
        told: dict[str, frozenset[Status]] = {}
        ready: dict[str, Readiness] = {}
        cleared: dict[str, SinceCleared] = {}
        for unit in self.pids:
            if (readiness := self._readiness(unit)) is not None:
                ready[unit.name] = readiness
            by_code, kinds = self._codes_of(unit)
            told[unit.name] = kinds
            cleared[unit.name] = self._since_cleared(unit)
            for code in self._with_frames(unit, by_code, readiness):
                codes[code.key] = code
        if not any(told.values()):
            return None
        return Survey(
            codes=codes, told=told, readiness=ready, cleared={ecu: one for ecu, one in cleared.items() if _knows(one)},
            odometer_km=self._odometer_km(), refused=dict(self.refused),
        )  # fmt: skip

    def ask_value(self, unit: Ecu, pid: int) -> bool:
        """Ask for a PID now; who listens to the bus hears the answer."""
        return self._told(unit, bytes((CURRENT, pid))) is not None

    # who is there

    def _all_pids(self, unit: Ecu, first: frozenset[int]) -> frozenset[int]:
        """The first thirty-two lead to the next as long as there are any."""
        pids = first
        for base in BITMAPS[1:]:
            if base not in pids:
                break
            pids |= self._support(unit, CURRENT, base)
        return frozenset(pid for pid in pids if pid % 0x20)

    def _support(self, unit: Ecu, service: int, base: int) -> frozenset[int]:
        answer = self._told(unit, bytes((service, base)))
        return messages.support(answer) if answer else frozenset()

    def _unit(self, unit: Ecu) -> Unit:
        calibrations = self._information(unit, CALIBRATIONS)
        verifications = self._information(unit, VERIFICATIONS)
        name, vin = self._information(unit, NAME), self._information(unit, VIN)
        return Unit(
            ecu=unit.name,
            name=messages.unit_name(name) if name else None,
            vin=messages.vin(vin) if vin else None,
            calibrations=messages.calibrations(calibrations) if calibrations else (),
            verifications=messages.verifications(verifications) if verifications else (),
        )

    def _information(self, unit: Ecu, infotype: int) -> bytes | None:
        """An item of service 09; one whose support was not told is asked for all the same, once."""
        known = self.infotypes.get(unit)
        return self._told(unit, bytes((INFORMATION, infotype))) if not known or infotype in known else None

    # codes

    def _codes_of(self, unit: Ecu) -> tuple[dict[str, set[Status]], frozenset[Status]]:
        by_code: dict[str, set[Status]] = {}
        kinds: set[Status] = set()
        for service, status in KINDS.items():
            if (answer := self._told(unit, bytes((service,)))) is None:
                continue
            found = messages.codes(answer)
            if found is None:
                self.malformed[f"{service:02X}"] += 1
                continue
            kinds.add(status)
            for code in found:
                by_code.setdefault(code, set()).add(status)
        return by_code, frozenset(kinds)

    def _with_frames(
        self, unit: Ecu, by_code: Mapping[str, set[Status]], readiness: Readiness | None
    ) -> Iterator[Code]:
        frame_of = self._frame_code(unit) if by_code else None
        frame = self._frame(unit) if frame_of in by_code else {}
        for code, statuses in by_code.items():
            yield Code(
                ecu=unit.name,
                code=code,
                failure_type=None,
                protocol=Protocol.OBD,
                statuses=frozenset(statuses),
                lamp=_lamp(statuses, readiness),
                freeze_frame=frame if code == frame_of else {},
            )

    def _frame_code(self, unit: Ecu) -> str | None:
        """The code that made the unit keep its one freeze frame."""
        answer = self._told(unit, bytes((FROZEN, FROZEN_CODE, 0x00)))
        if answer is None or len(answer) < 5 or not any(answer[3:5]):
            return None
        return code_from_bytes(answer[3:5]).text

    def _frame(self, unit: Ecu) -> Mapping[str, Value]:
        frame: dict[str, Value] = {}
        for pid in sorted(self._frozen_pids(unit)):
            answer = self._told(unit, bytes((FROZEN, pid, 0x00)))
            if answer is not None:
                frame |= self._frozen(pid, answer[3:])
        return frame

    def _frozen_pids(self, unit: Ecu) -> frozenset[int]:
        pids: frozenset[int] = frozenset()
        for base in BITMAPS:
            if base and base not in pids:
                break
            answer = self._told(unit, bytes((FROZEN, base, 0x00)))
            pids |= messages.support(answer) if answer else frozenset()
        return frozenset(pid for pid in pids if pid % 0x20 and pid != FROZEN_CODE)

    # what stands beside

    def _readiness(self, unit: Ecu) -> Readiness | None:
        answer = self._told(unit, bytes((CURRENT, MONITORS)))
        return messages.readiness(answer) if answer else None

    def _since_cleared(self, unit: Ecu) -> SinceCleared:
        return SinceCleared(
            self._number(unit, WARM_UPS, 1), self._number(unit, DISTANCE, 2), self._number(unit, MINUTES, 2)
        )

    def _odometer_km(self) -> float | None:
        """Of the first unit that has it (PID A6, tenths of a kilometre)."""
        tenths = (self._number(unit, ODOMETER, 4) for unit in self.pids)
        return next((told / 10 for told in tenths if told is not None), None)

    def _number(self, unit: Ecu, pid: int, size: int) -> int | None:
        if pid not in self.pids.get(unit, frozenset()):
            return None
        answer = self._told(unit, bytes((CURRENT, pid)))
        return messages.whole_number(answer, size) if answer else None

    def _told(self, unit: Ecu, request: bytes) -> bytes | None:
        """A unit's positive answer; None when it is silent or refuses."""
        asked = f"{unit.name} {request[0]:02X}"
        for answer in self._asker.ask(request, unit):
            if answer.refusal is None:
                self.refused.pop(asked, None)
                return answer.payload
            self.refused[asked] = refusal(answer.refusal).name
        return None


def _lamp(statuses: set[Status], readiness: Readiness | None) -> Lamp | None:
    """OBD-II tells one lamp for all codes: it is lit for confirmed ones; whether it flashes nobody says."""
    if readiness is None or readiness.mil is None:
        return None
    return Lamp.ON if readiness.mil and Status.CONFIRMED in statuses else Lamp.OFF


def _is_told(unit: Unit) -> bool:
    return bool(unit.vin or unit.name or unit.calibrations or unit.verifications)


def _knows(one: SinceCleared) -> bool:
    return one != SinceCleared()
