"""An ELM327 on a pty of its own: what a program that opens a serial port finds there, sound or with a defect.

To test a program with it, give it the path as its serial port:

    bus = OnTheRoad(Simulation(vehicle="car", seed=7, skip_s=60))  # or the ObdNetwork of a few units
    with plugged_in(Elm327(bus, defect=Defect.SILENT, good_commands=13)) as adapter:
        child = subprocess.Popen([..., adapter.path])

`good_commands` lets the program connect before the defect shows: python-OBD 0.7.3 has sent 13 when `obd.OBD(path)` is
there (ATZ, ATE0, ATH1, ATL0, AT RV, ATSP0, 0100, ATDPN and five questions for what is supported). It tries no baud
rates on a path below /dev/pts, and a pty takes any. Characters leave at 38,400 baud all the same, so that BUFFER FULL
comes as it does in a vehicle. The adapter's time is 0 when it is plugged in. A reset takes 0.3 s, and what is typed
meanwhile is lost: python-OBD leaves with ATZ, so the next program should not come sooner.
"""

import os
import select
import threading
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.simulator.elm327 import Elm327
from edge.simulator.simulation import Simulation

READ_BYTES: Final = 4096
NAP_MIN_S: Final = 0.001
"""Four characters at 38,400 baud; more often it need not look."""
END_SECONDS_MAX: Final = 10.0
LOOK_NS: Final = 10_000_000
"""So often a vehicle that broadcasts is looked at while the adapter listens."""


class OnTheRoad:
    """A simulated vehicle as the adapter's bus, its broadcasts beside its answers."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._until_ns = 0

    def hear(self, frame: Frame, now_ns: int) -> bool:
        """Take a frame from the adapter."""
        del now_ns  # the frame is stamped with it
        return self._simulation.hear(FrameBatch.of([frame])) > 0

    def due(self, until_ns: int) -> list[Frame]:
        """What is on the bus before that time; the vehicle drives on until then."""
        self._until_ns = max(self._until_ns, until_ns)
        return list(self._simulation.advance(until_ns).frames())

    def next_ns(self) -> int | None:
        """When the next answer leaves, or it is worth looking for broadcasts."""
        answer_ns = self._simulation.next_answer_ns()
        look_ns = self._until_ns + LOOK_NS
        return look_ns if answer_ns is None else min(answer_ns, look_ns)


class PluggedIn:
    """An adapter that lives on a pty, in a thread, until it is unplugged, ended, or its time is over."""

    def __init__(self, adapter: Elm327, *, life_s: float = 120.0) -> None:
        self._adapter = adapter
        self._life_ns = round(life_s * NANOSECONDS)
        self._start_ns = time.monotonic_ns()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._awake, self._wake = os.pipe()
        self.path = os.ttyname(self._slave)
        """What the program opens."""
        self.lost = 0
        """Characters that nobody read before the pty was full; a serial line does not wait either."""
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._live, name=f"elm327 on {self.path}", daemon=True)
        self._thread.start()

    @property
    def unplugged(self) -> bool:
        """The pty is gone."""
        return not self._thread.is_alive()

    def wait_until_unplugged(self, timeout_s: float) -> bool:
        """Whether the pty is gone by then."""
        self._thread.join(timeout_s)
        return self.unplugged

    def unplug(self) -> None:
        """Pull the adapter out; whoever has the pty open meets the end of it. Safe to repeat.

        Raises:
            Exception: what the adapter died of, if it did.
        """
        with suppress(OSError):
            os.write(self._wake, b"!")
        self._thread.join(END_SECONDS_MAX)
        assert self.unplugged, "the adapter's thread does not end"
        if self._wake >= 0:
            os.close(self._wake)
            os.close(self._awake)
            self._wake = self._awake = -1
        if self._error is not None:
            raise self._error

    def _now_ns(self) -> int:
        return time.monotonic_ns() - self._start_ns

    def _live(self) -> None:
        try:
            self._talk()
        except Exception as error:  # noqa: BLE001 - it is raised again in `unplug`, by whoever started the adapter
            self._error = error
        finally:
            os.close(self._master)
            os.close(self._slave)

    def _talk(self) -> None:
        """Until the adapter is gone, something comes through the pipe, or the time is over."""
        chars = b""
        while True:
            self._write(self._adapter.receive(chars, self._now_ns()))
            if self._adapter.unplugged or self._now_ns() >= self._life_ns:
                return
            ready, _, _ = select.select([self._master, self._awake], [], [], self._nap_s())
            if self._awake in ready:
                return
            chars = os.read(self._master, READ_BYTES) if self._master in ready else b""

    def _nap_s(self) -> float:
        next_ns = self._adapter.next_ns()
        until_ns = self._life_ns if next_ns is None else min(next_ns, self._life_ns)
        return max((until_ns - self._now_ns()) / NANOSECONDS, NAP_MIN_S)

    def _write(self, chars: bytes) -> None:
        try:
            written = os.write(self._master, chars) if chars else 0
        except BlockingIOError:
            written = 0
        self.lost += len(chars) - written


@contextmanager
def plugged_in(adapter: Elm327, *, life_s: float = 120.0) -> Iterator[PluggedIn]:
    """The adapter on a pty; gone afterwards, and after `life_s` seconds in any case."""
    plug = PluggedIn(adapter, life_s=life_s)
    try:
        yield plug
    finally:
        plug.unplug()
