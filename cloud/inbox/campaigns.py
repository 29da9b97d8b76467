"""Campaigns on their way to vehicles: what has changed is signed anew, and said as a part of what is wanted."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cloud.inbox.intake import Reply

AT_ONCE_MAX: Final = 100
"""Vehicles of one look; the rest comes at the next."""


class Campaigns:
    """Sees to the documents that are due, before what is wanted is said; used by one thread."""

    def __init__(self, renew: Callable[[datetime, int], None]) -> None:
        self._renew = renew

    def forget(self) -> None:
        """A new connection: what is wanted says everything again."""

    def due(self, at: datetime) -> list[Reply]:
        """Nothing of its own.

        Raises:
            UpstreamDown: the database is away.
        """
        self._renew(at, AT_ONCE_MAX)
        return []
