"""The service: what systemd says of the daemon's unit (systemctl show; org.freedesktop.systemd1(5))."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from edge.doctor.look import CouldNotLook

UNIT: Final = "telltale-edge.service"
_ASKED: Final = ("LoadState", "UnitFileState", "ActiveState", "SubState", "NRestarts", "ExecMainStatus", "User")
_WAIT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Service:
    """One unit."""

    is_there: bool
    starts_with_the_box: bool
    active: str
    """active, activating, inactive, failed, …"""
    sub: str
    """running, auto-restart, dead, …"""
    restarts: int | None
    exit_status: int | None
    """Of the last time it ended."""
    user: str
    """Empty: root."""


def service() -> Service | None:
    """The daemon's unit; None: this machine has no systemd.

    Raises:
        CouldNotLook: systemctl does not answer.
    """
    command = ["systemctl", "show", UNIT, "--no-pager", *(f"--property={name}" for name in _ASKED)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WAIT_S, check=False)
    except FileNotFoundError:
        return None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CouldNotLook(f"systemctl: {error}") from error
    if done.returncode:
        if "not been booted with systemd" in done.stderr or "Failed to connect to bus" in done.stderr:
            return None
        raise CouldNotLook(f"systemctl: {done.stderr.strip()[:200] or done.returncode}")
    return read(dict(line.partition("=")[::2] for line in done.stdout.splitlines()))


def read(told: Mapping[str, str]) -> Service:
    """From what `systemctl show` prints, by name."""
    return Service(
        is_there=told.get("LoadState") == "loaded",
        starts_with_the_box=told.get("UnitFileState", "").startswith("enabled"),
        active=told.get("ActiveState", ""),
        sub=told.get("SubState", ""),
        restarts=_number(told.get("NRestarts")),
        exit_status=_number(told.get("ExecMainStatus")),
        user=told.get("User", ""),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
