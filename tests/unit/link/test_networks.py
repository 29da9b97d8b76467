"""Over which network a session goes and what it costs, asked of the kernel with real connections."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.errors import LinkDown
from edge.link.networks import Carrier, running, ways_out


@contextmanager
def connected(address: str, family: socket.AddressFamily = socket.AF_INET) -> Iterator[tuple[socket.socket, ...]]:
    """Both ends of a connection over the loopback."""
    with (
        socket.create_server((address, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2], timeout=10.0) as ours,
        server.accept()[0] as theirs,
    ):
        yield ours, theirs


def counts_bytes() -> bool:
    """Whether this kernel says what a connection has cost; one that is emulated call by call may not."""
    with connected("127.0.0.1") as (ours, _):
        try:
            return len(ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)) >= 208
        except OSError:
            return False


needs_costs = pytest.mark.skipif(not counts_bytes(), reason="nobody counts what a connection costs here")


def test_the_interface_is_that_of_the_local_address() -> None:
    with connected("127.0.0.1") as (ours, _):
        carrier = Carrier(ours)
        assert carrier.interface == "lo"
        for _ in range(3):
            carrier.check()


@needs_costs
@pytest.mark.skipif(("lo", "::1") not in set(running()), reason="no IPv6 here")
def test_an_ipv6_address_has_one_as_well() -> None:
    with connected("::1", socket.AF_INET6) as (ours, _):
        assert Carrier(ours).interface == "lo"
        cost = Carrier(ours).wire_bytes()
        assert cost is not None
        assert cost % 72 == 0, "a handshake has headers alone"


def test_an_address_of_no_interface_is_unknown_and_never_gone() -> None:
    with connected("127.0.0.3") as (_, theirs):  # the kernel answers for all of 127/8, and lists one
        carrier = Carrier(theirs)
        assert carrier.interface is None
        carrier.check()


@needs_costs
def test_the_cost_is_what_was_sent_and_heard_with_headers() -> None:
    with connected("127.0.0.1") as (ours, theirs):
        carrier = Carrier(ours)
        before = carrier.wire_bytes()
        ours.sendall(b"x" * 1000)
        assert theirs.recv(1000, socket.MSG_WAITALL)
        theirs.sendall(b"y" * 300)
        assert ours.recv(300, socket.MSG_WAITALL)
        after = carrier.wire_bytes()
        assert before is not None
        assert after is not None
        assert 1300 + 2 * 52 <= after - before <= 1300 + 6 * 52


def test_a_closed_connection_costs_nothing_more_and_is_no_carrier() -> None:
    with connected("127.0.0.1") as (ours, _):
        carrier = Carrier(ours)
        ours.close()
        assert carrier.wire_bytes() is None
        with pytest.raises(LinkDown, match="lost"):
            Carrier(ours)


def test_what_there_is_of_networks_is_the_same_twice() -> None:
    assert ("lo", "127.0.0.1") in ways_out()
    assert ways_out() == ways_out()
