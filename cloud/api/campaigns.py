"""/fleets/…/campaigns: what vehicles are asked to collect, and how that is going."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path, Query
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import FleetName, Form, Line, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import NAME_PATTERN, PlanMoment, Wish
from cloud.campaigns.model import Campaign, CampaignFilter, Doing, Progress, Standing
from cloud.campaigns.service import VEHICLES_MAX, Wanted
from cloud.security.roles import Permission
from edge.wire.campaigns import AFTER_S_MAX, BEFORE_S_MAX, FrameId, OnCondition, OnTime

router = APIRouter(prefix="/fleets/{fleet}/campaigns", tags=["campaigns"])
Reader = Annotated[Caller, may(Permission.SEE_DRIVES)]
Collector = Annotated[Caller, may(Permission.COLLECT)]
ID: Final = "4c1d5e6f708192a3b4c5d6e7f8091a2b"
"""For examples."""
ID_PATTERN: Final = r"^[0-9a-f]{32}$"
FleetOf = Annotated[str, Path(pattern=NAME_PATTERN, examples=["north"])]
CampaignOf = Annotated[str, Path(pattern=ID_PATTERN, examples=[ID])]
_SPEED: Final = "Vehicle.Speed"
_WHEN: Final = f"{_SPEED} > 100 km/h"
Trigger = Annotated[OnTime | OnCondition, Field(discriminator="kind", examples=[{"kind": "condition", "when": _WHEN}])]
Signals = Annotated[list[Line], Field(max_length=100, examples=[[_SPEED]])]


class CampaignWish(Wish):
    """Something to collect: either signals or raw frames, in windows around moments."""

    name: Annotated[Line, Field(examples=["Hard braking on the motorway"])]
    vehicles: (
        Annotated[
            list[Annotated[str, Field(pattern=NAME_PATTERN)]],
            Field(min_length=1, max_length=VEHICLES_MAX, examples=[["van-7"]]),
        ]
        | None
    ) = None
    """Which vehicles of the fleet; left out: all, those to come among them."""
    signals: Signals = Field(default_factory=list)
    """By VSS path, or `dbc.<Message>.<Signal>` of the vehicles' databases."""
    frames: Annotated[list[FrameId], Field(max_length=100, examples=[[]])] = Field(default_factory=list)
    """Instead of signals: raw frames by id, to the last bit."""
    trigger: Trigger
    """Each `every_s` seconds (`time`), or each time that a condition in the language of rules comes true."""
    before_s: Annotated[float, Field(ge=0, le=BEFORE_S_MAX, examples=[10.0])] = 0.0
    """What was before that moment, as far as a vehicle still has it."""
    after_s: Annotated[float, Field(ge=0, le=AFTER_S_MAX, examples=[20.0])] = 10.0
    rate_hz: Annotated[float, Field(gt=0, le=1000, examples=[10.0])] | None = None
    """So many samples of each signal, or frames of each id, in a second at most; null: every one."""
    starts_at: PlanMoment | None = None
    """Null: at once."""
    expires_at: PlanMoment
    priority: Annotated[int, Field(ge=0, le=9, examples=[5])] = 5
    """9 goes first where a vehicle has not room for all."""
    bytes_a_day: Annotated[int, Field(ge=1000, le=100_000_000, examples=[1_000_000])] = 1_000_000
    """From each vehicle, in a day of UTC; never more."""
    id: Annotated[str, Field(pattern=ID_PATTERN, examples=[ID])] | None = None
    """A name of the caller's own for this wish, never used for another: sent again, it is the same campaign. Left out:
    one is made, and a request that is repeated is another campaign."""


class CampaignForm(Form):
    """A campaign as it stands. Times are by the cloud's clock."""

    fleet: FleetName
    id: Annotated[str, Field(examples=[ID])]
    name: Annotated[str, Field(examples=["Hard braking on the motorway"])]
    vehicles: Annotated[list[str] | None, Field(examples=[["van-7"]])]
    """Those that are named; null: all of the fleet, those to come among them."""
    signals: Annotated[list[str], Field(examples=[[_SPEED]])]
    frames: Annotated[list[FrameId], Field(examples=[[]])]
    trigger: Trigger
    before_s: Annotated[float, Field(examples=[10.0])]
    after_s: Annotated[float, Field(examples=[20.0])]
    rate_hz: Annotated[float | None, Field(examples=[10.0])]
    starts_at: Moment | None
    expires_at: Moment
    priority: Annotated[int, Field(examples=[5])]
    bytes_a_day: Annotated[int, Field(examples=[1_000_000])]
    by: Annotated[str, Field(examples=["ada@example.org"])]
    """Who asked."""
    created_at: Moment
    is_open: bool
    """Vehicles are asked for it; false: it was ended, or is over."""
    ended_at: Moment | None
    """When a person ended it; null: nobody did."""
    ended_by: Annotated[str | None, Field(examples=["ada@example.org"])]
    standings: Annotated[dict[Standing, int], Field(examples=[{"running": 3, "refused": 1}])]
    """How many vehicles stand how; those that have not said anything yet are `asked`."""
    windows: Annotated[int, Field(examples=[12])]
    """That began, as those vehicles count that have said so."""
    missed: Annotated[int, Field(examples=[0])]
    """That did not, or only in part: no room, or no bytes left."""
    bytes: Annotated[int, Field(examples=[48_210])]
    """Of blocks, as the vehicles count."""

    @classmethod
    def of(cls, campaign: Campaign, progress: Progress, now: datetime) -> Self:
        """In this form."""
        wish: dict[str, Any] = {name: getattr(campaign.wish, name) for name in type(campaign.wish).model_fields}
        return cls(
            fleet=campaign.fleet,
            vehicles=None if campaign.vehicles is None else list(campaign.vehicles),
            by=campaign.by,
            created_at=campaign.created_at,
            is_open=campaign.is_open(now),
            ended_at=campaign.ended_at,
            ended_by=campaign.ended_by,
            standings=dict(progress.vehicles),
            windows=progress.windows,
            missed=progress.missed,
            bytes=progress.bytes,
            **wish,
        )


class DoingForm(Form):
    """How a campaign stands on one vehicle, as it said last."""

    vehicle: VehicleName
    standing: Standing
    """`asked` until it says: `waiting` for its start, `running`, `spent` for today, `over`, or `refused`."""
    reason: Annotated[str, Field(examples=[""])]
    """Why it is refused, in the vehicle's words."""
    windows: Annotated[int | None, Field(examples=[4])]
    """That began; null, as of the two below: it has not said anything yet."""
    missed: Annotated[int | None, Field(examples=[0])]
    bytes: Annotated[int | None, Field(examples=[16_070])]
    told_at: Moment | None
    """When it said so, by its own clock; null: it has not said anything yet."""

    @classmethod
    def of(cls, doing: Doing) -> Self:
        """In this form."""
        same = {name: getattr(doing, name) for name in cls.model_fields if name != "vehicle"}
        return cls(vehicle=doing.address.vehicle, **same)


@router.get("")
def list_campaigns(
    _: Reader,
    services: ServicesOf,
    window: WindowOf,
    fleet: FleetOf,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those that are asked for; or the others.")
    ] = None,
) -> PageForm[CampaignForm]:
    """Campaigns of a fleet, the latest first."""
    now = services.now()
    page = services.campaigns.campaigns(CampaignFilter(fleet, is_open), window)
    return page_form(page, lambda both: CampaignForm.of(*both, now))


@router.post("", status_code=201)
def create(caller: Collector, services: ServicesOf, fleet: FleetOf, wish: CampaignWish) -> CampaignForm:
    """Ask vehicles to collect something; safe to repeat with the same `id`."""
    fields = wish.model_dump(exclude={"vehicles", "id"})
    made = services.campaigns.create(fleet, Wanted(fields, wish.vehicles, wish.id), by=caller.name)
    return CampaignForm.of(*services.campaigns.campaign(fleet, made.id), services.now())


@router.get("/{campaign}")
def one_campaign(_: Reader, services: ServicesOf, fleet: FleetOf, campaign: CampaignOf) -> CampaignForm:
    """One campaign."""
    return CampaignForm.of(*services.campaigns.campaign(fleet, campaign), services.now())


@router.post("/{campaign}/end")
def end(caller: Collector, services: ServicesOf, fleet: FleetOf, campaign: CampaignOf) -> CampaignForm:
    """Ask for it no more; what was collected stays. Safe to repeat."""
    services.campaigns.end(fleet, campaign, by=caller.name)
    return CampaignForm.of(*services.campaigns.campaign(fleet, campaign), services.now())


@router.get("/{campaign}/vehicles")
def vehicles(
    _: Reader, services: ServicesOf, window: WindowOf, fleet: FleetOf, campaign: CampaignOf
) -> PageForm[DoingForm]:
    """How it stands on each vehicle that is asked for it, by name."""
    return page_form(services.campaigns.vehicles(fleet, campaign, window), DoingForm.of)
