"""What is wanted of vehicles, on its way to the broker: everything on a new connection, then what changes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cloud.fleet.model import Desired
from cloud.inbox.intake import Reply
from edge.wire import downlink
from edge.wire.topics import Address, Down

AT_ONCE_MAX: Final = 100
"""Of one look; the rest goes at the next."""
OVERLAP: Final = timedelta(minutes=1)
"""What was written before the last look may have been committed after it."""


class DesiredStates:
    """Says each version once per connection; used by one thread."""

    def __init__(self, changed_since: Callable[[datetime | None], list[Desired]]) -> None:
        self._changed_since = changed_since
        self._since: datetime | None = None
        self._said: dict[Address, int] = {}

    def forget(self) -> None:
        """A new connection: the broker may have lost everything."""
        self._since, self._said = None, {}

    def due(self, at: datetime) -> list[Reply]:
        """What is to be said now, each to its own vehicle, retained.

        Raises:
            UpstreamDown: the database is away.
        """
        changed = self._changed_since(self._since)
        new = [wanted for wanted in changed if self._said.get(wanted.address, 0) < wanted.version]
        for wanted in new[:AT_ONCE_MAX]:
            self._said[wanted.address] = wanted.version
        if len(new) <= AT_ONCE_MAX:
            self._since = at - OVERLAP
        return [_reply(wanted) for wanted in new[:AT_ONCE_MAX]]


def _reply(wanted: Desired) -> Reply:
    said = downlink.Desired(version=wanted.version, state=dict(wanted.state), signed=list(wanted.signed.values()))
    return Reply(wanted.address.down(Down.DESIRED), downlink.encode_down(said), retain=True)
