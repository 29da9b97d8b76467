"""A vehicle's end of an MQTT connection: says what a test wants and remembers what the cloud answers."""

import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from cloud.inbox.model import Arrival
from edge.wire.downlink import Ack, decode_down
from edge.wire.topics import Address, Down
from tests.waiting import DEADLINE_S


class Talker:
    """Connected inside its block; paho's own thread does the talking."""

    def __init__(self, url: str, address: Address) -> None:
        self._where = urlsplit(url)
        self._heard = threading.Condition()
        self._acks: dict[str, Ack] = {}
        self._subscribed = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(address.down(Down.ACK), 1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect(self._where.hostname or "", self._where.port or 0)
        self._client.loop_start()
        self.wait_for(lambda _: self._subscribed, "the subscription")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, *arrivals: Arrival, qos: int = 1, retain: bool = False) -> None:
        """Give messages to the broker, and wait until it has them."""
        published = [self._client.publish(one.topic, one.payload, qos, retain) for one in arrivals]
        for one in published:
            one.wait_for_publish(DEADLINE_S)

    def give(self, *arrivals: Arrival) -> None:
        """Give messages to a broker that may die of them; nothing is waited for."""
        for one in arrivals:
            self._client.publish(one.topic, one.payload, qos=1)

    def wait_for(self, predicate: Callable[[dict[str, Ack]], bool], what: str) -> None:
        """Wait until the latest acknowledgement of each stream is as wanted."""
        with self._heard:
            done = self._heard.wait_for(lambda: predicate(self._acks), DEADLINE_S)
        assert done, f"{what} did not come; acknowledged: {self._acks}"

    def say_until_stored(self, stream: str, arrivals: dict[int, Arrival]) -> None:
        """Send what is not acknowledged again and again, as an outbox does."""
        deadline = time.monotonic() + DEADLINE_S
        while open_ := [arrivals[seq] for seq in arrivals if not self._covers(stream, seq)]:
            assert time.monotonic() < deadline, f"{len(open_)} of {len(arrivals)} are not acknowledged"
            self.say(*open_[:20])
            with self._heard:
                self._heard.wait(0.2)

    def _covers(self, stream: str, seq: int) -> bool:
        with self._heard:
            return stream in self._acks and self._acks[stream].covers(seq)

    def _on_subscribe(self, *_: Any) -> None:
        with self._heard:
            self._subscribed = True
            self._heard.notify_all()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        ack = decode_down(Ack, bytes(message.payload))
        with self._heard:
            self._acks[ack.stream] = ack
            self._heard.notify_all()


def upto(stream: str, seq: int) -> Callable[[dict[str, Ack]], bool]:
    """Everything of a stream up to this number is acknowledged."""
    return lambda acks: stream in acks and acks[stream].upto >= seq


def by_seq(arrivals: Iterable[Arrival]) -> dict[int, Arrival]:
    """Messages by their numbers, from 1."""
    return dict(enumerate(arrivals, start=1))
