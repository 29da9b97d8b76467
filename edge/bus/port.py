"""Port: a bus on which one sends and hears; for whoever plays a part there, as simulated control units do."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from edge.bus.can_filters import Wanted
from edge.bus.reader import RETRY_FIRST_S, RETRY_MAX_S, STEADY_NS
from edge.bus.sink import BUSES
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
from edge.frames import NANOSECONDS, FrameBatch

logger = logging.getLogger(__name__)

BUS_DOWN: Final = "bus_down"


class Port(Protocol):
    """Sends and hears; used by one thread, then closed. It does not hear what it sent itself."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames `sent` and `heard`, and what was lost on either way, by cause."""

    def send(self, batch: FrameBatch) -> None:
        """Send every frame, in its order and at once; what a full bus does not take is dropped, counted.

        Raises:
            BusDown: the interface is not there just now; what is left of the batch is dropped, counted.
        """

    def heard(self, wait_s: float) -> FrameBatch:
        """What others sent: everything that is there once the first comes, an empty batch after `wait_s` of silence.

        Its times are those of the monotonic clock.

        Raises:
            BusDown: the interface is not there just now.
        """

    def close(self) -> None:
        """Give the interface back; safe to repeat."""


def open_port(text: str, *, patience_s: float, wanted: Sequence[Wanted] = ()) -> "SteadyPort":
    """A bus, written as a source is: `can:can0`, `pythoncan:udp_multicast:239.0.0.1`.

    `patience_s`: how long a frame may wait for room on a full bus; `wanted`: what is heard, everything when empty.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: the interface is not there when it should begin.
    """
    if text.partition(":")[0] not in BUSES:
        raise ConfigError("nobody can be talked to there", place=text, remedy="Name a bus, as can:can0")
    from edge.bus.interface import Interface  # noqa: PLC0415  python-can costs 18 MB; only who needs it pays
    from edge.bus.pythoncan_port import PythonCanPort  # noqa: PLC0415  as above

    interface = Interface.of(SourceSpec.parse(text)).sending().hearing(wanted)
    return SteadyPort(text, PythonCanPort(interface, patience_s=patience_s))


class SteadyPort:
    """A port that outlives its bus: while that is down it is silent, loses what is sent, counted, and tries again."""

    def __init__(
        self,
        name: str,
        port: Port,
        *,
        wait: Callable[[float], object] = time.sleep,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`name`: for logs."""
        self._name = name
        self._port = port
        self._wait = wait
        self._monotonic_ns = monotonic_ns
        self._lost = 0
        self._down_at: int | None = None
        self._up_at = -STEADY_NS
        self._retry_s = RETRY_FIRST_S
        self._retry_at = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """What the port has counted, and what was lost while it was not even tried."""
        counters = dict(self._port.counters)
        return {**counters, BUS_DOWN: counters.get(BUS_DOWN, 0) + self._lost}

    def send(self, batch: FrameBatch) -> None:
        """Send every frame, or lose it.

        Raises:
            ConfigError: the interface cannot be opened again like this.
        """
        if self._monotonic_ns() < self._retry_at:
            self._lost += len(batch)
            return
        try:
            self._port.send(batch)
        except BusDown as error:
            self._fall(error)
        else:
            self._proven(batch)

    def heard(self, wait_s: float) -> FrameBatch:
        """What others sent; a bus that is down is silent.

        Raises:
            ConfigError: the interface cannot be opened again like this.
        """
        left_ns = self._retry_at - self._monotonic_ns()
        if left_ns <= 0:
            try:
                batch = self._port.heard(wait_s)
            except BusDown as error:
                self._fall(error)
            else:
                self._proven(batch)
                return batch
        else:
            self._wait(min(wait_s, left_ns / NANOSECONDS))
        return FrameBatch.empty((), self._monotonic_ns())

    def close(self) -> None:
        """Close the port; safe to repeat."""
        self._port.close()

    def _proven(self, batch: FrameBatch) -> None:
        """Only frames prove that a bus is back: an interface that is down can be opened and is silent."""
        if self._down_at is not None and len(batch):
            self._up_at = self._monotonic_ns()
            logger.warning("%s: back after %.1f s", self._name, (self._up_at - self._down_at) / NANOSECONDS)
            self._down_at = None

    def _fall(self, error: BusDown) -> None:
        now_ns = self._monotonic_ns()
        is_steady = self._down_at is None and now_ns - self._up_at >= STEADY_NS
        self._retry_s = RETRY_FIRST_S if is_steady else min(2.0 * self._retry_s, RETRY_MAX_S)
        self._retry_at = now_ns + round(self._retry_s * NANOSECONDS)
        if self._down_at is None:
            logger.warning("%s: down and tried again until it is back; frames are lost: %s", self._name, error)
            self._down_at = now_ns
