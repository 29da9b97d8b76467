"""The display's own small web service: the page, what happens (server-sent events), and what is asked for."""

import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from string import Template
from typing import Annotated, Final
from urllib.parse import parse_qs

from pydantic import BaseModel, StringConstraints, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from edge.display.access import COOKIE, WRONG_S, Guard, Hosts
from edge.display.box import Box, NoBox
from edge.display.gate import Answer, Gate, body_of, problem
from edge.display.view import view_of
from edge.display.wording import CODE_PAGE, FALLBACK, Wording
from edge.driver.notice import Wish
from edge.driver.words import Words

PAGE: Final = Path(__file__).parent / "page"
TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
WATCHING_MAX: Final = 16
"""Pages at a time."""
ALIVE_S: Final = 5.0
"""At least so often a page hears something; after ten seconds of nothing it says that it knows nothing."""
YEAR_S: Final = 31_536_000


class _Asked(BaseModel):
    wish: Wish
    alert: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None


class Display:
    """What answers; belongs to one event loop."""

    def __init__(self, box: Box, guard: Guard, hosts: Hosts, wording: Wording, *, alive_s: float = ALIVE_S) -> None:
        self.stopping = False
        self._box = box
        self._guard = guard
        self._wording = wording
        self._alive_s = alive_s
        self._watching = 0
        self._gate = Gate(guard, hosts, self._stranger)
        self._code_page = Template((PAGE / "code.html").read_text("utf-8"))

    def app(self) -> Starlette:
        """Every route, behind its checks."""
        files = [file for file in PAGE.iterdir() if file.suffix in TYPES]
        gate = self._gate
        return Starlette(
            routes=[
                Route("/", gate.inside(_file(PAGE / "index.html", "text/html"))),
                Route("/events", gate.inside(self._events)),
                Route("/request", gate.inside(self._request), methods=["POST"]),
                Route("/code", gate.open(self._code), methods=["POST"]),
                Route("/healthz", gate.open(self._healthz)),
                *(Route(f"/{file.name}", gate.open(_file(file, TYPES[file.suffix]))) for file in files),
            ]
        )

    def stop(self) -> None:
        """Let every page go."""
        self.stopping = True
        self._box.wake()

    async def _healthz(self, _: Request) -> Response:
        """Whether there is a connection to the box, and how many pages look."""
        connected = self._box.state is not None
        said = {"box": connected, "pages": self._watching, "wrong_codes": self._guard.wrong}
        return JSONResponse(said, 200 if connected else 503)

    async def _events(self, request: Request) -> Response:
        if self._watching >= WATCHING_MAX:
            return problem(503, "too_many_pages", f"{WATCHING_MAX} pages are open. Close one of them.")
        return StreamingResponse(self._told(_wanted(request)), media_type="text/event-stream")

    async def _told(self, wanted: str) -> AsyncIterator[str]:
        """What happens, from now on: the state at once and with every change, signs of life between."""
        self._watching += 1
        try:
            yield "retry: 1000\n\n"
            told = -1
            while not self.stopping:
                if self._box.number == told:
                    yield "event: alive\ndata: {}\n\n"
                else:
                    told = self._box.number
                    yield f"event: state\ndata: {json.dumps(self._view(wanted), ensure_ascii=False)}\n\n"
                await self._box.news(told, self._alive_s)
        finally:
            self._watching -= 1

    def _view(self, wanted: str) -> dict[str, object]:
        return view_of(self._box.state, self._words(wanted), is_old=self._box.is_old)

    def _words(self, wanted: str) -> Words:
        """In the language of the cab; that of the device until it was heard."""
        return self._wording.of(self._box.language or wanted)

    async def _request(self, request: Request) -> Response:
        body = await body_of(request)
        if body is None:
            return problem(413, "too_long", "No request is that long.")
        try:
            asked = _Asked.model_validate_json(body)
        except ValidationError:
            return problem(422, "bad_request", f"A request has a wish ({', '.join(Wish)}) and may name an alert.")
        try:
            answer = await self._box.ask(asked.wish, asked.alert)
        except NoBox:
            return problem(503, "no_box", "There is no connection to the box. It is tried again by itself.")
        if answer != "taken":
            return problem(429 if answer == "too_many" else 409, answer, "The box has refused it. Try again later.")
        return Response(status_code=204)

    async def _code(self, request: Request) -> Response:
        if self._guard.must_wait():
            return self._ask_code(request, "code_wait", 429, {"Retry-After": f"{WRONG_S:.0f}"})
        body = await body_of(request)
        entered = parse_qs((body or b"").decode("utf-8", "replace"), max_num_fields=4).get("code", [""])[0]
        cookie = self._guard.enter("".join(entered.split()))
        if cookie is None:
            return self._ask_code(request, "code_wrong", 403)
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, cookie, max_age=YEAR_S, httponly=True, samesite="strict")
        return response

    async def _stranger(self, request: Request) -> Response:
        if request.url.path == "/":
            return self._ask_code(request, "code_hint", 403)
        return problem(401, "code_needed", "Open the page and enter the code first.")

    def _ask_code(self, request: Request, said: str, status: int, headers: dict[str, str] | None = None) -> Response:
        words = self._words(_wanted(request))
        shown = {name: html.escape(words.phrase(name)) for name in CODE_PAGE}
        page = self._code_page.substitute(shown, language=words.language, said=shown[said], said_kind=said)
        return Response(page, status, headers, "text/html")


def _wanted(request: Request) -> str:
    """The language that a device would have (RFC 9110, 12.5.4), by its first choice alone."""
    found = re.match(r"[A-Za-z]{2,3}(-[A-Za-z]{2})?(?![A-Za-z0-9-])", request.headers.get("accept-language", ""))
    return found[0] if found else FALLBACK


def _file(file: Path, kind: str) -> Answer:
    content = file.read_bytes()

    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    return answer
