"""What the kernel says of the daemon and its machine; None where it does not."""

import os
from pathlib import Path
from typing import Final

_SELF: Final = Path("/proc/self")
_MEMORY: Final = Path("/proc/meminfo")
_PAGES: Final = 1
"""Of /proc/self/statm, proc(5): resident."""


def resident_bytes() -> int | None:
    """Memory of this process, what it shares with others included."""
    try:
        pages = int((_SELF / "statm").read_text("ascii").split()[_PAGES])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGESIZE")


def written_bytes() -> int | None:
    """What this process has caused to be written to storage, by all of its threads; files in memory are not in it."""
    return _field(_SELF / "io", "write_bytes")


def available_bytes() -> int | None:
    """Memory that programs may still take."""
    kib = _field(_MEMORY, "MemAvailable")
    return None if kib is None else kib * 1024


def free_bytes(folder: Path) -> int | None:
    """What an ordinary user may still write there."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize


def _field(file: Path, name: str) -> int | None:
    try:
        lines = file.read_text("ascii").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
    except (OSError, ValueError, IndexError):
        return None
