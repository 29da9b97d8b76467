"""Playing a recording at N times its speed: when frames are released, and what time is promised meanwhile."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.candump_log import CandumpLog
from edge.bus.pace import QUANTUM_S, Paced
from edge.frames import Frame, FrameBatch
from tests.unit.bus.played import Clock, Played

S = 1_000_000_000
MS = 1_000_000
START = 1_638_973_128 * S


def batch(*times_ms: int, until_ms: int | None = None) -> FrameBatch:
    frames = [Frame(START + time * MS, 0x100 + row, bytes([row])) for row, time in enumerate(times_ms)]
    return FrameBatch.of(frames, buses=("can0",), until=None if until_ms is None else START + until_ms * MS)


def paced(clock: Clock, *batches: FrameBatch, speed: float = 1.0) -> Paced:
    return Paced(Played(batches), speed, wait=clock.wait, monotonic_ns=clock)


def since_start(batch: FrameBatch | None) -> tuple[list[float], float]:
    assert batch is not None
    return [(time - START) / MS for time in batch.time.tolist()], (batch.until - START) / MS


def test_frames_come_when_they_are_due() -> None:
    clock = Clock()
    player = paced(clock, batch(0, 100, 100, 250))
    assert since_start(player.read(1.0)) == ([0], 0)
    assert since_start(player.read(1.0)) == ([100, 100], 100)
    assert since_start(player.read(1.0)) == ([250], 250)
    assert player.read(1.0) is None
    assert clock.waits == [0.1, 0.15]


def test_time_goes_on_while_it_waits() -> None:
    clock = Clock()
    player = paced(clock, batch(0, 1000))
    player.read(0.3)
    assert since_start(player.read(0.3)) == ([], 300)
    assert since_start(player.read(0.3)) == ([], 600)
    assert since_start(player.read(0.3)) == ([], 900)
    assert since_start(player.read(0.3)) == ([1000], 1000)


def test_frames_close_together_are_gathered() -> None:
    clock = Clock()
    player = paced(clock, batch(*range(60)))
    player.read(1.0)
    assert since_start(player.read(1.0)) == ([*range(1, 21)], 20)
    assert clock.waits == [QUANTUM_S]


def test_twice_as_fast_takes_half_the_time() -> None:
    clock = Clock()
    player = paced(clock, batch(0, 1000), batch(2000), speed=2.0)
    began_at = clock()
    while player.read(0.1) is not None:
        pass
    assert clock() - began_at == pytest.approx(1 * S, abs=0.02 * S)


def test_whoever_comes_late_gets_everything_that_is_due() -> None:
    clock = Clock()
    player = paced(clock, batch(0, 100, 200, 5000))
    player.read(0.1)
    clock.now_ns += 3 * S
    assert since_start(player.read(0.1)) == ([100, 200], 3000)


def test_a_batch_without_frames_moves_time_when_it_is_due() -> None:
    clock = Clock()
    player = paced(clock, batch(until_ms=0), batch(until_ms=500), batch(700))
    assert since_start(player.read(1.0)) == ([], 0)
    assert since_start(player.read(1.0)) == ([], 500)
    assert since_start(player.read(1.0)) == ([700], 700)


def test_a_wait_ends_early_when_it_is_told_to() -> None:
    stop = threading.Event()
    stop.set()
    player = Paced(Played([batch(0, 3_600_000)]), 1.0, wait=stop.wait)
    player.read(0.0)
    assert since_start(player.read(3600.0))[0] == []


def test_it_counts_and_closes_as_its_source_does() -> None:
    source = Played([batch(0)])
    player = Paced(source, 1.0, wait=Clock().wait)
    assert player.counters == {"steps_left": 1}
    player.close()
    assert source.closed == 1
    assert player.live is False


@given(
    steps_ms=st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=5), min_size=1, max_size=5),
    speed=st.sampled_from([0.5, 1.0, 3.7, 50.0]),
    wait_s=st.sampled_from([0.0, 0.01, 0.3]),
)
def test_at_any_speed_the_frames_are_the_same_and_every_promise_is_kept(
    steps_ms: list[list[int]], speed: float, wait_s: float
) -> None:
    clock, at, batches = Clock(), 0, []
    for steps in steps_ms:
        times = []
        for step in steps:
            at += step
            times.append(at)
        batches.append(batch(*times))
    sent = [frame for part in batches for frame in part.frames()]
    player, heard, until = paced(clock, *batches, speed=speed), list[Frame](), 0
    while (part := player.read(wait_s)) is not None:
        assert all(time >= until for time in part.time.tolist())
        assert part.until >= until
        until = part.until
        heard.extend(part.frames())
        clock.now_ns += MS
    assert heard == sent


def test_a_log_plays_through_it(tmp_path: Path) -> None:
    file = tmp_path / "drive.log"
    file.write_bytes(b"".join(b"(%d.%06d) can0 001#%02X\n" % (5, row * 1000, row) for row in range(100)))
    clock = Clock()
    player = Paced(CandumpLog(file, chunk_bytes=200), 10.0, wait=clock.wait, monotonic_ns=clock)
    heard = []
    while (part := player.read(0.05)) is not None:
        heard.extend(part.payload[:, 0].tolist())
    assert heard == list(range(100))
