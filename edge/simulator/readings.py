"""What a flawed sensor shows of a value."""

import math

from edge.simulator.levers import Flaw


def flawed(value: float, flaw: Flaw) -> float:
    """The value as the sensor shows it; NaN when its control unit says "not available"."""
    return math.nan if flaw.lost else value * flaw.gain + flaw.offset
