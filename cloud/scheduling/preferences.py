"""What the owner of a vehicle would rather have, said once and for every visit."""

from collections.abc import Callable
from datetime import datetime

from cloud.database import Database
from cloud.scheduling import preferences_store
from cloud.scheduling.model import Place, Preferences, VehiclePreferences
from cloud.security.audit import Audit
from edge.wire.topics import Address


class PreferencesService:
    """Puts them and gives them back."""

    def __init__(
        self, database: Database, audit: Audit, now: Callable[[], datetime], must_exist: Callable[[Address], object]
    ) -> None:
        """Take the parts.

        Args:
            database: where they are kept.
            audit: what everybody writes into.
            now: the clock.
            must_exist: raises NotFound for a vehicle that was never heard.
        """
        self._database = database
        self._audit = audit
        self._now = now
        self._must_exist = must_exist

    def put(self, address: Address, preferences: Preferences, base: Place | None, *, by: str) -> VehiclePreferences:
        """Replace all of a vehicle's preferences; safe to repeat.

        Raises:
            NotFound: the vehicle was never heard.
        """
        self._must_exist(address)
        wanted = VehiclePreferences(address, preferences, base, by, self._now())
        with self._database.transaction() as connection:
            preferences_store.put_preferences(connection, wanted)
            subject = f"vehicles/{address.fleet}/{address.vehicle}"
            self._audit.record(connection, by=by, action="put_preferences", subject=subject)
        return wanted

    def of(self, address: Address) -> VehiclePreferences:
        """A vehicle's preferences; where nobody put any, none."""
        with self._database.snapshot() as connection:
            return preferences_store.preferences_of(connection, address) or VehiclePreferences(address)
