"""From a motion to a drive: the key is turned, something starts, and now and then one backs out first."""

from typing import Final

import numpy as np

from edge.simulator.journey.drive import Drive, Key, Style
from edge.simulator.journey.motion import Motion
from edge.simulator.vehicle import STEP_S

BACK_MPS: Final = 1.5
"""Fastest while reversing out of a parking place."""
BACK_PER_M: Final = 1.0 / 7.0
"""Curvature while doing so: a wheel turned most of the way."""
BACKS_OUT: Final = 0.35
"""Share of the drives that begin so."""
LINGER_S: Final = (1.0, 6.0)
"""From the last turn of the wheels to the key."""


def with_key(motion: Motion, style: Style, rng: np.random.Generator, *, settle_s: float) -> Drive:
    """The drive that makes this motion: accessories, ignition, cranking, then the motion after `settle_s`."""
    spans = ((Key.ACC, rng.uniform(0.6, 1.4)), (Key.ON, rng.uniform(1.2, 2.2)), (Key.START, style.crank_s))
    key = [int(state) for state, length_s in spans for _ in range(round(length_s / STEP_S))]
    started = len(key)
    still = started + round(settle_s / STEP_S)
    back = _backing_out(rng) if style.reverses and rng.random() < BACKS_OUT else []
    lead = still + len(back)
    tail = round(float(rng.uniform(*LINGER_S)) / STEP_S)
    curve = BACK_PER_M if rng.random() < 0.5 else -BACK_PER_M
    return Drive(
        key=key + [int(Key.ON)] * (lead - started + len(motion.speed_mps) + tail),
        target_mps=[0.0] * still + back + motion.speed_mps + [0.0] * tail,
        grade=motion.grade[:1] * lead + motion.grade + motion.grade[-1:] * tail,
        altitude_m=motion.altitude_m[:1] * lead + motion.altitude_m + motion.altitude_m[-1:] * tail,
        steer=[0.0] * still + [curve if speed < 0.0 else 0.0 for speed in back] + motion.steer + [0.0] * tail,
        started=started,
        parked_s=0.0,
        plugged=False,
    )


def _backing_out(rng: np.random.Generator) -> list[float]:
    """Some metres backwards, smoothly, and a look around before the gear is changed."""
    steps = round(rng.uniform(5.0, 9.0) / STEP_S)
    swing = np.sin(np.linspace(0.0, np.pi, steps)) ** 2
    speed = np.where(swing < 0.02, 0.0, -BACK_MPS * swing)
    return [*speed.tolist(), *[0.0] * round(rng.uniform(1.5, 3.0) / STEP_S)]
