"""The outbox in memory is the outbox: its own tests hold for it. And it counts."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from edge.fleet.spool import LIMITS, Spool
from edge.outbox import Limits
from edge.wire.downlink import Ack, ack_of
from edge.wire.envelope import StreamClass
from edge.wire.messages import Gap
from edge.wire.topics import Kind
from tests.unit.outbox.postings import acknowledge_all, alert, everything, renewing, stream_of, summary, telemetry
from tests.unit.outbox.test_outbox import (  # each of them asks for `outbox`, and gets the one below
    test_a_body_of_each_message_is_its_own,
    test_a_client_id_is_the_vehicle_and_16_digits,
    test_a_renewed_class_sends_everything_again_in_a_new_stream_in_order,
    test_a_stream_is_renewed_once,
    test_an_acknowledgement_forgets_what_it_covers_and_nothing_else,
    test_an_old_acknowledgement_does_not_reach_into_a_new_stream,
    test_an_unknown_stream_is_ignored_and_counted,
    test_each_class_has_a_stream_and_numbers_of_its_own,
    test_nothing_to_put_is_no_transaction,
    test_one_thread_puts_while_another_sends_and_forgets,
    test_totals_follow_the_messages,
    test_what_is_remembered_is_written_with_the_messages_or_not_at_all,
    test_what_waits_is_read_on_from_a_number,
    test_what_waits_is_what_was_put,
    test_what_was_handed_out_of_an_old_stream_is_not_of_the_new_one,
    test_what_was_not_handed_out_cannot_be_acknowledged,
)

__all__ = [
    "test_a_body_of_each_message_is_its_own",
    "test_a_client_id_is_the_vehicle_and_16_digits",
    "test_a_renewed_class_sends_everything_again_in_a_new_stream_in_order",
    "test_a_stream_is_renewed_once",
    "test_an_acknowledgement_forgets_what_it_covers_and_nothing_else",
    "test_an_old_acknowledgement_does_not_reach_into_a_new_stream",
    "test_an_unknown_stream_is_ignored_and_counted",
    "test_each_class_has_a_stream_and_numbers_of_its_own",
    "test_nothing_to_put_is_no_transaction",
    "test_one_thread_puts_while_another_sends_and_forgets",
    "test_totals_follow_the_messages",
    "test_what_is_remembered_is_written_with_the_messages_or_not_at_all",
    "test_what_waits_is_read_on_from_a_number",
    "test_what_waits_is_what_was_put",
    "test_what_was_handed_out_of_an_old_stream_is_not_of_the_new_one",
    "test_what_was_not_handed_out_cannot_be_acknowledged",
]
ALERT, RECORD, BULK = StreamClass


@pytest.fixture
def outbox() -> Iterator[Spool]:
    """Instead of one in a file."""
    with closing(Spool.in_memory("car-1")) as made:
        yield made


def test_two_never_share_a_stream_or_a_message(outbox: Spool) -> None:
    with closing(Spool.in_memory("car-1")) as other:
        outbox.put([alert(1)])
        assert other.is_empty()
        other.put([alert(2)])
        assert stream_of(outbox, ALERT) != stream_of(other, ALERT)
        assert outbox.client_id != other.client_id


def test_what_is_put_sent_and_acknowledged_is_counted_once(outbox: Spool) -> None:
    outbox.put([alert(1), alert(2), summary(1)])
    assert (outbox.queued, outbox.sent) == ({Kind.ALERT: 2, Kind.SUMMARY: 1}, 0)
    first = outbox.waiting(ALERT, 0, 1)
    assert outbox.sent == 1
    outbox.waiting(ALERT, 0, 10)
    outbox.waiting(ALERT, 0, 10)
    assert outbox.sent == 2, "what is asked for again is not sent anew"
    outbox.acknowledge(ack_of(first[0].stream, [(1, 1)]))
    outbox.acknowledge(ack_of(first[0].stream, [(1, 1)]))
    assert outbox.acknowledged == 1
    acknowledge_all(outbox)
    assert (outbox.sent, outbox.acknowledged) == (3, 3)


def test_a_renewed_stream_is_sent_anew(outbox: Spool) -> None:
    outbox.put([alert(1), alert(2)])
    outbox.waiting(ALERT, 0, 10)
    outbox.acknowledge(renewing(stream_of(outbox, ALERT)))
    outbox.waiting(ALERT, 0, 10)
    assert (outbox.sent, outbox.acknowledged) == (4, 0)
    outbox.acknowledge(Ack(stream=stream_of(outbox, ALERT), upto=2))
    assert outbox.acknowledged == 2


def test_it_is_bounded_and_tells_what_it_lost() -> None:
    assert (LIMITS.messages, LIMITS.bytes) <= (1000, 2_000_000), "of thousands of vehicles"
    with closing(Spool.in_memory("car-1", limits=Limits(messages=10, bytes=100_000, keys=10))) as outbox:
        outbox.put([telemetry(number) for number in range(25)])
        assert outbox.waiting_messages() == 10
        [gap] = [uplink.body for uplink in everything(outbox, RECORD) if isinstance(uplink.body, Gap)]
        assert gap.ranges == [(1, 15)]
        assert outbox.counters()["lost.evicted.telemetry"] == 15
        acknowledge_all(outbox)
        assert outbox.acknowledged == 10 + 1
        assert outbox.is_empty()
