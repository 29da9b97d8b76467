"""The service manager: what systemd is told of the daemon, and when it is not told that all is well.

The protocol is that of sd_notify(3): a datagram of lines to the socket that the environment names. Without one nobody
is told anything.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self

log = logging.getLogger(__name__)

TEXT_MAX: Final = 500
"""Characters of a status line."""
STARTING_S: Final = 180.0
"""What a start may take: `TimeoutStartSec` of the unit."""
STUCK_S: Final = 10.0
"""A reader looks ten times a second; one that has not for so long hangs in its driver or its file."""


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """Whoever started this program, if he wants to know how it is."""

    address: str = ""
    """Of the socket: a path, or a name in the abstract namespace after an @; empty: nobody listens."""
    watchdog_s: float | None = None
    """So often at least he wants to hear that it is alive; None: he does not."""

    @classmethod
    def of(cls, environ: Mapping[str, str], pid: int) -> Self:
        """As the environment says it, which is for one process alone (sd_watchdog_enabled(3))."""
        is_ours = environ.get("WATCHDOG_PID", str(pid)) == str(pid)
        told = environ.get("WATCHDOG_USEC", "")
        wanted = int(told) / 1e6 if is_ours and told.isascii() and told.isdigit() and int(told) else None
        return cls(environ.get("NOTIFY_SOCKET", ""), wanted)

    def ready(self, status: str) -> None:
        """The daemon is there."""
        self._tell("READY=1", _status(status))

    def alive(self, status: str) -> None:
        """It does what it is for."""
        self._tell("WATCHDOG=1", _status(status))

    def stopping(self) -> None:
        """It ends, as it should."""
        self._tell("STOPPING=1")

    def reloading(self, status: str) -> None:
        """It begins anew as the same process: it is ready when it says so again."""
        self._tell(_status(status))

    def waiting(self, status: str, wait_s: float) -> None:
        """It will be there, but not before so long; whoever starts it is to wait so much longer."""
        self._tell(f"EXTEND_TIMEOUT_USEC={round((wait_s + STARTING_S) * 1e6)}", _status(status))

    def _tell(self, *lines: str) -> None:
        if not self.address:
            return
        place = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)  # a manager that does not read must not stop who warns the driver
                line.sendto("\n".join(lines).encode(), place)
        except OSError as error:
            log.warning("the service manager cannot be told: %s", error)


class Watchdog:
    """Says that all is well as long as the vehicle is really judged, and everything that is read from is looked at."""

    def __init__(self, manager: ServiceManager, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds."""
        self._manager, self._monotonic = manager, monotonic
        self._until: int | None = None
        self._due_s = monotonic()
        self.trouble = ""
        """Why it is not said just now; empty: it is."""

    def look(self, judged_until: int, looked_ago_s: Iterable[tuple[str, float]], status: Callable[[], str]) -> None:
        """Say it, if it is due and true. `judged_until`: up to where (ns) the vehicle was judged; `looked_ago_s`: who
        is read from, by name, and how long ago that was looked at. `status`: what to show of the daemon."""
        now_s = self._monotonic()
        if self._manager.watchdog_s is None or now_s < self._due_s:
            return
        stuck = next((name for name, ago_s in looked_ago_s if ago_s > STUCK_S), None)
        if stuck is not None:
            self._be_silent(f"{stuck} is not read any more")
        elif judged_until == self._until:
            self._be_silent("nothing is judged any more")
        else:
            self.trouble = ""
            self._until = judged_until
            self._due_s = now_s + self._manager.watchdog_s / 4
            self._manager.alive(status())

    def _be_silent(self, why: str) -> None:
        if why != self.trouble:
            log.error("the service manager is not told that all is well: %s", why)
        self.trouble = why


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())[:TEXT_MAX]}"


def here() -> ServiceManager:
    """Of this process."""
    return ServiceManager.of(os.environ, os.getpid())
