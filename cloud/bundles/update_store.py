"""The tables of what each vehicle is to run, runs, and has told of updates, and all SQL on them."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.bundles.model import Running, Standpoint, Step
from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_key, vehicle_names
from cloud.database import beyond, put
from cloud.pages import Key
from edge.wire.envelope import Clock
from edge.wire.messages import UpdateStep
from edge.wire.topics import Address

vehicle_bundles: Final = sa.Table(
    "vehicle_bundles",
    METADATA,
    *vehicle_key(),
    sa.Column("rollout", sa.BigInteger),
    sa.Column("wanted_bundle", sa.String(32)),
    sa.Column("wanted_name", sa.String(200)),
    sa.Column("wanted_version", sa.BigInteger),
    sa.Column("wanted_at", UtcTime),
    sa.Column("runs_bundle", sa.String(32)),
    sa.Column("runs_name", sa.String(200)),
    sa.Column("runs_version", sa.BigInteger),
    sa.Column("runs_at", UtcTime),
    sa.Column("fetched_since", UtcTime),
    sa.Column("fetched_bytes", sa.BigInteger, nullable=False, server_default="0"),
    to_vehicle(),
    sa.Index("vehicle_bundles_wanted", "wanted_bundle"),
    sa.Index("vehicle_bundles_runs", "runs_bundle"),
    comment="What each vehicle is to run, what it has kept last, and how much of a bundle it was sent lately",
)
update_steps: Final = sa.Table(
    "update_steps",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("stream", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("step", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("bundle", sa.String(32)),
    sa.Column("name", sa.String(200)),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("observed_at", UtcTime, nullable=False),
    sa.Column("clock", sa.String(16), nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    to_vehicle(),
    sa.Index("update_steps_by_place", "fleet", "vehicle", "stream", "seq"),
    comment="Every step of an update that a vehicle told; the newest of each vehicle",
)
_LISTED: Final = (update_steps.c.stream, update_steps.c.seq)
_SAME_NAME: Final = ("reason", "bundle", "name", "version", "observed_at", "received_at")
_KEY: Final = ("fleet", "vehicle")


def put_wanted(connection: Connection, address: Address, rollout: int, wanted: Running) -> None:
    """A vehicle is to run this, in place of what it was to run before; nothing of it was sent yet."""
    content = {
        "rollout": rollout,
        "wanted_bundle": wanted.bundle,
        "wanted_name": wanted.name,
        "wanted_version": wanted.version,
        "wanted_at": wanted.at,
        "fetched_since": None,
        "fetched_bytes": 0,
    }
    _put(connection, address, content)


def put_runs(connection: Connection, address: Address, runs: Running | None) -> None:
    """What a vehicle has kept last; None: that is not known."""
    content = {
        "runs_bundle": None if runs is None else runs.bundle,
        "runs_name": None if runs is None else runs.name,
        "runs_version": None if runs is None else runs.version,
        "runs_at": None if runs is None else runs.at,
    }
    _put(connection, address, content)


def put_fetched(connection: Connection, address: Address, since: datetime, size: int) -> None:
    """So many bytes were sent to a vehicle since then."""
    _put(connection, address, {"fetched_since": since, "fetched_bytes": size})


def standpoint(connection: Connection, address: Address) -> Standpoint:
    """What a vehicle is to run and what it runs."""
    row = connection.execute(sa.select(vehicle_bundles).where(_of(vehicle_bundles, address))).first()
    last = steps(connection, address, after=None, rows_max=1)
    return Standpoint(
        address=address,
        wanted=None if row is None else _running(row, "wanted"),
        runs=None if row is None else _running(row, "runs"),
        last=last[0][1] if last else None,
        rollout=None if row is None else row.rollout,
    )


def wanted_and_fetched(connection: Connection, address: Address) -> tuple[Running | None, tuple[datetime, int] | None]:
    """What a vehicle is to run, and since when it was sent how many bytes."""
    row = connection.execute(sa.select(vehicle_bundles).where(_of(vehicle_bundles, address))).first()
    if row is None:
        return None, None
    fetched = None if row.fetched_since is None else (row.fetched_since, row.fetched_bytes)
    return _running(row, "wanted"), fetched


def add_step(connection: Connection, address: Address, step: Step, place: tuple[int, int]) -> None:
    """Keep what a vehicle told."""
    same = {name: getattr(step, name) for name in _SAME_NAME}
    names = {"fleet": address.fleet, "vehicle": address.vehicle, "stream": place[0], "seq": place[1]}
    connection.execute(sa.insert(update_steps), {**names, **same, "step": step.step, "clock": step.clock})


def has_told(connection: Connection, address: Address, version: int, step: UpdateStep | None = None) -> bool:
    """Whether a vehicle has told this step of this document before; None: any."""
    table = update_steps
    query = sa.select(table.c.id).where(_of(table, address), table.c.version == version).limit(1)
    if step is not None:
        query = query.where(table.c.step == step)
    return connection.execute(query).first() is not None


def steps(
    connection: Connection, address: Address, *, after: Key | None, rows_max: int
) -> list[tuple[tuple[int, int], Step]]:
    """What a vehicle told, what it said last first, each with its place in the streams."""
    query = sa.select(update_steps).where(_of(update_steps, address))
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [((row.stream, row.seq), _step(row)) for row in connection.execute(query)]


def keep_newest(connection: Connection, address: Address, rows_max: int) -> int:
    """Delete the oldest steps of a vehicle beyond so many; how many went."""
    query = sa.select(*_LISTED).where(_of(update_steps, address)).order_by(*(column.desc() for column in _LISTED))
    last_kept = connection.execute(query.offset(rows_max - 1).limit(1)).first()
    if last_kept is None:
        return 0
    too_many = sa.and_(_of(update_steps, address), beyond(_LISTED, last_kept))
    return connection.execute(sa.delete(update_steps).where(too_many)).rowcount


def is_used(connection: Connection, bundle: str) -> bool:
    """Whether a vehicle is to run a bundle, or runs it."""
    table = vehicle_bundles
    is_it = sa.or_(table.c.wanted_bundle == bundle, table.c.runs_bundle == bundle)
    return connection.execute(sa.select(table.c.vehicle).where(is_it).limit(1)).first() is not None


def _put(connection: Connection, address: Address, content: dict[str, Any]) -> None:
    row = {"fleet": address.fleet, "vehicle": address.vehicle, **content}
    put(connection, vehicle_bundles, row, key=_KEY, replace=tuple(content))


def _of(table: sa.Table, address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)


def _running(row: Row[Any], which: str) -> Running | None:
    told = {name: getattr(row, f"{which}_{name}") for name in ("bundle", "name", "version", "at")}
    return None if told["version"] is None else Running(**told)


def _step(row: Row[Any]) -> Step:
    same = {name: getattr(row, name) for name in _SAME_NAME}
    return Step(step=UpdateStep(row.step), clock=Clock(row.clock), **same)
