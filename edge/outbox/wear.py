"""What the outbox writes at the disk: flash wears out by it.

The kernel counts for each thread the bytes that it has caused to be written to storage (`write_bytes` in proc(5),
/proc/<pid>/io), page by page as they become dirty: log, file and checkpoint, whatever SQLite makes of a commit. The
file system's own journal is not in it, nor what the flash controller makes of a page. On a file system in memory it
stays 0, for nothing reaches a disk.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_COUNTED: Final = Path("/proc/thread-self/io")
_FIELD: Final = b"\nwrite_bytes: "
HOUR_S: Final = 3600.0
SOON_S: Final = 60.0
"""Before that an hour is not told from what was written yet."""


class Wear:
    """Counts from now on, by a clock that does not jump."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._since_s = monotonic_s()
        self._bytes = 0
        self._is_known = _written() is not None

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts what this thread writes within."""
        before = _written()
        try:
            yield
        finally:
            after = _written()
            if before is not None and after is not None:
                self._bytes += after - before

    def counters(self) -> dict[str, int]:
        """`disk_bytes` since it began and `disk_bytes_per_hour` of running; nothing where the kernel does not count."""
        if not self._is_known:
            return {}
        ran_s = self._monotonic_s() - self._since_s
        per_hour = {"disk_bytes_per_hour": round(self._bytes * HOUR_S / ran_s)} if ran_s >= SOON_S else {}
        return {"disk_bytes": self._bytes} | per_hour


def _written() -> int | None:
    try:
        _, _, rest = _COUNTED.read_bytes().partition(_FIELD)
        return int(rest.split(b"\n", 1)[0])
    except (OSError, ValueError):
        return None
