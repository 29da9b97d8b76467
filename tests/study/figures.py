"""What is measured of a trip: ranges, changes, correlations, spectra, gears, temperatures; None where it cannot be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.study.recorded import DIESEL, PETROL, Floats, Mask, Trip

Measure = Callable[[Trip], float | None]
"""One number of one trip."""

GRID_S: Final = 2.0
"""Changes, correlations and slow spectra are taken at this pace, which every recording has."""
ENOUGH: Final = 40
"""Readings below which a number is chance."""
WARM_C: Final = 82.0
COLD_C: Final = 50.0
SEGMENT_S: Final = 200.0
ANY_FUEL: Final = (PETROL, DIESEL)
DRIVEN: Final = "driven"
IDLING: Final = "idling"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    measure: Measure
    unit: str = ""
    floor: float = 0.0
    """Half a span below which a difference means nothing: a step of the sensor, or what a technician would not see."""
    fuels: tuple[str, ...] = (PETROL,)
    telling: bool = False
    """In the short table."""
    by_road: bool = True
    """Town and country apart."""


def moving(trip: Trip) -> Mask:
    return (trip["speed"] > 3.0) & (trip["rpm"] > 300.0)


def running(trip: Trip) -> Mask:
    return np.asarray(trip["rpm"] > 300.0)


def idle(trip: Trip, low_c: float = WARM_C, high_c: float = 200.0) -> Mask:
    """Standing with the engine on, for two seconds before and after, at this coolant temperature."""
    still = (trip["speed"] < 0.5) & (trip["rpm"] > 300.0)
    wide = max(round(3.0 / trip.step_s), 1)
    inside = np.convolve(still, np.ones(2 * wide + 1), mode="same") >= 2 * wide + 0.5
    return np.asarray(inside & (trip["coolant"] >= low_c) & (trip["coolant"] < high_c))


def level(signal: str, percent: float, where: Callable[[Trip], Mask] = moving) -> Measure:
    """A percentile of a signal."""

    def measure(trip: Trip) -> float | None:
        if signal not in trip:
            return None
        found = trip[signal][where(trip)]
        return float(np.percentile(found, percent)) if len(found) >= ENOUGH else None

    return measure


def spread(signal: str, where: Callable[[Trip], Mask]) -> Measure:
    """Standard deviation about its running mean over 10 s, so that a slow drift does not count."""

    def measure(trip: Trip) -> float | None:
        if signal not in trip:
            return None
        mask = where(trip)
        if mask.sum() < ENOUGH:
            return None
        width = round(10.0 / trip.step_s) | 1
        weight = np.convolve(mask, np.ones(width), mode="same")
        mean = np.convolve(np.where(mask, trip[signal], 0.0), np.ones(width), mode="same") / np.maximum(weight, 1.0)
        return float(np.std((trip[signal] - mean)[mask]))

    return measure


def change(signal: str, percent: float) -> Measure:
    """A percentile of the change per second while moving."""

    def measure(trip: Trip) -> float | None:
        if signal not in trip:
            return None
        coarse = trip.every(GRID_S)
        rate = np.diff(coarse[signal]) / GRID_S
        mask = moving(coarse)
        found = rate[mask[1:] & mask[:-1]]
        return float(np.percentile(found, percent)) if len(found) >= ENOUGH else None

    return measure


def acceleration(percent: float) -> Measure:
    """A percentile of the acceleration (m/s²) while moving."""
    rate = change("speed", percent)

    def measure(trip: Trip) -> float | None:
        found = rate(trip)
        return None if found is None else found / 3.6

    return measure


def together(first: str, second: str, where: Callable[[Trip], Mask] = moving) -> Measure:
    """Correlation of two signals."""

    def measure(trip: Trip) -> float | None:
        if first not in trip or second not in trip:
            return None
        coarse = trip.every(GRID_S)
        mask = where(coarse)
        one, other = coarse[first][mask], coarse[second][mask]
        if len(one) < ENOUGH or np.ptp(one) == 0.0 or np.ptp(other) == 0.0:
            return None
        return float(np.corrcoef(one, other)[0, 1])

    return measure


def band(signal: str, low_hz: float, high_hz: float) -> Measure:
    """Root of the power of a signal in a band, in its own unit (Welch: Hann windows of 200 s, half overlapping)."""

    def measure(trip: Trip) -> float | None:
        density = _density(trip, signal, high_hz)
        if density is None:
            return None
        hertz, power = density
        inside = (hertz >= low_hz) & (hertz < high_hz)
        return float(np.sqrt(power[inside].sum() * (hertz[1] - hertz[0])))

    return measure


def fall(signal: str) -> Measure:
    """Slope of the spectrum: by which power of the frequency it falls from 0.01 to 0.2 Hz."""

    def measure(trip: Trip) -> float | None:
        density = _density(trip, signal, 0.25)
        if density is None:
            return None
        hertz, power = density
        inside = (hertz >= 0.01) & (hertz < 0.2) & (power > 0.0)
        return float(np.polyfit(np.log(hertz[inside]), np.log(power[inside]), 1)[0]) if inside.sum() > 5 else None

    return measure


def _density(trip: Trip, signal: str, high_hz: float) -> tuple[Floats, Floats] | None:
    step_s = 0.5 / high_hz
    if signal not in trip or trip.refresh_s > step_s * 1.01:
        return None
    coarse = trip.every(step_s)
    values = coarse[signal]
    size = round(SEGMENT_S / coarse.step_s)
    if len(values) < size or not (coarse["speed"] > 3.0).any():
        return None
    window = np.hanning(size)
    starts = range(0, len(values) - size + 1, size // 2)
    parts = [values[start : start + size] for start in starts]
    power = np.mean([np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2 for part in parts], axis=0)
    scaled: Floats = np.asarray(power * (2.0 * coarse.step_s / float((window**2).sum())), dtype=np.float64)
    return np.asarray(np.fft.rfftfreq(size, coarse.step_s), dtype=np.float64), scaled


def standing(trip: Trip) -> float | None:
    """Share of the time that the wheels stand."""
    return float((trip["speed"] < 0.5).mean() * 100.0) if moving(trip).any() else None


def stops_per_km(trip: Trip) -> float | None:
    still = trip["speed"] < 0.5
    km = float(trip["speed"].sum()) * trip.step_s / 3600.0
    return float((np.diff(still.astype(int)) == 1).sum() / km) if km > 1.0 else None


def stop_s(trip: Trip) -> float | None:
    """Median length of a stop between two moves."""
    edges = np.diff((trip["speed"] < 0.5).astype(int))
    begun, ended = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    pairs = [(first, ended[ended > first][0]) for first in begun if (ended > first).any()]
    return float(np.median([last - first for first, last in pairs])) * trip.step_s if len(pairs) >= 4 else None


def warm_up_s(trip: Trip) -> float | None:
    """From 45 °C of the coolant to 80 °C, driven."""
    coolant = trip["coolant"]
    if coolant[0] > 45.0 or coolant.max() < 80.0 or not moving(trip).any():
        return None
    first, last = int(np.argmax(coolant >= 45.0)), int(np.argmax(coolant >= 80.0))
    return (last - first) * trip.step_s


def warm_up_idling_k_per_min(trip: Trip) -> float | None:
    """How fast the coolant warms between 45 and 75 °C with the car standing, or hardly moving."""
    coolant = trip["coolant"]
    inside = (coolant >= 45.0) & (coolant < 75.0) & (trip["rpm"] > 300.0)
    if moving(trip).mean() > 0.1 or inside.sum() * trip.step_s < 60.0 or np.ptp(coolant[inside]) < 10.0:
        return None
    time_min = np.flatnonzero(inside) * trip.step_s / 60.0
    return float(np.polyfit(time_min, coolant[inside], 1)[0])


def warming(trip: Trip) -> float | None:
    """Correlation of coolant temperature and time below 80 °C."""
    coolant = trip["coolant"]
    last = int(np.argmax(coolant >= 80.0)) if coolant.max() >= 80.0 else len(coolant)
    if last * trip.step_s < 60.0 or np.ptp(coolant[:last]) < 15.0:
        return None
    return float(np.corrcoef(np.arange(last), coolant[:last])[0, 1])


def at_work(trip: Trip) -> Mask:
    """From the first time the coolant is warm."""
    coolant = trip["coolant"]
    place = int(np.argmax(coolant >= 86.0)) if coolant.max() >= 86.0 else len(coolant)
    return np.asarray(np.arange(len(coolant)) > place)


def at_work_span(trip: Trip) -> float | None:
    found = trip["coolant"][at_work(trip)]
    return float(np.percentile(found, 95) - np.percentile(found, 5)) if len(found) >= 4 * ENOUGH else None


def above_ambient(trip: Trip) -> float | None:
    """Intake temperature above the air outside, median while moving and warm."""
    if "intake" not in trip or "ambient" not in trip:
        return None
    found = (trip["intake"] - trip["ambient"])[moving(trip) & (trip["coolant"] > WARM_C)]
    return float(np.median(found)) if len(found) >= ENOUGH else None


def cold_idle(trip: Trip) -> Mask:
    return idle(trip, -40.0, COLD_C)


def cut_off(trip: Trip) -> Mask:
    """Moving with the foot off and the engine well above idle: the injectors are shut."""
    if "pedal" not in trip:
        return np.zeros(len(trip["speed"]), dtype=bool)
    return np.asarray((trip["pedal"] < 0.5) & (trip["rpm"] > 1300.0) & (trip["speed"] > 20.0))


def foot_off(trip: Trip) -> float | None:
    """Share of the driving time without the accelerator."""
    mask = moving(trip)
    if "pedal" not in trip or mask.sum() < ENOUGH:
        return None
    return float((trip["pedal"][mask] < 0.6).mean() * 100.0)


def pressed(trip: Trip) -> Mask:
    if "pedal" not in trip:
        return np.zeros(len(trip["speed"]), dtype=bool)
    return np.asarray(moving(trip) & (trip["pedal"] >= 0.6))


def filling(trip: Trip) -> float | None:
    """Load in per cent for each kPa of manifold pressure above the residual gas (slope)."""
    if "load" not in trip or "map" not in trip:
        return None
    mask = running(trip)
    if mask.sum() < ENOUGH or np.ptp(trip["map"][mask]) < 25.0:
        return None
    return float(np.polyfit(trip["map"][mask], trip["load"][mask], 1)[0])


def gears(trips: list[Trip]) -> tuple[Floats, float]:
    """Gear ratios as rpm for each km/h, highest first, and the share of the driving time in one of them (±3 %)."""
    ratios = []
    for trip in trips:
        fast = (trip["speed"] > 12.0) & (trip["rpm"] > 900.0)
        ratio = np.log(trip["rpm"] / np.maximum(trip["speed"], 1.0))
        calm = np.abs(np.gradient(ratio)) < 0.02
        ratios.append(ratio[fast & calm])
    found = np.concatenate(ratios)
    count, edges = np.histogram(found, bins=np.arange(2.0, 5.4, 0.02))
    smooth = np.convolve(count, (0.25, 0.5, 0.25), mode="same")
    middle = (edges[1:] + edges[:-1]) / 2.0
    peaks = [
        at
        for at in range(4, len(smooth) - 4)
        if smooth[at] == smooth[at - 4 : at + 5].max() and smooth[at] > 0.008 * len(found)
    ]
    centres = middle[peaks]
    near = np.min(np.abs(found[:, None] - centres[None, :]), axis=1) < 0.03 if peaks else np.zeros(1)
    return np.exp(centres)[::-1], float(np.mean(near) * 100.0)


def _spectra() -> dict[str, Figure]:
    rows = {}
    for signal, unit, floor, fuels in (
        ("speed", "km/h", 0.3, ANY_FUEL),
        ("rpm", "rpm", 10.0, ANY_FUEL),
        ("load", "%", 0.5, (PETROL,)),
    ):
        for low, high in ((0.005, 0.02), (0.02, 0.1), (0.1, 0.25), (0.25, 0.5), (0.5, 1.0)):
            telling = high in (0.1, 0.25) and signal != "load"
            rows[f"{signal}, rms in {low:g}-{high:g} Hz"] = Figure(
                band(signal, low, high), unit, floor, fuels, telling=telling
            )
        rows[f"{signal}, slope of the spectrum"] = Figure(fall(signal), "", 0.2, fuels, telling=signal != "load")
    return rows


FIGURES: Final[Mapping[str, Figure]] = MappingProxyType(
    {
        "speed while moving, p50": Figure(level("speed", 50), "km/h", 3.0, ANY_FUEL),
        "speed, p99": Figure(level("speed", 99), "km/h", 5.0, ANY_FUEL),
        "standing": Figure(standing, "% of time", 3.0, ANY_FUEL, telling=True),
        "stops": Figure(stops_per_km, "per km", 0.1, ANY_FUEL, telling=True),
        "length of a stop, p50": Figure(stop_s, "s", 2.0, ANY_FUEL),
        "acceleration, p5": Figure(acceleration(5), "m/s²", 0.1, ANY_FUEL),
        "acceleration, p95": Figure(acceleration(95), "m/s²", 0.1, ANY_FUEL, telling=True),
        "acceleration, p0.5": Figure(acceleration(0.5), "m/s²", 0.1, ANY_FUEL),
        "acceleration, p99.5": Figure(acceleration(99.5), "m/s²", 0.1, ANY_FUEL),
        "idle speed, warm": Figure(level("rpm", 50, idle), "rpm", 25.0, ANY_FUEL, telling=True, by_road=False),
        "idle speed, spread": Figure(spread("rpm", idle), "rpm", 3.0, ANY_FUEL, telling=True, by_road=False),
        "idle speed, below 50 °C": Figure(level("rpm", 50, cold_idle), "rpm", 40.0, ANY_FUEL, by_road=False),
        "rpm while moving, p50": Figure(level("rpm", 50), "rpm", 60.0, ANY_FUEL),
        "rpm, p99": Figure(level("rpm", 99), "rpm", 100.0, ANY_FUEL, telling=True),
        "rpm change, p5": Figure(change("rpm", 5), "rpm/s", 15.0, ANY_FUEL),
        "rpm change, p95": Figure(change("rpm", 95), "rpm/s", 15.0, ANY_FUEL),
        "load at idle": Figure(level("load", 50, idle), "%", 2.0, telling=True, by_road=False),
        "load while moving, p50": Figure(level("load", 50), "%", 2.0, telling=True),
        "load, p99": Figure(level("load", 99), "%", 3.0),
        "load change, p95": Figure(change("load", 95), "%/s", 0.6),
        "MAP at idle": Figure(level("map", 50, idle), "kPa", 2.0, telling=True, by_road=False),
        "MAP, spread at idle": Figure(spread("map", idle), "kPa", 0.3, by_road=False),
        "MAP while moving, p1": Figure(level("map", 1), "kPa", 2.0),
        "MAP while moving, p50": Figure(level("map", 50), "kPa", 2.0),
        "MAP, p99": Figure(level("map", 99), "kPa", 5.0),
        "MAP with the foot off": Figure(level("map", 50, cut_off), "kPa", 2.0, telling=True),
        "load for each kPa of MAP": Figure(filling, "%/kPa", 0.05),
        "pedal not pressed": Figure(foot_off, "% of driving", 4.0, ANY_FUEL, telling=True),
        "pedal where pressed, p50": Figure(level("pedal", 50, pressed), "%", 2.0, ANY_FUEL),
        "pedal, p99": Figure(level("pedal", 99), "%", 4.0, ANY_FUEL),
        "throttle at idle": Figure(level("throttle", 50, idle), "%", 2.0, by_road=False),
        "timing at idle": Figure(level("timing", 50, idle), "°", 3.0, telling=True, by_road=False),
        "timing while moving, p50": Figure(level("timing", 50), "°", 3.0, telling=True),
        "timing at idle, spread": Figure(spread("timing", idle), "°", 0.5, by_road=False),
        "short-term trim, p5": Figure(level("trim_short", 5), "%", 0.8),
        "short-term trim, p95": Figure(level("trim_short", 95), "%", 0.8, telling=True),
        "long-term trim, p50": Figure(level("trim_long", 50), "%", 1.0),
        "catalyst, p50": Figure(level("catalyst", 50), "°C", 25.0, telling=True),
        "catalyst, p99": Figure(level("catalyst", 99), "°C", 25.0),
        "12 V while driving, p50": Figure(level("volt", 50), "V", 0.15),
        "12 V while driving, p5": Figure(level("volt", 5), "V", 0.15),
        "coolant at work, p50": Figure(level("coolant", 50, at_work), "°C", 2.0, ANY_FUEL, telling=True, by_road=False),
        "coolant at work, p5 to p95": Figure(at_work_span, "K", 1.0, ANY_FUEL, telling=True, by_road=False),
        "coolant 45 to 80 °C, driven": Figure(warm_up_s, "s", 30.0, ANY_FUEL, telling=True, by_road=False),
        "coolant 45 to 75 °C, standing": Figure(warm_up_idling_k_per_min, "K/min", 0.4, telling=True, by_road=False),
        "coolant and time, below 80 °C": Figure(warming, "r", 0.03, ANY_FUEL, by_road=False),
        "intake above the air outside": Figure(above_ambient, "K", 2.0, ANY_FUEL, telling=True),
        "speed and rpm": Figure(together("speed", "rpm"), "r", 0.08, ANY_FUEL, telling=True),
        "speed and load": Figure(together("speed", "load"), "r", 0.1),
        "load and MAP": Figure(together("load", "map", running), "r", 0.03, telling=True),
        "rpm and MAP": Figure(together("rpm", "map"), "r", 0.1),
        "pedal and load": Figure(together("pedal", "load"), "r", 0.08, telling=True),
        "pedal and throttle": Figure(together("pedal", "throttle"), "r", 0.05),
        "pedal and rpm": Figure(together("pedal", "rpm"), "r", 0.1, ANY_FUEL),
        "rpm and MAF": Figure(together("rpm", "maf"), "r", 0.1, ANY_FUEL),
        **_spectra(),
    }
)


def numbers(figure: Figure, trips: list[Trip]) -> npt.NDArray[np.float64]:
    """The figure of each trip that has it."""
    found = [figure.measure(trip) for trip in trips if trip.fuel in figure.fuels]
    return np.array([value for value in found if value is not None])
