"""Small files of the kernel: one line of text, bounded; None where there is none that can be read."""

from pathlib import Path
from typing import Final

BYTES_MAX: Final = 65_536


def text_of(file: Path, *, bytes_max: int = BYTES_MAX) -> str | None:
    """What stands in a file, without the zeros and spaces around it; None: it is not there, or cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(bytes_max).decode("utf-8", "replace").strip("\0 \n\t")
    except OSError:
        return None


def number_of(file: Path, *, base: int = 10) -> int | None:
    """A whole number in a file; None: it is not there, or is none."""
    text = text_of(file)
    try:
        return None if text is None else int(text, base)
    except ValueError:
        return None


def matching(root: Path, pattern: str, *, most: int = 64) -> list[Path]:
    """Files below `root` by name, at most so many; none where nothing can be listed."""
    try:
        return sorted(root.glob(pattern))[:most]
    except OSError:
        return []
