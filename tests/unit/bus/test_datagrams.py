"""Many messages of a socket at once, on UDP: order, lengths, stamps, and a socket without messages."""

import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bus.datagrams import Datagrams

ROOM = 16
BYTES = 72
PATIENCE_S = 10.0


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        sender.connect(receiver.getsockname())
        yield receiver, sender


def test_nothing_is_there(pair: tuple[socket.socket, socket.socket]) -> None:
    datagrams = Datagrams(pair[0], room=ROOM, message_bytes=BYTES)
    assert not datagrams.wait(0.0)
    messages, lengths, stamps = datagrams.take()
    assert (messages.shape, lengths.shape, stamps.shape) == ((0, BYTES), (0,), (0,))


@settings(max_examples=50)
@given(st.lists(st.binary(min_size=1, max_size=BYTES + 8), min_size=1, max_size=3 * ROOM))
def test_all_that_was_sent_comes_in_its_order_with_when_it_came(
    pair: tuple[socket.socket, socket.socket], sent: list[bytes]
) -> None:
    receiver, sender = pair
    datagrams = Datagrams(receiver, room=ROOM, message_bytes=BYTES)
    before = time.time_ns()
    for message in sent:
        sender.send(message)
    came: list[bytes] = []
    last = before
    while len(came) < len(sent):
        assert datagrams.wait(PATIENCE_S)
        messages, lengths, stamps = datagrams.take()
        assert 0 < len(lengths) <= ROOM
        for message, length, stamp in zip(messages, lengths.tolist(), stamps.tolist(), strict=True):
            came.append(message[:length].tobytes())
            assert not message[length:].any()
            assert last <= stamp <= time.time_ns()
            last = stamp
    assert came == [message[:BYTES] for message in sent]  # longer ones are cut


def test_a_socket_that_is_closed_says_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        datagrams = Datagrams(receiver, room=ROOM, message_bytes=BYTES)
    with pytest.raises(OSError, match="Bad file descriptor"):
        datagrams.take()
