"""People, their sessions, and the keys of programs. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud.security.principal import Grant, Principal, PrincipalKind
from cloud.security.roles import Permission

TRIES_FREE: Final = 5
"""Wrong passwords before the next one has to wait,"""
WAIT_FIRST: Final = timedelta(seconds=30)
"""so long, and twice as long after each further one,"""
WAIT_MAX: Final = timedelta(minutes=15)
"""but not longer: somebody else's wrong guesses must not shut a person out for good. That leaves an attacker a hundred
guesses a day, of which an admin hears. (NIST SP 800-63B-4, 3.2.2, shuts the person out after a hundred in a row.)"""
SESSION_FOR: Final = timedelta(days=30)
"""How long somebody stays signed in who comes back at least this often: never longer without being seen."""
LOST_ANSWER: Final = timedelta(seconds=30)
"""How long a refresh token that was used works once more: the answer may have been lost on the way."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in."""

    login: str
    name: str
    grants: tuple[Grant, ...]
    enabled: bool
    password_digest: str | None
    """None: no password yet; nobody signs in."""
    failures: int
    """Wrong passwords since the last right one."""
    wait_until: datetime | None
    made_at: datetime

    def failed(self, now: datetime) -> "Person":
        """After a wrong password."""
        failures = self.failures + 1
        beyond = failures - TRIES_FREE
        wait = None if beyond < 0 else now + min(WAIT_MAX, WAIT_FIRST * 2 ** min(beyond, 10))
        return replace(self, failures=failures, wait_until=wait)

    def came_in(self) -> "Person":
        """After a right one."""
        return replace(self, failures=0, wait_until=None)

    def wait_s(self, now: datetime) -> float:
        """How long until the next password is looked at; 0: now."""
        return 0.0 if self.wait_until is None else max(0.0, (self.wait_until - now).total_seconds())

    def principal(self) -> Principal:
        """The same as who acts."""
        return Principal(self.login, PrincipalKind.PERSON, self.grants)


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in on one device."""

    id: str
    login: str
    generation: int
    """How often it was refreshed."""
    began_at: datetime
    refreshed_at: datetime
    ends_at: datetime
    ended_why: str | None
    """None: it has not ended."""

    def is_open(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.ended_why is None and now < self.ends_at

    def refreshed(self, now: datetime) -> "Session":
        """One generation on."""
        return replace(self, generation=self.generation + 1, refreshed_at=now, ends_at=now + SESSION_FOR)

    def is_lost_answer(self, generation: int, now: datetime) -> bool:
        """Whether a used refresh token is only the repetition of a request whose answer was lost."""
        return generation == self.generation - 1 and now - self.refreshed_at <= LOST_ANSWER


@dataclass(frozen=True, slots=True)
class Key:
    """What a program shows instead of a password."""

    id: str
    name: str
    grants: tuple[Grant, ...]
    only: frozenset[Permission] | None
    """None: all that its roles may."""
    digest: str
    made_by: str
    made_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.ended_at is None and (self.ends_at is None or now < self.ends_at)

    def principal(self) -> Principal:
        """The same as who acts."""
        return Principal(f"key/{self.name}", PrincipalKind.KEY, self.grants, self.only)
