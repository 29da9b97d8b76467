"""SocketLosses: how many frames the kernel threw away because nobody read them in time."""

import os
import socket
import struct
from contextlib import suppress
from typing import Final

RECEIVE_BUFFER_BYTES: Final = 4 << 20
"""The usual 208 KiB hold a few hundred frames; the kernel may grant less than asked for (net.core.rmem_max)."""
SO_RCVBUFFORCE: Final = 33
"""asm-generic/socket.h: beyond net.core.rmem_max, for who has CAP_NET_ADMIN."""
SO_MEMINFO: Final = 55
"""asm-generic/socket.h; an array of 32-bit numbers."""
_DROPS_INDEX: Final = 8
"""SK_MEMINFO_DROPS (linux/sock_diag.h)."""
_MEMINFO: Final = struct.Struct("=9I")


class SocketLosses:
    """Asks a socket that someone else reads for its losses, and for a larger buffer."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` stays the other's.

        Raises:
            OSError: it is no socket, or of a kind that does not tell its losses.
        """
        self._socket = socket.socket(fileno=os.dup(descriptor))
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            with suppress(PermissionError):
                self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
            self.room_bytes: int = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            """What the kernel granted."""
            self.count()
        except OSError:
            self._socket.close()
            raise

    def count(self) -> int:
        """Frames lost since the socket was opened."""
        told = self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _MEMINFO.size)
        drops: int = _MEMINFO.unpack(told)[_DROPS_INDEX]
        return drops

    def close(self) -> None:
        """Stop asking; the other's descriptor stays open."""
        self._socket.close()
