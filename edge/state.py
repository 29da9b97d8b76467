"""The state folder, held by one program at a time."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from edge.errors import ConfigError

_LOCK: Final = "lock"
ENROLMENT: Final = "enrolment.lock"
"""Of who makes this box a vehicle, beside a daemon that has no cloud yet and may hold the rest for what it learns."""
_FAILING: Final = frozenset({errno.EROFS, errno.ENOSPC, errno.EIO, errno.EDQUOT})


class UnusableState(ConfigError):
    """The folder cannot be made or written."""

    def __init__(self, folder: Path, error: OSError) -> None:
        problem = f"the state folder cannot be used: {error.strerror}"
        super().__init__(problem, file=folder, remedy="Give --state a folder that can be written")
        self.is_disk = error.errno in _FAILING
        """Whether it is the disk's fault: full, failing, read-only; no mistake of whoever set it up."""


@contextmanager
def locked(folder: Path, name: str = _LOCK) -> Iterator[None]:
    """Hold the state folder, or what else `name` is the lock of, for this process alone; killed, it gives it back.

    On a disk that is read-only or full the lock that is there already does.

    Raises:
        ConfigError: it cannot be written, or another program holds it.
    """
    lock = _opened(folder, name)
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


def _opened(folder: Path, name: str) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        if error.errno in _FAILING:
            with suppress(OSError):
                return os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
        raise UnusableState(folder, error) from error
