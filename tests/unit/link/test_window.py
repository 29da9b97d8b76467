"""The send window: nothing forgotten without an acknowledgement, never too much on its way, order kept."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.link.window import Due, SendWindow
from edge.wire.downlink import Ack, ack_of
from edge.wire.topics import Kind

NAME = "alert-0000000000000001"
OTHER = "alert-0000000000000002"
SIZE = 5
RESEND_S = 10.0
RESEND_MAX_S = 60.0


@dataclass(frozen=True)
class Sent:
    seq: int
    stream: str = NAME
    kind: Kind = Kind.ALERT
    payload: bytes = b""


def window() -> SendWindow:
    return SendWindow(SIZE, resend_s=RESEND_S, resend_max_s=RESEND_MAX_S)


def seqs(due: Iterable[Due]) -> list[int]:
    return [one.message.seq for one in due]


def loaded(*numbers: int) -> SendWindow:
    made = window()
    made.load([Sent(seq) for seq in numbers])
    return made


def test_what_is_loaded_is_due_at_once_and_in_order() -> None:
    made = loaded(1, 2, 4)
    assert (made.after_seq, made.room, len(made), made.stream) == (4, 2, 3, NAME)
    due = made.due(100.0)
    assert seqs(due) == [1, 2, 4]
    assert not any(one.again for one in due)
    assert made.due(100.0) == []


def test_it_is_due_again_after_a_while_then_after_longer_up_to_a_limit() -> None:
    made = loaded(1)
    pauses = []
    now_s = 0.0
    for _ in range(6):
        assert seqs(made.due(now_s)) == [1]
        at_s = made.next_due_s()
        assert at_s is not None
        assert made.due(at_s - 0.001) == []
        pauses.append(at_s - now_s)
        now_s = at_s
    assert pauses == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0]


def test_years_without_an_acknowledgement_do_no_harm() -> None:
    made = loaded(1)
    now_s = 0.0
    for _ in range(2000):
        assert len(made.due(now_s)) == 1
        now_s += RESEND_MAX_S


def test_what_goes_again_says_so() -> None:
    made = loaded(1)
    made.due(0.0)
    [due] = made.due(RESEND_S)
    assert due.again


def test_an_acknowledgement_makes_room() -> None:
    made = loaded(1, 2, 3, 4, 5)
    assert made.room == 0
    made.acknowledge(Ack(stream=NAME, upto=1, also=[(3, 3), (9, 99)]))
    assert made.room == 2
    assert seqs(made.due(0.0)) == [2, 4, 5]
    assert made.after_seq == 5


def test_nothing_is_due_when_all_is_acknowledged() -> None:
    made = loaded(1)
    made.acknowledge(Ack(stream=NAME, upto=1))
    assert made.next_due_s() is None


@pytest.mark.parametrize("renew", [False, True])
def test_another_streams_acknowledgement_is_ignored(renew: bool) -> None:
    made = loaded(1, 2)
    made.acknowledge(Ack(stream=OTHER, upto=2, renew=renew))
    assert (len(made), made.after_seq) == (2, 2)


def test_a_renewed_stream_is_read_from_its_beginning() -> None:
    made = loaded(7, 8)
    made.due(0.0)
    made.acknowledge(Ack(stream=NAME, upto=0, renew=True))
    assert (made.after_seq, made.room, made.stream) == (0, SIZE, "")
    made.load([Sent(1, OTHER), Sent(2, OTHER)])
    assert seqs(made.due(0.0)) == [1, 2]
    made.acknowledge(Ack(stream=NAME, upto=2))
    assert len(made) == 2


class AnyNetwork(RuleBasedStateMachine):
    """A window between an outbox and a cloud, with a network in between that does what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.window = window()
        self.put = 0
        self.stored: set[int] = set()
        self.now_s = 0.0
        self.first_sent: list[int] = []
        self.sent_since: dict[int, float] = {}

    @rule(more=st.integers(1, 12))
    def new_messages(self, more: int) -> None:
        self.put += more

    @rule()
    def load(self) -> None:
        waiting = [seq for seq in range(self.window.after_seq + 1, self.put + 1) if seq not in self.stored]
        self.window.load(Sent(seq) for seq in waiting[: self.window.room])

    @rule(passed_s=st.floats(0, 100))
    def send(self, passed_s: float) -> None:
        self.now_s += passed_s
        due = self.window.due(self.now_s)
        assert seqs(due) == sorted(seqs(due)), "in order, at first and again"
        self.first_sent += [one.message.seq for one in due if not one.again]
        self.sent_since.update(dict.fromkeys(seqs(due), self.now_s))

    @rule(spans=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 4)), max_size=4))
    def acknowledge(self, spans: list[tuple[int, int]]) -> None:
        ack = ack_of(NAME, [(first, first + more) for first, more in spans])
        self.stored |= {seq for seq in range(1, self.put + 1) if ack.covers(seq) and seq in self.sent_since}
        self.window.acknowledge(ack_of(NAME, [(seq, seq) for seq in self.stored]))

    @rule()
    def reconnect(self) -> None:
        self.window = window()
        self.first_sent.clear()

    @invariant()
    def never_too_much_on_its_way(self) -> None:
        assert len(self.window) <= SIZE
        assert self.window.room >= 0

    @invariant()
    def each_first_time_in_order(self) -> None:
        assert self.first_sent == sorted(set(self.first_sent))

    @invariant()
    def nothing_forgotten(self) -> None:
        on_its_way = {one.message.seq for one in self.window._on_their_way.values()}
        unread = set(range(self.window.after_seq + 1, self.put + 1))
        assert set(range(1, self.put + 1)) <= on_its_way | unread | self.stored
        assert not on_its_way & self.stored

    def teardown(self) -> None:
        """However it went, with a network that works the rest arrives."""
        for _ in range(self.put + 1):
            self.load()
            self.send(RESEND_MAX_S)
            self.stored |= {seq for seq, at_s in self.sent_since.items() if at_s == self.now_s}
            self.window.acknowledge(ack_of(NAME, [(seq, seq) for seq in self.stored]))
            if self.stored == set(range(1, self.put + 1)):
                break
        assert self.stored == set(range(1, self.put + 1))
        assert len(self.window) == 0


TestAnyNetwork = AnyNetwork.TestCase
