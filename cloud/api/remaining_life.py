"""/remaining-life: asks the learned model of remaining life, where one is configured."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field, FiniteFloat

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.forms import Form
from cloud.errors import NotFound
from cloud.health.lives import CYCLES_MAX
from cloud.security.roles import Permission

router = APIRouter(prefix="/remaining-life", tags=["health"])
Asker = Annotated[Caller, may(Permission.SEE_HEALTH)]
_SENSORS_MAX = 500
Readings = Annotated[list[FiniteFloat | None], Field(max_length=CYCLES_MAX)]


class HistoryForm(Form):
    """One unit's history, column by column, from its first cycle on."""

    model_config = ConfigDict(extra="forbid")

    cycle: Annotated[list[FiniteFloat], Field(min_length=1, max_length=CYCLES_MAX, examples=[[1, 2, 3]])]
    """Ascending."""
    sensors: Annotated[dict[str, Readings], Field(max_length=_SENSORS_MAX, examples=[{"s2": [641.8, 642.2, None]}])]
    """By name, a value for each cycle; null is unknown."""


class RemainingLifeForm(Form):
    """How many cycles are left after the last one."""

    model: Annotated[str, Field(examples=["rul"])]
    description: str
    """What the model was trained on, and what it says nothing about."""
    middle: Annotated[float, Field(examples=[87.5])]
    lower: Annotated[float, Field(examples=[61.0])]
    upper: Annotated[float, Field(examples=[112.0])]
    at_least: bool
    """The model does not look further ahead: it is `middle` or more."""
    coverage: Annotated[float, Field(examples=[0.9])]
    """Share of answers whose interval holds the truth, on units like those of the training."""


@router.post("")
def remaining_life(_: Asker, services: ServicesOf, history: HistoryForm) -> RemainingLifeForm:
    """Ask the learned model; 404 where none is configured, 422 where a sensor of it is missing."""
    lives = services.lives
    if lives is None:
        raise NotFound("there is no learned model here: set rul_model under [health] in the configuration")
    said = lives.of(history.cycle, history.sensors)
    return RemainingLifeForm(
        model=lives.name,
        description=lives.description,
        middle=said.middle,
        lower=said.lower,
        upper=said.upper,
        at_least=said.at_least,
        coverage=lives.coverage,
    )
