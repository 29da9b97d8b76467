"""Wheels: what installers call them, and the path of each.

Rows are counted from the front of the whole combination, as everywhere (`heavy.py`): `front` is Row1, `rear` Row2, and
what is behind is `row3` and so on. `left` and `right` are the only or the outer tyre of a side.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from edge.heavy import AXLES, OURS, VSS_AXLES

_ROWS: Final = {1: "front", 2: "rear"}
_SIDES: Final = {"left": "Left", "right": "Right", "left_inner": "LeftInner", "right_inner": "RightInner"}
PRESSURE: Final = "Tire.Pressure"
TEMPERATURE: Final = "Tire.Temperature"


def _wheels() -> Iterator[tuple[str, str]]:
    for row in AXLES:
        for word, side in _SIDES.items():
            is_vss = row <= VSS_AXLES and side in ("Left", "Right")
            axle = "Vehicle.Chassis.Axle" if is_vss else f"{OURS}.Axle"
            yield f"{_ROWS.get(row, f'row{row}')}_{word}", f"{axle}.Row{row}.Wheel.{side}"


def is_compared(wheel: str) -> bool:
    """Whether shipped rules compare the warmth of wheels like this one, which shows brakes: those of the first two
    axles."""
    return wheel.startswith(tuple(_ROWS.values()))


WHEELS: Final[Mapping[str, str]] = dict(_wheels())
"""Path of each wheel by its name; what is measured there follows after a dot."""
