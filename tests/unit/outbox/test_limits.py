"""Bounded, and every loss is counted and told to the cloud."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.outbox import Limits, Outbox
from edge.outbox.losses import GAPS_WAITING_MAX, PENDING_MAX
from edge.wire.codec import BULK_BYTES_MAX
from edge.wire.downlink import ack_of
from edge.wire.envelope import STREAM_OF, Clock, StreamClass
from edge.wire.messages import Gap, GapCause
from tests.unit.outbox.postings import (
    acknowledge_all,
    alert,
    everything,
    gaps,
    memory_folder,
    numbers,
    open_outbox,
    renewing,
    stream_of,
    summary,
    telemetry,
)

ALERT, RECORD, BULK = StreamClass


def tight(path: Path, *, messages: int = 10, size: int = 10_000_000) -> Outbox:
    return open_outbox(path, limits=Limits(messages=messages, bytes=size))


def seqs(outbox: Outbox, stream_class: StreamClass) -> list[int]:
    return [uplink.seq for uplink in everything(outbox, stream_class)]


def lost(outbox: Outbox) -> dict[str, int]:
    return {name: count for name, count in outbox.counters().items() if name.startswith("lost.")}


def test_the_oldest_blocks_go_first_then_records_and_alerts_last(path: Path) -> None:
    with closing(tight(path)) as outbox:
        outbox.put([*(telemetry(n) for n in range(4)), *(summary(n) for n in range(3)), *(alert(n) for n in range(3))])
        outbox.put([alert(3), alert(4)])
        assert (seqs(outbox, BULK), lost(outbox)) == ([3, 4], {"lost.evicted.telemetry": 2})
        outbox.put([alert(n) for n in range(5, 9)])
        assert seqs(outbox, BULK) == []
        outbox.put([alert(9), alert(10)])
        assert numbers(everything(outbox, ALERT)) == list(range(1, 11))
        assert lost(outbox) == {
            "lost.evicted.telemetry": 4,
            "lost.evicted.summary": 3,
            "lost.evicted.alert": 1,
        }


def test_bytes_are_limited_as_well(path: Path) -> None:
    with closing(tight(path, messages=1000, size=10_000)) as outbox:
        outbox.put([telemetry(n, size=2000) for n in range(6)])
        assert outbox.counters()["bytes"] <= 10_000
        assert seqs(outbox, BULK) == [3, 4, 5, 6]


def test_what_came_last_and_lowest_goes_when_all_else_is_worth_more(path: Path) -> None:
    with closing(tight(path)) as outbox:
        outbox.put([alert(n) for n in range(10)])
        outbox.put([telemetry(1)])
        assert (seqs(outbox, BULK), len(seqs(outbox, ALERT))) == ([], 10)
        assert lost(outbox) == {"lost.evicted.telemetry": 1}


def test_a_weeks_evictions_are_told_in_one_gap_when_records_are_sent(path: Path) -> None:
    with closing(tight(path)) as outbox:
        outbox.put([telemetry(0), alert(0)])
        bulk_name, alert_name = stream_of(outbox, BULK), stream_of(outbox, ALERT)
        for number in range(1, 200):
            outbox.put([telemetry(number)])
        outbox.put([alert(number) for number in range(1, 12)])
        assert outbox.waiting_messages() == 10, "no gap message yet"
        assert outbox._disk.db.execute("SELECT count(*) FROM gap").fetchone() == (2,), "and not a row per eviction"
        last = alert(11)
        told = [uplink for uplink in everything(outbox, RECORD) if isinstance(uplink.body, Gap)]
        assert [uplink.body for uplink in told] == [
            Gap(stream=alert_name, ranges=[(1, 2)], cause=GapCause.EVICTED),
            Gap(stream=bulk_name, ranges=[(1, 200)], cause=GapCause.EVICTED),
        ]
        assert [(uplink.observed_at, uplink.clock) for uplink in told] == [(last.observed_at, Clock.SYNCED)] * 2
        assert len(gaps(outbox)) == 2, "asking again tells nothing twice"


def test_a_gap_counts_as_waiting_until_it_is_acknowledged(path: Path) -> None:
    with closing(tight(path, messages=1)) as outbox:
        outbox.put([telemetry(1), telemetry(2)])
        for message in outbox.waiting(BULK, 0, 9):
            outbox.acknowledge(ack_of(message.stream, [(message.seq, message.seq)]))
        assert outbox.waiting_messages() == 0
        assert not outbox.is_empty(), "the cloud has not been told"
        acknowledge_all(outbox)
        assert outbox.is_empty()


def test_gaps_stay_when_everything_else_has_gone(path: Path) -> None:
    with closing(tight(path, messages=3)) as outbox:
        outbox.put([summary(n) for n in range(4)])
        assert len(gaps(outbox)) == 1
        outbox.put([alert(n) for n in range(10)])
        assert len(gaps(outbox)) == 3, "the first; summaries and alerts since"
        assert len(seqs(outbox, ALERT)) == 2, "evicted down to the limit before the two gaps were added"
        outbox.put([alert(10)])
        counters = outbox.counters()
        assert (counters["waiting.record"], counters["waiting.alert"]) == (3, 0)


def test_gaps_about_gaps_come_to_an_end(path: Path) -> None:
    with closing(tight(path, messages=2)) as outbox:
        for number in range(300):
            outbox.put([summary(number), telemetry(number), alert(number)])
            everything(outbox, RECORD)
        assert outbox.waiting_messages() <= GAPS_WAITING_MAX
        acknowledge_all(outbox)
        acknowledge_all(outbox)
        assert outbox.is_empty()


def test_no_more_than_a_few_gaps_wait_whatever_happens_offline(path: Path) -> None:
    with closing(tight(path, messages=100)) as outbox:
        for number in range(200):
            outbox.put([telemetry(n) for n in range(101)])
            outbox.waiting(RECORD, 0, 1)  # as at every reconnect
            if number == 150:
                assert outbox.counters()["waiting.record"] == GAPS_WAITING_MAX
        acknowledge_all(outbox)
        [last] = gaps(outbox)
        assert len(last.ranges) == 1, "what came meanwhile is one range"


def test_ranges_are_told_at_once_when_they_become_many(path: Path) -> None:
    with closing(tight(path, messages=10_000, size=1_000_000)) as outbox:
        small, large = telemetry(1, size=1), telemetry(2, size=1_000_001)
        outbox.put([small, large] * (PENDING_MAX - 1))
        assert outbox.counters()["waiting.record"] == 0
        outbox.put([small, large, small, large])
        assert outbox.counters()["waiting.record"] == 2, "one gap message takes 1000 ranges"
        assert sum(len(gap.ranges) for gap in gaps(outbox)) == PENDING_MAX + 1


@pytest.mark.parametrize("size", [BULK_BYTES_MAX, 50_001])
def test_what_is_too_large_is_refused_counted_and_told(path: Path, size: int) -> None:
    limit = 50_000 if size < BULK_BYTES_MAX else 10 * BULK_BYTES_MAX
    with closing(tight(path, size=limit)) as outbox:
        assert outbox.put([telemetry(1), telemetry(2, size=size), telemetry(3)]) == 2
        assert lost(outbox) == {"lost.too_large.telemetry": 1}
        [gap] = gaps(outbox)
        assert (gap.ranges, gap.cause) == ([(2, 2)], GapCause.TOO_LARGE)
        assert seqs(outbox, BULK) == [1, 3]


def test_losses_of_an_old_stream_are_told_under_its_name(path: Path) -> None:
    with closing(tight(path)) as outbox:
        outbox.put([telemetry(n) for n in range(12)])
        old = stream_of(outbox, BULK)
        outbox.acknowledge(renewing(old))
        assert seqs(outbox, BULK) == list(range(1, 11))
        outbox.put([alert(0)])
        found = {gap.stream: gap.ranges for gap in gaps(outbox)}
        assert found == {old: [(1, 2)], stream_of(outbox, BULK): [(1, 1)]}


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["alert", "summary", "telemetry", "too large"]), min_size=1, max_size=12),
            st.sampled_from([None, ALERT, RECORD, BULK]),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_every_number_ever_given_waits_or_is_stored_or_is_told(
    steps: list[tuple[list[str], StreamClass | None, bool]],
) -> None:
    """What the chaos runs show over a broker, in one file and many more combinations."""
    given_out: Counter[StreamClass] = Counter()
    stored: list[tuple[str, int]] = []
    told: list[Gap] = []
    with memory_folder() as folder, closing(tight(folder / "outbox.db", messages=40, size=200_000)) as outbox:
        for kinds, asked, acknowledged in steps:
            outbox.put([POSTINGS[kind] for kind in kinds])
            given_out.update(STREAM_OF[POSTINGS[kind].body.kind] for kind in kinds)
            if asked is not None and acknowledged:
                for uplink in everything(outbox, asked)[::2]:
                    stored.append((uplink.stream, uplink.seq))
                    told += [uplink.body] if isinstance(uplink.body, Gap) else []
                    outbox.acknowledge(ack_of(uplink.stream, [(uplink.seq, uplink.seq)]))
        told += gaps(outbox)
        waiting = [(uplink.stream, uplink.seq) for kind in StreamClass for uplink in everything(outbox, kind)]
        missing = [(gap.stream, seq) for gap in told for first, last in gap.ranges for seq in range(first, last + 1)]
        assert len({*waiting, *stored, *missing}) == len(waiting) + len(stored) + len(missing), "each once"
        for stream_class in StreamClass:
            found = sorted(seq for name, seq in [*waiting, *stored, *missing] if name.startswith(stream_class))
            assert found == list(range(1, len(found) + 1)), "and none left out"
            if stream_class is not RECORD:  # which carries the gaps as well
                assert len(found) == given_out[stream_class]
        assert sum(lost(outbox).values()) == len(missing)


POSTINGS = {
    "alert": alert(1),
    "summary": summary(1),
    "telemetry": telemetry(1),
    "too large": telemetry(2, size=200_001),
}
