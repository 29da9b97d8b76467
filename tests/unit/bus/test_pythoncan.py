"""A python-can interface as a source: batches, time, outages, and what is counted."""

import errno
import logging

import pytest

from edge.bus.interface import Interface
from edge.bus.library import can
from edge.bus.pythoncan import FRAMES_MAX, PythonCanSource
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
from edge.frames import ERROR, FrameBatch
from tests.unit.bus.flaky import FlakyBus
from tests.unit.bus.played import Clock, Ticking

S = 1_000_000_000
WALL = 1_790_000_000 * S


def opened(text: str = "pythoncan:flaky:x?name=can0") -> tuple[PythonCanSource, Clock]:
    clock = Ticking(100 * S)
    source = PythonCanSource(
        Interface.of(SourceSpec.parse(text)), monotonic_ns=clock, realtime_ns=lambda: WALL + clock.now_ns
    )
    return source, clock


def message(arbitration_id: int = 0x123, at_s: float = 1_790_000_100.0, **fields: object) -> can.Message:
    return can.Message(timestamp=at_s, arbitration_id=arbitration_id, is_extended_id=False, **fields)  # type: ignore[arg-type]  # only what Message takes


def ids(batch: FrameBatch) -> list[int]:
    found: list[int] = batch.id.tolist()
    return found


def test_what_is_there_comes_in_one_batch(flaky_bus: type[FlakyBus]) -> None:
    source, clock = opened()
    flaky_bus.script.extend(message(number) for number in range(5))
    batch = source.read(0.1)
    assert ids(batch) == [0, 1, 2, 3, 4]
    assert batch.buses == ("can0",)
    assert all(100 * S <= time <= clock.now_ns for time in batch.time.tolist())
    assert int(batch.time[-1]) <= batch.until <= clock.now_ns
    assert source.live


def test_silence_is_a_batch_that_moves_time(flaky_bus: type[FlakyBus]) -> None:
    source, clock = opened()
    before = clock.now_ns
    first, second = source.read(0.01), source.read(0.01)
    assert len(first) == len(second) == 0
    assert before < first.until < second.until <= clock.now_ns


def test_batches_are_bounded(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    flaky_bus.script.extend(message() for _ in range(FRAMES_MAX + 10))
    first = source.read(3600.0)
    assert len(first) == FRAMES_MAX
    assert first.until == int(first.time[-1])  # there may be more that is as old
    assert len(source.read(0.1)) == 10


def test_what_goes_wrong_is_told_after_the_frames_that_came_before(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    flaky_bus.script.extend([message(1), can.CanOperationError("Network is down", errno.ENETDOWN), message(2)])
    assert ids(source.read(0.1)) == [1]
    with pytest.raises(BusDown, match=r"pythoncan:flaky:x\?name=can0: Network is down"):
        source.read(0.1)
    assert flaky_bus.shut == 1
    assert ids(source.read(0.1)) == [2]
    assert len(flaky_bus.opened) == 2


def test_a_bus_that_does_not_come_back_stays_down(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    flaky_bus.script.append(OSError(errno.ENETDOWN, "Network is down"))
    flaky_bus.refusals.append(OSError(errno.ENODEV, "No such device"))
    for reason in ("Network is down", "No such device"):
        with pytest.raises(BusDown, match=reason):
            source.read(0.1)
    assert len(source.read(0.1)) == 0


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), can.CanOperationError("no device")])
def test_a_device_that_is_gone_cannot_even_be_closed(flaky_bus: type[FlakyBus], error: Exception) -> None:
    source, _ = opened()
    flaky_bus.script.append(can.CanOperationError("reading from closed port"))
    flaky_bus.goodbyes.append(error)
    with pytest.raises(BusDown, match="reading from closed port"):
        source.read(0.1)
    assert len(source.read(0.1)) == 0
    assert len(flaky_bus.opened) == 2


def test_a_bus_that_is_not_there_yet_is_waited_for(flaky_bus: type[FlakyBus]) -> None:
    flaky_bus.refusals.append(OSError(errno.ENODEV, "No such device"))
    source, _ = opened()
    with pytest.raises(BusDown, match="No such device"):
        source.read(0.1)
    flaky_bus.script.append(message(7))
    assert ids(source.read(0.1)) == [7]


def test_a_bus_that_never_can_be_there_is_refused_at_once(flaky_bus: type[FlakyBus]) -> None:
    flaky_bus.refusals.append(can.CanInterfaceNotImplementedError("no driver"))
    with pytest.raises(ConfigError, match="no driver"):
        opened()


def test_time_does_not_go_back_over_an_outage(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    flaky_bus.script.extend([message(1, 1_790_000_100.0), None, None, can.CanError("gone")])
    until = source.read(0.0).until
    with pytest.raises(BusDown):
        source.read(0.1)
    flaky_bus.script.append(message(2, 1_790_000_099.0))
    assert int(source.read(0.0).time[0]) == until


def test_frames_are_counted_by_what_they_are(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    overrun = message(0x004, data=b"\0\1\0\0\0\0\0\0", is_error_frame=True)
    flaky_bus.script.extend([message(), overrun, message(data=bytes(9)), message(at_s=17.0)])
    batch = source.read(0.1)
    assert batch.flags.tolist() == [0, ERROR, 0]
    assert source.counters == {
        "frames": 3,
        "error_frames": 1,
        "bad_message": 1,
        "controller_overrun": 1,
        "stamps_moved": 1,
    }


def test_strangers_on_a_multicast_group_are_no_outage(
    flaky_bus: type[FlakyBus], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(can.interfaces.BACKENDS, "udp_multicast", (flaky_bus.__module__, flaky_bus.__name__))
    source, _ = opened("pythoncan:udp_multicast:239.0.0.1")
    stranger = can.CanOperationError("could not unpack received message")
    flaky_bus.script.extend([stranger, message(1), stranger, OSError(errno.ENETDOWN, "Network is down")])
    assert ids(source.read(0.1)) == [1]
    assert source.counters["bad_message"] == 2
    with pytest.raises(BusDown, match="Network is down"):
        source.read(0.1)


def test_one_frame_is_enough_for_who_must_answer_at_once(flaky_bus: type[FlakyBus]) -> None:
    clock = Ticking(100 * S)
    interface = Interface.of(SourceSpec.parse("pythoncan:flaky:x"))
    source = PythonCanSource(interface, cadence=None, monotonic_ns=clock, realtime_ns=lambda: WALL + clock.now_ns)
    flaky_bus.script.extend([message(1), message(2), None, message(3)])
    assert ids(source.read(3600.0)) == [1, 2]
    assert clock.now_ns < 101 * S


def test_what_is_not_wanted_leaves_no_trace(flaky_bus: type[FlakyBus]) -> None:
    interface = Interface.of(SourceSpec.parse("pythoncan:flaky:x"))
    source = PythonCanSource(interface, is_wanted=lambda message: message.arbitration_id > 1, monotonic_ns=Ticking())
    flaky_bus.script.extend([message(1), message(2)])
    assert ids(source.read(0.1)) == [2]
    assert source.counters["frames"] == 1


def test_closing_may_be_repeated(flaky_bus: type[FlakyBus]) -> None:
    source, _ = opened()
    source.close()
    source.close()
    assert flaky_bus.shut == 1


def test_python_can_says_nothing_of_its_own(flaky_bus: type[FlakyBus], caplog: pytest.LogCaptureFixture) -> None:
    source, _ = opened()
    logging.getLogger("can.flaky").error("it repeats what we say")
    source.close()
    assert not caplog.records
