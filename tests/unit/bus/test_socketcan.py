"""The reader of the kernel's CAN, fed with the same structs on UDP: every kind of frame, and everything it counts."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from edge.bus.cadence import Cadence
from edge.bus.can_filters import packet_filters, wanted_of
from edge.bus.socketcan import SocketCanSource
from edge.bus.spec import SourceSpec
from edge.errors import BusDown, ConfigError
from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE, Frame
from tests.brokers import free_port
from tests.udp_kernel import UdpKernel
from tests.unit.bus.test_receivers import RING

PATIENCE_S = 10.0


@pytest.fixture(params=[RING, pytest.param(False, id="socket")])
def bus(request: pytest.FixtureRequest) -> Iterator[tuple[SocketCanSource, socket.socket]]:
    port = free_port()
    spec = SourceSpec.parse(f"can:{port}?name=engine&ring={'on' if request.param else 'off'}")
    with (
        closing(SocketCanSource(spec, kernel=UdpKernel(spec), cadence=Cadence(2_000_000))) as source,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.connect(("127.0.0.1", port))
        yield source, sender


def classic(identifier: int, payload: bytes, length: int | None = None) -> bytes:
    return struct.pack("=IB3x8s", identifier, len(payload) if length is None else length, payload)


def fd(identifier: int, payload: bytes, flags: int) -> bytes:
    return struct.pack("=IBB2x64s", identifier, len(payload), flags, payload)


def heard(source: SocketCanSource, until: Callable[[list[Frame]], bool]) -> list[Frame]:
    frames: list[Frame] = []
    deadline = time.monotonic() + PATIENCE_S
    while not until(frames):
        assert time.monotonic() < deadline
        frames.extend(source.read(0.05).frames())
    return frames


def test_every_kind_of_frame(bus: tuple[SocketCanSource, socket.socket]) -> None:
    source, sender = bus
    before = time.monotonic_ns()
    sent = [
        (classic(0x7FF, b"\1\2\3\xff\xff", 3), (0x7FF, b"\1\2\3", 0)),
        (classic(0x18FEF100 | 0x8000_0000, b""), (0x18FEF100, b"", EXTENDED)),
        (classic(0x123 | 0x4000_0000, bytes(8), 4), (0x123, bytes(4), REMOTE)),
        (classic(0x1FFF_FFFF | 0xC000_0000, b"\7", 1), (0x1FFF_FFFF, b"\0", EXTENDED | REMOTE)),
        (fd(0x456, bytes(range(64)), 1), (0x456, bytes(range(64)), FD | BIT_RATE_SWITCH)),
        (fd(0x457 | 0x8000_0000, b"\xaa" * 12, 2), (0x457, b"\xaa" * 12, FD | ERROR_STATE | EXTENDED)),
        (classic(0x001, b"\xff" * 8), (0x001, b"\xff" * 8, 0)),
        (classic(0x2000_0004, b"\0\4\0\0\0\0\0\0"), (0x4, b"\0\4\0\0\0\0\0\0", ERROR)),
    ]
    for raw, _ in sent:
        sender.send(raw)
    frames = heard(source, lambda frames: len(frames) == len(sent))
    assert [(one.id, one.payload, one.flags) for one in frames] == [wanted for _, wanted in sent]
    assert {one.bus for one in frames} == {"engine"}
    times = [one.time for one in frames]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= time.monotonic_ns()
    for raw, _ in sent[:4]:  # no trace of the FD frames that were there before
        sender.send(raw)
    frames = heard(source, lambda frames: len(frames) == 4)
    assert [(one.id, one.payload, one.flags) for one in frames] == [wanted for _, wanted in sent[:4]]


def test_what_the_controller_says_is_counted(bus: tuple[SocketCanSource, socket.socket]) -> None:
    source, sender = bus
    overrun, bus_off = 0x2000_0004, 0x2000_0040
    for _ in range(3):
        sender.send(classic(overrun, b"\0\1\0\0\0\0\0\0"))
    sender.send(classic(overrun, b"\0\4\0\0\0\0\0\0"))  # a warning level, nothing lost
    sender.send(classic(bus_off, bytes(8)))
    heard(source, lambda frames: len(frames) == 5)
    counters = source.counters
    assert (counters["error_frames"], counters["controller_overrun"], counters["bus_off"]) == (5, 3, 1)


def test_what_is_no_frame_is_counted_and_the_rest_is_read(bus: tuple[SocketCanSource, socket.socket]) -> None:
    source, sender = bus
    for raw in (b"x", classic(0x123, bytes(8), 9), fd(0x123, bytes(64), 0)[:70], bytes(80)):
        sender.send(raw)
    sender.send(classic(0x5, b"\5"))
    assert [one.id for one in heard(source, bool)] == [0x5]
    assert source.counters["bad_message"] == 4
    assert source.counters["frames"] == 1


def test_time_goes_on_where_nothing_comes(bus: tuple[SocketCanSource, socket.socket]) -> None:
    source, _ = bus
    first, second = source.read(0.0), source.read(0.01)
    assert len(first) == len(second) == 0
    assert first.until < second.until <= time.monotonic_ns()


def test_everything_that_came_before_the_end_of_a_cell_is_there_behind_it(
    bus: tuple[SocketCanSource, socket.socket],
) -> None:
    source, sender = bus
    for number in range(3000):
        sender.send(classic(number % 0x7FF, number.to_bytes(8, "little")))
    came: list[int] = []
    deadline = time.monotonic() + PATIENCE_S
    last = 0
    while len(came) < 3000:
        assert time.monotonic() < deadline
        batch = source.read(0.05)
        assert all(int(one) >= last for one in batch.time[:1])
        assert batch.until >= last
        last = batch.until
        came += [int.from_bytes(frame.payload, "little") for frame in batch.frames()]
    assert came == list(range(3000))


def test_a_kernel_without_can_says_so() -> None:
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW).close()
    except OSError:
        with pytest.raises(ConfigError, match=r"can:can0: this machine has no driver for it"):
            SocketCanSource(SourceSpec.parse("can:can0"))
    else:
        with closing(SocketCanSource(SourceSpec.parse("can:telltale9"))) as source, pytest.raises(BusDown):
            source.read(0.0)


def test_a_cell_is_looked_at_behind_its_end() -> None:
    cadence = Cadence.of_grid(100_000_000, 1_234_567_890_123)
    assert cadence.period_ns == 100_000_000
    for now_ns in range(0, 300_000_000, 7_777_777):
        moment = now_ns + cadence.wait_ns(now_ns)
        behind = (moment + 1_234_567_890_123) % 100_000_000
        assert 0 < behind <= 1_000_000
        assert 0 < moment - now_ns <= 100_000_000
    assert Cadence.of_grid(10_000_000, 0).period_ns == 10_000_000
    assert Cadence.of_grid(1_000_000_000, 5).period_ns == 100_000_000


def run_filter(program: list[tuple[int, int, int, int]], identifier: int) -> bool:
    """What the kernel does with the program, for a frame that begins with this word."""
    place, value = 0, 0
    while True:
        code, if_true, if_false, operand = program[place]
        place += 1
        if code == 0x20:
            value = int.from_bytes(struct.pack("=I", identifier), "big")
        elif code == 0x54:
            value &= operand
        elif code == 0x15:
            place += if_true if value == operand else if_false
        else:
            return operand > 0


def test_a_packet_socket_lets_through_what_a_can_socket_does() -> None:
    program = packet_filters(wanted_of(SourceSpec.parse("can:can0?only=123,18FEF100/1FFFFF00")))
    passes = [
        identifier
        for identifier in (0x123, 0x124, 0x8000_0123, 0x98FE_F1AA, 0x98FE_F2AA, 0x2000_0004, 0x4000_0123)
        if run_filter(program, identifier)
    ]
    assert passes == [0x123, 0x98FE_F1AA, 0x2000_0004, 0x4000_0123]
    assert packet_filters(()) == []


def test_where_only_frames_count_a_silence_is_waited_out() -> None:
    port = free_port()
    spec = SourceSpec.parse(f"can:{port}?ring=off")
    cadence = Cadence(1_000_000, at_once=True)
    with (
        closing(SocketCanSource(spec, kernel=UdpKernel(spec), cadence=cadence)) as source,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.connect(("127.0.0.1", port))
        begun = time.monotonic()
        assert len(source.read(0.05)) == 0
        assert time.monotonic() - begun >= 0.05
        for payload in (b"1", b"2"):
            sender.send(classic(0x123, payload))
            assert [one.payload for one in heard(source, bool)] == [payload]
            assert len(source.read(0.05)) == 0, "it has looked whether more come"
