"""What is kept of each id: every frame is counted, and an even sample of bounded size is looked at."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame, FrameBatch
from edge.suggest import heard as room
from edge.suggest.heard import RUN, RUNS_MAX, Listener
from tests.unit.suggest.traffic import PERIOD_NS, heard_of, one_id


@settings(max_examples=25)
@given(st.integers(1, 5 * RUN * RUNS_MAX), st.integers(200, 3000))
def test_however_many_frames_in_whatever_batches_a_bounded_even_sample_is_kept(count: int, batch: int) -> None:
    time = np.arange(count) * PERIOD_NS
    payload = np.zeros((count, 8), np.uint8)
    payload[:, :4] = np.arange(count, dtype="<u4").view(np.uint8).reshape(-1, 4)
    listener = Listener()
    for begin in range(0, count, batch):
        part = slice(begin, begin + batch)
        size = len(time[part])
        ids, zeros = np.full(size, 0x123, np.uint32), np.zeros(size, np.uint8)
        listener.take(FrameBatch(time[part], zeros, ids, zeros, zeros + 8, payload[part], ("can0",), 0))
    (one,) = listener.heard()
    kept = len(one.number)
    assert (one.frames, one.lengths, one.last_ns) == (count, {8: count}, (count - 1) * PERIOD_NS)
    assert kept == count if count <= RUN * RUNS_MAX else RUN * RUNS_MAX / 4 < kept <= RUN * RUNS_MAX
    assert one.payload[:, :4].copy().view("<u4").ravel().tolist() == one.number.tolist()
    assert (one.time == one.number * PERIOD_NS).all()
    assert (one.follows[1:] == (np.diff(one.number) == 1)).all()
    few = one.part(3 * RUN)
    assert len(few.number) <= 3 * RUN
    assert few.frames == count


def test_ids_are_told_apart_by_bus_and_width_and_frames_without_payload_are_counted() -> None:
    frames = [
        Frame(1, 0x10, b"\1", "a"),
        Frame(2, 0x10, b"\1\2", "b"),
        Frame(3, 0x10, b"", "a", EXTENDED),
        Frame(4, 0x10, b"", "a", REMOTE),
        Frame(5, 0x20, b"", "a", ERROR),
        Frame(6, 0x10, bytes(12), "a", FD),
    ]
    listener = Listener()
    listener.take(FrameBatch.of(frames))
    found = [(one.bus, one.name, one.lengths) for one in listener.heard()]
    assert found == [("a", "010", {1: 1, 12: 1}), ("a", "00000010", {0: 1}), ("b", "010", {2: 1})]
    assert listener.counters == {"frames": 6, "remote": 1, "error": 1}


def test_ids_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "IDS_MAX", 3)
    listener = Listener()
    listener.take(FrameBatch.of([Frame(n, n % 5, b"") for n in range(10)]))
    assert len(list(listener.heard())) == 3
    assert listener.counters["id_limit"] == 4


def test_a_period_is_known_from_three_gaps_on_and_bits_that_change_are_seen() -> None:
    assert one_id([b"\0"] * 3).period_s is None
    assert one_id([b"\0"] * 4).period_s == pytest.approx(PERIOD_NS / 1e9)
    assert one_id([b"\1\0\7", b"\1\0\5"]).changed.tolist() == [0, 0, 2, 0, 0, 0, 0, 0]
    assert heard_of([]) == []
