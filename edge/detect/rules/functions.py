"""The functions of expressions: what each takes, and in what unit it answers. In one table, which the README shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

STATES: Final = ("parked", "starting", "idling", "driving", "charging")
"""What a vehicle can be doing."""


class Takes(StrEnum):
    """What a function's argument must be."""

    NUMBER = "a number"
    SIGNAL = "a signal"
    STRETCH = "a signal over a stretch of time"
    CONDITION = "a condition"
    SHARE = "a number from 0 to 1, as written"
    EITHER = "a number or a condition"
    CODE = "a trouble code in quotes"
    STATE = "a state in quotes"


@dataclass(frozen=True, slots=True)
class Function:
    """What a function takes and answers."""

    takes: tuple[Takes, ...]
    answers: str
    """`same`, `rate`, `number`, `seconds`, or `condition`."""
    means: str
    more: bool = False
    """The last argument may be repeated."""


_OVER: Final = (Takes.STRETCH,)

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {
        "avg_over_time": Function(_OVER, "same", "mean of its samples"),
        "min_over_time": Function(_OVER, "same", "lowest of its samples"),
        "max_over_time": Function(_OVER, "same", "highest of its samples"),
        "sum_over_time": Function(_OVER, "same", "sum of its samples"),
        "stddev_over_time": Function(_OVER, "same", "standard deviation of its samples (of a population)"),
        "count_over_time": Function(
            _OVER, "number", "how many samples came; 0 where it was heard before and is silent"
        ),
        "quantile_over_time": Function(
            (Takes.SHARE, Takes.STRETCH), "same", "what that share of the stretch lay below, by its value at each tick"
        ),
        "delta": Function(_OVER, "same", "its value now less the one at the beginning of the stretch"),
        "rate": Function(_OVER, "rate", "`delta` for each second"),
        "changes": Function(_OVER, "number", "how often it became another value"),
        "last": Function((Takes.SIGNAL,), "same", "the newest value that was ever heard, however old"),
        "age": Function((Takes.SIGNAL,), "seconds", "seconds since it was heard; unknown when it never was"),
        "unknown": Function((Takes.EITHER,), "condition", "whether it is unknown or stale; itself always known"),
        "duration": Function(
            (Takes.CONDITION,), "seconds", "for how long it has held since it last did not; unknown while it is"
        ),
        "abs": Function((Takes.NUMBER,), "same", "without its sign"),
        "min": Function((Takes.NUMBER, Takes.NUMBER), "same", "the least of them", more=True),
        "max": Function((Takes.NUMBER, Takes.NUMBER), "same", "the greatest of them", more=True),
        "dtc": Function(
            (Takes.CODE,),
            "condition",
            "whether a unit tells this code (`P0301`, `P03*`, `SPN 110`, `SPN 110 FMI 0`); unknown until one told any",
        ),
        "state": Function((Takes.STATE,), "condition", f"whether the vehicle is {', '.join(STATES)}"),
    }
)
"""By name."""
