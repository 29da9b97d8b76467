"""Box: one simulated vehicle and what rides in it, second by second. Sends what a real box sends, by the same code."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.driver.cab import Cab
from edge.fleet.codes import CodeWatch
from edge.fleet.outfit import Outfit
from edge.fleet.place import Whereabouts
from edge.fleet.plan import Enlisted
from edge.fleet.sensors import Sampler
from edge.fleet.spool import Spool
from edge.frames import NANOSECONDS, FrameBatch
from edge.grid import Cells
from edge.health import health_body
from edge.judgement import Judgement
from edge.link import Link
from edge.simulator.life import Life, TruthRow
from edge.simulator.trace import Trace
from edge.tell import Teller
from edge.uplink import utc
from edge.wire.envelope import Clock
from edge.wire.messages import Body

BUS: Final = "can0"
HEALTH_S: Final = 60
"""As the daemon does it."""
CODES_S: Final = 10
"""How often control units are asked for their codes; an ordinary value for a box that asks politely."""
SILENT_S: Final = 15
"""After so much silence every signal is stale and every trip is over."""
NO_FRAMES: Final = FrameBatch.of([], buses=(BUS,), until=0)
CLOCK: Final = Clock.SYNCED
"""The simulated time is right by definition."""


@dataclass(frozen=True, slots=True)
class Habits:
    """What every box of the fleet is set to."""

    fleet: str
    cycle: str
    weather: str
    summary_s: int = 60
    position_s: int = 60
    """A position so often while it moves; 0: none."""


class Box:
    """One vehicle with its judgement, its outbox and its session."""

    def __init__(
        self, enlisted: Enlisted, *, outfit: Outfit, habits: Habits, spool: Spool, link: Link, begin_ns: int
    ) -> None:
        """`begin_ns` is the UTC of its first second, a whole one."""
        self.name = enlisted.name
        self.kind = enlisted.kind
        self.spool = spool
        self.link = link
        self.seconds_awake = 0
        self.life = Life(
            vehicle=enlisted.kind,
            faults=enlisted.faults,
            seed=enlisted.seed,
            cycle=habits.cycle,
            weather=habits.weather,
        )
        self._begin_ns = begin_ns
        self._position_s = habits.position_s
        self._settled_s = SILENT_S + 2 * habits.summary_s
        self._silent_s = 0
        self._sampler = Sampler(outfit.sensors, self.life.sensors)
        self._judgement = Judgement(
            self._sampler,
            outfit.detectors(),
            vehicle=enlisted.name,
            grid_ns=NANOSECONDS,
            summary_ns=habits.summary_s * NANOSECONDS,
            summary_paths=outfit.summary_signals,
            summary_slow=outfit.summary_slow,
        )
        self._teller = Teller(self._judgement.book, Cab([], and_more=str), outbox=spool)
        self._codes = CodeWatch(enlisted.kind, self.life.vehicle.units, outfit.sensors.named)
        columns = self.life.tracer.columns
        self._speed, self._lateral = columns.index("speed_kmh"), columns.index("lateral_mps2")
        self._whereabouts = Whereabouts(np.random.default_rng((enlisted.seed, 1)))

    def second(self) -> bool:
        """Live one second, and judge it; whether the vehicle was awake."""
        trace = self.life.second()
        until_ns = self._begin_ns + self.life.seconds * NANOSECONDS
        self._silent_s = 0 if trace is not None else self._silent_s + 1
        posted = False
        if self._silent_s <= self._settled_s:  # then there is nothing left that another silent cell could change
            self._sampler.hear(trace, until_ns)
            posted = self._teller.tell(self._judgement.advance(Cells(NO_FRAMES, [until_ns], [0])), CLOCK)
        for body in self._asides(trace, until_ns):
            posted |= self._teller.post(body, utc(until_ns), CLOCK)
        if posted:
            self.link.wake()
        self.seconds_awake += trace is not None
        return trace is not None

    def end(self) -> None:
        """The drive is over for the box: tell what has begun, as the daemon does when it stops."""
        at_ns = self._begin_ns + self.life.seconds * NANOSECONDS
        self._teller.tell([self._judgement.close()], CLOCK)
        self._teller.post(self._health(), utc(at_ns), CLOCK)
        self.link.wake()

    def truth(self) -> tuple[TruthRow, ...]:
        """How every fault of the vehicle stands; times are UTC in seconds."""
        return self.life.truth(self._begin_ns / NANOSECONDS)

    @property
    def refused(self) -> int:
        """Messages that the outbox could not take."""
        return self._teller.refused

    def _asides(self, trace: Trace | None, until_ns: int) -> Iterator[Body]:
        """What no cell brings: where it is, its trouble codes, its own health."""
        second = self.life.seconds
        if trace is not None:
            row = trace.rows[-1]
            self._whereabouts.move(float(row[self._speed]) / 3.6, float(row[self._lateral]))
            if self._position_s and second % self._position_s == 0 and (position := self._whereabouts.tell()):
                yield position
            if second % CODES_S == 0:
                yield from self._codes.look(utc(until_ns))
        if second % HEALTH_S == 0:
            yield self._health()

    def _health(self) -> Body:
        told = self._teller
        return health_body(
            uptime_s=float(self.life.seconds),
            buses={BUS: None},
            askers={},
            switched_off=self._judgement.judges.switched_off,
            learning={},
            cab={},
            counters={
                "judgement": {"cells": self._judgement.cells},
                "told": {"alerts": told.alerts_began, "refused": told.refused},
                "outbox": self.spool.counters(),
                "link": self.link.counters(),
            },
        )
