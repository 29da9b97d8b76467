"""Time since the machine was started, and which processes it has: neither knows of the wall clock."""

import os
import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_BOOT_ID: Final = _PROC / "sys" / "kernel" / "random" / "boot_id"
_START: Final = 19
"""Of the fields behind a process's name in /proc/<pid>/stat, proc(5): starttime, the 22nd of all."""


def boot_id() -> str | None:
    """Another one after each start of the kernel; None where nobody says."""
    try:
        return _BOOT_ID.read_text("ascii").strip() or None
    except OSError:
        return None


def boot_s() -> float:
    """Seconds since the kernel was started, those asleep included; no clock that is set changes them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def process_start(pid: int) -> int | None:
    """When (ticks since the start of the kernel) a process began; None: there is none, or nobody says."""
    try:
        told = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    fields = told.rpartition(b")")[2].split()
    return int(fields[_START]) if len(fields) > _START else None


def own_start() -> int | None:
    """When this process began."""
    return process_start(os.getpid())
