"""Who is told what when, without any database: quiet hours, turns, what may become of a delivery."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cloud.notify.delivery import (
    BACKOFF_S,
    GIVE_UP_AFTER,
    LATE_AFTER,
    LEASE,
    TRIES_MAX,
    UNANSWERED,
    Delivery,
    State,
    backoff_s,
    key_of,
)
from cloud.notify.model import TEXT_LENGTH, TITLE_LENGTH, Contact, at_least, turns, worst
from cloud.notify.quiet import QuietHours
from cloud.notify.worker import SEND_S_MAX
from edge.wire.messages import Severity
from tests.unit.cloud.telling import ADA, BERLIN, BOB, EVE, NIGHT, notice
from tests.unit.cloud.vehicle import T0

QUARTER = timedelta(minutes=15)
ZONES = ["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Pacific/Apia"]
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC by timezones
WALLS = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    since, until = draw(WALLS), draw(WALLS)
    assume(since != until)
    return QuietHours(since, until, draw(st.sampled_from(ZONES)))


def around_a_change(zone: str) -> Iterator[datetime]:
    """Every quarter of an hour of the days at which Berlin's clocks change."""
    for day in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        yield from (day + n * QUARTER for n in range(96 * 2))


def reads_quiet(quiet: QuietHours, moment: datetime) -> bool:
    """What the wall clock says, with code of its own."""
    wall = moment.astimezone(ZoneInfo(quiet.zone)).time()
    if quiet.from_at < quiet.until_at:
        return quiet.from_at <= wall < quiet.until_at
    return wall >= quiet.from_at or wall < quiet.until_at


@given(quiet_hours(), MOMENTS)
def test_whenever_the_wall_clock_is_within_quiet_hours_it_is_quiet(quiet: QuietHours, moment: datetime) -> None:
    if reads_quiet(quiet, moment):
        assert quiet.until(moment) is not None


@given(quiet_hours(), MOMENTS)
def test_quiet_is_over_when_it_says_so(quiet: QuietHours, moment: datetime) -> None:
    end = quiet.until(moment)
    if end is not None:
        assert moment < end
        assert end.tzinfo is UTC
        assert quiet.until(end) is None, "the next look tells it"
        assert quiet.until(end - timedelta(microseconds=1)) == end
        assert all(quiet.until(moment + part * (end - moment)) == end for part in (0.25, 0.5, 0.75))


@given(quiet_hours(), MOMENTS)
def test_it_is_longer_than_the_wall_clock_says_only_by_what_the_clocks_change(
    quiet: QuietHours, moment: datetime
) -> None:
    if quiet.until(moment) is not None:
        shift = timedelta(hours=24 if quiet.zone == "Pacific/Apia" else 1)
        near = [moment + step * shift for step in (-1, -0.5, 0, 0.5, 1)]
        end = quiet.until(moment) or moment
        assert any(reads_quiet(quiet, one) for one in [*near, end - timedelta(hours=1, seconds=1)])


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("2026-11-21T21:59+01:00", None),
        ("2026-11-21T22:00+01:00", "2026-11-22T07:00+01:00"),
        ("2026-11-22T06:59+01:00", "2026-11-22T07:00+01:00"),
        ("2026-11-22T07:00+01:00", None),
        ("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
        ("2026-10-24T23:00+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_a_night_in_berlin(said: str, until: str | None) -> None:
    assert NIGHT.until(datetime.fromisoformat(said)) == (None if until is None else datetime.fromisoformat(until))


@pytest.mark.parametrize(
    ("quiet", "said", "until"),
    [
        # 02:00 to 03:00 is skipped on 29 March: an end within it is not before its own wall time
        (QuietHours(time(22), time(2, 30), BERLIN), "2026-03-29T01:59+01:00", "2026-03-29T03:30+02:00"),
        # 02:00 to 03:00 comes twice on 25 October: it ends with the second
        (QuietHours(time(22), time(2, 30), BERLIN), "2026-10-25T02:45+02:00", "2026-10-25T02:30+01:00"),
        # … and begins with the first
        (QuietHours(time(2, 30), time(7), BERLIN), "2026-10-25T02:30+02:00", "2026-10-25T07:00+01:00"),
    ],
)
def test_when_the_clocks_change(quiet: QuietHours, said: str, until: str) -> None:
    assert quiet.until(datetime.fromisoformat(said)) == datetime.fromisoformat(until)


def test_quiet_hours_that_end_when_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="switch the contact off"):
        QuietHours(time(7), time(7), BERLIN)


def test_a_night_around_each_change_is_quiet_as_a_whole() -> None:
    quiet = [moment for moment in around_a_change(BERLIN) if NIGHT.until(moment) is not None]
    assert quiet == [moment for moment in around_a_change(BERLIN) if reads_quiet(NIGHT, moment)]


def test_critical_comes_through_for_who_says_so() -> None:
    night = datetime(2026, 11, 21, 23, tzinfo=UTC)
    asleep = replace(ADA, quiet=NIGHT)
    assert asleep.quiet_until(Severity.CRITICAL, night) is not None
    on_call = replace(asleep, critical_always=True)
    assert on_call.quiet_until(Severity.CRITICAL, night) is None
    assert on_call.quiet_until(Severity.WARNING, night) is not None


def test_each_rank_has_its_turn() -> None:
    also = replace(BOB, id="bob-2")
    planned = turns(notice(), [EVE, also, BOB, ADA], T0, QUARTER)
    assert [(one.contact.id, one.due_at) for one in planned] == [
        ("ada", T0), ("bob", T0 + QUARTER), ("bob-2", T0 + QUARTER), ("eve", T0 + 2 * QUARTER)
    ]  # fmt: skip


def test_what_does_not_escalate_is_for_the_first_rank() -> None:
    assert [one.contact.id for one in turns(notice(escalates=False), [BOB, EVE], T0, QUARTER)] == ["bob"]


CONTACTS = st.lists(
    st.builds(
        Contact,
        fleet=st.just("north"),
        id=st.text("abc", min_size=1, max_size=3),
        person=st.just("Ada"),
        channel=st.just("mailto:ada@example.org"),
        severity_min=st.sampled_from(Severity),
        rank=st.integers(0, 4),
        enabled=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(CONTACTS, st.sampled_from(Severity), st.booleans())
def test_turns(contacts: list[Contact], severity: Severity, escalates: bool) -> None:
    planned = turns(notice(severity=severity, escalates=escalates), contacts, T0, QUARTER)
    wanted = [one for one in contacts if one.enabled and at_least(severity, one.severity_min)]
    called = [one.contact for one in planned]
    assert {one.id for one in called} <= {one.id for one in wanted}
    assert len(called) == len({one.id for one in called})
    if escalates:
        assert len(called) == len(wanted)
    if wanted:
        assert planned[0].due_at == T0, "somebody is told at once"
    steps = {one.contact.rank: one.due_at for one in planned}
    assert [due for _, due in sorted(steps.items())] == [T0 + n * QUARTER for n in range(len(steps))]


@given(st.text(max_size=6000), st.text(max_size=6000))
def test_what_vehicles_write_is_made_fit(title: str, text: str) -> None:
    made = notice(title=title, text=text)
    assert len(made.title) <= TITLE_LENGTH
    assert len(made.text) <= TEXT_LENGTH
    assert len(made.title.splitlines()) <= 1
    assert not set(made.title + made.text) & {chr(n) for n in range(32)} - {"\n", "\t"}
    assert replace(made) == made, "once is enough"


def test_a_reason_is_needed_and_of_a_length_that_is_kept() -> None:
    for reason in ("", "x" * 301):
        with pytest.raises(ValueError, match="a reason of"):
            notice(reason=reason)
    assert notice(link="https://x/" + "y" * 1000).link is None


def test_severities_are_in_order() -> None:
    assert worst([Severity.WARNING, Severity.CRITICAL, Severity.INFO]) is Severity.CRITICAL
    assert worst([]) is Severity.INFO
    assert at_least(Severity.WARNING, Severity.WARNING)
    assert not at_least(Severity.INFO, Severity.WARNING)


NEW = Delivery(
    id=1,
    notice=1,
    fleet="north",
    vehicle="van-7",
    contact="ada",
    person="Ada",
    rank=0,
    state=State.WAITING,
    due_at=T0,
    lease_until=None,
    attempts=(),
    why="",
    digest=None,
    made_at=T0,
    changed_at=T0,
)


def most(_: float, high: float) -> float:
    return high


def test_a_delivery_that_arrives() -> None:
    taken = NEW.take(T0)
    assert (taken.state, taken.lease_until) == (State.SENDING, T0 + LEASE)
    assert [one.why for one in taken.attempts] == [UNANSWERED], "what a crash leaves is not called a success"
    sent = taken.sent(T0 + QUARTER)
    assert (sent.state, sent.lease_until, sent.attempts[0].why, sent.why) == (State.SENT, None, "", "")


def test_a_lease_outlives_any_sending() -> None:
    assert LEASE.total_seconds() >= 2 * SEND_S_MAX


def test_what_is_not_taken_is_tried_for_a_day_and_then_given_up() -> None:
    now, delivery = T0, NEW
    while delivery.state is not State.FAILED:
        delivery = delivery.take(now).failed("away", now, for_good=False, uniform=most)
        assert delivery.lease_until is None
        if delivery.state is State.RETRYING:
            assert timedelta(seconds=BACKOFF_S[0]) <= delivery.due_at - now <= timedelta(seconds=BACKOFF_S[1])
            now = delivery.due_at
    assert GIVE_UP_AFTER - timedelta(hours=1) <= now - T0 <= GIVE_UP_AFTER
    assert len(delivery.attempts) == 8 + 22
    assert {one.why for one in delivery.attempts} == {"away"}


def test_the_number_of_tries_is_bounded_whatever_the_dice_say() -> None:
    now, delivery, tries = T0, NEW, 0
    while delivery.state is not State.FAILED:
        delivery = delivery.take(now).failed("away", now, for_good=False, uniform=lambda low, _: low)
        now, tries = delivery.due_at, tries + 1
    assert tries <= TRIES_MAX


def test_what_is_refused_for_good_is_not_tried_again() -> None:
    failed = NEW.take(T0).failed("550 no such person " * 50, T0, for_good=True, uniform=most)
    assert failed.state is State.FAILED
    assert len(failed.why) == len(failed.attempts[0].why) == 300


@given(st.integers(0, 10_000))
def test_waiting_is_bounded_and_spread(failures: int) -> None:
    low, high = backoff_s(failures, lambda low, _: low), backoff_s(failures, most)
    assert BACKOFF_S[0] / 2 <= low <= high <= BACKOFF_S[1]
    assert high == 2 * low


def test_what_nobody_sent_for_a_day_is_late() -> None:
    assert not NEW.is_late(T0 + LATE_AFTER)
    assert NEW.is_late(T0 + LATE_AFTER + timedelta(seconds=1))
    assert NEW.drop(T0).state is State.DROPPED_LATE


@given(st.lists(st.text(max_size=20), min_size=3, max_size=3), st.lists(st.text(max_size=20), min_size=3, max_size=3))
def test_a_key_names_one_notice_to_one_contact(one: list[str], other: list[str]) -> None:
    assume(not any("\n" in part for part in one + other))
    assert (key_of(*one) == key_of(*other)) == (one == other)
