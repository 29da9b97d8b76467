"""The whole room, wired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cloud.database import Database
from cloud.security.audit import Audit
from cloud.security.passwords import Passwords
from cloud.security.people import PeopleService
from cloud.security.sign_in import SignInService
from cloud.security.tokens import Signer
from cloud.security.watch import Watch


@dataclass(frozen=True, slots=True)
class Security:
    """Everything that the rest of the cloud may ask about who acts."""

    audit: Audit
    watch: Watch
    people: PeopleService
    sign_in: SignInService


def make_security(
    database: Database,
    now: Callable[[], datetime],
    *,
    audit: Audit,
    signing_key: bytes,
    bootstrap: str,
    passwords: Passwords | None = None,
) -> Security:
    """The services of this room.

    Args:
        database: where it keeps everything.
        now: the clock.
        audit: what everybody writes into.
        signing_key: signs the tokens of people; whoever has it is whoever they like.
        bootstrap: the token that is an admin without a name.
        passwords: how passwords are hashed.
    """
    passwords = passwords or Passwords()
    watch = Watch(database, audit, now)
    signer = Signer(signing_key)
    sign_in = SignInService(database, audit, watch, now, signer=signer, passwords=passwords, bootstrap=bootstrap)
    return Security(audit, watch, PeopleService(database, audit, now, passwords), sign_in)
