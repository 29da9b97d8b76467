"""Link: keeps an MQTT session as long as there is a network, sends what waits, forgets what the cloud has.

MQTT 3.1.1, QoS 1, clean sessions: the outbox is the truth, so the broker need remember nothing of us but presence.
"""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

import aiomqtt

from edge.errors import EdgeError, LinkDown
from edge.link.broker import Broker
from edge.link.window import Due, Message, SendWindow
from edge.wire.downlink import Ack, Status, decode_down, encode_down
from edge.wire.envelope import StreamClass, stream_class
from edge.wire.errors import WireError
from edge.wire.topics import Address, Down

log = logging.getLogger(__name__)
_SILENT = logging.getLogger(f"{__name__}.mqtt")
_SILENT.setLevel(logging.CRITICAL + 1)  # what the library would say per message is counted, the rest raised

INBOUND_MAX: Final = 1000
"""Downlink messages that wait to be read; the cloud says again what is dropped."""
_FAREWELL_S: Final = 5.0
_REFUSED: Final = 0x80
"""MQTT 3.1.1, 3.9.3: the broker will not let us listen."""


class Spool(Protocol):
    """What the link needs of the outbox; called in threads, one call at a time."""

    def waiting(self, stream_class: StreamClass, after_seq: int, limit: int, /) -> Sequence[Message]:
        """The next unacknowledged messages of a class, in order."""

    def acknowledge(self, ack: Ack, /) -> int:
        """Forget what the cloud has."""

    def is_empty(self) -> bool:
        """Whether nothing is left to send."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is on its way at a time, and how long is waited for what."""

    alerts: int = 100
    records: int = 50
    blocks: int = 4
    """Messages of each class between the outbox and the cloud's acknowledgement."""
    resend_s: float = 10.0
    resend_max_s: float = 120.0
    """Until a message that the cloud has not acknowledged is sent again: at first, and at most."""
    backoff_s: float = 1.0
    backoff_max_s: float = 60.0
    """Upper end of the pause before the first, and before any, attempt to connect again."""
    keepalive_s: int = 60
    publish_s: float = 120.0
    """How long the broker may take to accept a message, the largest over the slowest network."""


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
    ) -> None:
        """`random` gives numbers in [0, 1), `monotonic` seconds."""
        self._spool = spool
        self._address = address
        self._broker = broker
        self._client_id = client_id
        self._monotonic = monotonic
        self._random = random
        self._pace = pace
        sizes = {StreamClass.ALERT: pace.alerts, StreamClass.RECORD: pace.records, StreamClass.BULK: pace.blocks}
        self._windows = {  # in the order in which they are served
            served: SendWindow(size, resend_s=pace.resend_s, resend_max_s=pace.resend_max_s)
            for served, size in sizes.items()
        }
        self._spool_turn = asyncio.Lock()  # nothing may be loaded while an acknowledgement renews its stream
        self._publishing: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._progressed = asyncio.Event()
        self._connected_at_s: float | None = None
        self._counted: Counter[str] = Counter()
        self.trouble = "not connected yet"
        """Why there is no session; empty while there is one."""

    @property
    def counters(self) -> dict[str, int]:
        """`sent.<class>`, `resent.<class>`, `acks`, what else came down, `sessions`, `losses`: since the start."""
        return dict(self._counted)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep a session until `stop` is set; then say goodbye. Never ends because of the network or the disk."""
        self._loop = asyncio.get_running_loop()
        failures = 0
        try:
            while not stop.is_set():
                ceiling_s = min(self._pace.backoff_s * 2 ** min(failures, 20), self._pace.backoff_max_s)
                try:
                    await self._session(stop)
                except LinkDown as down:
                    failures = 0 if self._has_held(ceiling_s) else failures + 1
                    self._lost(str(down))
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), self._random() * ceiling_s)
        finally:
            self._loop = None

    def wake(self) -> None:
        """Say that something new waits in the outbox; any thread, at any time."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop was closed in this very moment
                loop.call_soon_threadsafe(self._woken.set)

    async def drained(self, timeout_s: float) -> bool:
        """Wait until the cloud has everything, at most so long; whether it has. `run` must be running in this loop.

        Raises:
            EdgeError: the outbox cannot be read.
        """
        until_s = self._monotonic() + timeout_s
        self._woken.set()
        while True:
            self._progressed.clear()
            if await asyncio.to_thread(self._spool.is_empty):
                return True
            left_s = until_s - self._monotonic()
            if left_s <= 0:
                return False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._progressed.wait(), left_s)

    async def _session(self, stop: asyncio.Event) -> None:
        """One connection, until `stop`.

        Raises:
            LinkDown: it could not be made, or was lost.
        """
        self._connected_at_s = None
        try:
            async with self._client() as client:
                client.pending_calls_threshold = sys.maxsize
                await self._greet(client)
                await self._exchange(client, stop)
                with suppress(aiomqtt.MqttError):  # if the broker is gone, it says by our will that we are
                    await self._say_online(client, online=False, timeout_s=_FAREWELL_S)
        except aiomqtt.MqttError as error:
            raise LinkDown(str(error)) from error

    def _client(self) -> aiomqtt.Client:
        will = aiomqtt.Will(self._address.status, encode_down(Status(online=False)), qos=1, retain=True)
        return aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            username=self._broker.username,
            password=self._broker.password,
            tls_context=self._broker.tls,
            identifier=self._client_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            keepalive=self._pace.keepalive_s,
            will=will,
            max_inflight_messages=self._pace.alerts + self._pace.records + self._pace.blocks + 1,
            max_queued_incoming_messages=INBOUND_MAX,
            queue_type=_counting_queue(self._counted),
            logger=_SILENT,
        )

    async def _greet(self, client: aiomqtt.Client) -> None:
        codes = await client.subscribe([(self._address.down(kind), 1) for kind in Down])
        if any(int(getattr(code, "value", code)) >= _REFUSED for code in codes):
            raise LinkDown(f"the broker does not let {self._client_id} listen on {self._address.base}/down/")
        await self._say_online(client, online=True, timeout_s=self._pace.publish_s)
        self._connected_at_s = self._monotonic()
        self._counted["sessions"] += 1
        self.trouble = ""
        log.info("link to %s: up", self._broker)

    async def _say_online(self, client: aiomqtt.Client, *, online: bool, timeout_s: float) -> None:
        said = encode_down(Status(online=online))
        await client.publish(self._address.status, said, qos=1, retain=True, timeout=timeout_s)

    async def _exchange(self, client: aiomqtt.Client, stop: asyncio.Event) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._receive(client), name="link-receive")
                sender = group.create_task(self._send(client, group), name="link-send")
                await stop.wait()
        except* ...
