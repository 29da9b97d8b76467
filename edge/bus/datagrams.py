"""Datagrams: many messages of a socket in one call of the kernel (recvmmsg), with when they came: a Receiver."""

import ctypes
import errno
import os
import select
import socket
import struct
from contextlib import suppress
from typing import Final

import numpy as np

from edge.bus.receiver import FRAME_BYTES, Taken
from edge.bus.socket_losses import SocketLosses
from edge.frames import NANOSECONDS

ROOM: Final = 1024
"""Messages taken by one call."""
MESSAGE_ROOM_BYTES: Final = 768
"""What one takes of a socket's receive buffer, with what the kernel keeps beside it (its `truesize`)."""
SO_TIMESTAMPNS: Final = 35
"""asm-generic/socket.h: the kernel stamps each message when it comes, by the wall clock, in ns."""
_FLAGS: Final = socket.MSG_DONTWAIT | socket.MSG_TRUNC
"""The second: a message that was cut has its whole length."""
_CONTROL_BYTES: Final = 64
"""One header of a control message, and a struct timespec."""


class _Iovec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """struct msghdr of recvmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("parts", ctypes.c_void_p),
        ("parts_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """struct mmsghdr of recvmmsg(2)."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


_LIBRARY: Final = ctypes.CDLL(None, use_errno=True)
_LONG: Final = ctypes.sizeof(ctypes.c_long)
_HEADER: Final = struct.calcsize("@Nii")
"""struct cmsghdr: length, level, type."""


class Datagrams:
    """Takes what waits in a socket, up to `room` messages at a time."""

    def __init__(self, receiver: socket.socket, *, room: int = ROOM) -> None:
        """Asks the kernel for stamps and a large buffer; the socket is closed with this.

        Longer messages are cut, and have their length.

        Raises:
            OSError: the socket gives no stamps, or does not tell its losses.
        """
        receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket = receiver
        self._room = room
        self._losses = SocketLosses(receiver.fileno())
        self._lost = 0
        self.frames_room = self._losses.room_bytes // MESSAGE_ROOM_BYTES
        self._poll = select.poll()
        self._poll.register(receiver, select.POLLIN)
        self._bytes = np.zeros((room, FRAME_BYTES), np.uint8)
        self._control = np.zeros((room, _CONTROL_BYTES), np.uint8)
        self._stamps = self._control[:, _HEADER : _HEADER + 2 * _LONG].view(np.dtype(f"i{_LONG}"))
        self._parts = (_Iovec * room)()
        self._messages = (_Message * room)()
        for place in range(room):
            self._parts[place].base = self._bytes.ctypes.data + place * FRAME_BYTES
            self._parts[place].length = FRAME_BYTES
            message = self._messages[place].header
            message.parts = ctypes.addressof(self._parts) + place * ctypes.sizeof(_Iovec)
            message.parts_count = 1
            message.control = self._control.ctypes.data + place * _CONTROL_BYTES
            message.control_length = _CONTROL_BYTES
        columns = np.frombuffer(memoryview(self._messages).cast("B"), np.dtype(_Message))
        self._lengths, self._control_lengths = columns["length"], columns["header"]["control_length"]

    def wait(self, wait_s: float) -> bool:
        """Whether a message is there within that time."""
        return bool(self._poll.poll(max(0.0, wait_s) * 1000.0))

    def take(self) -> Taken:
        """What is there, at most `room`.

        Raises:
            OSError: the socket says that something is wrong; the next call may work.
        """
        count = _LIBRARY.recvmmsg(self._socket.fileno(), self._messages, self._room, _FLAGS, None)
        if count < 0:
            number = ctypes.get_errno()
            if number != errno.EAGAIN:
                raise OSError(number, os.strerror(number))
            count = 0
        stamps = self._stamps[:count]
        times = stamps[:, 0] * NANOSECONDS + stamps[:, 1]
        is_stamped = self._control_lengths[:count] != 0
        if not is_stamped.all():
            times[~is_stamped] = 0
        self._control_lengths[:count] = _CONTROL_BYTES
        return Taken(self._bytes[:count].copy(), self._lengths[:count].copy(), times)

    def lost(self) -> int:
        """Messages that the kernel threw away since the socket was opened."""
        with suppress(OSError):
            self._lost = self._losses.count()
        return self._lost

    def close(self) -> None:
        """Close the socket; safe to repeat."""
        self.lost()
        self._losses.close()
        self._socket.close()
