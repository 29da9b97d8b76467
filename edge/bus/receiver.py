"""Receiver: how frames come out of the kernel, many at a time; a socket or a ring of memory looks alike."""

from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from edge.errors import BusDown
from edge.frames import Int64s, UInt8s

FRAME_BYTES: Final = 72
"""Of struct canfd_frame (linux/can.h), the longest that is taken."""


class Taken(NamedTuple):
    """N messages."""

    raw: UInt8s
    """(N, FRAME_BYTES); what lies behind the length is old."""
    lengths: npt.NDArray[np.uint32]
    """(N,) bytes."""
    stamps: Int64s
    """(N,) when they came, ns of the wall clock; 0: unknown."""


class Kernel(Protocol):
    """Opens what a source reads, as often as it has to be opened."""

    def open(self) -> "Receiver":
        """Begin to listen.

        Raises:
            ConfigError: this kernel has no CAN.
            BusDown: the interface is not there just now.
        """

    def down(self, error: OSError) -> BusDown:
        """What is said of an error after which it may be opened again."""


class Receiver(Protocol):
    """Takes what comes on one interface, in its order. For one thread."""

    frames_room: int
    """So many are kept while nobody takes any; what comes beyond them is lost, counted."""

    def wait(self, wait_s: float) -> bool:
        """Whether a frame is there within that time."""

    def take(self) -> Taken:
        """What is there, none perhaps, or not all of it: ask again until there is none.

        Raises:
            OSError: the interface is not there just now.
        """

    def lost(self) -> int:
        """Frames lost here since it was opened."""

    def close(self) -> None:
        """Give it back; safe to repeat."""
