"""What people write today: python-can's `recv` and cantools' `decode_message`, the latest of each signal kept.

python -m tests.bench.children.bare_loop DBC PORT   (until SIGINT; prints what it received and lost)
"""

import json
import os
import signal
import socket
import sys
from typing import Any, cast

import cantools.database
from can.interfaces.socketcan.socketcan import SocketcanBus

from edge.bus.datagrams import SO_TIMESTAMPNS
from edge.bus.socket_losses import SocketLosses


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


def main() -> None:
    """Receive and decode until told to stop."""
    database = cast("Any", cantools.database.load_file(sys.argv[1], strict=False))
    bus = UdpBus(int(sys.argv[2]))
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: stopped.append(number))
    latest: dict[str, float] = {}
    received = decoded = 0
    print("ready", flush=True)
    while not stopped:
        message = bus.recv(0.2)
        if message is None:
            continue
        received += 1
        try:
            values = database.decode_message(message.arbitration_id, message.data, decode_choices=False)
        except (KeyError, cantools.database.DecodeError):
            continue
        decoded += 1
        latest.update(values)
    print(json.dumps({"received": received, "decoded": decoded, "lost": bus.losses.count(), "signals": len(latest)}))
    os._exit(0)


if __name__ == "__main__":
    main()
