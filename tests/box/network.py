"""The network of a trial: the other machine is at 10.0.2.2, and its cloud is reached from when one says so."""

import socket
import threading
from pathlib import Path

from tests.box.inside import GIVEN, sh


def network() -> None:
    """The way to the machine that this one runs on."""
    cards = [one.name for one in Path("/sys/class/net").iterdir() if (one / "device").exists()]
    [card] = [name for name in cards if "can" not in name]
    sh(f"ip link set lo up; ip addr add 10.0.2.15/24 dev {card}; ip link set {card} up")


def forwarded() -> None:
    """From now on its cloud and broker are here as they are there: on loopback."""
    for port in GIVEN["ports"]:
        threading.Thread(target=forward, args=(port,), daemon=True).start()


def forward(port: int) -> None:
    """Whoever connects here is connected there."""
    with socket.create_server(("127.0.0.1", port)) as ear:
        while True:
            near, _ = ear.accept()
            far = socket.create_connection(("10.0.2.2", port))
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(one, other), daemon=True).start()


def pump(one: socket.socket, other: socket.socket) -> None:
    """Until one of both is gone."""
    try:
        while received := one.recv(65536):
            other.sendall(received)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        other.close()
