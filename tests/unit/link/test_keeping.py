"""How often a connection is probed, and what is learned from those that a network forgot."""

import socket
from collections.abc import Iterator

import pytest

from edge.link.keeping import ANSWER_S, LOST, Keeping

MOBILE = "wwan0"
IDLE_S = 600


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as sock:
        yield sock


def forgotten(keeping: Keeping, sock: socket.socket, times: int, *, interface: str = MOBILE) -> None:
    """So often probes find no answer, and a new connection is made at once."""
    for _ in range(times):
        keeping.lost(interface, unanswered_s=keeping.idle_s(interface) + LOST * ANSWER_S)
        keeping.up(sock, interface)


def test_the_kernel_probes_a_connection_that_is_left_alone(sock: socket.socket) -> None:
    Keeping(IDLE_S).up(sock, MOBILE)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    asked = [
        sock.getsockopt(socket.IPPROTO_TCP, name)
        for name in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
    ]
    assert asked == [IDLE_S, ANSWER_S, LOST]


def test_a_network_that_forgets_is_probed_more_often_and_only_that_one(sock: socket.socket) -> None:
    keeping = Keeping(IDLE_S)
    forgotten(keeping, sock, 1)
    assert keeping.idle_s(MOBILE) == IDLE_S
    forgotten(keeping, sock, 1)
    assert keeping.idle_s(MOBILE) == IDLE_S // 2
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == IDLE_S // 2
    forgotten(keeping, sock, 20)
    assert keeping.idle_s(MOBILE) == 150
    assert keeping.idle_s("wlan0") == IDLE_S


def test_a_loss_while_probes_were_answered_says_nothing_of_the_network(sock: socket.socket) -> None:
    keeping = Keeping(IDLE_S)
    for _ in range(10):
        keeping.lost(MOBILE, unanswered_s=IDLE_S - 1.0)
        keeping.up(sock, MOBILE)
    forgotten(keeping, sock, 1)
    keeping.lost(MOBILE, unanswered_s=3.0)
    keeping.up(sock, MOBILE)
    forgotten(keeping, sock, 1)
    assert keeping.idle_s(MOBILE) == IDLE_S, "not two in a row"


def test_a_garage_underground_says_nothing_of_the_network(sock: socket.socket) -> None:
    keeping = Keeping(IDLE_S)
    for _ in range(10):
        keeping.lost(MOBILE, unanswered_s=IDLE_S + LOST * ANSWER_S)
        keeping.failed()
        keeping.up(sock, MOBILE)
    assert keeping.idle_s(MOBILE) == IDLE_S


def test_a_socket_that_is_closed_is_no_error(sock: socket.socket) -> None:
    sock.close()
    Keeping(IDLE_S).up(sock, MOBILE)
