"""Commands over a real broker: a vehicle that hears them, does each once, and answers, or does not."""

import itertools
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from cloud.commands.model import GRACE, SAY_EVERY, Command, CommandState
from cloud.commands.service import CommandService, CommandSettings, Wish
from cloud.commands.store import commands
from cloud.config import broker_target
from cloud.inbox.aside_store import shelf
from cloud.inbox.commands import Commands
from cloud.inbox.intake import Reply
from cloud.inbox.link import Link
from cloud.inbox.model import Arrival
from edge.wire.commands import check
from edge.wire.downlink import Command as Heard
from edge.wire.downlink import Status, decode_down, encode_down
from edge.wire.messages import Result, ResultState
from edge.wire.topics import Down, Kind
from tests.brokers import Mosquitto, mosquitto_binary
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import Speaker, summary

pytestmark = pytest.mark.skipif(mosquitto_binary() is None, reason="mosquitto is not installed")
DEADLINE_S: Final = 20.0
VAN: Final = Speaker()
FOR: Final = timedelta(minutes=5)


class Car:
    """A vehicle's end: does each command once, however often it hears it, and answers each so often."""

    def __init__(self, url: str, answers: int = 1) -> None:
        self._where = urlsplit(url)
        self._answers = answers
        self._changed = threading.Condition()
        self._is_there = False
        self._seq = 100
        self.heard: list[str] = []
        self.done: list[tuple[str, Any]] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.will_set(VAN.address.status, encode_down(Status(online=False)), 1, retain=True)
        self._client.on_connect = lambda client, *_: client.subscribe(VAN.address.down(Down.COMMAND), 1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def __enter__(self) -> Self:
        self._client.connect(self._where.hostname or "", self._where.port or 0)
        self._client.loop_start()
        self.wait_until(lambda: self._is_there)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def hello(self) -> None:
        said = self._client.publish(VAN.address.status, encode_down(Status(online=True)), 1, retain=True)
        said.wait_for_publish(DEADLINE_S)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, DEADLINE_S), (self.heard, self.done)

    def wait_until_heard(self, times: int) -> None:
        self.wait_until(lambda: len(self.heard) == times)

    def answer(self, command: str, state: ResultState = ResultState.DONE, **values: Any) -> None:
        result = Result(command=command, state=state, reason="", values=values)
        self._seq += 1
        self._client.publish(VAN.address.up(Kind.RESULT), VAN.payload(result, self._seq), 1)

    def _on_subscribe(self, *_: Any) -> None:
        with self._changed:
            self._is_there = True
            self._changed.notify_all()

    def _on_message(self, _client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        command = decode_down(Heard, bytes(message.payload))
        with self._changed:
            if command.id not in self.heard:
                self.done.append(check(command.name, command.arguments))
                for _ in range(self._answers):
                    self.answer(command.id, told=len(self.done))
            self.heard.append(command.id)
            self._changed.notify_all()


class Room:
    """A cloud at a broker; its time goes on by a second with each look, and by what a test adds."""

    def __init__(self, cloud: Cloud, mosquitto: Mosquitto) -> None:
        self.cloud = cloud
        self.mosquitto = mosquitto
        self.looks: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._seconds = itertools.count()

    def ask(self, name: str = "self_test", **arguments: Any) -> Command:
        self.cloud.now += timedelta(milliseconds=1)
        return self.cloud.commands.issue(VAN.address, Wish(name, arguments, FOR), by="ada")

    def now(self, asked: Command) -> Command:
        return self.cloud.commands.command(asked.address, asked.id)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, DEADLINE_S), self.cloud.rows(commands)

    def wait_for(self, asked: Command, state: CommandState) -> Command:
        self.wait_until(lambda: self.now(asked).state is state)
        return self.now(asked)

    @contextmanager
    def inbox(self, name: str = "inbox", service: CommandService | None = None) -> Iterator[None]:
        """The inbox's loop in a thread."""

        def take(arrivals: Sequence[Arrival]) -> list[Reply]:
            replies = self.cloud.intake.take(arrivals)
            self._tell()
            return replies

        def take_due(at: datetime, most: int) -> list[Command]:
            due = (service or self.cloud.commands).take_due(at, most)
            self.looks[name] += 1
            self._tell()
            return due

        link = Link(
            broker_target(self.mosquitto.url),
            take,
            client_id=f"cloud-{secrets.token_hex(4)}",
            tls=None,
            now=lambda: self.cloud.now + timedelta(seconds=next(self._seconds)),
            uniform=lambda low, _: low,
            on_change=lambda _: None,
            says=(Commands(take_due),),
        )
        thread = threading.Thread(target=link.run, name=name)
        thread.start()
        try:
            yield
        finally:
            link.stop()
            thread.join(DEADLINE_S)
            assert not thread.is_alive()
            link.close()

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """With a vehicle that was heard once."""
    with open_cloud() as cloud, Mosquitto(tmp_path) as mosquitto:
        cloud.take(VAN.say(summary(), 1))
        yield Room(cloud, mosquitto)


def test_a_command_reaches_the_vehicle_and_its_result_the_asker(room: Room) -> None:
    with Car(room.mosquitto.url) as car, room.inbox():
        asked = [room.ask("capture"), room.ask("log_level", level="debug", minutes=5), room.ask("speak", text="Grüße")]
        ended = [room.wait_for(one, CommandState.DONE) for one in asked]
        assert [one.values for one in ended] == [{"told": 1.0}, {"told": 2.0}, {"told": 3.0}]
        assert car.done == [check(one.name, one.arguments) for one in asked]
        assert [one.times for one in ended] == [1, 1, 1]


def test_who_comes_later_is_told_at_its_hello(room: Room) -> None:
    with room.inbox():
        with Car(room.mosquitto.url, answers=0) as before:
            asked = room.ask()
            before.wait_until_heard(1)  # a command is marked as sent just before it is
        with Car(room.mosquitto.url) as car:
            car.hello()
            assert room.wait_for(asked, CommandState.DONE).times == 2
            assert len(car.done) == 1


def test_who_never_answers_is_asked_again_until_the_end_and_may_still_answer(room: Room) -> None:
    with Car(room.mosquitto.url, answers=0) as car, room.inbox():
        asked = room.ask()
        for times in (1, 2, 3):
            car.wait_until_heard(times)
            room.cloud.now += SAY_EVERY
        room.cloud.now += FOR + GRACE
        room.wait_until(lambda: room.cloud.counts().get("commands_expired") == 1)
        ended = room.now(asked)
        assert ended.state is CommandState.EXPIRED
        assert (ended.answered_at, len(car.done), set(car.heard)) == (None, 1, {asked.id})
        car.answer(asked.id)
        assert room.wait_for(asked, CommandState.DONE).values == {}
        assert room.cloud.counts()["commands_done"] == 1


def test_who_answers_twice_has_answered_once(room: Room) -> None:
    with Car(room.mosquitto.url, answers=3) as car, room.inbox():
        asked = room.ask()
        room.wait_for(asked, CommandState.DONE)
        car.answer(asked.id, ResultState.FAILED)
        room.wait_until(lambda: len(room.cloud.rows(shelf)) == 1)
        ended = room.now(asked)
        assert (ended.state, ended.values) == (CommandState.DONE, {"told": 1.0})
        assert room.cloud.counts()["commands_done"] == 1


def test_what_is_asked_while_the_broker_is_away_waits(room: Room) -> None:
    with room.inbox():
        room.wait_until(lambda: room.looks["inbox"] > 0)
        room.mosquitto.kill()
        asked = room.ask()
        room.mosquitto.start()
        with Car(room.mosquitto.url) as car:
            room.wait_until(lambda: room.now(asked).times > 0)
            room.cloud.now += SAY_EVERY  # what went to the broker that died is said again
            room.wait_for(asked, CommandState.DONE)
            assert len(car.done) == 1


def test_two_clouds_on_one_database_say_each_command_once(room: Room) -> None:
    cloud = room.cloud
    other = CommandService(
        cloud.database, cloud.security.audit, CommandSettings(), lambda: cloud.now, must_exist=cloud.fleet.vehicle
    )
    with Car(room.mosquitto.url) as car, room.inbox("one"), room.inbox("other", other):
        asked = [room.ask() for _ in range(10)]
        for one in asked:
            room.wait_for(one, CommandState.DONE)
        before = Counter(room.looks)
        room.wait_until(lambda: all(room.looks[name] > before[name] + 1 for name in ("one", "other")))
        assert sorted(car.heard) == sorted(one.id for one in asked)
