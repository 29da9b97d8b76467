"""The tables of looks and of what they claim, and all SQL on them."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, NAME_LENGTH, BigId, UtcTime, within
from cloud.database import beyond
from cloud.pages import Key
from cloud.rca.cohort import Attribute, Period, Side, Unit
from cloud.rca.exact import Interval
from cloud.rca.insight import Insight, InsightFilter, Scan, insight_row
from cloud.rca.scan import Claim, Evidence, Other, Stands

_TEXT: Final = 200
scans: Final = sa.Table(
    "rca_scans",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("since", UtcTime, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("unit", sa.String(16), nullable=False),
    sa.Column("why_unit", sa.String(_TEXT), nullable=False),
    sa.Column("vehicles", sa.Integer, nullable=False),
    sa.Column("incidents", sa.Integer, nullable=False),
    sa.Column("denied", sa.Integer, nullable=False),
    sa.Column("tried", sa.Integer, nullable=False),
    sa.Column("untried", sa.Integer, nullable=False),
    sa.Column("claims", sa.Integer, nullable=False),
    sa.Column("level", sa.Float, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("by", sa.String(_TEXT), nullable=False),
    sa.Index("rca_scans_by_fleet", "fleet", "number"),
    comment="Every look for causes over a fleet, also where it found nothing; the newest of each fleet",
)
insights: Final = sa.Table(
    "insights",
    METADATA,
    sa.Column("number", BigId, primary_key=True),
    sa.Column("scan", BigId, sa.ForeignKey("rca_scans.number"), nullable=False),
    sa.Column("fleet", sa.String(NAME_LENGTH), nullable=False),
    sa.Column("component", sa.String(_TEXT), nullable=False),
    sa.Column("attribute", sa.String(16), nullable=False),
    sa.Column("value", sa.String(_TEXT + 1), nullable=False),
    sa.Column("inside", sa.JSON, nullable=False),
    sa.Column("outside", sa.JSON, nullable=False),
    sa.Column("unknown", sa.Integer, nullable=False),
    sa.Column("ratio", sa.Float),
    sa.Column("interval", sa.JSON, nullable=False),
    sa.Column("interval_all", sa.JSON, nullable=False),
    sa.Column("p", sa.Float, nullable=False),
    sa.Column("p_all", sa.Float, nullable=False),
    sa.Column("stands", sa.String(20), nullable=False),
    sa.Column("others", sa.JSON, nullable=False),
    sa.Column("evidence", sa.String(16), nullable=False),
    sa.Column("causes", sa.JSON, nullable=False),
    sa.Index("insights_by_fleet", "fleet", "number"),
    comment="What a look claims: which vehicles go wrong more often, with effect, interval and counts",
)


def add_scan(connection: Connection, scan: Scan, claims: tuple[Claim, ...], kept: int) -> tuple[int, int]:
    """Keep a look and its claims; its number, and how many of the fleet's oldest looks went to make room."""
    period = scan.period
    row = {name: getattr(scan, name) for name in Scan.__dataclass_fields__ if name not in {"number", "period"}}
    row |= {"since": period.since, "until": period.until}
    number: int = connection.execute(sa.insert(scans).returning(scans.c.number), row).scalar_one()
    for claim in claims:
        connection.execute(sa.insert(insights), {"scan": number, "fleet": scan.fleet, **insight_row(claim)})
    return number, _expire(connection, scan.fleet, kept)


def list_insights(connection: Connection, wanted: InsightFilter, *, after: Key | None, rows_max: int) -> list[Insight]:
    """Insights, the latest look first, and of a look in the order of their numbers reversed."""
    query = _insights().order_by(insights.c.number.desc()).limit(rows_max)
    query = query.where(within(insights.c.fleet, wanted.within))
    named = {"fleet": wanted.fleet, "component": wanted.component, "scan": wanted.scan}
    for name, value in named.items():
        if value is not None:
            query = query.where(insights.c[name] == value)
    if after is not None:
        query = query.where(beyond((insights.c.number,), after))
    return [_insight(row) for row in connection.execute(query)]


def insight_of(connection: Connection, number: int) -> Insight | None:
    """One insight."""
    row = connection.execute(_insights().where(insights.c.number == number)).first()
    return None if row is None else _insight(row)


def scan_of(connection: Connection, number: int) -> Scan | None:
    """One look."""
    row = connection.execute(sa.select(scans).where(scans.c.number == number)).first()
    return None if row is None else _scan(row)


def _insights() -> sa.Select[Any]:
    beside = (scans.c.since, scans.c.until, scans.c.unit, scans.c.tried, scans.c.made_at)
    return sa.select(insights, *beside).join(scans, scans.c.number == insights.c.scan)


def _expire(connection: Connection, fleet: str, kept: int) -> int:
    newest = sa.select(scans.c.number).where(scans.c.fleet == fleet).order_by(scans.c.number.desc())
    last = newest.offset(kept).limit(1).scalar_subquery()
    connection.execute(sa.delete(insights).where(insights.c.fleet == fleet, insights.c.scan <= last))
    return connection.execute(sa.delete(scans).where(scans.c.fleet == fleet, scans.c.number <= last)).rowcount


def _scan(row: Row[Any]) -> Scan:
    same = {name: getattr(row, name) for name in Scan.__dataclass_fields__ if name != "period"}
    return Scan(**{**same, "unit": Unit(row.unit), "period": Period(row.since, row.until)})


def _insight(row: Row[Any]) -> Insight:
    return Insight(
        number=row.number,
        scan=row.scan,
        fleet=row.fleet,
        period=Period(row.since, row.until),
        unit=Unit(row.unit),
        component=row.component,
        attribute=Attribute(row.attribute),
        value=row.value,
        inside=Side(*row.inside),
        outside=Side(*row.outside),
        unknown=row.unknown,
        ratio=row.ratio,
        interval=Interval(*row.interval),
        interval_all=Interval(*row.interval_all),
        p=row.p,
        p_all=row.p_all,
        tried=row.tried,
        stands=Stands(row.stands),
        others=tuple(Other(Attribute(attribute), value) for attribute, value in row.others),
        evidence=Evidence(row.evidence),
        causes=row.causes,
        made_at=row.made_at,
    )
