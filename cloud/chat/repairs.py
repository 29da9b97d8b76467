"""What the tools about the repair look at: case, appointment, free times, work, and what the workshop said."""

from collections.abc import Sequence
from typing import Final

from cloud.chat.glossary import words
from cloud.chat.told import ToldBooking, ToldCase, ToldOffer, ToldSlots, ToldVisit, ToldWork, when
from cloud.chat.tools import Asker, Neighbours, Nothing, OfWork
from cloud.errors import NoSlot, NotFound
from cloud.pages import Window
from cloud.scheduling.booking import Booking, BookingFilter, State
from cloud.scheduling.model import Job, Slot
from cloud.scheduling.work_order import OrderFilter
from cloud.scheduling.works import KindOfWork, catalogue
from cloud.workflow.model import MEANINGS, Case, CaseFilter, CaseState
from edge.wire.messages import Action

_LOOKED_AT: Final = Window(50)
_TRIVIAL: Final = frozenset({"replacement", "repair", "check", "search", "12v", "inflation", "fault", "dcdc", "hv"})
"""Parts of the name of a work that say nothing of its part."""


def case(near: Neighbours, asker: Asker, _: Nothing) -> ToldCase:
    """What becomes of the trouble: the open case, else the last one."""
    found = open_or_last(near, asker)
    if found is None:
        return ToldCase(case=None)
    return ToldCase(
        case=found.number,
        sequence=found.sequence,
        is_open=found.ended_at is None,
        component=found.component,
        state=found.state,
        meaning=MEANINGS[found.state][0],
        summary=found.summary,
        action=found.action,
        work=_work_of(found).title,
        booking=found.booking,
        offers=_case_offers(near, found),
    )


def booking(near: Neighbours, asker: Asker, _: Nothing) -> ToldBooking:
    """The appointment that is to come."""
    found = coming(near, asker)
    if found is None:
        return ToldBooking(booking=None)
    name, zone = centre_of(near, found.slot.centre)
    return ToldBooking(
        booking=found.id,
        sequence=found.sequence,
        state=found.state,
        component=found.job.component,
        centre=found.slot.centre,
        place=name,
        start=when(found.slot.start_at, zone),
        end=when(found.slot.end_at, zone),
    )


def slots(near: Neighbours, asker: Asker, _: Nothing) -> ToldSlots:
    """Times that can be had: instead of the booked one, of the open case's offers, else for its work."""
    booked, found = coming(near, asker), open_or_last(near, asker)
    try:
        if booked is not None:
            instead = near.appointments.offers_instead(booked.id)
            return ToldSlots(offers=told_offers(near, [(one.slot, one.kind, one.reasons) for one in instead]))
        if found is None or found.ended_at is not None:
            return ToldSlots(offers=(), reason="nothing is to be repaired, as far as is known")
        if found.offers:
            return ToldSlots(offers=_case_offers(near, found))
        free = near.scheduling.offers(_job(near, found))
        return ToldSlots(offers=told_offers(near, [(one.slot, one.kind, one.reasons) for one in free]))
    except NoSlot as none:
        return ToldSlots(offers=(), reason=str(none))


def work(near: Neighbours, asker: Asker, of: OfWork) -> ToldWork:
    """What the catalogue says of the repair of a part, or of what is proposed."""
    found = open_or_last(near, asker)
    is_open = found is not None and found.ended_at is None
    kind = None if of.part is None else _named(of.part)
    if kind is None and found is not None and is_open:
        kind = _work_of(found)
    if kind is None:
        return ToldWork(title=None)
    booked = coming(near, asker)
    return ToldWork(
        title=kind.title,
        minutes=kind.work.minutes,
        parts=tuple(sorted(part.replace("_", " ") for part in kind.work.parts)),
        parts_value_eur=kind.work.parts_value_eur or None,
        asks=None if booked is None else centre_of(near, booked.slot.centre)[0],
    )


def visit(near: Neighbours, asker: Asker, _: Nothing) -> ToldVisit:
    """What the workshop last said."""
    wanted = OrderFilter(fleet=asker.address.fleet, vehicle=asker.address.vehicle)
    orders = near.orders.orders(wanted, Window(1)).items
    if not orders:
        return ToldVisit(order=None)
    order = orders[0]
    report = order.report
    return ToldVisit(
        order=order.number,
        title=order.title,
        state=order.state,
        outcome=None if report is None else report.outcome,
        findings=() if report is None else report.findings[:5],
        parts_changed=() if report is None else report.parts_changed[:10],
        at=when(order.ended_at or order.started_at or order.opened_at),
    )


def open_or_last(near: Neighbours, asker: Asker) -> Case | None:
    """The open case of the vehicle, else its last one."""
    wanted = CaseFilter(fleet=asker.address.fleet, vehicle=asker.address.vehicle)
    found = near.workflow.cases(wanted, _LOOKED_AT).items
    return next((one for one in found if one.ended_at is None), found[0] if found else None)


def coming(near: Neighbours, asker: Asker) -> Booking | None:
    """The next booking that is sure and to come."""
    wanted = BookingFilter(fleet=asker.address.fleet, vehicle=asker.address.vehicle, state=State.BOOKED)
    now = near.now()
    found = [one for one in near.appointments.bookings(wanted, _LOOKED_AT).items if one.slot.end_at > now]
    return min(found, key=lambda one: one.slot.start_at, default=None)


def centre_of(near: Neighbours, centre: str) -> tuple[str, str]:
    """A centre's name and zone; of one that is gone, its id and UTC."""
    try:
        found = near.scheduling.centre(centre)
    except NotFound:
        return centre, "UTC"
    return found.name, found.zone


def told_offers(near: Neighbours, found: Sequence[tuple[Slot, str, tuple[str, ...]]]) -> tuple[ToldOffer, ...]:
    """Offers, counted from 1."""
    told = []
    for number, (slot, kind, reasons) in enumerate(found, start=1):
        name, zone = centre_of(near, slot.centre)
        start = when(slot.start_at, zone)
        told.append(
            ToldOffer(
                number=number,
                centre=slot.centre,
                place=name,
                start_at=slot.start_at,
                start=start,
                weekday=start.split()[0],
                kind=kind,
                reasons=reasons,
            )
        )
    return tuple(told)


def _case_offers(near: Neighbours, found: Case) -> tuple[ToldOffer, ...]:
    if found.state is not CaseState.OFFERED:
        return ()
    kinds = ("least_cost", "soonest", "nearest")  # the order in which offers are made
    rows = [(one.slot, kinds[place % 3], one.reasons) for place, one in enumerate(found.offers)]
    return told_offers(near, rows)


def _job(near: Neighbours, found: Case) -> Job:
    return Job(
        address=found.address,
        component=found.component,
        work=_work_of(found).work,
        action=found.action or Action.FINISH_SHIFT,
        ready_at=near.now(),
    )


def _work_of(found: Case) -> KindOfWork:
    cause = found.cause
    return catalogue().find(None if cause is None else cause.work, found.component)


def _named(part: str) -> KindOfWork | None:
    """The work on a part that is named, the one of which the most is said."""
    said = words(part)
    fits = []
    for kind in catalogue().kinds():
        needed = set(kind.split("_")) - _TRIVIAL
        if needed and needed <= said:
            fits.append((len(needed), kind))
    return catalogue().find(max(fits)[1], "") if fits else None
