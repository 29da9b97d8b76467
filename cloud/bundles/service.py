"""What the rest of the cloud may ask of bundles: they are added, listed, taken away."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cloud import counters
from cloud.bundles import rollout_store, store, update_store
from cloud.bundles.archive import check
from cloud.bundles.model import Bundle
from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound
from cloud.pages import Page, Window
from cloud.security.audit import Audit


@dataclass(frozen=True, slots=True)
class BundleSettings:
    """How much is kept."""

    per_fleet: int = 20
    bytes_per_fleet: int = 512 * 2**20
    rollouts_per_fleet: int = 200
    """The newest; one that waits for a vehicle is kept beside them."""
    steps_per_vehicle: int = 200
    """What it told of updates."""


class BundleService:
    """The bundles of the fleets."""

    def __init__(self, database: Database, audit: Audit, settings: BundleSettings, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now

    def add(self, fleet: str, name: str, content: bytes, *, by: str) -> Bundle:
        """Keep an archive as a bundle of a fleet; safe to repeat. The oldest that nobody needs make room.

        Raises:
            Refused: no vehicle could use it; with the place and what to do.
            Conflict: the name is another bundle's, or the content is there under another name; or there is no room.
        """
        bundle = Bundle(
            fleet=fleet,
            id=secrets.token_hex(16),
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            files=check(content),
            added_at=self._now(),
            by=by,
        )
        with self._database.transaction() as connection:
            for like in store.find_like(connection, fleet, name=name, sha256=bundle.sha256):
                if (like.name, like.sha256) == (name, bundle.sha256):
                    return like
                if like.name == name:
                    raise Conflict(f"{name!r} is the name of another bundle of {fleet!r}: choose a new one")
                raise Conflict(f"the same is there already as {like.name!r} ({like.id}): use that one")
            self._make_room(connection, bundle)
            store.add(connection, bundle, content)
            note = f"{bundle.id} {name!r}, {bundle.size} bytes, SHA-256 {bundle.sha256}"
            self._note(connection, "add_bundle", bundle, by=by, note=note)
        return bundle

    def bundles(self, window: Window, *, fleet: str | None, fleets: frozenset[str] | None) -> Page[Bundle]:
        """Bundles, the newest first.

        Args:
            window: which page.
            fleet: of this fleet only.
            fleets: of these only; None: of all.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str))
        with self._database.snapshot() as connection:
            rows = store.list_bundles(connection, fleet=fleet, fleets=fleets, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.added_at, row.id))

    def bundle(self, fleet: str, bundle: str) -> Bundle:
        """One bundle of a fleet.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            return found(connection, fleet, bundle)

    def remove(self, fleet: str, bundle: str, *, by: str) -> None:
        """Take a bundle away.

        Raises:
            NotFound: it is not there.
            Conflict: a vehicle has it, or is to have it.
        """
        with self._database.transaction() as connection:
            held = found(connection, fleet, bundle)
            if _is_needed(connection, held):
                raise Conflict(f"vehicles have bundle {held.name!r}, or wait for it: give them another one first")
            store.delete(connection, held.id)
            self._note(connection, "remove_bundle", held, by=by, note=f"{held.id} {held.name!r}")

    def _make_room(self, connection: Connection, bundle: Bundle) -> None:
        kept = store.of_fleet(connection, bundle.fleet)
        size = sum(one.size for one in kept) + bundle.size
        count = len(kept) + 1
        gone = 0
        for one in kept:
            if count <= self._settings.per_fleet and size <= self._settings.bytes_per_fleet:
                break
            if not _is_needed(connection, one):
                store.delete(connection, one.id)
                count, size, gone = count - 1, size - one.size, gone + 1
        if count > self._settings.per_fleet or size > self._settings.bytes_per_fleet:
            told = f"fleet {bundle.fleet!r} has no room for another bundle: vehicles have all that are kept"
            raise Conflict(f"{told}. Give them fewer different ones, or raise [bundles] in the settings")
        counters.add(connection, {"bundles_dropped": gone})

    def _note(self, connection: Connection, action: str, bundle: Bundle, *, by: str, note: str) -> None:
        subject = f"bundles/{bundle.fleet}/{bundle.id}"
        self._audit.record(connection, by=by, action=action, subject=subject, fleet=bundle.fleet, note=note)


def found(connection: Connection, fleet: str, bundle: str) -> Bundle:
    """One bundle of a fleet.

    Raises:
        NotFound: it never was, or it has made room for newer ones.
    """
    held = store.find(connection, bundle)
    if held is None or held.fleet != fleet:
        raise NotFound(f"there is no bundle {bundle!r} in fleet {fleet!r}, or no longer")
    return held


def _is_needed(connection: Connection, bundle: Bundle) -> bool:
    return update_store.is_used(connection, bundle.id) or rollout_store.is_wanted(connection, bundle.id)
