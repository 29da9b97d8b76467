"""The table of profiles, and all SQL on it."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_key, vehicle_names, within
from cloud.database import put
from cloud.fleet.profile import FORMERS_MAX, TEXT_MAX, VIN_LENGTH, Former, Part, Profile, ProfileFilter
from cloud.pages import Key
from edge.wire.topics import Address

profiles: Final = sa.Table(
    "profiles",
    METADATA,
    *vehicle_key(),
    sa.Column("vin", sa.String(VIN_LENGTH)),
    sa.Column("make", sa.String(TEXT_MAX)),
    sa.Column("model", sa.String(TEXT_MAX)),
    sa.Column("model_year", sa.Integer),
    sa.Column("batch", sa.String(TEXT_MAX)),
    sa.Column("built_on", sa.Date),
    sa.Column("in_service_on", sa.Date),
    sa.Column("country", sa.String(2)),
    sa.Column("firmware", sa.String(TEXT_MAX)),
    sa.Column("parts", sa.JSON, nullable=False),
    sa.Column("put_at", UtcTime, nullable=False),
    to_vehicle(),
    comment="What each vehicle is: build, batch, firmware, parts, since when in service; as it was put last",
)
former_fits: Final = sa.Table(
    "former_fits",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("component", sa.String(TEXT_MAX)),
    sa.Column("number", sa.String(TEXT_MAX), nullable=False),
    sa.Column("batch", sa.String(TEXT_MAX)),
    sa.Column("until", UtcTime, nullable=False),
    to_vehicle(),
    sa.Index("former_fits_by_vehicle", "fleet", "vehicle", "id"),
    comment="Which parts and firmware were in a vehicle before, and until when; the newest of each vehicle",
)
_PARTS: Final = TypeAdapter(dict[str, Part])
_PLAIN: Final = (
    "vin", "make", "model", "model_year", "batch", "built_on", "in_service_on", "country", "firmware",
)  # fmt: skip
_KEY: Final = (profiles.c.fleet, profiles.c.vehicle)


def put_profile(connection: Connection, profile: Profile, at: datetime) -> None:
    """Replace what is known of a vehicle."""
    content = {name: getattr(profile, name) for name in _PLAIN}
    content |= {"parts": _PARTS.dump_python(dict(profile.parts), mode="json"), "put_at": at}
    row = {"fleet": profile.address.fleet, "vehicle": profile.address.vehicle, **content}
    put(connection, profiles, row, key=("fleet", "vehicle"), replace=tuple(content))


def profile_of(connection: Connection, address: Address) -> Profile | None:
    """One profile, if one was ever put."""
    query = sa.select(profiles).where(profiles.c.fleet == address.fleet, profiles.c.vehicle == address.vehicle)
    row = connection.execute(query).first()
    return None if row is None else _profile(row)


def list_profiles(connection: Connection, wanted: ProfileFilter, *, after: Key | None, rows_max: int) -> list[Profile]:
    """Profiles by fleet and vehicle."""
    query = sa.select(profiles).order_by(*_KEY).limit(rows_max)
    query = query.where(within(profiles.c.fleet, wanted.within))
    if wanted.fleet is not None:
        query = query.where(profiles.c.fleet == wanted.fleet)
    if after is not None:
        query = query.where(sa.tuple_(*_KEY) > sa.tuple_(*after))
    return [_profile(row) for row in connection.execute(query)]


def add_former(connection: Connection, former: Former) -> int:
    """Keep what was in a vehicle; how many of its oldest went to make room."""
    address, table = former.address, former_fits
    row = {"component": former.component, "number": former.number, "batch": former.batch, "until": former.until}
    connection.execute(sa.insert(table), {"fleet": address.fleet, "vehicle": address.vehicle, **row})
    mine = sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)
    oldest_kept = sa.select(table.c.id).where(mine).order_by(table.c.id.desc()).offset(FORMERS_MAX - 1).limit(1)
    return connection.execute(sa.delete(table).where(mine, table.c.id < oldest_kept.scalar_subquery())).rowcount


def formers_in(connection: Connection, fleet: str) -> list[Former]:
    """What was in the vehicles of a fleet, in the order in which it was told."""
    query = sa.select(former_fits).where(former_fits.c.fleet == fleet).order_by(former_fits.c.id)
    return [
        Former(Address(row.fleet, row.vehicle), row.component, row.number, row.batch, row.until)
        for row in connection.execute(query)
    ]


def _profile(row: Row[Any]) -> Profile:
    parts = _PARTS.validate_python(row.parts, strict=False)
    return Profile(Address(row.fleet, row.vehicle), **{name: getattr(row, name) for name in _PLAIN}, parts=parts)
