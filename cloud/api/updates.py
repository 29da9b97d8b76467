"""/vehicles/…/updates: what a vehicle runs, what it is to run, and every step between."""

from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import AddressOf, Caller, ServicesOf, WindowOf, may
from cloud.api.bundles import ID
from cloud.api.forms import Form, Moment, PageForm, page_form
from cloud.bundles.model import Running, Step
from cloud.security.roles import Permission
from edge.wire.envelope import Clock
from edge.wire.messages import UpdateStep

router = APIRouter(prefix="/vehicles", tags=["bundles"])
Reader = Annotated[Caller, may(Permission.SEE_VEHICLES)]


class RunningForm(Form):
    """A bundle on a vehicle, or none."""

    bundle: Annotated[str | None, Field(examples=[ID])]
    """Null: none, what the installer has set up."""
    name: Annotated[str | None, Field(examples=["winter rules"])]
    """Null: no bundle, or one that is not kept here any more."""
    version: Annotated[int, Field(examples=[1795000000])]
    """Of the signed document that asked for it."""
    at: Moment
    """Since when that is known, by the cloud's clock."""

    @classmethod
    def of(cls, running: Running) -> Self:
        """In this form."""
        return cls(**{name: getattr(running, name) for name in cls.model_fields})


class StepForm(Form):
    """A step of an update, as the vehicle told it."""

    step: UpdateStep
    reason: Annotated[str, Field(examples=["models/battery: golden row 3 is not met"])]
    bundle: Annotated[str | None, Field(examples=[ID])]
    name: Annotated[str | None, Field(examples=["winter rules"])]
    version: Annotated[int, Field(examples=[1795000000])]
    observed_at: Moment
    """By the vehicle's clock."""
    clock: Clock
    received_at: Moment

    @classmethod
    def of(cls, step: Step) -> Self:
        """In this form."""
        return cls(**{name: getattr(step, name) for name in cls.model_fields})


class UpdatesForm(PageForm[StepForm]):
    """What a vehicle runs, and a page of its steps, what it said last first."""

    runs: RunningForm | None
    """What it has kept last; null: it has never said so."""
    wanted: RunningForm | None
    """What it is to run; null: nothing was ever said to it."""


@router.get("/{fleet}/{vehicle}/updates")
def updates(_: Reader, services: ServicesOf, address: AddressOf, window: WindowOf) -> UpdatesForm:
    """What a vehicle runs, what it is to run, and every step that it told, the last first."""
    standpoint = services.updates.standpoint(address)
    page = page_form(services.updates.steps(address, window), StepForm.of)
    return UpdatesForm(
        items=page.items,
        after=page.after,
        runs=None if standpoint.runs is None else RunningForm.of(standpoint.runs),
        wanted=None if standpoint.wanted is None else RunningForm.of(standpoint.wanted),
    )
