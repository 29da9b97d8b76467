"""/rollouts: which vehicles are to run which bundle, some first, and how far that is."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Path
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.bundles import ID, Fleet
from cloud.api.forms import FleetName, Form, Line, Moment, PageForm, VehicleName, page_form
from cloud.api.jobs import Wish
from cloud.bundles.model import Member, Rollout, RolloutState, Standing
from cloud.bundles.rollouts import VEHICLES_MAX, Plan
from cloud.security.roles import Permission
from edge.wire.bundles import PROBATION_S_MAX, PROBATION_S_MIN

router = APIRouter(prefix="/rollouts", tags=["bundles"])
Keeper = Annotated[Caller, may(Permission.UPDATE)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[3])]
_NAMES_MAX: Final = 2000
"""In one request, which has a bound of bytes; who wants more names the fleet."""


class RolloutWish(Wish):
    """What vehicles are to run."""

    bundle: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", examples=[ID])] | None
    """Null: none, so what the installer has set up and nothing else."""
    vehicles: Annotated[list[Line], Field(min_length=1, max_length=_NAMES_MAX, examples=[["van-7"]])] | None = None
    """Null: all that are in the fleet now."""
    newcomers: bool = False
    """And whoever comes to the fleet later, until this is stopped or another rollout is for newcomers; not by name."""
    first: Annotated[int, Field(ge=1, le=VEHICLES_MAX, examples=[2])] | None = None
    """So many first, those that were heard last; the others when these have kept it. Null: all at once."""
    probation_s: Annotated[int, Field(ge=PROBATION_S_MIN, le=PROBATION_S_MAX)] = 300
    """How long it must run well on a vehicle before it is kept."""
    alerts_max: Annotated[int, Field(ge=0, le=1000)] = 10
    """Alerts that may begin meanwhile; with more it goes back."""


class WhyWish(Wish):
    """Why a person stops a rollout, or lets it go on."""

    why: Line = "a person said so"


class RolloutForm(Form):
    """A rollout as it stands."""

    fleet: FleetName
    number: Annotated[int, Field(examples=[3])]
    bundle: Annotated[str | None, Field(examples=[ID])]
    name: Annotated[str, Field(examples=["winter rules"])]
    """Of the bundle; "none" of none."""
    first: Annotated[int | None, Field(examples=[2])]
    """So many go first; null: all at once."""
    probation_s: int
    alerts_max: int
    state: RolloutState
    """`first`: the others wait for the first ones; `all`; `stopped`: nobody else is given it."""
    why: str
    """Why it was stopped, or goes on."""
    by: Annotated[str, Field(examples=["ada@example.org"])]
    at: Moment
    changed_at: Moment
    vehicles: Annotated[dict[Standing, int], Field(examples=[{"kept": 2, "held": 5}])]
    """How many stand how; none that are not named."""
    newcomers: bool
    """Whoever comes to the fleet later is given it as well."""

    @classmethod
    def of(cls, rollout: Rollout, vehicles: dict[Standing, int]) -> Self:
        """In this form."""
        same = {name: getattr(rollout, name) for name in cls.model_fields if name != "vehicles"}
        return cls(vehicles=vehicles, **same)


class MemberForm(Form):
    """A vehicle of a rollout."""

    vehicle: VehicleName
    is_first: bool
    standing: Standing
    """`held`: it waits for the first ones; `due`: it is given it within seconds; `given`: it has said nothing of it;
    what it said last; `left_out`: stopped before its turn; `replaced`: it was given something else since."""
    reason: str
    version: int | None
    """Of the signed document; null: it was not given it."""
    changed_at: Moment

    @classmethod
    def of(cls, member: Member) -> Self:
        """In this form."""
        return cls(**{name: getattr(member, name) for name in cls.model_fields})


@router.get("")
def list_rollouts(
    caller: Keeper, services: ServicesOf, window: WindowOf, fleet: str | None = None
) -> PageForm[RolloutForm]:
    """Rollouts, the newest first."""
    fleets = caller.principal.fleets(caller.permission)
    page = services.rollouts.rollouts(window, fleet=fleet, fleets=fleets)
    return page_form(page, lambda rollout: _form(services, rollout))


@router.post("/{fleet}", status_code=201)
def begin_rollout(caller: Keeper, services: ServicesOf, fleet: Fleet, wish: RolloutWish) -> RolloutForm:
    """Have vehicles run a bundle, or none."""
    plan = Plan(wish.bundle, wish.vehicles, wish.first, wish.probation_s, wish.alerts_max, wish.newcomers)
    return _form(services, services.rollouts.begin(fleet, plan, by=caller.name))


@router.get("/{fleet}/{number}")
def one_rollout(_: Keeper, services: ServicesOf, fleet: Fleet, number: Number) -> RolloutForm:
    """One rollout."""
    return _form(services, services.rollouts.rollout(fleet, number))


@router.get("/{fleet}/{number}/vehicles")
def list_members(
    _: Keeper, services: ServicesOf, fleet: Fleet, number: Number, window: WindowOf
) -> PageForm[MemberForm]:
    """The vehicles of a rollout, by name."""
    return page_form(services.rollouts.members(fleet, number, window), MemberForm.of)


@router.post("/{fleet}/{number}/stop")
def stop_rollout(caller: Keeper, services: ServicesOf, fleet: Fleet, number: Number, wish: WhyWish) -> RolloutForm:
    """Give it to nobody else; safe to repeat. Who has it keeps it: give them another one."""
    return _form(services, services.rollouts.stop(fleet, number, why=wish.why, by=caller.name))


@router.post("/{fleet}/{number}/go-on")
def let_go_on(caller: Keeper, services: ServicesOf, fleet: Fleet, number: Number, wish: WhyWish) -> RolloutForm:
    """Give it to the others too, though the first have not all kept it; safe to repeat."""
    return _form(services, services.rollouts.go_on(fleet, number, why=wish.why, by=caller.name))


def _form(services: ServicesOf, rollout: Rollout) -> RolloutForm:
    return RolloutForm.of(rollout, services.rollouts.counts(rollout.number))
