"""The API as one ASGI application."""

from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse

from cloud.api import (
    alerts,
    bookings,
    centres,
    contacts,
    deliveries,
    docs,
    gaps,
    health,
    incidents,
    offers,
    quarantine,
    summaries,
    trips,
    vehicles,
)
from cloud.api.access import Services, guard
from cloud.api.bounds import Bounded
from cloud.api.correlation import Correlated
from cloud.api.metrics import add_metrics
from cloud.api.problems import MEDIA_TYPE, Problem, add_problem_documents

V1: Final = "/api/v1"
_PROBLEM: Final = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    401: {**_PROBLEM, "description": "No token, or not this one"},
    404: {**_PROBLEM, "description": "There is no such thing"},
    409: {**_PROBLEM, "description": "It is not in a state that allows this, or somebody was quicker"},
    413: {**_PROBLEM, "description": "The body is larger than any request needs"},
    422: {**_PROBLEM, "description": "The request cannot be met as it stands"},
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
    add_problem_documents(app)
    app.include_router(health.router)
    app.include_router(docs.router, prefix=V1)
    app.include_router(_v1())
    app.add_middleware(Bounded)
    page = add_metrics(app, services).page
    app.add_middleware(Correlated)
    app.add_api_route("/metrics", page, dependencies=[Depends(guard)], include_in_schema=False)
    return app


def _v1() -> APIRouter:
    router = APIRouter(prefix=V1, dependencies=[Depends(guard)], responses=_RESPONSES)
    nouns = (vehicles, alerts, incidents, trips, summaries, centres, offers, bookings, contacts, deliveries, gaps)
    for noun in (*nouns, quarantine):
        router.include_router(noun.router)
    router.include_router(health.counters_router)
    router.add_api_route("/openapi.json", _openapi, include_in_schema=False)
    return router


def _openapi(request: Request) -> JSONResponse:
    return JSONResponse(request.app.openapi())
