"""No request fills the memory: its body is read up to a bound before anybody looks at it, whoever sends it.

Files go their own way (raw_body.py): they are read after it is known who sends them, up to a bound of their own.
"""

import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloud.api.problems import answer
from cloud.errors import TooLarge

BODY_BYTES_MAX: Final = 256 * 1024
"""Far more than any request needs: a centre with all its hours, bays and technicians has some ten thousand."""

_FILES: Final = re.compile(r"/api/v1/bundles/[^/]+")


class Bounded:
    """ASGI middleware: answers 413 to what is larger, and does not read on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass it on with the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "POST" and _FILES.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        read = await _read(receive)
        if read is None:
            error = TooLarge(f"the body has more than {BODY_BYTES_MAX} bytes")
            await answer(error, scope["path"])(scope, receive, send)
            return
        waiting = [read]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, again, send)


async def _read(receive: Receive) -> Message | None:
    """The whole body as one message, or that the caller has gone; None: it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return message
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            return None
        if not message.get("more_body", False):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}
