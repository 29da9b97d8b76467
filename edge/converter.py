"""Converter: one channel of a converter or sensor, as the kernel shows it in files.

    iio    (<channel>_raw + <channel>_offset) * <channel>_scale, in millivolts or m/s^2; offset and scale may be those
           of all channels (in_voltage_scale, in_accel_scale), and some drivers give the whole as <channel>_input
    hwmon  <channel>_input, in millivolts

(Linux: Documentation/ABI/testing/sysfs-bus-iio and sysfs-class-hwmon.) A file that is a pipe gives one line for each
reading, so that a program can stand in for a driver.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from edge.errors import BusDown

LINE_MAX: Final = 64
"""Bytes of one number."""
PIPE_BYTES: Final = 4096
_INDEX: Final = re.compile(r"\d+$|_[xyz]$")
"""Which of its kind a channel is."""


class Converter:
    """One channel, open; it is read by one thread."""

    def __init__(self, kind: str, channel: Path, factor: float) -> None:
        """`channel`: without its ending, as /sys/bus/iio/devices/iio:device0/in_voltage3, /sys/class/hwmon/hwmon1/in2;
        `factor`: what the kernel's unit is multiplied by.

        Raises:
            BusDown: it is not there, or says no numbers.
        """
        whole = channel.with_name(f"{channel.name}_input")
        raw = channel.with_name(f"{channel.name}_raw")
        is_raw = kind == "iio" and not whole.exists()
        self._offset = _shared(channel, "offset", 0.0) if is_raw else 0.0
        self._factor = (_shared(channel, "scale", 1.0) if is_raw else 1.0) * factor
        self._file = raw if is_raw else whole
        self._rest = b""
        try:
            self._fd = os.open(self._file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            self._is_pipe = stat.S_ISFIFO(os.fstat(self._fd).st_mode)
        except OSError as error:
            raise BusDown(f"{self._file}: {error.strerror}") from error

    def value(self) -> float | None:
        """What it is now; None: a pipe that has no more just now.

        Raises:
            BusDown: it is gone, or says no number.
        """
        try:
            text = self._line() if self._is_pipe else os.pread(self._fd, LINE_MAX, 0)
        except OSError as error:
            raise BusDown(f"{self._file}: {error.strerror}") from error
        return None if text is None else (_number(text, self._file) + self._offset) * self._factor

    def close(self) -> None:
        """Give the file back; safe to repeat."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _line(self) -> bytes | None:
        """The next whole line of a pipe."""
        if b"\n" not in self._rest:
            try:
                self._rest = self._rest[-LINE_MAX:] + os.read(self._fd, PIPE_BYTES)
            except BlockingIOError:
                return None
        line, newline, rest = self._rest.partition(b"\n")
        if not newline:
            return None
        self._rest = rest
        return line


def _shared(channel: Path, what: str, otherwise: float) -> float:
    """Of the channel, else of all of its kind (in_voltage3_scale, in_voltage_scale), else nothing is said of it."""
    names = [f"{channel.name}_{what}", f"{_INDEX.sub('', channel.name)}_{what}"]
    for file in map(channel.with_name, names):
        try:
            return _number(file.read_bytes()[:LINE_MAX], file)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BusDown(f"{file}: {error.strerror}") from error
    return otherwise


def _number(text: bytes, file: Path) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BusDown(f"{file}: says {text[:20]!r} instead of a number") from error
