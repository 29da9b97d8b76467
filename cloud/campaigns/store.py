"""The tables of campaigns, of how each stands on each vehicle, and of vehicles' documents; and all SQL on them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.campaigns.model import Campaign, CampaignFilter, Doing, Progress, Standing
from cloud.columns import METADATA, NAME_LENGTH, UtcTime, to_vehicle, vehicle_key
from cloud.database import beyond, insert_all_once, insert_once, put, put_all
from cloud.pages import Key
from edge.wire.campaigns import Campaign as Wish
from edge.wire.topics import Address

campaigns: Final = sa.Table(
    "campaigns",
    METADATA,
    sa.Column("fleet", sa.String(NAME_LENGTH), primary_key=True),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("wish", sa.JSON, nullable=False),
    sa.Column("vehicles", sa.JSON(none_as_null=True)),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", sa.String(200)),
    sa.Index("campaigns_by_time", "fleet", "created_at", "id"),
    comment="What the vehicles of a fleet are asked to collect, by whom, until when; the newest of each fleet",
)
campaign_vehicles: Final = sa.Table(
    "campaign_vehicles",
    METADATA,
    *vehicle_key(),
    sa.Column("campaign", sa.String(32), primary_key=True),
    sa.Column("standing", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("windows", sa.BigInteger),
    sa.Column("missed", sa.BigInteger),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("told_at", UtcTime),
    sa.Column("stream", sa.BigInteger),
    sa.Column("seq", sa.BigInteger),
    to_vehicle(),
    sa.Index("campaign_vehicles_of_one", "fleet", "campaign", "vehicle"),
    comment="How each campaign stands on each vehicle that is asked for it, as the vehicle said last",
)
campaign_documents: Final = sa.Table(
    "campaign_documents",
    METADATA,
    *vehicle_key(),
    sa.Column("due_at", UtcTime),
    sa.Column("version", sa.BigInteger),
    sa.Column("campaigns", sa.JSON, nullable=False),
    to_vehicle(),
    sa.Index("campaign_documents_due", "due_at"),
    comment="Which campaigns stand in each vehicle's signed document, and when it is to be made anew",
)
_LISTED: Final = (campaigns.c.created_at, campaigns.c.id)
_VEHICLE: Final = ("fleet", "vehicle")
_TOLD: Final = ("reason", "windows", "missed", "bytes", "told_at")
"""Of a standing: columns that are called as in the model."""


@dataclass(frozen=True, slots=True)
class Held:
    """What stands in a vehicle's document."""

    address: Address
    version: int | None
    """None: none was ever signed for it."""
    campaigns: frozenset[str]
    """By id."""


def add(connection: Connection, campaign: Campaign) -> None:
    """Add a campaign that is not there."""
    row = {
        "fleet": campaign.fleet,
        "id": campaign.id,
        "wish": campaign.wish.model_dump(mode="json"),
        "vehicles": None if campaign.vehicles is None else list(campaign.vehicles),
        "by": campaign.by,
        "created_at": campaign.created_at,
        "expires_at": campaign.wish.expires_at,
    }
    connection.execute(sa.insert(campaigns).values(row))


def end(connection: Connection, campaign: Campaign) -> None:
    """Keep who ended it, and when."""
    ended = {"ended_at": campaign.ended_at, "ended_by": campaign.ended_by}
    connection.execute(sa.update(campaigns).where(_is(campaign.fleet, campaign.id)).values(**ended))


def find(connection: Connection, fleet: str, campaign: str) -> Campaign | None:
    """One campaign."""
    row = connection.execute(sa.select(campaigns).where(_is(fleet, campaign))).first()
    return None if row is None else _campaign(row)


def open_in(connection: Connection, fleet: str, at: datetime) -> list[Campaign]:
    """What is open in a fleet."""
    query = sa.select(campaigns).where(campaigns.c.fleet == fleet, _is_open(at)).order_by(*_LISTED)
    return [_campaign(row) for row in connection.execute(query)]


def list_campaigns(
    connection: Connection, wanted: CampaignFilter, at: datetime, *, after: Key | None, rows_max: int
) -> list[Campaign]:
    """Campaigns of a fleet, the latest first."""
    query = sa.select(campaigns).where(campaigns.c.fleet == wanted.fleet)
    if wanted.is_open is not None:
        query = query.where(_is_open(at) if wanted.is_open else sa.not_(_is_open(at)))
    if after is not None:
        query = query.where(beyond(_LISTED, after))
    query = query.order_by(*(column.desc() for column in _LISTED)).limit(rows_max)
    return [_campaign(row) for row in connection.execute(query)]


def old(connection: Connection, fleet: str, at: datetime, *, rows_max: int, over_before: datetime) -> list[str]:
    """What is over and may go: the oldest of a fleet beyond so many, and what was over before then."""
    newest_first = sa.select(*_LISTED).where(campaigns.c.fleet == fleet).order_by(*(one.desc() for one in _LISTED))
    last_kept = connection.execute(newest_first.offset(rows_max - 1).limit(1)).first()
    over_at = sa.func.coalesce(campaigns.c.ended_at, campaigns.c.expires_at)
    too_much = sa.false() if last_kept is None else beyond(_LISTED, last_kept)
    may_go = sa.and_(sa.not_(_is_open(at)), sa.or_(over_at < over_before, too_much))
    return list(connection.execute(sa.select(campaigns.c.id).where(campaigns.c.fleet == fleet, may_go)).scalars())


def forget(connection: Connection, fleet: str, ids: Collection[str]) -> None:
    """Delete these campaigns, and how they stood."""
    for table, column in ((campaign_vehicles, campaign_vehicles.c.campaign), (campaigns, campaigns.c.id)):
        connection.execute(sa.delete(table).where(table.c.fleet == fleet, column.in_(sorted(ids))))


def ask(connection: Connection, campaign: str, addresses: Iterable[Address]) -> None:
    """These vehicles are asked for a campaign; of those that were already nothing changes."""
    rows = [{**_names(one), "campaign": campaign, "standing": Standing.ASKED, "reason": ""} for one in addresses]
    insert_all_once(connection, campaign_vehicles, rows)


def asked_for(connection: Connection, fleet: str, campaign: str) -> list[Address]:
    """The vehicles that are asked for a campaign."""
    query = sa.select(campaign_vehicles.c.vehicle).where(_of_one(fleet, campaign))
    return [Address(fleet, name) for name in connection.execute(query).scalars()]


def is_asked(connection: Connection, address: Address, campaign: str) -> bool:
    """Whether a vehicle is, or was, asked for a campaign."""
    return connection.execute(sa.select(sa.literal(1)).where(_doing(address, campaign))).first() is not None


def place_of(connection: Connection, address: Address, campaign: str) -> tuple[int, int] | None:
    """Where in the vehicle's streams it said last how a campaign stands."""
    query = sa.select(campaign_vehicles.c.stream, campaign_vehicles.c.seq).where(_doing(address, campaign))
    row = connection.execute(query).first()
    return None if row is None or row.stream is None else (row.stream, row.seq)


def tell(connection: Connection, campaign: str, doing: Doing, place: tuple[int, int]) -> None:
    """Keep what a vehicle says of a campaign that it is asked for."""
    told = {name: getattr(doing, name) for name in _TOLD}
    told |= {"standing": doing.standing, "stream": place[0], "seq": place[1]}
    connection.execute(sa.update(campaign_vehicles).where(_doing(doing.address, campaign)).values(**told))


def doings(connection: Connection, fleet: str, campaign: str, *, after: Key | None, rows_max: int) -> list[Doing]:
    """How a campaign stands on each vehicle, by name."""
    query = sa.select(campaign_vehicles).where(_of_one(fleet, campaign))
    if after is not None:
        query = query.where(campaign_vehicles.c.vehicle > after[0])
    rows = connection.execute(query.order_by(campaign_vehicles.c.vehicle).limit(rows_max))
    return [
        Doing(Address(row.fleet, row.vehicle), Standing(row.standing), **{name: getattr(row, name) for name in _TOLD})
        for row in rows
    ]


def progress(connection: Connection, fleet: str, ids: Sequence[str]) -> dict[str, Progress]:
    """Each of these campaigns over all its vehicles."""
    table = campaign_vehicles
    sums = (sa.func.sum(column) for column in (table.c.windows, table.c.missed, table.c.bytes))
    query = sa.select(table.c.campaign, table.c.standing, sa.func.count(), *sums)
    query = query.where(table.c.fleet == fleet, table.c.campaign.in_(ids)).group_by(table.c.campaign, table.c.standing)
    found = {one: Progress({}) for one in ids}
    for campaign, standing, count, *more in connection.execute(query):
        before = found[campaign]
        windows, missed, size = (int(number or 0) for number in more)
        found[campaign] = Progress(
            {**before.vehicles, Standing(standing): count},
            before.windows + windows,
            before.missed + missed,
            before.bytes + size,
        )
    return found


def meet(connection: Connection, address: Address, at: datetime) -> None:
    """A vehicle was heard: if it is new here, its document is looked at."""
    insert_once(connection, campaign_documents, {**_names(address), "due_at": at, "campaigns": []})


def make_due(connection: Connection, addresses: Iterable[Address], at: datetime) -> None:
    """The documents of these vehicles are to be made anew."""
    rows = [{**_names(one), "due_at": at, "campaigns": []} for one in addresses]
    put_all(connection, campaign_documents, rows, key=_VEHICLE, replace=("due_at",))


def due(connection: Connection, at: datetime, rows_max: int) -> list[Held]:
    """Vehicles whose documents are to be looked at by then, the longest due first."""
    table = campaign_documents
    query = sa.select(table).where(table.c.due_at <= at).order_by(table.c.due_at, table.c.fleet, table.c.vehicle)
    rows = connection.execute(query.limit(rows_max))
    return [Held(Address(row.fleet, row.vehicle), row.version, frozenset(row.campaigns)) for row in rows]


def put_document(connection: Connection, held: Held, due_at: datetime | None) -> None:
    """Keep what stands in a vehicle's document now, and when it is to be made anew."""
    row = {**_names(held.address), "due_at": due_at, "version": held.version, "campaigns": sorted(held.campaigns)}
    put(connection, campaign_documents, row, key=_VEHICLE, replace=("due_at", "version", "campaigns"))


def _names(address: Address) -> dict[str, str]:
    return {"fleet": address.fleet, "vehicle": address.vehicle}


def _is(fleet: str, campaign: str) -> sa.ColumnElement[bool]:
    return sa.and_(campaigns.c.fleet == fleet, campaigns.c.id == campaign)


def _is_open(at: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(campaigns.c.ended_at.is_(None), campaigns.c.expires_at > at)


def _of_one(fleet: str, campaign: str) -> sa.ColumnElement[bool]:
    return sa.and_(campaign_vehicles.c.fleet == fleet, campaign_vehicles.c.campaign == campaign)


def _doing(address: Address, campaign: str) -> sa.ColumnElement[bool]:
    return sa.and_(_of_one(address.fleet, campaign), campaign_vehicles.c.vehicle == address.vehicle)


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        fleet=row.fleet,
        wish=Wish.model_validate(row.wish),
        vehicles=None if row.vehicles is None else tuple(row.vehicles),
        by=row.by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
