"""/summaries: what the signals did, period by period."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, DrivesWanted, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Moment, PageForm, VehicleName, page_form
from cloud.fleet.model import Summary
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import SignalSummary

router = APIRouter(prefix="/summaries", tags=["summaries"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]

_SIGNALS = {"Vehicle.Speed": {"unit": "km/h", "min": 0.0, "max": 52.5, "mean": 31.2, "last": 48.0, "count": 600}}


class SummaryForm(Form):
    """What a vehicle's signals did in one period."""

    fleet: FleetName
    vehicle: VehicleName
    started_at: Moment
    ended_at: Moment
    signals: Annotated[dict[str, SignalSummary], Field(examples=[_SIGNALS])]
    """By VSS path; a signal that was not heard in the period is not in it."""
    clock: Clock
    """Whether the vehicle's clock was known to be right."""
    received_at: Moment

    @classmethod
    def of(cls, summary: Summary) -> Self:
        """In this form."""
        return cls(
            fleet=summary.address.fleet,
            vehicle=summary.address.vehicle,
            started_at=summary.started_at,
            ended_at=summary.ended_at,
            signals=dict(summary.signals),
            clock=summary.clock,
            received_at=summary.received_at,
        )


SummaryPage = PageForm[SummaryForm]


@router.get("")
def list_summaries(caller: Reader, services: ServicesOf, window: WindowOf, wanted: DrivesWanted) -> SummaryPage:
    """Summaries, the latest period first."""
    return page_form(services.fleet.summaries(caller.only(wanted), window), SummaryForm.of)
