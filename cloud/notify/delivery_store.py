"""The table of deliveries, and all SQL on it."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, within
from cloud.database import beyond
from cloud.notify.delivery import PENDING, Attempt, Delivery, DeliveryFilter, State
from cloud.notify.model import Notice, Turn
from cloud.notify.store import notices, told_of
from cloud.pages import Key
from edge.wire.messages import Severity

deliveries: Final = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("notice", BigId, sa.ForeignKey("notices.id"), nullable=False),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("vehicle", sa.String(NAME_LENGTH)),
    sa.Column("contact", sa.String(64), nullable=False),
    sa.Column("person", sa.String(200), nullable=False),
    sa.Column("rank", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("lease_until", UtcTime),
    sa.Column("attempts", sa.JSON, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("digest", BigId),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.UniqueConstraint("notice", "contact", name="one_delivery_to_a_contact"),
    sa.Index("deliveries_by_state", "state", "due_at"),
    sa.Index("deliveries_by_contact", "fleet", "contact", "state", "changed_at"),
    sa.Index("deliveries_by_digest", "digest"),
    comment="Each notice on its way to each contact, as it stands, with every try; the newest",
)
_OF_NOTICE: Final = sa.select(deliveries).where(deliveries.c.notice == sa.bindparam("notice")).order_by(deliveries.c.id)
"""Built once: every alert asks it."""
_ATTEMPTS: Final = TypeAdapter(tuple[Attempt, ...])
_KEY: Final = (deliveries.c.id,)


def add_delivery(connection: Connection, number: int, notice: Notice, turn: Turn, now: datetime) -> int:
    """Put a notice on its way to a contact; the delivery's number."""
    row = {
        "notice": number,
        "fleet": notice.fleet,
        "vehicle": notice.vehicle,
        "contact": turn.contact.id,
        "person": turn.contact.person,
        "rank": turn.contact.rank,
        "state": State.WAITING,
        "due_at": turn.due_at,
        "attempts": [],
        "why": "",
        "made_at": now,
        "changed_at": now,
    }
    made: int = connection.execute(sa.insert(deliveries).values(row).returning(deliveries.c.id)).scalar_one()
    return made


def put_delivery(connection: Connection, before: Delivery, after: Delivery) -> bool:
    """Replace a delivery; False where somebody else has meanwhile."""
    same = sa.and_(
        deliveries.c.id == before.id, deliveries.c.state == before.state, deliveries.c.changed_at == before.changed_at
    )
    content = {
        "state": after.state,
        "due_at": after.due_at,
        "lease_until": after.lease_until,
        "attempts": _ATTEMPTS.dump_python(after.attempts, mode="json"),
        "why": after.why,
        "digest": after.digest,
        "changed_at": after.changed_at,
    }
    return bool(connection.execute(sa.update(deliveries).where(same).values(content)).rowcount)


def delivery_of(connection: Connection, delivery: int) -> Delivery | None:
    """One delivery, if there is one."""
    row = connection.execute(sa.select(deliveries).where(deliveries.c.id == delivery)).first()
    return None if row is None else _delivery(row)


def deliveries_of(connection: Connection, notice: int) -> list[Delivery]:
    """Every delivery of a notice, in order."""
    return [_delivery(row) for row in connection.execute(_OF_NOTICE, {"notice": notice})]


def due(connection: Connection, now: datetime, rows_max: int) -> list[Delivery]:
    """What is to be looked at now: whose time has come, and whose sender never said how it went; the longest due."""
    since = sa.case((deliveries.c.state == State.SENDING, deliveries.c.lease_until), else_=deliveries.c.due_at)
    query = sa.select(deliveries).where(_waits(), since <= now).order_by(since, deliveries.c.id).limit(rows_max)
    return [_delivery(row) for row in connection.execute(query)]


def next_due_at(connection: Connection) -> datetime | None:
    """When the next is to be looked at; None: nothing waits."""
    since = sa.case((deliveries.c.state == State.SENDING, deliveries.c.lease_until), else_=deliveries.c.due_at)
    earliest: datetime | None = connection.execute(sa.select(sa.func.min(since)).where(_waits())).scalar()
    return earliest


def count_sent(connection: Connection, fleet: str, contact: str, since: datetime) -> int:
    """How many single notices a contact was sent from then on, or is being sent."""
    sent = sa.and_(deliveries.c.state.in_([State.SENT, State.SENDING]), deliveries.c.changed_at > since)
    query = (
        sa.select(sa.func.count())
        .select_from(deliveries.join(notices, notices.c.id == deliveries.c.notice))
        .where(deliveries.c.fleet == fleet, deliveries.c.contact == contact, sent, ~notices.c.is_digest)
    )
    number: int = connection.execute(query).scalar_one()
    return number


def open_digest(connection: Connection, fleet: str, contact: str) -> int | None:
    """The delivery of a digest for a contact that was never tried, so may still grow; None: there is none."""
    query = (
        sa.select(deliveries)
        .join(notices, notices.c.id == deliveries.c.notice)
        .where(
            deliveries.c.fleet == fleet,
            deliveries.c.contact == contact,
            deliveries.c.state.in_([State.WAITING, State.HELD]),
            notices.c.is_digest,
        )
    )
    found = [_delivery(row) for row in connection.execute(query)]
    return next((one.id for one in found if not one.attempts), None)


def gathered_in(connection: Connection, digest: int, rows_max: int) -> tuple[dict[Severity, int], list[Notice]]:
    """How many notices of each severity a digest tells of, and the first of them."""
    gathered = sa.and_(deliveries.c.digest == digest, deliveries.c.state == State.GATHERED)
    both = deliveries.join(notices, notices.c.id == deliveries.c.notice)
    number = sa.func.count().label("number")
    counted = sa.select(notices.c.severity, number).select_from(both).where(gathered).group_by(notices.c.severity)
    counts = {Severity(row.severity): row.number for row in connection.execute(counted)}
    query = sa.select(notices).select_from(both).where(gathered).order_by(deliveries.c.id).limit(rows_max)
    return counts, [told_of(row).notice for row in connection.execute(query)]


def list_deliveries(
    connection: Connection, wanted: DeliveryFilter, *, after: Key | None, rows_max: int
) -> list[Delivery]:
    """Deliveries, the newest first."""
    query = sa.select(deliveries).order_by(deliveries.c.id.desc()).limit(rows_max)
    query = query.where(within(deliveries.c.fleet, wanted.within))
    for column, value in (
        (deliveries.c.fleet, wanted.fleet), (deliveries.c.vehicle, wanted.vehicle), (deliveries.c.state, wanted.state)
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_delivery(row) for row in connection.execute(query)]


def count_by_state(connection: Connection) -> dict[str, int]:
    """How many deliveries are in each state, of those in which there are any."""
    number = sa.func.count().label("number")
    rows = connection.execute(sa.select(deliveries.c.state, number).group_by(deliveries.c.state))
    return {row.state: row.number for row in rows}


def keep_newest(connection: Connection, rows_max: int) -> int:
    """Let the oldest notices go with their deliveries, so that not more of either stay; how many deliveries went."""
    oldest = [
        connection.execute(sa.select(column).order_by(key.desc()).offset(rows_max).limit(1)).scalar()
        for column, key in ((notices.c.id, notices.c.id), (deliveries.c.notice, deliveries.c.id))
    ]
    last = max((number for number in oldest if number is not None), default=None)
    if last is None:
        return 0
    gone = connection.execute(sa.delete(deliveries).where(deliveries.c.notice <= last)).rowcount
    connection.execute(sa.delete(notices).where(notices.c.id <= last))
    return gone


def _waits() -> sa.ColumnElement[bool]:
    return deliveries.c.state.in_([*sorted(PENDING), State.SENDING])


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        notice=row.notice,
        fleet=row.fleet,
        vehicle=row.vehicle,
        contact=row.contact,
        person=row.person,
        rank=row.rank,
        state=State(row.state),
        due_at=row.due_at,
        lease_until=row.lease_until,
        attempts=_ATTEMPTS.validate_python(row.attempts, strict=False),
        why=row.why,
        digest=row.digest,
        made_at=row.made_at,
        changed_at=row.changed_at,
    )
