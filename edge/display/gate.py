"""What every request passes before it is answered: a host of ours, our own page, a device that knows the code."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edge.display.access import COOKIE, Guard, Hosts

BODY_BYTES_MAX: Final = 1024
"""Of whatever is asked for; a request has some 120."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # with none at all, forms would come without their origin
    "X-Content-Type-Options": "nosniff",
}
"""Nothing from elsewhere and nothing inline (CSP level 3), on every answer."""
Answer = Callable[[Request], Awaitable[Response]]


def problem(status: int, kind: str, detail: str) -> Response:
    """A problem document (RFC 9457)."""
    body = {"type": f"urn:telltale:display:{kind}", "title": kind.replace("_", " "), "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


class Gate:
    """Puts the checks in front of an answer."""

    def __init__(self, guard: Guard, hosts: Hosts, stranger: Answer) -> None:
        """`stranger` answers a device that has not entered the code."""
        self._guard = guard
        self._hosts = hosts
        self._stranger = stranger

    def open(self, answer: Answer) -> Answer:
        """For everybody who asks for us by a name of ours."""

        async def asked(request: Request) -> Response:
            response = self._refusal(request) or await answer(request)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return asked

    def inside(self, answer: Answer) -> Answer:
        """For devices that have entered the code."""

        async def asked(request: Request) -> Response:
            knows = self._guard.lets_in(request.cookies.get(COOKIE))
            return await (answer if knows else self._stranger)(request)

        return self.open(asked)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        if not self._hosts.know(host):
            return problem(421, "not_this_host", "This page has no such name. Ask for it by the address of the box.")
        if request.method == "POST" and request.headers.get("origin") != f"http://{host}":
            return problem(403, "not_this_page", "Only the display's own page may ask for something.")
        return None


async def body_of(request: Request) -> bytes | None:
    """The body; None where it is longer than anything that is asked for."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            return None
    return body
