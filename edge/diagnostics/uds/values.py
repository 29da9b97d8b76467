"""DidReading: identifiers of the profile that are asked for again and again, as many at once as fit a frame. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edge.diagnostics.ecu import Ecu

AT_ONCE: Final = 3
"""Identifiers that a request of one frame has room for (ISO 14229-1 11.2, ISO 15765-2)."""
PIDS: Final = 0xF400
"""SAE J1979-2: identifier F4xx is PID xx of service 01."""


@dataclass(frozen=True, slots=True)
class WantedDid:
    """An identifier of a unit, and how often it is wanted."""

    unit: Ecu
    did: int
    every_s: float
    alone: bool = False
    """The unit answers one identifier at a time."""


@dataclass(frozen=True, slots=True)
class DidReading:
    """One question of service 22."""

    unit: Ecu
    dids: tuple[int, ...]
    every_s: float

    @property
    def name(self) -> str:
        """`did 7EC 0101 0102`."""
        return " ".join(("did", self.unit.name, *(f"{did:04X}" for did in self.dids)))


def readings(wanted: Iterable[WantedDid]) -> Iterator[DidReading]:
    """The fewest questions for what is wanted: those of one unit and one rate go together, in their order."""
    groups: dict[tuple[Ecu, float], list[int]] = {}
    for one in wanted:
        if one.alone:
            yield DidReading(one.unit, (one.did,), one.every_s)
        else:
            group = groups.setdefault((one.unit, one.every_s), [])
            group += [one.did] if one.did not in group else []
    for (unit, every_s), dids in groups.items():
        for at in range(0, len(dids), AT_ONCE):
            yield DidReading(unit, tuple(dids[at : at + AT_ONCE]), every_s)


def wanted_pids(unit: Ecu, pids: Iterable[int], rates_s: Mapping[int, float]) -> Iterator[WantedDid]:
    """PIDs that a unit of OBD on UDS supports and that have a rate (seconds between two questions)."""
    return (WantedDid(unit, PIDS | pid, rates_s[pid]) for pid in sorted(pids) if pid in rates_s)
