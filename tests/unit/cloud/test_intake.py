"""Exactly once, whatever comes: the inbox's promise, on a real database."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alerts.store import alert_timeline, alerts
from cloud.inbox import aside_store, store
from cloud.inbox.model import Arrival
from cloud.inbox.store import SEQ_MAX
from edge.wire.downlink import ACK_RANGES_MAX
from edge.wire.envelope import StreamClass
from edge.wire.errors import Reason
from edge.wire.messages import Body
from edge.wire.ranges import to_ranges
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud, with_inbox
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker

VAN = Speaker()
ALERTS = VAN.stream(StreamClass.ALERT)
RECORDS = VAN.stream(StreamClass.RECORD)


def broken(topic: str = VAN.address.up(says.alert().kind), payload: bytes = b"{") -> Arrival:
    return Arrival(topic, payload, T0)


def changed(arrival: Arrival, **fields: object) -> Arrival:
    """The same message with other fields in its envelope."""
    return Arrival(arrival.topic, json.dumps({**json.loads(arrival.payload), **fields}).encode(), T0)


def test_what_comes_twice_is_stored_once_and_acknowledged_twice(cloud: Cloud) -> None:
    message = VAN.say(says.alert(), 1)
    [first] = cloud.take(message, message)
    [second] = cloud.take(message)
    assert (first.stream, first.upto, first.also, first.renew) == (ALERTS, 1, [], False)
    assert second == first
    assert len(cloud.rows(alerts)) == len(cloud.rows(alert_timeline)) == len(cloud.rows(store.receipts)) == 1
    assert cloud.counts() == {"messages_new": 1, "messages_repeated": 2, "notices": 1, "notices_to_nobody": 1}


def test_an_acknowledgement_that_was_lost_is_given_again_from_the_database(tmp_path: Path) -> None:
    with open_cloud(tmp_path) as dies_before_it_answers:
        dies_before_it_answers.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(2), 2))
    with open_cloud(tmp_path) as restarted:
        [ack] = restarted.take(VAN.say(says.alert(2), 2))
        assert ack.upto == 2
        assert len(restarted.rows(alerts)) == 2


@settings(max_examples=60)
@given(
    batches=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=8), min_size=1, max_size=8),
    gaps=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=2),
)
def test_an_acknowledgement_names_exactly_what_is_stored(batches: list[list[int]], gaps: list[tuple[int, int]]) -> None:
    stored: set[int] = set()
    with open_cloud() as cloud:
        for place, (first, length) in enumerate(gaps, start=1):
            acks = cloud.take(VAN.say(says.gap(ALERTS, (first, first + length)), place))
            stored |= set(range(first, first + length + 1))
            assert {ack.stream for ack in acks} == {ALERTS, RECORDS}
        for batch in batches:
            stored |= set(batch)
            [ack] = cloud.take(*(VAN.say(says.alert(seq), seq) for seq in batch))
            upto = [] if ack.upto == 0 else [(1, ack.upto)]
            assert [*upto, *ack.also] == to_ranges(stored)
        assert len(cloud.rows(alerts)) == len({seq for batch in batches for seq in batch})
        assert ranges_of(cloud, ALERTS) == to_ranges(stored), "kept in the fewest ranges"


def ranges_of(cloud: Cloud, stream: str) -> list[tuple[int, int]]:
    [number] = [row["id"] for row in cloud.rows(store.streams) if row["stream"] == stream]
    return sorted((row["first"], row["last"]) for row in cloud.rows(store.stream_ranges) if row["stream"] == number)


def test_an_acknowledgement_is_bounded_and_names_the_lowest_numbers(cloud: Cloud) -> None:
    odd = [1 + 2 * n for n in range(ACK_RANGES_MAX + 20)]
    [ack] = cloud.take(*(VAN.say(says.alert(seq), seq) for seq in odd))
    assert ack.upto == 1
    assert ack.also == [(seq, seq) for seq in odd[1 : ACK_RANGES_MAX + 1]]


def test_beyond_its_bounds_an_acknowledgement_names_what_it_answers(cloud: Cloud) -> None:
    """Else a vehicle that sends what matters first, hence with holes, would never hear of what it has just sent."""
    odd = [1 + 2 * n for n in range(2 * ACK_RANGES_MAX)]
    cloud.take(*(VAN.say(says.alert(seq), seq) for seq in odd))
    for seq in (odd[-1], odd[-1] + 2):
        [ack] = cloud.take(VAN.say(says.alert(seq), seq))
        assert ack.covers(seq)
        assert (ack.upto, ack.also[:3], len(ack.also)) == (1, [(3, 3), (5, 5), (7, 7)], ACK_RANGES_MAX)
        assert ack.also == sorted(ack.also)


def test_each_vehicle_and_each_stream_has_its_own_numbers(cloud: Cloud) -> None:
    same_name_elsewhere = Speaker(fleet="south")
    replies = cloud.intake.take(
        [
            VAN.say(says.alert(1), 1),
            VAN.say(says.trip(), 1),
            same_name_elsewhere.say(says.alert(2), 1),
            Speaker("van-8").say(says.alert(3), 1),
        ]
    )
    assert [reply.topic for reply in replies] == [
        "telltale/v1/north/van-7/down/ack",
        "telltale/v1/north/van-7/down/ack",
        "telltale/v1/south/van-7/down/ack",
        "telltale/v1/north/van-8/down/ack",
    ]
    assert len(cloud.rows(alerts)) == 3


def test_a_number_used_for_another_message_is_quarantined_and_a_new_stream_asked_for(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(2), 2))
    [ack] = cloud.take(VAN.say(says.alert(1, summary="From a cloned card"), 1))
    assert (ack.renew, ack.upto, ack.also) == (True, 0, [])
    assert [row["summary"] for row in cloud.rows(alerts)] == ["Too hot", "Too hot"]
    [held] = cloud.rows(aside_store.quarantine)
    assert held["reason"] == Reason.SEQ_REUSED
    assert b"From a cloned card" in held["payload"]


def test_a_stream_in_which_two_cards_wrote_is_never_acknowledged_again(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    cloud.take(VAN.say(says.alert(7), 1))
    [same] = cloud.take(VAN.say(says.alert(1), 1))
    [new] = cloud.take(VAN.say(says.alert(2), 2))
    assert (same.renew, same.upto, new.renew, new.upto) == (True, 0, True, 0)
    assert len(cloud.rows(alerts)) == 2, "what is new in it is stored all the same"
    [renewed] = cloud.take(Speaker(card=OTHER_CARD).say(says.alert(2), 1))
    assert (renewed.renew, renewed.upto) == (False, 1)
    assert len(cloud.rows(alerts)) == 2, "an alert that is sent again in the new stream is the same alert"
    assert len(cloud.rows(alert_timeline)) == 2


def test_receipts_are_bounded_and_an_old_number_is_quarantined_rather_than_lost() -> None:
    with open_cloud(inbox=with_inbox(receipts_per_stream=80)) as cloud:
        for seq in range(1, 201):
            cloud.take(VAN.say(says.alert(seq), seq))
        assert 80 <= len(cloud.rows(store.receipts)) <= 90
        assert [(row["first"], row["last"]) for row in cloud.rows(store.stream_ranges)] == [(1, 200)]
        [repeated] = cloud.take(VAN.say(says.alert(200), 200))
        assert repeated.upto == 200
        [ack] = cloud.take(VAN.say(says.alert(5), 5))
        assert ack.renew
        assert [row["reason"] for row in cloud.rows(aside_store.quarantine)] == [Reason.SEQ_REUSED]


def test_an_old_number_that_was_never_stored_is_taken_in() -> None:
    with open_cloud(inbox=with_inbox(receipts_per_stream=8)) as cloud:
        cloud.take(VAN.say(says.alert(100), 100))
        [ack] = cloud.take(VAN.say(says.alert(1), 1))
        assert (ack.upto, ack.also, ack.renew) == (1, [(100, 100)], False)


def test_a_gap_counts_as_stored_and_is_kept(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(4), 4))
    acks = cloud.take(VAN.say(says.gap(ALERTS, (1, 2), (3, 3)), 1))
    assert [(ack.stream, ack.upto) for ack in acks] == [(RECORDS, 1), (ALERTS, 4)]
    kept = [(row["stream"], row["first"], row["last"], row["cause"]) for row in cloud.rows(aside_store.gaps)]
    assert kept == [(ALERTS, 1, 2, "evicted"), (ALERTS, 3, 3, "evicted")]


def test_what_was_declared_lost_and_comes_after_all_is_stored(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.gap(ALERTS, (1, 5)), 1))
    [ack] = cloud.take(VAN.say(says.alert(3), 3))
    assert ack.upto == 5
    assert len(cloud.rows(alerts)) == 1


def test_a_gap_to_the_end_of_all_numbers(cloud: Cloud) -> None:
    [_, ack] = cloud.take(VAN.say(says.gap(ALERTS, (2, SEQ_MAX)), 1))
    assert (ack.upto, ack.also) == (0, [(2, SEQ_MAX)])
    [ack] = cloud.take(VAN.say(says.alert(), SEQ_MAX), VAN.say(says.alert(2), 1))
    assert ack.upto == SEQ_MAX


@pytest.mark.parametrize(
    "body",
    [says.result(), says.telemetry()],
    ids=lambda b: b.kind,
)
def test_a_kind_that_nobody_reads_yet_is_kept_whole(cloud: Cloud, body: Body) -> None:
    message = VAN.say(body, 1)
    [ack] = cloud.take(message, message)
    assert ack.upto == 1
    [row] = cloud.rows(aside_store.shelf)
    assert (row["kind"], row["payload"], row["size"]) == (body.kind, message.payload, len(message.payload))


BAD = {
    Reason.BAD_TOPIC: broken("telltale/v1/north/van 7/up/alert"),
    Reason.TOO_LARGE: broken(payload=b" " * (256 * 1024 + 1)),
    Reason.NOT_JSON: broken(),
    Reason.BAD_ENVELOPE: broken(payload=b"{}"),
    Reason.UNKNOWN_KIND: broken(f"{VAN.address.base}/up/gossip", VAN.say(says.trip(), 9).payload),
    Reason.UNSUPPORTED_SCHEMA: changed(VAN.say(says.alert(), 9), schema="alert/99"),
    Reason.BAD_BODY: changed(VAN.say(says.alert(), 9), body={}),
    Reason.WRONG_VEHICLE: broken(payload=Speaker("van-8").payload(says.alert(), 9)),
    Reason.WRONG_STREAM: changed(VAN.say(says.alert(), 9), stream=RECORDS),
}
READABLE = {Reason.UNKNOWN_KIND, Reason.UNSUPPORTED_SCHEMA, Reason.BAD_BODY, Reason.WRONG_STREAM}


def test_every_reason_is_tried() -> None:
    assert set(BAD) | {Reason.SEQ_REUSED} == set(Reason)


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_message_is_quarantined_with_its_reason_and_the_rest_goes_on(cloud: Cloud, reason: Reason) -> None:
    good = VAN.say(says.alert(5), 5)
    acks = cloud.take(BAD[reason], good)
    [held] = cloud.rows(aside_store.quarantine)
    assert (held["reason"], held["size"], held["times"]) == (reason, len(BAD[reason].payload), 1)
    assert held["payload"] == BAD[reason].payload[: aside_store.QUARANTINED_BYTES_MAX]
    assert held["detail"]
    assert len(cloud.rows(alerts)) == 1
    covered = sorted(seq for ack in acks for first, last in ack.also for seq in range(first, last + 1))
    assert covered == ([5, 9] if reason in READABLE else [5]), "where the envelope can be read, it is acknowledged"
    assert cloud.counts()[f"quarantined_{reason}"] == 1


def test_the_same_bad_message_again_is_counted_not_kept_again(cloud: Cloud) -> None:
    cloud.take(broken(), broken())
    cloud.take(broken())
    [held] = cloud.rows(aside_store.quarantine)
    assert held["times"] == 3
    readable = BAD[Reason.BAD_BODY]
    assert cloud.take(readable) == cloud.take(readable)
    assert len(cloud.rows(aside_store.quarantine)) == 2


def test_two_bad_messages_under_one_number_are_both_kept(cloud: Cloud) -> None:
    cloud.take(BAD[Reason.BAD_BODY])
    [ack] = cloud.take(changed(VAN.say(says.alert(), 9), body={"other": 1}))
    assert ack.renew
    assert len(cloud.rows(aside_store.quarantine)) == 2


def test_a_bad_block_is_acknowledged_and_quarantined_up_to_a_bound(cloud: Cloud) -> None:
    good = VAN.say(says.capture(), 3)
    [ack] = cloud.take(Arrival(good.topic, good.payload + bytes(300_000), T0))
    assert ack.also == [(3, 3)]
    [held] = cloud.rows(aside_store.quarantine)
    assert (held["size"], len(held["payload"])) == (len(good.payload) + 300_000, aside_store.QUARANTINED_BYTES_MAX)


def test_the_oldest_of_the_quarantine_go_first_and_are_counted() -> None:
    with open_cloud(inbox=with_inbox(quarantine_rows=3)) as cloud:
        for n in range(5):
            cloud.take(broken(payload=b"{" * (n + 1)))
        assert [row["size"] for row in cloud.rows(aside_store.quarantine)] == [3, 4, 5]
        assert cloud.counts()["quarantine_dropped"] == 2


def test_the_shelf_is_bounded_in_bytes() -> None:
    size = len(VAN.say(says.telemetry(), 1).payload)
    with open_cloud(inbox=with_inbox(shelf_bytes=3 * size + size // 2)) as cloud:
        for n in range(1, 6):
            cloud.take(VAN.say(says.telemetry(), n))
        assert [row["seq"] for row in cloud.rows(aside_store.shelf)] == [3, 4, 5]
        assert cloud.counts()["shelf_dropped"] == 2


def test_gaps_are_bounded() -> None:
    with open_cloud(inbox=with_inbox(gap_rows=2)) as cloud:
        cloud.take(VAN.say(says.gap(ALERTS, (1, 1), (3, 3), (5, 5)), 1))
        assert [row["first"] for row in cloud.rows(aside_store.gaps)] == [3, 5]
        assert cloud.counts()["gaps_dropped"] == 1


def test_a_time_that_utc_cannot_hold_is_quarantined(cloud: Cloud) -> None:
    message = VAN.say(says.alert(), 1)
    body = {**json.loads(message.payload)["body"], "started_at": "0001-01-01T00:00:00+14:00"}
    [ack] = cloud.take(changed(message, body=body))
    assert ack.upto == 1
    assert [row["reason"] for row in cloud.rows(aside_store.quarantine)] == [Reason.BAD_BODY]
