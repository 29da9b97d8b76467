"""A controller of the kernel's own that does what a test wants: slcan on one end of a pty, the test on the other.

What is written there the kernel takes for an adapter's words (linux/drivers/net/can/slcan): frames, errors, states.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.waiting import wait_until

N_SLCAN: Final = 17
TIOCSETD: Final = 0x5423
_NET: Final = Path("/sys/class/net")


class Slcan:
    """An interface, and the adapter that it believes in."""

    def __init__(self, name: str, master: int) -> None:
        self.name = name
        self._master = master

    def up(self, bitrate: int, *, listen_only: bool) -> None:
        """As an installer does it."""
        ip(self.name, "down")
        ip(self.name, "type", "can", "bitrate", str(bitrate), "listen-only", "on" if listen_only else "off")
        ip(self.name, "up")

    def frame(self, identifier: int, payload: bytes = bytes(8)) -> None:
        """Somebody says something."""
        self._say(f"t{identifier:03x}{len(payload)}{payload.hex()}")

    def bus_error(self) -> None:
        """A bit is not what was sent, and a stuff error."""
        self._say("e2bs")

    def overrun(self) -> None:
        """It lost a frame."""
        self._say("e1o")

    def state(self, letter: str, sent: int, received: int) -> None:
        """a: active, w: warning, p: passive, b: bus-off; with its two counters."""
        self._say(f"s{letter}{sent:03d}{received:03d}")

    def _say(self, words: str) -> None:
        os.write(self._master, f"{words}\r".encode())

    @contextmanager
    def again_and_again(self, *, frames: int = 0, errors: int = 0) -> Iterator[None]:
        """So many in each fiftieth of a second, until it is left."""
        stop = threading.Event()

        def speak() -> None:
            while not stop.wait(0.02):
                for number in range(frames):
                    self.frame(0x100 + number)
                for _ in range(errors):
                    self.bus_error()

        thread = threading.Thread(target=speak, name="slcan")
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def slcan() -> Iterator[Slcan]:
    """One more CAN interface, which is gone afterwards; needs root and a kernel with slcan."""
    before = _names()
    master, slave = pty.openpty()
    stop = threading.Event()
    drain = threading.Thread(target=_drain, args=(master, stop), name="slcan's answers")
    try:
        tty.setraw(slave)
        fcntl.ioctl(slave, TIOCSETD, struct.pack("i", N_SLCAN))
        drain.start()
        wait_until(lambda: bool(_names() - before), "the interface is there")
        [name] = _names() - before
        yield Slcan(name, master)
    finally:
        os.close(slave)
        stop.set()
        if drain.ident is not None:
            drain.join()
        os.close(master)
        wait_until(lambda: _names() <= before, "the interface is gone")


def ip(interface: str, *change: str) -> None:
    """ip link set."""
    subprocess.run(["ip", "link", "set", interface, *change], check=True, capture_output=True, timeout=60)


def _names() -> set[str]:
    return {one.name for one in _NET.iterdir()}


def _drain(master: int, stop: threading.Event) -> None:
    """What the kernel says to its adapter is read, else it waits."""
    with suppress(OSError):  # nobody holds the other end any more
        while not stop.is_set():
            if select.select([master], [], [], 0.1)[0]:
                os.read(master, 1000)
