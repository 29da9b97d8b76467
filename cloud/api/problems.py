"""Every error that leaves the API is a problem document (RFC 9457), made here."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from cloud.errors import CloudError, NotFound, Refused
from edge.wire.errors import WireError

MEDIA_TYPE: Final = "application/problem+json"
_TYPE: Final = "urn:telltale:problem:"
_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """What went wrong, for programs and for people. Some problems have further members."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "urn:telltale:problem:not-found",
                "title": "Not found",
                "status": 404,
                "detail": "nothing was ever heard of vehicle 'van-7' in fleet 'north'",
                "instance": "/api/v1/vehicles/north/van-7",
            }
        },
    )
    type: str
    title: str
    status: int
    detail: str
    instance: str


def add_problem_documents(app: FastAPI) -> None:
    """Let no error leave in another form."""
    for kind in (CloudError, HTTPException, RequestValidationError, WireError, Exception):
        app.add_exception_handler(kind, _answer)


def answer(error: CloudError, instance: str) -> Response:
    """The document that answers an error of ours, for who answers before any handler is reached."""
    problem, headers = _problem(error, instance)
    return _response(problem, headers)


async def _answer(request: Request, error: Exception) -> Response:
    problem, headers = _problem(error, request.url.path)
    if problem.status >= 500 and not isinstance(error, CloudError):
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _response(problem, headers)


def _response(problem: Problem, headers: Mapping[str, str]) -> Response:
    return Response(problem.model_dump_json(), problem.status, headers=dict(headers), media_type=MEDIA_TYPE)


def _problem(error: Exception, instance: str) -> tuple[Problem, Mapping[str, str]]:
    """The document, and the header fields that go with it."""
    match error:
        case CloudError():
            return _of_ours(error, instance), error.headers
        case WireError():
            return _of_ours(NotFound(error.detail), instance), {}
        case RequestValidationError():
            return _of_ours(Refused(_places(error)), instance), {}
        case HTTPException():
            title = HTTPStatus(error.status_code).phrase
            slug = title.lower().replace(" ", "-")
            problem = Problem(
                type=f"{_TYPE}{slug}",
                title=title,
                status=error.status_code,
                detail=str(error.detail),
                instance=instance,
            )
            return problem, error.headers or {}
        case _:
            return _of_ours(CloudError("the reason is in the cloud's log"), instance), {}


def _of_ours(error: CloudError, instance: str) -> Problem:
    standard = {"title": error.title, "status": error.status, "detail": str(error), "instance": instance}
    return Problem.model_validate({"type": f"{_TYPE}{error.slug}", **standard, **error.members})


def _places(error: RequestValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
