"""A connection that ends while something is queued: the loop is asked for nothing that is no more."""

import asyncio
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiomqtt
import pytest

from edge.link.client import Client

CONNACK = bytes((0x20, 2, 0, 0))
WAIT_S = 20.0


@contextmanager
def accepting_once() -> Iterator[tuple[int, threading.Event]]:
    """The port of a broker that welcomes one client, and what makes it end the connection."""
    ends = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(CONNACK)
                ends.wait(WAIT_S)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], ends
        finally:
            ends.set()
            thread.join()


async def queue_while_it_ends(port: int, ends: threading.Event) -> list[dict[str, Any]]:
    """What the loop complains about when a message is queued in the turn in which the connection is found ended."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    with suppress(aiomqtt.MqttError):
        async with Client("127.0.0.1", port, timeout=WAIT_S, protocol=aiomqtt.ProtocolVersion.V311) as client:
            sock = client._client.socket()
            assert sock is not None
            ends.set()
            assert select.select([sock], [], [], WAIT_S)[0], "the end has arrived, and the loop has not looked yet"
            await asyncio.sleep(0)
            with pytest.raises(aiomqtt.MqttError):
                await client.publish("a/topic", b"told", qos=1, timeout=0.1)
    await asyncio.sleep(0)
    return complaints


def test_a_message_queued_as_the_connection_ends_is_no_error_of_the_loop() -> None:
    with accepting_once() as (port, ends):
        assert asyncio.run(queue_while_it_ends(port, ends)) == []
