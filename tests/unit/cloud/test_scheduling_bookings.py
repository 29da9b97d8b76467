"""Bookings: held, booked, moved, cancelled, lost; and whoever comes second is told so and can go on."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cloud.errors import Conflict, NoSlot, NotFound, Refused, SlotTaken
from cloud.pages import Window
from cloud.scheduling.booking import HELD_MAX, HOLD, Booking, BookingFilter, State
from cloud.scheduling.model import CENTRES_MAX, PAIRS_MAX, Bay, Job, Technician
from cloud.scheduling.plan import Visit
from cloud.scheduling.store import booked_cells, bookings
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.workshop import MONDAY, POTSDAM, SKILLS, centre, hours_after, job, week

NINE = hours_after(2)
ELEVEN = hours_after(4)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def workshop(cloud: Cloud) -> Cloud:
    """One centre with one bay and one technician, on Monday morning."""
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(), by="ada")
    return cloud


def hold(cloud: Cloud, vehicle: str = "van-7", start_at: datetime = NINE, where: str = "mitte") -> Booking:
    return cloud.appointments.hold(f"wish of {vehicle}", job(vehicle), where, start_at, by="ada")


def book(cloud: Cloud, vehicle: str = "van-7", start_at: datetime = NINE, where: str = "mitte") -> Booking:
    return cloud.appointments.confirm(hold(cloud, vehicle, start_at, where).id, by="ada")


def cells(cloud: Cloud) -> int:
    return len(cloud.rows(booked_cells))


def test_what_is_held_is_booked_when_somebody_says_yes(workshop: Cloud) -> None:
    held = hold(workshop)
    assert (held.state, held.sequence, held.hold_until) == (State.HELD, 0, MONDAY + HOLD)
    assert (held.slot.bay, held.slot.technician, held.slot.end_at) == ("1", "anna", NINE + timedelta(minutes=90))
    workshop.now += MINUTE
    booked = workshop.appointments.confirm(held.id, by="ada")
    assert (booked.state, booked.sequence, booked.hold_until, booked.booked_at) == (
        State.BOOKED, 1, None, MONDAY + MINUTE,
    )  # fmt: skip
    assert workshop.appointments.confirm(held.id, by="ada") == booked == workshop.appointments.booking(held.id)


def test_an_offer_can_be_held_as_it_was_made(workshop: Cloud) -> None:
    best, *_ = workshop.scheduling.offers(job())
    held = workshop.appointments.hold("my wish", job(), best.slot.centre, best.slot.start_at, by="ada")
    assert held.slot == best.slot
    assert best.slot not in [offer.slot for offer in workshop.scheduling.offers(job("van-8"))]


def test_a_wish_that_is_sent_again_is_the_same_booking_and_another_one_needs_a_name_of_its_own(workshop: Cloud) -> None:
    held = hold(workshop)
    assert hold(workshop) == held
    with pytest.raises(Conflict, match="was used for another booking"):
        hold(workshop, start_at=ELEVEN)
    workshop.appointments.move(held.id, 0, "mitte", ELEVEN, by="ada")
    assert hold(workshop).slot.start_at == ELEVEN, "what was changed since then cannot tell against it"
    assert len(workshop.rows(bookings)) == 1


def test_who_comes_second_is_told_and_finds_another_time(workshop: Cloud) -> None:
    hold(workshop)
    with pytest.raises(SlotTaken, match="taken; ask for new offers"):
        hold(workshop, "van-8")
    with pytest.raises(SlotTaken):
        hold(workshop, "van-8", NINE + timedelta(minutes=75))
    offered = workshop.scheduling.offers(job("van-8"))[0].slot.start_at
    assert hold(workshop, "van-8", offered).state is State.HELD


def test_a_vehicle_is_not_in_two_places(workshop: Cloud) -> None:
    workshop.scheduling.put_centre(centre("potsdam", place=POTSDAM), by="ada")
    book(workshop)
    with pytest.raises(SlotTaken):
        workshop.appointments.hold("a second wish", job(), "potsdam", NINE, by="ada")


def test_a_hold_that_runs_out_frees_its_time_for_others_and_says_so(workshop: Cloud) -> None:
    held = hold(workshop)
    workshop.now += HOLD
    assert workshop.appointments.booking(held.id).state is State.EXPIRED
    assert workshop.appointments.bookings(BookingFilter(state=State.HELD), Window()).items == []
    [expired] = workshop.appointments.bookings(BookingFilter(state=State.EXPIRED), Window()).items
    assert hold(workshop, "van-8").state is State.HELD
    assert workshop.appointments.booking(held.id) == expired, "read before and after it was written"
    with pytest.raises(Conflict, match="expired; choose a time again"):
        workshop.appointments.confirm(held.id, by="ada")
    with pytest.raises(SlotTaken):
        workshop.appointments.move(held.id, expired.sequence, "mitte", NINE, by="ada")
    again = workshop.appointments.move(held.id, expired.sequence, "mitte", ELEVEN, by="ada")
    assert (again.state, again.hold_until) == (State.HELD, workshop.now + HOLD)
    assert workshop.appointments.confirm(held.id, by="ada").state is State.BOOKED


def test_no_more_times_are_held_for_a_vehicle_than_are_offered(workshop: Cloud) -> None:
    days = [NINE + timedelta(days=day) for day in range(HELD_MAX + 1)]

    def wish(day: datetime) -> Booking:
        return workshop.appointments.hold(f"wish for {day}", job(), "mitte", day, by="ada")

    held = [wish(day) for day in days[:-1]]
    with pytest.raises(Conflict, match="3 times are held for 'van-7' already"):
        wish(days[-1])
    assert wish(days[0]) == held[0], "the same wish again is no further one"
    hold(workshop, "van-8", hours_after(6))
    workshop.appointments.confirm(held[0].id, by="ada")
    assert wish(days[-1]).state is State.HELD


def test_yes_a_moment_before_the_hold_runs_out_is_yes(workshop: Cloud) -> None:
    held = hold(workshop)
    workshop.now += HOLD - timedelta(microseconds=1)
    assert workshop.appointments.confirm(held.id, by="ada").state is State.BOOKED
    workshop.now += 10 * HOLD
    with pytest.raises(SlotTaken):
        hold(workshop, "van-8")


def test_a_booking_moves_also_onto_part_of_its_own_time(workshop: Cloud) -> None:
    booked = book(workshop)
    before = cells(workshop)
    moved = workshop.appointments.move(booked.id, 1, "mitte", NINE + timedelta(minutes=30), by="ada")
    assert (moved.state, moved.sequence, moved.booked_at) == (State.BOOKED, 2, booked.booked_at)
    assert cells(workshop) == before
    assert hold(workshop, "van-8", hours_after(3.5 + 0.5)).state is State.HELD


def test_a_move_that_fails_loses_nothing(workshop: Cloud) -> None:
    booked = book(workshop)
    book(workshop, "van-8", ELEVEN)
    with pytest.raises(SlotTaken):
        workshop.appointments.move(booked.id, 1, "mitte", ELEVEN, by="ada")
    assert workshop.appointments.booking(booked.id) == booked
    assert cells(workshop) == 2 * 18


def test_of_two_who_change_one_booking_the_second_is_told(workshop: Cloud) -> None:
    booked = book(workshop)
    workshop.appointments.move(booked.id, booked.sequence, "mitte", ELEVEN, by="ada")
    with pytest.raises(Conflict, match="has changed meanwhile, it is booked now"):
        workshop.appointments.move(booked.id, booked.sequence, "mitte", NINE, by="ada")
    with pytest.raises(Conflict, match="has changed meanwhile"):
        workshop.appointments.cancel(booked.id, "no time", booked.sequence, by="ada")
    assert workshop.appointments.booking(booked.id).slot.start_at == ELEVEN


def test_what_is_cancelled_stays_so_and_gives_its_time_back(workshop: Cloud) -> None:
    booked = book(workshop)
    cancelled = workshop.appointments.cancel(booked.id, "sold", booked.sequence, by="ada")
    assert (cancelled.state, cancelled.reason, cancelled.sequence) == (State.CANCELLED, "sold", 2)
    assert workshop.appointments.cancel(booked.id, "again", by="ada") == cancelled
    assert cells(workshop) == 0
    with pytest.raises(Conflict, match=r"cancelled \(sold\); make a new one"):
        workshop.appointments.confirm(booked.id, by="ada")
    with pytest.raises(Conflict, match="make a new one"):
        workshop.appointments.move(booked.id, 2, "mitte", ELEVEN, by="ada")
    assert hold(workshop, "van-8").state is State.HELD


def test_what_has_begun_cannot_be_moved(workshop: Cloud) -> None:
    booked = book(workshop)
    workshop.now = NINE
    with pytest.raises(Conflict, match="has begun"):
        workshop.appointments.move(booked.id, 1, "mitte", ELEVEN, by="ada")


def test_with_a_centre_its_bookings_are_lost_by_name_and_can_go_elsewhere(workshop: Cloud) -> None:
    booked, held = book(workshop), hold(workshop, "van-8", ELEVEN)
    lost = workshop.scheduling.remove_centre("mitte", by="ada")
    assert [(one.id, one.state, one.reason) for one in lost] == [
        (booked.id, State.CENTRE_GONE, "the centre was removed"),
        (held.id, State.CENTRE_GONE, "the centre was removed"),
    ]
    assert workshop.scheduling.remove_centre("mitte", by="ada") == []
    assert cells(workshop) == 0
    with pytest.raises(NoSlot, match="there are no centres yet"):
        workshop.appointments.offers_instead(booked.id)
    with pytest.raises(NotFound, match="any longer; ask for new offers"):
        hold(workshop, "van-9")
    with pytest.raises(Conflict, match="choose another time or cancel it"):
        workshop.appointments.confirm(held.id, by="ada")
    workshop.scheduling.put_centre(centre("potsdam", place=POTSDAM), by="ada")
    best, *_ = workshop.appointments.offers_instead(booked.id)
    moved = workshop.appointments.move(booked.id, 2, "potsdam", best.slot.start_at, by="ada")
    assert (moved.state, moved.slot, moved.reason) == (State.BOOKED, best.slot, "")
    assert workshop.appointments.cancel(held.id, "elsewhere", by="ada").state is State.CANCELLED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bays": (Bay("2", frozenset({"lift"})),)}, "bay 1 is not there for it any longer"),
        ({"bays": (Bay("1", frozenset()),)}, "bay 1 is not there for it any longer"),
        ({"technicians": (Technician("ben", SKILLS, week()),)}, "technician anna is not there for it any longer"),
        ({"technicians": (Technician("anna", SKILLS, week("12:00")),)}, "technician anna does not work then"),
        ({"hours": week("08:00", "10:00")}, "the centre is closed then"),
        ({"closed_on": frozenset({MONDAY.date()})}, "the centre is closed then"),
    ],
)
def test_a_centre_that_changes_loses_what_no_longer_fits(workshop: Cloud, change: dict[str, Any], reason: str) -> None:
    book(workshop)
    [lost] = workshop.scheduling.put_centre(centre(**change), by="ada")
    assert (lost.state, lost.reason) == (State.CENTRE_GONE, reason)


def test_a_centre_that_changes_keeps_what_fits_and_what_is_over(workshop: Cloud) -> None:
    booked = book(workshop)
    assert workshop.scheduling.put_centre(centre(), by="ada") == []
    assert workshop.scheduling.put_centre(centre(name="New name"), by="ada") == []
    workshop.now = hours_after(24)
    assert workshop.scheduling.remove_centre("mitte", by="ada") == []
    assert workshop.appointments.booking(booked.id).state is State.BOOKED


def test_cells_that_are_over_are_given_back(workshop: Cloud) -> None:
    book(workshop)
    workshop.now = hours_after(24)
    hold(workshop, "van-8", hours_after(26))
    assert cells(workshop) == 18


@pytest.mark.parametrize(
    ("start_at", "says"),
    [
        (NINE + timedelta(minutes=5), "quarters of an hour"),
        (hours_after(-2), "cannot begin this at 2026-11-23 04:00"),
        (hours_after(10), "cannot begin this at"),
        (hours_after(24 * 40), "cannot begin this at"),
    ],
)
def test_a_time_that_the_centre_does_not_have(workshop: Cloud, start_at: datetime, says: str) -> None:
    with pytest.raises(Refused, match=says):
        hold(workshop, start_at=start_at)


def test_what_is_not_there(workshop: Cloud) -> None:
    for ask in (
        lambda: hold(workshop, where="nowhere"),
        lambda: workshop.scheduling.centre("nowhere"),
        lambda: workshop.scheduling.remove_centre("nowhere", by="ada"),
        lambda: workshop.appointments.booking("0" * 32),
        lambda: workshop.appointments.confirm("0" * 32, by="ada"),
        lambda: workshop.appointments.invite("0" * 32, None),
    ):
        with pytest.raises(NotFound, match="there is no"):
            ask()


def test_a_job_that_a_centre_can_never_do(workshop: Cloud) -> None:
    workshop.scheduling.put_centre(centre(technicians=()), by="ada")
    with pytest.raises(NoSlot) as refused:
        hold(workshop)
    assert refused.value.reasons == {"mitte": "no_technician"}


def test_centres_are_bounded(workshop: Cloud) -> None:
    for n in range(CENTRES_MAX - 1):
        workshop.scheduling.put_centre(centre(f"c{n:03}"), by="ada")
    with pytest.raises(Refused, match="remove one first"):
        workshop.scheduling.put_centre(centre("one-more"), by="ada")
    workshop.scheduling.put_centre(centre("c000", name="Changed"), by="ada")
    workshop.scheduling.remove_centre("c000", by="ada")
    workshop.scheduling.put_centre(centre("one-more"), by="ada")
    assert len(workshop.scheduling.centres()) == CENTRES_MAX
    jobs: list[Job] = [job()] * (1 + PAIRS_MAX // CENTRES_MAX)
    with pytest.raises(Refused, match="plan at most 5 jobs at once"):
        workshop.scheduling.plan(jobs)


def test_a_plan_knows_what_is_booked(workshop: Cloud) -> None:
    first, *_ = workshop.scheduling.offers(job())
    book(workshop, "van-8", first.slot.start_at)
    [visit] = workshop.scheduling.plan([job()]).visits
    assert isinstance(visit, Visit)
    assert visit.slot == workshop.scheduling.offers(job())[0].slot != first.slot


def test_bookings_are_listed_from_the_latest_start_by_whose_and_where(workshop: Cloud) -> None:
    workshop.scheduling.put_centre(centre("potsdam", place=POTSDAM), by="ada")
    book(workshop, "van-1", NINE)
    book(workshop, "van-2", ELEVEN)
    hold(workshop, "van-3", NINE, "potsdam")

    def vehicles(**wanted: Any) -> list[str]:
        page = workshop.appointments.bookings(BookingFilter(**wanted), Window())
        return sorted(one.job.address.vehicle for one in page.items)

    first = workshop.appointments.bookings(BookingFilter(), Window(2))
    rest = workshop.appointments.bookings(BookingFilter(), Window(2, first.after))
    assert first.items[0].job.address.vehicle == "van-2"
    assert len(first.items) == 2
    assert [len(rest.items), rest.after] == [1, None]
    assert vehicles(centre="potsdam") == ["van-3"]
    assert vehicles(state=State.BOOKED) == ["van-1", "van-2"]
    assert vehicles(fleet="north", vehicle="van-1") == ["van-1"]
    assert vehicles(fleet="south") == []
