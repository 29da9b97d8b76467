"""A log that another program writes: what is new in it, over rotations, and never more than a bound at a time."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

LARGE: Final = 32 * 2**20
"""From this size on it is begun anew."""
_AT_ONCE: Final = 16 * 2**20
_LINE_MAX: Final = 16_384


class LogFile:
    """Read by one thread."""

    def __init__(self, file: Path, *, position: tuple[int, int] = (0, 0), large: int = LARGE) -> None:
        """`position` is what an earlier one had reached; another file than that is read from its beginning."""
        self._file = file
        self._old = file.with_name(f"{file.name}.old")
        self._large = large
        self._inode, self._offset = position
        self._rest = b""
        self._size = 0

    @property
    def position(self) -> tuple[int, int]:
        """Which file (inode) is read, and up to where whole lines were given."""
        return self._inode, self._offset - len(self._rest)

    @property
    def is_large(self) -> bool:
        """Whether it should be begun anew."""
        return self._size >= self._large

    def new_lines(self) -> Iterator[str]:
        """Whole lines that came since the last look, so many bytes of them at most; a file that is away has none."""
        yield from self._read(self._old, only_known=True)
        yield from self._read(self._file, only_known=False)

    def rotate(self, reopen: Callable[[], None]) -> None:
        """Put the file aside, and let its writer begin another; what it still writes into the old one is read as well.

        Raises:
            UpstreamDown: the writer cannot be told; it goes on in the old file, and so does the reading.
        """
        try:
            self._file.replace(self._old)
        except OSError:
            return
        self._size = 0
        reopen()

    def _read(self, file: Path, *, only_known: bool) -> Iterator[str]:
        try:
            with file.open("rb") as stream:
                known = os.fstat(stream.fileno())
                if known.st_ino != self._inode or known.st_size < self._offset:
                    if only_known:
                        return
                    self._inode, self._offset, self._rest = known.st_ino, 0, b""
                self._size = known.st_size
                stream.seek(self._offset)
                read = stream.read(_AT_ONCE)
        except OSError:
            return
        self._offset += len(read)
        *lines, rest = (self._rest + read).split(b"\n")
        self._rest = rest[:_LINE_MAX]
        for line in lines:
            yield line[:_LINE_MAX].decode("utf-8", "replace")
