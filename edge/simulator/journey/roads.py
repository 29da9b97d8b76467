"""Kinds of road: what limits the speed on them, what stops one there, how they wind and climb.

Numbers without a source are ordinary values, set so that speeds look like recorded ones.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Road:
    """One kind of road."""

    limits_kmh: tuple[float, ...]
    """What one may drive, or what traffic allows; one of these for each zone."""
    zone_m: Span
    """How long a limit holds."""
    junction_m: Span
    """From one place that may hold one up to the next."""
    stops: float = 0.0
    """Chance that such a place stops one."""
    slows: float = 0.0
    """Chance that it only slows one."""
    slow_to: Span = (0.3, 0.8)
    """To this share of the speed."""
    slow_s: Span = (1.0, 8.0)
    """For so long."""
    turns: float = 0.0
    """Chance that one turns off there."""
    dwell_s: float = 10.0
    """Median length of a stop."""
    bend_m: Span = (100.0, 600.0)
    """From one bend to the next."""
    radius_m: Span = (60.0, 500.0)
    hills: float = 0.01
    """Standard deviation of the slope."""
    hill_m: float = 300.0
    """From one slope to the next."""
    traffic: float = 0.04
    """Standard deviation of the speed that traffic allows, as a share."""
    foot: float = 1.0
    """How unsteady a speed is there."""
    held: float = 0.0
    """Share of the zones in which a cruise control holds it."""


YARD: Final = Road(
    limits_kmh=(9.0, 12.0, 15.0),
    zone_m=(20.0, 60.0),
    junction_m=(15.0, 40.0),
    slows=0.3,
    turns=0.5,
    bend_m=(30.0, 80.0),
    radius_m=(8.0, 20.0),
    hills=0.008,
)
"""Car parks, courts and gates."""
CITY: Final = Road(
    limits_kmh=(30.0, 30.0, 50.0, 50.0, 50.0, 50.0, 60.0),
    zone_m=(200.0, 900.0),
    junction_m=(50.0, 360.0),
    stops=0.35,
    slows=0.36,
    slow_to=(0.15, 0.8),
    slow_s=(1.0, 8.0),
    turns=0.14,
    dwell_s=10.5,
    bend_m=(80.0, 500.0),
    radius_m=(25.0, 300.0),
    hills=0.011,
    hill_m=200.0,
    traffic=0.12,
    foot=1.9,
)
CROWD: Final = Road(
    limits_kmh=(8.0, 12.0, 18.0, 25.0, 30.0),
    zone_m=(60.0, 200.0),
    junction_m=(10.0, 110.0),
    stops=0.48,
    slows=0.38,
    slow_to=(0.3, 0.8),
    turns=0.05,
    dwell_s=8.0,
    bend_m=(80.0, 500.0),
    radius_m=(25.0, 300.0),
    hills=0.011,
    hill_m=200.0,
    traffic=0.15,
    foot=1.9,
)
"""A city at its busiest hour."""
RING: Final = Road(
    limits_kmh=(50.0, 60.0, 70.0, 80.0, 80.0, 100.0),
    zone_m=(600.0, 2_500.0),
    junction_m=(250.0, 1_400.0),
    stops=0.08,
    slows=0.32,
    slow_to=(0.45, 0.9),
    turns=0.04,
    dwell_s=11.0,
    bend_m=(200.0, 900.0),
    radius_m=(120.0, 800.0),
    hills=0.012,
    traffic=0.05,
    foot=1.3,
    held=0.15,
)
"""Suburbs and arterial roads."""
RURAL: Final = Road(
    limits_kmh=(50.0, 70.0, 80.0, 100.0, 100.0),
    zone_m=(700.0, 3_000.0),
    junction_m=(600.0, 3_000.0),
    stops=0.12,
    slows=0.3,
    slow_to=(0.4, 0.85),
    turns=0.08,
    dwell_s=6.0,
    bend_m=(120.0, 700.0),
    radius_m=(60.0, 700.0),
    hills=0.022,
    hill_m=400.0,
    traffic=0.05,
    foot=1.3,
    held=0.1,
)
MOTORWAY: Final = Road(
    limits_kmh=(100.0, 120.0, 120.0, 130.0, 130.0, 140.0),
    zone_m=(1_500.0, 6_000.0),
    junction_m=(500.0, 3_000.0),
    slows=0.5,
    slow_to=(0.7, 0.97),
    bend_m=(600.0, 2_500.0),
    radius_m=(500.0, 4_000.0),
    hills=0.012,
    hill_m=700.0,
    traffic=0.02,
    foot=1.0,
    held=0.35,
)
JAM: Final = Road(
    limits_kmh=(12.0, 20.0, 30.0, 40.0, 60.0, 80.0),
    zone_m=(80.0, 500.0),
    junction_m=(30.0, 300.0),
    stops=0.25,
    slows=0.45,
    slow_to=(0.15, 0.7),
    dwell_s=4.0,
    bend_m=(600.0, 2_500.0),
    radius_m=(500.0, 4_000.0),
    hills=0.012,
    hill_m=700.0,
    traffic=0.15,
    foot=1.6,
)
"""A motorway that is full."""
PASS: Final = Road(
    limits_kmh=(50.0, 60.0, 70.0, 80.0),
    zone_m=(1_500.0, 5_000.0),
    junction_m=(1_500.0, 5_000.0),
    stops=0.08,
    slows=0.3,
    dwell_s=12.0,
    bend_m=(40.0, 280.0),
    radius_m=(13.0, 220.0),
    hills=0.015,
    hill_m=250.0,
    traffic=0.06,
)
"""A mountain road with hairpins; its climb comes on top."""
