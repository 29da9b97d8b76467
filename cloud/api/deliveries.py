"""/deliveries: what was told to whom, and how that went."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.notify.delivery import DeliveryFilter, State
from cloud.notify.service import ToldDelivery
from cloud.security.roles import Permission
from edge.wire.messages import Severity

router = APIRouter(prefix="/deliveries", tags=["contacts"])


class AttemptForm(Form):
    """One try."""

    at: Moment
    why: Annotated[str, Field(examples=["the mail server says 451 try later"])]
    """Why it failed; empty: it did not."""


class DeliveryForm(Form):
    """A notice on its way to a contact, as it stands."""

    id: Annotated[int, Field(examples=[12])]
    fleet: FleetName
    vehicle: VehicleName | None
    """Null: it is about no single vehicle."""
    reason: Annotated[str, Field(examples=["alert/van-7/0f1e2d3c4b5a69788796a5b4c3d2e1f0"])]
    """What it is told for, once."""
    severity: Severity
    title: Annotated[str, Field(examples=["van-7: The engine is too hot"])]
    text: str
    link: str | None
    contact: Annotated[str, Field(examples=["ada-mail"])]
    person: Annotated[str, Field(examples=["ada@example.org"])]
    rank: int
    state: State
    why: Annotated[str, Field(examples=[""])]
    """Why it is in this state, where that needs saying."""
    due_at: Moment
    """When something happens to it next; when it last did, where it is over."""
    digest: Annotated[int | None, Field(examples=[None])]
    """The delivery that tells of it together with others."""
    attempts: list[AttemptForm]
    """Every try, in order."""
    made_at: Moment
    changed_at: Moment
    settled_at: Moment | None
    """Since when somebody has seen what it tells, or it is over; null: not yet."""


def _wanted(fleet: str | None = None, vehicle: str | None = None, state: State | None = None) -> DeliveryFilter:
    return DeliveryFilter(fleet=fleet, vehicle=vehicle, state=state)


@router.get("")
def list_deliveries(
    caller: Annotated[Caller, may(Permission.SEE_CONTACTS)],
    services: ServicesOf,
    window: WindowOf,
    wanted: Annotated[DeliveryFilter, Depends(_wanted)],
) -> PageForm[DeliveryForm]:
    """Deliveries, the newest first."""
    return page_form(services.notify.deliveries(caller.only(wanted), window), delivery_form)


def delivery_form(told: ToldDelivery) -> DeliveryForm:
    """A delivery for callers."""
    delivery, notice = told.delivery, told.notice.notice
    return DeliveryForm(
        id=delivery.id,
        fleet=delivery.fleet,
        vehicle=delivery.vehicle,
        reason=notice.reason,
        severity=notice.severity,
        title=notice.title,
        text=notice.text,
        link=notice.link,
        contact=delivery.contact,
        person=delivery.person,
        rank=delivery.rank,
        state=delivery.state,
        why=delivery.why,
        due_at=delivery.due_at,
        digest=delivery.digest,
        attempts=[AttemptForm(at=one.at, why=one.why) for one in delivery.attempts],
        made_at=delivery.made_at,
        changed_at=delivery.changed_at,
        settled_at=told.notice.settled_at,
    )
