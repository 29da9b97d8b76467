"""A real daemon whose vehicle is left: it seals, says goodbye, closes everything, and then the command runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.bus.sink import open_sink
from edge.frames import Frame, FrameBatch
from edge.status.place import NAME
from tests.brokers import Mosquitto, free_port
from tests.in_memory import folder_in_memory
from tests.integration.cloud.service import serving
from tests.integration.link.test_parked import presence
from tests.programs import listening, run
from tests.unit.edge.power.test_powering import DBC, MAPPING, engine
from tests.waiting import wait_until

CONFIG = """
[vehicle]
id = "van-7"
[[bus]]
source = "{bus}"
dbc = ["car.dbc"]
[supply]
source = "hwmon:{folder}/in2"
[power]
stay_s = 20.0
low_s = 3.0
{power}
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:1"
drain_s = 0.0
"""


@contextmanager
def driven(bus: str) -> Iterator[None]:
    """Engine and speed on the bus until the block ends."""
    over = threading.Event()

    def send() -> None:
        with closing(open_sink(bus)) as sink:
            while not over.wait(0.05):
                sink.send(FrameBatch.of([Frame(0, 256, engine(900, 30)), Frame(0, 512, bytes([4]) + bytes(7))]))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)


def last_run(config: Path) -> dict[str, Any]:
    """How the daemon says that it ended before, and what fires because of it; it is killed then."""
    with folder_in_memory() as place, listening("--config", config, "--status", place):
        wait_until(lambda: bool((told(place).get("signals") or {}).get("heard")), "it judges")
        status = told(place)
        return {**status["last_run"], "fires": [one["rule"] for one in status["alerts"]["fires"]]}


@pytest.fixture
def bus() -> str:
    return f"pythoncan:udp_multicast:239.74.163.25?port={free_port()}"


def configured(folder: Path, bus: str, power: str, *, millivolts: int) -> Path:
    (folder / "car.dbc").write_text(DBC)
    (folder / "car.vss.toml").write_text(MAPPING)
    (folder / "in2_input").write_text(f"{millivolts}\n")
    config = folder / "edge.toml"
    config.write_text(CONFIG.format(bus=bus, folder=folder, power=power))
    return config


def told(place: Path) -> dict[str, Any]:
    try:
        raw: dict[str, Any] = json.loads((place / NAME).read_bytes())
    except FileNotFoundError:
        return {}
    return raw


def sent(state: Path) -> list[dict[str, Any]]:
    """What waits for the cloud."""
    exported = run("telltale-edge", "outbox", "export", "--state", state)
    assert exported.status == 0, exported.err
    return [json.loads(line) for line in exported.out.splitlines()]


def test_a_vehicle_that_is_left_lets_the_box_go_when_all_is_durable(tmp_path: Path, bus: str) -> None:
    power = f'shutdown = ["cp", "-r", "{tmp_path}/state", "{tmp_path}/as-it-was"]\nwake_s = 3600'
    config = configured(tmp_path, bus, power, millivolts=12_700)
    with folder_in_memory() as place, listening("--config", config, "--status", place) as daemon:
        with driven(bus):
            wait_until(lambda: bool(told(place).get("daemon", {}).get("in_trip")), "it drives")
            wait_until(lambda: told(place)["power"]["volts"] == 12.7, "its supply is known")
            assert told(place)["power"]["stage"] == "used"
            assert [one["kind"] for one in told(place)["buses"]] == ["pythoncan", "supply"]
        assert daemon.stderr is not None
        lines = list(daemon.stderr)
        assert daemon.wait(60) == 0
    said = "".join(lines)
    assert "everything is kept, nothing is asked" in said
    assert "the vehicle was parked for 20 s: the box is shut down" in said
    assert "the box is not woken" in said, "this machine has no clock that could"
    was = sent(tmp_path / "as-it-was")
    kinds = [one["schema"].split("/")[0] for one in was]
    assert "trip" in kinds
    assert "summary" in kinds
    goodbye = [one["body"] for one in was if one["schema"].startswith("health")][-1]
    assert goodbye["quiet_s"] == 3900.0
    assert goodbye["parts"]["power"] == {
        "state": "ok",
        "reason": "the vehicle was parked for 20 s: the box is shut down",
    }
    assert was == sent(tmp_path / "state"), "nothing came after the command"
    assert last_run(config)["ended"] == "sealed"


def test_a_low_battery_without_a_command_is_said_and_the_box_stays(tmp_path: Path, bus: str) -> None:
    config = configured(tmp_path, bus, "", millivolts=11_900)
    with folder_in_memory() as place, listening("--config", config, "--status", place) as daemon:
        wait_until(lambda: told(place).get("power", {}).get("stage") == "ended", "it would shut down")
        assert told(place)["power"]["why"] == "low_voltage"
        status = run("telltale-edge", "status", "--status", place)
        assert status.status == 4
        assert "the vehicle's battery is low, and nothing shuts the box down" in status.out
        (tmp_path / "in2_input").write_text("13900\n")
        wait_until(lambda: told(place)["power"]["stage"] == "used", "it is charged again")
        assert daemon.poll() is None


def test_a_box_that_lost_its_power_says_so_and_a_killed_daemon_is_none(tmp_path: Path, bus: str) -> None:
    config = configured(tmp_path, bus, "", millivolts=12_700)
    with listening("--config", config):
        pass
    killed = last_run(config)
    assert (killed["ended"], killed["fires"]) == ("killed", [])
    kept = tmp_path / "state" / "last-seen.json"
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "boot_id": "of another start of the machine"}))
    lost = last_run(config)
    assert (lost["ended"], lost["fires"]) == ("power_lost", ["box_power_lost"])
    assert lost["off_s"] is None or lost["off_s"] < 600, "since it was last written, where the clock is right"


def test_a_box_that_is_shut_down_is_asleep_to_the_cloud_and_one_that_is_stopped_is_offline(
    tmp_path: Path, bus: str
) -> None:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder) as mosquitto:
        config = configured(tmp_path, bus, 'shutdown = ["true"]', millivolts=11_900)
        config.write_text(config.read_text().replace("mqtt://127.0.0.1:1", mosquitto.url).replace("drain_s = 0.0", ""))
        with serving(tmp_path, "--broker", mosquitto.url) as cloud:
            with listening("--config", config) as daemon:
                assert daemon.wait(60) == 0
            wait_until(lambda: presence(cloud) == "asleep", "its battery is low, and the box is off")
            (tmp_path / "in2_input").write_text("13900\n")
            with listening("--config", config) as daemon:
                wait_until(lambda: presence(cloud) == "online", "it was started again")
                daemon.terminate()
                assert daemon.wait(60) == 0
            wait_until(lambda: presence(cloud) == "offline", "somebody stopped it")
