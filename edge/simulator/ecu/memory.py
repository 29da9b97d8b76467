"""CodeMemory: the codes of one control unit and everything that OBD wants to be counted beside them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Final

from edge.errors import ConfigError
from edge.simulator.ecu.codes import CONTINUOUS, Code, Lamp, Monitor
from edge.simulator.ecu.cycle import DrivingCycle
from edge.simulator.ecu.record import Record, Status

Readings = Mapping[str, float]
"""What the unit's sensors show at a moment: column → value; NaN: not available."""

WARM_UPS_MAX: Final = 255
"""One byte (SAE J1979 PID 30)."""
COUNT_MAX: Final = 65_535
"""Two bytes; from there the ratios' counters start again at 0 (13 CCR 1968.2 (d)(5.2))."""
NEVER_RAN: Final = Status.NOT_COMPLETED_SINCE_CLEAR | Status.NOT_COMPLETED_THIS_CYCLE


class CodeMemory:
    """Codes of one control unit: debounced tests, driving cycles, lamps, freeze frames, readiness.

    SAE J1979, 13 CCR 1968.2 (trip logic) and ISO 14229-1 annex D.2 (status byte).
    """

    def __init__(self, codes: Sequence[Code]) -> None:
        self._records = {code.text: Record(code) for code in codes}
        if len(self._records) != len(codes):
            raise ConfigError("a control unit has a code twice", place="codes", remedy="Name each code once")
        self._groups = {
            monitor: tuple(record for record in self._records.values() if record.code.monitor is monitor)
            for monitor in Monitor
            if any(code.monitor is monitor for code in codes)
        }
        self._unfrozen: list[Record] = []
        self._orders = count(1)
        self._done: set[Monitor] = set()
        self._done_this_cycle: set[Monitor] = set()
        self._cycle = DrivingCycle()
        self._in_cycle = False
        self._numerators = dict.fromkeys(self._groups, 0)
        self._denominators = dict.fromkeys(self._groups, 0)
        self._lit: frozenset[Lamp] = frozenset()
        self._flashing: frozenset[Lamp] = frozenset()
        self._active: tuple[Code, ...] = ()
        self.mil = False
        """The malfunction indicator is commanded on, steady or flashing; read only."""
        self.cycles = 0
        """Driving cycles begun (ignition cycle counter)."""
        self.general_denominator = 0
        """Driving cycles that were long and mixed enough (OBDCOND of mode 09)."""
        self._zero()

    def _zero(self) -> None:
        self.distance_since_clear_km = 0.0
        self.minutes_since_clear = 0.0
        self.warm_ups_since_clear = 0
        self.distance_with_mil_km = 0.0
        self.minutes_with_mil = 0.0

    # the unit's own logic, once per simulated second

    def observe(self, text: str, bad: bool) -> None:
        """One second's verdict of that code's test; not called while the test cannot judge."""
        record = self._records[text]
        if record.settled is not bad and record.weigh(bad):
            self._changed(record)

    def _changed(self, record: Record) -> None:
        if record.failing and record.snapshot is None:
            record.order = next(self._orders)
            self._unfrozen.append(record)
        self._look()

    def second(self, readings: Callable[[], Readings], *, running: bool, speed_kmh: float, coolant_c: float) -> None:
        """Count one second, after its observations; `readings` is asked only when a test failed in it.

        A vehicle without an engine says `running` while it is ready to drive, and NaN for the coolant: each of its
        driving cycles counts as a warm-up.
        """
        if self._unfrozen:
            self._freeze(dict(readings()))
        if self._cycle.second(running=running, speed_kmh=speed_kmh, coolant_c=coolant_c):
            self._warmed_up()
        moved_km = speed_kmh / 3600.0 if speed_kmh > 0.0 else 0.0
        minutes = 1.0 / 60.0 if running else 0.0
        self.distance_since_clear_km += moved_km
        self.minutes_since_clear += minutes
        if self.mil:
            self.distance_with_mil_km += moved_km
            self.minutes_with_mil += minutes

    def _freeze(self, readings: Readings) -> None:
        for record in self._unfrozen:
            record.snapshot = readings
        self._unfrozen.clear()

    def _warmed_up(self) -> None:
        self.warm_ups_since_clear = min(self.warm_ups_since_clear + 1, WARM_UPS_MAX)
        for record in self._records.values():
            record.warmed_up()
        self._look()

    def cycle_begins(self) -> None:
        """The engine has started, the vehicle is ready: a driving cycle begins (and one that still ran ends)."""
        self.cycle_ends()
        self._in_cycle = True
        self._cycle = DrivingCycle()
        self._done_this_cycle.clear()
        self.cycles += 1
        for record in self._records.values():
            record.cycle_begins()
        self._look()

    def cycle_ends(self) -> None:
        """The driving cycle is over: judge it; does nothing when none runs."""
        if not self._in_cycle:
            return
        self._in_cycle = False
        self._count_ratios()
        if not self._cycle.measured and self._cycle.run_s:
            self._warmed_up()
        for record in self._records.values():
            record.cycle_ends(driven=self._cycle.driven)
        self._look()

    def _count_ratios(self) -> None:
        driven = self._cycle.driven
        self.general_denominator = (self.general_denominator + driven) % (COUNT_MAX + 1)
        for monitor in self._groups:
            self._denominators[monitor] = (self._denominators[monitor] + driven) % (COUNT_MAX + 1)
            ran = self._ran_this_cycle(monitor)
            self._numerators[monitor] = (self._numerators[monitor] + ran) % (COUNT_MAX + 1)

    def clear(self, chosen: Callable[[Code], bool] | None = None) -> None:
        """Mode 04, UDS 14: forget all but permanent codes and ratios; what still fails comes back by the same logic.

        With `chosen` only those codes; counters start at 0 when no emission code was left out.
        """
        left = [record for record in self._records.values() if chosen is not None and not chosen(record.code)]
        for record in self._records.values():
            if record not in left:
                record.clear()
        self._unfrozen = [record for record in self._unfrozen if record in left]
        if not any(record.code.emission for record in left):
            self._done.clear()
            self._done_this_cycle.clear()
            self._zero()
        self._look()

    def clear_inactive(self) -> None:
        """J1939 DM3: forget the codes that are previously active, and nothing else."""
        for record in self._records.values():
            if record.confirmed and not record.failing:
                record.forget()
        self._look()

    def done(self, monitor: Monitor) -> None:
        """The conditions of a monitor were met in this cycle, although no test of it had anything to judge."""
        self._done.add(monitor)
        self._done_this_cycle.add(monitor)

    def _look(self) -> None:
        """Bring up to date what is asked for every second."""
        records = self._records.values()
        mil_was_on = self.mil
        self._lit = frozenset(record.code.lamp for record in records if record.lit)
        self._flashing = frozenset(record.code.lamp for record in records if record.flashing)
        self._active = tuple(record.code for record in records if record.active)
        self.mil = Lamp.MIL in self._lit
        if self.mil and not mil_was_on:  # SAE J1979 PIDs 21 and 4D start at 0 with each new MIL
            self.distance_with_mil_km = self.minutes_with_mil = 0.0

    # what testers may see

    @property
    def codes(self) -> tuple[Code, ...]:
        """Every code that the unit knows, failed or not."""
        return tuple(record.code for record in self._records.values())

    def _those(self, records: Iterable[Record]) -> tuple[Code, ...]:
        return tuple(record.code for record in records)

    def pending(self) -> tuple[Code, ...]:
        """Failed in this cycle or the last one in which the test ran."""
        return self._those(record for record in self._records.values() if record.pending)

    def confirmed(self) -> tuple[Code, ...]:
        """Failed in as many cycles as it takes, and not yet forgotten."""
        return self._those(record for record in self._records.values() if record.confirmed)

    def permanent(self) -> tuple[Code, ...]:
        """What lit the MIL and cannot be cleared by a tester."""
        return self._those(record for record in self._records.values() if record.permanent)

    def active(self) -> tuple[Code, ...]:
        """Confirmed, and the last test failed (J1939 DM1)."""
        return self._active

    def previously_active(self) -> tuple[Code, ...]:
        """Confirmed, and the last test passed (J1939 DM2)."""
        return self._those(record for record in self._records.values() if record.confirmed and not record.failing)

    def lit(self) -> tuple[Code, ...]:
        """Codes whose lamp is commanded on now (those of the MIL: J1939 DM12)."""
        return self._those(record for record in self._records.values() if record.lit)

    def failed_once(self) -> tuple[Code, ...]:
        """Every code with a status bit other than the two "not completed" ones."""
        return self._those(record for record in self._records.values() if record.status & ~NEVER_RAN)

    def status(self, text: str) -> int:
        """The status byte of a code, ISO 14229-1 annex D.2."""
        return self._records[text].status

    def occurrences(self, text: str) -> int:
        """How often a code has become active since it was cleared, 0 to 126 (J1939-73)."""
        return self._records[text].occurrences

    def cycles_with_failure(self, text: str) -> int:
        """Driving cycles in a row in which the test failed; what makes a pending code confirmed."""
        return self._records[text].failed_cycles

    def warm_ups(self, text: str) -> int:
        """Warm-up cycles that a confirmed code has been without failure and lamp."""
        return self._records[text].warm_ups

    def lamp(self, lamp: Lamp) -> bool:
        """Whether the lamp is commanded on now, steady or flashing."""
        return lamp in self._lit

    def flashing(self, lamp: Lamp) -> bool:
        """Whether the lamp flashes now."""
        return lamp in self._flashing

    @property
    def run_s(self) -> float:
        """Seconds that the engine has run since this driving cycle began (SAE J1979 PID 1F)."""
        return self._cycle.run_s

    def freeze_frame(self) -> tuple[Code, Readings] | None:
        """The emission code that failed first, and its snapshot; misfire and fuel system go before all others."""
        best: tuple[bool, int] | None = None
        chosen: tuple[Code, Readings] | None = None
        for record in self._records.values():
            if record.snapshot is None or not record.code.emission:
                continue
            rank = (record.code.monitor not in {Monitor.MISFIRE, Monitor.FUEL}, record.order)
            if best is None or rank < best:
                best, chosen = rank, (record.code, record.snapshot)
        return chosen

    def snapshot(self, text: str) -> Readings | None:
        """What sensors showed when this code first failed; forgotten with the code."""
        return self._records[text].snapshot

    def supported_monitors(self) -> frozenset[Monitor]:
        """Readiness groups that the unit has a code of."""
        return frozenset(self._groups)

    def complete(self, monitor: Monitor) -> bool:
        """Whether every test of the group has come to a result since the last clear.

        Tests that run all the time always count as complete (13 CCR 1968.2 (g)(4.1)).
        """
        if monitor in CONTINUOUS or monitor in self._done:
            return True
        return all(record.tested_since_clear for record in self._groups.get(monitor, ()))

    def complete_this_cycle(self, monitor: Monitor) -> bool:
        """Whether every test of the group has come to a result in this driving cycle (SAE J1979 PID 41)."""
        return monitor in CONTINUOUS or self._ran_this_cycle(monitor)

    def _ran_this_cycle(self, monitor: Monitor) -> bool:
        if monitor in self._done_this_cycle:
            return True
        return all(record.tested_this_cycle for record in self._groups.get(monitor, ()))

    def ratio(self, monitor: Monitor) -> tuple[int, int]:
        """How often the group was tested, and how many drives would have allowed it (mode 09, DM20); (0, 0) unknown."""
        return self._numerators.get(monitor, 0), self._denominators.get(monitor, 0)
