"""The tables of people, sessions and keys, and all SQL on them."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from cloud.columns import METADATA, UtcTime
from cloud.database import insert_once, put
from cloud.pages import Key as CursorKey
from cloud.security.people_model import Key, Person, Session
from cloud.security.principal import Grant
from cloud.security.roles import Permission, Role

people: Final = sa.Table(
    "people",
    METADATA,
    sa.Column("login", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("grants", sa.JSON, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("password_digest", sa.String(200)),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("wait_until", UtcTime),
    sa.Column("made_at", UtcTime, nullable=False),
    comment="Who signs in, with roles in fleets, and a digest of the password",
)
sessions: Final = sa.Table(
    "sessions",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("login", sa.String(100), sa.ForeignKey("people.login"), nullable=False),
    sa.Column("generation", sa.Integer, nullable=False),
    sa.Column("began_at", UtcTime, nullable=False),
    sa.Column("refreshed_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.Column("ended_why", sa.String(64)),
    sa.Index("sessions_by_login", "login", "began_at"),
    comment="People signed in, one for each device; the newest of each person",
)
api_keys: Final = sa.Table(
    "api_keys",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("grants", sa.JSON, nullable=False),
    sa.Column("only", sa.JSON),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("made_by", sa.String(200), nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    comment="Keys of programs, with a digest of each; a revoked one stays, so that its name is never another's",
)


def person_of(connection: Connection, login: str) -> Person | None:
    """One person."""
    row = connection.execute(sa.select(people).where(people.c.login == login)).first()
    return None if row is None else _person(row)


def put_person(connection: Connection, person: Person) -> None:
    """Add a person, or replace what is kept of one."""
    content = {
        "name": person.name,
        "grants": _grants_row(person.grants),
        "enabled": person.enabled,
        "password_digest": person.password_digest,
        "failures": person.failures,
        "wait_until": person.wait_until,
        "made_at": person.made_at,
    }
    put(connection, people, {"login": person.login, **content}, key=("login",), replace=tuple(content))


def list_people(connection: Connection, *, after: CursorKey | None, rows_max: int) -> list[Person]:
    """People by login."""
    query = sa.select(people).order_by(people.c.login).limit(rows_max)
    if after is not None:
        query = query.where(people.c.login > after[0])
    return [_person(row) for row in connection.execute(query)]


def count_people(connection: Connection) -> int:
    """How many there are."""
    return connection.execute(sa.select(sa.func.count()).select_from(people)).scalar_one()


def session_of(connection: Connection, session: str) -> Session | None:
    """One session."""
    row = connection.execute(sa.select(sessions).where(sessions.c.id == session)).first()
    return None if row is None else Session(*row)


def put_session(connection: Connection, session: Session) -> None:
    """Add a session, or replace what is kept of it."""
    content = {name: getattr(session, name) for name in Session.__slots__ if name != "id"}
    put(connection, sessions, {"id": session.id, **content}, key=("id",), replace=tuple(content))


def end_sessions(connection: Connection, login: str, why: str) -> int:
    """End every session of a person; how many were open."""
    query = sa.update(sessions).where(sessions.c.login == login, sessions.c.ended_why.is_(None))
    return connection.execute(query, {"ended_why": why}).rowcount


def keep_newest_sessions(connection: Connection, login: str, sessions_max: int) -> None:
    """Forget a person's oldest sessions."""
    newest = sa.select(sessions.c.id).where(sessions.c.login == login).order_by(sessions.c.began_at.desc())
    kept = newest.limit(sessions_max).scalar_subquery()
    connection.execute(sa.delete(sessions).where(sessions.c.login == login, sessions.c.id.not_in(kept)))


def key_of(connection: Connection, key: str) -> Key | None:
    """One key by its id."""
    row = connection.execute(sa.select(api_keys).where(api_keys.c.id == key)).first()
    return None if row is None else _key(row)


def add_key(connection: Connection, key: Key) -> bool:
    """Add a key unless its name was ever used; whether it was added."""
    row = {name: getattr(key, name) for name in Key.__slots__}
    only = None if key.only is None else sorted(key.only)
    return insert_once(connection, api_keys, {**row, "grants": _grants_row(key.grants), "only": only})


def end_key(connection: Connection, key: Key) -> None:
    """Write down that a key has ended."""
    connection.execute(sa.update(api_keys).where(api_keys.c.id == key.id), {"ended_at": key.ended_at})


def list_keys(connection: Connection, *, after: CursorKey | None, rows_max: int) -> list[Key]:
    """Keys by name."""
    query = sa.select(api_keys).order_by(api_keys.c.name).limit(rows_max)
    if after is not None:
        query = query.where(api_keys.c.name > after[0])
    return [_key(row) for row in connection.execute(query)]


def _person(row: Row[Any]) -> Person:
    return Person(
        row.login,
        row.name,
        _grants(row.grants),
        row.enabled,
        row.password_digest,
        row.failures,
        row.wait_until,
        row.made_at,
    )


def _key(row: Row[Any]) -> Key:
    only = None if row.only is None else frozenset(Permission(one) for one in row.only)
    return Key(
        row.id, row.name, _grants(row.grants), only, row.digest, row.made_by, row.made_at, row.ends_at, row.ended_at
    )


def _grants_row(grants: tuple[Grant, ...]) -> list[dict[str, str | None]]:
    return [{"role": grant.role.value, "fleet": grant.fleet} for grant in grants]


def _grants(rows: list[dict[str, str | None]]) -> tuple[Grant, ...]:
    return tuple(Grant(Role(str(row["role"])), row["fleet"]) for row in rows)
