"""Times in nanoseconds as steps of a common tick."""

import struct
from typing import Final

import numpy as np

from edge.wire.columns import Int64s, Reader, bad, escaped, unzigzag, zigzag

_TIMES: Final = struct.Struct("<qQB")
_FORWARD: Final = 0
_SIGNED: Final = 1


def steps(time: Int64s) -> tuple[bytes, bytes]:
    """The first time, what every step is a multiple of, and the steps. Overflow wraps around, here as in reading."""
    forth = time[1:] - time[:-1]
    is_forward = not (forth < 0).any()
    tick = max(int(np.gcd.reduce(forth)), 1) if is_forward and len(forth) else 1
    small, rest = escaped((forth // tick).view(np.uint64) if is_forward else zigzag(forth))
    first = int(time[0]) if len(time) else 0
    return _TIMES.pack(first, tick, _FORWARD if is_forward else _SIGNED) + small, rest


def read_steps(reader: Reader, count: int) -> Int64s:
    """The times again.

    Raises:
        WireError: the columns are not those of so many times.
    """
    first, tick, direction = _TIMES.unpack(reader.take(_TIMES.size))
    if direction not in (_FORWARD, _SIGNED):
        raise bad(f"times go in direction {direction}")
    numbers = reader.escaped(max(count - 1, 0))
    time = np.full(count, first, np.int64)
    forth = numbers.view(np.int64) if direction == _FORWARD else unzigzag(numbers)
    time[1:] += np.cumsum(forth * np.uint64(tick).astype(np.int64))
    return time
