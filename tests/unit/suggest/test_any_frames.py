"""Whatever frames come, something is said of them, the same each time, and no frame is counted twice or lost."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge import assets
from edge.frames import ERROR, EXTENDED, FD, REMOTE, Frame, FrameBatch
from edge.suggest.candidate import files_of, read_candidates
from edge.suggest.heard import Listener
from edge.suggest.report import json_of, text_of
from edge.suggest.suggestion import suggest
from tests.unit.suggest.traffic import database_text, layout_of

SHIPPED, _ = read_candidates(files_of(assets.database_folders()))
LIKELY = [message.id for one in SHIPPED for message in one.messages[:3]]


@st.composite
def some_frames(draw: st.DrawFn) -> list[Frame]:
    """Bursts of frames of a few ids, with payloads that stay, count or jump."""
    frames: list[Frame] = []
    for _ in range(draw(st.integers(0, 5))):
        flags = draw(st.sampled_from([0, 0, EXTENDED, FD, FD | EXTENDED, REMOTE, ERROR]))
        identifier = draw(st.sampled_from([0, 0x7DF, 0x7E8, 0x705, *LIKELY]) | st.integers(0, 0x1FFF_FFFF))
        identifier &= 0x1FFF_FFFF if flags & EXTENDED else 0x7FF
        payload = draw(st.binary(max_size=64 if flags & FD else 8))
        moving = draw(st.sampled_from([0, 1, 37]))
        period_ns = draw(st.integers(0, 10**9))
        for n in range(draw(st.integers(1, 60))):
            content = bytes((byte + moving * n) % 256 for byte in payload)
            frames.append(
                Frame(n * period_ns, identifier, content, draw(st.sampled_from(["a", "b"])) if n == 0 else "a", flags)
            )
    return sorted(frames, key=lambda one: one.time)


@settings(max_examples=12)
@given(some_frames())
def test_any_frames_can_be_told_of(frames: list[Frame]) -> None:
    listener = Listener()
    if frames:
        listener.take(FrameBatch.of(frames))
    said = suggest("log", list(listener.heard()), SHIPPED, (), listener.counters)
    counted = sum(bus.frames for bus in said.buses) + listener.counters["remote"] + listener.counters["error"]
    assert counted == listener.counters["frames"] == len(frames)
    told = json.loads(json_of(said))
    assert text_of(said) == text_of(suggest("log", list(listener.heard()), SHIPPED, (), listener.counters))
    for bus in told["buses"]:
        assert 0.0 <= sum(one["share"] for one in bus["take"]) <= 1.0 + 1e-9
        assert all(0 <= one["score"] <= 100 for one in bus["databases"])


def test_without_a_database_all_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "x.dbc").write_text(database_text(layout_of(1, [0x100])))
    listener = Listener()
    listener.take(FrameBatch.of([Frame(n, 0x100, bytes(8)) for n in range(20)]))
    (bus,) = suggest("log", list(listener.heard()), []).buses
    assert (bus.fits, bus.chosen, len(bus.unknown)) == ((), (), 1)
