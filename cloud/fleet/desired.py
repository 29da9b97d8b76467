"""What is wanted of each vehicle: today that it is in workshop mode while somebody works on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from cloud.database import Connection, Database
from cloud.fleet import desired_store
from cloud.fleet.model import Desired
from edge.wire.topics import Address

WORKSHOP_UNTIL: Final = "workshop_until"
WORKSHOP_FOR: Final = timedelta(hours=10)
"""Since work began. The vehicle believes 12 hours at most, by its own clock, which may be behind ours."""


class DesiredService:
    """What is wanted of vehicles; the version of each only grows."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def worked_on(self, connection: Connection, address: Address, *, is_worked_on: bool) -> None:
        """Somebody has begun to work on a vehicle, or nobody does any more; in the transaction that says so."""
        before = desired_store.desired_of(connection, address)
        state = {} if before is None else {key: said for key, said in before.state.items() if key != WORKSHOP_UNTIL}
        now = self._now()
        if is_worked_on:
            state[WORKSHOP_UNTIL] = (now + WORKSHOP_FOR).isoformat()
        if state != ({} if before is None else before.state):
            version = 1 if before is None else before.version + 1
            desired_store.put_desired(connection, Desired(address, version, state, now))

    def changed_since(self, since: datetime | None) -> list[Desired]:
        """What is wanted of vehicles of which it changed then or later; None: of all."""
        with self._database.snapshot() as connection:
            return desired_store.changed_since(connection, since)
