"""The smallest cloud that keeps the contract: remembers what came, acknowledges what it remembers."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.wire.codec import Uplink, decode
from edge.wire.downlink import Ack, Status, ack_of, decode_down, encode_down
from edge.wire.messages import Alert, Gap
from edge.wire.topics import ALL_STATUS, ALL_UP, Address, Down, parse_up
from tests.waiting import DEADLINE_S

Answer = Callable[[Ack], Iterable[Ack]]
"""What is really said instead of an acknowledgement that is due."""


def as_it_is(ack: Ack) -> Iterable[Ack]:
    """An honest network."""
    return [ack]


class Acker:
    """Connects, whenever there is a broker, until the `with` block is left."""

    def __init__(self, port: int, *, answer: Answer = as_it_is, is_there: bool = True, host: str = "127.0.0.1") -> None:
        """`is_there`: the broker runs, so the block begins when what is sent can be heard."""
        self.answer = answer
        self.delivered: list[Uplink] = []
        """Everything, repetitions too, in the order in which it came."""
        self.online: list[bool] = []
        """What was said of the vehicle's presence."""
        self._is_there = is_there
        self._listens = False
        self._news = threading.Condition()
        self._stored: dict[str, set[tuple[int, int]]] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="acker", protocol=mqtt.MQTTv311)
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.connect_async(host, port)

    def __enter__(self) -> Self:
        self._client.loop_start()
        if self._is_there:
            self.wait_until(lambda: self._listens)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that came makes it true."""
        with self._news:
            assert self._news.wait_for(condition, DEADLINE_S), f"not within {DEADLINE_S} s"

    def wait_for_alerts(self, numbers: Iterable[int]) -> None:
        """Wait until these alerts have come."""
        wanted = set(numbers)
        self.wait_until(lambda: wanted <= set(self.alerts()))

    def alerts(self) -> list[int]:
        """The numbers of the alerts that came, each once, in the order in which it first came."""
        bodies = (uplink.body for uplink in self.delivered)
        return list(dict.fromkeys(int(body.id, 16) for body in bodies if isinstance(body, Alert)))

    def gaps(self) -> list[Gap]:
        """The gaps that came, each once."""
        return [uplink.body for uplink in self.once().values() if isinstance(uplink.body, Gap)]

    def once(self) -> dict[tuple[str, int], Uplink]:
        """What came, by its place."""
        return {(uplink.stream, uplink.seq): uplink for uplink in self.delivered}

    def repeated(self) -> int:
        """How many messages came more than once."""
        return sum(times > 1 for times in Counter((up.stream, up.seq) for up in self.delivered).values())

    def say(self, topic: str, payload: bytes) -> None:
        """Publish anything."""
        self._client.publish(topic, payload, qos=1).wait_for_publish(DEADLINE_S)

    def _on_connect(self, client: mqtt.Client, _userdata: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        client.subscribe([(ALL_UP, 1), (ALL_STATUS, 1)])

    def _on_subscribe(self, _client: mqtt.Client, _userdata: Any, _mid: int, _codes: Any, _properties: Any) -> None:
        with self._news:
            self._listens = True
            self._news.notify_all()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        with self._news:
            if message.topic.endswith("/status"):
                self.online.append(decode_down(Status, bytes(message.payload)).online)
            else:
                self._take(message.topic, decode(message.topic, bytes(message.payload)))
            self._news.notify_all()

    def _take(self, topic: str, uplink: Uplink) -> None:
        address, _ = parse_up(topic)
        self.delivered.append(uplink)
        self._store(address, uplink.stream, [(uplink.seq, uplink.seq)])
        if isinstance(uplink.body, Gap):
            self._store(address, uplink.body.stream, uplink.body.ranges)

    def _store(self, address: Address, stream: str, ranges: Iterable[tuple[int, int]]) -> None:
        stored = self._stored.setdefault(stream, set())
        stored.update(ranges)
        for ack in self.answer(ack_of(stream, stored)):
            self._client.publish(address.down(Down.ACK), encode_down(ack), qos=1)
