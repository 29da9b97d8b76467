"""Whatever a vehicle answers and whatever happens to its bus, what we send is harmless, and its time bounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.diagnostics.budget import Budget
from edge.diagnostics.can_asker import CanAsker
from edge.diagnostics.cars import CarSurveyor
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line, News, NotNow
from edge.diagnostics.opening import frozen_values
from edge.diagnostics.permission import Permission
from edge.diagnostics.poller import Poller, Rates, Told
from edge.diagnostics.standing import LineStanding
from edge.diagnostics.watch import Manners, Signs, Silence, Watch
from edge.errors import BusDown
from edge.frames import EXTENDED, NANOSECONDS, Frame, FrameBatch
from tests.simulated_port import ScriptedPort
from tests.unit.diagnostics.harmless import is_harmless

S = NANOSECONDS
OFTEN = Rates(identity_s=2.0, codes_s=2.0, discover_s=3.0, search_s=0.5)


class Torn(ScriptedPort):
    """A bus that is gone for a while, in the middle of whatever."""

    def __init__(self, *, gone_from_s: float, gone_until_s: float) -> None:
        super().__init__(lambda _: [Frame(0, 0x7E8, bytes.fromhex("064100983b801100"))])
        self._gone = range(round(gone_from_s * S), round(gone_until_s * S))
        self.tried = 0

    def send(self, batch: FrameBatch) -> None:
        self._fail()
        super().send(batch)

    def heard(self, wait_s: float) -> FrameBatch:
        batch = super().heard(wait_s)
        self._fail()
        return batch

    def _fail(self) -> None:
        if self.now_ns() in self._gone:
            self.tried += 1
            self.pass_time(0.05)
            raise BusDown("unplugged")


def polled(port: ScriptedPort, seconds: float, *, load_bits: int = 10_000) -> tuple[Poller, Line, list[Told]]:
    """A poller on a bus whose traffic another reads, for so long."""
    line = Line(
        port, Permission(), Watch(Manners(asks=True), bitrate=500_000), Budget(500_000), monotonic_ns=port.now_ns
    )
    last = [-S]

    def news() -> News:
        now_ns = port.now_ns()
        since, last[0] = now_ns - last[0], now_ns
        return News(1, now_ns, load_bits * since // S, Signs(now_ns, engine_rpm=800.0))

    line.listen_to(news)
    askers = [CanAsker(line, LibraryAssembly(line), extended=extended) for extended in (False, True)]
    told: list[Told] = []
    poller = Poller(CarSurveyor(askers, frozen=frozen_values), LineStanding(line), tell=told.append, rates=OFTEN)
    while port.now_ns() < seconds * S:
        poller.step(wait_s=0.2)
    return poller, line, told


PAYLOADS = st.one_of(
    st.binary(max_size=8),
    st.tuples(st.integers(0, 7), st.sampled_from([0x41, 0x42, 0x43, 0x47, 0x49, 0x4A, 0x7F])).flatmap(
        lambda head: st.binary(min_size=6, max_size=6).map(lambda rest: bytes(head) + rest)
    ),
    st.tuples(st.just(0x10), st.integers(8, 255), st.sampled_from([0x43, 0x49])).flatmap(
        lambda head: st.binary(min_size=5, max_size=5).map(lambda rest: bytes(head) + rest)
    ),
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from([*range(0x7E8, 0x7F0), 0x18DAF110, 0x18DAF1FF]), PAYLOADS), min_size=1, max_size=30
)


@settings(max_examples=60)
@given(ANSWERS)
def test_a_vehicle_that_answers_anything_is_asked_nothing_harmful(answers: list[tuple[int, bytes]]) -> None:
    turn = [0]

    def say(_: Frame) -> list[Frame]:
        turn[0] += 1
        chosen = [answers[(turn[0] + place) % len(answers)] for place in range(turn[0] % 4)]
        return [Frame(0, one, payload, flags=EXTENDED if one > 0x7FF else 0) for one, payload in chosen]

    port = ScriptedPort(say)
    polled(port, 12)
    assert port.sent
    assert all(is_harmless(frame) for frame in port.sent)
    assert len(port.sent) <= 12 * 185, "never more than the budget, whatever they begin"


@settings(max_examples=30)
@given(st.floats(0, 4), st.floats(0.1, 6))
def test_unplugged_in_the_middle_it_rests_and_goes_on_when_the_bus_is_back(begin_s: float, long_s: float) -> None:
    port = Torn(gone_from_s=begin_s, gone_until_s=begin_s + long_s)
    poller, _, _ = polled(port, begin_s + long_s + 10)
    assert poller.down is None
    assert port.sent[-1].time is not None
    assert port.now_ns() - last_sent_ns(port) < 8 * S


def last_sent_ns(port: ScriptedPort) -> int:
    return port.sent_at[-1]


def test_beside_a_load_of_ninety_percent_nothing_is_added() -> None:
    port = ScriptedPort(lambda _: [])
    poller, line, _ = polled(port, 5, load_bits=450_000)
    assert poller.why is Silence.BUS_BUSY
    assert len(port.sent) <= 2, "before the first second was counted"
    with pytest.raises(NotNow, match="bus_busy"):
        CanAsker(line, LibraryAssembly(line)).ask(b"\x01\x00")


def test_a_full_bus_is_a_bad_install_at_once() -> None:
    port = ScriptedPort(lambda _: [])
    port.full_after = 1
    poller, line, _ = polled(port, 30)
    assert len(port.sent) == 1
    assert "nobody takes what we send" in (line.watch.bad_install or "")
    assert poller.why is Silence.BAD_INSTALL
