"""All control units of the truck: they look at the sensors once a second, and say what the physics then obeys."""

import math
from collections.abc import Callable, Mapping
from typing import Final

from edge.simulator.ecu.memory import CodeMemory, Readings
from edge.simulator.journey import Key
from edge.simulator.truck.aftertreatment_tests import AftertreatmentTests
from edge.simulator.truck.chassis_tests import (
    AirTests,
    BodyTests,
    BrakeTests,
    ClusterTests,
    TransmissionTests,
    TyreTests,
)
from edge.simulator.truck.engine_tests import EngineTests

IDLE_RAISED_RPM: Final = 750.0
"""Idle while the filter regenerates."""
CRANKING_RPM: Final = 350.0


class TruckTests:
    """Every unit's tests; `second` lets them look, the rest is what they command."""

    def __init__(self, soot_percent: float, placard_kpa: tuple[float, ...], tyre_names: tuple[str, ...]) -> None:
        self.engine = EngineTests()
        self.transmission = TransmissionTests()
        self.brakes = BrakeTests()
        self.air = AirTests()
        self.aftertreatment = AftertreatmentTests(soot_percent)
        self.tyres = TyreTests(placard_kpa, tyre_names)
        self.body = BodyTests()
        self.cluster = ClusterTests()
        self.memories: Mapping[str, CodeMemory] = {
            "ENGINE": self.engine.memory,
            "TRANSMISSION": self.transmission.memory,
            "BRAKES": self.brakes.memory,
            "AIR": self.air.memory,
            "AFTERTREATMENT": self.aftertreatment.memory,
            "TYRES": self.tyres.memory,
            "BODY": self.body.memory,
            "CLUSTER": self.cluster.memory,
        }
        """By node of the DBC."""
        self._all = tuple(self.memories.values())
        self.torque_share = 1.0
        """Torque that is left to the driver."""
        self.limit_mps = math.inf
        self.run_s = 0.0
        """Since the engine started; 0 while it stands."""
        self._in_cycle = False

    def second(self, seen: Readings, readings: Callable[[], Readings], muted: frozenset[str], tyre_place: int) -> None:
        """Once a second while something is awake; `tyre_place` is the wheel module that reports now."""
        key = seen["key"]
        running = seen["rpm"] > CRANKING_RPM and seen["running"] > 0.0
        self.run_s = run_s = self.run_s + 1.0 if running else 0.0
        if key == Key.OFF:
            if self._in_cycle:
                self._end()
            self.body.second(seen, 0.0, key_on=False)
            return
        if running and not self._in_cycle:
            self._begin(seen)
        self.body.second(seen, run_s, key_on=True)
        if key != Key.START:
            self._look(seen, muted, tyre_place, run_s)
        speed_kmh, coolant_c = seen["speed_kmh"], seen["coolant_c"]
        for memory in self._all:
            memory.second(readings, running=running, speed_kmh=speed_kmh, coolant_c=coolant_c)
        by_engine, by_exhaust = self.engine.torque_share, self.aftertreatment.torque_share
        self.torque_share = by_engine if by_engine < by_exhaust else by_exhaust
        self.limit_mps = self.aftertreatment.limit_kmh / 3.6

    def _look(self, seen: Readings, muted: frozenset[str], tyre_place: int, run_s: float) -> None:
        self.engine.second(seen, muted, run_s)
        self.transmission.second(seen, muted)
        self.brakes.second(seen, muted, run_s)
        self.air.second(seen, run_s)
        if run_s > 0.0:
            self.aftertreatment.second(seen, run_s)
        else:
            self.aftertreatment.stops()
        if seen["speed_kmh"] > 12.0:
            self.tyres.second(seen, tyre_place)
        self.cluster.second(muted)

    def _begin(self, seen: Readings) -> None:
        self._in_cycle = True
        for memory in self._all:
            memory.cycle_begins()
        self.engine.begins(seen)
        self.aftertreatment.begins()

    def _end(self) -> None:
        self._in_cycle = False
        self.aftertreatment.stops()
        for memory in self._all:
            memory.cycle_ends()
        self.brakes.ends()
        self.air.ends()
