"""Commands on their way to the broker: each when it is issued, and again as long as nobody has answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cloud.commands.model import Command
from cloud.inbox.intake import Reply
from edge.wire import downlink
from edge.wire.topics import Down

AT_ONCE_MAX: Final = 100
"""Of one look; the rest goes at the next."""


class Commands:
    """Says what is due; used by one thread."""

    def __init__(self, take_due: Callable[[datetime, int], list[Command]]) -> None:
        self._take_due = take_due

    def forget(self) -> None:
        """A new connection: what was lost with the old one comes up again by itself."""

    def due(self, at: datetime) -> list[Reply]:
        """What is to be said now, each to its own vehicle; not retained, for it is asked once.

        Raises:
            UpstreamDown: the database is away.
        """
        return [_reply(command) for command in self._take_due(at, AT_ONCE_MAX)]


def _reply(command: Command) -> Reply:
    said = downlink.Command(
        id=command.id,
        name=command.name,
        arguments=dict(command.arguments),
        issued_at=command.issued_at,
        expires_at=command.expires_at,
    )
    return Reply(command.address.down(Down.COMMAND), downlink.encode_down(said))
