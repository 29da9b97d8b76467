"""Readers: nothing lost unseen, nothing dead unheard, stopped within a second."""

import logging
import threading
import time
from collections.abc import Callable, Mapping

import pytest

from edge.bus.reader import BATCH_COST, RETRY_FIRST_S, Reader, Readers
from edge.bus.source import Source
from edge.errors import BusDown, ConfigError
from edge.frames import Frame, FrameBatch
from tests.unit.bus.played import Played

DEADLINE_S = 5.0
MS = 1_000_000


def batch(*times: int, bus: str = "can0") -> FrameBatch:
    return FrameBatch.of([Frame(time, 0x1, b"", bus) for time in times], buses=(bus,))


def silence(until: int) -> FrameBatch:
    return FrameBatch.empty(("can0",), until)


class Blocked:
    """A source whose read returns when it is let go, or when the test has forgotten it."""

    live = True

    def __init__(self) -> None:
        self.entered, self.let_go = threading.Event(), threading.Event()
        self.closed = False

    @property
    def counters(self) -> Mapping[str, int]:
        return {}

    def read(self, wait_s: float) -> FrameBatch | None:
        self.entered.set()
        self.let_go.wait(DEADLINE_S + wait_s)
        return None

    def close(self) -> None:
        self.closed = True


class Endless(Played):
    """A recording without end."""

    def __init__(self) -> None:
        super().__init__([])
        self.handed = 0

    def read(self, wait_s: float) -> FrameBatch | None:
        self.handed += 1
        self.waited_s += wait_s
        return batch(self.handed)


def until(condition: Callable[[], bool], arrival: threading.Condition) -> None:
    with arrival:
        assert arrival.wait_for(condition, DEADLINE_S)


def everything(reader: Reader) -> list[FrameBatch]:
    result: list[FrameBatch] = []
    while not reader.ended:
        result.extend(reader.take(DEADLINE_S))
    return result


def take_for_ever(take: Callable[[], object]) -> None:
    while True:
        take()


def frame_times(batches: list[FrameBatch]) -> list[int]:
    return [time for part in batches for time in part.time.tolist()]


def running(source: Source, *, room: int = 10_000, arrival: threading.Condition | None = None) -> Reader:
    reader = Reader("can0", source, room=room, arrival=arrival)
    reader.start()
    return reader


def test_batches_come_in_order_and_the_end_is_told_after_them() -> None:
    source = Played([batch(1, 2), batch(3)])
    reader = running(source)
    assert frame_times(everything(reader)) == [1, 2, 3]
    assert reader.ended
    assert reader.take(DEADLINE_S) == []
    reader.stop()
    assert source.closed == 1


def test_a_live_bus_that_nobody_reads_loses_the_oldest_and_counts_them() -> None:
    arrival = threading.Condition()
    source = Played([batch(number, number) for number in range(100)], live=True)
    reader = running(source, room=10 * (2 + BATCH_COST), arrival=arrival)
    until(lambda: source.closed == 1 and reader.counters["reader_queue_full"] == 180, arrival)
    assert frame_times(everything(reader)) == [number for number in range(90, 100) for _ in range(2)]
    assert reader.counters == {"steps_left": 0, "reader_queue_full": 180, "outages": 0}


def test_the_newest_batch_is_kept_however_large() -> None:
    arrival = threading.Condition()
    source = Played([batch(*range(50)), batch(*range(50, 150))], live=True)
    reader = running(source, room=20, arrival=arrival)
    until(lambda: source.closed == 1, arrival)
    assert frame_times(everything(reader)) == list(range(50, 150))
    assert reader.counters["reader_queue_full"] == 50


def test_a_recording_waits_for_whoever_reads_it() -> None:
    arrival = threading.Condition()
    source = Endless()
    reader = running(source, room=10 * BATCH_COST, arrival=arrival)
    until(lambda: source.handed == 11, arrival)  # ten in the queue, one in the hand
    assert frame_times(reader.take()) == list(range(1, 11))
    assert frame_times(reader.take(DEADLINE_S))[0] == 11
    reader.stop()
    assert reader.counters["reader_queue_full"] == 0


def test_silences_do_not_pile_up() -> None:
    arrival = threading.Condition()
    source = Played([silence(1), silence(2), batch(3), silence(4), silence(5), silence(6)], live=True)
    reader = running(source, arrival=arrival)
    until(lambda: source.closed == 1, arrival)
    assert [(len(part), part.until) for part in everything(reader)] == [(0, 2), (1, 3), (0, 6)]


@pytest.mark.parametrize("error", [ConfigError("the disk fails", file="a.log"), ZeroDivisionError("a bug")])
def test_what_kills_the_thread_is_raised_where_frames_are_taken(error: Exception) -> None:
    source = Played([batch(1), error])
    reader = running(source)
    taken: list[FrameBatch] = []
    with pytest.raises(type(error), match=str(error)):
        take_for_ever(lambda: taken.extend(reader.take(DEADLINE_S)))
    assert frame_times(taken) == [1]
    assert not reader.ended
    assert source.closed == 1


def test_an_outage_is_counted_and_said_once_and_time_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    source = Played([batch(1), *[BusDown("can0: Network is down")] * 3, batch(10**18)], live=True)
    reasons: set[str | None] = set()
    taken: list[FrameBatch] = []
    with caplog.at_level(logging.WARNING):
        reader = running(source)
        while not reader.ended:
            taken.extend(reader.take(DEADLINE_S))
            reasons.add(reader.down)
    assert "can0: Network is down" in reasons
    assert reader.down is None
    assert reader.counters["outages"] == 1
    assert frame_times(taken) == [1, 10**18]
    until_ns = [part.until for part in taken if not len(part)]
    assert len(until_ns) >= 3  # 0.2, 0.4 and 0.8 s of outage
    assert until_ns == sorted(until_ns)
    assert until_ns[-1] <= time.monotonic_ns()
    assert all(part.buses == ("can0",) for part in taken)
    down, back = [record.getMessage() for record in caplog.records]
    assert down == "can0: down and tried again until it is back: can0: Network is down"
    assert float(back.removeprefix("can0: back after ").removesuffix(" s")) >= 1.4


def test_a_bus_that_falls_again_soon_is_tried_less_often() -> None:
    arrival = threading.Condition()
    source = Played([BusDown("a"), batch(1), BusDown("b"), batch(2)], live=True)
    began = time.monotonic()
    reader = running(source, arrival=arrival)
    assert [time for time in frame_times(everything(reader)) if time < 10] == [1, 2]
    assert time.monotonic() - began >= 3 * RETRY_FIRST_S
    assert reader.counters["outages"] == 2
    assert reader.down is None


def test_it_stops_within_a_second_while_its_queue_is_full() -> None:
    arrival = threading.Condition()
    source = Endless()
    reader = running(source, room=BATCH_COST, arrival=arrival)
    until(lambda: source.handed == 2, arrival)
    began = time.monotonic()
    reader.stop()
    assert time.monotonic() - began < 1.0
    assert source.closed == 1
    assert reader.take()
    assert reader.ended


def test_it_stops_within_a_second_while_the_bus_is_down() -> None:
    source = Played([BusDown("gone")] * 1000, live=True)
    reader = running(source)
    while reader.down is None:
        reader.take(0.01)
    began = time.monotonic()
    reader.stop()
    assert time.monotonic() - began < 1.0
    assert source.closed == 1


def test_a_driver_that_hangs_is_left_behind_and_said(caplog: pytest.LogCaptureFixture) -> None:
    source = Blocked()
    reader = running(source)
    assert source.entered.wait(DEADLINE_S)
    reader.stop(within_s=0.05)
    assert "its driver hangs" in caplog.text
    source.let_go.set()
    reader.stop()
    assert source.closed


def test_a_reader_that_never_started_closes_its_source() -> None:
    source = Played([])
    Reader("can0", source).stop()
    assert source.closed == 1


def test_several_readers_are_waited_for_at_once_and_each_end_is_told_once() -> None:
    blocked = Blocked()
    sources: list[Source] = [Played([batch(1), batch(2)]), blocked, Played([batch(7, bus="can1")])]
    with Readers(sources, names=["a", "b", "c"]) as readers:
        taken: list[tuple[int, FrameBatch | None]] = []
        while sum(part is None for _, part in taken) < 2:
            taken.extend(readers.take(DEADLINE_S))
        assert blocked.entered.is_set()
        blocked.let_go.set()
        taken.extend(readers.take(DEADLINE_S))
        assert readers.take(0.0) == []
    assert [index for index, part in taken if part is None].count(1) == 1
    assert sorted(index for index, part in taken if part is None) == [0, 1, 2]
    for index, times in ((0, [1, 2]), (2, [7])):
        mine = [part for place, part in taken if place == index]
        assert mine[-1] is None
        assert frame_times([part for part in mine if part is not None]) == times
    assert [reader.name for reader in readers.readers] == ["a", "b", "c"]


def test_a_dead_one_among_several_is_heard() -> None:
    with Readers([Endless(), Played([OSError("broken")])]) as readers, pytest.raises(OSError, match="broken"):
        take_for_ever(lambda: readers.take(DEADLINE_S))


def test_one_that_is_heard_at_once_hands_on_in_its_own_thread_and_keeps_nothing() -> None:
    heard: list[tuple[str, int]] = []

    def hear(batch: FrameBatch) -> None:
        heard.append((threading.current_thread().name, len(batch)))

    sources: list[Source] = [Played([batch(5)]), Played([batch(1), silence(2), batch(3, 4)])]
    taken: list[tuple[int, FrameBatch | None]] = []
    with Readers(sources, names=["slow", "hot"], at_once={1: hear}) as readers:
        while len([one for one in taken if one[1] is None]) < len(sources):
            taken += readers.take(DEADLINE_S)
    assert heard == [("reader hot", 1), ("reader hot", 0), ("reader hot", 2)]
    assert [place for place, one in taken if one is not None] == [0]
