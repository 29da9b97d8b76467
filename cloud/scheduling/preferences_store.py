"""The table of preferences, and all SQL on it."""

from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from cloud.columns import METADATA, UtcTime, to_vehicle, vehicle_key
from cloud.database import put
from cloud.scheduling.model import Place, Preferences, VehiclePreferences
from edge.wire.topics import Address

vehicle_preferences: Final = sa.Table(
    "vehicle_preferences",
    METADATA,
    *vehicle_key(),
    sa.Column("preferences", sa.JSON, nullable=False),
    sa.Column("base", sa.JSON(none_as_null=True)),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("put_at", UtcTime, nullable=False),
    to_vehicle(),
    comment="What the owner of a vehicle would rather have of every visit, and where it stands otherwise",
)

_PREFERENCES: Final = TypeAdapter(Preferences)
_BASE: Final[TypeAdapter[Place | None]] = TypeAdapter(Place | None)


def put_preferences(connection: Connection, wanted: VehiclePreferences) -> None:
    """Insert a vehicle's preferences or replace them."""
    content = {
        "preferences": _PREFERENCES.dump_python(wanted.preferences, mode="json"),
        "base": _BASE.dump_python(wanted.base, mode="json"),
        "by": wanted.by,
        "put_at": wanted.put_at,
    }
    row = {"fleet": wanted.address.fleet, "vehicle": wanted.address.vehicle, **content}
    put(connection, vehicle_preferences, row, key=("fleet", "vehicle"), replace=tuple(content))


def preferences_of(connection: Connection, address: Address) -> VehiclePreferences | None:
    """A vehicle's preferences, if anybody put some."""
    of_it = (vehicle_preferences.c.fleet == address.fleet, vehicle_preferences.c.vehicle == address.vehicle)
    row = connection.execute(sa.select(vehicle_preferences).where(*of_it)).first()
    if row is None:
        return None
    preferences = _PREFERENCES.validate_python(row.preferences, strict=False)
    return VehiclePreferences(address, preferences, _BASE.validate_python(row.base), row.by, row.put_at)
