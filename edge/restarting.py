"""Restarting: a program that dies again and again is started ever more seldom, and one that was mended at once.

systemd counts starts, but starts anew after the same time each time (`RestartSteps` came with its version 254). So the
program counts for itself: a note in its runtime directory, which lasts from start to start and is in memory. It is made
when a run begins and taken away when it ends as it should; one that is still there at the next start is of a run that
died. Ended by hand the count is over, and so it is after a run that lasted.
"""

import json
import os
import signal
import subprocess  # nosec B404  # asks systemd, by a list of arguments
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
PATIENCE_S: Final = 10.0
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
    if wait_s and _is_by_hand():
        deaths, wait_s = 0, 0.0
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


def _is_by_hand() -> bool:
    """Whether systemd says that a person has started this, not it: then something was mended, or so he thinks."""
    environ = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}  # it would speak there
    try:
        unit = Path("/proc/self/cgroup").read_text("utf-8").strip().rpartition("/")[2]
        asked = ["systemctl", "show", "--property=NRestarts", "--value", unit or "telltale-edge.service"]
        told = subprocess.run(  # nosec B603  # a list of arguments, without a shell
            asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL,
            env=environ,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.stdout.strip() == "0"


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
