"""What an admin may do with people and keys, and a person with their own password."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from cloud.database import Connection, Database
from cloud.errors import Conflict, NotAuthenticated, NotFound, Refused, TooMany
from cloud.pages import Page, Window
from cloud.security import people_store
from cloud.security.audit import Audit
from cloud.security.passwords import Busy, Passwords
from cloud.security.people_model import Key, Person
from cloud.security.principal import Grant
from cloud.security.roles import Permission, Role
from cloud.security.tokens import KEY_PREFIX, digest_of, new_name, new_token

PEOPLE_MAX: Final = 10_000
GRANTS_MAX: Final = 100


class PeopleService:
    """People with their roles, and the keys of programs."""

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime], passwords: Passwords) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self._passwords = passwords

    def put(
        self,
        login: str,
        name: str,
        grants: tuple[Grant, ...],
        *,
        by: str,
        enabled: bool = True,
        password: str | None = None,
    ) -> Person:
        """Add a person or change one; who is disabled or gets another password is signed out everywhere.

        Args:
            login: lower case; an e-mail address or a short name.
            name: as people say it.
            grants: roles in fleets.
            by: who does it.
            enabled: False: signs in no more; what the person did stays readable.
            password: a first or a new one; None leaves it as it is.

        Raises:
            Refused: a password too short, an admin of one fleet only, or too many people.
            TooMany: too many passwords are looked at; try again.
        """
        _check(grants)
        digest = None if password is None else self._digest(password)
        with self._database.transaction() as connection:
            before = people_store.person_of(connection, login)
            if before is None and people_store.count_people(connection) >= PEOPLE_MAX:
                raise Refused(f"there are {PEOPLE_MAX} people, which is all that this service keeps")
            fresh = before or Person(login, name, grants, enabled, None, 0, None, self._now())
            after = replace(fresh, name=name, grants=grants, enabled=enabled)
            if digest is not None:
                after = replace(after.came_in(), password_digest=digest)
            people_store.put_person(connection, after)
            if digest is not None or not enabled:
                people_store.end_sessions(connection, login, "new_password" if enabled else "disabled")
            told = ", ".join(f"{grant.role} of {grant.fleet or 'every fleet'}" for grant in grants)
            note = f"{'enabled' if enabled else 'disabled'}; {told}{'; new password' if digest else ''}"
            self._audit.record(connection, by=by, action="put_person", subject=f"people/{login}", note=note)
            return after

    def change_password(self, login: str, old: str, new: str) -> None:
        """A person's own new password; signed out everywhere, also here.

        Raises:
            NotFound: this is no person.
            NotAuthenticated: the old one is wrong.
            TooMany, Refused: see `put`.
        """
        person = self.person(login)
        wait_s = person.wait_s(self._now())
        if wait_s > 0:
            raise TooMany("too many wrong passwords", wait_s=wait_s)
        try:
            is_right = self._passwords.check(old, person.password_digest)
        except Busy:
            raise TooMany("too many people sign in at once", wait_s=5) from None
        digest = self._digest(new) if is_right else None
        with self._database.transaction() as connection:
            current = _person(connection, login)
            if digest is None:
                people_store.put_person(connection, current.failed(self._now()))
            else:
                people_store.put_person(connection, replace(current.came_in(), password_digest=digest))
                people_store.end_sessions(connection, login, "new_password")
                self._audit.record(connection, by=login, action="change_password", subject=f"people/{login}")
        if digest is None:
            raise NotAuthenticated("the old password is another")

    def person(self, login: str) -> Person:
        """One person.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            return _person(connection, login)

    def people(self, window: Window) -> Page[Person]:
        """People by login.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str,))
        with self._database.snapshot() as connection:
            rows = people_store.list_people(connection, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.login,))

    def make_key(
        self,
        name: str,
        grants: tuple[Grant, ...],
        *,
        by: str,
        only: frozenset[Permission] | None = None,
        ends_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """A key for a program, and the secret that is shown once.

        Raises:
            Refused: an admin of one fleet only, or an end that is past.
            Conflict: a key had this name before; names in the audit are never another's.
        """
        _check(grants)
        now = self._now()
        if ends_at is not None and ends_at <= now:
            raise Refused("ends_at: this is past")
        secret = new_token()
        key = Key(new_name(), name, grants, only, digest_of(secret), by, now, ends_at, None)
        with self._database.transaction() as connection:
            if not people_store.add_key(connection, key):
                raise Conflict(f"a key was called {name!r} before; take another name")
            told = ", ".join(f"{grant.role} of {grant.fleet or 'every fleet'}" for grant in grants)
            self._audit.record(connection, by=by, action="make_key", subject=f"keys/{key.id}", note=f"{name}: {told}")
        return key, f"{KEY_PREFIX}_{key.id}_{secret}"

    def revoke_key(self, key_id: str, *, by: str) -> Key:
        """A key opens nothing any more; safe to repeat.

        Raises:
            NotFound: there is none.
        """
        with self._database.transaction() as connection:
            key = people_store.key_of(connection, key_id)
            if key is None:
                raise NotFound(f"there is no key {key_id!r}")
            if key.ended_at is not None:
                return key
            after = replace(key, ended_at=self._now())
            people_store.end_key(connection, after)
            self._audit.record(connection, by=by, action="revoke_key", subject=f"keys/{key_id}", note=key.name)
            return after

    def keys(self, window: Window) -> Page[Key]:
        """Keys by name, also revoked ones.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str,))
        with self._database.snapshot() as connection:
            rows = people_store.list_keys(connection, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.name,))

    def _digest(self, password: str) -> str:
        try:
            return self._passwords.digest(password)
        except Busy:
            raise TooMany("too many people sign in at once", wait_s=5) from None


def _person(connection: Connection, login: str) -> Person:
    found = people_store.person_of(connection, login)
    if found is None:
        raise NotFound(f"there is no person {login!r}")
    return found


def _check(grants: tuple[Grant, ...]) -> None:
    if len(grants) > GRANTS_MAX:
        raise Refused(f"grants: at most {GRANTS_MAX}")
    if any(grant.role is Role.ADMIN and grant.fleet is not None for grant in grants):
        raise Refused("grants: an admin is one of the whole installation: leave the fleet out")
