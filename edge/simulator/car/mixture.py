"""Mixture: metered air, injected fuel, the oxygen sensors around the catalyst, and the fuel trims that close the loop.

The unit meters air (MAF), injects for it, and corrects by what the wide-band sensor before the catalyst shows: a quick
integrator (short-term trim), learned into two load cells (long-term trim). It dithers the mixture by ±2 % to see the
catalyst work; the narrow-band sensor behind a good catalyst, which stores oxygen, hardly moves (Heywood ch. 11.6;
Bosch Automotive Handbook, "Lambda closed-loop control").
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from edge.simulator.car.engine import AIR_PER_FUEL, CYLINDERS, FUEL_G_PER_L, EngineState
from edge.simulator.vehicle import STEP_S

TRIM_LIMIT: Final = 0.30
SHORT_PER_S: Final = 0.55
"""Speed of the short-term trim for a lambda that is off by one."""
LEARN_S: Final = 90.0
"""How slowly the long-term trim takes over."""
DITHER: Final = 0.02
DITHER_STEPS: Final = 7
"""Steps of one rich or lean half."""
TARGET: Final = 0.9985
"""A trace rich, which keeps the sensor behind a good catalyst at 0.6 to 0.7 V."""
CLOSED_AFTER_S: Final = 15.0
"""The sensor's heater needs as long."""
STORAGE_G: Final = 110.0
"""Exhaust that passes a new, hot catalyst until its stored oxygen follows."""
CUT_LAMBDA: Final = 2.0
FULL_LAMBDA: Final = 1.004
"""A catalyst that has been breathing air is full of oxygen and takes no more: it is empty again within seconds."""
SUPPLY_LPH: Final = 68.0
"""What a good pump gives at regulated pressure: about twice what the engine ever burns."""
RAIL_KPA: Final = 400.0
REAR_LAG_S: Final = 0.25
FILM: Final = 0.20
"""What the unit's own correction leaves of the fuel that stays on the walls when more air comes (Heywood ch. 7.6)."""
FILM_S: Final = 0.6


@dataclass(slots=True)
class Mixture:
    """State of the loop; `step` moves it on with the engine."""

    short: float = 0.0
    long: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Of the idle cell and of the driving cell."""
    lean: float = 1.0
    """Lambda that burns."""
    seen: float = 1.0
    """Lambda that the sensor before the catalyst shows."""
    behind: float = 1.0
    """Lambda behind the catalyst."""
    rear_v: float = 0.1
    rail_kpa: float = 0.0
    metered_gps: float = 0.0
    closed: bool = False
    on_s: float = 0.0
    """Since the engine started."""
    _steps: int = 0
    _film_gps: float = 1.0
    """Air that the fuel on the intake's walls is in balance with."""

    @property
    def cell(self) -> int:
        """Place of the present load cell in `long`."""
        return int(self.metered_gps > 5.5)

    def step(
        self,
        engine: EngineState,
        *,
        manifold_share: float,
        maf_gain: float,
        leak_gps: float,
        lag_s: float,
        oxygen_g: float,
        spray: float,
        unburned: float,
        supply_lph: float,
    ) -> None:
        """One step.

        `manifold_share` is manifold pressure in relation to the air outside, `oxygen_g` the catalyst's storage,
        `spray` the share of the wanted fuel that the injectors give, `unburned` the share of firings that miss.
        """
        self.on_s += STEP_S
        self._steps += 1
        air_gps = engine.air_gps
        leaking = leak_gps * math.sqrt(1.0 - manifold_share) if leak_gps > 0.0 and manifold_share < 1.0 else 0.0
        metered = air_gps - leaking
        self.metered_gps = (metered if metered > 0.3 else 0.3) * maf_gain
        need_lph = engine.fuel_lph
        short_of = supply_lph / (need_lph + 1.0)
        self.rail_kpa = RAIL_KPA if short_of >= 1.0 else RAIL_KPA * short_of * short_of
        if engine.cut:
            lean = CUT_LAMBDA
        else:
            cell = self.long[int(self.metered_gps > 5.5)]
            dither = DITHER if self._steps // DITHER_STEPS % 2 else -DITHER
            wanted = (self.metered_gps / air_gps) * (1.0 + self.short + cell + dither) * spray
            if short_of < 1.0:
                wanted *= short_of
            wanted *= 1.0 - FILM * (air_gps - self._film_gps) / (air_gps + 1.0)
            self.lean = 1.0 / wanted if wanted > 0.5 else CUT_LAMBDA
            lean = self.lean * (1.0 + 0.8 * unburned)
        self._film_gps += (air_gps - self._film_gps) * (STEP_S / FILM_S)
        quick = STEP_S / (lag_s + STEP_S)
        self.seen += (lean - self.seen) * quick
        passing = STEP_S * air_gps / (oxygen_g + 0.05)
        arrives = FULL_LAMBDA if engine.cut else lean
        self.behind += (arrives - self.behind) * (passing if passing < 1.0 else 1.0)
        bent = (self.behind - 0.9995) * 420.0
        wanted_v = 0.08 + 0.76 / (1.0 + math.exp(bent if bent < 30.0 else 30.0))
        self.rear_v += (wanted_v - self.rear_v) * (STEP_S / (REAR_LAG_S + STEP_S))
        self._trim(engine)

    def off(self) -> None:
        """The engine stands."""
        self.short = self.on_s = self.metered_gps = 0.0
        self.seen, self.behind, self.rear_v = CUT_LAMBDA, CUT_LAMBDA, 0.1
        self.rail_kpa *= 0.9995
        self.closed = False

    def _trim(self, engine: EngineState) -> None:
        self.closed = self.on_s > CLOSED_AFTER_S and not engine.cut and engine.load < 0.9
        if not self.closed:
            return
        off = self.seen - TARGET
        off = -0.15 if off < -0.15 else (off if off < 0.15 else 0.15)
        self.short = _within_limit(self.short + off * SHORT_PER_S * STEP_S)
        cell = int(self.metered_gps > 5.5)
        self.long[cell] = _within_limit(self.long[cell] + self.short * STEP_S / LEARN_S)


def _within_limit(trim: float) -> float:
    return -TRIM_LIMIT if trim < -TRIM_LIMIT else (trim if trim < TRIM_LIMIT else TRIM_LIMIT)


def spray_share(injectors: Mapping[int, float]) -> float:
    """Fuel that all injectors together give of what is asked for."""
    return 1.0 - sum(1.0 - share for share in injectors.values()) / CYLINDERS


def stoichiometric_gps(fuel_lph: float) -> float:
    """Air that this much fuel burns."""
    return fuel_lph * FUEL_G_PER_L / 3600.0 * AIR_PER_FUEL
