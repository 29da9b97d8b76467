"""Link: keeps an MQTT session as long as there is a network.

MQTT 3.1.1, QoS 1, clean sessions: the outbox is the truth, so the broker need remember nothing of us but presence.
"""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Final

import aiomqtt

from edge.errors import LinkDown
from edge.link.broker import Broker
from edge.link.budget import Allowance, Budget
from edge.link.client import Client
from edge.link.exchange import Exchange, Pace, Signals, Spool, Timekeeper
from edge.link.keeping import Keeping
from edge.link.networks import Carrier, NetworkGone, ways_out
from edge.wire.bundles import Piece
from edge.wire.downlink import Command, Desired, Status, encode_down
from edge.wire.topics import Address, Kind

log = logging.getLogger(__name__)
_SILENT = logging.getLogger(f"{__name__}.mqtt")
_SILENT.setLevel(logging.CRITICAL + 1)  # what the library would say per message is counted, the rest raised

INBOUND_MAX: Final = 1000
"""Downlink messages that wait to be read; what is dropped the cloud says again."""
_DOUBLINGS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class LinkStanding:
    """How a link is just now, for people."""

    broker: str
    """Host and port, nothing secret."""
    trouble: str
    """Why there is no session; empty while there is one."""
    up_s: float | None
    """How long there has been one."""
    network: str | None
    """The interface that it goes over; None: unknown."""
    acknowledged_ago_s: float | None
    """Since the cloud last said what it has; None: not since the start."""
    held: int
    """Messages that the data budget keeps waiting."""
    bytes_today: int | None
    """Over metered networks; None: nobody counts."""


class Link:
    """One vehicle's session with its broker. `run` belongs to an event loop; `wake` may be called by any thread."""

    def __init__(
        self,
        spool: Spool,
        address: Address,
        broker: Broker,
        *,
        client_id: str,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        pace: Pace,
        budget: Budget | None = None,
        on_desired: Callable[[Desired], None] | None = None,
        on_command: Callable[[Command], None] | None = None,
        on_piece: Callable[[Piece], None] | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        """`monotonic` gives seconds, `random` numbers in [0, 1); `on_desired` is told what the cloud wants,
        `on_command` what it asks for, `on_piece` what it sends of a bundle, and `timekeeper` what time it is.

        Without a `budget` nothing is limited, nor its cost told.
        """
        self._spool = spool
        self._address = address
        self._broker = broker
        self._client_id = client_id
        self._monotonic = monotonic
        self._random = random
        self._pace = pace
        self._on_desired, self._on_command, self._on_piece = on_desired, on_command, on_piece
        self._timekeeper = timekeeper
        self._tells_budget = budget is not None
        self._budget = budget or Budget(Allowance(), monotonic=monotonic, utc_day=lambda: None)
        self._signals = Signals()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._up_since_s: float | None = None
        self._keeping = Keeping(pace.probe_s)
        self._interface: str | None = None
        self.trouble = "not connected yet"
        """Why there is no session; empty while there is one."""

    def counters(self) -> dict[str, int]:
        """By name, since the start.

        `sessions` made and `losses` of them; `sent.<class>` and `resent.<class>`; `acks` taken, `acks.unreadable` and
        `acks.unwritten` (the disk failed); `received.command`, `received.desired`, `received.piece`, and of them
        `command.unreadable`, `desired.unreadable`, `piece.unreadable`; `dropped` before they were read; `handed_over`
        sessions, whose network was gone. With a budget `bytes_today` over metered networks, and `held.<class>` messages
        that wait for its next day now.
        """
        counted = dict(self._signals.counted)
        if self._tells_budget:
            held = {f"held.{served}": messages for served, messages in self._signals.held.items()}
            counted |= {"bytes_today": self._budget.spent, **held}
        return counted

    @property
    def standing(self) -> LinkStanding:
        """How it is just now; any thread may ask."""
        now_s, trouble, up_since_s = self._monotonic(), self.trouble, self._up_since_s
        acknowledged_s, is_up = self._signals.acknowledged_s, not trouble
        return LinkStanding(
            broker=str(self._broker),
            trouble=trouble,
            up_s=now_s - up_since_s if is_up and up_since_s is not None else None,
            network=self._interface if is_up else None,
            acknowledged_ago_s=None if acknowledged_s is None else now_s - acknowledged_s,
            held=sum(self._signals.held.values()),
            bytes_today=self._budget.spent if self._tells_budget else None,
        )

    @property
    def session(self) -> int | None:
        """Number of the present session since the start; None: there is none. Any thread may ask."""
        return None if self.trouble else self._signals.counted["sessions"]

    def allows(self, kind: Kind, size: int) -> bool:
        """Whether so many bytes for messages of a kind may go by the data budget now. Any thread may ask."""
        return self._budget.allows(kind, size)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep a session until `stop` is set, then say goodbye. Neither network nor disk ends it.

        A stop in the middle of connecting waits for the outcome, three times `answer_s` at most.
        """
        self._loop = asyncio.get_running_loop()
        failures = 0
        try:
            while not stop.is_set():
                ceiling_s = min(self._pace.backoff_s * 2 ** min(failures, _DOUBLINGS_MAX), self._pace.backoff_max_s)
                try:
                    await self._session(stop)
                except NetworkGone as gone:  # another may be there: at once, not after a pause
                    failures = 0
                    self._signals.counted["handed_over"] += 1
                    self._say_lost(str(gone))
                except LinkDown as down:
                    failures = 0 if self._has_held(ceiling_s) else failures + 1
                    self._say_lost(str(down))
                    await self._pause(stop, self._random() * ceiling_s)
        finally:
            self._loop = None

    async def _pause(self, stop: asyncio.Event, pause_s: float) -> None:
        """Wait so long; shorter when it is to stop, or there is more of networks than there was."""
        looks = self._pace.look_s > 0
        before = ways_out() if looks else frozenset()
        until_s = self._monotonic() + pause_s
        while (left_s := until_s - self._monotonic()) > 0 and not stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, self._pace.look_s) if looks else left_s):
                    await stop.wait()
            if looks and (now := ways_out()) != before:
                if now - before:
                    return
                before = now

    def fall_asleep(self) -> None:
        """Say no goodbye at the end: health has said for how long there will be silence."""
        self._signals.leaves_asleep = True

    def wake(self) -> None:
        """Say that something new waits in the outbox; any thread, at any time."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed at this very moment
                loop.call_soon_threadsafe(self._signals.woken.set)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until the cloud has everything, at most so long; whether it has. `run` must be running in this loop.

        Raises:
            EdgeError: the outbox cannot be read.
        """
        until_s = self._monotonic() + timeout_s
        self._signals.woken.set()
        while True:
            self._signals.progressed.clear()
            if await asyncio.to_thread(self._spool.is_empty):
                return True
            left_s = until_s - self._monotonic()
            if left_s <= 0:
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._signals.progressed.wait()

    async def _session(self, stop: asyncio.Event) -> None:
        """One connection, until `stop`.

        Raises:
            LinkDown: it could not be made, or was lost.
        """
        self._up_since_s = None
        client = self._client()
        try:
            async with AsyncExitStack() as stack:
                stack.push_async_exit(client)  # before it is entered: a broker that never answers leaves a socket open
                await client.__aenter__()
                client.pending_calls_threshold = sys.maxsize
                carrier = Carrier(client.socket) if self._pace.look_s > 0 else None
                self._interface = carrier.interface if carrier else None
                self._budget.begin(self._interface)
                self._keeping.up(client.socket, self._interface)
                exchange = Exchange(
                    client,
                    self._spool,
                    self._address,
                    pace=self._pace,
                    signals=self._signals,
                    monotonic=self._monotonic,
                    budget=self._budget,
                    carrier=carrier,
                    on_desired=self._on_desired,
                    on_command=self._on_command,
                    on_piece=self._on_piece,
                    timekeeper=self._timekeeper,
                )
                await exchange.run(stop, is_up=self._say_up)
        except aiomqtt.MqttError as error:
            raise LinkDown(str(error)) from error

    def _client(self) -> Client:
        will = aiomqtt.Will(self._address.status, encode_down(Status(online=False)), qos=1, retain=True)
        return Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            tls_context=self._broker.tls,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=self._pace.keepalive_s,
            timeout=self._pace.answer_s,
            will=will,
            max_inflight_messages=self._pace.alerts + self._pace.records + self._pace.blocks + 1,
            max_queued_incoming_messages=INBOUND_MAX,
            queue_type=_counting_queue(self._signals.counted),
            logger=_SILENT,
        )

    def _say_up(self) -> None:
        self._up_since_s = self._monotonic()
        self._signals.counted["sessions"] += 1
        self.trouble = ""
        log.info("link to %s: up", self._broker)

    def _say_lost(self, reason: str) -> None:
        if self._up_since_s is not None:
            self._signals.counted["losses"] += 1
            self._keeping.lost(self._interface, unanswered_s=self._signals.unanswered_s)
        else:
            self._keeping.failed()
        self._signals.unanswered_s = 0.0
        if reason != self.trouble:
            log.warning("link to %s: %s; the outbox keeps everything until it is back", self._broker, reason)
        self.trouble = reason

    def _has_held(self, ceiling_s: float) -> bool:
        """Whether the last session was a real one, and not thrown off as soon as it was made."""
        return self._up_since_s is not None and self._monotonic() - self._up_since_s > ceiling_s


def _counting_queue(counted: Counter[str]) -> type[asyncio.Queue[aiomqtt.Message]]:
    class Inbound(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            if self.full():
                counted["dropped"] += 1
            super().put_nowait(item)

    return Inbound
