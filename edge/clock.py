"""Whether the wall clock can be believed."""

import ctypes
import time
from typing import Final

from edge.wire.envelope import Clock

TIME_ERROR: Final = 5
"""What adjtimex(2) returns while nothing disciplines the clock."""
BUILT_S: Final = 1_767_225_600
"""2026-01-01: a wall clock before it is one that was never set (a box without an RTC boots in 1970)."""
_TIMEX_BYTES: Final = 256
"""Room for struct timex on every Linux ABI (208 bytes on 64 bit); zeroed, modes = 0 only asks."""


def clock_state() -> Clock:
    """`synced` when the kernel says that the wall clock follows a reference and the time is plausible."""
    if time.time() < BUILT_S:
        return Clock.UNSYNCED
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return Clock.UNSYNCED
    return Clock.UNSYNCED if state in (-1, TIME_ERROR) else Clock.SYNCED
