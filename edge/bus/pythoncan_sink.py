"""PythonCanSink: sends frames over any interface that python-can knows."""

from typing import Final

import can

from edge.bus.interface import Interface, shut
from edge.bus.messages import to_messages
from edge.frames import FrameBatch

SEND_WAIT_S: Final = 0.5
"""How long one frame may wait for room; a bus nobody acknowledges on never has any."""


class PythonCanSink:
    """An open interface to send on; after it was down, the next batch opens it again."""

    def __init__(self, interface: Interface) -> None:
        """Opens the interface, which must be `sending()`.

        Raises:
            ConfigError: it can never be opened like this on this machine.
            BusDown: it is not there just now.
        """
        self._interface = interface
        self._bus: can.BusABC | None = interface.open()

    def send(self, batch: FrameBatch) -> None:
        """Send every frame, in its order and at once.

        Raises:
            BusDown: the interface does not take them just now; what is left of the batch is not sent.
        """
        if self._bus is None:
            self._bus = self._interface.open()
        try:
            for message in to_messages(batch):
                self._bus.send(message, timeout=SEND_WAIT_S)
        except (can.CanError, OSError, ValueError) as error:
            self.close()
            raise self._interface.down(error) from error

    def commit(self) -> None:
        """Nothing is left to do: what was sent is sent."""

    def close(self) -> None:
        """Give the interface back; safe to repeat."""
        if self._bus is not None:
            shut(self._bus)
            self._bus = None
