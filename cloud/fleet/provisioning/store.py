"""The tables of who is let in, and all SQL on them."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, vehicle_key, vehicle_names, within
from cloud.database import insert_once, keep_newest, put
from cloud.fleet.provisioning.model import Certificate, Claim, Listed, Refusal, Round, Standing, State
from cloud.pages import Key
from edge.wire.topics import Address

standings: Final = sa.Table(
    "standings",
    METADATA,
    *vehicle_key(),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Column("closed_upto", sa.BigInteger, nullable=False),
    sa.Index("standings_changed", "change"),
    comment="Every vehicle that was ever to be let in, and how it stands; closed_upto: older streams are taken no more",
)
claims: Final = sa.Table(
    "claims_of_vehicles",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    *vehicle_names(),
    sa.Column("key", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("used_at", UtcTime),
    sa.Column("used_by", sa.String(64)),
    sa.Column("withdrawn_at", UtcTime),
    sa.Index("claims_by_vehicle", "fleet", "vehicle", "id"),
    comment="Codes with which a box becomes a vehicle, once: the public half of each, and which key it was used for",
)
certificates: Final = sa.Table(
    "certificates",
    METADATA,
    sa.Column("serial", sa.String(40), primary_key=True),
    *vehicle_names(),
    sa.Column("public_key", sa.String(64), nullable=False),
    sa.Column("begins_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("pem", sa.Text, nullable=False),
    sa.Column("revoked_at", UtcTime),
    sa.Column("why", sa.String(64)),
    sa.Index("certificates_by_vehicle", "fleet", "vehicle", "issued_at"),
    comment="Every certificate that a vehicle was given, and when and why it was revoked",
)
door: Final = sa.Table(
    "door",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Column("list_number", sa.BigInteger, nullable=False),
    sa.Column("list_change", sa.BigInteger, nullable=False),
    sa.Column("list_made_at", UtcTime),
    sa.Column("list_pem", sa.Text),
    comment="One row: how often somebody was put out or let in again, and the revocation list that says so",
)
helpers: Final = sa.Table(
    "broker_helpers",
    METADATA,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("applied", sa.BigInteger, nullable=False),
    sa.Column("list_ends_at", UtcTime),
    comment="What keeps each broker's lists: when it was last heard, and what it says that holds there",
)
refusals: Final = sa.Table(
    "refusals",
    METADATA,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("detail", sa.String(400), nullable=False),
    sa.Column("fleet", sa.String(NAME_LENGTH)),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("first_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    sa.Column("told_at", UtcTime),
    sa.Column("told_times", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("kind", "who", "detail", name="refusals_once"),
    sa.Index("refusals_told", "told_at"),
    comment="What was refused to whom at a broker, at the inbox and at the enrolment, how often; the newest",
)
_ONLY: Final = 1


def standing_of(connection: Connection, address: Address) -> Standing | None:
    """How a vehicle stands; None: it was never to be let in."""
    row = connection.execute(sa.select(standings).where(_of(standings, address))).one_or_none()
    return None if row is None else _standing(row)


def put_standing(connection: Connection, standing: Standing) -> None:
    """In place of how it stood."""
    content = {
        "state": standing.state,
        "since": standing.since,
        "change": standing.change,
        "closed_upto": standing.closed_upto,
    }
    row = {"fleet": standing.address.fleet, "vehicle": standing.address.vehicle, **content}
    put(connection, standings, row, key=("fleet", "vehicle"), replace=tuple(content))


def denied(connection: Connection) -> list[Address]:
    """Who has been put out and not been let in again."""
    query = sa.select(standings.c.fleet, standings.c.vehicle).where(
        standings.c.change > 0, standings.c.state != State.ADMITTED
    )
    rows = connection.execute(query.order_by(standings.c.fleet, standings.c.vehicle))
    return [Address(row.fleet, row.vehicle) for row in rows]


def put_out_since(connection: Connection, change: int) -> list[tuple[Address, int]]:
    """Who was put out after this change, and by which."""
    query = sa.select(standings).where(standings.c.change > change).order_by(standings.c.change)
    return [(Address(row.fleet, row.vehicle), row.change) for row in connection.execute(query)]


def add_claim(connection: Connection, claim: Claim) -> None:
    """A new one."""
    row = {
        "fleet": claim.address.fleet,
        "vehicle": claim.address.vehicle,
        "key": claim.key,
        "made_at": claim.made_at,
        "ends_at": claim.ends_at,
        "by": claim.by,
    }
    connection.execute(sa.insert(claims).values(**row))


def claim_of(connection: Connection, key: bytes) -> Claim | None:
    """The claim with this public key; it stays as it is until the transaction ends."""
    row = connection.execute(sa.select(claims).where(claims.c.key == key).with_for_update()).one_or_none()
    return None if row is None else _claim(row)


def use_claim(connection: Connection, claim: Claim, *, by: str, at: datetime) -> None:
    """It opens for this key, and for no other any more."""
    connection.execute(sa.update(claims).where(claims.c.id == claim.id).values(used_at=at, used_by=by))


def withdraw_claims(connection: Connection, address: Address, at: datetime) -> int:
    """Those of a vehicle open nothing any more, the used ones among them; how many had waited."""
    waiting = sa.and_(_of(claims, address), claims.c.withdrawn_at.is_(None))
    open_ones = connection.execute(
        sa.select(sa.func.count()).select_from(claims).where(waiting, claims.c.used_at.is_(None), claims.c.ends_at > at)
    ).scalar_one()
    connection.execute(sa.update(claims).where(waiting).values(withdrawn_at=at))
    return int(open_ones)


def add_certificate(connection: Connection, certificate: Certificate) -> None:
    """One that was just signed."""
    row = {
        "serial": certificate.serial,
        "fleet": certificate.address.fleet,
        "vehicle": certificate.address.vehicle,
        "public_key": certificate.public_key,
        "begins_at": certificate.begins_at,
        "ends_at": certificate.ends_at,
        "issued_at": certificate.issued_at,
        "pem": certificate.pem,
    }
    connection.execute(sa.insert(certificates).values(**row))


def certificate(connection: Connection, serial: str) -> Certificate | None:
    """The one with this serial."""
    row = connection.execute(sa.select(certificates).where(certificates.c.serial == serial)).one_or_none()
    return None if row is None else _certificate(row)


def certificate_for(connection: Connection, address: Address, public_key: str) -> Certificate | None:
    """A vehicle's newest for this key that is not revoked."""
    query = sa.select(certificates).where(
        _of(certificates, address), certificates.c.public_key == public_key, certificates.c.revoked_at.is_(None)
    )
    row = connection.execute(query.order_by(certificates.c.issued_at.desc()).limit(1)).first()
    return None if row is None else _certificate(row)


def issued_since(connection: Connection, address: Address, since: datetime) -> int:
    """How many a vehicle was given since then."""
    query = sa.select(sa.func.count()).select_from(certificates)
    return int(
        connection.execute(query.where(_of(certificates, address), certificates.c.issued_at > since)).scalar_one()
    )


def revoke_all(connection: Connection, address: Address, at: datetime, why: str) -> int:
    """None of a vehicle's opens anything any more; how many did."""
    query = sa.update(certificates).where(_of(certificates, address), certificates.c.revoked_at.is_(None))
    return connection.execute(query.values(revoked_at=at, why=why)).rowcount


def revoked(connection: Connection, ends_after: datetime) -> list[tuple[str, datetime]]:
    """The serials that a revocation list must name, each with when; what has run out since needs no naming."""
    query = sa.select(certificates.c.serial, certificates.c.revoked_at).where(
        certificates.c.revoked_at.is_not(None), certificates.c.ends_at > ends_after
    )
    return [(row.serial, row.revoked_at) for row in connection.execute(query.order_by(certificates.c.serial))]


def read_door(connection: Connection) -> Row[Any]:
    """The one row, which nobody else changes until the transaction ends."""
    row = {"id": _ONLY, "change": 0, "list_number": 0, "list_change": -1, "list_made_at": None, "list_pem": None}
    insert_once(connection, door, row)
    return connection.execute(sa.select(door).where(door.c.id == _ONLY).with_for_update()).one()


def put_door(connection: Connection, **values: object) -> None:
    """Change what is said of it."""
    connection.execute(sa.update(door).where(door.c.id == _ONLY).values(**values))


def put_round(connection: Connection, said: Round, at: datetime) -> None:
    """What a helper says of itself, in place of what it said before."""
    content = {"seen_at": at, "applied": said.applied, "list_ends_at": said.list_ends_at}
    put(connection, helpers, {"name": said.helper, **content}, key=("name",), replace=tuple(content))


def forget_helpers(connection: Connection, silent_since: datetime) -> None:
    """Those of brokers that are no more."""
    connection.execute(sa.delete(helpers).where(helpers.c.seen_at < silent_since))


def rounds(connection: Connection) -> list[tuple[Round, datetime]]:
    """What each helper said last, and when."""
    rows = connection.execute(sa.select(helpers).order_by(helpers.c.name))
    return [(Round(row.name, row.applied, row.list_ends_at), row.seen_at) for row in rows]


def has_certificates(connection: Connection) -> bool:
    """Whether any vehicle was ever given one."""
    return connection.execute(sa.select(sa.literal(1)).select_from(certificates).limit(1)).first() is not None


def listed(
    connection: Connection, at: datetime, *, fleet: str | None, fleets: frozenset[str] | None, after: Key | None,
    rows_max: int,
) -> list[Listed]:  # fmt: skip
    """Vehicles by fleet and name, with what there is of each."""
    claim_ends = sa.select(sa.func.max(claims.c.ends_at)).where(
        claims.c.fleet == standings.c.fleet, claims.c.vehicle == standings.c.vehicle, claims.c.used_at.is_(None),
        claims.c.withdrawn_at.is_(None), claims.c.ends_at > at,
    )  # fmt: skip
    certificate_ends = sa.select(sa.func.max(certificates.c.ends_at)).where(
        certificates.c.fleet == standings.c.fleet, certificates.c.vehicle == standings.c.vehicle,
        certificates.c.revoked_at.is_(None),
    )  # fmt: skip
    query = sa.select(
        standings, claim_ends.scalar_subquery().label("claim_ends"),
        certificate_ends.scalar_subquery().label("certificate_ends"),
    )  # fmt: skip
    query = query.where(within(standings.c.fleet, fleets))
    if fleet is not None:
        query = query.where(standings.c.fleet == fleet)
    if after is not None:
        query = query.where(sa.tuple_(standings.c.fleet, standings.c.vehicle) > sa.tuple_(*after))
    rows = connection.execute(query.order_by(standings.c.fleet, standings.c.vehicle).limit(rows_max))
    return [Listed(_standing(row), row.claim_ends, row.certificate_ends) for row in rows]


def note_refusal(connection: Connection, refusal: Refusal, at: datetime) -> Row[Any]:
    """Count it with those like it; the row as it is then."""
    names = {"kind": refusal.kind, "who": refusal.who, "detail": refusal.detail}
    row = {
        **names, "fleet": refusal.fleet, "times": refusal.times, "first_at": at, "last_at": at, "told_at": None,
        "told_times": 0,
    }  # fmt: skip
    put(connection, refusals, row, key=tuple(names), replace=("last_at",), add=("times",))
    return connection.execute(sa.select(refusals).filter_by(**names)).one()


def told_refusal(connection: Connection, row_id: int, at: datetime, times: int) -> None:
    """It stands in the audit, so many times."""
    connection.execute(sa.update(refusals).where(refusals.c.id == row_id).values(told_at=at, told_times=times))


def told_since(connection: Connection, since: datetime) -> int:
    """How many refusals went into the audit since then."""
    query = sa.select(sa.func.count()).select_from(refusals).where(refusals.c.told_at > since)
    return int(connection.execute(query).scalar_one())


def bound_refusals(connection: Connection, rows_max: int) -> int:
    """Let the oldest go; how many went."""
    return keep_newest(connection, refusals, rows_max=rows_max)


def _of(table: sa.Table, address: Address) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.fleet == address.fleet, table.c.vehicle == address.vehicle)


def _standing(row: Row[Any]) -> Standing:
    return Standing(Address(row.fleet, row.vehicle), State(row.state), row.since, row.change, row.closed_upto)


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        id=row.id,
        address=Address(row.fleet, row.vehicle),
        key=row.key,
        made_at=row.made_at,
        ends_at=row.ends_at,
        by=row.by,
        used_at=row.used_at,
        used_by=row.used_by,
        withdrawn_at=row.withdrawn_at,
    )


def _certificate(row: Row[Any]) -> Certificate:
    return Certificate(
        serial=row.serial,
        address=Address(row.fleet, row.vehicle),
        public_key=row.public_key,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        issued_at=row.issued_at,
        pem=row.pem,
        revoked_at=row.revoked_at,
        why=row.why,
    )
