"""What takes frames from the kernel, by a socket and by a ring of memory: one suite for both, on UDP."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.bus.packet_ring import PacketRing
from edge.bus.receiver import FRAME_BYTES, Receiver
from tests.brokers import free_port
from tests.udp_kernel import open_port

PATIENCE_S = 10.0
ROOM = 256
"""Of the ring, about."""


def packet_sockets_are_allowed() -> bool:
    try:
        PacketRing("lo").close()
    except PermissionError:
        return False
    return True


RING = pytest.param(
    True,
    id="ring",
    marks=pytest.mark.skipif(not packet_sockets_are_allowed(), reason="packet sockets are not allowed here"),
)


@pytest.fixture(params=[RING, pytest.param(False, id="socket")])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Receiver, socket.socket]]:
    port = free_port()
    with (
        closing(open_port(port, ring=request.param, frames_room=ROOM)) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.connect(("127.0.0.1", port))
        yield receiver, sender


def taken(receiver: Receiver) -> list[tuple[bytes, int]]:
    """Everything that is there: bytes and stamp of each."""
    came: list[tuple[bytes, int]] = []
    while True:
        messages, lengths, stamps = receiver.take()
        if not len(lengths):
            return came
        assert messages.shape == (len(lengths), FRAME_BYTES)
        for message, length, stamp in zip(messages, lengths.tolist(), stamps.tolist(), strict=True):
            came.append((message[: min(length, FRAME_BYTES)].tobytes(), stamp))


def test_nothing_is_there(pair: tuple[Receiver, socket.socket]) -> None:
    receiver, _ = pair
    assert not receiver.wait(0.0)
    messages, lengths, stamps = receiver.take()
    assert (messages.shape, lengths.shape, stamps.shape) == ((0, FRAME_BYTES), (0,), (0,))
    assert receiver.lost() == 0


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=FRAME_BYTES), min_size=1, max_size=100))
def test_all_that_was_sent_comes_in_its_order_with_when_it_came(
    pair: tuple[Receiver, socket.socket], sent: list[bytes]
) -> None:
    """Again and again, so that the ring comes to its end many times."""
    receiver, sender = pair
    before = time.time_ns()
    for message in sent:
        sender.send(message)
    assert receiver.wait(PATIENCE_S)
    came = taken(receiver)
    assert [message for message, _ in came] == sent
    stamps = [stamp for _, stamp in came]
    assert stamps == sorted(stamps)
    assert before <= stamps[0] <= stamps[-1] <= time.time_ns()
    assert receiver.lost() == 0


def test_what_finds_no_room_is_counted_to_the_frame(pair: tuple[Receiver, socket.socket]) -> None:
    receiver, sender = pair
    count = 2 * receiver.frames_room + 100
    for number in range(count):
        sender.send(number.to_bytes(4, "little"))
    came = [int.from_bytes(message, "little") for message, _ in taken(receiver)]
    assert came == list(range(len(came)))  # the newest are lost
    assert receiver.frames_room / 2 < len(came) < count
    assert receiver.lost() == count - len(came)
    sender.send(b"after")
    assert [message for message, _ in taken(receiver)] == [b"after"]
    receiver.close()
    assert receiver.lost() == count - len(came), "who is closed still knows"
    receiver.close()


def test_another_port_is_not_heard(pair: tuple[Receiver, socket.socket]) -> None:
    receiver, sender = pair
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"no", ("127.0.0.1", free_port()))
    sender.send(b"yes")
    assert [message for message, _ in taken(receiver)] == [b"yes"]


@pytest.mark.parametrize("interface", ["telltale9", "a" * 20])
def test_an_interface_that_is_not_there(interface: str) -> None:
    if not packet_sockets_are_allowed():
        pytest.skip("packet sockets are not allowed here")
    with pytest.raises(OSError, match=r"No such device|too long"):
        PacketRing(interface)
