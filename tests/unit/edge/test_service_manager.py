"""What systemd is told, over a real socket; and that a daemon that does nothing is not called alive."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service_manager import STUCK_S, ServiceManager, Watchdog


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        yield ear


def heard(ear: socket.socket) -> list[str]:
    told = []
    while True:
        try:
            told.append(ear.recv(4096).decode())
        except BlockingIOError:
            return told


def manager_at(ear: socket.socket) -> ServiceManager:
    return ServiceManager(ear.getsockname(), watchdog_s=20.0)


def test_it_is_told_in_the_words_of_the_protocol(ear: socket.socket) -> None:
    manager = manager_at(ear)
    manager.ready("listens to can0")
    manager.alive("two\nlines")
    manager.stopping()
    assert heard(ear) == ["READY=1\nSTATUS=listens to can0", "WATCHDOG=1\nSTATUS=two lines", "STOPPING=1"]


def test_an_abstract_socket_is_one_too() -> None:
    name = f"telltale-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0{name}")
        ServiceManager(f"@{name}").ready("")
        assert ear.recv(100) == b"READY=1\nSTATUS="


@pytest.mark.parametrize("address", ["", "/nowhere/at/all"])
def test_without_anybody_who_listens_nothing_happens(address: str) -> None:
    ServiceManager(address).ready("well")


@pytest.mark.parametrize(
    ("environ", "wanted_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_what_the_environment_wants(environ: dict[str, str], wanted_s: float | None) -> None:
    assert ServiceManager.of(environ, 7).watchdog_s == wanted_s


def test_alive_is_said_four_times_in_what_is_asked_for_while_the_vehicle_is_judged(ear: socket.socket) -> None:
    clock = Clock()
    watchdog = Watchdog(manager_at(ear), clock)
    for tick in range(200):
        watchdog.look(tick, [("can0", 0.1)], lambda: "well")
        clock.now_s += 0.1
    assert heard(ear) == ["WATCHDOG=1\nSTATUS=well"] * 4


def test_it_is_not_said_when_frames_are_read_and_nothing_is_judged(ear: socket.socket) -> None:
    clock = Clock()
    watchdog = Watchdog(manager_at(ear), clock)
    watchdog.look(5, [("can0", 0.0)], str)
    clock.now_s += 60
    watchdog.look(5, [("can0", 0.0)], str)
    assert watchdog.trouble == "nothing is judged any more"
    assert len(heard(ear)) == 1
    watchdog.look(6, [("can0", 0.0)], str)
    assert watchdog.trouble == ""
    assert len(heard(ear)) == 1


def test_it_is_not_said_while_somebody_hangs_in_his_driver(ear: socket.socket) -> None:
    clock = Clock()
    watchdog = Watchdog(manager_at(ear), clock)
    watchdog.look(5, [("can0", 0.0), ("can1", STUCK_S + 0.1)], str)
    assert watchdog.trouble == "can1 is not read any more"
    assert heard(ear) == []


def test_a_manager_that_does_not_read_stops_nobody(ear: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    manager = manager_at(ear)
    for _ in range(1000):
        manager.alive("x" * 400)
    assert "cannot be told" in caplog.text
