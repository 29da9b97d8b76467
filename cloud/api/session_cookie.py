"""The refresh token of a browser, in a cookie that no script can read and that goes to /session alone.

Everything else of the API takes its token from the header, so no page of a stranger can make a browser act: what a
browser sends by itself gets only new tokens, and only for a page from where the API is.
"""

from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from cloud.errors import NotAllowed, NotAuthenticated

NAME: Final = "telltale_refresh"
PATH: Final = "/api/v1/session"


class Jar:
    """The cookie of one request, and of its answer."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def put(self, token: str, ends_at: datetime) -> None:
        """Give the browser a token to keep; over HTTPS it goes over nothing else again."""
        self._response.set_cookie(
            NAME,
            token,
            expires=ends_at,
            path=PATH,
            secure=self._request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def take(self) -> str:
        """The token that the browser keeps.

        Raises:
            NotAllowed: a page of another origin asks (SameSite knows sites, which other ports share).
            NotAuthenticated: it keeps none.
        """
        origin = self._request.headers.get("origin", "")
        if urlsplit(origin).netloc != self._request.headers.get("host", ""):
            raise NotAllowed(f"the cookie is for pages from here, not from {origin or 'nowhere'!r}")
        token = self._request.cookies.get(NAME)
        if token is None:
            raise NotAuthenticated("there is no session here; sign in")
        return token

    def clear(self) -> None:
        """Let the browser forget it."""
        self._response.delete_cookie(NAME, path=PATH, httponly=True, samesite="strict")


def _jar(request: Request, response: Response) -> Jar:
    return Jar(request, response)


JarOf = Annotated[Jar, Depends(_jar)]
