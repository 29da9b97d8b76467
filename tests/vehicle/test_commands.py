"""Commands of the cloud, through a real broker to the daemon beside a simulated car on a real bus."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from subprocess import Popen

import pytest

from edge.wire.downlink import Ack, Command, encode_down
from edge.wire.messages import Capture, Health, Result, ResultState
from edge.wire.topics import Address, Down
from tests.brokers import Mosquitto
from tests.integration.link.acker import Acker
from tests.programs import listening
from tests.vehicle.clients import TROUBLE, Wire
from tests.vehicle.scripted_answers import OBD_ENGINE
from tests.vehicle.scripted_ecus import Reply, ScriptedEcu, Whole, scripted

CAR = Address("f", "car")
CONFIG = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
name = "obd"
source = "{bus}"
ask = "obd"
[capture]
before_s = 1.0
after_s = 1.0
[commands]
allow = ["capture", "read_codes", "self_test", "log_level", "restart", "speak", "clear_codes"]
[state]
directory = "state"
[link]
broker = "{broker}"
"""


def with_time(ack: Ack) -> list[Ack]:
    """As the cloud answers."""
    return [ack.model_copy(update={"at": datetime.now(UTC)})]


class Office:
    """Asks, and hears the answer."""

    def __init__(self, cloud: Acker) -> None:
        self._cloud = cloud
        self._ids = count(1)

    def ask(self, name: str, **arguments: str | float) -> str:
        now = datetime.now(UTC)
        id_ = f"{next(self._ids):032x}"
        told = Command(id=id_, name=name, arguments=arguments, issued_at=now, expires_at=now + timedelta(minutes=5))
        for _ in range(2):  # as who heard no answer
            self._cloud.say(CAR.down(Down.COMMAND), encode_down(told))
        return id_

    def answer(self, name: str, **arguments: str | float) -> Result:
        id_ = self.ask(name, **arguments)
        self._cloud.wait_until(lambda: bool(self.answers(id_)))
        return self.answers(id_)[0]

    def answers(self, id_: str) -> list[Result]:
        bodies = [uplink.body for uplink in self._cloud.once().values()]
        return [body for body in bodies if isinstance(body, Result) and body.command == id_]


@contextmanager
def office_of(folder: Path, bus: str) -> Iterator[tuple[Office, Acker, "Popen[str]"]]:
    (folder / "broker").mkdir()
    with Mosquitto(folder / "broker") as broker, Acker(broker.port, answer=with_time) as cloud:
        (folder / "edge.toml").write_text(CONFIG.format(bus=bus, broker=broker.url))
        with listening("--config", folder / "edge.toml") as daemon:
            cloud.wait_until(lambda: True in cloud.online)
            yield Office(cloud), cloud, daemon


@pytest.fixture(scope="module")
def driven(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


def test_every_command_is_done_once_and_answered(driven: Wire, tmp_path: Path) -> None:
    with office_of(tmp_path, driven.spec) as (office, cloud, daemon):
        read = office.answer("read_codes")
        assert (read.state, read.values) == (ResultState.DONE, {"obd": 1.0})
        taken = office.answer("capture")
        assert taken.values == {"capture": taken.command}

        def parts() -> list[Capture]:
            bodies = (uplink.body for uplink in cloud.delivered)
            return [body for body in bodies if isinstance(body, Capture) and body.id == taken.command]

        cloud.wait_until(lambda: any(part.is_last for part in parts()))
        assert {part.trigger for part in parts()} == {f"command:{taken.command}"}
        tested = office.answer("self_test")
        assert (tested.state, tested.values["bus.obd"]) == (ResultState.DONE, "ok")
        assert office.answer("speak", text="Please call the office").state is ResultState.DONE
        assert office.answer("log_level", level="debug", minutes=5.0).state is ResultState.DONE
        assert daemon.stdout is not None
        assert "cab: *chime* Please call the office\n" in iter(daemon.stdout.readline, "")
        refused = office.answer("clear_codes")
        assert refused.state is ResultState.FAILED, "it is driven"
        assert "nothing was erased" in refused.reason
        assert office.answer("read_codes").values == {"obd": 1.0}
        assert len(office.answers(taken.command)) == 1


def test_a_restart_is_answered_by_the_next_start(driven: Wire, tmp_path: Path) -> None:
    with office_of(tmp_path, driven.spec) as (office, cloud, daemon):
        cloud.wait_until(lambda: bool(uptimes(cloud)))
        assert office.answer("restart").state is ResultState.DONE
        cloud.wait_until(lambda: cloud.online.count(True) >= 2)
        assert daemon.poll() is None, "the same process, as who supervises it wants"
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
        assert daemon.returncode == 0


def uptimes(cloud: Acker) -> list[float]:
    bodies = (uplink.body for uplink in cloud.delivered)
    return [body.uptime_s for body in bodies if isinstance(body, Health)]


class Standing:
    """An engine that is off, and forgets its codes when it is told to."""

    def __init__(self) -> None:
        self.erased = 0

    def __call__(self, request: bytes) -> Sequence[Reply]:
        told = {b"\x01\x0c": b"\x41\x0c\0\0", b"\x01\x0d": b"\x41\x0d\0"}
        if request == b"\x04":
            self.erased += 1
            return [Whole(b"\x44")]
        if self.erased and request in {b"\x03", b"\x07", b"\x0a"}:
            return [Whole(bytes((request[0] + 0x40, 0)))]
        return [Whole(told[request])] if request in told else OBD_ENGINE(request)


def test_a_car_that_stands_has_its_codes_erased_once_where_the_installer_allows_it(tmp_path: Path) -> None:
    wire, engine = Wire("vcan1"), Standing()
    with scripted(wire, ScriptedEcu(0x7E0, 0x7E8, engine)), office_of(tmp_path, wire.spec) as (office, _, _):
        assert office.answer("read_codes").values == {"obd": 3.0}
        erased = office.answer("clear_codes")
        assert erased.state is ResultState.DONE, erased.reason
        assert str(erased.values["obd"]).startswith("erased by 7E8: P0171 (pending), P0301")
        assert engine.erased == 1
        assert office.answer("read_codes").values == {"obd": 0.0}
