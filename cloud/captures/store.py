"""The tables of captures and their parts, and all SQL on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.captures.model import Capture, CaptureFilter, Part
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names, within
from cloud.database import beyond
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import Hole
from edge.wire.topics import Address

captures: Final = sa.Table(
    "captures",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("capture", sa.String(64), nullable=False),
    sa.Column("trigger", sa.String(200), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("wanted_from", UtcTime),
    sa.Column("wanted_to", UtcTime),
    sa.Column("frames", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("highest", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer),
    sa.Column("holes", sa.Integer, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("heard_at", UtcTime, nullable=False),
    sa.Column("running", sa.JSON, nullable=False),
    sa.UniqueConstraint("fleet", "vehicle", "capture", name="captures_once"),
    to_vehicle(),
    sa.Index("captures_by_start", "started_at", "fleet", "vehicle", "capture"),
    sa.Index("captures_by_trigger", "trigger"),
    sa.Index("captures_by_receipt", "heard_at"),
    sa.Index("captures_sizes", "id", "parts", "size"),
    comment="Captures of raw frames as their parts so far tell them; the newest of each vehicle and of all",
)
capture_parts: Final = sa.Table(
    "capture_parts",
    METADATA,
    sa.Column("capture", BigId, sa.ForeignKey("captures.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("is_last", sa.Boolean, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("frames", sa.BigInteger, nullable=False),
    sa.Column("format", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("holes", sa.JSON, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("offset_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("block", sa.LargeBinary, nullable=False),
    comment="Every part of a capture with its block as it came, also in formats that are not known here",
)
_HEADS: Final = tuple(column for column in capture_parts.c if column.name != "block")
_LISTED: Final = (captures.c.started_at, captures.c.fleet, captures.c.vehicle, captures.c.capture)
_SAME_NAME: Final = (
    "trigger", "started_at", "ended_at", "wanted_from", "wanted_to", "frames", "size", "parts", "highest", "last",
    "holes", "clock", "heard_at",
)  # fmt: skip
"""Of a capture: columns that are called as in the model."""
_SAME_NAME_OF_PART: Final = (
    "is_last", "started_at", "ended_at", "frames", "format", "sha256", "size", "clock", "received_at", "offset_s",
)  # fmt: skip


def find(connection: Connection, address: Address, capture: str) -> tuple[int, Capture] | None:
    """A capture and its number here."""
    query = sa.select(captures).where(
        captures.c.fleet == address.fleet, captures.c.vehicle == address.vehicle, captures.c.capture == capture
    )
    row = connection.execute(query).first()
    return None if row is None else (row.id, _capture(row))


def begin(connection: Connection, capture: Capture) -> int:
    """Add a capture; its number here."""
    names = {"fleet": capture.address.fleet, "vehicle": capture.address.vehicle, "capture": capture.id}
    new = sa.insert(captures).values(**names, **_told(capture)).returning(captures.c.id)
    number: int = connection.execute(new).scalar_one()
    return number


def change(connection: Connection, number: int, capture: Capture) -> None:
    """A part more tells a capture anew."""
    connection.execute(sa.update(captures).where(captures.c.id == number).values(**_told(capture)))


def add_part(connection: Connection, number: int, part: Part, block: bytes) -> None:
    """Add a part that is not there."""
    same = {name: getattr(part, name) for name in _SAME_NAME_OF_PART}
    holes = [hole.model_dump(mode="json") for hole in part.holes]
    row = {**same, "capture": number, "part": part.number, "holes": holes, "block": block}
    connection.execute(sa.insert(capture_parts).values(row))


def part_of(connection: Connection, number: int, part: int) -> Part | None:
    """One part of a capture."""
    query = sa.select(*_HEADS).where(capture_parts.c.capture == number, capture_parts.c.part == part)
    row = connection.execute(query).first()
    return None if row is None else _part(row)


def parts_of(connection: Connection, number: int) -> list[Part]:
    """All parts of a capture that are there, in their order."""
    query = sa.select(*_HEADS).where(capture_parts.c.capture == number).order_by(capture_parts.c.part)
    return [_part(row) for row in connection.execute(query)]


def block_of(connection: Connection, number: int, part: int) -> bytes | None:
    """The block of one part."""
    query = sa.select(capture_parts.c.block).where(capture_parts.c.capture == number, capture_parts.c.part == part)
    block: bytes | None = connection.execute(query).scalar()
    return block


def list_captures(
    connection: Connection, wanted: CaptureFilter, heard_since: datetime, *, after: Key | None, rows_max: int
) -> list[Capture]:
    """Captures that were first heard of since then, the latest start first."""
    table = captures
    query = sa.select(table).where(within(table.c.fleet, wanted.within), table.c.heard_at >= heard_since)
    for column, value in (
        (table.c.fleet, wanted.fleet),
        (table.c.vehicle, wanted.vehicle),
        (table.c.trigger, wanted.trigger),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(table.c.started_at >= wanted.since)
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [_capture(row) for row in connection.execute(query)]


def expire(connection: Connection, heard_before: datetime) -> int:
    """Delete whole captures that were first heard of before then; how many went."""
    return _delete(connection, captures.c.heard_at < heard_before)


def keep_newest(connection: Connection, address: Address | None, *, parts_max: int, bytes_max: int) -> int:
    """Delete the oldest whole captures of a vehicle, or of all, beyond so many parts or bytes; how many went."""
    table = captures
    scope: sa.ColumnElement[bool] = sa.true()
    if address is not None:
        scope = sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    totals = connection.execute(sa.select(sa.func.sum(table.c.parts), sa.func.sum(table.c.size)).where(scope)).one()
    parts, size = (int(total or 0) for total in totals)
    if parts <= parts_max and size <= bytes_max:
        return 0
    newest_to_go = 0
    oldest_first = sa.select(table.c.id, table.c.parts, table.c.size).where(scope).order_by(table.c.id)
    with connection.execute(oldest_first) as rows:
        for row in rows:
            newest_to_go, parts, size = row.id, parts - row.parts, size - row.size
            if parts <= parts_max and size <= bytes_max:
                break
    return _delete(connection, sa.and_(scope, table.c.id <= newest_to_go))


def _delete(connection: Connection, which: sa.ColumnElement[bool]) -> int:
    gone = sa.select(captures.c.id).where(which)
    connection.execute(sa.delete(capture_parts).where(capture_parts.c.capture.in_(gone)))
    return connection.execute(sa.delete(captures).where(which)).rowcount


def _told(capture: Capture) -> Mapping[str, Any]:
    return {name: getattr(capture, name) for name in _SAME_NAME} | {"running": dict(capture.running)}


def _capture(row: Row[Any]) -> Capture:
    same = {name: getattr(row, name) for name in _SAME_NAME} | {"clock": Clock(row.clock)}
    return Capture(address=Address(row.fleet, row.vehicle), id=row.capture, running=row.running, **same)


def _part(row: Row[Any]) -> Part:
    same = {name: getattr(row, name) for name in _SAME_NAME_OF_PART} | {"clock": Clock(row.clock)}
    return Part(number=row.part, holes=tuple(Hole.model_validate(hole) for hole in row.holes), **same)
