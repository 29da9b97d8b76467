"""/healthz and /readyz for whoever watches the service (no token needed), and /counters."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, may
from cloud.api.forms import Form
from cloud.api.problems import Problem
from cloud.errors import NotReady
from cloud.security.roles import Permission

router = APIRouter(tags=["health"])
counters_router = APIRouter(prefix="/counters", tags=["health"])


class AliveForm(Form):
    """The service answers."""

    alive: Literal[True] = True


class ReadyForm(Form):
    """Every part works."""

    ready: Literal[True] = True
    parts: Annotated[dict[str, str], Field(examples=[{"api": "", "broker": "", "database": "", "inbox": ""}])]
    """Each part with the reason why it does not work; empty when it does."""


@router.get("/healthz")
def healthz() -> AliveForm:
    """Whether the process is alive. Restart it when this fails."""
    return AliveForm()


@router.get("/readyz", responses={503: {"model": Problem, "description": "A part does not work"}})
def readyz(services: ServicesOf) -> ReadyForm:
    """Whether every part works. Do not restart when this fails: what is away is waited for."""
    parts = dict(services.parts())
    if any(parts.values()):
        raise NotReady(parts)
    return ReadyForm(parts=parts)


@counters_router.get("")
def counters(_: Annotated[Caller, may(Permission.SEE_OPERATIONS)], services: ServicesOf) -> dict[str, int]:
    """What was counted since the database was made: messages by outcome, drops by cause."""
    return dict(services.counts())
