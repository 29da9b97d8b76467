"""Where a contact is reached, as it is written, and what of it may be shown. Pure.

mailto:ada@example.org              e-mail
https://hooks.example.org/secret    a webhook of one's own
tgram://token/chat                  a service that apprise knows, of the list below
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from edge.wire.messages import Severity

LENGTH_MAX: Final = 1000
_MAIL: Final = re.compile(r"mailto:([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)")
"""One address as browsers check it (WHATWG HTML, "valid e-mail address"), in ASCII."""
_GRAPHIC: Final = re.compile(r"[\x21-\x7e]+")
FIXED_HOST: Final = frozenset({"discord", "opsgenie", "pagerduty", "pbul", "pover", "slack", "tgram", "twilio"})
"""Services of apprise that are at one address, which is in apprise."""
OWN_HOST: Final = frozenset({"gotifys", "mmosts", "ntfys"})
"""Services of apprise that somebody runs: `ntfys://host/topic`."""
PLAIN: Final = frozenset({"gotify", "http", "mmost", "ntfy"})
"""In the clear: only where private addresses are allowed, for one's own network."""


class Kind(StrEnum):
    """Who carries it there."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a contact is reached."""

    kind: Kind
    address: str
    """The e-mail address, or the whole URL."""
    shown: str
    """Without what is secret: for answers and logs."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as it goes to one contact, once more with each try."""

    delivery: int
    attempt: int
    """Counts the tries from 1."""
    key: str
    """The same with every try, so that who receives it twice can tell."""
    channel: str
    reason: str
    fleet: str
    vehicle: str | None
    severity: Severity
    title: str
    text: str
    link: str | None
    correlation: str
    made_at: datetime


def channel_of(text: str, *, private: bool = False) -> Channel:
    """What a contact's channel means.

    Args:
        text: as it was written.
        private: whether one's own network may be reached, also in the clear.

    Raises:
        ValueError: it is none that is allowed; says which are.
    """
    if len(text) > LENGTH_MAX or not _GRAPHIC.fullmatch(text):
        raise ValueError(f"a channel is up to {LENGTH_MAX} characters of ASCII without spaces")
    scheme = text.split(":", maxsplit=1)[0].lower()
    if scheme == "mailto":
        return _mail(text)
    if scheme in PLAIN and not private:
        raise ValueError(f"{scheme}: is not encrypted; for one's own network it is allowed with webhook_private")
    if scheme in {"http", "https"}:
        return _webhook(text)
    if scheme in FIXED_HOST | OWN_HOST | PLAIN:
        return _push(text)
    known = ", ".join(sorted({"mailto", "https"} | FIXED_HOST | OWN_HOST))
    raise ValueError(f"{scheme!r} is no channel that is allowed here; allowed are {known}")


def masked(text: str) -> str:
    """A channel without what is secret in it, also one that is not allowed any more."""
    try:
        return channel_of(text, private=True).shown
    except ValueError:
        return "…"


def _mail(text: str) -> Channel:
    found = _MAIL.fullmatch(text)
    if found is None:
        raise ValueError("an e-mail address is written mailto:name@example.org, without names and options")
    return Channel(Kind.MAIL, found[1], text)


def _webhook(text: str) -> Channel:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"no address of a webhook: {error}") from error
    if not parts.hostname or port == 0 or "\\" in text or parts.fragment:
        raise ValueError("a webhook is written https://host[:port]/path")
    where = parts.netloc.rpartition("@")[2]
    return Channel(Kind.WEBHOOK, text, f"{parts.scheme}://{where}/…")


def _push(text: str) -> Channel:
    scheme, slashes, rest = text.partition("://")
    if not slashes or not rest or set(rest) & set("?#\\"):  # options can name files to read, or other hosts
        raise ValueError(f"{scheme}: is written {scheme}://… as apprise wants it, without options behind a ?")
    return Channel(Kind.PUSH, text, f"{scheme.lower()}://…")
