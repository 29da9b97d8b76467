"""Tyres: gas that warms, leaks and feels the height of the place; rolling drag and radius follow from its pressure.

Pressure is that of an ideal gas of constant volume; drag follows (placard / pressure)^0.4 (Clark, Rolling Resistance of
Pneumatic Tires, DOT-TSC, 1979, rounded); heat is rolling work less what wind takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

KELVIN: Final = 273.15
PLACARD_C: Final = 20.0
SEA_KPA: Final = 101.325
"""ISO 2533."""
NATURAL_PER_H: Final = 0.02 / 720.0
"""Rubber lets through about 2 % a month."""
RADIUS_LOSS: Final = 0.012
"""Share of the rolling radius that is gone in a flat tyre, roughly linear until then: what indirect systems see."""
HUB_W_PER_K: Final = 1.1
"""From a hot brake through the rim into the tyre; ordinary value."""
FLAT_KPA: Final = 30.0
"""Below this a tyre is flat: it cannot be driven on."""


@dataclass(slots=True)
class Tyres:
    """All tyres of a vehicle, in the order of its wheels."""

    placard_kpa: Sequence[float]
    """Gauge, at 20 °C and sea level."""
    rolling: float
    """Rolling resistance coefficient at placard pressure."""
    heat_j_per_k: float
    ambient_c: float
    share: list[float] = field(default_factory=list)
    """Gas in each tyre in relation to what placard pressure needs; 1 when empty of a better word."""
    temp_c: list[float] = field(init=False)
    pressure_kpa: list[float] = field(init=False)
    """Gauge, as a sensor in the wheel reads it."""
    turns: list[float] = field(init=False)
    """How much faster each wheel turns than one at placard pressure."""
    drag: float = field(default=1.0, init=False)
    """Factor on the rolling resistance of the whole vehicle."""

    def __post_init__(self) -> None:
        count = len(self.placard_kpa)
        self.share = self.share or [1.0] * count
        self.temp_c = [self.ambient_c] * count
        self.pressure_kpa = [0.0] * count
        self.turns = [1.0] * count
        self._fill(SEA_KPA)

    def second(
        self,
        *,
        speed_mps: float,
        ambient_c: float,
        outside_kpa: float,
        load_n: float,
        wet: float,
        holes_kpa_per_h: Mapping[int, float],
        hub_c: Sequence[float] | None = None,
        span_s: float = 1.0,
    ) -> None:
        """Live `span_s`; `load_n` is what one wheel carries, `holes` the leaks by wheel at placard pressure.

        `hub_c` are the temperatures of the brakes behind the wheels, which warm the tyre a little.
        """
        wind = (4.0 + 0.45 * speed_mps) * (1.0 + 0.6 * wet) * self.heat_j_per_k / 12_000.0
        work_w = 0.35 * self.rolling * load_n * speed_mps
        for place, temp_c in enumerate(self.temp_c):
            placard = self.placard_kpa[place]
            gauge = self.pressure_kpa[place]
            low = placard / gauge if gauge > 0.2 * placard else 5.0
            hub_w = HUB_W_PER_K * (hub_c[place] - temp_c) if hub_c else 0.0
            warming = (work_w * low + hub_w - wind * (temp_c - ambient_c)) / self.heat_j_per_k
            self.temp_c[place] = temp_c + warming * span_s
            lost_kpa_per_h = (holes_kpa_per_h.get(place, 0.0) if holes_kpa_per_h else 0.0) * max(gauge, 0.0) / placard
            lost = (lost_kpa_per_h / (placard + SEA_KPA) + NATURAL_PER_H) * span_s / 3600.0
            self.share[place] = max(self.share[place] - lost, SEA_KPA / (placard + SEA_KPA))
        self._fill(outside_kpa)

    def inflate(self) -> None:
        """Fill every tyre to the placard."""
        self.share = [1.0] * len(self.share)

    def share_of_placard(self, place: int) -> float:
        """Pressure the tyre would have at 20 °C and sea level, in relation to the placard."""
        placard = self.placard_kpa[place]
        return ((placard + SEA_KPA) * self.share[place] - SEA_KPA) / placard

    def flat(self) -> bool:
        """Whether a tyre cannot be driven on any more."""
        return min(self.pressure_kpa) < FLAT_KPA

    def _fill(self, outside_kpa: float) -> None:
        drag = 0.0
        for place, placard in enumerate(self.placard_kpa):
            absolute = (placard + SEA_KPA) * self.share[place] * (self.temp_c[place] + KELVIN) / (PLACARD_C + KELVIN)
            gauge = max(absolute - outside_kpa, 0.0)
            self.pressure_kpa[place] = gauge
            self.turns[place] = 1.0 / (1.0 - RADIUS_LOSS * (1.0 - gauge / placard))
            drag += (placard / gauge) ** 0.4 if gauge > 0.2 * placard else 1.9
        self.drag = drag / len(self.placard_kpa)
