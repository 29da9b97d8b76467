"""A connector behind a gateway is tried with four questions at most, and with none where that could harm."""

from collections.abc import Callable

import pytest

from edge.diagnostics.budget import Budget
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.probe import KINDS, Found, probe
from edge.diagnostics.watch import Manners, Signs, Watch
from edge.frames import ERROR, EXTENDED, Frame
from tests.simulated_port import ScriptedPort

AWAKE = Signs(0, volts=13.9)
PROTOCOL_ERROR = Frame(0, 0x08, bytes(8), flags=ERROR)


class Connector:
    """What stands behind the plug, by bit rate."""

    def __init__(
        self, answers: Callable[[int, Frame], list[Frame]], *, heard: list[Frame] | None = None, speaks_at: int = 0
    ) -> None:
        """`heard`: what is there, at this one bit rate if one is given."""
        self.answers = answers
        self.heard = heard or []
        self.speaks_at = speaks_at
        self.ports: list[tuple[int, ScriptedPort]] = []
        self.took_part: list[int] = []
        """Bit rates at which the controller could disturb."""

    def open_at(self, bitrate: int, *, listens_only: bool) -> Line:
        heard = self.heard if self.speaks_at in {0, bitrate} else []
        port = ScriptedPort(lambda frame: self.answers(bitrate, frame), heard=heard)
        self.took_part += [] if listens_only else [bitrate]
        self.ports.append((bitrate, port))
        watch = Watch(Manners(asks=True, gateway=True), bitrate=bitrate)
        return Line(port, Permission(), watch, Budget(bitrate), monotonic_ns=port.now_ns)

    @property
    def sent(self) -> list[tuple[int, Frame]]:
        return [(bitrate, frame) for bitrate, port in self.ports for frame in port.sent]


def answering_at(bitrate: int, *, extended: bool) -> Callable[[int, Frame], list[Frame]]:
    def answers(at: int, asked: Frame) -> list[Frame]:
        if at != bitrate or bool(asked.flags & EXTENDED) != extended:
            return []
        identifier = 0x18DAF110 if extended else 0x7E8
        return [Frame(0, identifier, bytes.fromhex("064100be3fa81300"), flags=asked.flags)]

    return answers


@pytest.mark.parametrize("place", range(4))
def test_the_kind_that_answers_is_found_and_nothing_is_asked_beyond(place: int) -> None:
    kind = KINDS[place]
    connector = Connector(answering_at(kind.bitrate, extended=kind.extended))
    found = probe(connector.open_at, AWAKE)
    assert (found.kind, [unit.name for unit in found.units]) == (kind, ["18DAF110" if kind.extended else "7E8"])
    assert found.tried == KINDS[: place + 1]
    assert [frame.payload[:3].hex() for _, frame in connector.sent] == ["020100"] * (place + 1)
    assert all(len(frame.payload) == 8 for _, frame in connector.sent)
    assert all(port.closed for _, port in connector.ports)


def test_where_nobody_answers_four_frames_were_sent() -> None:
    connector = Connector(lambda *_: [])
    assert probe(connector.open_at, AWAKE) == Found(None, (), KINDS)
    assert len(connector.sent) == 4


@pytest.mark.parametrize("signs", [Signs(0), Signs(0, volts=12.6), Signs(0, engine_rpm=0.0, ignition=False)])
def test_a_vehicle_that_does_not_show_that_it_is_awake_is_not_asked(signs: Signs) -> None:
    connector = Connector(lambda *_: [])
    assert probe(connector.open_at, signs) == Found(None, (), (), "asleep")
    assert not connector.took_part
    assert not connector.sent


def test_the_first_error_ends_it() -> None:
    connector = Connector(lambda *_: [PROTOCOL_ERROR])
    found = probe(connector.open_at, AWAKE)
    assert found.tried == KINDS[:1]
    assert "destroyed" in found.why
    assert len(connector.sent) == 1


def test_a_bus_that_speaks_by_itself_is_not_tried() -> None:
    connector = Connector(lambda *_: [], heard=[Frame(0, 0x201, bytes(8))])
    assert "speaks by itself" in probe(connector.open_at, AWAKE).why
    assert not connector.sent


@pytest.mark.parametrize("bitrate", [500_000, 250_000])
def test_before_every_bit_rate_was_listened_to_nothing_takes_part_in_the_bus(bitrate: int) -> None:
    connector = Connector(lambda *_: [], heard=[Frame(0, 0x201, bytes(8))], speaks_at=bitrate)
    assert "speaks by itself" in probe(connector.open_at, AWAKE).why
    assert not connector.took_part
    assert all(port.closed for _, port in connector.ports)


def test_where_listening_meets_errors_nothing_is_sent() -> None:
    connector = Connector(lambda *_: [], heard=[PROTOCOL_ERROR])
    assert "bit rate is another" in probe(connector.open_at, AWAKE).why
    assert not connector.sent
