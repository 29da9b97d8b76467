"""Bundles over a real broker: a vehicle hears what it is to run, fetches it in spite of cuts, and says how it goes."""

import hashlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cloud.bundles.model import Bundle, RolloutState, Standing
from cloud.bundles.update_store import update_steps
from cloud.config import broker_target
from cloud.inbox.bundles import Bundles
from cloud.inbox.desired import DesiredStates
from cloud.inbox.intake import Reply
from cloud.inbox.link import Link
from cloud.inbox.model import Arrival
from cloud.inbox.session import REPLY_BYTES_MAX, Session
from edge.detect.ed25519 import fits
from edge.wire import bundles as wire
from edge.wire.bundles import PIECE_BYTES
from edge.wire.downlink import Ack, Desired, decode_down
from edge.wire.messages import FETCH_BYTES_MAX, Body, Fetch, UpdateStep
from edge.wire.signed import DocumentKind, signed_text
from edge.wire.topics import Down
from tests.brokers import Mosquitto, mosquitto_binary
from tests.unit.cloud.bundled import add, begin, said, standings, zipped
from tests.unit.cloud.services import Cloud, open_cloud, public_key
from tests.unit.cloud.test_bundles_api import get
from tests.unit.cloud.vehicle import Speaker, summary

pytestmark = pytest.mark.skipif(mosquitto_binary() is None, reason="mosquitto is not installed")
DEADLINE_S: Final = 30.0
AGAIN_S: Final = 1.0


class Box:
    """A vehicle's end, with nothing but the wire's messages: one connection after another, one bundle."""

    def __init__(self, url: str, vehicle: str = "van-1") -> None:
        self.speaker = Speaker(vehicle)
        self._where = urlsplit(url)
        self._changed = threading.Condition()
        self._seq = 100
        self._stored = 0
        self._is_there = False
        self.document: wire.Bundle | None = None
        self.content = b""
        self.pieces = 0
        self.hangs_up_after: int | None = None
        self._client: mqtt.Client | None = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()

    def connect(self) -> None:
        self._is_there = False
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"box-{secrets.token_hex(4)}")
        client.on_connect = lambda client, *_: client.subscribe(f"{self.speaker.address.base}/down/+", 1)
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect(self._where.hostname or "", self._where.port or 0)
        client.loop_start()
        self._client = client
        self.wait_until(lambda: self._is_there)

    def hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def say(self, body: Body) -> None:
        self._seq += 1
        assert self._client is not None
        self._client.publish(self.speaker.address.up(body.kind), self.speaker.payload(body, self._seq), 1)

    def take(self, step: UpdateStep, reason: str = "") -> None:
        """Say a step, and wait until it is stored."""
        assert self.document is not None
        self.say(said(self.document, step, reason))
        self.wait_until(lambda: self._stored >= self._seq)

    def fetch(self, upto: int | None = None) -> None:
        """Ask for the rest, stretch by stretch, until so much is there; what does not come is asked for again."""
        document = self.document
        assert document is not None
        assert document.id is not None
        wanted = document.size if upto is None else upto
        deadline = time.monotonic() + DEADLINE_S
        while len(self.content) < wanted:
            assert time.monotonic() < deadline, len(self.content)
            offset = len(self.content)
            end = min(document.size, offset + FETCH_BYTES_MAX)
            self.say(Fetch(bundle=document.id, offset=offset, size=end - offset))
            with self._changed:
                self._changed.wait_for(lambda end=end: len(self.content) >= min(end, wanted), AGAIN_S)  # type: ignore[misc]

    def wait_for_document(self, bundle: str | None) -> None:
        self.wait_until(lambda: self.document is not None and self.document.id == bundle)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, DEADLINE_S), (self.document, len(self.content), self._stored)

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._is_there = True
            self._changed.notify_all()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        with self._changed:
            match message.topic.rpartition("/")[2]:
                case Down.PIECE:
                    self._keep(wire.decode_piece(payload))
                case Down.DESIRED:
                    self._obey(decode_down(Desired, payload))
                case Down.ACK:
                    ack = decode_down(Ack, payload)
                    self._stored = max([self._stored, ack.upto, *(last for _, last in ack.also)])
            self._changed.notify_all()

    def _keep(self, piece: wire.Piece) -> None:
        assert self.document is not None
        assert piece.bundle == self.document.id
        if piece.offset == len(self.content):
            self.content += piece.content
            self.pieces += 1

    def _obey(self, desired: Desired) -> None:
        for signed in desired.signed:
            text = signed_text(signed.kind, signed.text)
            if signed.kind is DocumentKind.BUNDLE and fits(public_key(), bytes.fromhex(signed.signature), text):
                document = wire.read_bundle(signed.text)
                assert (document.fleet, document.vehicle) == (self.speaker.address.fleet, self.speaker.address.vehicle)
                if self.document is None or document.version > self.document.version:
                    self.document, self.content = document, b""


class Room:
    """A cloud at a broker."""

    def __init__(self, cloud: Cloud, mosquitto: Mosquitto) -> None:
        self.cloud = cloud
        self.mosquitto = mosquitto
        self._changed = threading.Condition()

    @contextmanager
    def inbox(self) -> Iterator[None]:
        """The inbox's loop in a thread, with what it says by itself."""

        def take(arrivals: Sequence[Arrival]) -> list[Reply]:
            replies = self.cloud.intake.take(arrivals)
            with self._changed:
                self._changed.notify_all()
            return replies

        link = Link(
            broker_target(self.mosquitto.url),
            take,
            client_id=f"cloud-{secrets.token_hex(4)}",
            tls=None,
            now=self.now,
            uniform=lambda low, _: low,
            on_change=lambda _: None,
            says=(Bundles(self.cloud.rollouts.give_due), DesiredStates(self.cloud.desired)),
        )
        thread = threading.Thread(target=link.run, name="inbox")
        thread.start()
        try:
            yield
        finally:
            link.stop()
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
            link.close()

    def now(self) -> Any:
        """Each look and each batch is a second later."""
        self.cloud.now = self.cloud.now.fromtimestamp(self.cloud.now.timestamp() + 1, self.cloud.now.tzinfo)
        return self.cloud.now


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """With two vehicles that were heard once, the second one later."""
    with open_cloud() as cloud, Mosquitto(tmp_path) as mosquitto:
        for n in (1, 2):
            van = Speaker(f"van-{n}")
            cloud.take(van.say(summary(), 1, received_at=cloud.now.replace(minute=n)))
        yield Room(cloud, mosquitto)


def large(cloud: Cloud) -> tuple[Bundle, bytes]:
    content = zipped({"models/large/model.onnx": os.urandom(3 * FETCH_BYTES_MAX)})
    return add(cloud, content=content), content


def test_a_vehicle_fetches_what_it_is_to_run_and_what_it_tells_is_shown(room: Room) -> None:
    bundle, content = large(room.cloud)
    begin(room.cloud, bundle, "van-1")
    with room.inbox(), Box(room.mosquitto.url) as box:
        box.wait_for_document(bundle.id)
        box.take(UpdateStep.FETCHING)
        box.fetch(upto=5 * PIECE_BYTES)
        box.hang_up()  # what was on its way is lost
        kept = box.content
        room.mosquitto.restart()
        box.connect()
        box.fetch()
        assert box.content.startswith(kept)
        document = box.document
        assert document is not None
        assert (len(box.content), hashlib.sha256(box.content).hexdigest()) == (document.size, document.sha256)
        assert box.content == content
        box.take(UpdateStep.TRYING)
        box.take(UpdateStep.KEPT)
    told = get(room.cloud, "/vehicles/north/van-1/updates")
    assert [step["step"] for step in told["items"]] == ["kept", "trying", "fetching"]
    assert (told["runs"]["bundle"], told["runs"]["version"]) == (bundle.id, document.version)
    assert room.cloud.counts()["pieces_sent"] >= box.pieces == -(-len(content) // PIECE_BYTES)
    assert "fetches_refused" not in room.cloud.counts()


def test_a_canary_that_goes_back_spares_the_others(room: Room) -> None:
    bundle, _ = large(room.cloud)
    rollout = begin(room.cloud, bundle, first=1)
    url = room.mosquitto.url
    with room.inbox(), Box(url, "van-2") as canary, Box(url, "van-1") as other:
        canary.wait_for_document(bundle.id)
        canary.fetch()
        canary.take(UpdateStep.TRYING)
        canary.take(UpdateStep.ROLLED_BACK, "12 alerts began within 300 s")
        after = begin(room.cloud, None, "van-1")
        other.wait_for_document(None)
    assert room.cloud.rollouts.rollout("north", rollout.number).state is RolloutState.STOPPED
    assert standings(room.cloud, rollout) == {"van-1": Standing.LEFT_OUT, "van-2": Standing.ROLLED_BACK}
    assert standings(room.cloud, after) == {"van-1": Standing.GIVEN}
    assert other.content == b""
    assert [row["reason"] for row in room.cloud.rows(update_steps)] == ["", "12 alerts began within 300 s"]


def test_a_vehicle_that_is_away_hears_it_when_it_comes(room: Room) -> None:
    bundle, content = large(room.cloud)
    with room.inbox():
        begin(room.cloud, bundle, "van-1")
        with Box(room.mosquitto.url) as box:
            box.wait_for_document(bundle.id)
            box.fetch()
        assert box.content == content
    with Box(room.mosquitto.url) as again:  # the cloud is away; the broker has kept it
        again.wait_for_document(bundle.id)


def test_more_than_is_on_its_way_at_once_arrives_whole(tmp_path: Path) -> None:
    size, count = 16 * 1024, 3 * REPLY_BYTES_MAX // (16 * 1024)
    came: list[bytes] = []
    changed = threading.Condition()

    def keep(_client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        with changed:
            came.append(bytes(message.payload[:4]))
            changed.notify_all()

    with Mosquitto(tmp_path) as mosquitto:
        there = threading.Event()
        listener = mqtt.Client(CallbackAPIVersion.VERSION2)
        listener.on_subscribe = lambda *_: there.set()
        listener.on_message = keep
        listener.connect("127.0.0.1", mosquitto.port)
        listener.subscribe("some/down/piece", 1)
        listener.loop_start()
        assert there.wait(DEADLINE_S)
        wake, other = socket.socketpair()
        with wake, other, Session(broker_target(mosquitto.url), client_id="cloud", tls=None, wake=wake) as session:
            for n in range(count):
                session.publish("some/down/piece", n.to_bytes(4, "big") + bytes(size - 4))
                assert session._unconfirmed_bytes <= REPLY_BYTES_MAX
            with changed:
                assert changed.wait_for(lambda: len(came) >= count, DEADLINE_S), len(came)
        listener.disconnect()
        listener.loop_stop()
    assert came == [n.to_bytes(4, "big") for n in range(count)]
