"""The console's built files, for every path that the API does not answer. Knows no feature.

The files are read once, at the start: no request touches the disk, and no path leads out of the folder.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

DIST: Final = Path(__file__).parent / "dist"
INDEX: Final = "index.html"
NOT_BUILT: Final = (
    "The console is not built here; the API is at /api/v1, its description at /api/v1/docs.\n"
    "To build the console: make environment && .ci/console .venv, and start again.\n"
)
POLICY: Final = "; ".join(
    [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "manifest-src 'self'", "frame-src blob:", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    ]
)  # fmt: skip
"""Nothing from elsewhere, nothing inline: what a stranger's text smuggles into a page does not run (CSP level 3).
A frame shows only what the page itself holds: the PDF of a claim."""
_ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"""Everything else is not served; mimetypes would read the machine's own tables."""
_PACKED: Final = frozenset({".css", ".html", ".js", ".json", ".svg"})
_SMALL: Final = 1024
"""Below, packing saves no packet."""
_NOT_OURS: Final = ("api", "metrics", "healthz", "readyz")
"""First parts of paths that are the API's, also where it has no such thing."""
_YEAR_S: Final = 31_536_000


@dataclass(frozen=True)
class File:
    """One built file."""

    path: str
    """As it is asked for, without the first slash."""
    content: bytes

    @property
    def suffix(self) -> str:
        """With its dot."""
        return Path(self.path).suffix

    @property
    def headers(self) -> dict[str, str]:
        """A file with a hash in its name never changes; everything else is asked for anew."""
        is_hashed = self.path.startswith("assets/")
        caching = f"public, max-age={_YEAR_S}, immutable" if is_hashed else "no-cache"
        return {**_ALWAYS, "Content-Type": _TYPES[self.suffix], "Cache-Control": caching}

    @cached_property
    def packed(self) -> bytes | None:
        """With gzip; None where that is not worth it."""
        if self.suffix not in _PACKED or len(self.content) < _SMALL:
            return None
        return gzip.compress(self.content, mtime=0)

    def answer(self, accepted: str) -> Response:
        """To somebody who accepts these encodings."""
        if "gzip" in accepted and self.packed is not None:
            return Response(self.packed, headers={**self.headers, "Content-Encoding": "gzip"})
        return Response(self.content, headers=self.headers)


class Console:
    """ASGI application: the built files, the first page for the console's own paths, `otherwise` for the rest."""

    def __init__(self, files: Mapping[str, File], otherwise: ASGIApp) -> None:
        self._files = files
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is asked of the console."""
        found = self._find(scope)
        if found is None:
            await self._otherwise(scope, receive, send)
            return
        await found(scope, receive, send)

    def _find(self, scope: Scope) -> Response | None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            return None
        path = scope["path"].lstrip("/")
        first, last = path.split("/")[0], path.rsplit("/", maxsplit=1)[-1]
        if first in _NOT_OURS:
            return None
        file = self._files.get(path)
        if file is None:
            if first == "assets" or Path(last).suffix in _TYPES:
                return None
            file = self._files.get(INDEX)
        if file is None:
            return PlainTextResponse(NOT_BUILT, status_code=503, headers=_ALWAYS) if not path else None
        return file.answer(Headers(scope=scope).get("accept-encoding", ""))


def read_files(folder: Path) -> dict[str, File]:
    """Every file of a kind that is served, by the path under which it is asked for; empty where nothing was built."""
    found = {}
    for place in sorted(folder.rglob("*")):
        if place.is_file() and place.suffix in _TYPES:
            path = place.relative_to(folder).as_posix()
            found[path] = File(path, place.read_bytes())
    return found


def with_console(app: FastAPI, folder: Path = DIST) -> FastAPI:
    """The same application; what no route of it answers is the console's."""
    app.router.default = Console(read_files(folder), app.router.default)
    return app
