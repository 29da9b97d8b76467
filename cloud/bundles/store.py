"""The tables of bundles and their bytes, and all SQL on them."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.bundles.archive import File
from cloud.bundles.model import Bundle
from cloud.columns import METADATA, NAME_LENGTH, UtcTime, within
from cloud.database import beyond
from cloud.pages import Key
from edge.wire.bundles import PIECE_BYTES

bundles: Final = sa.Table(
    "bundles",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.UniqueConstraint("fleet", "name", name="bundles_by_name"),
    sa.UniqueConstraint("fleet", "sha256", name="bundles_once"),
    sa.Index("bundles_by_time", "added_at", "id"),
    comment="Bundles of each fleet with what is in them; the oldest that no vehicle has or waits for make room",
)
bundle_pieces: Final = sa.Table(
    "bundle_pieces",
    METADATA,
    sa.Column("bundle", sa.String(32), sa.ForeignKey("bundles.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="The bytes of each bundle, in pieces of 65536",
)
_LISTED: Final = (bundles.c.added_at, bundles.c.id)
_SAME_NAME: Final = ("id", "fleet", "name", "size", "sha256", "added_at", "by")


def add(connection: Connection, bundle: Bundle, content: bytes) -> None:
    """Add a bundle that is not there."""
    same = {name: getattr(bundle, name) for name in _SAME_NAME}
    files = [[file.name, file.size] for file in bundle.files]
    connection.execute(sa.insert(bundles).values(**same, files=files))
    for number, start in enumerate(range(0, len(content), PIECE_BYTES)):
        piece = {"bundle": bundle.id, "number": number, "content": content[start : start + PIECE_BYTES]}
        connection.execute(sa.insert(bundle_pieces), piece)


def find(connection: Connection, bundle: str) -> Bundle | None:
    """One bundle."""
    row = connection.execute(sa.select(bundles).where(bundles.c.id == bundle)).first()
    return None if row is None else _bundle(row)


def find_like(connection: Connection, fleet: str, *, name: str, sha256: str) -> list[Bundle]:
    """Bundles of a fleet that have this name, or this content."""
    is_like = sa.or_(bundles.c.name == name, bundles.c.sha256 == sha256)
    return [_bundle(row) for row in connection.execute(sa.select(bundles).where(bundles.c.fleet == fleet, is_like))]


def of_fleet(connection: Connection, fleet: str) -> list[Bundle]:
    """All bundles of a fleet, the oldest first."""
    query = sa.select(bundles).where(bundles.c.fleet == fleet).order_by(*_LISTED)
    return [_bundle(row) for row in connection.execute(query)]


def list_bundles(
    connection: Connection, *, fleet: str | None, fleets: frozenset[str] | None, after: Key | None, rows_max: int
) -> list[Bundle]:
    """Bundles, the newest first."""
    query = sa.select(bundles).where(within(bundles.c.fleet, fleets))
    if fleet is not None:
        query = query.where(bundles.c.fleet == fleet)
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [_bundle(row) for row in connection.execute(query)]


def delete(connection: Connection, bundle: str) -> None:
    """Take a bundle away with its bytes."""
    connection.execute(sa.delete(bundle_pieces).where(bundle_pieces.c.bundle == bundle))
    connection.execute(sa.delete(bundles).where(bundles.c.id == bundle))


def stretch(connection: Connection, bundle: str, offset: int, size: int) -> bytes:
    """So many bytes of a bundle from there on; fewer at its end."""
    first, last = offset // PIECE_BYTES, (offset + size - 1) // PIECE_BYTES
    query = sa.select(bundle_pieces.c.content).where(bundle_pieces.c.bundle == bundle)
    query = query.where(bundle_pieces.c.number.between(first, last)).order_by(bundle_pieces.c.number)
    start = offset - first * PIECE_BYTES
    return b"".join(connection.execute(query).scalars())[start : start + size]


def _bundle(row: Row[Any]) -> Bundle:
    same = {name: getattr(row, name) for name in _SAME_NAME}
    return Bundle(files=tuple(File(name, size) for name, size in row.files), **same)
