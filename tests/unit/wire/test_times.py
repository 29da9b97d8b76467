"""A correction moves what its clock stamped, everything of it and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.codec import Uplink, decode, encode
from edge.wire.envelope import Clock
from edge.wire.errors import Reason, WireError
from edge.wire.messages import Capture, Gap, GapCause, Hole, HoleCause
from edge.wire.times import AHEAD, Correction
from edge.wire.topics import Address, Kind

BOOT = datetime(1970, 1, 1, 0, 0, 12, tzinfo=UTC)
KNOWN = BOOT + timedelta(hours=2)
CENTURY = timedelta(days=36_000)
MOMENTS = st.integers(-366 * 86_400, 90 * 366 * 86_400).map(lambda seconds: BOOT + timedelta(seconds=seconds))
OFFSETS = st.floats(-1e9, 2e9, allow_nan=False)


def capture(begin: datetime, end: datetime, hole: datetime) -> Capture:
    return Capture(
        format="frames/1",
        started_at=begin,
        ended_at=end,
        count=1,
        sha256="0" * 64,
        trigger="button",
        holes=[Hole(started_at=hole, ended_at=end, frames=None, cause=HoleCause.RESTARTED)],
    )


def is_of_the_clock(time: datetime) -> bool:
    return BOOT <= time <= KNOWN + AHEAD


@given(MOMENTS, MOMENTS, MOMENTS, OFFSETS)
def test_times_of_the_run_are_moved_wherever_they_stand_and_others_are_not(
    one: datetime, two: datetime, three: datetime, offset_s: float
) -> None:
    body = capture(one, two, three)
    moved = Correction(offset_s=offset_s, since=BOOT).of_all(body, KNOWN)
    by = timedelta(seconds=offset_s)
    for was, now in (
        (one, moved.started_at),
        (two, moved.ended_at),
        (three, moved.holes[0].started_at),
        (two, moved.holes[0].ended_at),
    ):
        assert now == (was + by if is_of_the_clock(was) else was)
    assert moved.model_copy(update={"started_at": one, "ended_at": two, "holes": body.holes}) == body


def corrected(clock: Clock, offset_s: float) -> Uplink:
    gap = Gap(stream="bulk-0123456789abcdef", ranges=[(1, 2)], cause=GapCause.EVICTED)
    payload = encode(
        gap,
        vehicle="car-1",
        stream="record-0123456789abcdef",
        seq=7,
        observed_at=KNOWN,
        clock=clock,
        correction=Correction(offset_s=offset_s, since=BOOT),
    )
    return decode(Address("fleet-1", "car-1").up(Kind.GAP), payload).corrected()


def test_a_corrected_message_says_so() -> None:
    uplink = corrected(Clock.UNSYNCED, 1.7e9)
    assert (uplink.observed_at, uplink.clock) == (KNOWN + timedelta(seconds=1.7e9), Clock.CORRECTED)


def test_a_clock_that_was_synced_needs_no_correction() -> None:
    uplink = corrected(Clock.SYNCED, 1.7e9)
    assert (uplink.observed_at, uplink.clock) == (KNOWN, Clock.SYNCED)


def test_a_sender_does_not_say_that_it_was_corrected() -> None:
    with pytest.raises(ValueError, match="synced or unsynced"):
        corrected(Clock.CORRECTED, 0.0)


def test_a_time_beyond_all_years_is_a_bad_envelope() -> None:
    late = datetime(9990, 1, 1, tzinfo=UTC)
    gap = Gap(stream="bulk-0123456789abcdef", ranges=[(1, 2)], cause=GapCause.EVICTED)
    correction = Correction(offset_s=CENTURY.total_seconds(), since=BOOT)
    address = Address("fleet-1", "car-1")
    uplink = Uplink(address, Kind.GAP, "record-0123456789abcdef", 1, late, Clock.UNSYNCED, gap, correction=correction)
    with pytest.raises(WireError) as refused:
        uplink.corrected()
    assert refused.value.reason is Reason.BAD_ENVELOPE
