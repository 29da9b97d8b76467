"""Wear: how long a part still lasts, from how an indicator has moved day by day, with an interval. Pure.

A straight line through daily figures, by Bayes: before any day is seen, the rate of wear is what such parts do in life,
or many times that; every day then says more. What is not known stays in the interval: the spread of the days about
the line, and that wear does not go on quite as it did.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from cloud.health.model import Lifetime
from cloud.health.stretch import Stretch
from cloud.health.symptom import Part, part_of

DAYS_MIN: Final = 3
"""Days that must tell the indicator before anything is said."""
HORIZON_DAYS: Final = 3650.0
Z_90: Final = 1.6449
"""Two-sided 90 % of a normal distribution."""
FAULTY: Final = 30.0
"""Standard deviation of the rate before any day is seen, in ordinary rates: a part that fails early wears many times
faster than one that lasts, and must be believed within days."""
RATE_CHANGES: Final = 0.35
"""Standard deviation of the logarithm of future wear over past wear; judgement: drivers, seasons and loads change."""
MAD_TO_SIGMA: Final = 1.4826


@dataclass(frozen=True, slots=True)
class Wearing:
    """One part that wears, the indicator that shows it, and what is known before any vehicle is looked at."""

    part: str
    title: str
    component: str
    indicator: str
    figure: Part
    new: float
    """Of the indicator when the part is new."""
    end: float
    """Of the indicator when it is due."""
    life_days: float
    """How long such a part lasts, in the middle."""
    noise: float
    """Of one day, at least: the sensor's step, temperature."""
    source: str

    @property
    def rate(self) -> float:
        """Change of the indicator in a day, as such parts have it."""
        return (self.end - self.new) / self.life_days


WEARING: Final = (
    Wearing(
        "battery_12v", "12 V battery", "charging", "start_v", Part.LOW, 9.6, 5.5, 1600.0, 0.15,
        "lives of 4 to 6 years (ADAC); below 5 to 6 V starters and control units give up; judgement",
    ),
    Wearing(
        "brake_pads", "brake pads, by the fluid", "brakes", "fluid", Part.MEAN, 100.0, 60.0, 1100.0, 0.1,
        "40,000 to 60,000 km in front; the reservoir goes from MAX to MIN with the pads; judgement",
    ),
    Wearing(
        "brake_linings", "brake linings", "brakes", "pad_wear", Part.MEAN, 0.0, 90.0, 900.0, 0.3,
        "250,000 km on the front axle of long-distance trucks; judgement",
    ),
    Wearing(
        "coolant", "coolant of the engine", "cooling", "coolant_level", Part.LOW, 100.0, 60.0, 3000.0, 0.5,
        "a sound system loses nothing worth the name; judgement",
    ),
    Wearing(
        "pack_coolant", "coolant of the traction battery", "traction_battery", "pack_level", Part.LOW, 100.0, 60.0,
        3000.0, 0.5, "a sealed loop loses nothing worth the name; judgement",
    ),
)  # fmt: skip
"""Parts whose remaining life is told, where the vehicle tells the indicator."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through the days, as of the last one."""

    level: float
    rate: float
    """In a day."""
    level_sd: float
    rate_sd: float


def lifetime(wearing: Wearing, days: Sequence[Stretch], at: datetime) -> Lifetime | None:
    """How long a part still lasts from `at`; None where the vehicle does not have such a thing or does not tell it."""
    told = [
        ((day.started_at - at).total_seconds() / 86_400.0, part_of(figure, wearing.figure))
        for day in days
        if (figure := day.figures.get(wearing.indicator)) is not None
    ]
    if not told:
        return None
    if len(told) < DAYS_MIN:
        reason = f"only {len(told)} days tell {wearing.title}; {DAYS_MIN} are needed"
        return Lifetime(wearing.part, wearing.title, None, None, None, reason)
    line = fit(told, wearing)
    low, middle, high = remaining(line, wearing)
    if middle is None:
        reason = f"at {line.level:.3g}, due at {wearing.end:g}: no end within {HORIZON_DAYS / 365:.0f} years"
    else:
        reason = f"at {line.level:.3g}, due at {wearing.end:g}, moving by {line.rate:.2g} a day over {len(told)} days"
    return Lifetime(wearing.part, wearing.title, middle, low, high, reason)


def fit(told: Sequence[tuple[float, float]], wearing: Wearing) -> Line:
    """The line as of day 0, from (day, value); the prior of the rate counts as such parts differ.

    Conjugate normal regression with known noise (Bishop 2006, 3.3); the noise is that of the days about the median
    line (Theil 1950), at least the sensor's own.
    """
    noise = max(wearing.noise, _spread(told))
    prior_sd = abs(wearing.rate) * FAULTY
    weight = 1.0 / noise**2
    s0 = weight * len(told)
    s1 = weight * sum(day for day, _ in told)
    s2 = weight * sum(day * day for day, _ in told) + 1.0 / prior_sd**2
    y0 = weight * sum(value for _, value in told)
    y1 = weight * sum(day * value for day, value in told) + wearing.rate / prior_sd**2
    determinant = s0 * s2 - s1 * s1
    level, rate = (s2 * y0 - s1 * y1) / determinant, (s0 * y1 - s1 * y0) / determinant
    return Line(level, rate, math.sqrt(s2 / determinant), math.sqrt(s0 / determinant))


def remaining(line: Line, wearing: Wearing) -> tuple[float | None, float | None, float | None]:
    """Days until it is due: lower bound, middle, upper bound of 90 %; None beyond the horizon."""
    sign = math.copysign(1.0, wearing.end - wearing.new)
    left = (wearing.end - line.level) * sign
    rate = line.rate * sign
    fast = max(rate + Z_90 * line.rate_sd, 0.0) * math.exp(Z_90 * RATE_CHANGES)
    slow = max(rate - Z_90 * line.rate_sd, 0.0) * math.exp(-Z_90 * RATE_CHANGES)
    near, far = left - Z_90 * line.level_sd, left + Z_90 * line.level_sd
    return _days(near, fast), _days(left, rate), _days(far, slow)


def _days(left: float, rate: float) -> float | None:
    if left <= 0.0:
        return 0.0
    if rate <= 0.0 or left / rate > HORIZON_DAYS:
        return None
    return left / rate


def _spread(told: Sequence[tuple[float, float]]) -> float:
    """Of the days about their median line, as a standard deviation."""
    slopes = [
        (later - earlier) / (then - before)
        for place, (before, earlier) in enumerate(told)
        for then, later in told[place + 1 :]
        if then != before
    ]
    slope = median(slopes) if slopes else 0.0
    rests = [value - slope * day for day, value in told]
    middle = median(rests)
    return MAD_TO_SIGMA * median(abs(rest - middle) for rest in rests)
