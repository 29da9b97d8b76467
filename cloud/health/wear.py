"""Wear: how long a part still lasts, from how an indicator has moved day by day, with an interval. Pure.

A line through daily figures, by Bayes: before any day is seen, the rate of wear is what such parts do in life, or many
times that; every day then says more, and a day that the rate does not explain says that there is another rate now. What
is not known stays in the interval: the spread of the days, that some days wear more, and that wear does not go on quite
as it did.
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
RESTLESS: Final = 0.02
"""How far the rate wanders in a day, in shares of itself; judgement."""
DAYS_DIFFER: Final = 0.4
"""Standard deviation of one day's wear, in shares of it: some days are driven more; judgement."""
SURPRISING: Final = 3.0
"""Standard deviations beyond which a day says that the rate is another one from now on."""
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
    """The line as of day 0, from (day, value), days ascending; the prior of the rate counts as such parts differ.

    A local linear trend (Harvey 1989, 2.3) by the Kalman filter: the rate itself wanders, by `RESTLESS` of itself in a
    day, so what happened lately says more than what was long ago. After a day that the rate so far does not explain
    the rate is open again (West and Harrison 1997, 11.5): a leak that begins is believed within days.
    """
    noise = max(wearing.noise, _noise(told))
    level, rate = told[0][1], wearing.rate
    p00, p01, p11 = noise**2, 0.0, (abs(wearing.rate) * FAULTY) ** 2
    day = told[0][0]
    for then, value in [*told[1:], (0.0, None)]:
        gap = then - day
        speed = max(abs(rate), abs(wearing.rate))
        wander = (RESTLESS * speed) ** 2
        level += rate * gap
        p00 += gap * (2.0 * p01 + gap * p11) + (DAYS_DIFFER * speed) ** 2 * gap + wander * gap**3 / 3.0
        p01 += gap * p11 + wander * gap**2 / 2.0
        p11 += wander * gap
        day = then
        if value is None:
            continue
        surprise = value - level
        if surprise**2 > SURPRISING**2 * (p00 + noise**2):
            jump = (surprise / gap) ** 2 if gap else 0.0
            p00, p01, p11 = p00 + gap**2 * jump, p01 + gap * jump, p11 + jump
        total = p00 + noise**2
        to_level, to_rate = p00 / total, p01 / total
        level, rate = level + to_level * surprise, rate + to_rate * surprise
        p11 -= to_rate * p01
        p01 -= to_rate * p00
        p00 -= to_level * p00
    return Line(level, rate, math.sqrt(p00), math.sqrt(p11))


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


def _noise(told: Sequence[tuple[float, float]]) -> float:
    """Of one day, as a standard deviation: how far each lies off the line between its neighbours, in the middle."""
    off = []
    for (before, one), (day, two), (after, three) in zip(told, told[1:], told[2:], strict=False):
        if not before < day < after:
            continue
        share = (day - before) / (after - before)
        rest = two - (one * (1.0 - share) + three * share)
        off.append(abs(rest) / math.sqrt(1.0 + share**2 + (1.0 - share) ** 2))
    return MAD_TO_SIGMA * median(off) if off else 0.0
