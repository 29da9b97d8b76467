"""CodeWatch: the trouble codes of a vehicle's control units as wire messages, whenever one appears, changes or goes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from edge.simulator.ecu.codes import Code, Lamp
from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.ecu.unit import Unit
from edge.wire.messages import TroubleCode, TroubleCodeStatus

ON_UDS: Final = "j1979-2"
"""What the name of a kind ends in that has OBD on UDS only."""
WIDE: Final = "29bit"
"""What the name of a kind ends in that is asked on 29-bit ids."""
FRAME_MAX: Final = 200
"""Values in a freeze frame that the contract takes."""

_Standing = tuple[TroubleCodeStatus, str | None]


class CodeWatch:
    """Asks control units for their codes as a tester does, and remembers what was told."""

    def __init__(self, kind: str, units: Sequence[Unit], named: Mapping[str, tuple[str, float, float]]) -> None:
        """`kind` is the vehicle's; `named` gives what the columns of a freeze frame are: path, factor and shift."""
        self._kind = kind
        self._units = units
        self._named = named
        self._told: dict[tuple[str, str], _Standing] = {}

    def look(self, seen_at: datetime) -> list[TroubleCode]:
        """What is other than at the last look."""
        return [body for unit in self._units for body in self._changes(unit, seen_at)]

    def _changes(self, unit: Unit, seen_at: datetime) -> Iterator[TroubleCode]:
        now = _standing(unit.memory)
        for code in unit.memory.codes:
            key = (unit.name, code.text)
            standing, before = now.get(code.text), self._told.get(key)
            if standing == before:
                continue
            if standing is None:
                del self._told[key]
                yield self._body(unit, code, (TroubleCodeStatus.GONE, None), seen_at)
            else:
                self._told[key] = standing
                yield self._body(unit, code, standing, seen_at)

    def _body(self, unit: Unit, code: Code, standing: _Standing, seen_at: datetime) -> TroubleCode:
        protocol = self._protocol(unit, code)
        status, lamp = standing
        return TroubleCode(
            ecu=self._address(unit, code),
            code=code.text,
            failure_type=f"{code.failure_type:02X}" if protocol in ("uds", ON_UDS) else None,
            protocol=protocol,
            status=status,
            lamp=lamp,
            seen_at=seen_at,
            freeze_frame=self._freeze_frame(unit.memory.snapshot(code.text) or {}),
        )

    def _protocol(self, unit: Unit, code: Code) -> str:
        """How a tester reads it: the old OBD modes tell emission codes only, everything else is told by UDS."""
        if code.spn is not None:
            return "j1939"
        if self._kind.endswith(ON_UDS) and unit.obd:
            return ON_UDS
        return "j1979" if unit.obd and code.emission else "uds"

    def _address(self, unit: Unit, code: Code) -> str:
        """From where the answer comes: a source address, or the id of the answer (ISO 15765-4)."""
        if code.spn is not None:
            return str(unit.address)
        if self._kind.endswith(WIDE) or not unit.response_id:
            return f"18DAF1{unit.address:02X}"
        return f"{unit.response_id:03X}"

    def _freeze_frame(self, snapshot: Readings) -> dict[str, float | None]:
        shown = {}
        for column in list(snapshot.keys() & self._named.keys())[:FRAME_MAX]:
            path, factor, shift = self._named[column]
            value = snapshot[column] * factor + shift
            shown[path] = None if math.isnan(value) else round(value, 4)
        return dict(sorted(shown.items()))


def _standing(memory: CodeMemory) -> dict[str, _Standing]:
    """How sure the unit is of each code that it has, and what it lights for it."""
    sure: dict[str, tuple[Code, TroubleCodeStatus]] = {}
    for status, codes in (
        (TroubleCodeStatus.PENDING, memory.pending()),
        (TroubleCodeStatus.PERMANENT, memory.permanent()),
        (TroubleCodeStatus.CONFIRMED, memory.confirmed()),
    ):
        sure.update({code.text: (code, status) for code in codes})
    if not sure:
        return {}
    lit = {code.text for code in memory.lit()}
    return {text: (status, _lamp(memory, code, is_lit=text in lit)) for text, (code, status) in sure.items()}


def _lamp(memory: CodeMemory, code: Code, *, is_lit: bool) -> str | None:
    if code.lamp is Lamp.NONE:
        return None
    if not is_lit:
        return "off"
    return "slow_flash" if code.flashes and memory.flashing(code.lamp) else "on"
