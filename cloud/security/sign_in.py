"""Who is this? Passwords, sessions, API keys and the bootstrap token, and the principal behind each."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.errors import NotAuthenticated, TooMany
from cloud.security import people_store
from cloud.security.audit import Audit
from cloud.security.behaviour import GUESSES, Kind, Suspicion
from cloud.security.passwords import Busy, Passwords
from cloud.security.people_model import SESSION_FOR, Person, Session
from cloud.security.principal import BOOTSTRAP, Principal
from cloud.security.tokens import ACCESS_FOR, KEY_PREFIX, Claims, Signer, Use, digest_of, is_same, new_name
from cloud.security.watch import Watch
from edge.wire.messages import Severity

SESSIONS_MAX: Final = 20
"""Devices on which a person stays signed in."""
_UNKNOWN: Final = "this token is not known here"
_WRONG: Final = "no such login with this password"


@dataclass(frozen=True, slots=True)
class Pair:
    """What somebody gets who has signed in."""

    access: str
    access_ends_at: datetime
    refresh: str
    refresh_ends_at: datetime


class SignInService:
    """From what is shown to who shows it."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        watch: Watch,
        now: Callable[[], datetime],
        *,
        signer: Signer,
        passwords: Passwords,
        bootstrap: str,
    ) -> None:
        self._database = database
        self._audit = audit
        self._watch = watch
        self._now = now
        self._signer = signer
        self._passwords = passwords
        self._bootstrap = digest_of(bootstrap)

    def sign_in(self, login: str, password: str) -> Pair:
        """Begin a session.

        Raises:
            NotAuthenticated: the login or the password is wrong; nobody is told which.
            NotAllowed: the tokens of this person are locked.
            TooMany: too many wrong passwords, or too many people at once; says how long to wait.
        """
        with self._database.snapshot() as connection:
            person = people_store.person_of(connection, login.lower())
        if person is not None:
            self._must_wait(person)
        try:
            is_right = self._passwords.check(password, None if person is None else person.password_digest)
        except Busy:
            raise TooMany("too many people sign in at once", wait_s=5) from None
        if person is None:
            with self._database.transaction() as connection:
                counters.add(connection, {"sign_ins_of_nobody": 1})
            raise NotAuthenticated(_WRONG)
        pair = self._begin(person.login, is_right=is_right)
        if isinstance(pair, Pair):
            return pair
        if pair and pair % GUESSES == 0:
            detail = f"{pair} wrong passwords in a row"
            self._watch.raise_finding(person.login, Suspicion(Kind.GUESSING, Severity.WARNING, detail))
        raise NotAuthenticated(_WRONG)

    def refresh(self, token: str) -> Pair:
        """A new pair for a refresh token, which works once: whoever shows it again ends the session for both.

        Raises:
            NotAuthenticated: it is none of ours, has run out or was used before; sign in again.
            NotAllowed: the tokens of this person are locked.
        """
        now = self._now()
        claims = self._signer.read(Use.REFRESH, token, at=now)
        with self._database.transaction() as connection:
            session = people_store.session_of(connection, claims.session)
            person = None if session is None else people_store.person_of(connection, session.login)
            if session is None or person is None or not session.is_open(now) or not person.enabled:
                raise NotAuthenticated("this session has ended; sign in again")
            self._watch.must_be_unlocked(connection, person.login)
            if claims.generation == session.generation:
                session = session.refreshed(now)
                people_store.put_session(connection, session)
                return self._pair(session)
            if session.is_lost_answer(claims.generation, now):
                return self._pair(session)
            people_store.put_session(connection, replace(session, ended_why="refresh_reused"))
            subject = f"sessions/{session.id}"
            self._audit.record(connection, by=person.login, action="refresh_reused", subject=subject)
        detail = "a refresh token came a second time; its session is ended"
        self._watch.raise_finding(person.login, Suspicion(Kind.REFRESH_REUSED, Severity.WARNING, detail))
        raise NotAuthenticated("this token was used before; sign in again")

    def sign_out(self, token: str) -> None:
        """End the session of a refresh token; safe to repeat, also long after.

        Raises:
            NotAuthenticated: it is none of ours, or has run out.
        """
        claims = self._signer.read(Use.REFRESH, token, at=self._now())
        with self._database.transaction() as connection:
            session = people_store.session_of(connection, claims.session)
            if session is not None and session.ended_why is None:
                people_store.put_session(connection, replace(session, ended_why="signed_out"))
                self._audit.record(connection, by=session.login, action="sign_out", subject=f"sessions/{session.id}")

    def principal_of(self, shown: str | None) -> Principal:
        """Who shows this token.

        Raises:
            NotAuthenticated: nobody that is known, or no longer.
            NotAllowed: the token is locked.
        """
        if shown is None:
            raise NotAuthenticated("a token is needed: Authorization: Bearer TOKEN")
        if hmac.compare_digest(digest_of(shown), self._bootstrap):
            return BOOTSTRAP
        now = self._now()
        if shown.startswith(f"{KEY_PREFIX}_"):
            with self._database.snapshot() as connection:
                return self._unlocked(connection, _key(connection, shown, now))
        claims = self._signer.read(Use.ACCESS, shown, at=now)
        with self._database.snapshot() as connection:
            session = people_store.session_of(connection, claims.session)
            person = None if session is None else people_store.person_of(connection, session.login)
            if session is None or person is None or not session.is_open(now) or not person.enabled:
                raise NotAuthenticated("this session has ended; sign in again")
            return self._unlocked(connection, person.principal())

    def _must_wait(self, person: Person) -> None:
        wait_s = person.wait_s(self._now())
        if wait_s > 0:
            raise TooMany("too many wrong passwords", wait_s=wait_s)

    def _begin(self, login: str, *, is_right: bool) -> Pair | int:
        """Write down how it went; the person is read again, since others may have guessed meanwhile.

        Returns:
            The tokens, or how often in a row it went wrong.
        """
        now = self._now()
        with self._database.transaction() as connection:
            person = people_store.person_of(connection, login)
            if person is None:
                return 0
            self._must_wait(person)
            if not is_right or not person.enabled:
                person = person.failed(now)
                people_store.put_person(connection, person)
                self._audit.record(connection, by=login, action="sign_in_failed", subject=f"people/{login}")
                return person.failures
            self._watch.must_be_unlocked(connection, login)
            people_store.put_person(connection, person.came_in())
            session = Session(new_name(), login, 0, now, now, now + SESSION_FOR, None)
            people_store.put_session(connection, session)
            people_store.keep_newest_sessions(connection, login, SESSIONS_MAX)
            self._audit.record(connection, by=login, action="sign_in", subject=f"sessions/{session.id}")
        return self._pair(session)

    def _pair(self, session: Session) -> Pair:
        now = self._now()
        access_ends_at = min(now + ACCESS_FOR, session.ends_at)
        return Pair(
            self._signer.sign(Use.ACCESS, Claims(session.id, session.generation, access_ends_at), at=now),
            access_ends_at,
            self._signer.sign(Use.REFRESH, Claims(session.id, session.generation, session.ends_at), at=now),
            session.ends_at,
        )

    def _unlocked(self, connection: Connection, principal: Principal) -> Principal:
        self._watch.must_be_unlocked(connection, principal.name)
        return principal


def _key(connection: Connection, shown: str, now: datetime) -> Principal:
    _, _, rest = shown.partition("_")
    name, _, secret = rest.partition("_")
    key = people_store.key_of(connection, name)
    if key is None or not is_same(secret, key.digest):
        raise NotAuthenticated(_UNKNOWN)
    if not key.is_open(now):
        raise NotAuthenticated("this key has ended")
    return key.principal()
