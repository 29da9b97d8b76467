"""Restarting: a program that dies again and again is started ever more seldom, and one that was mended at once.

systemd counts starts, but starts anew after the same time each time (`RestartSteps` came with its version 254). So the
program counts for itself: a note in its runtime directory, which lasts from start to start and is in memory. It is made
when a run begins and taken away when it ends as it should; one that is still there at the next start is of a run that
died. Ended by hand the count is over, and so it is after a run that lasted.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from edge.errors import ConfigError
from edge.service_manager import ServiceManager

NOTE: Final = "running.json"
FIRST_S: Final = 5.0
"""What the second death in a row costs; each further one twice as much. The first costs nothing but `RestartSec`."""
LONGEST_S: Final = 300.0
LASTED_S: Final = 600.0
"""Who lived so long did not die of how he started."""
STOPS: Final = (signal.SIGTERM, signal.SIGINT)
_SIZE_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run leaves of itself while it lives."""

    pid: int
    at_s: float
    """On the clock of this boot that never jumps."""
    deaths: int
    """How many runs in a row had died before it."""

    @classmethod
    def read(cls, note: Path) -> Self | None:
        """What stands there; None where nothing does, or nothing that can be read."""
        try:
            with note.open(encoding="utf-8") as stream:
                told = json.loads(stream.read(_SIZE_MAX))
            return cls(int(told["pid"]), float(told["at_s"]), int(told["deaths"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write(self, note: Path) -> None:
        """Leave it there. Where that cannot be, nobody counts, and each start is as the first."""
        with suppress(OSError):
            note.write_text(json.dumps({"pid": self.pid, "at_s": self.at_s, "deaths": self.deaths}))


def deaths_before(last: Begun | None, pid: int, now_s: float) -> int:
    """How many runs in a row have died when this one begins. The same process begun anew has not."""
    if last is None:
        return 0
    if last.pid == pid:
        return last.deaths
    return 1 if now_s - last.at_s >= LASTED_S else last.deaths + 1


def pause_s(deaths: int) -> float:
    """How long to wait after so many deaths in a row."""
    return 0.0 if deaths < 2 else min(FIRST_S * 2.0 ** min(deaths - 2, 30), LONGEST_S)


@contextmanager
def started_gently(environ: Mapping[str, str], manager: ServiceManager, now_s: float) -> Iterator[None]:
    """Wait if the runs before have died, saying so; then leave the note for as long as this run lives.

    Without a runtime directory (systemd.exec(5)) nothing is counted. Told to stop while it waits, the process ends at
    once, and the count is over.
    """
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if not folder:
        yield
        return
    note = Path(folder) / NOTE
    last, pid = Begun.read(note), os.getpid()
    deaths = deaths_before(last, pid, now_s)
    wait_s = 0.0 if last is not None and last.pid == pid else pause_s(deaths)
    if wait_s:
        status = f"{deaths} starts in a row have died; the next is in {wait_s:.0f} s. The log says why"
        _wait(wait_s, note, lambda: manager.waiting(status, wait_s))
    Begun(pid, now_s + wait_s, deaths).write(note)
    try:
        yield
    except (ConfigError, KeyboardInterrupt, SystemExit):  # it was refused or told to, and is not started anew by itself
        note.unlink(missing_ok=True)
        raise
    note.unlink(missing_ok=True)


def _wait(wait_s: float, note: Path, tell: Callable[[], None]) -> None:
    """Until the time is over, or this process is told to stop, which it then does; `tell` that it waits."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    tell()
    told = signal.sigtimedwait(STOPS, wait_s)
    if told is not None:
        note.unlink(missing_ok=True)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    if told is not None:
        raise SystemExit(0)
