"""The kernel's own CAN interface: every frame in its order, every loss counted. Runs where there is a vcan0."""

import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import numpy as np
import pytest

from edge.bus.socketcan import SocketCanSource
from edge.bus.spec import SourceSpec
from edge.errors import BusDown
from edge.frames import BIT_RATE_SWITCH, ERROR, EXTENDED, FD, REMOTE, Frame
from tests.vehicle.clients import HAS_VCAN, PATIENCE_S

pytestmark = pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no vcan0")

PACED = 100_000
SENDER = """
import socket, struct, sys, time
name, count, every = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as sender:
    sender.bind((name,))
    for number in range(count):
        sender.send(struct.pack("=IB3xII", 0x123, 8, number, ~number & 0xFFFFFFFF))
        if every and number % every == every - 1:
            time.sleep(0.004)
print(count, flush=True)
"""


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as opened:
        opened.setsockopt(socket.SOL_CAN_RAW, socket.CAN_RAW_FD_FRAMES, 1)
        opened.bind(("vcan0",))
        yield opened


@pytest.fixture(params=["on", "off"], ids=["ring", "socket"], autouse=True)
def ring(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test reads once through a ring of memory and once through a socket."""
    monkeypatch.setattr("tests.vehicle.test_socketcan.RING", f"ring={request.param}")


RING = "ring=on"


def opened(text: str = "can:vcan0") -> SocketCanSource:
    return SocketCanSource(SourceSpec.parse(f"{text}{'&' if '?' in text else '?'}{RING}"))


def heard(source: SocketCanSource, until: Callable[[list[Frame]], bool]) -> list[Frame]:
    """Frames up to the point that is waited for."""
    frames: list[Frame] = []
    deadline = time.monotonic() + PATIENCE_S
    while not until(frames):
        assert time.monotonic() < deadline
        frames.extend(source.read(0.05).frames())
    return frames


def classic(identifier: int, payload: bytes) -> bytes:
    return struct.pack("=IB3x8s", identifier, len(payload), payload)


def test_a_hundred_thousand_frames_in_their_order_with_the_kernels_stamps() -> None:
    with closing(opened()) as source:
        begun = time.monotonic_ns()
        running = subprocess.Popen([sys.executable, "-c", SENDER, "vcan0", str(PACED), "40"], stdout=subprocess.DEVNULL)
        numbers: list[int] = []
        last, deadline = begun, time.monotonic() + PATIENCE_S
        while len(numbers) < PACED:
            assert time.monotonic() < deadline, (len(numbers), source.counters)
            batch = source.read(0.05)
            if len(batch):
                assert int(batch.time[0]) >= last
                assert (np.diff(batch.time) >= 0).all()
                assert int(batch.time[-1]) <= batch.until <= time.monotonic_ns()
                last = int(batch.time[-1])
                numbers += np.ascontiguousarray(batch.payload[:, :4]).view("<u4")[:, 0].tolist()
        assert numbers == list(range(PACED))
        assert running.wait(PATIENCE_S) == 0
        counters = source.counters
        assert counters["frames"] == PACED
        assert {
            name: count for name, count in counters.items() if count and name not in {"frames", "stamps_moved"}
        } == {}


def test_what_nobody_read_in_time_is_counted_to_the_frame() -> None:
    with closing(opened()) as source:
        count = 60_000
        subprocess.run([sys.executable, "-c", SENDER, "vcan0", str(count), "0"], check=True, stdout=subprocess.DEVNULL)
        frames = 0
        while len(batch := source.read(0.2)):
            frames += len(batch)
        counters = source.counters
        assert counters["socket_full"] > 0
        assert frames + counters["socket_full"] == count
        assert counters["frames"] == frames


def test_every_kind_of_frame(sender: socket.socket) -> None:
    with closing(opened("can:vcan0?name=engine")) as source:
        sender.send(classic(0x7FF, b"\1\2\3"))
        sender.send(classic(0x18FEF100 | 0x8000_0000, b""))
        sender.send(struct.pack("=IB3x8s", 0x123 | 0x4000_0000, 4, bytes(8)))
        sender.send(struct.pack("=IBB2x64s", 0x456, 64, 0x01, bytes(range(64))))
        frames = heard(source, lambda frames: len(frames) == 4)
    assert [(one.id, one.payload, one.flags, one.bus) for one in frames] == [
        (0x7FF, b"\1\2\3", 0, "engine"),
        (0x18FEF100, b"", EXTENDED, "engine"),
        (0x123, bytes(4), REMOTE, "engine"),
        (0x456, bytes(range(64)), FD | BIT_RATE_SWITCH, "engine"),
    ]


def test_what_the_controller_says_is_counted(sender: socket.socket) -> None:
    """Frames of linux/can/error.h: an overrun of its buffer, a bus that is off."""
    overrun, bus_off = 0x2000_0004, 0x2000_0040
    with closing(opened()) as source:
        for _ in range(3):
            sender.send(classic(overrun, b"\0\1\0\0\0\0\0\0"))
        sender.send(classic(overrun, b"\0\4\0\0\0\0\0\0"))  # a warning level, nothing lost
        sender.send(classic(bus_off, bytes(8)))
        frames = heard(source, lambda frames: len(frames) == 5)
        assert {one.flags for one in frames} == {ERROR}
        counters = source.counters
    assert (counters["error_frames"], counters["controller_overrun"], counters["bus_off"]) == (5, 3, 1)


def test_only_what_is_wanted_passes_the_kernel(sender: socket.socket) -> None:
    with closing(opened("can:vcan0?only=123,18FEF100/1FFFFF00")) as source:
        for identifier in (
            0x123,
            0x124,
            0x123 | 0x8000_0000,
            0x18FEF1AA | 0x8000_0000,
            0x18FEF2AA | 0x8000_0000,
            0x123,
        ):
            sender.send(classic(identifier, b"\1"))
        frames = heard(source, lambda frames: len(frames) == 3)
    assert [(one.id, one.flags) for one in frames] == [(0x123, 0), (0x18FEF1AA, EXTENDED), (0x123, 0)]


def link(*words: str) -> None:
    subprocess.run(["ip", "link", "set", *words], check=True)


def test_an_interface_that_goes_down_and_comes_back(sender: socket.socket) -> None:
    with closing(opened("can:vcan1")) as source:
        link("vcan1", "down")
        with pytest.raises(BusDown, match=r"can:vcan1.*: Network is down"):
            heard(source, lambda _: False)
        link("vcan1", "up")
        with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as other:
            other.bind(("vcan1",))
            assert len(source.read(0.0)) == 0  # opens it again
            other.send(classic(0x1, b"\1"))
            assert [one.id for one in heard(source, bool)] == [0x1]


def test_an_interface_that_is_not_there_yet_is_waited_for() -> None:
    with closing(opened("can:telltale9")) as source, pytest.raises(BusDown, match="No such device"):
        source.read(0.0)


def test_a_clock_that_is_set_moves_no_frame(sender: socket.socket) -> None:
    """An hour to and fro; the axis is that of the monotonic clock."""
    with closing(opened()) as source:
        times = []
        for step in (0, 3600, -3600):
            if step:
                time.clock_settime(time.CLOCK_REALTIME, time.time() + step)
            before = time.monotonic_ns()
            sender.send(classic(0x1, b"\1"))
            [frame] = heard(source, bool)
            assert before - 1_000_000 <= frame.time <= time.monotonic_ns()
            times.append(frame.time)
    assert times == sorted(times)
