"""Line: one GPIO as an input, by the kernel's character device (GPIO uAPI v2, linux/gpio.h).

Two calls of ioctl and no library: what it takes are two structs that never change. (gpiod, which speaks the same, is
a compiled library, for chips, events and outputs that nobody here wants.)
"""

import fcntl
import os
import struct
from pathlib import Path
from typing import Final, Literal

from edge.errors import EdgeError

Pull = Literal["none", "up", "down"]
GET_LINE: Final = 0xC250B407
"""GPIO_V2_GET_LINE_IOCTL, _IOWR(0xB4, 0x07, struct gpio_v2_line_request)."""
GET_VALUES: Final = 0xC010B40E
"""GPIO_V2_LINE_GET_VALUES_IOCTL, _IOWR(0xB4, 0x0E, struct gpio_v2_line_values)."""
ACTIVE_LOW: Final = 1 << 1
INPUT: Final = 1 << 2
PULLS: Final[dict[Pull, int]] = {"none": 0, "up": 1 << 8, "down": 1 << 9}
VALUES: Final = struct.Struct("=QQ")
CONSUMER: Final = b"telltale ignition"
_OFFSETS, _ATTRIBUTES, _PADDING = 64, 10 * 3, 5


class LineError(EdgeError):
    """The line cannot be read just now; what it says is unknown."""


def requested(offset: int, *, active_low: bool, pull: Pull) -> bytes:
    """What asks for one line: struct gpio_v2_line_request, 592 bytes."""
    flags = INPUT | PULLS[pull] | (ACTIVE_LOW if active_low else 0)
    head = struct.pack("=64I32s", offset, *[0] * (_OFFSETS - 1), CONSUMER)
    config = struct.pack("=QI5I", flags, 0, *[0] * _PADDING) + bytes(8 * _ATTRIBUTES)
    return head + config + struct.pack("=II5Ii", 1, 0, *[0] * _PADDING, -1)


class Line:
    """One line of one chip; asked for when it is first read, and again after it failed."""

    def __init__(
        self, chip: str, offset: int, *, active_low: bool = False, pull: Pull = "none", devices: Path = Path("/dev")
    ) -> None:
        self._chip, self._offset = devices / chip, offset
        self._request = requested(offset, active_low=active_low, pull=pull)
        self._fd = -1

    def is_active(self) -> bool:
        """What it says now.

        Raises:
            LineError: there is no such line, another program has it, or it may not be read.
        """
        try:
            if self._fd < 0:
                self._fd = self._asked_for()
            values = bytearray(VALUES.pack(0, 1))
            fcntl.ioctl(self._fd, GET_VALUES, values)
        except OSError as error:
            self.close()
            raise LineError(f"line {self._offset} of {self._chip}: {error.strerror}") from error
        return bool(VALUES.unpack(values)[0] & 1)

    def close(self) -> None:
        """Give it back; safe to repeat."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _asked_for(self) -> int:
        chip = os.open(self._chip, os.O_RDONLY | os.O_CLOEXEC)
        try:
            request = bytearray(self._request)
            fcntl.ioctl(chip, GET_LINE, request)
        finally:
            os.close(chip)
        fd: int = struct.unpack_from("=i", request, len(request) - 4)[0]
        return fd
