"""The doctor on a real kernel: interfaces that are down, at a wrong rate, bus-off, silent; and a box that is well."""

import json
import os
import re
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edge.cli import main
from edge.machine.interfaces import State, interfaces
from tests.in_memory import folder_in_memory
from tests.programs import program
from tests.shared import ROOT
from tests.slcan import Slcan, slcan
from tests.vehicle.clients import HAS_VCAN, PATIENCE_S
from tests.vehicle.doctoring import Doctor, because, doctor_of, wrong
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no CAN"),
    pytest.mark.skipif(os.geteuid() != 0, reason="interfaces are set by root"),
    pytest.mark.xdist_group("vcan"),
]


@pytest.fixture
def doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    return doctor_of(tmp_path, capsys)


@pytest.fixture
def adapter() -> Iterator[Slcan]:
    try:
        with slcan() as found:
            yield found
    except OSError as error:
        pytest.skip(f"no slcan here: {error}")


def state_of(name: str) -> State | None:
    return next(one.state for one in interfaces() if one.name == name)


def test_a_bus_that_is_well(adapter: Slcan, doctor: Doctor) -> None:
    adapter.up(500_000, listen_only=True)
    with adapter.again_and_again(frames=4):
        told = doctor(f"can:{adapter.name}", bus="bitrate = 500000")
    assert wrong(told) == []
    for name in (
        "interface",
        "bitrate",
        "link",
        "listen-only",
        "bus-off",
        "wrong-rate",
        "errors",
        "frames",
        "overruns",
    ):
        assert told[name, "it"]["result"] == "well", told[name, "it"]
    assert told["can-modules", None]["result"] == "well"


def test_a_wrong_rate_with_error_frames(adapter: Slcan, doctor: Doctor) -> None:
    adapter.up(500_000, listen_only=True)
    adapter.state("p", 0, 135)
    wait_until(lambda: state_of(adapter.name) is State.ERROR_PASSIVE, "it is error-passive")
    with adapter.again_and_again(errors=2):
        told = doctor(f"can:{adapter.name}")
    assert wrong(told) == ["wrong-rate"]
    assert {"errors", "frames"} <= because(told, "wrong-rate")


def test_another_rate_than_configured(adapter: Slcan, doctor: Doctor) -> None:
    adapter.up(500_000, listen_only=True)
    with adapter.again_and_again(errors=2):
        told = doctor(f"can:{adapter.name}", bus="bitrate = 250000")
    assert wrong(told) == ["bitrate"]
    assert "BitRate=250000" in told["bitrate", "it"]["remedy"]
    assert {"wrong-rate", "errors", "frames"} <= because(told, "bitrate")


def test_bus_off_and_what_is_left_of_it_after_recovery(adapter: Slcan, doctor: Doctor) -> None:
    adapter.up(500_000, listen_only=False)
    adapter.state("b", 256, 128)
    wait_until(lambda: state_of(adapter.name) is State.BUS_OFF, "it is bus-off")
    told = doctor(f"can:{adapter.name}", bus='ask = "obd"')
    assert wrong(told) == ["bus-off"]
    assert {"gateway", "frames"} <= because(told, "bus-off")
    adapter.up(500_000, listen_only=False)
    with adapter.again_and_again(frames=4):
        told = doctor(f"can:{adapter.name}", bus='ask = "obd"')
    assert wrong(told) == ["bus-off"]
    assert told["bus-off", "it"]["result"] == "warning"
    assert "it was bus-off 1 time since" in told["bus-off", "it"]["seen"]


def test_overruns(adapter: Slcan, doctor: Doctor) -> None:
    adapter.up(500_000, listen_only=True)
    for _ in range(7):
        adapter.overrun()
    with adapter.again_and_again(frames=4):
        told = doctor(f"can:{adapter.name}")
    assert wrong(told) == ["overruns"]
    assert "lost 7 frames" in told["overruns", "it"]["seen"]


def test_an_interface_that_is_not_there(doctor: Doctor) -> None:
    told = doctor("can:can77")
    assert wrong(told) == ["interface"]
    assert "vcan0" in told["interface", "it"]["seen"]


@contextmanager
def daemon(config: Path, status: Path) -> Iterator[None]:
    command = [program("telltale-edge"), "run", "--config", str(config), "--status", str(status)]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: heard(status), "the daemon hears the bus", within_s=PATIENCE_S)
        yield
    finally:
        child.terminate()
        child.communicate(timeout=PATIENCE_S)


def heard(status: Path) -> bool:
    """Enough to know what is understood."""
    with suppress(OSError, ValueError):
        [bus] = json.loads((status / "status.json").read_text())["buses"]
        return (bus["frames"] or 0) > 1000 and bus["known_percent"] is not None
    return False


@contextmanager
def messages_of(database: Path, interface: str) -> Iterator[None]:
    """Each message of a database, again and again: what a vehicle says, without its physics."""
    ids = [int(found) for found in re.findall(r"^BO_ (\d+) ", database.read_text(), re.MULTILINE)]
    stop = threading.Event()

    def speak() -> None:
        with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as out:
            out.bind((interface,))
            while not stop.wait(0.05):
                for identifier in ids:
                    out.send(struct.pack("=IB3x8s", identifier, 8, bytes(8)))

    thread = threading.Thread(target=speak, name="a vehicle")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_vehicle_on_vcan_with_its_daemon(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, state = tmp_path / "edge.toml", f'[state]\ndirectory = "{tmp_path}"\n'
    file.write_text(f'profile = "telltale-car"\n[[bus]]\nsource = "can:vcan0"\n{state}')
    database = ROOT / "dbc" / "telltale-car.dbc"
    with folder_in_memory() as status, messages_of(database, "vcan0"), daemon(file, status):
        capsys.readouterr()
        main(["doctor", "--json", "--listen", "2", "--status", str(status)])
        told = json.loads(capsys.readouterr().out)
    checks = {one["id"]: one for one in told["checks"]}
    assert checks["config"]["seen"].startswith(f"{file}: 1 bus"), "the daemon's own, by its status"
    assert [one for one in told["checks"] if one["result"] == "wrong"] == []
    for name in ("daemon", "interface", "link", "frames", "drops", "reading", "understood", "rules", "models"):
        assert checks[name]["result"] == "well", checks[name]
