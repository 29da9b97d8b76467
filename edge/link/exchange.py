"""Exchange: what goes on in one session. Messages go up from the outbox, acknowledgements come down."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Never, Protocol, TypeVar

import aiomqtt

from edge.errors import EdgeError, LinkDown
from edge.link.budget import KEPT, Budget, estimated
from edge.link.networks import Carrier, NetworkGone
from edge.link.window import Due, Message, SendWindow
from edge.wire.bundles import Piece, decode_piece
from edge.wire.downlink import Ack, Command, Desired, Status, decode_down, encode_down
from edge.wire.envelope import STREAM_OF, StreamClass, stream_class
from edge.wire.errors import WireError
from edge.wire.topics import Address, Down, Kind

Said = TypeVar("Said", Desired, Command)
_REFUSED: Final = 0x80
"""MQTT 3.1.1, 3.9.3: the broker will not let us listen."""
KINDS: Final = {served: frozenset(kind for kind in Kind if STREAM_OF[kind] is served) for served in StreamClass}
"""What each class carries."""


class Spool(Protocol):
    """What the link needs of the outbox; called in threads, one call at a time."""

    def waiting(self, stream_class: StreamClass, after_seq: int, limit: int, /) -> Sequence[Message]:
        """The next unacknowledged messages of a class, in order."""

    def worth_most(
        self,
        stream_class: StreamClass,
        taken: Sequence[tuple[int, int]],
        limit: int,
        kinds: Collection[Kind] | None = None,
        /,
    ) -> Sequence[Message]:
        """The unacknowledged messages of a class that should be sent next, without those whose numbers are taken."""

    def waiting_of(self, kinds: Collection[Kind], /) -> int:
        """How many messages of these kinds are unacknowledged."""

    def put(self, postings: Sequence[Never], /, *, remember: Mapping[str, bytes]) -> int:
        """Make durable what should be remembered."""

    def acknowledge(self, ack: Ack, /) -> int:
        """Forget what the cloud has."""

    def is_empty(self) -> bool:
        """Whether nothing is left to send."""


class Timekeeper(Protocol):
    """Who wants to know what time it is. Any thread may call."""

    @property
    def is_wanted(self) -> bool:
        """Whether nobody knows it."""

    def ask(self) -> None:
        """Have a health message put into the outbox, soon."""

    def heard(self, at: datetime, sent_s: float, received_s: float, /) -> None:
        """The cloud wrote an answer `at` its time, between these two of `monotonic`."""


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
    keepalive_s: int = 3600
    """After so long without a word the broker takes the session for dead, once and a half; the kernel looks earlier."""
    probe_s: int = 600
    """After so long the kernel looks, as long as the network puts up with it; at most four times as often."""
    answer_s: float = 10.0
    """How long the broker may take to answer a connection, a subscription, a greeting."""
    ask_s: float = 5.0
    """How long everything waits for the cloud to say what time it is, where nobody knows."""
    look_s: float = 2.0
    """How often it is looked whether the network is still the one of the session; 0: never, nor what it costs."""
    accept_s: float = 60.0
    """How long the broker may take to accept a message that no block goes before; then the connection is dead."""
    publish_s: float = 120.0
    """And any other: the largest over the slowest network."""


class Signals:
    """What tells the exchange of new messages, and others of its progress; lives as long as the link."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        """Something may be there to send."""
        self.progressed = asyncio.Event()
        """The cloud has acknowledged something."""
        self.counted: Counter[str] = Counter()
        self.held: dict[StreamClass, int] = dict.fromkeys(StreamClass, 0)
        """Messages of each class that the data budget keeps waiting."""
        self.unanswered_s = 0.0
        """How long nothing had been heard of the broker when that was looked at last."""
        self.acknowledged_s: float | None = None
        """Monotonic: when the cloud last said what it has."""
        self.leaves_asleep = False
        """The cloud was told for how long there will be silence: no goodbye, which would make it offline."""


class Exchange:
    """Serves the three streams over one connection, alerts first."""

    def __init__(
        self,
        client: aiomqtt.Client,
        spool: Spool,
        address: Address,
        *,
        pace: Pace,
        signals: Signals,
        monotonic: Callable[[], float],
        budget: Budget,
        carrier: Carrier | None = None,
        on_desired: Callable[[Desired], None] | None = None,
        on_command: Callable[[Command], None] | None = None,
        on_piece: Callable[[Piece], None] | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        """`client` is connected, over `carrier` where somebody looks at it; `monotonic` gives seconds."""
        self._client = client
        self._spool = spool
        self._address = address
        self._pace = pace
        self._signals = signals
        self._counted = signals.counted
        self._monotonic = monotonic
        self._on_desired, self._on_command, self._on_piece = on_desired, on_command, on_piece
        self._timekeeper = timekeeper
        self._budget = budget
        self._carrier = carrier
        self._is_measured = carrier is not None and carrier.wire_bytes() is not None
        self._granted = 0
        sizes = {StreamClass.ALERT: pace.alerts, StreamClass.RECORD: pace.records, StreamClass.BULK: pace.blocks}
        self._windows = {
            served: SendWindow(size, resend_s=pace.resend_s, resend_max_s=pace.resend_max_s)
            for served, size in sizes.items()
        }
        self._spool_turn = asyncio.Lock()  # nothing may be loaded while an acknowledgement renews its stream
        self._publishing: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event, *, is_up: Callable[[], None]) -> None:
        """Greet, then send and receive until `stop` is set, then say goodbye, unless it falls asleep. `is_up` is called
        after the greeting.

        Raises:
            LinkDown: the broker refuses, the connection is lost, or the outbox cannot be used.
        """
        try:
            async with asyncio.TaskGroup() as group, self._counting_to_the_end():
                # First of all: only who reads hears that the connection is lost, and ends what waits for an answer.
                receiver = group.create_task(self._receive(), name="link-receive")
                await self._greet()
                is_up()
                watch = group.create_task(self._watch(), name="link-watch")
                sender = group.create_task(self._send(group), name="link-send")
                await stop.wait()
                for task in (sender, watch, *self._publishing.values()):
                    task.cancel()
                if not self._signals.leaves_asleep:
                    await self._say_online(online=False)
                receiver.cancel()
        except ExceptionGroup as failures:
            expected, others = failures.split((aiomqtt.MqttError, EdgeError))
            if expected is None or others is not None:
                raise
            # What was being published fails as well when the connection is lost; the loss itself says it best.
            gone = next((failure for failure in expected.exceptions if isinstance(failure, NetworkGone)), None)
            best = next((failure for failure in expected.exceptions if isinstance(failure, LinkDown)), None)
            if gone:
                raise NetworkGone(str(gone)) from failures
            raise LinkDown(str(best or expected.exceptions[0])) from failures

    async def _greet(self) -> None:
        codes = await self._client.subscribe([(self._address.down(kind), 1) for kind in Down])
        if any((code if isinstance(code, int) else code.value) >= _REFUSED for code in codes):
            raise LinkDown(f"the broker does not let us listen below {self._address.base}/down")
        await self._say_online(online=True)

    async def _say_online(self, *, online: bool) -> None:
        said = encode_down(Status(online=online))
        await self._client.publish(self._address.status, said, qos=1, retain=True, timeout=self._pace.answer_s)

    async def _ask_time(self, group: asyncio.TaskGroup, keeper: Timekeeper) -> None:
        """Send a health message before anything else, and wait for what its answer says.

        What was handed out can be corrected no more, and of all messages the times of these are missed least.
        """
        keeper.ask()
        window = self._windows[StreamClass.RECORD]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.ask_s):
                while keeper.is_wanted:
                    self._signals.woken.clear()
                    if not len(window):
                        if window.stream:
                            return  # it is answered, by a cloud that says no time
                        await self._load_question(window)
                    for due in window.due(self._monotonic()):
                        self._publish(group, StreamClass.RECORD, due)
                    await self._until_due()

    async def _load_question(self, window: SendWindow) -> None:
        health = frozenset({Kind.HEALTH})
        async with self._spool_turn:
            window.load(await asyncio.to_thread(self._spool.worth_most, StreamClass.RECORD, [], 1, health))

    async def _send(self, group: asyncio.TaskGroup) -> None:
        if self._timekeeper and self._timekeeper.is_wanted:
            await self._ask_time(group, self._timekeeper)
        while True:
            self._signals.woken.clear()
            for served, window in self._windows.items():
                open_kinds = self._budget.open_kinds(served)
                await self._load(served, window, open_kinds)
                self._granted = 0
                for due in window.due(self._monotonic(), may_go=self._may_go):
                    self._publish(group, served, due)
                await self._tell_held(served, window, open_kinds)
            await self._until_due()

    async def _load(self, served: StreamClass, window: SendWindow, open_kinds: frozenset[Kind]) -> None:
        async with self._spool_turn:
            if window.room <= 0 or not open_kinds:
                return
            if served is StreamClass.ALERT:  # the one whose order is promised
                window.load(await asyncio.to_thread(self._spool.waiting, served, window.after_seq, window.room))
                return
            kinds = open_kinds if open_kinds != KINDS[served] else None
            window.load(await asyncio.to_thread(self._spool.worth_most, served, window.taken, window.room, kinds))

    def _may_go(self, message: Message) -> bool:
        """Whether the budget has room for it beside what goes in the same turn."""
        size = self._size(message)
        if not self._budget.allows(message.kind, self._granted + size):
            return False
        self._granted += size
        return True

    def _size(self, message: Message) -> int:
        topic = self._address.up(message.kind)
        return len(topic) + len(message.payload) if self._is_measured else estimated(topic, message.payload)

    async def _tell_held(self, served: StreamClass, window: SendWindow, open_kinds: frozenset[Kind]) -> None:
        closed = KINDS[served] - open_kinds
        waiting = 0
        if closed:
            async with self._spool_turn:
                waiting = await asyncio.to_thread(self._spool.waiting_of, closed)
        self._signals.held[served] = waiting + sum(one.kind in open_kinds for one in window.held())

    async def _watch(self) -> None:
        """Look every few seconds what the session costs, and whether its network is still there."""
        were_open = self._open()
        while self._carrier is not None:
            await asyncio.sleep(self._pace.look_s)
            self._budget.measure(self._carrier.wire_bytes())
            self._signals.unanswered_s = self._carrier.unanswered_s()
            self._carrier.check()
            await self._keep_budget(at_the_end=False)
            now_open = self._open()
            if now_open - were_open:  # a new day
                for window in self._windows.values():
                    window.look_again()
                self._signals.woken.set()
            were_open = now_open

    def _open(self) -> frozenset[Kind]:
        return frozenset[Kind]().union(*map(self._budget.open_kinds, StreamClass))

    @asynccontextmanager
    async def _counting_to_the_end(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            if self._carrier is not None:
                self._budget.measure(self._carrier.wire_bytes())
            await self._keep_budget(at_the_end=True)

    async def _keep_budget(self, *, at_the_end: bool) -> None:
        kept = self._budget.to_keep(at_the_end=at_the_end)
        if kept is not None:
            with suppress(EdgeError):  # a disk that takes nothing: after a restart the day's count is too low
                async with self._spool_turn:
                    await asyncio.to_thread(self._spool.put, [], remember={KEPT: kept})

    def _publish(self, group: asyncio.TaskGroup, served: StreamClass, due: Due) -> None:
        message = due.message
        place = (message.stream, message.seq)
        if place in self._publishing:  # the broker has not even accepted it the last time
            return
        self._counted[f"{'resent' if due.again else 'sent'}.{served}"] += 1
        self._budget.publish(self._size(message))
        is_alone = STREAM_OF[message.kind] is not StreamClass.BULK and not self._has_blocks_under_way()
        timeout_s = self._pace.accept_s if is_alone else self._pace.publish_s
        publication = self._client.publish(self._address.up(message.kind), message.payload, qos=1, timeout=timeout_s)
        # Tasks start in the order in which they are made, and their first step hands the message to the connection.
        task = group.create_task(publication, name=f"link-publish-{message.stream}-{message.seq}")
        self._publishing[place] = task
        task.add_done_callback(lambda _: self._publishing.pop(place))

    def _has_blocks_under_way(self) -> bool:
        return any(stream_class(stream) is StreamClass.BULK for stream, _ in self._publishing)

    async def _until_due(self) -> None:
        due_at_s = [at_s for window in self._windows.values() if (at_s := window.next_due_s()) is not None]
        wait_s = max(0.0, min(due_at_s) - self._monotonic()) if due_at_s else None
        with suppress(TimeoutError):
            # Not wait_for: on Python 3.11 it loses a cancellation that comes together with the wake.
            async with asyncio.timeout(wait_s):
                await self._signals.woken.wait()

    async def _receive(self) -> None:
        try:
            await self._take_all()
        except aiomqtt.MqttError as error:
            raise LinkDown("the connection was lost") from error

    async def _take_all(self) -> None:
        async for message in self._client.messages:
            topic = message.topic.value
            if topic == self._address.down(Down.ACK):
                await self._take_ack(message.payload)
            else:
                self._counted[f"received.{topic.rpartition('/')[2]}"] += 1
                if topic == self._address.down(Down.DESIRED):
                    self._hand_in(Desired, message.payload, self._on_desired)
                elif topic == self._address.down(Down.COMMAND) and not message.retain:
                    self._hand_in(Command, message.payload, self._on_command)
                elif topic == self._address.down(Down.PIECE) and not message.retain:
                    self._hand_in_piece(message.payload)

    def _hand_in_piece(self, payload: bytes) -> None:
        try:
            piece = decode_piece(payload)
        except WireError:
            self._counted["piece.unreadable"] += 1
            return
        if self._on_piece:
            self._on_piece(piece)

    def _hand_in(self, kind: type[Said], payload: bytes, taker: Callable[[Said], None] | None) -> None:
        try:
            said = decode_down(kind, payload)
        except WireError:
            self._counted[f"{kind.__name__.lower()}.unreadable"] += 1
            return
        if taker:
            taker(said)

    async def _take_ack(self, payload: bytes) -> None:
        try:
            ack = decode_down(Ack, payload)
        except WireError:
            self._counted["acks.unreadable"] += 1
            return
        async with self._spool_turn:
            await self._hear_time(ack)
            forgotten = await self._forget(ack)
            self._windows[stream_class(ack.stream)].acknowledge(ack, forgotten=forgotten)
        self._counted["acks"] += 1
        self._signals.acknowledged_s = self._monotonic()
        self._signals.progressed.set()
        self._signals.woken.set()

    async def _hear_time(self, ack: Ack) -> None:
        sent_s = self._windows[stream_class(ack.stream)].sent_before(ack)
        if self._timekeeper and ack.at is not None and sent_s is not None:
            await asyncio.to_thread(self._timekeeper.heard, ack.at, sent_s, self._monotonic())

    async def _forget(self, ack: Ack) -> bool:
        try:
            await asyncio.to_thread(self._spool.acknowledge, ack)
        except EdgeError:
            if ack.renew:  # without its new stream the class cannot go on; after a pause it is tried again
                raise
            self._counted["acks.unwritten"] += 1  # sending goes on; after a restart some is sent twice
            return False
        return True
