"""A source on a multicast group on this machine alone, fed by another process."""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from edge.bus.interface import Interface
from edge.bus.port import open_port
from edge.bus.pythoncan import PythonCanSource
from edge.bus.spec import SourceSpec
from edge.frames import FD, Frame, FrameBatch
from tests.shared import ROOT

GROUP = "239.74.163.77"
DEADLINE_S = 20.0
FRAMES = 2000

SENDER = """
import sys, time
from edge.bus.sink import open_sink
from edge.frames import FD, Frame, FrameBatch

sink = open_sink(sys.argv[1])
for first in range(0, int(sys.argv[2]), 20):
    rows = range(first, first + 20)
    sink.send(FrameBatch.of([Frame(0, row % 0x800, row.to_bytes(4, "big"), flags=FD) for row in rows]))
    time.sleep(0.002)
sink.close()
"""


@pytest.fixture
def port() -> int:
    """A free one; two runs of the tests at once must not hear each other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def source(port: int) -> Iterator[PythonCanSource]:
    spec = SourceSpec.parse(f"pythoncan:udp_multicast:{GROUP}?port={port}&name=udp")
    with closing(PythonCanSource(Interface.of(spec))) as opened:
        yield opened


def read_frames(source: PythonCanSource, number: int) -> list[FrameBatch]:
    deadline = time.monotonic() + DEADLINE_S
    batches: list[FrameBatch] = []
    while sum(map(len, batches)) < number:
        assert time.monotonic() < deadline, f"{sum(map(len, batches))} of {number} frames came"
        batches.append(source.read(0.1))
    return batches


def test_frames_of_another_process_come_in_order_with_the_time_of_the_kernel(
    source: PythonCanSource, port: int
) -> None:
    began_ns = time.monotonic_ns()
    target = f"pythoncan:udp_multicast:{GROUP}?port={port}"
    with subprocess.Popen([sys.executable, "-c", SENDER, target, str(FRAMES)], cwd=ROOT) as sender:
        batches = read_frames(source, FRAMES)
        assert sender.wait(DEADLINE_S) == 0
    frames = [frame for batch in batches for frame in batch.frames()]
    assert [int.from_bytes(frame.payload, "big") for frame in frames] == list(range(FRAMES))
    assert {(frame.bus, frame.flags) for frame in frames} == {("udp", FD)}
    times = [frame.time for frame in frames]
    assert times == sorted(times)
    assert began_ns < times[0]
    assert times[-1] < time.monotonic_ns()
    assert times[-1] - times[0] > 0.002 * 1e9 * (FRAMES / 20 - 1)
    assert source.counters["frames"] == FRAMES
    assert source.counters["stamps_moved"] == source.counters["socket_full"] == 0


def test_a_port_hears_the_others_on_its_group_and_not_itself(port: int) -> None:
    spec = f"pythoncan:udp_multicast:{GROUP}?port={port}"
    frames = [Frame(0, row, row.to_bytes(2, "big"), GROUP) for row in range(500)]
    with closing(open_port(spec, patience_s=0.5)) as one, closing(open_port(spec, patience_s=0.5)) as other:
        one.send(FrameBatch.of(frames))
        other.send(FrameBatch.of(frames[:100]))
        heard: list[tuple[int, bytes]] = []
        deadline = time.monotonic() + DEADLINE_S
        while len(heard) < 600:
            assert time.monotonic() < deadline, f"{len(heard)} of 600 frames came"
            for talker in (one, other):
                heard += [(frame.id, frame.payload) for frame in talker.heard(0.05).frames()]
        assert len(one.heard(0.1)) == len(other.heard(0.1)) == 0
        assert sorted(heard) == sorted((frame.id, frame.payload) for frame in frames[:100] * 2 + frames[100:])
        assert (one.counters["sent"], one.counters["heard"]) == (500, 100)
        assert (other.counters["sent"], other.counters["heard"]) == (100, 500)


def datagrams(port: int, payloads: list[bytes]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("@I", 0))
        for payload in payloads:
            sender.sendto(payload, (GROUP, port))


def test_what_is_no_frame_is_counted_and_the_bus_stays_up(source: PythonCanSource, port: int) -> None:
    datagrams(port, [b"", b"hello", os.urandom(100), b"\xc0", b"\x81\xa3dlc\xff"])
    deadline = time.monotonic() + DEADLINE_S
    while source.counters["bad_message"] < 5:
        assert time.monotonic() < deadline
        assert len(source.read(0.1)) == 0


def test_what_nobody_read_in_time_is_counted_by_the_kernel(source: PythonCanSource, port: int) -> None:
    sent = 40_000
    datagrams(port, [b"x" * 300] * sent)
    deadline = time.monotonic() + DEADLINE_S
    while source.counters["bad_message"] + source.counters["socket_full"] < sent:
        assert time.monotonic() < deadline, source.counters
        source.read(0.0)
    assert source.counters["socket_full"] > 0
    lost = source.counters["socket_full"]
    source.close()
    source.read(0.0)  # opens it again
    assert source.counters["socket_full"] == lost
