"""Keeping: a connection that is left alone stays open through the networks between, for as little as that can cost.

A mobile network forgets a connection that nobody uses: after two hours where RFC 5382 (REQ-5) is kept, after minutes
where it is not, and mostly without a word. The kernel's own probes (SO_KEEPALIVE: a segment and its answer, 132 bytes
at the interface) keep it in mind; a PINGREQ through TLS costs three times that, so MQTT's keep-alive is long, and is
only for the broker to know that nobody is there any more.
"""

import socket
from contextlib import suppress
from typing import Final

from edge.link.networks import Connected

ANSWER_S: Final = 30
"""Between two probes without an answer."""
LOST: Final = 4
"""So many without an answer, and the connection is lost."""
_OFTENEST: Final = 4
"""Times as often as at first; what forgets faster costs a connection each time."""
_IN_A_ROW: Final = 2
"""Connections that were forgotten before it is taken for the network's habit."""


class Keeping:
    """How long a connection may be left alone, by interface; learned from those that a network forgot.

    Forgotten is one whose probes found no answer although a new connection is made at once: nothing was wrong with the
    network. A vehicle in a garage underground finds no answer either, and cannot connect.
    """

    def __init__(self, probe_s: int) -> None:
        """Nothing is learned yet. `probe_s`: what is tried at first."""
        self._first_s = probe_s
        self._idle_s: dict[str | None, int] = {}
        self._forgotten: dict[str | None, int] = {}
        self._is_suspect = False

    def idle_s(self, interface: str | None) -> int:
        """How long nothing may be said before a probe is sent."""
        return self._idle_s.get(interface, self._first_s)

    def up(self, sock: Connected, interface: str | None) -> None:
        """There is a connection: have the kernel probe it. Where it cannot, MQTT's keep-alive alone is left."""
        self._learn(interface)
        wanted = (("TCP_KEEPIDLE", self.idle_s(interface)), ("TCP_KEEPINTVL", ANSWER_S), ("TCP_KEEPCNT", LOST))
        with suppress(AttributeError, OSError):
            for name, value in wanted:
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def lost(self, interface: str | None, *, unanswered_s: float) -> None:
        """It is lost; for so long nothing had been heard of the other side."""
        self._is_suspect = unanswered_s > self.idle_s(interface) + ANSWER_S

    def failed(self) -> None:
        """No connection could be made."""
        self._is_suspect = False

    def _learn(self, interface: str | None) -> None:
        forgotten = self._forgotten.get(interface, 0) + 1 if self._is_suspect else 0
        self._is_suspect = False
        if forgotten >= _IN_A_ROW:
            self._idle_s[interface] = max(self._first_s // _OFTENEST, self.idle_s(interface) // 2)
            forgotten = 0
        self._forgotten[interface] = forgotten
