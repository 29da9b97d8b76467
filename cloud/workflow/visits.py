"""The agents after the owner's word: where and when, is it being done, was it right.

What they ask of other rooms has a name of its own (a wish of a booking, the booking of an order), so that asking twice
gives the same. They wait like the others.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from cloud.errors import Conflict, NoSlot, NotFound, Refused
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.booking import Booking, State
from cloud.scheduling.model import Job
from cloud.scheduling.offers import Offer
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_order import OrderState, Outcome
from cloud.scheduling.work_orders import NewOrder, WorkOrderService
from cloud.scheduling.works import KindOfWork
from cloud.workflow.agents import all_clear, tell
from cloud.workflow.circumstances import Surroundings
from cloud.workflow.facts import Facts, Standing
from cloud.workflow.model import Agent, Case, CaseOffer, CaseState, Message, Step
from cloud.workflow.settings import Patience
from cloud.workflow.words import about, choices
from edge.wire.messages import Action, Severity

_WITHOUT_OFFERS: Final[Mapping[str, Any]] = {"offers": (), "chosen": None, "job": None, "reminded": False}
WorkOf = Callable[[Case], KindOfWork]
"""The work that a case asks for."""


class SchedulingAgent:
    """Where and when?"""

    agent = Agent.SCHEDULING

    def __init__(
        self,
        scheduling: SchedulingService,
        appointments: AppointmentService,
        surroundings: Surroundings,
        work_of: WorkOf,
        patience: Patience,
    ) -> None:
        self._scheduling = scheduling
        self._appointments = appointments
        self._surroundings = surroundings
        self._work_of = work_of
        self._patience = patience

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """Make offers, book what was chosen, or wait."""
        if facts.booking is not None and facts.booking.state in {State.BOOKED, State.CANCELLED}:
            is_booked = facts.booking.state is State.BOOKED
            return (_booked if is_booked else _cancelled)(case, facts.booking, now)
        if facts.booking is None and facts.standing is Standing.OVER:
            return all_clear(case, now)
        if case.chosen is not None and case.job is not None:
            return self._book(case, case.job, case.offers[case.chosen], now)
        if case.state in {CaseState.OFFERED, CaseState.NO_SLOT} and not case.is_due(now):
            return None
        return self._offer(case, now)

    def _offer(self, case: Case, now: datetime) -> Step:
        if case.state is CaseState.OFFERED and case.reminded:
            return Step(case.end(CaseState.NO_ANSWER, now, reason="no time was chosen"), "no choice was made")
        job = self._job(case, now)
        try:
            found = self._offers(case, job)
        except NoSlot as none:
            return self._no_slot(case, str(none), now)
        offers = tuple(CaseOffer(one.slot, one.cost.total, one.reasons) for one in found)
        if case.choose_for_me:
            return Step(case.to(CaseState.OFFERED, now, job=job, offers=offers, chosen=0), "takes the best time")
        is_reminder = case.state is CaseState.OFFERED
        what, again = ("reminder", " still") if is_reminder else ("offers", "")
        message = tell(
            case, f"{what}/{case.visit}", f"{about(case)}: a time is{again} to be chosen", choices(case, offers)
        )
        wake_at = now + self._patience.remind_after
        fields = {"job": job, "offers": offers, "chosen": None, "reminded": is_reminder, "wake_at": wake_at}
        return Step(case.to(CaseState.OFFERED, now, **fields), f"{len(offers)} times offered", (message,))

    def _job(self, case: Case, now: datetime) -> Job:
        work = self._work_of(case).work
        heed = self._surroundings.of(case.address, work, now)
        return Job(
            address=case.address,
            component=case.component,
            work=work,
            action=case.action or Action.FINISH_SHIFT,
            ready_at=now,
            life=heed.life,
            place=heed.place,
            preferences=heed.preferences,
        )

    def _offers(self, case: Case, job: Job) -> list[Offer]:
        if case.booking is None:
            return self._scheduling.offers(job)
        return self._appointments.offers_instead(case.booking)

    def _no_slot(self, case: Case, reason: str, now: datetime) -> Step:
        messages: tuple[Message, ...] = ()
        if case.state is not CaseState.NO_SLOT:
            messages = (tell(case, f"no_slot/{case.visit}", f"{about(case)}: no workshop has time", reason),)
        wake_at = now + self._patience.look_again_after
        after = case.to(CaseState.NO_SLOT, now, wake_at=wake_at, reason=reason, offers=(), chosen=None)
        return Step(after, reason, messages)

    def _book(self, case: Case, job: Job, offer: CaseOffer, now: datetime) -> Step:
        try:
            booking = self._take(case, job, offer)
        except (Conflict, NoSlot, NotFound, Refused) as error:
            after = case.to(CaseState.APPROVED, now, offers=(), chosen=None, job=None, visit=case.visit + 1)
            return Step(after, f"the chosen time cannot be had any more: {error}")
        return _booked(case, booking, now)

    def _take(self, case: Case, job: Job, offer: CaseOffer) -> Booking:
        """Hold and confirm; where a booking is to be moved, move it."""
        by, slot = self.agent.principal, offer.slot
        if case.booking is None:
            wish = f"{case.name}/visit/{case.visit}"
            booking = self._appointments.hold(wish, job, slot.centre, slot.start_at, by=by)
        else:
            booking = self._appointments.booking(case.booking)
            is_wanted = (booking.slot.centre, booking.slot.start_at) == (slot.centre, slot.start_at)
            if not (is_wanted and booking.state is State.HELD):
                booking = self._appointments.move(booking.id, booking.sequence, slot.centre, slot.start_at, by=by)
        return self._appointments.confirm(booking.id, by=by)


class WorkAgent:
    """Is it being done?"""

    agent = Agent.WORK

    def __init__(self, orders: WorkOrderService, work_of: WorkOf, patience: Patience) -> None:
        self._orders = orders
        self._work_of = work_of
        self._patience = patience

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """Open the order, follow the workshop, or wait."""
        booking, order = facts.booking, facts.order
        if order is not None and order.state in {OrderState.DONE, OrderState.NOT_DONE}:
            return Step(case.to(CaseState.IN_WORK, now, agent=Agent.FEEDBACK), "the visit is over")
        if order is not None and order.state is OrderState.IN_WORK:
            return None if case.state is CaseState.IN_WORK else Step(case.to(CaseState.IN_WORK, now), "work has begun")
        if booking is None or booking.state in {State.CENTRE_GONE, State.EXPIRED, State.HELD}:
            return self._lost(case, booking, now)
        if booking.state is State.CANCELLED:
            if order is not None:
                self._orders.cancel(order.number, "the booking was cancelled", by=self.agent.principal)
            return _cancelled(case, booking, now)
        if order is None:
            return self._open(case, booking, now)
        return self._wait(case, booking, now)

    def _open(self, case: Case, booking: Booking, now: datetime) -> Step:
        cause = None if case.cause is None else case.cause.id
        new = NewOrder(booking.id, case.incident, case.address, case.component, self._work_of(case), cause)
        order = self._orders.open(new, by=self.agent.principal)
        wake_at = booking.slot.end_at + self._patience.overdue_after
        after = case.to(CaseState.BOOKED, now, work_order=order.number, wake_at=wake_at)
        return Step(after, f"work order {order.number}: {order.title}")

    def _wait(self, case: Case, booking: Booking, now: datetime) -> Step | None:
        wake_at = booking.slot.end_at + self._patience.overdue_after
        if wake_at > now:
            is_as_it_was = case.state is CaseState.BOOKED and case.wake_at == wake_at
            note = f"booked for {booking.slot.start_at:%Y-%m-%d %H:%M} UTC at {booking.slot.centre}"
            return None if is_as_it_was else Step(case.to(CaseState.BOOKED, now, wake_at=wake_at), note)
        if case.state is CaseState.OVERDUE:
            return None
        reason = f"booked for {booking.slot.start_at:%Y-%m-%d %H:%M} UTC, and nobody said what was done"
        message = tell(case, f"overdue/{case.visit}/{booking.sequence}", f"{about(case)}: was the work done?", reason)
        return Step(case.to(CaseState.OVERDUE, now, reason=reason), reason, (message,))

    def _lost(self, case: Case, booking: Booking | None, now: datetime) -> Step:
        reason = "the booking is gone" if booking is None else booking.reason or f"the booking is {booking.state}"
        fields = {"agent": Agent.SCHEDULING, "visit": case.visit + 1, **_WITHOUT_OFFERS}
        after = case.to(CaseState.CENTRE_GONE, now, reason=reason, **fields)
        message = tell(case, f"lost/{case.visit}", f"{about(case)}: the booked time is lost", reason)
        return Step(after, reason, (message,))


class FeedbackAgent:
    """Was it right?"""

    agent = Agent.FEEDBACK

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """Close the loop with what the workshop found."""
        order = facts.order
        if order is None or order.report is None:
            return needs_a_person(case, "the work order has no report", now)
        said = "; ".join(order.report.findings) or "no findings were written down"
        if order.report.outcome is Outcome.REPAIRED:
            message = tell(case, f"repaired/{order.number}", f"{about(case)}: repaired", said, Severity.INFO)
            return Step(case.end(CaseState.REPAIRED, now), f"repaired; the diagnosis: {order.label}", (message,))
        reason = order.report.outcome.replace("_", " ")
        message = tell(case, f"not_repaired/{order.number}", f"{about(case)}: not repaired ({reason})", said)
        return Step(case.end(CaseState.NOT_REPAIRED, now, reason=reason), f"{reason}: {said}", (message,))


def needs_a_person(case: Case, reason: str, now: datetime, **changes: Any) -> Step:
    """No agent can go on by itself."""
    message = tell(case, f"stuck/{case.sequence}", f"{about(case)}: somebody has to look", reason)
    return Step(case.to(CaseState.NEEDS_A_PERSON, now, reason=reason, **changes), reason, (message,))


def _cancelled(case: Case, booking: Booking, now: datetime) -> Step:
    """Somebody wanted it so; whether there is to be another visit is for a person to say."""
    reason = f"the booking was cancelled ({booking.reason or 'no reason given'})"
    fields = {"agent": Agent.SCHEDULING, "booking": None, "work_order": None, "visit": case.visit + 1}
    return needs_a_person(case, reason, now, **fields, **_WITHOUT_OFFERS)


def _booked(case: Case, booking: Booking, now: datetime) -> Step:
    slot = booking.slot
    when = f"{slot.start_at:%Y-%m-%d %H:%M} UTC at {slot.centre}"
    what = f"booked/{case.visit}/{booking.sequence}"
    message = tell(case, what, f"{about(case)}: booked for {when}", f"It is {case.name}.")
    after = case.to(CaseState.BOOKED, now, agent=Agent.WORK, booking=booking.id, reminded=False)
    return Step(after, f"booked for {when}", (message,))
