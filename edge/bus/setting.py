"""Setting a CAN interface: its bit rate, and whether it takes part on the bus or only listens. By iproute2's `ip`."""

import subprocess  # nosec B404  # starts `ip`, by a list of arguments
from typing import Final

from edge.errors import BusDown

IP_S: Final = 10.0


def set_up(interface: str, bitrate: int, *, listens_only: bool, restart_ms: int = 0) -> None:
    """Up, at a bit rate; needs root, or CAP_NET_ADMIN. With `listens_only` it neither acknowledges nor destroys.

    `restart_ms`: after bus-off it is started anew so much later; 0: it is not.

    Raises:
        BusDown: it cannot be set.
    """
    listening = "on" if listens_only else "off"
    set_down(interface)
    told = ("type", "can", "bitrate", str(bitrate), "restart-ms", str(restart_ms), "listen-only", listening)
    _ip(interface, *told)
    _ip(interface, "up")


def set_virtual_up(interface: str) -> None:
    """Up, where there is no bit rate.

    Raises:
        BusDown: it cannot be set.
    """
    _ip(interface, "up")


def set_down(interface: str) -> None:
    """Down.

    Raises:
        BusDown: it cannot be set.
    """
    _ip(interface, "down")


def _ip(interface: str, *change: str) -> None:
    command = ["ip", "link", "set", interface, *change]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=IP_S, check=False)  # nosec B603 B607
    except FileNotFoundError as error:
        raise BusDown("the bit rate cannot be set: there is no `ip` here (package iproute2)") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BusDown(f"{' '.join(command)}: {error}") from error
    if done.returncode:
        raise BusDown(f"{' '.join(command)}: {done.stderr.strip()}; it needs root, and a controller that can")
