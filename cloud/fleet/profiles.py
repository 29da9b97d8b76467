"""What the rest of the cloud may ask about profiles: what each vehicle is."""

from collections.abc import Callable
from datetime import datetime

from cloud import counters
from cloud.database import Database
from cloud.fleet import profile_store
from cloud.fleet.profile import Former, Profile, ProfileFilter, formers_of
from cloud.fleet.service import FleetService
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.topics import Address


class ProfileService:
    """The profiles of all vehicles. A vehicle must have been heard, so that a wrong name makes no second one."""

    def __init__(self, database: Database, audit: Audit, fleet: FleetService, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._fleet = fleet
        self._now = now

    def put(self, profile: Profile, *, by: str) -> Profile:
        """Say what a vehicle is, and give back what is kept; what is left out is unknown afterwards; safe to repeat.

        Raises:
            NotFound: the vehicle was never heard.
            Refused: something in it cannot be.
        """
        kept = profile.checked()
        address = kept.address
        self._fleet.vehicle(address)
        with self._database.transaction() as connection:
            before = profile_store.profile_of(connection, address)
            if before == kept:
                return kept
            now = self._now()
            for former in [] if before is None else formers_of(before, kept, now):
                counters.add(connection, {"former_fits_dropped": profile_store.add_former(connection, former)})
            profile_store.put_profile(connection, kept, now)
            subject = f"vehicles/{address.fleet}/{address.vehicle}"
            self._audit.record(connection, by=by, action="put_profile", fleet=address.fleet, subject=subject)
        return kept

    def profile(self, address: Address) -> Profile:
        """What is known of a vehicle: nothing but its address where no profile was ever put.

        Raises:
            NotFound: the vehicle was never heard.
        """
        self._fleet.vehicle(address)
        with self._database.snapshot() as connection:
            return profile_store.profile_of(connection, address) or Profile(address)

    def formers(self, fleet: str) -> list[Former]:
        """Parts and firmware that were in the vehicles of a fleet before, in the order in which it was told."""
        with self._database.snapshot() as connection:
            return profile_store.formers_in(connection, fleet)

    def profiles(self, wanted: ProfileFilter, window: Window) -> Page[Profile]:
        """Profiles that were put, by fleet and vehicle.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str, str))
        with self._database.snapshot() as connection:
            rows = profile_store.list_profiles(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.address.fleet, row.address.vehicle))
