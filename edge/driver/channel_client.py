"""One client of the channel: what it has not read yet, and what it said so far of a line. Both are bounded."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from edge.driver.lines import REQUEST_BYTES_MAX

UNSENT_BYTES_MAX: Final = 65_536
"""What waits for a client beside the socket's own buffer; one that lags further is dropped."""
_READ_BYTES: Final = 4096


class Gone(Exception):
    """The client has closed, or its socket failed."""


class TooSlow(Exception):
    """More waits for the client than is kept."""


class TooLong(Exception):
    """The client says a line that no request has."""


class Client:
    """A connected socket that never waits."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.connection = connection
        self._unsent = bytearray()
        self._heard = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Whether something waits until the client reads."""
        return bool(self._unsent)

    def put(self, line: bytes) -> None:
        """Send a line, now or when the client reads.

        Raises:
            TooSlow: there is no room for it.
            Gone: the connection is over.
        """
        if len(self._unsent) + len(line) > UNSENT_BYTES_MAX:
            raise TooSlow
        self._unsent += line
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes.

        Raises:
            Gone: the connection is over.
        """
        try:
            while self._unsent:
                del self._unsent[: self.connection.send(self._unsent)]
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone from error

    def take(self) -> Iterator[bytes]:
        """The lines that are whole, without their ends, after reading once.

        Raises:
            Gone: the connection is over.
            TooLong: a line is longer than a request can be; what came before it was given.
        """
        try:
            heard = self.connection.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            raise Gone from error
        if not heard:
            raise Gone
        self._heard += heard
        *lines, rest = bytes(self._heard).split(b"\n")
        self._heard = bytearray(rest)
        for line in lines:
            if len(line) > REQUEST_BYTES_MAX:
                raise TooLong
            yield line
        if len(rest) > REQUEST_BYTES_MAX:
            raise TooLong

    def close(self) -> None:
        """Hang up; safe to repeat."""
        with suppress(OSError):
            self.connection.close()
