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
import numpy.typing as npt

from edge.bus.receiver import FRAME_BYTES, Taken
from edge.frames import NANOSECONDS, Int64s

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
_STATUS, _LENGTH, _SECONDS, _NANOSECONDS = 0, 2, 4, 5
"""Words of struct tpacket2_hdr; the length is that of what is kept."""
_MINE: Final = 1
"""TP_STATUS_USER."""
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
        self._head = self._taken = 0
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
        slots = np.frombuffer(self._memory, np.uint8).reshape(self.frames_room, slot)
        self._words: npt.NDArray[np.uint32] = slots.view(np.uint32)
        self._status = self._words[:, _STATUS]
        self._frames = slots[:, begin : begin + FRAME_BYTES]
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)

    def wait(self, wait_s: float) -> bool:
        """Whether a frame is there, or something is wrong, within that time."""
        return bool(self._poll.poll(max(0.0, wait_s) * 1000.0))

    def take(self) -> Taken:
        """What is there up to the end of the ring.

        Raises:
            OSError: the interface went down; the socket takes its frames again when it is up.
        """
        count = self._filled()
        if not count:
            self._complain()
        self._taken = count
        rows = slice(self._head, self._head + count)
        words = self._words[rows]
        return Taken(self._frames[rows], words[:, _LENGTH] - self._skip, _stamps(words))

    def release(self) -> None:
        """Give the slots back to the kernel."""
        self._status[self._head : self._head + self._taken] = 0
        self._head = (self._head + self._taken) % self.frames_room
        self._taken = 0

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
        self._words = self._frames = self._status = np.empty((0, FRAME_BYTES), np.uint8)
        with suppress(BufferError):  # who still looks at frames keeps the memory until then
            self._memory.close()

    def _filled(self) -> int:
        """How many slots from the head on are filled, up to the first that is not: two processors may fill two at once.

        No more are looked at than that takes, since each look is at memory that another processor wrote.
        """
        most = min(TAKEN_MAX, self.frames_room - self._head)
        count, step = 0, LOOK
        while count < most:
            is_mine = self._status[self._head + count : self._head + min(count + step, most)] & _MINE
            if not is_mine.all():
                return count + int(is_mine.argmin())
            count, step = count + len(is_mine), 2 * step
        return count

    def _attach(self, filters: Sequence[Instruction]) -> None:
        code = b"".join(struct.pack("=HBBI", *one) for one in filters)
        kept = (np.frombuffer(code, np.uint8)).copy()
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(filters), kept.ctypes.data))

    def _complain(self) -> None:
        number = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))


def _stamps(words: npt.NDArray[np.uint32]) -> Int64s:
    return words[:, _SECONDS] * np.int64(NANOSECONDS) + words[:, _NANOSECONDS]
