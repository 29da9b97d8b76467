"""Alarm: the real-time clock of the box wakes it after so many seconds, where its hardware can."""

from pathlib import Path
from typing import Final

from edge.errors import EdgeError

RTC: Final = Path("/sys/class/rtc/rtc0")


def wake_after(seconds: int, rtc: Path = RTC) -> None:
    """Set the alarm (Linux: Documentation/ABI/testing/sysfs-class-rtc, wakealarm); one that was set before is gone.

    Raises:
        EdgeError: there is no such clock, it has no alarm, or it may not be set.
    """
    file = rtc / "wakealarm"
    try:
        if not file.exists():
            raise EdgeError(f"{rtc}: has no alarm, so nothing wakes the box but its ignition")
        file.write_text("0\n")  # the kernel takes no second one
        file.write_text(f"+{seconds}\n")
    except OSError as error:
        raise EdgeError(f"{file}: cannot be set: {error.strerror}") from error
