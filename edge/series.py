"""What a signal sends in a rule test, in the notation of promtool: `0 5x3 10+2x4 _ _x5`.

5       once 5            5x3      5, then 3 more of it
10+2x4  10 12 14 16 18    10-2x4   10 8 6 4 2
_       nothing once      _x5      nothing 5 times
"""

import re
from typing import Final

VALUES_MAX: Final = 100_000
_ITEM: Final = re.compile(r"(_|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?:([+-]\d+(?:\.\d+)?)?x(\d{1,6}))?")


def expand(text: str) -> list[float | None]:
    """Each value in turn; None: nothing is sent.

    Raises:
        ValueError: it is not in this notation, or too long.
    """
    values: list[float | None] = []
    for item in text.split():
        found = _ITEM.fullmatch(item)
        if found is None or (found[1] == "_" and found[2]):
            raise ValueError(f"{item!r} is no value; write 5, 5x3, 10+2x4 or _x5")
        times = int(found[3] or 0)
        if len(values) + times > VALUES_MAX:
            raise ValueError(f"it is longer than {VALUES_MAX} values")
        if found[1] == "_":
            values += [None] * (times if found[3] else 1)
        else:
            first, step = float(found[1]), float(found[2] or 0)
            values += [first + step * place for place in range(times + 1)]
    return values
