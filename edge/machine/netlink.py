"""Asking the kernel for its network interfaces over rtnetlink; everyone may, and nothing is changed by it.

Layouts and constants: linux/netlink.h, linux/rtnetlink.h, linux/if_link.h; rtnetlink(7). Numbers have the machine's
byte order.
"""

import socket
import struct
import sys
from collections.abc import Iterator
from typing import Final

from edge.errors import EdgeError

LINKS_MAX: Final = 4096
"""Interfaces that are looked at; a box has ten."""
ATTRIBUTES_MAX: Final = 256
"""Of one message or nest; a kernel of today sends about sixty."""
_HEADER: Final = struct.Struct("=IHHII")
"""struct nlmsghdr: length, type, flags, sequence, port."""
_LINK: Final = struct.Struct("=BxHiII")
"""struct ifinfomsg: family, type, index, flags, change."""
_ATTRIBUTE: Final = struct.Struct("=HH")
"""struct rtattr: length, type."""
_ERROR, _DONE, _NEW_LINK, _GET_LINK = 2, 3, 16, 18
"""NLMSG_ERROR, NLMSG_DONE, RTM_NEWLINK, RTM_GETLINK."""
_REQUEST, _DUMP, _INTERRUPTED = 0x001, 0x300, 0x010
"""NLM_F_REQUEST, NLM_F_DUMP, NLM_F_DUMP_INTR."""
_TYPE_MASK: Final = 0x3FFF
"""NLA_TYPE_MASK: without the flags that say how an attribute is nested."""
_DATAGRAM_BYTES: Final = 1 << 16
_DATAGRAMS_MAX: Final = 4096
_WAIT_S: Final = 2.0
_TRIES: Final = 3


class Link:
    """One network interface as the kernel told it."""

    __slots__ = ("attributes", "flags", "index", "type")

    def __init__(self, body: bytes) -> None:
        """`body`: of an RTM_NEWLINK message.

        Raises:
            ValueError: it is shorter than its head.
        """
        if len(body) < _LINK.size:
            raise ValueError("a link without its head")
        _, self.type, self.index, self.flags, _ = _LINK.unpack_from(body)
        self.attributes = dict(attributes(body[_LINK.size :]))
        """By type (IFLA_…); of one that is there twice the last."""


def attributes(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each attribute, as far as they are whole; at most ATTRIBUTES_MAX."""
    at = 0
    for _ in range(ATTRIBUTES_MAX):
        if at + _ATTRIBUTE.size > len(raw):
            return
        length, kind = _ATTRIBUTE.unpack_from(raw, at)
        if length < _ATTRIBUTE.size or at + length > len(raw):
            return
        yield kind & _TYPE_MASK, raw[at + _ATTRIBUTE.size : at + length]
        at += _aligned(length)


def links(datagrams: bytes) -> Iterator[Link]:
    """The interfaces in what the kernel sent; what is damaged ends them."""
    for kind, _, body in _messages(datagrams):
        if kind == _NEW_LINK and len(body) >= _LINK.size:
            yield Link(body)


def dump() -> bytes:
    """All network interfaces of this machine's network namespace, as the kernel tells them.

    Raises:
        EdgeError: the kernel does not answer.
    """
    for _ in range(_TRIES):
        told, is_whole = _dump()
        if is_whole:
            break  # else an interface came or went meanwhile, and one may be missing
    return told


def _dump() -> tuple[bytes, bool]:
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE) as line:
            line.settimeout(_WAIT_S)
            line.bind((0, 0))
            ask = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            line.send(_HEADER.pack(_HEADER.size + len(ask), _GET_LINK, _REQUEST | _DUMP, 1, 0) + ask)
            return _received(line)
    except OSError as error:
        raise EdgeError(f"the kernel does not tell its network interfaces ({error}). See ip link") from error


def _received(line: socket.socket) -> tuple[bytes, bool]:
    told, is_whole = bytearray(), True
    for _ in range(_DATAGRAMS_MAX):
        datagram, (sender, _) = line.recvfrom(_DATAGRAM_BYTES)
        if sender:
            continue  # anybody may send here; the kernel is 0
        told += datagram
        for kind, flags, body in _messages(datagram):
            is_whole = is_whole and not flags & _INTERRUPTED
            if kind == _ERROR and (number := int.from_bytes(body[:4], sys.byteorder, signed=True)):
                raise OSError(-number, "RTM_GETLINK was refused")
            if kind in (_DONE, _ERROR):
                return bytes(told), is_whole
    raise OSError("it has more interfaces than are looked at")


def _messages(datagrams: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, flags and body of each message that is whole."""
    at = 0
    for _ in range(LINKS_MAX):
        if at + _HEADER.size > len(datagrams):
            return
        length, kind, flags, _, _ = _HEADER.unpack_from(datagrams, at)
        if length < _HEADER.size or at + length > len(datagrams):
            return
        yield kind, flags, datagrams[at + _HEADER.size : at + length]
        at += _aligned(length)


def _aligned(length: int) -> int:
    """NLMSG_ALIGN and RTA_ALIGN: to four bytes."""
    return (length + 3) & ~3
