"""Bit rates found with real controllers, can0 and can1 on one wire: the kernel's own links, set and looked at again.

The emulated controllers hear each other at any bit rate. So whoever speaks at the other end looks at which rate can0 is
set to, and says what it would hear of a bus of another: noise of ids that do not come again, or nothing.
"""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

import can
import pytest

from edge.machine.interfaces import Interface, interfaces
from tests.programs import Ended, run

EAR, MOUTH = "can0", "can1"
LOOK_S: Final = 0.02
NOISE_S: Final = 0.004
BUS: Final = {0x0C0 + number: 0.2 for number in range(20)}
"""Seconds between two frames by id."""

HALF_FULL: Final = 255
"""Frames of 131 bits that take half of two seconds at 33,333 bit/s."""
LONG_S: Final = 900
"""The guest's processor is slow, and shared."""

pytestmark = [
    pytest.mark.timeout(2 * LONG_S),
    pytest.mark.skipif(
        not Path(f"/sys/class/net/{MOUTH}/device").exists(), reason="no two controllers on one wire here"
    ),
]


def link(name: str) -> Interface:
    [found] = [one for one in interfaces() if one.name == name]
    return found


def ip(name: str, *change: str) -> None:
    subprocess.run(["ip", "link", "set", name, *change], check=True, timeout=20)


@pytest.fixture(autouse=True)
def _both_are_down() -> Iterator[None]:
    for name in (EAR, MOUTH):
        ip(name, "down")
    ip(MOUTH, "type", "can", "bitrate", "500000", "restart-ms", "100")
    ip(MOUTH, "up")
    yield
    for name in (EAR, MOUTH):
        ip(name, "down")


class OtherEnd:
    """A bus of a vehicle as a controller hears it that is set to some rate."""

    def __init__(self, right: int, messages: dict[int, float], *, wrong: str) -> None:
        """`messages`: seconds between frames, by id; `wrong`: what is heard at other rates, noise or nothing."""
        self._right, self._messages, self._wrong = right, messages, wrong
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._speak, name="other end")

    @contextmanager
    def speaking(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def _speak(self) -> None:
        rng = Random(7)
        with can.Bus(interface="socketcan", channel=MOUTH) as bus:
            while not self._stop.is_set():
                ear = link(EAR)
                if not ear.is_up:
                    self._stop.wait(LOOK_S)
                elif ear.bitrate == self._right:
                    self._says(bus)
                elif self._wrong == "noise":
                    self._makes_noise(bus, rng)
                else:
                    self._stop.wait(LOOK_S)

    def _is_heard(self, *, rightly: bool) -> bool:
        ear = link(EAR)
        return ear.is_up and (ear.bitrate == self._right) is rightly and not self._stop.is_set()

    def _says(self, bus: can.BusABC) -> None:
        """By the kernel's own timers, which are steadier than this guest's programs."""
        with ExitStack() as stack:
            for identifier, period_s in self._messages.items():
                data = b"\x12\x34\0\0\0\0\0\xff"
                message = can.Message(arbitration_id=identifier, data=data, is_extended_id=identifier > 0x7FF)
                task = bus.send_periodic(message, period_s)
                stack.callback(task.stop)
            while self._is_heard(rightly=True):
                self._stop.wait(LOOK_S)

    def _makes_noise(self, bus: can.BusABC, rng: Random) -> None:
        while self._is_heard(rightly=False):
            for _ in range(10):
                data = rng.randbytes(rng.randrange(9))
                with suppress(can.CanOperationError):  # its queue is full: the controller is slower than we are
                    bus.send(can.Message(arbitration_id=rng.randrange(2048), data=data, is_extended_id=False))
                self._stop.wait(NOISE_S)


def set_up(root: Path, *options: str) -> Ended:
    told = ("--yes", "--root", root, "--bus", f"can:{EAR}", "--listen", "2")
    return run("telltale-edge", "setup", *told, *options, timeout_s=LONG_S)


def network_of(root: Path) -> str:
    return (root / "etc" / "systemd" / "network" / f"80-{EAR}.network").read_text()


@pytest.mark.parametrize(("right", "wrong"), [(250_000, "noise"), (125_000, "nothing")])
def test_the_right_rate_is_found_and_kept_and_the_link_only_listens(right: int, wrong: str, tmp_path: Path) -> None:
    with OtherEnd(right, BUS, wrong=wrong).speaking():
        done = set_up(tmp_path)
    assert done.status == 0, done.out + done.err
    said = {line.split(" bit/s: ")[0].strip(): line for line in done.out.splitlines() if " bit/s: " in line}
    assert ("noise, so not this one" if wrong == "noise" else "nothing") in said["500,000"]
    assert "in a rhythm: a vehicle" in said[f"{right:,}"]
    ear = link(EAR)
    assert (ear.is_up, ear.bitrate, ear.is_listen_only) == (True, right, True)
    assert f"BitRate={right // 1000}K\n" in network_of(tmp_path)
    assert "ListenOnly=yes\n" in network_of(tmp_path)


def test_a_rate_that_is_said_and_is_wrong_is_turned_down_and_the_link_is_as_before(tmp_path: Path) -> None:
    ip(EAR, "type", "can", "bitrate", "125000", "restart-ms", "50", "listen-only", "off")
    ip(EAR, "up")
    with OtherEnd(250_000, BUS, wrong="noise").speaking():
        done = set_up(tmp_path, "--bitrate", "500000")
    assert (done.status, "the bit rate was not found" in done.err) == (1, True), done.out + done.err
    ear = link(EAR)
    assert (ear.is_up, ear.bitrate, ear.is_listen_only, ear.restart_ms) == (True, 125_000, False, 50)
    assert list(tmp_path.iterdir()) == []


def test_one_sender_alone_whom_nobody_acknowledges_is_named(tmp_path: Path) -> None:
    """At 33,333 bit/s its frame takes 3.9 ms; the guest manages no faster bus."""
    with OtherEnd(33_333, {0x18FEF100: 0.004}, wrong="nothing").speaking():
        done = set_up(tmp_path)
    sent = re.search(r" (\d+) frames of 1 ids", done.out)
    if sent is not None and int(sent[1]) < HALF_FULL:
        pytest.skip(f"this guest is too slow to fill a bus: {sent[1]} frames in two seconds")
    assert done.status == 0, done.out + done.err
    assert "the same frame" in done.out
    assert "one sender alone, and nobody acknowledges what it says" in done.out
    assert "on a bench give it a second node" in done.out


def test_who_may_ask_takes_part_from_then_on(tmp_path: Path) -> None:
    with OtherEnd(500_000, BUS, wrong="nothing").speaking():
        done = set_up(tmp_path, "--ask", "obd")
    assert done.status == 0, done.out + done.err
    assert f"{EAR} takes part on the bus from now on" in done.out
    assert link(EAR).is_listen_only is False
    assert "ListenOnly=no\n" in network_of(tmp_path)
