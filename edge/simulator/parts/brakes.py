"""Brakes: heat in the discs, wear of the linings, a caliper that drags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

WEAR_MM_PER_J: Final = 2.2e-9
"""Lining of a car: 10 mm for about 4.5 GJ through it, which is 40,000 to 60,000 km in front; more when it is hot."""
HOT_C: Final = 300.0
WORN_MM: Final = 2.0
"""Where the wear sensor speaks (ordinary for cars; ECE R90 linings carry their mark there)."""
BARE_MM: Final = 0.3


@dataclass(slots=True)
class Brakes:
    """One disc (or drum) and its lining for each wheel."""

    share: Sequence[float]
    """Part of the braking force that each wheel does."""
    lining_mm: list[float]
    heat_j_per_k: float
    ambient_c: float
    wear_mm_per_j: float = WEAR_MM_PER_J
    disc_c: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.disc_c = [self.ambient_c] * len(self.share)

    def second(
        self,
        *,
        braking_w: float,
        drag_w: Sequence[float] | None,
        speed_mps: float,
        ambient_c: float,
        faster: Mapping[int, float],
        pace: float = 1.0,
        span_s: float = 1.0,
    ) -> None:
        """Live `span_s` with so much braking by the pedal, and by linings that drag (W by wheel)."""
        wind_w_per_k = 4.0 + 1.1 * speed_mps
        for place, share in enumerate(self.share):
            heat_w = braking_w * share + (drag_w[place] if drag_w else 0.0)
            disc_c = self.disc_c[place]
            radiated_w = 9e-9 * ((disc_c + 273.0) ** 4 - (ambient_c + 273.0) ** 4) if disc_c > 150.0 else 0.0
            self.disc_c[place] = (
                disc_c + (heat_w - wind_w_per_k * (disc_c - ambient_c) - radiated_w) / self.heat_j_per_k * span_s
            )
            if heat_w > 0.0:
                hot = 1.0 + max(disc_c - HOT_C, 0.0) / 100.0
                worn = heat_w * self.wear_mm_per_j * hot * faster.get(place, 1.0) * pace * span_s
                self.lining_mm[place] = max(self.lining_mm[place] - worn, 0.0)

    def bare(self) -> bool:
        """Whether a lining is gone down to its steel."""
        return min(self.lining_mm) < BARE_MM
