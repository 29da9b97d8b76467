"""A source and a sink on python-can's virtual bus, within one process."""

from contextlib import closing

from edge.bus.interface import Interface
from edge.bus.pythoncan import PythonCanSource
from edge.bus.reader import Reader
from edge.bus.sink import open_sink
from edge.bus.spec import SourceSpec
from edge.frames import BIT_RATE_SWITCH, ERROR, EXTENDED, FD, REMOTE, Frame, FrameBatch

CHANNEL = "pythoncan:virtual:telltale-test"
DEADLINE_S = 5.0
SENT = [
    Frame(0, 0x123, b"\x01\x02", "v"),
    Frame(0, 0x18FEF100, bytes(8), "v", EXTENDED),
    Frame(0, 0x321, bytes(3), "v", REMOTE),
    Frame(0, 0x7FF, bytes(range(64)), "v", FD | BIT_RATE_SWITCH),
    Frame(0, 0x004, b"\0\1\0\0\0\0\0\0", "v", ERROR),
] * 100


def heard(batches: list[FrameBatch]) -> list[Frame]:
    return [Frame(0, frame.id, frame.payload, frame.bus, frame.flags) for part in batches for frame in part.frames()]


def test_every_kind_of_frame_crosses_the_bus_in_order() -> None:
    source = PythonCanSource(Interface.of(SourceSpec.parse(f"{CHANNEL}?name=v")))
    with closing(source), closing(open_sink(CHANNEL)) as sink:
        sink.send(FrameBatch.of(SENT))
        batch = source.read(DEADLINE_S)
        assert heard([batch]) == SENT
        assert source.counters["frames"] == len(SENT)
        assert source.counters["error_frames"] == source.counters["controller_overrun"] == 100
        assert source.counters["stamps_moved"] == 0
        quiet = source.read(0.01)
        assert (len(quiet), quiet.until > batch.until) == (0, True)


def test_a_reader_takes_from_it_until_it_is_stopped() -> None:
    reader = Reader("v", PythonCanSource(Interface.of(SourceSpec.parse(f"{CHANNEL}?name=v"))))
    reader.start()
    taken: list[FrameBatch] = []
    with closing(open_sink(CHANNEL)) as sink:
        for at in range(0, len(SENT), 50):
            sink.send(FrameBatch.of(SENT[at : at + 50]))
            taken.extend(reader.take(0.0))
    while len(heard(taken)) < len(SENT):
        fresh = reader.take(DEADLINE_S)
        assert fresh
        taken.extend(fresh)
    assert heard(taken) == SENT
    until = [part.until for part in taken]
    assert until == sorted(until)
    reader.stop()
    assert reader.counters["reader_queue_full"] == 0
