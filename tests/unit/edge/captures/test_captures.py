"""Captures: every frame of the stretch that was wanted is handed on once, or lies in a hole that is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import Alert
from edge.captures.capture import Hole, Part, State
from edge.captures.captures import DAY_NS, HOLES_MAX, OPEN_MAX, PART_NS, Captures, CaptureSettings
from edge.detect.finding import Concern
from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.judgement import Outcome
from edge.ring import HEAD_BYTES, FrameRing
from edge.wire.messages import HoleCause

S: Final = NANOSECONDS
ID: Final = "0" * 31
ROOMY: Final = 100_000 * (HEAD_BYTES + 8)
STEP_NS: Final = S // 5
EVERY_NS: Final = S // 10


@dataclass
class Shelf:
    """Takes parts as the writer does; `full` refuses them."""

    parts: list[Part[FrameBatch]] = field(default_factory=list)
    full: bool = False

    def __call__(self, part: Part[FrameBatch]) -> bool:
        if not self.full:
            self.parts.append(part)
        return not self.full


def batch(begin: int, end: int, every: int = EVERY_NS) -> FrameBatch:
    """Frames of a stretch (ns), each with its own payload."""
    times = range(begin, end, every)
    return FrameBatch.of(
        [Frame(time, 0x100 + (time // every) % 7, (time % 2**63).to_bytes(8)) for time in times], buses=["can0"]
    )


def lived(captures: Captures, ring: FrameRing, begin: int, end: int) -> None:
    """A stretch of a bus that is kept and judged five times a second."""
    for at in range(begin, end, STEP_NS):
        ring.append(batch(at, at + STEP_NS))
        captures.advance(at + STEP_NS)


def told(parts: Sequence[Part[FrameBatch]], number: str = ID + "1") -> list[Frame]:
    """The frames of one capture."""
    return [frame for part in parts if part.id == number for frame in part.frames.frames()]


def wanted(begin: int, end: int) -> list[Frame]:
    """What the bus had from one moment to another."""
    return list(batch(begin, end).frames())


def holes(parts: Sequence[Part[FrameBatch]]) -> list[Hole]:
    return [hole for part in parts for hole in part.holes]


def test_frames_before_and_after_are_all_there() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    lived(captures, ring, 0, 60 * S)
    assert captures.begin(ID + "1", "button", 60 * S)
    lived(captures, ring, 60 * S, 100 * S)
    assert told(shelf.parts) == wanted(40 * S, 80 * S)
    assert [part.number for part in shelf.parts] == list(range(1, len(shelf.parts) + 1))
    assert [part.is_last for part in shelf.parts] == [False] * (len(shelf.parts) - 1) + [True]
    assert not holes(shelf.parts)
    assert State.unpacked(shelf.parts[-1].state).open == []
    assert captures.counters == {"begun": 1, "ended": 1}


def test_what_was_before_is_handed_on_at_once_and_the_rest_every_few_seconds() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    lived(captures, ring, 0, 30 * S)
    captures.begin(ID + "1", "button", 30 * S)
    assert told(shelf.parts) == wanted(10 * S, 30 * S)
    lived(captures, ring, 30 * S, 40 * S)
    assert len(shelf.parts) == 1 + 10 * S // PART_NS


def test_captures_that_overlap_each_have_all_their_frames() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    lived(captures, ring, 0, 30 * S)
    captures.begin(ID + "1", "button", 30 * S)
    lived(captures, ring, 30 * S, 37 * S)
    captures.begin(ID + "2", "button", 37 * S)
    lived(captures, ring, 37 * S, 60 * S)
    assert told(shelf.parts) == wanted(10 * S, 50 * S)
    assert told(shelf.parts, ID + "2") == wanted(17 * S, 57 * S)


def test_a_ring_that_is_too_small_is_told() -> None:
    ring, shelf = FrameRing(100 * (HEAD_BYTES + 8)), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    lived(captures, ring, 0, 60 * S)
    captures.begin(ID + "1", "button", 60 * S)
    [hole] = holes(shelf.parts)
    assert (hole.cause, hole.started, hole.frames) == (HoleCause.OVERWRITTEN, 40 * S, None)
    assert told(shelf.parts) == wanted(hole.ended, 60 * S)


def test_frames_that_come_faster_than_they_are_handed_on_are_counted() -> None:
    ring, shelf = FrameRing(15 * (HEAD_BYTES + 8)), Shelf()
    captures = Captures(ring, CaptureSettings(before_s=0.0), shelf)
    captures.begin(ID + "1", "button", 0)
    ring.append(batch(0, 2 * S))
    captures.advance(2 * S)
    assert [(hole.cause, hole.frames) for hole in holes(shelf.parts)] == [(HoleCause.OVERWRITTEN, 5)]
    assert len(told(shelf.parts)) == 15


def test_a_large_capture_is_told_in_parts_that_the_contract_takes() -> None:
    ring, shelf = FrameRing(20_000_000), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    ring.append(batch(0, 20 * S, every=S // 10_000))
    captures.begin(ID + "1", "button", 20 * S)
    assert len(shelf.parts) == 2
    assert sum(len(part.frames) for part in shelf.parts) == 200_000
    first, second = (State.unpacked(part.state).open[0] for part in shelf.parts)
    assert (first.told_to, second.told_to) == (shelf.parts[0].ended, 20 * S)


def test_where_there_is_no_room_the_loss_is_told_by_the_next_part() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(before_s=0.0), shelf)
    captures.begin(ID + "1", "button", 0)
    shelf.full = True
    lived(captures, ring, 0, 4 * S)
    shelf.full = False
    lived(captures, ring, 4 * S, 21 * S)
    assert [part.number for part in shelf.parts] == list(range(1, len(shelf.parts) + 1))
    [hole] = holes(shelf.parts)
    assert (hole.cause, hole.frames) == (HoleCause.DROPPED, 40)
    assert told(shelf.parts) == wanted(4 * S, 20 * S)
    assert captures.counters["parts_dropped"] == 2


def test_the_end_is_told_even_if_it_had_no_room_at_first() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(before_s=0.0), shelf)
    captures.begin(ID + "1", "button", 0)
    lived(captures, ring, 0, 19 * S)
    shelf.full = True
    lived(captures, ring, 19 * S, 22 * S)
    shelf.full = False
    lived(captures, ring, 22 * S, 23 * S)
    assert shelf.parts[-1].is_last
    assert [hole.cause for hole in shelf.parts[-1].holes] == [HoleCause.DROPPED]


def test_what_private_mode_keeps_back_is_told_also_of_the_time_before() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    for at in range(10):
        captures.withheld(5, at * S, (at + 1) * S)
    captures.begin(ID + "1", "button", 15 * S)
    captures.withheld(7, 16 * S, 17 * S)
    captures.advance(40 * S)
    assert holes(shelf.parts) == [
        Hole(0, 10 * S, 50, HoleCause.WITHHELD),
        Hole(16 * S, 17 * S, 7, HoleCause.WITHHELD),
    ]


def test_holes_without_end_grow_together() -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(before_s=0.0, after_s=600.0), shelf)
    captures.begin(ID + "1", "button", 0)
    shelf.full = True
    for at in range(400):
        captures.withheld(1, at * S, at * S)
        lived(captures, ring, at * S, (at + 1) * S)
    shelf.full = False
    captures.close(400 * S, is_over=True)
    assert 1 < len(shelf.parts[-1].holes) <= HOLES_MAX
    assert sum(hole.frames or 0 for hole in shelf.parts[-1].holes) == 400 + 4_000 - len(shelf.parts[-1].frames)


@given(killed=st.integers(60, 79), dead=st.integers(0, 60), stopped=st.booleans())
def test_after_a_kill_it_goes_on_and_says_what_it_lacks(killed: int, dead: int, stopped: bool) -> None:
    ring, shelf = FrameRing(ROOMY), Shelf()
    captures = Captures(ring, CaptureSettings(), shelf)
    ring.append(batch(0, 60 * S))
    captures.begin(ID + "1", "button", 60 * S)
    lived(captures, ring, 60 * S, killed * S)
    if stopped:
        captures.close(killed * S, is_over=False)
    back = killed + dead
    ring = FrameRing(ROOMY)
    after = Captures(ring, CaptureSettings(), shelf)
    after.take_up(shelf.parts[-1].state, back * S)
    lived(after, ring, back * S, (back + 30) * S)
    assert [part.number for part in shelf.parts] == list(range(1, len(shelf.parts) + 1))
    assert [part.is_last for part in shelf.parts].count(True) == 1
    assert shelf.parts[-1].is_last
    [hole] = holes(shelf.parts)
    assert hole.cause is HoleCause.RESTARTED
    there = told(shelf.parts)
    assert there == [frame for frame in wanted(40 * S, 80 * S) if not hole.started <= frame.time < hole.ended]
    assert hole.started >= (killed if stopped else max(killed - PART_NS // S, 60)) * S


def test_a_damaged_state_is_said_and_nothing_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    captures = Captures(FrameRing(ROOMY), CaptureSettings(), Shelf())
    for kept in (b"", b"{}", b"[1]", b'{"open": [{"id": 1}], "begun": {}}', b'{"open": [], "begun": [3]}'):
        captures.take_up(kept, 0)
    assert len(caplog.records) == 5


def test_so_many_a_day_and_so_many_at_once() -> None:
    shelf = Shelf()
    captures = Captures(FrameRing(ROOMY), CaptureSettings(a_day=OPEN_MAX + 2), shelf)
    assert [captures.begin(f"{number:032x}", "button", 0) for number in range(OPEN_MAX + 1)] == [True] * OPEN_MAX + [
        False
    ]
    captures.advance(30 * S)
    assert [captures.begin(f"{number:032x}", "button", 30 * S) for number in (100, 101, 102)] == [True, True, False]
    captures.advance(60 * S)
    assert captures.begin(f"{200:032x}", "button", DAY_NS + 1)
    assert captures.counters["refused_open"] == captures.counters["refused_day"] == 1


def alert(severity: str, rule: str = "hot") -> Alert:
    concern = Concern(rule=rule, component="engine", severity=severity, action="watch", summary="", advice="")
    return Alert(ID + "1", concern, 0, S, None, {}, "", "", "")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        (CaptureSettings(), [False, True, True]),
        (CaptureSettings(alerts="info"), [True, True, True]),
        (CaptureSettings(alerts="critical"), [False, False, True]),
        (CaptureSettings(alerts="none"), [False, False, False]),
        (CaptureSettings(alerts="none", rules=frozenset({"hot"})), [True, True, True]),
    ],
)
def test_which_alerts_are_wanted(settings: CaptureSettings, found: list[bool]) -> None:
    assert [settings.wants(alert(severity)) for severity in ("info", "warning", "critical")] == found
    assert not settings.wants(replace(alert("critical"), ended=2 * S))


def test_an_alert_begins_one_capture_however_much_worse_it_gets() -> None:
    shelf = Shelf()
    captures = Captures(FrameRing(ROOMY), CaptureSettings(), shelf)
    first = alert("warning")
    outcomes = [Outcome(S, [first]), Outcome(2 * S, [replace(first, is_worse=True)])]
    assert list(captures.hearing(outcomes)) == outcomes
    captures.advance(3 * S)
    assert {part.trigger for part in shelf.parts} == {f"alert:{first.id}"}
    assert captures.counters["begun"] == 1
