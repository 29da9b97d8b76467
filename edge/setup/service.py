"""The service: let systemd start the daemon, and wait until it has judged something."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from edge.errors import EdgeError
from edge.install.box import Box
from edge.install.plan import EDGE, UNITS
from edge.status.look import Looked, look
from edge.status.told import Status
from edge.status.verdict import FIRST_FRAME_S, findings, wrong

SYSTEMD: Final = Path("/run/systemd/system")
"""There while systemd runs (sd_booted(3))."""
WITHIN_S: Final = 60.0
LOOK_S: Final = 0.5


def why_not(box: Box) -> str:
    """Why the daemon cannot be started by systemd here; empty: it can."""
    if not box.is_running:
        return "an image that is not running"
    if not SYSTEMD.is_dir():
        return "systemd does not run here"
    if box.read(UNITS / EDGE) is None:
        return "its unit is not installed: sudo telltale-edge install, then setup again"
    return ""


def start(box: Box, *, with_network: bool) -> Iterator[str]:
    """Start it, at every boot too; what was done, line by line.

    Raises:
        EdgeError: it does not start.
    """
    if with_network:
        ran = box.run(("networkctl", "reload"))
        yield "networkctl reload" if ran.is_well else f"networkctl reload: {ran.said}; it counts from the next boot on"
    for command in (("systemctl", "enable", EDGE), ("systemctl", "restart", EDGE)):
        ran = box.run(command)
        if not ran.is_well:
            raise EdgeError(f"{' '.join(command)}: {ran.said}. journalctl -u telltale-edge says why")
        yield " ".join(command)


def wait_for_verdict(
    folders: Sequence[Path], *, within_s: float = WITHIN_S, pause: Callable[[float], None] = time.sleep
) -> Status | None:
    """The status of the daemon once it is well, or what it is in the end; None: nobody tells one.

    A daemon has time to hear the bus, to reach its broker, and to judge: it is given up only when that is over.
    """
    until_s, status = time.monotonic() + within_s, None
    while True:
        looked = _looked(folders)
        status = looked.status if looked is not None else None
        if status is not None and _is_settled(status):
            return status
        if time.monotonic() >= until_s:
            return status
        pause(LOOK_S)


def _is_settled(status: Status) -> bool:
    """Whether all is well, and it has judged for as long as a bus is given to be heard."""
    has_judged = status.daemon.judged_ago_s is not None
    return has_judged and status.daemon.up_s > FIRST_FRAME_S and not wrong(findings(status))


def _looked(folders: Sequence[Path]) -> Looked | None:
    try:
        looked = look(folders)
    except EdgeError:
        return None  # not yet there, or just being written by another version
    return None if looked.is_old else looked
