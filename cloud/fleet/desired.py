"""What is wanted of each vehicle: workshop mode while somebody works on it, and documents that are signed for it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from cloud.database import Connection, Database
from cloud.errors import Conflict
from cloud.fleet import desired_store
from cloud.fleet.model import Desired
from edge.wire.signed import Document, DocumentKind, Signed
from edge.wire.topics import Address

WORKSHOP_UNTIL: Final = "workshop_until"
WORKSHOP_FOR: Final = timedelta(hours=10)
"""Since work began. The vehicle believes 12 hours at most, by its own clock, which may be behind ours."""


class Signer(Protocol):
    """Whoever has the key that vehicles believe."""

    def sign(self, kind: DocumentKind, document: Document) -> Signed:
        """A document with its signature.

        Raises:
            Refused: it is larger than a message has room for.
        """


class DesiredService:
    """What is wanted of vehicles; the versions of each, and of each kind of document, only grow."""

    def __init__(self, database: Database, now: Callable[[], datetime], signer: Signer | None = None) -> None:
        """Without a `signer` nothing is signed here."""
        self._database = database
        self._now = now
        self._signer = signer

    def worked_on(self, connection: Connection, address: Address, *, is_worked_on: bool) -> None:
        """Somebody has begun to work on a vehicle, or nobody does any more; in the transaction that says so."""
        before = self._wanted(connection, address)
        state = {key: said for key, said in before.state.items() if key != WORKSHOP_UNTIL}
        if is_worked_on:
            state[WORKSHOP_UNTIL] = (self._now() + WORKSHOP_FOR).isoformat()
        if state != before.state:
            self._put(connection, replace(before, state=state))

    @property
    def can_sign(self) -> bool:
        """Whether somebody signs here."""
        return self._signer is not None

    def must_sign(self) -> Signer:
        """Whoever signs here.

        Raises:
            Conflict: nobody does, so no vehicle would believe it; with the remedy.
        """
        if self._signer is None:
            raise Conflict(
                "nobody signs documents here, so no vehicle would believe them: configure [provisioning], and where "
                "its authority has no document key yet: telltale-cloud authority --documents --out DIR"
            )
        return self._signer

    def sign_for(
        self, connection: Connection, address: Address, kind: DocumentKind, document: Callable[[int], Document]
    ) -> int:
        """Sign a document for a vehicle, in place of the one of its kind, in the transaction of what it tells of.

        Args:
            connection: the transaction; both are there afterwards, or neither.
            address: for whom.
            kind: what the document is.
            document: makes it, from the version that it is to have.

        Returns:
            Its version: above every one before, also after the database was restored from a copy.

        Raises:
            Conflict: nobody signs here.
            Refused: it is larger than a message has room for.
        """
        signer = self.must_sign()
        before = self._wanted(connection, address)
        held = before.signed.get(kind)
        version = self._next(0 if held is None else version_of(held))
        signed = signer.sign(kind, document(version))
        self._put(connection, replace(before, signed={**before.signed, kind: signed}))
        return version

    def versions_since(self, since: datetime | None) -> list[tuple[Address, int]]:
        """Of which vehicles what is wanted changed then or later, and to which version; None: of all."""
        with self._database.snapshot() as connection:
            return desired_store.versions_since(connection, since)

    def wanted(self, addresses: Sequence[Address]) -> list[Desired]:
        """What is wanted of these vehicles; of one that is not among them nothing ever was."""
        with self._database.snapshot() as connection:
            return desired_store.desired_of_each(connection, addresses)

    def _wanted(self, connection: Connection, address: Address) -> Desired:
        """What is wanted of a vehicle; version 0: nothing ever was."""
        return desired_store.desired_of(connection, address) or Desired(address, 0, {}, self._now())

    def _put(self, connection: Connection, wanted: Desired) -> None:
        desired_store.put_desired(
            connection, replace(wanted, version=self._next(wanted.version), changed_at=self._now())
        )

    def _next(self, version: int) -> int:
        """The version after this one. By the clock, so that a copy that is put back does not say what is long known."""
        return max(version + 1, int(self._now().timestamp()))


def version_of(signed: Signed) -> int:
    """The version of a document of ours."""
    version: int = json.loads(signed.text)["version"]
    return version
