"""Every request has an id: the caller's own where it is a decent one, else a new one; the answer names it."""

import re
import secrets
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.logs import correlated

HEADER: Final = "X-Request-ID"
_DECENT: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""It goes into logs: no spaces, no line ends, no end without an end."""


class Correlated:
    """ASGI middleware: what is logged while a request is answered belongs to it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name it, pass it on, and tell the caller the name."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = Headers(scope=scope).get(HEADER, "")
        name = shown if _DECENT.fullmatch(shown) else secrets.token_hex(16)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        with correlated(name):
            await self._app(scope, receive, named)
