"""What a box knows of the time of day, from when it boots in 1970."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames import NANOSECONDS
from edge.timekeeping import Timekeeping
from edge.wire.envelope import Clock
from edge.wire.times import Correction

BOOTED: Final = datetime(1970, 1, 1, 0, 0, 30, tzinfo=UTC)
TRUE: Final = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


class Box:
    """Its clocks, which the test moves, and what it told."""

    def __init__(self, wall: datetime = BOOTED, state: Clock = Clock.UNSYNCED) -> None:
        self.monotonic_s, self.wall, self.state = 30.0, wall, state
        self.told: list[Correction] = []
        self.time = Timekeeping(
            self.told.append,
            monotonic_ns=lambda: round(self.monotonic_s * NANOSECONDS),
            realtime_ns=lambda: round(self.wall.timestamp() * NANOSECONDS),
            state=lambda: self.state,
        )

    def wait(self, seconds: float) -> None:
        self.monotonic_s += seconds
        self.wall += timedelta(seconds=seconds)

    def ntp(self, wall: datetime) -> None:
        self.wall, self.state = wall, Clock.SYNCED

    def looked(self) -> Clock:
        clock = self.time.look().clock
        self.time.close()
        return clock

    def answered(self, at: datetime, *, took_s: float = 0.2) -> None:
        """The cloud answers now, to what was sent so long ago."""
        self.time.heard(at, self.monotonic_s - took_s, self.monotonic_s)

    @property
    def offsets(self) -> list[float]:
        return [one.offset_s for one in self.told]


def test_a_box_that_knows_the_time_says_nothing_of_corrections() -> None:
    box = Box(TRUE, Clock.SYNCED)
    box.wait(3600)
    assert box.looked() is Clock.SYNCED
    assert not box.time.is_wanted
    assert box.told == []


def test_ntp_that_comes_late_tells_how_wrong_the_axis_is() -> None:
    box = Box()
    assert box.looked() is Clock.UNSYNCED
    assert box.time.is_wanted
    box.wait(60)
    box.ntp(TRUE)
    assert box.looked() is Clock.UNSYNCED, "the axis never jumps"
    [told] = box.told
    assert told.of(box.time.now()) == TRUE
    assert told.since == BOOTED


def test_what_was_said_under_a_clock_that_proves_right_is_called_right() -> None:
    """It has an RTC, and no network yet."""
    box = Box(TRUE)
    assert box.looked() is Clock.UNSYNCED
    box.state = Clock.SYNCED
    assert box.looked() is Clock.SYNCED
    assert box.offsets == [0.0]


def test_the_cloud_tells_the_time_where_nothing_else_does() -> None:
    box = Box()
    box.answered(TRUE, took_s=2.0)
    [told] = box.told
    assert told.of(box.time.now()) == TRUE + timedelta(seconds=1)
    assert not box.time.is_wanted
    assert box.looked() is Clock.UNSYNCED


@given(took_s=st.floats(0, 9.9), share=st.floats(0, 1))
def test_it_is_wrong_by_half_of_the_round_trip_at_most(took_s: float, share: float) -> None:
    box = Box()
    really = TRUE + timedelta(seconds=(1 - share) * took_s)
    box.answered(TRUE, took_s=took_s)
    [told] = box.told
    assert abs((told.of(box.time.now()) - really).total_seconds()) <= took_s / 2 + 0.001


@pytest.mark.parametrize(("at", "took_s"), [(TRUE, 10.5), (datetime(2025, 12, 31, tzinfo=UTC), 0.1), (TRUE, -1.0)])
def test_what_took_long_or_cannot_be_is_not_believed(at: datetime, took_s: float) -> None:
    box = Box()
    box.answered(at, took_s=took_s)
    assert box.told == []
    assert box.time.is_wanted


def test_a_worse_answer_changes_nothing_and_a_better_one_does() -> None:
    box = Box()
    box.answered(TRUE, took_s=4.0)
    box.answered(TRUE - timedelta(seconds=2), took_s=9.0)
    assert len(box.told) == 1
    box.answered(TRUE, took_s=0.1)
    assert box.offsets[1] - box.offsets[0] == pytest.approx(-1.95)


def test_an_answer_that_speaks_against_the_last_is_believed() -> None:
    """A box that slept: its monotonic clock stood."""
    box = Box()
    box.answered(TRUE, took_s=0.1)
    box.wait(60)
    box.answered(TRUE + timedelta(hours=9), took_s=2.0)
    assert box.offsets[1] - box.offsets[0] == pytest.approx(9 * 3600 - 60 + 0.95, abs=0.01)


def test_a_synced_clock_counts_more_than_the_cloud() -> None:
    box = Box()
    box.answered(TRUE, took_s=0.1)
    box.ntp(TRUE + timedelta(minutes=7))
    box.looked()
    box.answered(TRUE, took_s=0.1)
    assert len(box.told) == 2
    assert box.told[-1].of(box.time.now()) == TRUE + timedelta(minutes=7)


def test_slewing_is_no_news() -> None:
    box = Box()
    box.ntp(TRUE)
    box.looked()
    for _ in range(50):
        box.wait(60)
        box.wall += timedelta(seconds=0.009)
        box.looked()
    assert len(box.told) == 1


def test_a_clock_that_leaps_back_and_forth_while_it_drives_moves_nothing_that_was_said() -> None:
    """A receiver's week rolls over, NTP loses its way: each leap is told as one, and what was stamped stays."""
    box = Box(TRUE, Clock.SYNCED)
    box.looked()
    began = box.time.now()
    leaps = [timedelta(weeks=-1024), timedelta(weeks=1024), timedelta(hours=1), timedelta(hours=-1)]
    states = []
    for leap in leaps:
        box.wait(600)
        box.wall += leap
        states.append(box.looked())
    assert box.time.now() - began == timedelta(seconds=2400), "a drive of forty minutes"
    assert states == [Clock.UNSYNCED, Clock.SYNCED, Clock.UNSYNCED, Clock.SYNCED]
    assert box.offsets == [leaps[0].total_seconds(), 0.0, 3600.0, 0.0]


moves = st.tuples(
    st.floats(0, 3600), st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000)), st.sampled_from(Clock)
)


@given(st.lists(moves, max_size=12))
def test_however_the_wall_clock_is_set_the_axis_goes_on_and_a_correction_leads_to_a_synced_one(
    life: list[tuple[float, timedelta, Clock]],
) -> None:
    box = Box(TRUE)
    passed_s, began = 0.0, box.time.now()
    for seconds, leap, state in life:
        passed_s += round(seconds, 3)
        box.wait(round(seconds, 3))
        box.wall, box.state = max(TRUE + leap, BOOTED), state
        hour = box.time.look()
        box.time.close()
        assert abs((box.time.now() - began).total_seconds() - passed_s) < 0.001
        if state is Clock.SYNCED:
            assert hour.correction is not None
            assert abs(hour.correction.of(box.time.now()) - box.wall) <= timedelta(seconds=0.51)
            assert (hour.clock is Clock.SYNCED) == (abs(hour.ahead_ns) <= NANOSECONDS)
        else:
            assert hour.clock is Clock.UNSYNCED


def test_who_asks_is_heard_once() -> None:
    box = Box()
    assert not box.time.take_asked()
    box.time.ask()
    assert box.time.take_asked()
    assert not box.time.take_asked()
