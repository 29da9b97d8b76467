"""From one network to another, with real interfaces in namespaces of their own: no waiting for a keep-alive."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from tests.brokers import mosquitto_binary
from tests.shared import ROOT

DEADLINE_S: Final = 20.0
BROKER: Final = "10.77.9.9"
NETWORKS: Final = {"wlan0": ("10.77.1", 10), "wwan0": ("10.77.2", 20)}
"""Interface of the car: its subnet, and the metric of the way over it; the lower is preferred."""
ALERT_S: Final = 0.1


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def can_make_namespaces() -> bool:
    """Whether this is root, on a system that has them."""
    if os.geteuid() != 0 or not shutil.which("ip") or mosquitto_binary() is None:
        return False
    name = f"tt-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    with ExitStack() as stack:
        if made.returncode == 0:
            stack.callback(subprocess.run, ["ip", "netns", "del", name], capture_output=True, check=False)
            pair = ["ip", "-n", name, "link", "add", "name", "va", "type", "veth", "peer", "name", "vb"]
            return subprocess.run(pair, capture_output=True, check=False).returncode == 0
    return False


class Roads:
    """A car and a broker, each in a network namespace, and two networks between them."""

    def __init__(self, stack: ExitStack) -> None:
        self.car, self.far = (f"tt-{name}-{os.getpid()}" for name in ("car", "far"))
        for name in (self.car, self.far):
            ip("netns", "add", name)
            stack.callback(ip, "netns", "del", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.far, "address", "add", f"{BROKER}/32", "dev", "lo")
        for interface, (net, _) in NETWORKS.items():
            far = f"far-{interface}"
            pair = ["link", "add", "name", interface, "type", "veth", "peer", "name", far, "netns", self.far]
            ip("-n", self.car, *pair)
            ip("-n", self.car, "address", "add", f"{net}.2/24", "dev", interface)
            ip("-n", self.far, "address", "add", f"{net}.1/24", "dev", far)
            ip("-n", self.far, "link", "set", far, "up")

    def up(self, interface: str) -> None:
        net, metric = NETWORKS[interface]
        ip("-n", self.car, "link", "set", interface, "up")
        way = ["route", "replace", f"{BROKER}/32", "via", f"{net}.1", "dev", interface, "metric", str(metric)]
        ip("-n", self.car, *way)

    def down(self, interface: str) -> None:
        """As a modem that loses its network: the other end hears nothing more."""
        ip("-n", self.car, "link", "set", interface, "down")


class Car:
    """The program in the car."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running

    def until(self, condition: Callable[[dict[str, Any]], bool]) -> float:
        """Read on until what it tells of itself is so; how long that took, in seconds."""
        began_s, told = time.monotonic(), None
        assert self._running.stdout is not None
        for line in self._running.stdout:
            told = json.loads(line)
            if condition(told):
                return time.monotonic() - began_s
            assert time.monotonic() - began_s < DEADLINE_S, told
        raise AssertionError(f"it ended after {told}")


@pytest.fixture
def roads(tmp_path: Path) -> Iterator[tuple[Roads, Car]]:
    """A car that sends over the first network, with the second there as well."""
    if not can_make_namespaces():
        pytest.skip("needs root, network namespaces with veth pairs, and mosquitto")
    with ExitStack() as stack:
        made = Roads(stack)
        for interface in NETWORKS:
            made.up(interface)
        conf = tmp_path / "mosquitto.conf"
        conf.write_text(f"listener 1883 {BROKER}\nallow_anonymous true\nuser root\n")
        broker = [str(mosquitto_binary()), "-c", str(conf)]
        stack.enter_context(_running(made.far, broker))
        cloud = [sys.executable, "-m", "tests.integration.link.far_cloud", BROKER]
        stack.enter_context(_running(made.far, cloud))
        car = [sys.executable, "-m", "tests.integration.link.roaming", str(tmp_path), f"mqtt://{BROKER}"]
        yield made, Car(stack.enter_context(_running(made.car, car)).running)


class _running:  # noqa: N801  # reads as what it does
    def __init__(self, namespace: str, command: list[str]) -> None:
        self._command = ["ip", "netns", "exec", namespace, *command]

    def __enter__(self) -> "_running":
        self.running = subprocess.Popen(self._command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self.running.kill()
        self.running.communicate()


def is_well(told: dict[str, Any], *, sessions: int) -> bool:
    """So many sessions were made, and what was put is on the other side but for the latest."""
    return told.get("sessions") == sessions and not told["trouble"] and told["waiting"] <= 5


def test_networks_come_and_go_and_the_session_goes_over_what_there_is(roads: tuple[Roads, Car]) -> None:
    world, car = roads
    car.until(lambda told: is_well(told, sessions=1) and told.get("acks", 0) > 3)
    world.down("wlan0")
    took_s = car.until(lambda told: is_well(told, sessions=2) and told["handed_over"] == 1)
    assert took_s < 10.0, "a keep-alive would notice after 60 to 120 s, a pause would be 30"
    world.up("wlan0")  # which is preferred
    car.until(lambda told: is_well(told, sessions=3) and told["handed_over"] == 2)
    world.down("wwan0")
    world.down("wlan0")
    car.until(lambda told: "unreachable" in told["trouble"])
    world.up("wwan0")
    took_s = car.until(lambda told: is_well(told, sessions=4))
    assert took_s < 10.0, "the pause is ended by a network that comes"
