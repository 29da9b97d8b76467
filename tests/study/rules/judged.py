"""Judged: one life second by second, under rules and models, as a box does it without frames, or with them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from edge.alerts import Alert
from edge.decode.decoder import Binding, Decoder
from edge.detect.finding import Detector
from edge.fleet.sensors import Sampler
from edge.frames import NANOSECONDS, FrameBatch
from edge.grid import Cells
from edge.judgement import Judgement
from edge.simulator.broadcast import Network
from edge.simulator.ecu.codes import Lamp
from edge.simulator.life import Life
from edge.simulator.trace import Trace
from tests.study.drives import LAMPS, TYRE_ALARMS
from tests.study.rules.kit import Kit
from tests.study.rules.lockstep import Recorder

BEGIN_S: Final = 1_767_596_400
"""2026-01-05 07:00 UTC, a Monday, when every life begins."""
SETTLED_S: Final = 75
"""After so much silence every signal is stale, and nothing changes any more (see edge/fleet/box.py)."""
CODES_S: Final = 10
"""How often control units are asked for their codes."""
LAMPS_S: Final = 2
"""How often lamps are looked at."""
NO_FRAMES: Final = FrameBatch.of([], buses=("can0",), until=0)
GRID_NS: Final = 100_000_000
"""The daemon's own (see edge/config_parts.py)."""
IN_USE: Final = frozenset({"starting", "idling", "driving"})
COUNTED_LAMPS: Final = tuple(lamp for lamp in Lamp if lamp is not Lamp.NONE)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert that began, or got worse."""

    rule: str
    component: str
    severity: str
    at_s: float
    """Of the life."""
    in_use_s: int
    """Seconds that the vehicle was switched on until then."""
    is_worse: bool
    spoken: bool
    """The cab said something."""
    interrupts: bool
    """It did so with three chimes while the vehicle moved."""
    text: str
    model: str = ""
    """Whose it is; empty: a rule's."""

    @property
    def channel(self) -> str:
        """Of a model of several signals that one which contradicts the others."""
        return self.rule.removeprefix(f"{self.model}_") if self.model else ""


class Rows:
    """A second as one row of samples."""

    grid_ns: int = NANOSECONDS

    def __init__(self, life: Life, kit: Kit) -> None:
        self.decoder = Sampler(kit.sensors, life.sensors)

    def hear(self, trace: Trace | None, at_ns: int) -> Cells:
        """The second that ends at `at_ns`; None: silence."""
        self.decoder.hear(trace, at_ns)
        return Cells(NO_FRAMES, [at_ns], [0])


class Frames:
    """A second as the frames that units send in it."""

    grid_ns: int = GRID_NS

    def __init__(self, life: Life, kit: Kit) -> None:
        kind = life.kind
        self.decoder = Decoder([Binding(kit.database)])
        self._network = Network(kind.database, "can0", kind.senders, life.tracer.columns, life.sensors)

    def hear(self, trace: Trace | None, at_ns: int) -> Cells:
        """The second that ends at `at_ns`; None: silence."""
        begin_ns = at_ns - NANOSECONDS
        ends = list(range(begin_ns + GRID_NS, at_ns + 1, GRID_NS))
        if trace is None:
            return Cells(NO_FRAMES, ends, [0] * len(ends))
        frames = self._network.block(trace, begin_ns // NANOSECONDS - BEGIN_S, BEGIN_S * NANOSECONDS)
        return Cells(frames, ends, np.searchsorted(frames.time, ends).tolist())


@dataclass(slots=True)
class Judged:
    """A life that goes on as long as somebody asks for its seconds."""

    life: Life
    kit: Kit
    asks_codes: bool = True
    told: list[Told] = field(default_factory=list)
    doing_s: Counter[str] = field(default_factory=Counter)
    """Seconds by what the vehicle was doing, of those awake."""
    lamp_s: float | None = None
    """When the maker's own lamp first told the driver, from `lamp_from_s` on."""
    lamp_from_s: float = 0.0
    as_frames: bool = False
    """Frames are sent, decoded and judged at the daemon's own grid, in place of one row a second."""
    beside: Sequence[Detector] = ()
    """Who judges with the kit's detectors."""
    recorders: dict[str, Recorder] = field(default_factory=dict)
    """By name of the package that will be asked when the life is over."""
    _lamps: tuple[int, ...] = ()
    _tyre_alarm: int | None = None

    def seconds(self) -> Iterator[int]:
        """Live on; how many seconds have been lived, after each."""
        life = self.life
        self._find_lamps()
        ear = Frames(life, self.kit) if self.as_frames else Rows(life, self.kit)
        self.recorders = {package.name: Recorder(package.anew().card.plan.paths) for package in self.kit.learners}
        judgement = Judgement(
            ear.decoder,
            [*self.kit.detectors(), *self.recorders.values(), *self.beside],
            vehicle="v",
            grid_ns=ear.grid_ns,
            summary_ns=3600 * NANOSECONDS,
            summary_paths=("Vehicle.Speed",),
        )
        silent_s = 0
        while True:
            trace = life.second()
            silent_s = 0 if trace is not None else silent_s + 1
            if silent_s <= SETTLED_S:
                cells = ear.hear(trace, (BEGIN_S + life.seconds) * NANOSECONDS)
                if trace is not None:
                    self._look(trace, judgement)
                    for recorder in self.recorders.values():
                        recorder.in_use_s = self.in_use_s
                for outcome in judgement.advance(cells):
                    self._take(outcome.alerts, judgement.history.doing.now)
                if judgement.judges.rests:
                    raise RuntimeError(f"detectors were switched off: {judgement.judges.switched_off}")
                if trace is not None:
                    self.doing_s[judgement.history.doing.now or "unknown"] += 1
            yield life.seconds

    @property
    def in_use_s(self) -> int:
        """Seconds that it was switched on."""
        return sum(self.doing_s[name] for name in IN_USE)

    def _find_lamps(self) -> None:
        columns = self.life.tracer.columns
        self._lamps = tuple(columns.index(name) for name in LAMPS if name in columns)
        self._tyre_alarm = columns.index("tyre_alarm") if "tyre_alarm" in columns else None

    def _look(self, trace: Trace, judgement: Judgement) -> None:
        """What is seen beside the signals: trouble codes, and the lamps."""
        second = self.life.seconds
        if self.asks_codes and second % CODES_S == 0:
            for unit in self.life.vehicle.units:
                memory = unit.memory
                judgement.history.codes.hear(f"{unit.name} pending", [code.text for code in memory.pending()])
                judgement.history.codes.hear(f"{unit.name} stored", [code.text for code in memory.confirmed()])
        if self.lamp_s is None and second >= self.lamp_from_s and second % LAMPS_S == 0 and self._is_lit(trace):
            self.lamp_s = float(second)

    def _is_lit(self, trace: Trace) -> bool:
        row = trace.rows[-1]
        if any(row[place] > 0.0 for place in self._lamps):
            return True
        if self._tyre_alarm is not None and row[self._tyre_alarm] in TYRE_ALARMS:
            return True
        return any(unit.memory.lamp(lamp) for unit in self.life.vehicle.units for lamp in COUNTED_LAMPS)

    def _take(self, alerts: Sequence[Alert], doing: str | None) -> None:
        for alert in alerts:
            if alert.ended is None:
                self.tell(alert, float(self.life.seconds), self.in_use_s, doing)

    def tell(self, alert: Alert, at_s: float, in_use_s: int, doing: str | None) -> None:
        """Note an alert that began or got worse."""
        spoken = bool(alert.driver) and not alert.quiet
        self.told.append(
            Told(
                alert.concern.rule,
                alert.concern.component,
                alert.severity,
                at_s,
                in_use_s,
                alert.is_worse,
                spoken,
                spoken and alert.severity == "critical" and doing == "driving",
                alert.summary,
                self.kit.model_of(alert.concern.rule),
            )
        )
