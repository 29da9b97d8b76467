"""What is wanted of vehicles, on its way to the broker: everything on a new connection, then what changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.fleet.model import Desired
from cloud.inbox.intake import Reply
from edge.wire import downlink
from edge.wire.topics import Address, Down

AT_ONCE_MAX: Final = 100
"""Of one look; the rest goes at the next."""
OVERLAP: Final = timedelta(minutes=1)
"""What was written before the last look may have been committed after it."""


class WantedOfVehicles(Protocol):
    """Whoever knows what is wanted of vehicles."""

    def versions_since(self, since: datetime | None) -> list[tuple[Address, int]]:
        """Of which vehicles it changed then or later, and to which version; None: of all."""

    def wanted(self, addresses: Sequence[Address]) -> list[Desired]:
        """What is wanted of these."""


class DesiredStates:
    """Says each version once per connection; used by one thread."""

    def __init__(self, service: WantedOfVehicles) -> None:
        """Documents are large and there may be many vehicles: only what is said is read whole."""
        self._service = service
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
        changed = self._service.versions_since(self._since)
        new = [address for address, version in changed if self._said.get(address, 0) < version]
        wanted = self._service.wanted(new[:AT_ONCE_MAX]) if new else []
        self._said |= {one.address: one.version for one in wanted}
        if len(new) <= AT_ONCE_MAX:
            self._since = at - OVERLAP
        return [_reply(one) for one in wanted]


def _reply(wanted: Desired) -> Reply:
    said = downlink.Desired(version=wanted.version, state=dict(wanted.state), signed=list(wanted.signed.values()))
    return Reply(wanted.address.down(Down.DESIRED), downlink.encode_down(said), retain=True)
