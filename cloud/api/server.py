"""The API as one ASGI application."""

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from cloud.api import (
    admissions,
    alerts,
    analytics,
    audit,
    bookings,
    broker_door,
    bundles,
    campaign_windows,
    campaigns,
    capas,
    captures,
    cases,
    centres,
    chat,
    claims,
    cohorts,
    commands,
    contacts,
    deliveries,
    diagnoses,
    docs,
    enrolment,
    gaps,
    health,
    incident_causes,
    incidents,
    insights,
    live,
    offers,
    people,
    positions,
    preferences,
    profiles,
    quarantine,
    raw_body,
    remaining_life,
    rollouts,
    sessions,
    summaries,
    trips,
    trouble_codes,
    updates,
    vehicle_health,
    vehicles,
    warranty_plans,
    work_orders,
)
from cloud.api.access import GUARDS, KnownPrincipal, Services, may
from cloud.api.bounds import Bounded
from cloud.api.correlation import Correlated
from cloud.api.metrics import add_metrics
from cloud.api.problems import MEDIA_TYPE, Problem, add_problem_documents
from cloud.security.roles import Permission

V1: Final = "/api/v1"
_PROBLEM: Final = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    400: {**_PROBLEM, "description": "The body is no text at all"},
    401: {**_PROBLEM, "description": "No token, or not this one"},
    403: {**_PROBLEM, "description": "This role may not do that, or the token is locked"},
    404: {**_PROBLEM, "description": "There is no such thing"},
    409: {**_PROBLEM, "description": "It is not in a state that allows this, or somebody was quicker"},
    413: {**_PROBLEM, "description": "The body is larger than any request needs"},
    422: {**_PROBLEM, "description": "The request cannot be met as it stands"},
    429: {**_PROBLEM, "description": "Too often; `Retry-After` says when to come back"},
    503: {"model": Problem, "description": "The database cannot be used just now"},
}


def make_api(services: Services) -> FastAPI:
    """The application: everything under /api/v1 and /metrics behind the token; health and an empty page open."""
    app = FastAPI(
        title="Telltale",
        version="1",
        description="What the vehicles of a fleet tell, how they are, and what people do about it.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.state.sockets = live.Sockets()
    app.state.uploads = raw_body.Uploads()
    add_problem_documents(app)
    app.include_router(health.router)
    app.include_router(docs.router, prefix=V1)
    app.include_router(
        _v1(), prefix=V1
    )  # without a prefix FastAPI walks all routes here, in search of one without a path
    app.add_middleware(Bounded)
    page = add_metrics(app, services).page
    app.add_middleware(Correlated)
    app.add_api_route("/metrics", page, dependencies=[may(Permission.SEE_OPERATIONS)], include_in_schema=False)
    return app


@cache  # no route knows of a service
def _v1() -> APIRouter:
    router = APIRouter(responses=_RESPONSES)
    for noun in (
        vehicles,
        admissions,
        profiles,
        positions,
        vehicle_health,
        trouble_codes,
        diagnoses,
        remaining_life,
        alerts,
        incidents,
        incident_causes,
        cohorts,
        insights,
        capas,
        analytics,
        trips,
        summaries,
        captures,
        commands,
        bundles,
        rollouts,
        updates,
        campaigns,
        campaign_windows,
        centres,
        offers,
        bookings,
        preferences,
        work_orders,
        cases,
        claims,
        warranty_plans,
        chat,
        contacts,
        deliveries,
        sessions,
        people,
        audit,
        broker_door,
        gaps,
        quarantine,
    ):
        router.include_router(guarded(noun.router))
    router.include_router(guarded(health.counters_router))
    router.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    router.include_router(sessions.open_router)
    router.include_router(enrolment.open_router)
    router.include_router(live.router)
    return router


def guarded(router: APIRouter) -> APIRouter:
    """A router of which every route asks who is there.

    Raises:
        TypeError: one of them does not: a mistake of ours, found before anybody else finds it.
    """
    for route in router.routes:
        if not (isinstance(route, APIRoute) and _asks(route.dependant)):
            raise TypeError(f"{route} does not ask who is there")
    return router


def _asks(dependant: Dependant) -> bool:
    return isinstance(dependant.call, GUARDS) or any(map(_asks, dependant.dependencies))


def _openapi(_: KnownPrincipal, request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())
