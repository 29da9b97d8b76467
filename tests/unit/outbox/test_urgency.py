"""What is sent next: as numbered while all of it fits; with a backlog the newest block, the most important record."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox import Limits, Outbox
from edge.outbox.urgency import FIRST
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.ranges import to_ranges
from edge.wire.topics import Kind
from tests.unit.outbox.postings import alert, any_of, memory_folder, open_outbox, summary, telemetry

ALERT, RECORD, BULK = StreamClass
POSTABLE = [kind for kind in Kind if STREAM_OF[kind] is RECORD and kind is not Kind.GAP]


def seqs(outbox: Outbox, stream_class: StreamClass, taken: Sequence[int], limit: int) -> list[int]:
    return [message.seq for message in outbox.worth_most(stream_class, to_ranges(taken), limit)]


def test_without_a_backlog_blocks_go_as_numbered(outbox: Outbox) -> None:
    outbox.put([telemetry(number) for number in range(4)])
    assert seqs(outbox, BULK, [], 4) == [1, 2, 3, 4]
    assert seqs(outbox, BULK, [2], 3) == [1, 3, 4]


def test_with_a_backlog_the_newest_block_goes_first(outbox: Outbox) -> None:
    outbox.put([telemetry(number) for number in range(9)])
    assert seqs(outbox, BULK, [], 4) == [9, 8, 7, 6]
    assert seqs(outbox, BULK, [6, 8, 9], 1) == [7]
    outbox.put([telemetry(9)])
    assert seqs(outbox, BULK, [6, 7, 8, 9], 2) == [10, 5]
    assert seqs(outbox, BULK, [5, 6, 7, 8, 9, 10], 4) == [1, 2, 3, 4], "the backlog is over"
    assert seqs(outbox, BULK, range(1, 11), 4) == []


def test_with_a_backlog_the_most_important_record_goes_first(outbox: Outbox) -> None:
    assert FIRST[0] is Kind.GAP
    kinds = [Kind.HEALTH, Kind.SUMMARY, Kind.POSITION, Kind.TRIP, Kind.SUMMARY, Kind.REPORTED, Kind.RESULT, Kind.DTC]
    outbox.put([any_of(kind, number) for number, kind in enumerate(kinds)])
    told = [message.kind for message in outbox.worth_most(RECORD, [], 7)]
    assert told == ["dtc", "result", "reported", "trip", "summary", "summary", "position"]
    assert [message.kind for message in outbox.worth_most(RECORD, [], 8)] == kinds


def test_a_loss_is_told_before_what_waits_longer(path: Path) -> None:
    with closing(open_outbox(path, limits=Limits(messages=20))) as outbox:
        outbox.put([summary(number) for number in range(25)])
        assert [message.kind for message in outbox.worth_most(RECORD, [], 2)] == [Kind.GAP, Kind.SUMMARY]


def test_alerts_keep_their_order_whoever_asks(outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(9)])
    assert seqs(outbox, ALERT, [], 3) == [1, 2, 3]
    assert seqs(outbox, ALERT, [1, 2, 3], 3) == [4, 5, 6]


def test_what_cannot_be_read_is_passed_over_and_told(outbox: Outbox) -> None:
    outbox.put([telemetry(number) for number in range(9)])
    outbox._disk.db.execute("UPDATE message SET payload = zeroblob(9) WHERE seq BETWEEN 6 AND 9")
    assert seqs(outbox, BULK, [], 3) == [5, 4], "three were damaged, so the next were asked for, of which one is"
    assert outbox.counters()["lost.unreadable.telemetry"] == 4


def test_what_cannot_be_read_nor_deleted_stops_nobody(outbox: Outbox) -> None:
    outbox.put([telemetry(number) for number in range(3)])
    outbox._disk.db.execute("UPDATE message SET payload = zeroblob(9)")
    outbox._disk.db.execute("PRAGMA query_only = ON")
    assert seqs(outbox, BULK, [], 2) == []


def test_only_what_was_handed_out_may_be_forgotten(outbox: Outbox) -> None:
    """The highest number handed out says nothing of those below it: they may be known of a copy of this card."""
    outbox.put([telemetry(number) for number in range(9)])
    stream = outbox.worth_most(BULK, [], 2)[0].stream
    assert outbox.acknowledge(Ack(stream=stream, upto=9)) == 2
    assert outbox.counters().get("acks.ahead", 0) == 0
    assert seqs(outbox, BULK, [], 9) == [1, 2, 3, 4, 5, 6, 7]


@given(st.lists(st.sampled_from(POSTABLE), max_size=30), st.sets(st.integers(1, 30)), st.integers(1, 12))
def test_never_what_is_taken_never_too_much_and_never_less_than_there_is(
    kinds: list[Kind], taken: set[int], limit: int
) -> None:
    with memory_folder() as folder, closing(open_outbox(folder / "outbox.db")) as outbox:
        outbox.put([any_of(kind, number) for number, kind in enumerate(kinds)])
        found = outbox.worth_most(RECORD, to_ranges(taken), limit)
        free = {seq: kind for seq, kind in enumerate(kinds, 1) if seq not in taken}
        if len(free) <= limit:
            expected = sorted(free)
        else:
            expected = sorted(free, key=lambda seq: (FIRST.index(free[seq]), seq))[:limit]
        assert [message.seq for message in found] == expected
        for message in found:
            outbox.acknowledge(ack_of(message.stream, [(message.seq, message.seq)]))
        assert outbox.waiting_messages() == len(kinds) - len(found)


@pytest.mark.parametrize("stream_class", StreamClass)
def test_an_empty_class_has_nothing_worth_sending(outbox: Outbox, stream_class: StreamClass) -> None:
    assert seqs(outbox, stream_class, [], 4) == []
