"""The bootstrap token: one secret that opens the whole API, until there are people and roles."""

import hmac
import secrets
from typing import Final

from cloud.errors import NotAuthenticated

_TOKEN_BYTES: Final = 24


def new_token() -> str:
    """A token that nobody guesses (192 bits)."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


class BootstrapToken:
    """Knows the token and compares in constant time."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

    def check(self, shown: str | None) -> None:
        """Let pass who shows the token.

        Raises:
            NotAuthenticated: none was shown, or another.
        """
        if shown is None:
            raise NotAuthenticated("a token is needed: Authorization: Bearer TOKEN")
        if not hmac.compare_digest(shown.encode(), self._token):
            raise NotAuthenticated("this token is not known here")
