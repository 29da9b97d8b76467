"""UDP ports on the loopback in place of CAN interfaces, where the kernel has no CAN: same readers, same frames.

`can:PORT` is read as a ring of memory, `can:PORT?ring=off` as a socket; what is sent there is struct can_frame. A
second socket with `only=` may listen to a port beside its ring: of sockets bound to one port the newest is given its
datagrams, and the ring hears them all.
"""

import errno
import socket
import struct
from collections.abc import Sequence
from ctypes import addressof, create_string_buffer
from typing import Final

from edge.bus.can_filters import packet_filters, wanted_of
from edge.bus.datagrams import Datagrams
from edge.bus.packet_ring import FRAMES_ROOM, SO_ATTACH_FILTER, Instruction, PacketRing
from edge.bus.receiver import Receiver
from edge.bus.spec import SourceSpec
from edge.errors import BusDown

IP_AND_UDP_BYTES: Final = 28
UDP_BYTES: Final = 8
_LOAD: Final = 0x20
"""BPF_LD | BPF_W | BPF_ABS (linux/bpf_common.h)."""


class UdpKernel:
    """Opens a port; for SocketCanSource it is what KernelCan is."""

    def __init__(self, spec: SourceSpec) -> None:
        """`spec` names the port in place of the interface."""
        self._spec = spec

    def open(self) -> Receiver:
        """Listen to the port."""
        wanted = packet_filters(wanted_of(self._spec))
        return open_port(int(self._spec.rest), ring=self._spec.bool_option("ring", True), wanted=wanted)

    def down(self, error: OSError) -> BusDown:
        """What is said when the port cannot be read."""
        return BusDown(f"{self._spec.text}: {error.strerror}")


def open_port(port: int, *, ring: bool, frames_room: int = FRAMES_ROOM, wanted: Sequence[Instruction] = ()) -> Receiver:
    """A receiver of what is sent to a port; `frames_room` counts for a ring, the filter `wanted` for a socket."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if not ring:
        if wanted:
            _attach(bound, wanted)
        receiver = _stamped(bound)
        bound.bind(("127.0.0.1", port))
        return receiver
    opened = PortRing("lo", filters=to_port(port), skip=IP_AND_UDP_BYTES, frames_room=frames_room)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # nobody reads there; it keeps the port from answering
    bound.bind(("127.0.0.1", port))
    opened.bound = bound
    return opened


def _stamped(bound: socket.socket) -> Datagrams:
    try:
        return Datagrams(bound)
    except OSError as error:
        bound.close()
        if error.errno != errno.ENOPROTOOPT:
            raise
        import pytest  # noqa: PLC0415  a daemon whose memory is measured opens ports as well

        pytest.skip("nobody stamps datagrams here: this kernel is emulated call by call")


def _attach(bound: socket.socket, wanted: Sequence[Instruction]) -> None:
    """To a UDP socket a frame begins behind the head of UDP."""
    moved = [(code, yes, no, operand + UDP_BYTES * (code == _LOAD)) for code, yes, no, operand in wanted]
    program = create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in moved))
    bound.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(moved), addressof(program)))


class PortRing(PacketRing):
    """With the socket that makes the port one that is listened to."""

    bound: socket.socket

    def close(self) -> None:
        """Close both."""
        self.bound.close()
        super().close()


def to_port(port: int) -> list[Instruction]:
    """UDP over IPv4 to this port: protocol 17 at byte 9, port at byte 22 (classic BPF, linux/bpf_common.h)."""
    return [(0x30, 0, 0, 9), (0x15, 0, 3, 17), (0x28, 0, 0, 22), (0x15, 0, 1, port), (6, 0, 0, 0xFFFF), (6, 0, 0, 0)]
