"""A mail server, as it is written in the configuration. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

PORT_OF: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server as letters are given to it."""

    scheme: str
    """`smtp`: in the clear; `smtp+starttls`; `smtps`: TLS from the first byte."""
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    @property
    def shown(self) -> str:
        """For people: without the password."""
        return f"{self.scheme}://{self.host}:{self.port}"


def mail_server(url: str) -> MailServer:
    """What a mail server's address means.

    Raises:
        ValueError: it is none, or would send a password in the clear.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"no mail server's address: {error}") from error
    if parts.scheme not in PORT_OF or not parts.hostname or parts.path not in {"", "/"} or port == 0:
        raise ValueError("no mail server's address")
    if parts.username is not None and parts.scheme == "smtp":
        raise ValueError("a password must not go over the net in the clear: use smtps:// or smtp+starttls://")
    return MailServer(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or PORT_OF[parts.scheme],
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
