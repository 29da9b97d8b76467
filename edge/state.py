"""The state folder, held by one program at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import ConfigError


class UnusableState(ConfigError):
    """The folder cannot be made or written."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the state folder for this process alone; a killed one gives it back by dying.

    Raises:
        ConfigError: it cannot be written, or another program holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        problem = f"the state folder cannot be used: {error.strerror}"
        raise UnusableState(problem, file=folder, remedy="Give --state a folder that can be written") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        remedy = "Stop it first, or give this one another folder with --state"
        raise ConfigError("another telltale-edge uses this state folder", file=folder, remedy=remedy) from None
    try:
        yield
    finally:
        os.close(lock)
