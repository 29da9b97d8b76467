"""Space that is kept in reserve beside the outbox, so that alerts get in when others have filled the disk.

A file of full blocks, which nobody else can take. On a disk that is full it is let go of piece by piece, since whoever
has filled the disk takes what is free; when there is room again it is made whole.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

PIECE: Final = 64 * 1024
"""What is let go of at a time: sixteen pages, some more than a commit of one alert."""


class Reserve:
    """So many bytes beside the outbox file `path`; 0: none, and how much is free is nobody's business."""

    def __init__(self, path: Path, size: int) -> None:
        self._file = path.with_name(path.name + ".reserve")
        self._size = size

    @property
    def held(self) -> int:
        """Bytes that are there to be let go of."""
        try:
            return self._file.stat().st_size if self._size else 0
        except OSError:
            return 0

    @property
    def is_low(self) -> bool:
        """Whether less is free on the disk than the reserve should be; what can do without it had better wait."""
        return self._size > 0 and self._free() < self._size

    @property
    def is_short(self) -> bool:
        """Whether what can do without should leave the rest of it: the disk has nothing, and half is left."""
        return self._size > 0 and self.held <= self.half and self._free() < PIECE

    @property
    def is_spent(self) -> bool:
        """Whether the file must not grow any more: the disk has nothing, and the last piece is for what makes room."""
        return self._size > 0 and self.held <= PIECE and self._free() < PIECE

    @property
    def half(self) -> int:
        """So much is left by those who have another way."""
        return self._size // 2

    def let_go(self, *, keep: int = 0) -> bool:
        """Free a piece; whether there was one beside the bytes that are to be kept for others."""
        held = self.held
        if held <= keep:
            return False
        try:
            os.truncate(self._file, max(0, held - PIECE))
        except OSError:
            return False
        return True

    def restore(self) -> None:
        """Make it whole where twice as much is free; what the disk does not give now it may give later."""
        missing = self._size - self.held
        if missing <= 0 or self._free() < 2 * self._size:
            return
        with suppress(OSError):
            file = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                os.posix_fallocate(file, 0, self._size)
            finally:
                os.close(file)

    def _free(self) -> int:
        """Bytes that the daemon's user may still write; 0 where the disk does not even say that."""
        try:
            disk = os.statvfs(self._file.parent)
        except OSError:
            return 0
        return disk.f_bavail * disk.f_frsize
