"""Source: the one small interface behind which every bus, log and simulated vehicle looks alike."""

from collections.abc import Mapping
from typing import Protocol

from edge.frames import FrameBatch


class Source(Protocol):
    """Hands out frames in the order of their time. Used by one thread, then closed."""

    live: bool
    """True: time passes whether or not frames come, and frames that nobody takes are lost (and counted); its axis is
    the monotonic clock.
    False: a recording or a simulation, which waits for its reader and loses nothing; its axis is that of its stamps."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Everything this source has counted since it was made, drops by cause among them; any thread may ask."""

    def read(self, wait_s: float) -> FrameBatch | None:
        """The next frames, waiting at most `wait_s` for them; an empty batch when the bus is silent, None at the end.

        Raises:
            BusDown: the interface is not there just now; `read` may be tried again.
        """

    def close(self) -> None:
        """Give the interface or the file back; safe to repeat."""
