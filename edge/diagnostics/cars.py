"""CarSurveyor: what to ask a car, found by asking: OBD-II on 11-bit ids, else on 29-bit ids."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from edge.diagnostics.asker import Asker
from edge.diagnostics.ecu import Ecu
from edge.diagnostics.findings import Survey
from edge.diagnostics.obd import FrozenValues, ObdReader

RATES_S: Final[Mapping[int, float]] = {
    0x0C: 1.0, 0x0D: 1.0, 0x04: 2.0, 0x10: 2.0, 0x0B: 2.0, 0x11: 2.0, 0x42: 5.0, 0x5E: 2.0, 0x05: 10.0, 0x0F: 10.0,
    0x5C: 10.0, 0x06: 5.0, 0x07: 20.0, 0x08: 5.0, 0x09: 20.0, 0x0A: 10.0, 0x0E: 5.0, 0x15: 5.0, 0x19: 5.0, 0x23: 10.0,
    0x34: 5.0, 0x38: 5.0, 0x3C: 20.0, 0x3D: 20.0, 0x1F: 60.0, 0x2F: 60.0, 0x32: 60.0, 0x33: 60.0, 0x46: 60.0,
    0x31: 300.0, 0xA6: 60.0, 0x5B: 30.0,
}  # fmt: skip
"""Seconds between two questions for a PID, where nothing else is configured: as fast as what it shows can change."""


class CarSurveyor:
    """Asks cars through the first way on which anybody answers."""

    def __init__(
        self, askers: Sequence[Asker], *, frozen: FrozenValues, rates_s: Mapping[int, float] | None = None
    ) -> None:
        """`askers`: one for each way to ask everybody; `rates_s`: by PID, instead of `RATES_S`."""
        self._askers = askers
        self._readers = [ObdReader(asker, frozen=frozen) for asker in askers]
        self._reader: ObdReader | None = None
        self._rates_s = RATES_S if rates_s is None else rates_s
        self._asked: dict[str, tuple[Ecu, int]] = {}

    @property
    def counters(self) -> Mapping[str, int]:
        """Of all ways together; what they share is counted once."""
        counts: Counter[str] = Counter()
        for asker in self._askers:
            counts |= Counter(dict(asker.counters))
        for reader in self._readers:
            counts.update({f"malformed_{service}": count for service, count in reader.malformed.items()})
        return counts

    def discover(self) -> bool:
        """Find the way on which somebody answers; the one that did so last is tried first."""
        readers = sorted(self._readers, key=lambda one: one is not self._reader)
        self._reader = next((reader for reader in readers if reader.discover()), None)
        self._asked = self._plan(self._reader) if self._reader else {}
        return self._reader is not None

    def identity(self) -> Survey | None:
        """VIN, names and calibrations."""
        return self._reader.identity() if self._reader else None

    def codes(self) -> Survey | None:
        """Codes of every kind, lamps and readiness, and since when."""
        return self._reader.codes() if self._reader else None

    def values(self) -> Mapping[str, float]:
        """PIDs that are there, each of the first unit that has it."""
        return {name: self._rates_s[pid] for name, (_, pid) in self._asked.items()}

    def ask_value(self, name: str) -> bool:
        """Ask for a PID; the answer is heard on the bus."""
        if self._reader is None or name not in self._asked:
            return False
        return self._reader.ask_value(*self._asked[name])

    def _plan(self, reader: ObdReader) -> dict[str, tuple[Ecu, int]]:
        plan: dict[str, tuple[Ecu, int]] = {}
        for unit in sorted(reader.pids):
            for pid in sorted(reader.pids[unit] & self._rates_s.keys()):
                plan.setdefault(f"pid {pid:02X}", (unit, pid))
        return plan
