"""The status file: written whole or not at all, and taken away at the end."""

import fcntl
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.status.place import NAME, is_in_memory

log = logging.getLogger(__name__)

FILE_MODE: Final = 0o644
"""Whoever may log in may look: there are neither secrets nor places in it."""
FOLDER_MODE: Final = 0o755
_LOCK: Final = "status.lock"
_ON_DISK: Final = "is on a disk, which a write each second would wear out (have it on a tmpfs)"


class StatusFile:
    """One daemon's file in the first of some folders that is in memory and can be written.

    What keeps it from being written is said once, and once more when another thing does.
    """

    def __init__(self, folders: Sequence[Path], *, is_asked: bool) -> None:
        """`is_asked`: somebody wants it, so it is a warning where there can be none."""
        self._level = logging.WARNING if is_asked else logging.INFO
        self._lock: int | None = None
        self._said: str | None = None
        self.file: Path | None = None
        """None: there is none."""
        self.failed = 0
        """How often it could not be written."""
        whys = []
        for folder in folders:
            why = self._take(folder)
            if why is None:
                self.file = folder / NAME
                return
            whys.append(f"{folder}: {why}")
        if whys:
            log.log(self._level, "no status is told (telltale-edge status, top): %s", "; ".join(whys))

    def write(self, content: bytes) -> None:
        """Put it in the place of what was there; whoever reads has the one or the other, and never a part."""
        if self.file is None:
            return
        try:
            self._write(self.file, content)
        except OSError as error:
            self.failed += 1
            self._say(f"{self.file}: cannot be written: {error.strerror}; tried again every second")
        else:
            self._say(None)

    def close(self) -> None:
        """Take it away, since nobody writes it any more; safe to repeat."""
        if self.file is not None:
            with suppress(OSError):
                self.file.unlink()
            self.file = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take(self, folder: Path) -> str | None:
        """Have a folder for this program alone; None: it has it, else why not."""
        try:
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            in_memory = is_in_memory(folder)
            if not in_memory:
                return _ON_DISK if in_memory is False else "nobody says whether it is in memory"
            lock = os.open(folder / _LOCK, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            return str(error.strerror)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return "another daemon tells its status there"
        self._lock = lock
        return None

    def _write(self, file: Path, content: bytes) -> None:
        draft = file.with_name(f".{file.name}.part")
        try:
            opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
            try:
                os.fchmod(opened, FILE_MODE)  # whatever the umask is
                left = memoryview(content)
                while left:
                    left = left[os.write(opened, left) :]
            finally:
                os.close(opened)
            draft.replace(file)
        except OSError:
            with suppress(OSError):  # on a full disk it takes the room of the next one
                draft.unlink()
            raise

    def _say(self, why: str | None) -> None:
        if why == self._said:
            return
        if why is None:
            log.log(self._level, "%s: is written again", self.file)
        else:
            log.log(self._level, "%s", why)
        self._said = why
