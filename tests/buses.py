"""A bus for one test, that no other test hears."""

import socket


def bus_of_nobody() -> str:
    """A live bus on a free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"pythoncan:udp_multicast:239.74.163.29?port={port}"
