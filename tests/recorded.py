"""Candump logs that a test has recorded: their frames, and waiting for them."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from edge.bus.candump_log import CandumpLog
from edge.frames import Frame

LOOK_S: Final = 0.02


def frames_of(*files: Path) -> list[Frame]:
    """All frames of some logs, one after the other."""
    found: list[Frame] = []
    for file in files:
        with closing(CandumpLog(file)) as log:
            while (batch := log.read(0.0)) is not None:
                found.extend(batch.frames())
    return found


def wait_for(is_so: Callable[[], bool], *, patience_s: float) -> None:
    """Wait until it is so; that it is not within the patience fails the test."""
    deadline = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(LOOK_S)
