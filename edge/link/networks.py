"""Over which network a session goes, what it has cost there, and when that network is no more.

Linux says all of it; elsewhere the interface and the cost are unknown, and no network is ever found gone.
"""

import ctypes
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from edge.errors import LinkDown

_RUNS: Final = 0x41
"""IFF_UP and IFF_RUNNING, netdevice(7): switched on, and there is a carrier."""
_ROUTES: Final = Path("/proc/net/route")
_TCP_INFO_BYTES: Final = 256
_RECEIVED: Final = struct.Struct("=128xQII")
"""struct tcp_info of linux/tcp.h: tcpi_bytes_received, tcpi_segs_out, tcpi_segs_in."""
_SENT: Final = struct.Struct("=200xQ")
"""tcpi_bytes_sent, since Linux 4.19: what was sent again counts again."""
_LAST_ACK: Final = struct.Struct("=56xI")
"""tcpi_last_ack_recv: ms since then."""
_HEADERS: Final[dict[int, int]] = {socket.AF_INET: 52, socket.AF_INET6: 72}
"""Of a segment: IPv4 20 or IPv6 40 bytes, TCP 20, its timestamps 12."""


class NetworkGone(LinkDown):
    """The network of the session is no more, or another is preferred now; connect anew at once."""


class Connected(Protocol):
    """A connected socket, with TLS or without."""

    @property
    def family(self) -> int:
        """AF_INET or AF_INET6."""

    def getsockname(self) -> Any:
        """Our end: address, port."""

    def getpeername(self) -> Any:
        """The other."""

    def getsockopt(self, level: int, name: int, size: int, /) -> bytes:
        """What the kernel knows of it."""

    def setsockopt(self, level: int, name: int, value: int, /) -> None:
        """Have the kernel do something about it."""

    def fileno(self) -> int:
        """-1 when it is closed."""


class Carrier:
    """The network under one session."""

    def __init__(self, sock: Connected) -> None:
        """As it is while the session begins.

        Raises:
            LinkDown: the connection is lost already.
        """
        self._sock = sock
        try:
            self._address = _plain(sock.getsockname()[0])
            self._peer = sock.getpeername()
        except OSError as error:
            raise LinkDown("the connection was lost") from error
        self.interface = next((name for name, address in running() if address == self._address), None)
        """None: unknown."""
        self._way = self._preferred()
        self._other_ways = 0

    def check(self) -> None:
        """Look whether the session can go on over its network; costs no traffic.

        Raises:
            NetworkGone: its address or carrier is gone, or at two looks in a row another network led to the broker.
        """
        if self.interface is None:
            return
        if (self.interface, self._address) not in set(running()):
            raise NetworkGone(f"the network of the session, {self.interface}, is gone")
        way = self._preferred()
        self._other_ways = self._other_ways + 1 if way not in (None, self._way) else 0
        if self._other_ways > 1:
            raise NetworkGone(f"another network than {self.interface} leads to the broker now")

    def wire_bytes(self) -> int | None:
        """What the session has cost so far in both directions, IP and TLS included; None where the kernel does not say.

        Links add headers of their own, which no bill for mobile data counts.
        """
        info = self._told()
        if len(info) < _SENT.size:
            return None
        received, segments_out, segments_in = _RECEIVED.unpack_from(info)
        [sent] = _SENT.unpack_from(info)
        headers = _HEADERS.get(self._sock.family, max(_HEADERS.values()))
        return int(sent + received + headers * (segments_out + segments_in))

    def unanswered_s(self) -> float:
        """How long nothing was heard of the other side, not even that it has got something; 0 where nobody says."""
        info = self._told()
        return 0.0 if len(info) < _LAST_ACK.size else _LAST_ACK.unpack_from(info)[0] / 1000

    def _told(self) -> bytes:
        """What the kernel says of the connection; nothing where it does not."""
        if sys.platform != "linux" or self._sock.fileno() < 0:
            return b""
        try:
            return self._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        except OSError:
            return b""

    def _preferred(self) -> str | None:
        """The address from which the kernel would reach the broker now; None: it would not."""
        try:
            with socket.socket(self._sock.family, socket.SOCK_DGRAM) as probe:
                probe.connect(self._peer)  # looks up the way, and sends nothing
                return _plain(probe.getsockname()[0])
        except OSError:
            return None


def ways_out() -> frozenset[tuple[str, ...]]:
    """What there is of networks: interfaces that run with their addresses, and IPv4 routes. More of it is a new try."""
    try:
        lines = _ROUTES.read_text("ascii").splitlines()[1:]
    except OSError:
        lines = []
    return frozenset([*running(), *(tuple(line.split()[:3]) for line in lines)])


class _Address(ctypes.Structure):
    """struct ifaddrs as far as it is read, getifaddrs(3)."""


_Address._fields_ = [
    ("next", ctypes.POINTER(_Address)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.c_void_p),
]


def running() -> Iterator[tuple[str, str]]:
    """Every address of every interface that is up and has a carrier; none where the system is not Linux."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    head = ctypes.POINTER(_Address)()
    if libc.getifaddrs(ctypes.byref(head)) != 0:
        return
    try:
        here = head
        while bool(here):
            one = here.contents
            if one.address and one.flags & _RUNS == _RUNS and (address := _read(one.address)):
                yield one.name.decode("utf-8", "replace"), address
            here = one.next
    finally:
        libc.freeifaddrs(head)


def _read(sockaddr: int) -> str | None:
    [family] = struct.unpack("=H", ctypes.string_at(sockaddr, 2))
    if family == socket.AF_INET:
        return str(ipaddress.IPv4Address(ctypes.string_at(sockaddr + 4, 4)))
    if family == socket.AF_INET6:
        return str(ipaddress.IPv6Address(ctypes.string_at(sockaddr + 8, 16)))
    return None


def _plain(address: str) -> str:
    """Without its zone, and as it was where an IPv4 address wears the clothes of an IPv6 one."""
    read = ipaddress.ip_address(address.partition("%")[0])
    mapped = read.ipv4_mapped if isinstance(read, ipaddress.IPv6Address) else None
    return str(mapped or read)
