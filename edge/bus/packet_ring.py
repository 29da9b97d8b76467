"""PacketRing: memory into which the kernel writes every frame of an interface, so that none costs a call: a Receiver.

This is PACKET_RX_RING of packet(7), in its second version: slots of one size, each with a head that says whose it is
(linux/if_packet.h). It needs the right to open packet sockets (CAP_NET_RAW), which a plain CAN socket does not.
"""

import math
import mmap
import os
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import numpy as np

from edge.bus.receiver import FRAME_BYTES, Taken
from edge.frames import NANOSECONDS

FRAMES_ROOM: Final = 16_384
"""At least so many slots: 160 ms of 100,000 frames a second, 2.6 MB."""
TAKEN_MAX: Final = 2048
"""By one call."""
LOOK: Final = 32
"""Slots looked at first."""

SOL_PACKET: Final = 263
"""linux/socket.h; those below are of linux/if_packet.h."""
_RX_RING, _STATISTICS, _VERSION, _IGNORE_OUTGOING, _RESERVE = 5, 6, 10, 23, 12
_VERSION_2: Final = 1
_ALL: Final = 3
"""ETH_P_ALL (linux/if_ether.h): CAN and CAN FD have protocols of their own."""
SO_ATTACH_FILTER: Final = 26
"""asm-generic/socket.h."""
_HEAD_BYTES: Final = 80
"""What the kernel puts before a frame without a hardware header: struct tpacket2_hdr and sockaddr_ll, rounded up to 16
(TPACKET_ALIGN), and 16 for such a header (tpacket_rcv)."""
_LENGTH, _SECONDS, _NANOSECONDS = 2, 4, 5
"""Words of struct tpacket2_hdr; the length is that of what is kept."""
_THEIRS: Final = b"\0"
"""TP_STATUS_KERNEL: the lowest byte of a slot that waits for a frame; of a filled one it is TP_STATUS_USER and more."""
_PAGE: Final = mmap.PAGESIZE
_STATISTIC: Final = struct.Struct("=2I")

Instruction = tuple[int, int, int, int]
"""struct sock_filter: code, where to go if true, if false, operand."""


class PacketRing:
    """Takes what the kernel wrote since the last time."""

    def __init__(
        self, interface: str, *, filters: Sequence[Instruction] = (), frames_room: int = FRAMES_ROOM, skip: int = 0
    ) -> None:
        """`filters` let frames through (classic BPF); `skip` bytes stand before each frame.

        Raises:
            PermissionError: packet sockets are not allowed.
            OSError: the interface is not there, or the kernel has no such rings.
        """
        self._skip = np.uint32(skip)
        reserve = -(_HEAD_BYTES + skip) % 8
        begin = _HEAD_BYTES + skip + reserve
        slot = (begin + FRAME_BYTES + 15) // 16 * 16
        block = slot * _PAGE // math.gcd(slot, _PAGE)
        blocks = -(-frames_room * slot // block)
        self.frames_room = blocks * block // slot
        self._lost = 0
        self._head = 0
        self._look = LOOK
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
        try:
            for name, value in ((_VERSION, _VERSION_2), (_IGNORE_OUTGOING, 1), (_RESERVE, reserve)):
                self._socket.setsockopt(SOL_PACKET, name, value)
            if filters:
                self._attach(filters)
            ring = struct.pack("=4I", block, blocks, slot, self.frames_room)
            self._socket.setsockopt(SOL_PACKET, _RX_RING, ring)
            self._memory = mmap.mmap(self._socket.fileno(), blocks * block)
            self._socket.bind((interface, _ALL))
        except BaseException:
            self._socket.close()
            raise
        self._slots = np.frombuffer(self._memory, np.uint8).reshape(self.frames_room, slot)
        self._status = self._slots.view(np.uint32)[:, 0]
        self._marks = self._slots[:, 0]
        self._begin = begin
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def wait(self, wait_s: float) -> bool:
        """Whether a frame is there, or something is wrong, within that time."""
        return bool(self._poll.poll(max(0.0, wait_s) * 1000.0))

    def take(self) -> Taken:
        """What is there up to the end of the ring, copied: the kernel has its slots again.

        Raises:
            OSError: the interface went down; the socket takes its frames again when it is up.
        """
        count = self._filled()
        if not count:
            self._complain()
        rows = slice(self._head, self._head + count)
        slots = self._slots[rows].copy()
        self._status[rows] = 0
        self._head = (self._head + count) % self.frames_room
        words = slots.view(np.uint32)
        stamps = words[:, _SECONDS] * np.int64(NANOSECONDS) + words[:, _NANOSECONDS]
        return Taken(slots[:, self._begin : self._begin + FRAME_BYTES], words[:, _LENGTH] - self._skip, stamps)

    def lost(self) -> int:
        """Frames that found no free slot since it was opened; the kernel tells and forgets."""
        with suppress(OSError):
            _, drops = _STATISTIC.unpack(self._socket.getsockopt(SOL_PACKET, _STATISTICS, _STATISTIC.size))
            self._lost += drops
        return self._lost

    def close(self) -> None:
        """Give everything back; safe to repeat."""
        self.lost()
        self._socket.close()
        self._slots, self._status = np.empty((0, FRAME_BYTES), np.uint8), np.empty(0, np.uint32)
        self._marks = self._slots[:, 0]
        with suppress(BufferError):
            self._memory.close()

    def _filled(self) -> int:
        """How many slots from the head on are filled, up to the first that is not: two processors may fill two at once.

        Only about as many are looked at as last time, since each look is at memory that another processor wrote.
        """
        most = min(TAKEN_MAX, self.frames_room - self._head)
        for look in (min(self._look, most), most):
            count = self._marks[self._head : self._head + look].tobytes().find(_THEIRS)
            if count >= 0 or look == most:
                break
        count = look if count < 0 else count
        self._look = 2 * count + LOOK
        return count

    def _attach(self, filters: Sequence[Instruction]) -> None:
        code = b"".join(struct.pack("=HBBI", *one) for one in filters)
        kept = (np.frombuffer(code, np.uint8)).copy()
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(filters), kept.ctypes.data))

    def _complain(self) -> None:
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))
