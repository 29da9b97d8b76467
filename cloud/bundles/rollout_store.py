"""The tables of rollouts and their vehicles, and all SQL on them."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.bundles.model import Member, Rollout, RolloutState, Standing
from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, within
from cloud.database import beyond, insert_once
from cloud.pages import Key
from edge.wire.topics import Address

rollouts: Final = sa.Table(
    "rollouts",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("bundle", sa.String(32)),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("first", sa.Integer),
    sa.Column("probation_s", sa.Integer, nullable=False),
    sa.Column("alerts_max", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("newcomers", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("rollouts_by_fleet", "fleet", "id"),
    comment="Which vehicles of a fleet were to run which bundle, and how far that is; the newest of each fleet",
)
rollout_members: Final = sa.Table(
    "rollout_members",
    METADATA,
    sa.Column("rollout", BigId, sa.ForeignKey("rollouts.id"), primary_key=True),
    sa.Column("vehicle", sa.String(NAME_LENGTH), primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("is_first", sa.Boolean, nullable=False),
    sa.Column("standing", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger),
    sa.Column("stream", sa.BigInteger),
    sa.Column("seq", sa.BigInteger),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Index("rollout_members_due", "standing", "rollout"),
    sa.Index("rollout_members_by_vehicle", "fleet", "vehicle", "version"),
    comment="Each vehicle of a rollout, how it stands, and where in its streams it said so last",
)
_SAME_NAME: Final = (
    "fleet", "bundle", "name", "first", "probation_s", "alerts_max", "by", "at", "changed_at", "why",
    "newcomers",
)  # fmt: skip
_WAITING: Final = tuple(standing for standing in Standing if standing.waits)
_UNDER_WAY: Final = (Standing.GIVEN, Standing.FETCHING, Standing.TRYING)
_ROWS_AT_ONCE: Final = 500
"""A statement has room for a bounded number of names."""
_FOR_NEWCOMERS: Final = 2
"""Rollouts of a fleet: the newest of them is theirs, and the one before it should that be stopped."""


def begin(connection: Connection, rollout: Rollout, members: Sequence[Member]) -> int:
    """Add a rollout with its vehicles; its number."""
    same = {name: getattr(rollout, name) for name in _SAME_NAME}
    new = sa.insert(rollouts).values(**same, state=rollout.state).returning(rollouts.c.id)
    number: int = connection.execute(new).scalar_one()
    for member in members:
        row = {
            "rollout": number,
            "vehicle": member.vehicle,
            "fleet": rollout.fleet,
            "is_first": member.is_first,
            "standing": member.standing,
            "reason": member.reason,
            "changed_at": member.changed_at,
        }
        connection.execute(sa.insert(rollout_members), row)
    return number


def find(connection: Connection, number: int) -> Rollout | None:
    """One rollout."""
    row = connection.execute(sa.select(rollouts).where(rollouts.c.id == number)).first()
    return None if row is None else _rollout(row)


def change(connection: Connection, after: Rollout) -> None:
    """Keep where it stands now."""
    content = {
        "state": after.state,
        "why": after.why,
        "changed_at": after.changed_at,
        "newcomers": after.newcomers,
    }
    connection.execute(sa.update(rollouts).where(rollouts.c.id == after.number).values(**content))


def list_rollouts(
    connection: Connection, *, fleet: str | None, fleets: frozenset[str] | None, after: Key | None, rows_max: int
) -> list[Rollout]:
    """Rollouts, the newest first."""
    query = sa.select(rollouts).where(within(rollouts.c.fleet, fleets))
    if fleet is not None:
        query = query.where(rollouts.c.fleet == fleet)
    if after is not None:
        query = query.where(beyond((rollouts.c.id,), after))
    return [_rollout(row) for row in connection.execute(query.order_by(rollouts.c.id.desc()).limit(rows_max))]


def members(connection: Connection, number: int, *, after: str | None, rows_max: int) -> list[Member]:
    """Vehicles of a rollout, by name."""
    table = rollout_members
    query = sa.select(table).where(table.c.rollout == number)
    if after is not None:
        query = query.where(table.c.vehicle > after)
    return [_member(row) for row in connection.execute(query.order_by(table.c.vehicle).limit(rows_max))]


def standings(connection: Connection, number: int, *, first_only: bool = False) -> Counter[Standing]:
    """How many vehicles of a rollout stand how."""
    table = rollout_members
    query = sa.select(table.c.standing, sa.func.count()).where(table.c.rollout == number).group_by(table.c.standing)
    if first_only:
        query = query.where(table.c.is_first)
    return Counter({Standing(row[0]): row[1] for row in connection.execute(query)})


def due(connection: Connection, rows_max: int) -> list[tuple[int, str]]:
    """Rollout and vehicle of those that are to be given it, the oldest rollout first."""
    table = rollout_members
    query = sa.select(table.c.rollout, table.c.vehicle).where(table.c.standing == Standing.DUE)
    query = query.order_by(table.c.rollout, table.c.vehicle).limit(rows_max)
    return [(row.rollout, row.vehicle) for row in connection.execute(query)]


def for_newcomers(connection: Connection, fleets: Collection[str]) -> list[Rollout]:
    """Of each of these fleets the rollout that is for its newcomers, where there is one."""
    theirs = sa.select(sa.func.max(rollouts.c.id)).where(rollouts.c.newcomers, rollouts.c.fleet.in_(sorted(fleets)))
    query = sa.select(rollouts).where(rollouts.c.id.in_(theirs.group_by(rollouts.c.fleet)))
    return [_rollout(row) for row in connection.execute(query)]


def strangers(connection: Connection, fleet: str, names: Collection[str]) -> list[str]:
    """Those of these vehicles that are in no rollout."""
    table = rollout_members
    known: set[str] = set()
    ordered = sorted(names)
    for start in range(0, len(ordered), _ROWS_AT_ONCE):
        some = table.c.vehicle.in_(ordered[start : start + _ROWS_AT_ONCE])
        known |= set(connection.execute(sa.select(table.c.vehicle).where(table.c.fleet == fleet, some)).scalars())
    return [name for name in ordered if name not in known]


def join(connection: Connection, rollout: Rollout, vehicle: str, at: datetime) -> bool:
    """A vehicle comes into a rollout; False: it was in already."""
    standing = Standing.HELD if rollout.state is RolloutState.FIRST else Standing.DUE
    row = {
        "rollout": rollout.number,
        "vehicle": vehicle,
        "fleet": rollout.fleet,
        "is_first": False,
        "standing": standing,
        "reason": "",
        "changed_at": at,
    }
    return insert_once(connection, rollout_members, row)


def take_over(connection: Connection, fleet: str) -> None:
    """A fleet has another rollout for its newcomers: older ones than the one before it are theirs no more."""
    theirs = sa.select(rollouts.c.id).where(rollouts.c.fleet == fleet, rollouts.c.newcomers)
    newest = list(connection.execute(theirs.order_by(rollouts.c.id.desc()).limit(_FOR_NEWCOMERS)).scalars())
    older = sa.and_(rollouts.c.fleet == fleet, rollouts.c.newcomers, rollouts.c.id.not_in(newest))
    connection.execute(sa.update(rollouts).where(older).values(newcomers=False))


def give(connection: Connection, number: int, vehicle: str, version: int, at: datetime) -> None:
    """A vehicle is given it, by a document of this version."""
    table = rollout_members
    is_it = sa.and_(table.c.rollout == number, table.c.vehicle == vehicle)
    given = {"standing": Standing.GIVEN, "version": version, "changed_at": at}
    connection.execute(sa.update(table).where(is_it).values(**given))


def replace_under_way(connection: Connection, address: Address, number: int, at: datetime) -> None:
    """What other rollouts have given a vehicle, and was not ended, is replaced by this one."""
    table = rollout_members
    is_other = sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle, table.c.rollout != number)
    under_way = table.c.standing.in_(_UNDER_WAY)
    replaced = {"standing": Standing.REPLACED, "changed_at": at}
    connection.execute(sa.update(table).where(is_other, under_way).values(**replaced))


def tell(
    connection: Connection,
    address: Address,
    version: int,
    standing: Standing,
    *,
    reason: str,
    place: tuple[int, int],
    at: datetime,
) -> list[int]:
    """Keep what a vehicle said of a document, unless it has said something later; the rollouts that it concerns."""
    table = rollout_members
    is_it = sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle, table.c.version == version)
    is_news = sa.or_(table.c.stream.is_(None), sa.tuple_(table.c.stream, table.c.seq) < sa.tuple_(*place))
    said = {"standing": standing, "reason": reason, "stream": place[0], "seq": place[1], "changed_at": at}
    new = sa.update(table).where(is_it, is_news, table.c.standing != Standing.REPLACED).values(**said)
    return list(connection.execute(new.returning(table.c.rollout)).scalars())


def has_given(connection: Connection, address: Address, version: int) -> bool:
    """Whether a rollout has given a vehicle a document of this version."""
    table = rollout_members
    is_it = sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle, table.c.version == version)
    return connection.execute(sa.select(table.c.rollout).where(is_it).limit(1)).first() is not None


def release(connection: Connection, number: int, into: Standing, at: datetime, *, of: Collection[Standing]) -> None:
    """Those of a rollout that stand so are due, or left out."""
    table = rollout_members
    is_meant = sa.and_(table.c.rollout == number, table.c.standing.in_(of))
    connection.execute(sa.update(table).where(is_meant).values(standing=into, changed_at=at))


def in_the_way(connection: Connection, fleet: str, vehicles: Sequence[str]) -> tuple[int, str] | None:
    """A rollout that is not over for one of these vehicles, and that vehicle; None: there is none."""
    table = rollout_members
    is_first = sa.and_(table.c.is_first, rollouts.c.state == RolloutState.FIRST)
    query = sa.select(table.c.rollout, table.c.vehicle).join(rollouts, rollouts.c.id == table.c.rollout)
    query = query.where(rollouts.c.fleet == fleet, rollouts.c.state != RolloutState.STOPPED)
    query = query.where(sa.or_(table.c.standing.in_(_WAITING), is_first))
    for start in range(0, len(vehicles), _ROWS_AT_ONCE):
        some = vehicles[start : start + _ROWS_AT_ONCE]
        row = connection.execute(query.where(table.c.vehicle.in_(some)).limit(1)).first()
        if row is not None:
            return row.rollout, row.vehicle
    return None


def is_wanted(connection: Connection, bundle: str) -> bool:
    """Whether a vehicle waits to be given a bundle, or one that comes to the fleet will be."""
    query = sa.select(rollouts.c.id).join(rollout_members, rollouts.c.id == rollout_members.c.rollout, isouter=True)
    waits = sa.or_(rollout_members.c.standing.in_(_WAITING), rollouts.c.newcomers)
    return connection.execute(query.where(rollouts.c.bundle == bundle, waits).limit(1)).first() is not None


def keep_newest(connection: Connection, fleet: str, rows_max: int) -> int:
    """Delete the oldest rollouts of a fleet beyond so many; how many went. What waits for somebody stays."""
    mine = sa.select(rollouts.c.id, rollouts.c.newcomers).where(rollouts.c.fleet == fleet)
    oldest = mine.order_by(rollouts.c.id.desc()).offset(rows_max).limit(_ROWS_AT_ONCE)
    gone = [number for number, is_theirs in connection.execute(oldest) if not (is_theirs or _waits(connection, number))]
    connection.execute(sa.delete(rollout_members).where(rollout_members.c.rollout.in_(gone)))
    return connection.execute(sa.delete(rollouts).where(rollouts.c.id.in_(gone))).rowcount


def _waits(connection: Connection, number: int) -> bool:
    """Whether a rollout waits for one of its vehicles."""
    query = sa.select(rollout_members.c.vehicle).where(rollout_members.c.rollout == number)
    return connection.execute(query.where(rollout_members.c.standing.in_(_WAITING)).limit(1)).first() is not None


def _rollout(row: Row[Any]) -> Rollout:
    same = {name: getattr(row, name) for name in _SAME_NAME}
    return Rollout(number=row.id, state=RolloutState(row.state), **same)


def _member(row: Row[Any]) -> Member:
    standing = Standing(row.standing)
    return Member(row.vehicle, row.is_first, standing, row.reason, row.version, row.changed_at)
