"""Which addresses of the network may be reached: not one's own, unless the operator says so."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from cloud.notify.sending import NotTaken

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in its last 32 bits."""


def reach(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, in the order in which to try them.

    Raises:
        NotTaken: it has none just now, or (for good) one of them is private and that is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotTaken(f"{host} is not known: {error}") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private and not all(is_public(address) for address in addresses):
        problem = f"{host} is an address of this machine or of a private network"
        raise NotTaken(f"{problem}; webhook_private under [notify] allows it", for_good=True)
    return addresses


def is_public(address: str) -> bool:
    """Whether an address is out there for everybody, whatever IPv4 address it wraps."""
    found = ip_address(address.partition("%")[0])
    inner = _wrapped(found)
    return found.is_global and not found.is_multicast and (inner is None or is_public(str(inner)))


def _wrapped(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
