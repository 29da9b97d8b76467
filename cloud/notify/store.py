"""The table of notices, and all SQL on it. A reason is told once, by a unique key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime
from cloud.database import insert_once
from cloud.notify.model import REASON_LENGTH, Notice
from edge.wire.messages import Severity

notices: Final = sa.Table(
    "notices",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("reason", sa.String(REASON_LENGTH), nullable=False),
    sa.Column("vehicle", sa.String(NAME_LENGTH)),
    sa.Column("severity", sa.String(16), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    sa.Column("correlation", sa.String(64), nullable=False),
    sa.Column("escalates", sa.Boolean, nullable=False),
    sa.Column("is_digest", sa.Boolean, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.UniqueConstraint("fleet", "reason", name="one_notice_for_a_reason"),
    comment="What there was to tell, once for each fleet and reason, and since when somebody has seen it; the newest",
)


# Every alert asks these; building a statement costs more than running it.
_OF_REASON: Final = sa.and_(notices.c.fleet == sa.bindparam("fleet"), notices.c.reason == sa.bindparam("reason"))
_NOTICE_OF: Final = sa.select(notices).where(_OF_REASON)
_NUMBER_OF: Final = sa.select(notices.c.id).where(_OF_REASON)
_SETTLE: Final = (
    sa.update(notices).where(notices.c.id == sa.bindparam("of")).values(settled_at=sa.bindparam("at", type_=UtcTime))
)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it is kept."""

    id: int
    notice: Notice
    is_digest: bool
    made_at: datetime
    settled_at: datetime | None


def add_notice(connection: Connection, notice: Notice, now: datetime, *, is_digest: bool = False) -> int | None:
    """Insert a notice unless there was one for its reason; its number, None where there was."""
    row = {
        "fleet": notice.fleet,
        "reason": notice.reason,
        "vehicle": notice.vehicle,
        "severity": notice.severity,
        "title": notice.title,
        "text": notice.text,
        "link": notice.link,
        "correlation": notice.correlation,
        "escalates": notice.escalates,
        "is_digest": is_digest,
        "made_at": now,
        "settled_at": None,
    }
    if not insert_once(connection, notices, row):
        return None
    number: int = connection.execute(_NUMBER_OF, {"fleet": notice.fleet, "reason": notice.reason}).scalar_one()
    return number


def notice_of(connection: Connection, fleet: str, reason: str) -> Told | None:
    """The notice of a reason, if there is one."""
    row = connection.execute(_NOTICE_OF, {"fleet": fleet, "reason": reason}).first()
    return None if row is None else told_of(row)


def notices_of(connection: Connection, numbers: Iterable[int]) -> dict[int, Told]:
    """Notices by their number."""
    rows = connection.execute(sa.select(notices).where(notices.c.id.in_(set(numbers))))
    return {row.id: told_of(row) for row in rows}


def settle_notice(connection: Connection, number: int, now: datetime) -> None:
    """Write down since when somebody has seen it."""
    connection.execute(_SETTLE, {"of": number, "at": now})


def told_of(row: Row[Any]) -> Told:
    """A row of the table as a notice."""
    notice = Notice(
        reason=row.reason,
        fleet=row.fleet,
        vehicle=row.vehicle,
        severity=Severity(row.severity),
        title=row.title,
        text=row.text,
        link=row.link,
        correlation=row.correlation,
        escalates=row.escalates,
    )
    return Told(row.id, notice, row.is_digest, row.made_at, row.settled_at)
