"""Compressed air: a compressor with its governor, four protected circuits, and what brakes, bellows and leaks use.

The four-circuit valve lets air into a circuit only while the supply is above its closing pressure, so one leaking
circuit empties alone (ECE R13 annex 7; Knorr and Wabco, "Air brake systems").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

CUT_IN_KPA: Final = 850.0
CUT_OUT_KPA: Final = 1000.0
CLOSES_KPA: Final = 640.0
"""The four-circuit valve shuts below this, so that what is left stays with the sound circuits."""
SWEPT_L: Final = 0.48
"""Of the compressor, per turn of the engine."""
SUPPLY_L: Final = 28.0
CIRCUITS_L: Final = (32.0, 32.0, 38.0)
"""Brake circuits 1 and 2; parking brake, trailer and bellows."""
BRAKE_NL_PER_KPA: Final = (0.045, 0.075, 0.030)
"""Air that the brake chambers take for each kPa that the driver applies; circuit 3 feeds the trailer's."""
APPLIED_KPA: Final = 800.0
"""At a fully pressed pedal."""
ROLLING_NL_PER_S: Final = (0.02, 0.02, 0.10)
"""Bellows, gearbox and clutch while the truck moves."""
SHIFT_NL: Final = 1.6
"""Each shift takes air from the third circuit."""
OUTSIDE_KPA: Final = 101.3
HOLE_AT_KPA: Final = 900.0
HOLDS_BELOW_KPA: Final = 380.0
"""Below this (55 psi) lamp and buzzer say stop, and the driver does."""
FREE_FROM_KPA: Final = 550.0
"""The spring brakes are free again, and the driver goes on."""
COMPRESSOR_W: Final = 4200.0
"""Taken from the engine under load at 1,400 rpm."""


@dataclass(slots=True)
class CompressedAir:
    """Pressures above the air outside; `second` moves them on."""

    circuits_kpa: list[float]
    leak_kpa_per_h: float
    supply_kpa: float
    delivers: float
    """Share of a new compressor's air."""
    loaded: bool = False
    """The compressor pumps."""
    holds: bool = False
    """Too little air to drive."""
    braked_kpa: float = 0.0
    """Rises of the applied pressure in this second so far, added up; whoever brakes adds, `second` uses it up."""
    shifts: int = 0
    """Of the gearbox in this second."""

    def second(
        self, *, rpm: float, moving: bool, holes: Mapping[int, float], compressor: float, span_s: float = 1.0
    ) -> None:
        """Live `span_s`; `holes` is norm litres a minute by circuit, `compressor` the share of its air that is left."""
        self._govern(rpm)
        if self.loaded:
            behind = self.supply_kpa / 1000.0
            flow = SWEPT_L * rpm / 60.0 * (0.86 - 0.26 * behind) * self.delivers * compressor
            self.supply_kpa += flow * span_s / SUPPLY_L * OUTSIDE_KPA
        self._use(holes, span_s, moving=moving)
        self._share_out()
        lowest = min(self.circuits_kpa[0], self.circuits_kpa[1])
        self.holds = lowest < (FREE_FROM_KPA if self.holds else HOLDS_BELOW_KPA)

    def accessory_w(self, rpm: float) -> float:
        """What the compressor takes from the engine."""
        return (COMPRESSOR_W if self.loaded else 700.0) * rpm / 1400.0

    def _govern(self, rpm: float) -> None:
        if rpm < 300.0 or self.supply_kpa >= CUT_OUT_KPA:
            self.loaded = False
        elif self.supply_kpa <= CUT_IN_KPA:
            self.loaded = True

    def _use(self, holes: Mapping[int, float], span_s: float, *, moving: bool) -> None:
        """Each circuit loses what is braked, rolls and leaks away."""
        circuits = self.circuits_kpa
        sealed_kpa = self.leak_kpa_per_h * span_s / 3600.0
        for place, volume_l in enumerate(CIRCUITS_L):
            kpa = circuits[place]
            used_nl = self.braked_kpa * BRAKE_NL_PER_KPA[place]
            if moving:
                used_nl += ROLLING_NL_PER_S[place] * span_s
            if holes:
                used_nl += holes.get(place + 1, 0.0) / 60.0 * span_s * kpa / HOLE_AT_KPA
            if place == 2:
                used_nl += self.shifts * SHIFT_NL
            left = kpa - used_nl / volume_l * OUTSIDE_KPA - sealed_kpa * kpa / HOLE_AT_KPA
            circuits[place] = left if left > 0.0 else 0.0
        supply = self.supply_kpa - sealed_kpa
        self.supply_kpa = supply if supply > 0.0 else 0.0
        self.braked_kpa = 0.0
        self.shifts = 0

    def _share_out(self) -> None:
        """From the supply into the circuits that are lower, as long as the valve is open."""
        circuits = self.circuits_kpa
        first = circuits.index(min(circuits))
        for turn in range(first, first + len(CIRCUITS_L)):
            place = turn % len(CIRCUITS_L)
            volume_l = CIRCUITS_L[place]
            supply, kpa = self.supply_kpa, circuits[place]
            lacks = supply - kpa
            if lacks <= 0.0 or supply <= CLOSES_KPA:
                continue
            level = (supply * SUPPLY_L + kpa * volume_l) / (SUPPLY_L + volume_l)
            floor = level if level > CLOSES_KPA else CLOSES_KPA
            moved = (supply - floor) * SUPPLY_L
            self.supply_kpa = floor
            circuits[place] = kpa + moved / volume_l
