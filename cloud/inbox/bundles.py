"""Bundles on their way to vehicles: each look signs for some whose turn it is, and the desired state says so."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cloud.inbox.intake import Reply

AT_ONCE_MAX: Final = 100
"""Of one look; the rest gets it at the next."""


class Bundles:
    """Gives rollouts' vehicles what they are to run; used by one thread, before the desired states are said."""

    def __init__(self, give_due: Callable[[datetime, int], int]) -> None:
        self._give_due = give_due

    def forget(self) -> None:
        """A new connection: nothing was said, and what was signed is in the database."""

    def due(self, at: datetime) -> list[Reply]:
        """Nothing of its own.

        Raises:
            UpstreamDown: the database is away.
        """
        self._give_due(at, AT_ONCE_MAX)
        return []
