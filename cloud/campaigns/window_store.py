"""The tables of windows and their parts, and all SQL on them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.campaigns.window_model import Window
from cloud.captures.model import Part
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_names
from cloud.database import beyond
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import Hole
from edge.wire.topics import Address

campaign_windows: Final = sa.Table(
    "campaign_windows",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("campaign", sa.String(32), nullable=False),
    sa.Column("window", sa.String(64), nullable=False),
    sa.Column("format", sa.String(200), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("wanted_from", UtcTime),
    sa.Column("wanted_to", UtcTime),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("parts", sa.Integer, nullable=False),
    sa.Column("highest", sa.Integer, nullable=False),
    sa.Column("last", sa.Integer),
    sa.Column("holes", sa.Integer, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("heard_at", UtcTime, nullable=False),
    sa.UniqueConstraint("fleet", "vehicle", "campaign", "window", name="campaign_windows_once"),
    to_vehicle(),
    sa.Index("campaign_windows_by_start", "fleet", "campaign", "started_at", "vehicle", "window"),
    sa.Index("campaign_windows_by_receipt", "heard_at"),
    sa.Index("campaign_windows_sizes", "fleet", "campaign", "id", "parts", "size"),
    comment="What vehicles have collected for campaigns around each moment, as its parts so far tell it; the newest",
)
campaign_window_parts: Final = sa.Table(
    "campaign_window_parts",
    METADATA,
    sa.Column("window", BigId, sa.ForeignKey("campaign_windows.id"), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("is_last", sa.Boolean, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("format", sa.String(200), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("holes", sa.JSON, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("offset_s", sa.Float, nullable=False),
    sa.Column("block", sa.LargeBinary, nullable=False),
    comment="Every part of a window with its block as it came, also in formats that are not known here",
)
_HEADS: Final = tuple(column for column in campaign_window_parts.c if column.name != "block")
_LISTED: Final = (campaign_windows.c.started_at, campaign_windows.c.vehicle, campaign_windows.c.window)
_SAME_NAME: Final = (
    "campaign", "format", "started_at", "ended_at", "wanted_from", "wanted_to", "rows", "size", "parts", "highest",
    "last", "holes", "clock", "heard_at",
)  # fmt: skip
"""Of a window: columns that are called as in the model."""
_SAME_NAME_OF_PART: Final = (
    "is_last", "started_at", "ended_at", "format", "sha256", "size", "clock", "received_at", "offset_s",
)  # fmt: skip


def find(connection: Connection, address: Address, campaign: str, window: str) -> tuple[int, Window] | None:
    """A window and its number here."""
    table = campaign_windows
    query = sa.select(table).where(
        table.c.fleet == address.fleet,
        table.c.vehicle == address.vehicle,
        table.c.campaign == campaign,
        table.c.window == window,
    )
    row = connection.execute(query).first()
    return None if row is None else (row.id, _window(row))


def begin(connection: Connection, window: Window) -> int:
    """Add a window; its number here."""
    names = {"fleet": window.address.fleet, "vehicle": window.address.vehicle, "window": window.id}
    new = sa.insert(campaign_windows).values(**names, **_told(window)).returning(campaign_windows.c.id)
    number: int = connection.execute(new).scalar_one()
    return number


def change(connection: Connection, number: int, window: Window) -> None:
    """A part more tells a window anew."""
    connection.execute(sa.update(campaign_windows).where(campaign_windows.c.id == number).values(**_told(window)))


def add_part(connection: Connection, number: int, part: Part, block: bytes) -> None:
    """Add a part that is not there."""
    same = {name: getattr(part, name) for name in _SAME_NAME_OF_PART}
    holes = [hole.model_dump(mode="json") for hole in part.holes]
    row = {**same, "window": number, "part": part.number, "rows": part.frames, "holes": holes, "block": block}
    connection.execute(sa.insert(campaign_window_parts).values(row))


def part_of(connection: Connection, number: int, part: int) -> Part | None:
    """One part of a window."""
    table = campaign_window_parts
    row = connection.execute(sa.select(*_HEADS).where(table.c.window == number, table.c.part == part)).first()
    return None if row is None else _part(row)


def parts_of(connection: Connection, number: int) -> list[Part]:
    """All parts of a window that are there, in their order."""
    table = campaign_window_parts
    query = sa.select(*_HEADS).where(table.c.window == number).order_by(table.c.part)
    return [_part(row) for row in connection.execute(query)]


def block_of(connection: Connection, number: int, part: int) -> bytes | None:
    """The block of one part."""
    table = campaign_window_parts
    query = sa.select(table.c.block).where(table.c.window == number, table.c.part == part)
    block: bytes | None = connection.execute(query).scalar()
    return block


def list_windows(
    connection: Connection,
    fleet: str,
    campaign: str,
    vehicle: str | None,
    heard_since: datetime,
    *,
    after: Key | None,
    rows_max: int,
) -> list[Window]:
    """Windows of a campaign that were first heard of since then, the latest start first."""
    table = campaign_windows
    query = sa.select(table).where(
        table.c.fleet == fleet, table.c.campaign == campaign, table.c.heard_at >= heard_since
    )
    if vehicle is not None:
        query = query.where(table.c.vehicle == vehicle)
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [_window(row) for row in connection.execute(query)]


def expire(connection: Connection, heard_before: datetime) -> int:
    """Delete whole windows that were first heard of before then; how many went."""
    return _delete(connection, campaign_windows.c.heard_at < heard_before)


def forget(connection: Connection, fleet: str, campaigns: Collection[str]) -> int:
    """Delete all windows of these campaigns; how many went."""
    table = campaign_windows
    return _delete(connection, sa.and_(table.c.fleet == fleet, table.c.campaign.in_(sorted(campaigns))))


def keep_newest(connection: Connection, campaign: tuple[str, str] | None, *, parts_max: int, bytes_max: int) -> int:
    """Delete the oldest whole windows of a campaign (fleet, id), or of all, beyond so many parts or bytes."""
    table = campaign_windows
    scope: sa.ColumnElement[bool] = sa.true()
    if campaign is not None:
        scope = sa.and_(table.c.fleet == campaign[0], table.c.campaign == campaign[1])
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
    gone = sa.select(campaign_windows.c.id).where(which)
    connection.execute(sa.delete(campaign_window_parts).where(campaign_window_parts.c.window.in_(gone)))
    return connection.execute(sa.delete(campaign_windows).where(which)).rowcount


def _told(window: Window) -> Mapping[str, Any]:
    return {name: getattr(window, name) for name in _SAME_NAME}


def _window(row: Row[Any]) -> Window:
    same = {name: row._mapping[name] for name in _SAME_NAME} | {"clock": Clock(row.clock)}  # noqa: SLF001 - a public name of the library's
    return Window(address=Address(row.fleet, row.vehicle), id=row.window, **same)


def _part(row: Row[Any]) -> Part:
    same = {name: getattr(row, name) for name in _SAME_NAME_OF_PART} | {"clock": Clock(row.clock)}
    holes = tuple(Hole.model_validate(hole) for hole in row.holes)
    return Part(number=row.part, frames=row._mapping["rows"], holes=holes, **same)  # noqa: SLF001 - as above
