"""What mosquitto's log says of what it refused. Pure; of mosquitto 2.0, whose words these are.

A refused subscription is answered as if it were granted and only never served, and of that the log says nothing. So
every subscription is compared with what its subscriber may hear.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cloud.broker.door import CLOUD, HELPER
from edge.wire.topics import ROOT

KINDS: Final = {
    "publish": "a message under a topic that is not the sender's",
    "subscribe": "a subscription beyond one's own topics, which is never served",
    "connection": "a connection without a certificate that counts: none, foreign, expired, revoked, or an old TLS",
    "two_boxes": "one certificate at two places at once: the box was copied",
}
TAKEN_OVER_MAX: Final = 5
"""A box that moves from network to network comes before its old connection is noticed to be gone, now and then."""
_RELOADED: Final = "Reloading config."
_DENIED: Final = re.compile(r"Denied PUBLISH from (\S+) \(d\d, q\d, r\d, m\d+, '(.*)', \.\.\. \(\d+ bytes\)\)$")
_SUBSCRIBES: Final = re.compile(r"Received SUBSCRIBE from (\S+)$")
_FILTER: Final = re.compile(r"\t(.*) \(QoS \d\)$")
_CAME: Final = re.compile(r"New connection from (\S+):\d+ on port \d+\.$")
_NO_TLS: Final = re.compile(r"Client connection from (\S+) failed: error:\w+:[^:]*:[^:]*:(.+?)\.?$")
_OPENSSL: Final = re.compile(r"OpenSSL Error\[\d+\]: error:\w+:[^:]*:[^:]*:(.+?)\.?$")
_TWICE: Final = re.compile(r"Client (\S+) already connected, closing old connection\.$")
_GONE: Final = frozenset({"unexpected eof while reading"})
"""Connections that ended without a word, which is what networks do."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One thing that was refused."""

    kind: str
    who: str
    detail: str

    @property
    def fleet(self) -> str | None:
        """Whose business it is, where that is known."""
        fleet, slash, _ = self.who.partition("/")
        return fleet if slash else None


class LogReader:
    """Reads lines in their order; remembers what one line says about the next."""

    def __init__(self) -> None:
        self.reloads = 0
        """How often it has read its configuration anew."""
        self._subscriber = ""
        self._came_from = ""
        self._taken_over: Counter[str] = Counter()

    def read(self, lines: Iterable[str]) -> Counter[Refused]:
        """What these lines say was refused, and how often."""
        found: Counter[Refused] = Counter()
        for line in lines:
            _, _, said = line.rstrip("\n").partition(": ")
            if said == _RELOADED:
                self.reloads += 1
            refused = self._of(said)
            if refused is not None:
                found[refused] += 1
        return found

    def forget_take_overs(self) -> None:
        """Begin to count anew; to be called every few minutes."""
        self._taken_over.clear()

    def _of(self, said: str) -> Refused | None:
        if self._subscriber and (asked := _FILTER.match(said)):
            return _beyond(self._subscriber, asked[1])
        self._subscriber = ""
        if came := _CAME.match(said):
            self._came_from = came[1]
        elif subscribes := _SUBSCRIBES.match(said):
            self._subscriber = subscribes[1]
        elif denied := _DENIED.match(said):
            return Refused("publish", denied[1], denied[2])
        elif twice := _TWICE.match(said):
            return self._twice(twice[1])
        elif failed := _NO_TLS.match(said):
            return _no_connection(failed[1], failed[2])
        elif openssl := _OPENSSL.match(said):
            return _no_connection(self._came_from or "somebody", openssl[1])
        return None

    def _twice(self, who: str) -> Refused | None:
        self._taken_over[who] += 1
        if self._taken_over[who] != TAKEN_OVER_MAX:
            return None
        return Refused("two_boxes", who, f"{TAKEN_OVER_MAX} times within minutes one took the other's place")


def _no_connection(address: str, why: str) -> Refused | None:
    return None if why in _GONE else Refused("connection", address, why)


def _beyond(who: str, asked: str) -> Refused | None:
    if who in (CLOUD, HELPER) or asked.startswith(f"{ROOT}/{who}/down/"):
        return None
    return Refused("subscribe", who, asked)
