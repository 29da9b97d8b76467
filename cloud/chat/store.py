"""The tables of conversations and their turns, and all SQL on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.chat.model import Conversation, Intent, Path, Pending, Reply, Turn, Used
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names
from edge.wire.topics import Address

conversations: Final = sa.Table(
    "conversations",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    *vehicle_names(),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("begun_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("turns", sa.Integer, nullable=False),
    sa.Column("pending", sa.JSON(none_as_null=True)),
    to_vehicle(),
    sa.Index("conversations_by_change", "changed_at", "id"),
    comment="Who asks what about which vehicle, and what waits for their yes; the newest",
)
turns: Final = sa.Table(
    "turns",
    METADATA,
    sa.Column("conversation", sa.String(32), sa.ForeignKey("conversations.id"), primary_key=True),
    sa.Column("number", BigId, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("asked", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("intent", sa.String(16), nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("path", sa.String(16), nullable=False),
    sa.Column("fell_back", sa.String(32), nullable=False),
    sa.Column("used", sa.JSON, nullable=False),
    comment="Each question with its answer and what the tools said for it; the newest of each conversation",
)
_PENDING: Final = TypeAdapter(Pending)


def conversation_of(connection: Connection, conversation: str) -> Conversation | None:
    """One conversation."""
    row = connection.execute(sa.select(conversations).where(conversations.c.id == conversation)).first()
    return None if row is None else _conversation(row)


def begin(connection: Connection, new: Conversation) -> None:
    """Add a conversation of which nothing is said yet."""
    row = {
        "id": new.id,
        "fleet": new.address.fleet,
        "vehicle": new.address.vehicle,
        "by": new.by,
        "begun_at": new.begun_at,
        "changed_at": new.changed_at,
        "turns": new.turns,
        "pending": _written(new.pending),
    }
    connection.execute(sa.insert(conversations).values(row))


def change(
    connection: Connection, before: Conversation, at: datetime, *, turns_now: int, pending: Pending | None
) -> bool:
    """Go on with a conversation; False where somebody was quicker."""
    same = sa.and_(conversations.c.id == before.id, conversations.c.turns == before.turns)
    changed = {"turns": turns_now, "changed_at": at, "pending": _written(pending)}
    return bool(connection.execute(sa.update(conversations).where(same).values(changed)).rowcount)


def add_turn(connection: Connection, conversation: str, turn: Turn) -> None:
    """Write down what was said."""
    reply = turn.reply
    row = {
        "conversation": conversation,
        "number": turn.number,
        "at": turn.at,
        "asked": turn.asked,
        "answer": reply.text,
        "intent": reply.intent,
        "confidence": reply.confidence,
        "path": reply.path,
        "fell_back": reply.fell_back,
        "used": [{"tool": one.tool, "said": one.said} for one in reply.used],
    }
    connection.execute(sa.insert(turns).values(row))


def turns_of(connection: Connection, conversation: str, rows_max: int) -> list[Turn]:
    """The newest turns of a conversation, the earliest of them first."""
    query = sa.select(turns).where(turns.c.conversation == conversation).order_by(turns.c.number.desc())
    rows = connection.execute(query.limit(rows_max)).all()
    return [_turn(row) for row in reversed(rows)]


def expire(connection: Connection, conversation: str, *, turns_max: int, conversations_max: int) -> Mapping[str, int]:
    """Let the oldest turns of a conversation go, and the oldest conversations of all; how many went, by name."""
    newest = sa.select(turns.c.number).where(turns.c.conversation == conversation).order_by(turns.c.number.desc())
    too_old = newest.offset(turns_max).limit(1).scalar_subquery()
    gone = sa.delete(turns).where(turns.c.conversation == conversation, turns.c.number <= too_old)
    turns_gone = connection.execute(gone).rowcount
    order = (conversations.c.changed_at.desc(), conversations.c.id)
    old = list(connection.execute(sa.select(conversations.c.id).order_by(*order).offset(conversations_max)).scalars())
    for one in old:
        turns_gone += connection.execute(sa.delete(turns).where(turns.c.conversation == one)).rowcount
        connection.execute(sa.delete(conversations).where(conversations.c.id == one))
    return {"turns_expired": turns_gone, "conversations_expired": len(old)}


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation(
        id=row.id,
        address=Address(row.fleet, row.vehicle),
        by=row.by,
        begun_at=row.begun_at,
        changed_at=row.changed_at,
        turns=row.turns,
        pending=None if row.pending is None else _PENDING.validate_python(row.pending, strict=False),
    )


def _turn(row: Row[Any]) -> Turn:
    used = tuple(Used(one["tool"], one["said"]) for one in row.used)
    reply = Reply(
        text=row.answer,
        intent=Intent(row.intent),
        confidence=row.confidence,
        used=used,
        path=Path(row.path),
        fell_back=row.fell_back,
    )
    return Turn(row.number, row.at, row.asked, reply)


def _written(pending: Pending | None) -> Any:
    return None if pending is None else _PENDING.dump_python(pending, mode="json")
