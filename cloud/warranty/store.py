"""The tables of claims, of what was submitted with them, and of plans that were assigned; all SQL on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, BigId, UtcTime, to_vehicle, vehicle_key, vehicle_names, within
from cloud.database import beyond, insert_once, put
from cloud.pages import Key
from cloud.warranty.claim import Assessment, Claim, ClaimFilter, ClaimState, Ruling, Statement
from cloud.warranty.pieces import Piece
from edge.wire.topics import Address

claims: Final = sa.Table(
    "claims",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("work_order", BigId, sa.ForeignKey("work_orders.number"), nullable=False, unique=True),
    sa.Column("incident", BigId, sa.ForeignKey("incidents.number"), nullable=False),
    *vehicle_names(),
    sa.Column("component", sa.String(200), nullable=False),
    sa.Column("work", sa.String(64), nullable=False),
    sa.Column("statement", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("made_by", sa.String(200), nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("submitted_by", sa.String(200)),
    sa.Column("submitted_at", UtcTime),
    sa.Column("assessment", sa.JSON(none_as_null=True)),
    sa.Column("ruling", sa.JSON(none_as_null=True)),
    to_vehicle(),
    sa.Index("claims_by_made", "made_at", "number"),
    comment="Each warranty claim once, as it stands: what is claimed, what plan and telemetry say, what was decided",
)
claim_evidence: Final = sa.Table(
    "claim_evidence",
    METADATA,
    sa.Column("claim", BigId, sa.ForeignKey("claims.number"), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
    comment="Every piece of evidence of a submitted claim, as it was at that moment",
)
vehicle_plans: Final = sa.Table(
    "vehicle_plans",
    METADATA,
    *vehicle_key(),
    sa.Column("plan", sa.String(64), nullable=False),
    sa.Column("put_by", sa.String(200), nullable=False),
    sa.Column("put_at", UtcTime, nullable=False),
    to_vehicle(),
    comment="Vehicles whose warranty plan was said by a person, which counts over make, model and year",
)
_STATEMENT: Final = TypeAdapter(Statement)
_ASSESSMENT: Final = TypeAdapter(Assessment)
_RULING: Final = TypeAdapter(Ruling)
_PLAIN: Final = (
    "work_order", "incident", "component", "work", "state", "sequence", "made_by", "made_at", "changed_at",
    "submitted_by", "submitted_at",
)  # fmt: skip
_KEY: Final = (claims.c.made_at, claims.c.number)


def add_claim(connection: Connection, row: Mapping[str, Any], statement: Statement) -> bool:
    """Insert a claim unless its work order has one; whether it was new."""
    return insert_once(connection, claims, {**row, "statement": _STATEMENT.dump_python(statement, mode="json")})


def replace_claim(connection: Connection, before: Claim, after: Claim) -> bool:
    """Replace a claim; False where it has changed meanwhile."""
    same = sa.and_(claims.c.number == before.number, claims.c.sequence == before.sequence)
    changed = {
        "statement": _STATEMENT.dump_python(after.statement, mode="json"),
        "state": after.state,
        "sequence": after.sequence,
        "changed_at": after.changed_at,
        "submitted_by": after.submitted_by,
        "submitted_at": after.submitted_at,
        "assessment": None if after.assessment is None else _ASSESSMENT.dump_python(after.assessment, mode="json"),
        "ruling": None if after.ruling is None else _RULING.dump_python(after.ruling, mode="json"),
    }
    return bool(connection.execute(sa.update(claims).where(same).values(changed)).rowcount)


def claim_of(connection: Connection, number: int) -> Claim | None:
    """One claim."""
    row = connection.execute(sa.select(claims).where(claims.c.number == number)).first()
    return None if row is None else _claim(row)


def claim_of_order(connection: Connection, work_order: int) -> Claim | None:
    """The claim about a work order."""
    row = connection.execute(sa.select(claims).where(claims.c.work_order == work_order)).first()
    return None if row is None else _claim(row)


def list_claims(connection: Connection, wanted: ClaimFilter, *, after: Key | None, rows_max: int) -> list[Claim]:
    """Claims, the latest first."""
    query = sa.select(claims).order_by(*(column.desc() for column in _KEY)).limit(rows_max)
    query = query.where(within(claims.c.fleet, wanted.within))
    named = {"fleet": wanted.fleet, "vehicle": wanted.vehicle, "state": wanted.state}
    for column, value in ((claims.c[name], value) for name, value in named.items()):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        query = query.where(beyond(_KEY, after))
    return [_claim(row) for row in connection.execute(query)]


def add_pieces(connection: Connection, number: int, pieces: Sequence[Piece]) -> None:
    """Keep what is submitted with a claim."""
    rows = [{"claim": number, "name": piece.name, "content": piece.content} for piece in pieces]
    connection.execute(sa.insert(claim_evidence), rows)


def pieces_of(connection: Connection, number: int) -> list[Piece]:
    """What was submitted with a claim, by name."""
    query = sa.select(claim_evidence).where(claim_evidence.c.claim == number).order_by(claim_evidence.c.name)
    return [Piece(row.name, row.content) for row in connection.execute(query)]


def put_plan(connection: Connection, address: Address, plan: str | None, by: str, at: datetime) -> None:
    """Say which plan a vehicle has; None: leave it to make, model and year."""
    key = {"fleet": address.fleet, "vehicle": address.vehicle}
    if plan is None:
        same = sa.and_(vehicle_plans.c.fleet == address.fleet, vehicle_plans.c.vehicle == address.vehicle)
        connection.execute(sa.delete(vehicle_plans).where(same))
        return
    row = {**key, "plan": plan, "put_by": by, "put_at": at}
    put(connection, vehicle_plans, row, key=("fleet", "vehicle"), replace=("plan", "put_by", "put_at"))


def plan_of(connection: Connection, address: Address) -> str | None:
    """The id of the plan that a person said a vehicle has."""
    same = sa.and_(vehicle_plans.c.fleet == address.fleet, vehicle_plans.c.vehicle == address.vehicle)
    plan: str | None = connection.execute(sa.select(vehicle_plans.c.plan).where(same)).scalar_one_or_none()
    return plan


def _claim(row: Row[Any]) -> Claim:
    plain = {name: getattr(row, name) for name in _PLAIN} | {"state": ClaimState(row.state)}
    return Claim(
        number=row.number,
        address=Address(row.fleet, row.vehicle),
        statement=_STATEMENT.validate_python(row.statement, strict=False),
        assessment=None if row.assessment is None else _ASSESSMENT.validate_python(row.assessment, strict=False),
        ruling=None if row.ruling is None else _RULING.validate_python(row.ruling, strict=False),
        **plain,
    )
