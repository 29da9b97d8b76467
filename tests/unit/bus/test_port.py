"""A bus on which one sends and hears: full, down, and back again."""

import errno
import logging

import pytest

from edge.bus.interface import Interface
from edge.bus.library import can
from edge.bus.port import SteadyPort, open_port
from edge.bus.pythoncan_port import PythonCanPort
from edge.bus.reader import RETRY_FIRST_S, RETRY_MAX_S
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
from edge.frames import Frame, FrameBatch
from tests.unit.bus.flaky import FlakyBus
from tests.unit.bus.played import Clock, Ticking

S = 1_000_000_000
THREE = FrameBatch.of([Frame(0, 0x100 + row, bytes([row])) for row in range(3)])
FULL = can.CanOperationError("Failed to transmit: No buffer space available", errno.ENOBUFS)
DOWN = can.CanOperationError("Failed to transmit: Network is down", errno.ENETDOWN)
SHUT = OSError(errno.ENODEV, "No such device")


def made(clock: Clock, text: str = "pythoncan:flaky:x") -> PythonCanPort:
    return PythonCanPort(Interface.of(SourceSpec.parse(text)).sending(), wait=clock.wait, monotonic_ns=clock)


def steady(clock: Clock) -> SteadyPort:
    return SteadyPort("flaky", made(clock), wait=clock.wait, monotonic_ns=clock)


def sent(bus: type[FlakyBus]) -> list[int]:
    return [message.arbitration_id for message in bus.sent]


def test_what_is_heard_comes_at_once_and_all_of_it(flaky_bus: type[FlakyBus]) -> None:
    clock = Ticking(100 * S)
    port = made(clock)
    flaky_bus.script.extend([None, can.Message(arbitration_id=0x7DF), can.Message(arbitration_id=0x7E0)])
    heard = port.heard(3600.0)
    assert heard.id.tolist() == [0x7DF, 0x7E0]
    assert clock.now_ns - 100 * S < S // 50, "it does not wait for more"
    assert len(port.heard(0.01)) == 0
    assert (port.counters["heard"], port.counters["sent"]) == (2, 0)


@pytest.mark.parametrize(
    "refusal", [FULL, can.CanOperationError("Transmit buffer full"), can.CanTimeoutError("no room in time")], ids=repr
)
def test_a_frame_waits_a_little_for_room(flaky_bus: type[FlakyBus], refusal: Exception) -> None:
    clock = Clock()
    port = made(clock)
    flaky_bus.sends.extend([None, refusal, refusal])
    port.send(THREE)
    assert sent(flaky_bus) == [0x100, 0x101, 0x102]
    assert port.counters["bus_full"] == 0
    assert 0.0 < sum(clock.waits) < 0.01


def test_a_udp_socket_without_room_is_full_too(flaky_bus: type[FlakyBus]) -> None:
    port = made(Clock())
    refusal = can.CanOperationError("failed to send via socket")
    refusal.__cause__ = BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    flaky_bus.sends.append(refusal)
    port.send(THREE)
    assert sent(flaky_bus) == [0x100, 0x101, 0x102]


def test_where_nobody_acknowledges_frames_are_dropped_and_time_goes_on(
    flaky_bus: type[FlakyBus], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    port = made(clock)
    flaky_bus.sends.extend([FULL] * 1000)
    for _ in range(10):
        port.send(THREE)
    assert sum(clock.waits) < 0.03, "only the first waits"
    assert port.counters["bus_full"] == 30
    assert port.counters["sent"] == 0
    assert len(caplog.records) == 1
    assert "pythoncan:flaky:x: full" in caplog.text
    flaky_bus.sends.clear()
    port.send(THREE)
    assert sent(flaky_bus) == [0x100, 0x101, 0x102]
    assert len(flaky_bus.opened) == 1, "a full bus is not opened again"
    flaky_bus.sends.append(FULL)
    port.send(THREE)
    assert port.counters["bus_full"] == 30, "it is waited for again"


def test_what_was_not_sent_when_the_bus_fell_is_counted(flaky_bus: type[FlakyBus]) -> None:
    port = made(Clock())
    flaky_bus.sends.extend([None, DOWN])
    with pytest.raises(BusDown, match="pythoncan:flaky:x: Failed to transmit: Network is down"):
        port.send(THREE)
    assert (port.counters["sent"], port.counters["bus_down"]) == (1, 2)
    assert flaky_bus.shut == 1


def test_a_bus_that_is_not_there_to_begin_with_is_said(flaky_bus: type[FlakyBus]) -> None:
    flaky_bus.refusals.append(SHUT)
    with pytest.raises(BusDown, match="No such device"):
        made(Clock())


def test_a_bus_that_goes_away_is_silent_and_comes_back(
    flaky_bus: type[FlakyBus], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(100 * S)
    port = steady(clock)
    flaky_bus.sends.append(DOWN)
    port.send(THREE)
    port.send(THREE)
    before_ns = clock.now_ns
    assert len(port.heard(0.02)) == 0
    assert clock.now_ns == before_ns + S // 50, "a bus that is down is waited at, not looked at again and again"
    clock.wait(RETRY_FIRST_S)
    port.send(THREE)
    assert sent(flaky_bus) == [0x100, 0x101, 0x102]
    assert port.counters["bus_down"] == 6
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    down, back = caplog.messages
    assert down.startswith("flaky: down and tried again until it is back")
    assert back == "flaky: back after 0.2 s"


def test_a_bus_that_stays_away_is_tried_ever_more_seldom_and_said_once(
    flaky_bus: type[FlakyBus], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock(100 * S)
    port = steady(clock)
    flaky_bus.sends.append(DOWN)
    flaky_bus.refusals.extend([SHUT] * 1000)
    port.send(THREE)
    while clock.now_ns < 220 * S:
        assert len(port.heard(0.02)) == 0
        port.send(THREE)
    tries = 1000 - len(flaky_bus.refusals)
    assert 120 / RETRY_MAX_S <= tries <= 120 / RETRY_MAX_S + 6
    assert len(caplog.records) == 1


def test_a_bus_that_can_be_opened_but_takes_nothing_is_not_back(
    flaky_bus: type[FlakyBus], caplog: pytest.LogCaptureFixture
) -> None:
    """A CAN interface that was set down is like this."""
    clock = Clock(100 * S)
    port = steady(clock)
    flaky_bus.sends.extend([DOWN] * 3)
    for _ in range(3):
        port.send(THREE)
        clock.wait(RETRY_MAX_S)
        assert len(port.heard(0.0)) == 0
    assert len(caplog.records) == 1
    port.send(THREE)
    assert caplog.messages[1:] == ["flaky: back after 15.0 s"]


def test_a_bus_that_falls_while_it_is_heard_is_silent(flaky_bus: type[FlakyBus]) -> None:
    clock = Clock(100 * S)
    port = steady(clock)
    flaky_bus.script.append(can.CanOperationError("Failed to receive: Network is down", errno.ENETDOWN))
    assert len(port.heard(0.0)) == 0
    clock.wait(RETRY_FIRST_S)
    flaky_bus.script.append(can.Message(arbitration_id=0x7DF))
    assert port.heard(0.0).id.tolist() == [0x7DF]


def test_a_bus_is_opened_by_its_name(flaky_bus: type[FlakyBus]) -> None:
    port = open_port("pythoncan:slcan:/dev/ttyUSB0", patience_s=0.02)
    port.close()
    port.close()
    assert flaky_bus.opened == [{"listen_only": False}]
    assert flaky_bus.shut == 1


@pytest.mark.parametrize("text", ["usb:0", "log:drive.log", "sim:car", "drive.log", ""])
def test_only_buses_can_be_talked_on(text: str) -> None:
    with pytest.raises(ConfigError, match="can:can0") as caught:
        open_port(text, patience_s=0.02)
    assert caught.value.place == text
