"""A small world: an engine whose speed, pressure, road speed and temperature hang together; drives of it."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from edge.detect.sensors.plan import Pace, Plan

Float64s = npt.NDArray[np.float64]

ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
SPEED, PRESSURE, ROAD, COOLANT = range(4)
MIDDLE: Final = np.array([2000.0, 65.0, 41.0, 90.0])
RATIOS: Final = (0.012, 0.02, 0.03)


def plan(**changes: Any) -> Plan:
    """Four channels, geared, all taus short enough for short drives."""
    return Plan.model_validate(
        {
            "channels": [
                {"name": "engine_speed", "path": f"{ENGINE}.Speed", "unit": "rpm"},
                {"name": "manifold_pressure", "path": f"{ENGINE}.MAP", "unit": "kPa"},
                {"name": "speed", "path": "Vehicle.Speed", "unit": "km/h"},
                {
                    "name": "coolant_temperature",
                    "path": f"{ENGINE}.EngineCoolant.Temperature",
                    "unit": "Celsius",
                    "pace": "slow",
                    "step": 8.0,
                },
            ],
            "combinations": [
                {"kind": "quotient", "of": ["Vehicle.Speed", f"{ENGINE}.Speed"], "geared": [15.0, 900.0]},
                {"kind": "product", "of": [f"{ENGINE}.Speed", f"{ENGINE}.MAP"]},
            ],
            "running": {"path": f"{ENGINE}.Speed", "above": 400.0},
            "warm": {"path": f"{ENGINE}.EngineCoolant.Temperature", "above": 70.0},
            **changes,
        }
    )


def with_surroundings() -> Plan:
    """The same, as if pressure and coolant told of the surroundings."""
    usual = plan()
    channels = [
        channel.model_copy(update={"surroundings": True, "pace": Pace.SLOW} if number in (PRESSURE, COOLANT) else {})
        for number, channel in enumerate(usual.channels)
    ]
    return plan(channels=[channel.model_dump() for channel in channels])


def drive(seconds: int, seed: int) -> Float64s:
    """(seconds, 4): gears change, load comes and goes, the coolant stays near 90 and follows the load."""
    random = np.random.default_rng(seed)
    steps = -(-seconds // 20)
    gear = np.repeat(random.integers(0, 3, steps), 20)[:seconds]
    load = _smooth(np.repeat(random.uniform(0.1, 1.0, steps), 20)[:seconds], 8.0)
    speed = 1000.0 + 2000.0 * _smooth(np.repeat(random.uniform(0.0, 1.0, steps), 20)[:seconds], 10.0)
    pressure = 20.0 + 8.0 * load + speed / 50.0
    coolant = 86.0 + 8.0 * _smooth(load, 120.0)
    rows = np.stack([speed, pressure, speed * np.array(RATIOS)[gear], coolant], axis=1)
    noise = np.array([8.0, 0.7, 0.0, 0.2]) * random.normal(size=rows.shape)
    noisy: Float64s = np.round(rows + noise, 1)
    return noisy


def told(rows: Float64s) -> Float64s:
    """(seconds, 8): what imperfect experts of another car might say, in units of a spread of one and a mean of zero.

    They know half of how each signal moves, whatever its own sensor shows, and that they are off by some percent.
    """
    said = MIDDLE + 0.5 * (np.concatenate([rows[:1], rows[:-1]]) - MIDDLE)
    return np.concatenate([said, np.tile(np.log(0.05 * MIDDLE), (len(rows), 1))], axis=1)


def _smooth(values: Float64s, tau: float) -> Float64s:
    out = np.empty_like(values)
    last = values[0]
    for place, value in enumerate(values):
        last += (value - last) / tau
        out[place] = last
    return out
