"""The outbox: numbered, durable, at most once per key, forgotten on the cloud's word only."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.outbox import Limits, Outbox
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import StreamClass
from edge.wire.messages import Alert
from edge.wire.topics import Kind
from tests.unit.outbox.postings import (
    acknowledge_all,
    alert,
    everything,
    memory_folder,
    numbers,
    open_outbox,
    renewing,
    stream_of,
    summary,
    telemetry,
)

ALERT, RECORD, BULK = StreamClass


def test_each_class_has_a_stream_and_numbers_of_its_own(outbox: Outbox) -> None:
    assert outbox.put([alert(1), summary(1), telemetry(1), alert(2)]) == 4
    alerts, records, blocks = (outbox.waiting(stream_class, 0, 10) for stream_class in StreamClass)
    assert [(message.seq, message.kind) for message in alerts] == [(1, Kind.ALERT), (2, Kind.ALERT)]
    assert [(message.seq, message.kind) for message in records] == [(1, Kind.SUMMARY)]
    assert [(message.seq, message.kind) for message in blocks] == [(1, Kind.TELEMETRY)]
    assert [found[0].stream.partition("-")[0] for found in (alerts, records, blocks)] == ["alert", "record", "bulk"]


def test_what_waits_is_what_was_put(outbox: Outbox) -> None:
    posting = telemetry(7, size=3000)
    outbox.put([posting])
    [uplink] = everything(outbox, BULK)
    assert (uplink.body, uplink.block) == (posting.body, posting.block)
    assert (uplink.observed_at, uplink.clock, uplink.seq) == (posting.observed_at, posting.clock, 1)


def test_what_waits_is_read_on_from_a_number(outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(1, 8)])
    assert [message.seq for message in outbox.waiting(ALERT, 2, 3)] == [3, 4, 5]
    assert outbox.waiting(ALERT, 7, 3) == []


def test_it_is_all_there_after_a_restart(path: Path) -> None:
    with closing(open_outbox(path)) as first:
        first.put([alert(1), summary(1)], remember={"open": b"alerts"})
        before = [first.waiting(stream_class, 0, 10) for stream_class in StreamClass]
        client_id = first.client_id
    with closing(open_outbox(path, start=100)) as second:
        assert [second.waiting(stream_class, 0, 10) for stream_class in StreamClass] == before
        assert (second.recall("open"), second.recall("shut"), second.notes) == (b"alerts", None, ())
        assert second.client_id == client_id


def test_a_client_id_is_the_vehicle_and_16_digits(outbox: Outbox) -> None:
    vehicle, _, digits = outbox.client_id.rpartition("-")
    assert (vehicle, len(digits)) == ("car-1", 16)


def test_a_number_is_never_given_twice(path: Path) -> None:
    with closing(open_outbox(path)) as first:
        first.put([alert(1), alert(2)])
        acknowledge_all(first)
        assert first.is_empty()
    with closing(open_outbox(path)) as second:
        second.put([alert(3)])
        assert [message.seq for message in second.waiting(ALERT, 0, 10)] == [3]


def test_a_key_is_queued_once_ever(path: Path) -> None:
    with closing(open_outbox(path)) as first:
        assert first.put([alert(1, key="a"), alert(1, key="a"), alert(2, key="b")]) == 2
        acknowledge_all(first)
    with closing(open_outbox(path)) as second:
        assert second.put([alert(1, key="a"), alert(3, key="c"), alert(4)]) == 2
        assert numbers(everything(second, ALERT)) == [3, 4]
        assert second.counters()["known"] == 1


def test_the_oldest_keys_make_room(path: Path) -> None:
    with closing(open_outbox(path, limits=Limits(keys=3))) as outbox:
        outbox.put([alert(number, key=str(number)) for number in range(5)])
        assert [outbox.put([alert(9, key=str(number))]) for number in (4, 3, 2, 0)] == [0, 0, 0, 1]


def test_what_is_remembered_is_written_with_the_messages_or_not_at_all(outbox: Outbox) -> None:
    outbox.put([alert(1)], remember={"open": b"1"})
    outbox.put([], remember={"open": b"2", "more": b"3"})
    assert (outbox.recall("open"), outbox.recall("more")) == (b"2", b"3")
    with pytest.raises(AttributeError):
        outbox.put([alert(2), None], remember={"open": b"4"})  # type: ignore[list-item]  # what a bug would do
    assert outbox.recall("open") == b"2"
    assert numbers(everything(outbox, ALERT)) == [1]


def test_nothing_to_put_is_no_transaction(outbox: Outbox) -> None:
    assert outbox.put([]) == 0


def test_an_acknowledgement_forgets_what_it_covers_and_nothing_else(outbox: Outbox) -> None:
    outbox.put([*(alert(number) for number in range(1, 10)), summary(1)])
    name = stream_of(outbox, ALERT)
    outbox.waiting(ALERT, 0, 9)
    assert outbox.acknowledge(Ack(stream=name, upto=2, also=[(4, 5), (8, 8)])) == 5
    assert [message.seq for message in outbox.waiting(ALERT, 0, 10)] == [3, 6, 7, 9]
    assert outbox.waiting_messages() == 5
    assert outbox.acknowledge(Ack(stream=name, upto=2, also=[(4, 5), (8, 8)])) == 0


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 6)), max_size=6))
def test_any_acknowledgement_leaves_exactly_what_it_does_not_cover(spans: list[tuple[int, int]]) -> None:
    with memory_folder() as folder, closing(open_outbox(folder / "outbox.db")) as outbox:
        outbox.put([alert(number) for number in range(1, 31)])
        messages = outbox.waiting(ALERT, 0, 30)
        ack = ack_of(messages[0].stream, [(first, first + more) for first, more in spans])
        forgotten = outbox.acknowledge(ack)
        left = [message.seq for message in outbox.waiting(ALERT, 0, 30)]
        assert left == [seq for seq in range(1, 31) if not ack.covers(seq)]
        assert forgotten == 30 - len(left)


def test_what_was_not_handed_out_cannot_be_acknowledged(outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(1, 6)])
    name = stream_of(outbox, ALERT)
    outbox.waiting(ALERT, 0, 3)
    assert outbox.acknowledge(Ack(stream=name, upto=2**63 - 1, also=[])) == 3
    assert [message.seq for message in outbox.waiting(ALERT, 0, 10)] == [4, 5]
    outbox.put([alert(6)])
    assert [message.seq for message in outbox.waiting(ALERT, 5, 10)] == [6], "numbers go on from our own"
    assert outbox.counters()["acks.ahead"] == 1


def test_an_unknown_stream_is_ignored_and_counted(outbox: Outbox) -> None:
    outbox.put([alert(1)])
    outbox.waiting(ALERT, 0, 1)
    assert outbox.acknowledge(Ack(stream="alert-ffffffffffffffff", upto=9, renew=True)) == 0
    assert outbox.waiting_messages() == 1
    assert outbox.counters()["acks.unknown_stream"] == 1


def test_a_renewed_class_sends_everything_again_in_a_new_stream_in_order(outbox: Outbox) -> None:
    outbox.put([*(alert(number) for number in range(1, 7)), summary(1), telemetry(1)])
    old = stream_of(outbox, ALERT)
    others = [outbox.waiting(stream_class, 0, 10) for stream_class in (RECORD, BULK)]
    outbox.waiting(ALERT, 0, 10)
    outbox.acknowledge(Ack(stream=old, upto=1, also=[(3, 4)]))
    assert outbox.acknowledge(Ack(stream=old, upto=6, renew=True)) == 0, "its ranges may be another card's"
    again = outbox.waiting(ALERT, 0, 10)
    assert [message.seq for message in again] == [1, 2, 3]
    assert len({message.stream for message in again} | {old}) == 2
    uplinks = everything(outbox, ALERT)
    assert numbers(uplinks) == [2, 5, 6]
    assert [(uplink.stream, uplink.seq) for uplink in uplinks] == [(message.stream, message.seq) for message in again]
    assert [outbox.waiting(stream_class, 0, 10) for stream_class in (RECORD, BULK)] == others


def test_a_stream_is_renewed_once(outbox: Outbox) -> None:
    outbox.put([alert(1)])
    old = stream_of(outbox, ALERT)
    outbox.acknowledge(renewing(old))
    new = stream_of(outbox, ALERT)
    outbox.acknowledge(renewing(old))
    assert stream_of(outbox, ALERT) == new
    assert outbox.counters()["renewed.alert"] == 1


def test_an_old_acknowledgement_does_not_reach_into_a_new_stream(outbox: Outbox) -> None:
    outbox.put([alert(1)])
    old = stream_of(outbox, ALERT)
    outbox.acknowledge(renewing(old))
    outbox.waiting(ALERT, 0, 10)
    assert outbox.acknowledge(Ack(stream=old, upto=1)) == 0
    assert numbers(everything(outbox, ALERT)) == [1]


def test_what_was_handed_out_of_an_old_stream_is_not_of_the_new_one(outbox: Outbox) -> None:
    outbox.put([alert(n) for n in range(5)])
    outbox.waiting(ALERT, 0, 5)
    outbox.acknowledge(renewing(stream_of(outbox, ALERT)))
    new = stream_of(outbox, ALERT)  # which hands out the first
    assert outbox.acknowledge(Ack(stream=new, upto=5)) == 1


def test_totals_follow_the_messages(outbox: Outbox) -> None:
    outbox.put([alert(1), alert(2), telemetry(1, size=5000)])
    size = sum(len(message.payload) for stream_class in StreamClass for message in outbox.waiting(stream_class, 0, 9))
    counters = outbox.counters()
    assert (counters["waiting.alert"], counters["waiting.record"], counters["waiting.bulk"]) == (2, 0, 1)
    assert counters["bytes"] == size
    outbox.acknowledge(renewing(stream_of(outbox, BULK)))
    outbox.put([telemetry(number) for number in range(20)])
    acknowledge_all(outbox)
    assert outbox.counters()["bytes"] == 0
    assert outbox.is_empty()


def test_one_thread_puts_while_another_sends_and_forgets(outbox: Outbox) -> None:
    total = 300
    received: list[int] = []
    done = threading.Event()

    def send() -> None:
        after = 0
        while len(received) < total and not done.wait(0):
            for message in outbox.waiting(ALERT, after, 20):
                after = message.seq
                received.append(after)
                outbox.acknowledge(ack_of(message.stream, [(1, after)]))

    sender = threading.Thread(target=send, name="sender")
    sender.start()
    try:
        for number in range(0, total, 3):
            outbox.put([alert(number), alert(number + 1), alert(number + 2)])
        sender.join(timeout=30)
    finally:
        done.set()
        sender.join()
    assert received == list(range(1, total + 1))
    assert outbox.is_empty()


def test_a_body_of_each_message_is_its_own(outbox: Outbox) -> None:
    outbox.put([alert(number) for number in range(5)])
    bodies = [uplink.body for uplink in everything(outbox, ALERT)]
    assert all(isinstance(body, Alert) for body in bodies)
    assert numbers(everything(outbox, ALERT)) == list(range(5))
