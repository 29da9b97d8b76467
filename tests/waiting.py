"""Waiting for what another thread or program does, with a deadline."""

import os
import threading
import time
from collections.abc import Callable
from typing import Final

SLOWER: Final = float(os.environ.get("TELLTALE_TESTS_SLOWER", "1"))
"""So many times slower than other machines is this one: whoever starts tests in an emulated one says so."""
DEADLINE_S: Final = 20.0 * SLOWER
"""A loaded machine is slow, not wrong."""
_LOOK_S: Final = 0.005


def wait_until(condition: Callable[[], bool], what: str, *, within_s: float = DEADLINE_S) -> None:
    """Return as soon as it is true; fails with `what` when it is not within the deadline."""
    until_s = time.monotonic() + within_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < until_s, f"not within {within_s:.0f} s: {what}"
        pause.wait(_LOOK_S)
