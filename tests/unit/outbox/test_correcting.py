"""What waits is corrected once the clock is known; what was handed out, or is of an earlier run, never changes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.outbox import Outbox, Posting, Waiting
from edge.wire.downlink import ack_of
from edge.wire.envelope import Clock, StreamClass
from edge.wire.times import Correction
from tests.unit.outbox.postings import alert, memory_folder, open_outbox, summary, telemetry, understood

BOOT = datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)
CORRECTION = Correction(offset_s=1.7e9, since=BOOT)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        yield outbox


def unsynced(posting: Posting) -> Posting:
    return replace(posting, clock=Clock.UNSYNCED, observed_at=BOOT + timedelta(minutes=1))


def waits(outbox: Outbox, stream_class: StreamClass = StreamClass.RECORD) -> list[Waiting]:
    return outbox.waiting(stream_class, 0, 1000)


def corrections(messages: list[Waiting]) -> list[Correction | None]:
    return [uplink.correction for uplink in understood(messages)]


def test_what_waits_and_what_comes_is_corrected_in_every_class(outbox: Outbox) -> None:
    waiting = [alert(1), alert(2), summary(1), telemetry(1), telemetry(2)]
    outbox.put([unsynced(one) for one in waiting])
    assert outbox.correct(CORRECTION) == 5
    outbox.put([unsynced(summary(2))])
    for stream_class, count in ((StreamClass.ALERT, 2), (StreamClass.RECORD, 2), (StreamClass.BULK, 2)):
        assert corrections(waits(outbox, stream_class)) == [CORRECTION] * count
    assert outbox.counters()["corrected"] == 5


def test_a_time_that_was_right_is_left_alone(outbox: Outbox) -> None:
    outbox.put([summary(1), unsynced(summary(2)), replace(unsynced(summary(3)), observed_at=BOOT - timedelta(hours=1))])
    assert outbox.correct(CORRECTION) == 1
    assert corrections(waits(outbox)) == [None, CORRECTION, None]


def test_what_was_handed_out_stays_to_the_last_byte(outbox: Outbox) -> None:
    outbox.put([unsynced(summary(n)) for n in range(300)])
    handed = outbox.waiting(StreamClass.RECORD, 0, 150)
    assert outbox.correct(CORRECTION) == 150
    again = waits(outbox)
    assert again[:150] == handed
    assert corrections(again) == [None] * 150 + [CORRECTION] * 150


def test_what_an_earlier_run_left_is_by_a_clock_that_nobody_knows(tmp_path: Path) -> None:
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        outbox.put([unsynced(summary(1))])
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        outbox.put([unsynced(summary(2))])
        assert outbox.correct(CORRECTION) == 1
        assert corrections(waits(outbox)) == [None, CORRECTION]


def test_a_first_correction_is_not_replaced_by_a_second(outbox: Outbox) -> None:
    """What waits may have been handed out with it by now; and it is as right as was known."""
    outbox.put([unsynced(summary(1))])
    outbox.correct(CORRECTION)
    better = CORRECTION.model_copy(update={"offset_s": 1.7e9 + 3})
    outbox.put([unsynced(summary(2))])
    assert outbox.correct(better) == 0
    outbox.put([unsynced(summary(3))])
    assert corrections(waits(outbox)) == [CORRECTION, CORRECTION, better]


def test_a_renewed_stream_keeps_its_corrections(outbox: Outbox) -> None:
    outbox.put([unsynced(summary(n)) for n in range(3)])
    outbox.correct(CORRECTION)
    [first, *_] = waits(outbox)
    outbox.acknowledge(ack_of(first.stream, [], renew=True))
    renewed = waits(outbox)
    assert renewed[0].stream != first.stream
    assert corrections(renewed) == [CORRECTION] * 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["put", "hand out", "acknowledge", "correct"]), max_size=30))
def test_a_number_never_goes_out_with_two_bodies(steps: list[str]) -> None:
    said: dict[int, Waiting] = {}
    with memory_folder() as folder, closing(open_outbox(folder / "edge.db")) as outbox:
        for n, step in enumerate(steps):
            if step == "put":
                outbox.put([unsynced(summary(n)), summary(1000 + n)])
            elif step == "correct":
                outbox.correct(CORRECTION.model_copy(update={"offset_s": float(n)}))
            elif step == "acknowledge" and said:
                outbox.acknowledge(ack_of(next(iter(said.values())).stream, [(1, max(said))]))
            else:
                for message in outbox.waiting(StreamClass.RECORD, 0, 3):
                    assert said.setdefault(message.seq, message) == message
