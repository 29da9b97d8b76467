"""power_off: the last thing that a run does, when all of it is closed and durable."""

import logging
import os
import subprocess
from pathlib import Path
from typing import Final

from edge.config_box import PowerSettings
from edge.errors import EdgeError
from edge.power.alarm import RTC, wake_after

log = logging.getLogger(__name__)

PATIENCE_S: Final = 60.0
TEXT_MAX: Final = 300


def power_off(settings: PowerSettings, rtc: Path = RTC) -> None:
    """Set the alarm that wakes the box, if one is wanted, and run the command that shuts it down.

    Raises:
        EdgeError: the command did not do it; the box is on still, and whoever started this program may start it again.
    """
    if settings.wake_s:
        try:
            wake_after(settings.wake_s, rtc)
        except EdgeError as error:
            log.error("the box is not woken: %s", error)  # noqa: TRY400  # one line
    command = settings.shutdown
    environ = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}  # it would speak there
    remedy = "See [power] shutdown, and whether the daemon's user may (systemd/samples/50-telltale.rules)"
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE_S, env=environ)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EdgeError(f"{' '.join(command)}: does not shut the box down: {error}. {remedy}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-TEXT_MAX:].rstrip(".")
        text = f"{' '.join(command)}: ended with {done.returncode}{': ' if said else ''}{said}"
        raise EdgeError(f"{text}. {remedy}")
