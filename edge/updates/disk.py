"""What updates do to a disk, each in one call: after any of them the power may be gone."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


class Disk:
    """Files and folders. Every call raises OSError where the disk refuses."""

    def read(self, file: Path, bytes_max: int) -> bytes | None:
        """Its content, at most so much of it; None: it is not there."""
        try:
            with file.open("rb") as stream:
                return stream.read(bytes_max)
        except FileNotFoundError:
            return None

    def size(self, file: Path) -> int:
        """Bytes of a file; 0: it is not there."""
        with suppress(FileNotFoundError):
            return file.stat().st_size
        return 0

    def write(self, file: Path, content: bytes) -> None:
        """A file with this content, which the disk has when this returns; its name it may not have yet."""
        with file.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())

    def append(self, file: Path, offset: int, content: bytes) -> None:
        """Put it into a file from `offset` on, and end the file there; the disk has it when this returns."""
        with file.open("r+b" if file.exists() else "wb") as stream:
            stream.seek(offset)
            stream.write(content)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())

    def make(self, folder: Path) -> None:
        """A folder, and those above it, by names that the disk keeps."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            self.keep_names(one.parent)

    def replace(self, file: Path, target: Path) -> None:
        """Give a file another's name and place, at once."""
        file.replace(target)

    def remove(self, file: Path) -> None:
        """Take a file away, if it is there."""
        file.unlink(missing_ok=True)

    def clear(self, folder: Path) -> None:
        """Take a folder away with all that is in it, if it is there."""
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)

    def keep_names(self, folder: Path) -> None:
        """Have the disk keep what is called how in a folder."""
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)

    def free_bytes(self, folder: Path) -> int:
        """What may still be written there."""
        told = os.statvfs(folder)
        return told.f_bavail * told.f_frsize
