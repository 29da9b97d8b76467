"""The table of commands, and all SQL on it."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key
from cloud.commands.model import Command, CommandState
from cloud.database import beyond, insert_once
from cloud.pages import Key
from edge.wire.commands import CommandName
from edge.wire.topics import Address

commands: Final = sa.Table(
    "commands",
    METADATA,
    *vehicle_key(),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(16), nullable=False),
    sa.Column("arguments", sa.JSON, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("next_at", UtcTime),
    sa.Column("sent_at", UtcTime),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("answered_at", UtcTime),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("told", sa.JSON(none_as_null=True)),
    to_vehicle(),
    sa.Index("commands_due", "next_at"),
    sa.Index("commands_by_time", "fleet", "vehicle", "issued_at", "id"),
    sa.Index("commands_age", "issued_at"),
    comment="What was asked of each vehicle, by whom, and what came of it; the newest of each vehicle",
)
_LISTED: Final = (commands.c.issued_at, commands.c.id)
_SAME_NAME: Final = (
    "id", "by", "issued_at", "expires_at", "next_at", "sent_at", "times", "answered_at", "reason",
)  # fmt: skip
"""Columns that are called as in the model; its `values` would be a method of every row."""
_OPEN: Final = tuple(state for state in CommandState if state.is_open)


def add(connection: Connection, command: Command) -> bool:
    """Add a command; False where its vehicle has one of this id."""
    row = {name: getattr(command, name) for name in _SAME_NAME} | {
        "fleet": command.address.fleet,
        "vehicle": command.address.vehicle,
        "name": command.name,
        "arguments": dict(command.arguments),
        "state": command.state,
        "told": command.values,
    }
    return insert_once(connection, commands, row)


def find(connection: Connection, address: Address, command: str) -> Command | None:
    """One command of a vehicle."""
    row = connection.execute(sa.select(commands).where(_of(address), commands.c.id == command)).first()
    return None if row is None else _command(row)


def step(connection: Connection, before: Command, after: Command) -> bool:
    """Keep what was done when it was due; False where somebody else, perhaps another cloud, was quicker."""
    is_as_read = sa.and_(_is(before), commands.c.next_at == before.next_at)
    same = {name: getattr(after, name) for name in ("state", "next_at", "sent_at", "times", "reason")}
    return bool(connection.execute(sa.update(commands).where(is_as_read).values(**same)).rowcount)


def answer(connection: Connection, after: Command) -> bool:
    """Keep the vehicle's result; False where one came before."""
    same = {name: getattr(after, name) for name in ("state", "next_at", "answered_at", "reason")}
    is_unanswered = sa.and_(_is(after), commands.c.answered_at.is_(None))
    return bool(connection.execute(sa.update(commands).where(is_unanswered).values(**same, told=after.values)).rowcount)


def due(connection: Connection, at: datetime, rows_max: int) -> list[Command]:
    """Commands for which something is to be done by then, the longest due first, then as they were asked.

    The order is the same for every cloud, so that of two that change them at the same time only one waits.
    """
    order = (commands.c.next_at, commands.c.issued_at, commands.c.fleet, commands.c.vehicle, commands.c.id)
    query = sa.select(commands).where(commands.c.next_at <= at).order_by(*order).limit(rows_max)
    return [_command(row) for row in connection.execute(query)]


def hasten(connection: Connection, address: Address, at: datetime) -> None:
    """What is open of a vehicle is due by then."""
    is_later = sa.and_(_of(address), commands.c.next_at > at)
    connection.execute(sa.update(commands).where(is_later).values(next_at=at))


def open_of(connection: Connection, address: Address) -> list[Command]:
    """What is open of a vehicle, as it was written."""
    query = sa.select(commands).where(_of(address), commands.c.state.in_(_OPEN))
    return [_command(row) for row in connection.execute(query)]


def list_commands(connection: Connection, address: Address, *, after: Key | None, rows_max: int) -> list[Command]:
    """Commands of a vehicle, the latest first."""
    query = sa.select(commands).where(_of(address))
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [_command(row) for row in connection.execute(query)]


def keep_newest(connection: Connection, address: Address, *, rows_max: int, issued_since: datetime) -> int:
    """Delete what has ended: a vehicle's oldest beyond so many, and of all vehicles what is older; how many went."""
    has_ended = commands.c.next_at.is_(None)
    newest_first = sa.select(*_LISTED).where(_of(address)).order_by(*(column.desc() for column in _LISTED))
    last_kept = connection.execute(newest_first.offset(rows_max - 1).limit(1)).first()
    gone = connection.execute(sa.delete(commands).where(has_ended, commands.c.issued_at < issued_since)).rowcount
    if last_kept is not None:
        too_many = sa.and_(_of(address), has_ended, beyond(_LISTED, last_kept))
        gone += connection.execute(sa.delete(commands).where(too_many)).rowcount
    return gone


def _of(address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(commands.c.fleet == address.fleet, commands.c.vehicle == address.vehicle)


def _is(command: Command) -> sa.ColumnElement[bool]:
    return sa.and_(_of(command.address), commands.c.id == command.id)


def _command(row: Row[Any]) -> Command:
    same = {name: getattr(row, name) for name in _SAME_NAME}
    return Command(
        address=Address(row.fleet, row.vehicle),
        name=CommandName(row.name),
        arguments=row.arguments,
        state=CommandState(row.state),
        values=row.told,
        **same,
    )
