"""Turbocharger and charge-air cooler: boost that follows the load with a lag, and the air that the cylinders then draw.

Boost demand rises with fuel per stroke and with engine speed; the turbine needs about a second to follow (less at high
speed: more exhaust). A split hose behind the compressor lets part of the air out; the variable turbine makes up for
what it can (Heywood ch. 6.8; Watson & Janota, Turbocharging the Internal Combustion Engine, ch. 10).
"""

import math
from dataclasses import dataclass
from typing import Final

from edge.simulator.truck.engine import DISPLACEMENT_L, IDLE_RPM, EngineState
from edge.simulator.vehicle import STEP_S

FULL_KPA: Final = 240.0
"""Boost at full torque, above the air outside."""
RESERVE: Final = 1.12
"""The variable turbine can give so much more than is asked for."""
FILLING: Final = 0.92
FRESH: Final = 0.86
"""Share of the filling that is fresh air; the rest is recirculated exhaust."""
KELVIN: Final = 273.15
AIR_KJ_PER_KG_K: Final = 0.287
_AIR: Final = FILLING * FRESH * DISPLACEMENT_L / 120.0 / AIR_KJ_PER_KG_K
"""g/s for each rpm, kPa and 1/K."""
COOLER: Final = 0.86
"""Effectiveness of the charge-air cooler."""
COOLER_S: Final = 12.0
TURBO_RPM: Final = 105_000.0
"""At full boost."""


def wanted_kpa(fill: float, rpm: float) -> float:
    """Boost that this load should have; the engine's control unit knows the same map."""
    brisk = (rpm - 420.0) / 700.0
    if brisk > 1.0:
        brisk = 1.0
    elif brisk < 0.0:
        brisk = 0.0
    load = fill if fill < 1.15 else 1.15
    return FULL_KPA * brisk * load * (1.12 - 0.12 * load)


@dataclass(slots=True)
class Turbo:
    """The air path; `step` moves the boost, `second` the temperatures."""

    charge_c: float
    """In the intake manifold."""
    boost_kpa: float = 0.0
    manifold_kpa: float = 101.3
    """Absolute."""
    air_gps: float = 0.0
    """Fresh air that the cylinders draw."""
    lost_gps: float = 0.0
    """What a split hose lets out."""

    def step(self, engine: EngineState, outside_kpa: float, leak: float) -> None:
        """One step with the engine as it is."""
        rpm = engine.rpm
        wanted = wanted_kpa(engine.fill, rpm)
        if engine.brake_nm > 0.0:
            wanted = 0.055 * engine.brake_nm  # the brake valve raises the exhaust's pressure, and with it the boost
        if leak > 0.0:
            reached = wanted * RESERVE * (1.0 - leak)
            self.lost_gps = self.air_gps * leak
            wanted = reached if reached < wanted else wanted
        boost = self.boost_kpa
        quick = STEP_S * rpm / (0.45 * rpm + 650.0) if wanted > boost else 0.14
        boost += (wanted - boost) * quick
        self.boost_kpa = boost
        self.manifold_kpa = manifold = outside_kpa + boost
        self.air_gps = _AIR * rpm * manifold / (self.charge_c + KELVIN)

    def still(self, outside_kpa: float) -> None:
        """The engine stands."""
        self.boost_kpa *= 0.9
        self.manifold_kpa = outside_kpa + self.boost_kpa
        self.air_gps = self.lost_gps = 0.0

    def second(self, *, rpm: float, ambient_c: float, outside_kpa: float, speed_mps: float, bay_c: float) -> None:
        """Warm the charge air: compression heats it, the cooler takes most of that back; a hot bay warms the rest."""
        ratio = self.manifold_kpa / outside_kpa
        heated_k = (ambient_c + KELVIN) * (ratio**0.286 - 1.0) / 0.74 if ratio > 1.0 else 0.0
        still_k = (0.28 if speed_mps < 5.0 else 0.1) * (bay_c - ambient_c) * (1.0 if rpm < 1.2 * IDLE_RPM else 0.4)
        recirculated_k = 9.0 if rpm > 0.0 else 0.0
        wanted_c = ambient_c + heated_k * (1.0 - COOLER) + still_k + recirculated_k
        self.charge_c += (wanted_c - self.charge_c) / (COOLER_S if rpm > 0.0 else 600.0)

    def turbine_rpm(self, rpm: float) -> float:
        """Speed of the shaft, by boost and flow."""
        if rpm < 300.0:
            return 0.0
        share = self.boost_kpa / FULL_KPA
        return TURBO_RPM * (0.22 + 0.78 * math.sqrt(share if share > 0.0 else 0.0))
