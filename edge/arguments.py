"""What several commands take; a number that cannot be is refused with the usage, before anything starts."""

import argparse
import math
from pathlib import Path
from typing import Final

from edge.config_parts import SPEED_MAX

STATE: Final = Path("/var/lib/telltale")
"""Where the daemon keeps its state unless its configuration says otherwise, and `dtc import` its table."""


def speed(text: str) -> float | str:
    """A factor of real time, or `max`."""
    if text == "max":
        return text
    factor = positive(text)
    if factor > SPEED_MAX:
        raise argparse.ArgumentTypeError(f"{text} is above {SPEED_MAX:g}; write max")
    return factor


def whole(text: str) -> int:
    """A whole number from zero up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def positive(text: str) -> float:
    """A finite number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number
