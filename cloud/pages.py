"""Keyset pages: each ends in a cursor made of its last row's key, so rows that come in between change nothing."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from cloud.errors import Refused

Item = TypeVar("Item")
KeyPart = datetime | str | int
Key = tuple[KeyPart, ...]

LIMIT_MAX: Final = 500
LIMIT_DEFAULT: Final = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items in the order of their key."""

    items: list[Item]
    after: str | None
    """Ask again with this for the next page; None at the end."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which page is wanted."""

    limit: int = LIMIT_DEFAULT
    after: str | None = None

    def key(self, kinds: Sequence[type[KeyPart]]) -> Key | None:
        """The key after which the page begins.

        Raises:
            Refused: the cursor is none that this listing gave.
        """
        return None if self.after is None else _read_cursor(self.after, kinds)

    def page(self, rows: Sequence[Item], key_of: Callable[[Item], Key]) -> Page[Item]:
        """A page of `rows`, of which one more than the limit was asked for to see whether others follow."""
        items = list(rows[: self.limit])
        return Page(items, _cursor(key_of(items[-1])) if len(rows) > self.limit else None)


def _cursor(key: Key) -> str:
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _read_cursor(text: str, kinds: Sequence[type[KeyPart]]) -> Key:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return tuple(_part(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused("`after` is no cursor of this listing; take it from the `after` of the page before") from error


def _part(part: object, kind: type[KeyPart]) -> KeyPart:
    if kind is datetime and isinstance(part, str):
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment.astimezone(UTC)
    if kind is str and isinstance(part, str):
        return part.encode().decode()  # refuses lone surrogates, which no database takes
    if kind is int and type(part) is int and abs(part) < 2**63:
        return part
    raise TypeError(f"{part!r} is not a {kind.__name__}")
