"""What people write today: python-can's `recv` and cantools' `decode_message`, the latest of each signal kept.

python -m tests.bench.children.bare_loop DBC PORT recv|notifier   (until SIGINT; prints what it received and lost)
"""

import json
import os
import signal
import socket
import sys
import threading
from typing import Any, cast

import can
import cantools.database
from can.interfaces.socketcan.socketcan import SocketcanBus

from edge.bus.datagrams import SO_TIMESTAMPNS
from edge.bus.socket_losses import SocketLosses

WAIT_S = 0.2


class UdpBus(SocketcanBus):
    """python-can's own bus, but for its socket: there is no CAN in this kernel."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.losses = SocketLosses(self.socket.fileno())
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", port))
        self.channel = "udp"
        self._is_filtered = False
        self._filters = None
        self._task_id = 0
        self._tasks: Any = {}
        self._is_shutdown = False


class Loop:
    """Decodes what comes and keeps the latest of each signal."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.latest: dict[str, float] = {}
        self.received = self.decoded = 0

    def take(self, message: can.Message) -> None:
        """One frame."""
        self.received += 1
        try:
            values = self._database.decode_message(message.arbitration_id, message.data, decode_choices=False)
        except (KeyError, cantools.database.DecodeError):
            return
        self.decoded += 1
        self.latest.update(values)


def main() -> None:
    """Receive and decode until told to stop."""
    loop = Loop(cast("Any", cantools.database.load_file(sys.argv[1], strict=False)))
    bus = UdpBus(int(sys.argv[2]))
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    if sys.argv[3] == "notifier":
        can.Notifier(bus, [loop.take])
        while not stopped.wait(WAIT_S):
            pass
    else:
        while not stopped.is_set():
            message = bus.recv(WAIT_S)
            if message is not None:
                loop.take(message)
    print(json.dumps({"received": loop.received, "decoded": loop.decoded, "lost": bus.losses.count()}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
