"""Outbox, windows and a cloud with any network between: each posting is stored once and forgotten, nothing is lost."""

from collections import defaultdict
from datetime import datetime
from itertools import count
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge.link.window import SendWindow
from edge.wire.codec import decode
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import StreamClass, stream_class
from edge.wire.topics import Kind
from tests.unit.outbox.postings import ADDRESS, any_of, memory_folder, open_outbox

SIZES: Final = {StreamClass.ALERT: 5, StreamClass.RECORD: 4, StreamClass.BULK: 2}
RESEND_S: Final = 10.0
PUT: Final = [kind for kind in Kind if kind is not Kind.GAP]
Place = tuple[str, int]
Posted = tuple[Kind, datetime]
"""What tells a posting from every other, whatever number it has."""


class AnyNetwork(RuleBasedStateMachine):
    """What is sent may come, come twice, late, or never; acknowledgements likewise; anybody may be restarted."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = memory_folder()
        self.path = self._folder.__enter__() / "outbox.db"
        self.born = count(1, 1000)
        self.outbox = open_outbox(self.path, start=next(self.born))
        self.numbers = count(1)
        self.put: set[Posted] = set()
        self.sent: dict[Place, bytes] = {}
        """Whatever was sent, ever: the network may bring any of it at any time."""
        self.stored: defaultdict[str, dict[int, Posted]] = defaultdict(dict)
        """What the cloud has, by stream."""
        self.said: list[Ack] = []
        self.now_s = 0.0
        self.connect()

    def teardown(self) -> None:
        """However it went, with a network that works the rest arrives, and the outbox is empty."""
        for _ in range(len(self.put) + 3):
            self.now_s += 1000.0
            self.send()
            for place in list(self.sent):
                self.deliver(place)
            for stream in list(self.stored):
                self.hear(self.ack(stream))
            if self.outbox.is_empty():
                break
        assert self.outbox.is_empty()
        assert self.arrived() == self.put
        assert all(window.room == SIZES[served] for served, window in self.windows.items())
        self.outbox.close()
        self._folder.__exit__(None, None, None)

    @rule()
    def connect(self) -> None:
        self.windows = {
            served: SendWindow(size, resend_s=RESEND_S, resend_max_s=RESEND_S) for served, size in SIZES.items()
        }

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = open_outbox(self.path, start=next(self.born))
        self.connect()

    @rule(kinds=st.lists(st.sampled_from(PUT), min_size=1, max_size=12))
    def new(self, kinds: list[Kind]) -> None:
        postings = [any_of(kind, next(self.numbers)) for kind in kinds]
        self.outbox.put(postings)
        self.put |= {(posting.body.kind, posting.observed_at) for posting in postings}

    @rule(passed_s=st.sampled_from([0.0, 1.0, RESEND_S]))
    def send_some(self, passed_s: float) -> None:
        self.now_s += passed_s
        self.send()

    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        if self.sent:
            for place in data.draw(st.lists(st.sampled_from(sorted(self.sent)), max_size=8)):
                self.deliver(place)

    @rule(data=st.data(), unwritten=st.booleans())
    def acknowledge(self, data: st.DataObject, unwritten: bool) -> None:
        if self.stored:
            ack = self.ack(data.draw(st.sampled_from(sorted(self.stored))))
            self.said.append(ack)
            self.hear(ack, unwritten=unwritten)

    @rule(data=st.data())
    def an_old_acknowledgement_comes_late(self, data: st.DataObject) -> None:
        if self.said:
            self.hear(data.draw(st.sampled_from(self.said)))

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        if self.sent:
            stream, _ = data.draw(st.sampled_from(sorted(self.sent)))
            self.hear(Ack(stream=stream, upto=2**62, renew=True))

    @rule()
    def an_acknowledgement_of_what_was_not_handed_out(self) -> None:
        """Of a copy of this card, which has sent other messages under the numbers that still wait here."""
        self.restart()
        streams = dict(self.outbox._disk.db.execute("SELECT class, name FROM stream"))
        before = self.outbox.waiting_messages()
        for name in streams.values():
            self.outbox.acknowledge(Ack(stream=name, upto=2**62))
        assert self.outbox.waiting_messages() == before

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.outbox.waiting_messages() >= len(self.put - self.arrived())

    def arrived(self) -> set[Posted]:
        return {posted for messages in self.stored.values() for posted in messages.values()}

    def send(self) -> None:
        for served, window in self.windows.items():
            if window.room:
                if served is StreamClass.ALERT:
                    window.load(self.outbox.waiting(served, window.after_seq, window.room))
                else:
                    window.load(self.outbox.worth_most(served, window.taken, window.room))
            for due in window.due(self.now_s):
                place, payload = (due.message.stream, due.message.seq), due.message.payload
                assert self.sent.setdefault(place, payload) == payload, "one number never carries two bodies"
            assert window.room >= 0

    def deliver(self, place: Place) -> None:
        kind = next(kind for kind in Kind if f'"schema":"{kind}/'.encode() in self.sent[place])
        self.stored[place[0]][place[1]] = (kind, decode(ADDRESS.up(kind), self.sent[place]).observed_at)

    def ack(self, stream: str) -> Ack:
        return ack_of(stream, [(seq, seq) for seq in self.stored[stream]])

    def hear(self, ack: Ack, *, unwritten: bool = False) -> None:
        """As the exchange does; `unwritten`: the disk takes nothing just now."""
        if not (unwritten and not ack.renew):
            self.outbox.acknowledge(ack)
        self.windows[stream_class(ack.stream)].acknowledge(ack, forgotten=not unwritten)


AnyNetwork.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyNetwork = AnyNetwork.TestCase


def test_what_the_outbox_could_not_forget_is_not_sent_again_and_again() -> None:
    window = SendWindow(2, resend_s=RESEND_S, resend_max_s=RESEND_S)
    with memory_folder() as folder:
        outbox = open_outbox(folder / "outbox.db")
        outbox.put([any_of(Kind.TELEMETRY, number) for number in range(5)])
        window.load(outbox.worth_most(StreamClass.BULK, window.taken, 2))
        stream = window.stream
        window.acknowledge(Ack(stream=stream, upto=0, also=[(4, 5)]), forgotten=False)
        assert (window.taken, window.room) == ([(4, 5)], 2)
        window.load(outbox.worth_most(StreamClass.BULK, window.taken, window.room))
        assert window.taken == [(2, 5)]
        ack = Ack(stream=stream, upto=0, also=[(2, 5)])
        assert outbox.acknowledge(ack) == 4
        window.acknowledge(ack)
        assert window.taken == []
        outbox.close()
