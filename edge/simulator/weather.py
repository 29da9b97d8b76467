"""Weather: air, sun, wind and wet roads, at a time and a height.

Every number without a source is an ordinary value for the middle latitudes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from edge.errors import ConfigError
from edge.simulator.journey.timetable import BEGIN_S, DAY_S, HOUR_S

Floats = npt.NDArray[np.float64]

ANY: Final = "any"
KNOT_S: Final = 600.0
"""Between two values of all but the wind; straight lines join them."""
KNOTS: Final = round(DAY_S / KNOT_S)
GUST_S: Final = 60.0
LAPSE_K_PER_M: Final = 0.0065
"""ISO 2533: how the air cools with height."""
HEIGHT_PER_M: Final = LAPSE_K_PER_M / 288.15
EXPONENT: Final = 5.25588
"""ISO 2533: p = p0 (1 - LAPSE h / 288.15 K) ^ EXPONENT."""
SEA_KPA: Final = 101.325
FRONT_KPA: Final = 0.9
"""Standard deviation of the pressure at sea level."""
FRONT_S: Final = 2.0 * DAY_S
SETTLES_S: Final = 0.4 * DAY_S
"""Pressure follows its fronts so slowly."""
DRIFT_S: Final = 3.0 * DAY_S
"""A day resembles the one before: autocorrelation exp(-1/3) = 0.72 of daily means."""
CLOUD_S: Final = 4.0 * HOUR_S
SHOWER_S: Final = 2.0 * HOUR_S
GATHERS_S: Final = 2_400.0
"""Clouds come and go so fast."""
OVERCAST: Final = 0.8
"""No rain from a clearer sky."""
SOAKS_S: Final = 600.0
DRIES_S: Final = 4_000.0
FRESHENS_S: Final = 3.0 * HOUR_S
TURNS_S: Final = 240.0
RAIN_COOLS_K: Final = 2.0
WARMEST_H: Final = 15.0
NOON_H: Final = 12.5
DIM: Final = 0.75
"""Sun behind clouds: 1 - 0.75 n ^ 3.4 for a cover of n (Kasten and Czeplak, Solar Energy 24, 1980)."""


Knot: TypeAlias = tuple[float, float, float, float]
"""Temperature and pressure at sea level, wetness, sun."""


class Air(NamedTuple):
    """What a vehicle is surrounded by."""

    temp_c: float
    pressure_kpa: float
    wet: float
    """Of the road: 0 dry to 1."""
    sun: float
    """0 night to 1, the sun of a clear noon."""
    wind_mps: float
    """Against the vehicle; below 0 from behind."""


@dataclass(frozen=True, slots=True)
class Climate:
    """One kind of weather; means and standard deviations."""

    about: str
    mean_c: tuple[float, float]
    """Of the air at sea level over a day; drawn once."""
    swing_k: float
    """From the mean to the afternoon of a clear day."""
    drift_k: float
    """From day to day."""
    cloud: float
    rain: float
    """Share of the time in which it rains or snows."""
    wind_mps: float
    daylight_h: float


CLIMATES: Final[Mapping[str, Climate]] = MappingProxyType(
    {
        "mild": Climate("8 to 18 °C on average, mostly dry", (8.0, 18.0), 5.0, 2.0, 0.5, 0.05, 2.5, 13.0),
        "hot": Climate("26 to 34 °C on average, sun", (26.0, 34.0), 6.5, 1.5, 0.2, 0.01, 2.0, 15.0),
        "cold": Climate(
            "frost by day and night, -16 to -4 °C on average", (-16.0, -4.0), 4.5, 3.0, 0.4, 0.04, 2.0, 9.0
        ),
        "winter": Climate(
            "about freezing, -2 to 5 °C on average, roads damp or wet", (-2.0, 5.0), 2.5, 2.5, 0.8, 0.25, 3.5, 8.5
        ),
        "rain": Climate("6 to 16 °C on average, wet more often than not", (6.0, 16.0), 3.0, 1.5, 0.9, 0.6, 4.0, 12.0),
        "storm": Climate("4 to 14 °C on average, strong wind and showers", (4.0, 14.0), 2.5, 2.0, 0.75, 0.3, 8.0, 11.0),
    }
)
WEATHERS: Final[Mapping[str, str]] = MappingProxyType(
    {name: climate.about for name, climate in CLIMATES.items()} | {ANY: "one of the others, drawn by the seed"}
)
"""Name → what it is, in a line."""


class Weather:
    """The weather of one journey, day after day; time only goes forward.

    Whenever it is asked, the answer for a time is the same: a day is drawn as a whole.
    """

    def __init__(self, kind: str, rng: np.random.Generator, base_c: float | None = None) -> None:
        """Begin at 07:00 of the first day.

        Args:
            kind: one of WEATHERS.
            rng: what the weather is drawn from.
            base_c: mean of a day at sea level, instead of what the kind draws.

        Raises:
            ConfigError: there is no such weather.
        """
        if kind not in WEATHERS:
            raise ConfigError(f"there is no weather {kind!r}", remedy=f"Take one of: {', '.join(WEATHERS)}")
        name = list(CLIMATES)[int(rng.integers(len(CLIMATES)))] if kind == ANY else kind
        climate = CLIMATES[name]
        drawn_c = float(rng.uniform(*climate.mean_c))
        self._sky = _Sky(climate, drawn_c if base_c is None else base_c, rng)
        self._wind = _Wind(climate.wind_mps, rng)
        self._day = -1
        self._next_day()
        self._turn(0.0)

    def at(self, now_s: float, altitude_m: float) -> Air:
        """The air at a time since the beginning and a height above sea.

        Raises:
            ValueError: the time is before the day that was asked about last.
        """
        into_s = now_s - self._from_s
        if not 0.0 <= into_s < GUST_S:
            self._turn(now_s)
            into_s = now_s - self._from_s
        temp_c, warms, pressure_kpa, rises, wet, soaks, sun, clears, wind_mps, freshens = self._lines
        return Air(
            temp_c + warms * into_s - LAPSE_K_PER_M * altitude_m,
            (pressure_kpa + rises * into_s) * (1.0 - HEIGHT_PER_M * altitude_m) ** EXPONENT,
            wet + soaks * into_s,
            sun + clears * into_s,
            wind_mps + freshens * into_s,
        )

    def _turn(self, now_s: float) -> None:
        """Find the straight lines, from their beginning and by the second, of the minute around a time."""
        into_s = now_s + BEGIN_S - self._day * DAY_S
        if into_s < 0.0:
            raise ValueError("the weather of days gone by is forgotten")
        while into_s >= DAY_S:
            into_s -= DAY_S
            self._next_day()
        gust = int(into_s / GUST_S)
        begins_s = gust * GUST_S
        low, part_s = int(begins_s / KNOT_S), begins_s % KNOT_S
        lines: list[float] = []
        for value, after in zip(self._sky_knots[low], self._sky_knots[low + 1], strict=True):
            slope = (after - value) / KNOT_S
            lines += (value + slope * part_s, slope)
        wind, after = self._wind_knots[gust : gust + 2]
        self._lines = (*lines, wind, (after - wind) / GUST_S)
        self._from_s = self._day * DAY_S - BEGIN_S + begins_s

    def _next_day(self) -> None:
        self._day += 1
        self._sky_knots = self._sky.day()
        self._wind_knots = self._wind.day()


class _Sky:
    """Fronts, clouds and showers as random walks that are drawn back to what is usual (Ornstein-Uhlenbeck)."""

    def __init__(self, climate: Climate, base_c: float, rng: np.random.Generator) -> None:
        self._climate = climate
        self._base_c = base_c
        self._rng = rng
        self._rains_above = NormalDist().inv_cdf(1.0 - climate.rain)
        self._drift, self._cloud, self._shower, self._front = (float(draw) for draw in rng.standard_normal(4))
        self._pressure: float = self._front
        self._wet = climate.rain
        self._cover = climate.cloud

    def day(self) -> list[Knot]:
        """The sky at every KNOT_S, from one midnight to the next."""
        rows = [self._row(0)]
        for knot, noise in enumerate(self._rng.standard_normal((KNOTS, 4)).tolist(), start=1):
            self._move(noise)
            rows.append(self._row(knot))
        return rows

    def _move(self, noise: list[float]) -> None:
        self._drift = _walk(self._drift, DRIFT_S, noise[0])
        self._cloud = _walk(self._cloud, CLOUD_S, noise[1])
        self._shower = _walk(self._shower, SHOWER_S, noise[2])
        self._front = _walk(self._front, FRONT_S, noise[3])
        self._pressure += (self._front - self._pressure) * KNOT_S / SETTLES_S
        aim = self._climate.cloud + 0.3 * self._cloud
        aim = min(max(aim, OVERCAST if self._rains else 0.0), 1.0)
        self._cover += (aim - self._cover) * KNOT_S / GATHERS_S
        dries = self._wet * KNOT_S / DRIES_S
        self._wet += (1.0 - self._wet) * (1.0 - math.exp(-KNOT_S / SOAKS_S)) if self._rains else -dries

    @property
    def _rains(self) -> bool:
        """Rather when the pressure is low."""
        wish: float = (self._shower - 0.5 * self._front) / math.sqrt(1.25)
        return wish > self._rains_above

    def _row(self, knot: int) -> Knot:
        climate, hour = self._climate, knot * KNOT_S / HOUR_S
        swing_k = climate.swing_k * (1.0 - 0.6 * self._cover) * math.cos(2.0 * math.pi * (hour - WARMEST_H) / 24.0)
        temp_c = self._base_c + climate.drift_k * self._drift + swing_k - RAIN_COOLS_K * self._wet
        phase = 0.5 + (hour - NOON_H) / climate.daylight_h
        height = math.sin(math.pi * phase) if 0.0 < phase < 1.0 else 0.0
        return temp_c, SEA_KPA + FRONT_KPA * self._pressure, self._wet, height * (1.0 - DIM * self._cover**3.4)


class _Wind:
    """A wind that freshens and drops over hours, on a road that turns in it, with gusts."""

    def __init__(self, mean_mps: float, rng: np.random.Generator) -> None:
        self._mean_mps = mean_mps
        self._rng = rng
        self._ends = {spacing_s: float(rng.standard_normal()) for spacing_s in (FRESHENS_S, TURNS_S, GUST_S)}

    def day(self) -> list[float]:
        """The head-wind at every GUST_S, from one midnight to the next."""
        speed = self._mean_mps * np.maximum(1.0 + 0.4 * self._noise(FRESHENS_S), 0.0)
        head: list[float] = (speed * (0.7 * self._noise(TURNS_S) + 0.2 * self._noise(GUST_S))).tolist()
        return head

    def _noise(self, spacing_s: float) -> Floats:
        """Normal knots, joined by straight lines, going on where the day before ended."""
        drawn = np.clip(self._rng.standard_normal(round(DAY_S / spacing_s) + 1), -2.5, 2.5)
        drawn[0] = self._ends[spacing_s]
        self._ends[spacing_s] = float(drawn[-1])
        at = np.arange(round(DAY_S / GUST_S) + 1) * (GUST_S / spacing_s)
        return np.asarray(np.interp(at, np.arange(len(drawn)), drawn), np.float64)


def _walk(value: float, lasts_s: float, noise: float) -> float:
    """One KNOT_S of a walk of variance 1 that forgets itself within `lasts_s`."""
    keeps = math.exp(-KNOT_S / lasts_s)
    return keeps * value + math.sqrt(1.0 - keeps * keeps) * noise
