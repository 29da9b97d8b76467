"""PythonCanPort: sends and hears over any interface that python-can knows."""

import errno
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from edge.bus.echoes import Echoes
from edge.bus.interface import UDP_MULTICAST, Interface
from edge.bus.library import can
from edge.bus.messages import to_messages
from edge.bus.pythoncan import FRAMES, PythonCanSource
from edge.frames import NANOSECONDS, FrameBatch

logger = logging.getLogger(__name__)

PATIENCE_S: Final = 0.02
"""How long a frame may wait for room. The ten frames that a Linux CAN interface keeps (its txqueuelen) leave within
3 ms at 500 kbit/s; where nobody acknowledges, none ever does."""
RETRY_S: Final = 0.001
_NO_ROOM: Final = (errno.ENOBUFS, errno.EAGAIN)

SENT: Final = "sent"
BUS_FULL: Final = "bus_full"
BUS_DOWN: Final = "bus_down"


class PythonCanPort:
    """An open interface; after it was down, the next call opens it again."""

    def __init__(
        self,
        interface: Interface,
        *,
        patience_s: float = PATIENCE_S,
        wait: Callable[[float], object] = time.sleep,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Opens the interface, which must be `sending()`.

        Raises:
            ConfigError: it can never be opened like this on this machine.
            BusDown: it is not there just now.
        """
        self._name = interface.spec.text
        self._patience_s = patience_s
        self._wait = wait
        self._monotonic_ns = monotonic_ns
        self._counters = Counter(dict.fromkeys((SENT, BUS_FULL, BUS_DOWN), 0))
        self._full = False
        """The last frame found no room: the next does not wait for any."""
        self._echoes = Echoes() if interface.kind == UDP_MULTICAST else None
        self._source = PythonCanSource(
            interface,
            cadence=None,
            is_wanted=None if self._echoes is None else self._echoes.is_other,
            monotonic_ns=monotonic_ns,
        )
        self._source.opened()

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames sent and heard, and what was lost on either way, by cause."""
        heard = dict(self._source.counters)
        return {**self._counters, "heard": heard.pop(FRAMES), **heard}

    def send(self, batch: FrameBatch) -> None:
        """Send every frame, in its order and at once; what finds no room within the patience is dropped, counted.

        Raises:
            BusDown: the interface is not there; what is left of the batch is not sent, and counted.
        """
        left = len(batch)
        try:
            bus = self._source.opened()
            for message in to_messages(batch):
                self._put(bus, message)
                left -= 1
        except (can.CanError, OSError, ValueError) as error:
            raise self._source.fallen(error) from error
        finally:
            self._counters[BUS_DOWN] += left

    def heard(self, wait_s: float) -> FrameBatch:
        """What others sent: everything that is there once the first comes, an empty batch after `wait_s` of silence.

        Raises:
            BusDown: the interface is not there; the next call tries to open it again.
        """
        return self._source.read(wait_s)

    def commit(self) -> None:
        """Nothing is left to do: what was sent is sent."""

    def close(self) -> None:
        """Give the interface back; safe to repeat."""
        self._source.close()

    def _put(self, bus: can.BusABC, message: can.Message) -> None:
        patience_s = 0.0 if self._full else self._patience_s
        deadline_ns = self._monotonic_ns() + round(patience_s * NANOSECONDS)
        while not _sends(bus, message, patience_s):
            if self._monotonic_ns() >= deadline_ns:
                self._drop()
                return
            self._wait(RETRY_S)
        self._full = False
        self._counters[SENT] += 1
        if self._echoes is not None:
            self._echoes.expect(message)

    def _drop(self) -> None:
        self._full = True
        self._counters[BUS_FULL] += 1
        if self._counters[BUS_FULL] == 1:
            logger.warning("%s: full, as nobody acknowledges or too much is sent; frames are dropped", self._name)


def _sends(bus: can.BusABC, message: can.Message, wait_s: float) -> bool:
    """Whether there was room for the message."""
    try:
        bus.send(message, timeout=wait_s)
    except can.CanTimeoutError:
        return False
    except can.CanOperationError as error:
        number = error.error_code or getattr(error.__cause__, "errno", None)
        if number in _NO_ROOM or (number is None and "buffer full" in str(error)):
            return False  # the second is how SocketCAN says that its socket takes nothing
        raise
    return True
