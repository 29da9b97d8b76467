"""ReceiverSource: a receiver as a bus: its fixes as frames, its lines read as they come, its connection made anew."""

import os
import select
import socket
import termios
import time
import tty
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from edge.errors import BusDown, ConfigError
from edge.frames import FrameBatch
from edge.measured import Reading, batch_of
from edge.receivers.gpsd import WATCH, GpsdReader
from edge.receivers.nmea import NmeaReader
from edge.receivers.report import Report
from edge.receivers.sieve import Sieve

CONNECT_S: Final = 3.0
READ_BYTES: Final = 16_384
LINE_MAX: Final = 65_536
"""gpsd's lists of satellites are some thousands of bytes long."""
FRAMES: Final = "frames"
FIXES: Final = "fixes"
CUT_LINE: Final = "cut_line"
PORT: Final = 2947
S: Final = 1_000_000_000


class LineReader(Protocol):
    """Makes reports of lines."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Lines that were none, by why."""

    def take(self, line: bytes) -> Report | None:
        """What a line completes."""


class ReceiverSource:
    """Used by the thread of its reader."""

    live = True

    def __init__(
        self,
        where: str,
        name: str,
        reader: LineReader,
        open_it: Callable[[], int],
        *,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`where`: for errors; `name`: of its bus; `open_it`: gives a descriptor to read from, or raises OSError."""
        self._where, self._name, self._lines, self._open, self._now_ns = where, name, reader, open_it, now_ns
        self._sieve = Sieve()
        self._fd = -1
        self._rest = b""
        self._is_skipping = False
        self._counts = {FRAMES: 0, FIXES: 0, CUT_LINE: 0}

    @property
    def counters(self) -> Mapping[str, int]:
        """Fixes, and what was none by why: of lines and of reports."""
        return {**self._counts, **self._lines.counters, **self._sieve.counters}

    def read(self, wait_s: float) -> FrameBatch:
        """The fixes of the next `wait_s`, or as soon as there is one.

        Raises:
            BusDown: there is no receiver just now.
        """
        end_ns = self._now_ns() + round(wait_s * S)
        told: list[Reading] = []
        try:
            if self._fd < 0:
                self._fd = self._open()
            while not told:
                left_s = (end_ns - self._now_ns()) / S
                ready, _, _ = select.select([self._fd], [], [], max(left_s, 0.0))
                if not ready:
                    break
                told = self._heard(os.read(self._fd, READ_BYTES))
        except OSError as error:
            self.close()
            raise BusDown(f"{self._where}: {error.strerror or error}") from error
        self._counts[FRAMES] += len(told)
        return batch_of(told, self._name, self._now_ns())

    def close(self) -> None:
        """Give it back; safe to repeat."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd, self._rest, self._is_skipping = -1, b"", False

    def _heard(self, more: bytes) -> list[Reading]:
        if not more:
            raise ConnectionResetError(0, "it has ended the connection")
        *lines, self._rest = (self._rest + more).split(b"\n")
        told: list[Reading] = []
        for line in lines:
            if self._is_skipping:
                self._is_skipping = False
                continue
            report = self._lines.take(line)
            readings = [] if report is None else self._sieve.take(self._now_ns(), report)
            self._counts[FIXES] += bool(readings)
            told += readings
        if len(self._rest) > LINE_MAX:
            self._counts[CUT_LINE] += not self._is_skipping
            self._rest, self._is_skipping = b"", True
        return told


def gpsd_source(address: str, name: str) -> ReceiverSource:
    """gpsd at `host:port` or `host`.

    Raises:
        ConfigError: that is no address.
    """
    host, _, port = address.rpartition(":") if ":" in address else (address, "", str(PORT))
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ConfigError("is no address of gpsd", place=f"gpsd:{address}", remedy=f"Write gpsd:127.0.0.1:{PORT}")

    def connect() -> int:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S) as line:
            line.sendall(WATCH)
            return line.detach()

    return ReceiverSource(f"gpsd at {host}:{port}", name, GpsdReader(), connect)


def nmea_source(device: str, baud: int, name: str) -> ReceiverSource:
    """A receiver on a serial line.

    Raises:
        ConfigError: no line has that speed.
    """
    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        remedy = "Write baud=9600, or what the receiver is set to: 4800, 38400, 115200"
        raise ConfigError(f"no line has {baud} baud", place=f"nmea:{device}", remedy=remedy)

    def connect() -> int:
        fd = os.open(device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            tty.setraw(fd, termios.TCSANOW)
            settings = termios.tcgetattr(fd)
            settings[2] |= termios.CLOCAL | termios.CREAD
            settings[4] = settings[5] = speed
            termios.tcsetattr(fd, termios.TCSANOW, settings)
        except termios.error as error:
            os.close(fd)
            raise OSError(0, f"is no serial line: {error}") from error
        return fd

    return ReceiverSource(device, name, NmeaReader(), connect)
