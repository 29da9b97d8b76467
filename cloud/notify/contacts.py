"""What the rest of the cloud may ask about contacts: who is told, and how."""

from collections.abc import Callable
from dataclasses import replace

from cloud.database import Connection, Database
from cloud.errors import NotFound, Refused
from cloud.notify import contact_store
from cloud.notify.channel import Kind, channel_of
from cloud.notify.model import CONTACTS_MAX, Contact
from cloud.pages import Page, Window
from cloud.security.audit import Audit


class ContactService:
    """The contacts of all fleets."""

    def __init__(
        self, database: Database, audit: Audit, *, has_mail: bool, private: bool, can_push: Callable[[str], bool]
    ) -> None:
        """Wire it.

        Args:
            database: where they are kept.
            audit: where every change is written down.
            has_mail: whether there is a mail server.
            private: whether one's own network may be reached.
            can_push: whether the adapter of other services can read an address.
        """
        self._database = database
        self._audit = audit
        self._has_mail = has_mail
        self._private = private
        self._can_push = can_push

    def put(self, contact: Contact, *, by: str) -> Contact:
        """Add a contact, or replace it; safe to repeat. An empty channel stays as it was.

        Raises:
            Refused: the channel cannot be used, is missing, or the fleet has too many contacts.
        """
        if contact.channel:
            self._check(contact.channel)
        with self._database.transaction() as connection:
            before = contact_store.contact_of(connection, contact.fleet, contact.id)
            if before is None and len(contact_store.contacts_of(connection, contact.fleet)) >= CONTACTS_MAX:
                raise Refused(f"fleet {contact.fleet!r} has {CONTACTS_MAX} contacts, which is the most; remove one")
            if not contact.channel:
                if before is None:
                    raise Refused("channel: a new contact needs one, such as mailto:ada@example.org")
                contact = replace(contact, channel=before.channel)
            contact_store.put_contact(connection, contact)
            self._record(connection, contact, "put_contact", by)
        return contact

    def remove(self, fleet: str, contact: str, *, by: str) -> Contact:
        """Take a contact away, and say what it was; what was on its way there is not sent.

        Raises:
            NotFound: there is none.
        """
        with self._database.transaction() as connection:
            found = existing(connection, fleet, contact)
            contact_store.remove_contact(connection, fleet, contact)
            self._record(connection, found, "remove_contact", by)
        return found

    def contact(self, fleet: str, contact: str) -> Contact:
        """One contact.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            return existing(connection, fleet, contact)

    def contacts(
        self, window: Window, *, fleet: str | None = None, within: frozenset[str] | None = None
    ) -> Page[Contact]:
        """Contacts by fleet and id, of one fleet or of these; None: of all.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str, str))
        with self._database.snapshot() as connection:
            rows = contact_store.list_contacts(
                connection, fleet=fleet, fleets=within, after=after, rows_max=window.limit + 1
            )
        return window.page(rows, lambda row: (row.fleet, row.id))

    def _record(self, connection: Connection, contact: Contact, action: str, by: str) -> None:
        subject = f"contacts/{contact.fleet}/{contact.id}"
        self._audit.record(
            connection, by=by, action=action, fleet=contact.fleet, subject=subject, note=f"for {contact.person}"
        )

    def _check(self, channel: str) -> None:
        try:
            kind = channel_of(channel, private=self._private).kind
        except ValueError as error:
            raise Refused(f"channel: {error}") from error
        if kind is Kind.MAIL and not self._has_mail:
            raise Refused("channel: there is no mail server; set smtp_url under [notify] and start the service again")
        if kind is Kind.PUSH and not self._can_push(channel):
            raise Refused("channel: apprise cannot read this address; its wiki says how this service is written")


def existing(connection: Connection, fleet: str, contact: str) -> Contact:
    """One contact.

    Raises:
        NotFound: there is none.
    """
    found = contact_store.contact_of(connection, fleet, contact)
    if found is None:
        raise NotFound(f"fleet {fleet!r} has no contact {contact!r}")
    return found
