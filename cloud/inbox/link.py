"""The inbox's loop: receive, store, answer, acknowledge; and what to do when the broker or the database is away."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from paho.mqtt.client import MQTTMessage

from cloud.config import BrokerTarget
from cloud.errors import UpstreamDown
from cloud.inbox.intake import Reply
from cloud.inbox.model import Arrival
from cloud.inbox.session import Session

BATCH_MAX: Final = 20
"""What mosquitto sends before it waits for acknowledgements: to wait for more is to wait for nothing."""
BATCH_BYTES_MAX: Final = 8 * 2**20
LINGER_S: Final = 0.01
"""A transaction costs as much as ten messages in it: a moment of waiting fills it."""
_IDLE_S: Final = 1.0
"""How late a vehicle hears what is wanted or asked of it, at most; and how often that is looked for."""
_BACKOFF_S: Final = (0.2, 15.0)
_RETRY_S: Final = (0.1, 2.0)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkState:
    """How the inbox is; an empty reason means: works."""

    broker: str = "not connected yet"
    database: str = ""


class Says(Protocol):
    """Somebody who has something to say to vehicles without being asked."""

    def forget(self) -> None:
        """The connection is a new one: the broker may have lost everything."""

    def due(self, at: datetime) -> list[Reply]:
        """What is to be said now.

        Raises:
            UpstreamDown: the database is away.
        """


class Link:
    """Runs in one thread of its own until it is stopped. Whoever made it watches that thread."""

    def __init__(
        self,
        target: BrokerTarget,
        take: Callable[[Sequence[Arrival]], list[Reply]],
        *,
        client_id: str,
        tls: ssl.SSLContext | None,
        now: Callable[[], datetime],
        uniform: Callable[[float, float], float],
        on_change: Callable[[LinkState], None],
        says: Sequence[Says] = (),
    ) -> None:
        self._target = target
        self._take = take
        self._client_id = client_id
        self._tls = tls
        self._now = now
        self._uniform = uniform
        self._on_change = on_change
        self._says = says
        self._said_at: datetime | None = None
        self._state = LinkState()
        self._stopping = threading.Event()
        self._wake, self._woken = socket.socketpair()

    @property
    def state(self) -> LinkState:
        """How it is at this moment; may be read from any thread."""
        return self._state

    def run(self) -> None:
        """Work until `stop`; a broker or database that is away is waited for."""
        failures = 0
        while not self._stopping.is_set():
            try:
                with Session(self._target, client_id=self._client_id, tls=self._tls, wake=self._woken) as session:
                    failures = 0
                    self._change(broker="")
                    self._serve(session)
            except UpstreamDown as error:
                self._change(broker=str(error))
                self._stopping.wait(backoff_s(failures, *_BACKOFF_S, self._uniform))
                failures += 1

    def stop(self) -> None:
        """End `run` as soon as the batch at hand is done; may be called from any thread, more than once."""
        self._stopping.set()
        self._wake.send(b"\0")

    def close(self) -> None:
        """After `run` has ended."""
        self._wake.close()
        self._woken.close()

    def _serve(self, session: Session) -> None:
        self._said_at = None
        for one in self._says:
            one.forget()
        while not self._stopping.is_set():
            self._say(session)
            messages = session.receive(
                count_max=BATCH_MAX, bytes_max=BATCH_BYTES_MAX, wait_s=_IDLE_S, linger_s=LINGER_S
            )
            if not messages:
                continue
            at = self._now()
            replies = self._store([arrival_of(message, at) for message in messages], session)
            if replies is None:
                return
            for reply in replies:
                session.publish(reply.topic, reply.payload)
            session.acknowledge(messages)

    def _say(self, session: Session) -> None:
        """Say what is wanted and asked of vehicles, once a second; a database that is away is asked at the next."""
        at = self._now()
        if not self._says or (self._said_at and abs((at - self._said_at).total_seconds()) < _IDLE_S):
            return
        self._said_at = at
        for one in self._says:
            try:
                due = one.due(at)
            except UpstreamDown as error:
                self._change(database=str(error))
                return
            self._change(database="")
            for reply in due:
                session.publish(reply.topic, reply.payload, retain=reply.retain)

    def _store(self, arrivals: list[Arrival], session: Session) -> list[Reply] | None:
        """Store a batch, however long it takes; None when stopped before it was."""
        failures = 0
        while not self._stopping.is_set():
            try:
                replies = self._take(arrivals)
            except UpstreamDown as error:
                self._change(database=str(error))
                self._stopping.wait(backoff_s(failures, *_RETRY_S, self._uniform))
                failures += 1
                session.keep_alive()
            else:
                self._change(database="")
                return replies
        return None

    def _change(self, **reasons: str) -> None:
        """Remember how things are, and say it when it is news."""
        state = replace(self._state, **reasons)
        if state == self._state:
            return
        for name, reason in reasons.items():
            if reason:
                _log.warning("%s away, will be tried again: %s", name, reason)
            else:
                _log.info("%s there", name)
        self._state = state
        self._on_change(state)


def backoff_s(failures: int, base_s: float, most_s: float, uniform: Callable[[float, float], float]) -> float:
    """How long to wait after so many failures in a row: doubling, bounded, spread so that many do not come at once."""
    wait_s = min(most_s, base_s * 2.0 ** min(failures, 30))
    return uniform(wait_s / 2, wait_s)


def arrival_of(message: MQTTMessage, at: datetime) -> Arrival:
    """A message in our words; a topic that is not UTF-8 is nobody's."""
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = "(not UTF-8)"
    return Arrival(topic, bytes(message.payload), at, message.retain)
