"""The table of contacts, and all SQL on it."""

from datetime import time
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, within
from cloud.database import put
from cloud.notify.model import Contact
from cloud.notify.quiet import QuietHours
from cloud.pages import Key
from edge.wire.messages import Severity

contacts: Final = sa.Table(
    "contacts",
    METADATA,
    sa.Column("fleet", sa.String(NAME_LENGTH), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(200), nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("quiet_from", sa.Time),
    sa.Column("quiet_until", sa.Time),
    sa.Column("zone", sa.String(64)),
    sa.Column("critical_always", sa.Boolean, nullable=False),
    sa.Column("severity_min", sa.String(16), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    comment="Who is told, in which way, when not, and in which order",
)

_OF_FLEET: Final = sa.select(contacts).where(contacts.c.fleet == sa.bindparam("fleet")).order_by(contacts.c.id)
"""Built once: every notice asks it."""


def put_contact(connection: Connection, contact: Contact) -> None:
    """Insert a contact or replace it."""
    quiet = contact.quiet
    content = {
        "person": contact.person,
        "channel": contact.channel,
        "quiet_from": None if quiet is None else quiet.from_at,
        "quiet_until": None if quiet is None else quiet.until_at,
        "zone": None if quiet is None else quiet.zone,
        "critical_always": contact.critical_always,
        "severity_min": contact.severity_min,
        "rank": contact.rank,
        "enabled": contact.enabled,
    }
    row = {"fleet": contact.fleet, "id": contact.id, **content}
    put(connection, contacts, row, key=("fleet", "id"), replace=tuple(content))


def contact_of(connection: Connection, fleet: str, contact: str) -> Contact | None:
    """One contact, if there is one."""
    row = connection.execute(sa.select(contacts).where(_is(fleet, contact))).first()
    return None if row is None else _contact(row)


def remove_contact(connection: Connection, fleet: str, contact: str) -> None:
    """Take a contact away."""
    connection.execute(sa.delete(contacts).where(_is(fleet, contact)))


def contacts_of(connection: Connection, fleet: str) -> list[Contact]:
    """Every contact of a fleet, by id."""
    return [_contact(row) for row in connection.execute(_OF_FLEET, {"fleet": fleet})]


def list_contacts(
    connection: Connection, *, fleet: str | None, fleets: frozenset[str] | None, after: Key | None, rows_max: int
) -> list[Contact]:
    """Contacts by fleet and id."""
    query = sa.select(contacts).order_by(contacts.c.fleet, contacts.c.id).limit(rows_max)
    query = query.where(within(contacts.c.fleet, fleets))
    if fleet is not None:
        query = query.where(contacts.c.fleet == fleet)
    if after is not None:
        query = query.where(sa.tuple_(contacts.c.fleet, contacts.c.id) > sa.tuple_(*map(sa.literal, after)))
    return [_contact(row) for row in connection.execute(query)]


def _is(fleet: str, contact: str) -> sa.ColumnElement[bool]:
    return sa.and_(contacts.c.fleet == fleet, contacts.c.id == contact)


def _contact(row: Row[Any]) -> Contact:
    return Contact(
        fleet=row.fleet,
        id=row.id,
        person=row.person,
        channel=row.channel,
        quiet=_quiet(row.quiet_from, row.quiet_until, row.zone),
        critical_always=row.critical_always,
        severity_min=Severity(row.severity_min),
        rank=row.rank,
        enabled=row.enabled,
    )


def _quiet(since: time | None, until: time | None, zone: str | None) -> QuietHours | None:
    return None if since is None or until is None or zone is None else QuietHours(since, until, zone)
