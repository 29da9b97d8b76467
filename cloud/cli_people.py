"""The commands about people, roles and the audit: arguments only."""

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cloud.errors import ConfigError
from cloud.security.roles import Role, matrix_table

if TYPE_CHECKING:
    from cloud.database import Database

Result = TypeVar("Result")

BY = "command line"
"""Who did it, in the audit: whoever may write the database anyway."""


def add_commands(commands: Any, database_default: str) -> None:
    """Add them to the parser's commands."""
    person = commands.add_parser("person", help="add a person who signs in, or put another role in the place of theirs")
    person.add_argument("login", help="an e-mail address or a short name")
    person.add_argument("--name", help="as people say it (the login)")
    person.add_argument("--role", choices=[role.value for role in Role], required=True)
    person.add_argument(
        "--fleet",
        action="append",
        help="where, once for each fleet; without, and always of an admin, it is every fleet",
    )
    person.add_argument("--disable", action="store_true", help="signs in no more; what they did stays")
    person.add_argument("--database", default=database_default, metavar="URL")
    commands.add_parser("roles", help="print what each role may")
    audit = commands.add_parser("audit", help="check that nobody has changed what is in the audit")
    audit.add_argument("action", choices=["verify"])
    audit.add_argument("--database", default=database_default, metavar="URL")


def person(options: argparse.Namespace) -> None:
    """Add a person, or change one; the password is asked for, or is the first line of stdin where that is a pipe."""
    from cloud.security.audit import Audit  # noqa: PLC0415  # SQLAlchemy takes half a second, and most commands need none
    from cloud.security.passwords import Passwords  # noqa: PLC0415  # the same
    from cloud.security.people import PeopleService  # noqa: PLC0415  # the same
    from cloud.security.principal import Grant  # noqa: PLC0415  # the same

    password = None if options.disable else _password()

    def put(database: "Database") -> None:
        people = PeopleService(database, Audit(database, _now), _now, Passwords())
        fleets: list[str | None] = options.fleet or [None]
        grants = tuple(Grant(Role(options.role), fleet) for fleet in fleets)
        login = options.login.lower()
        people.put(login, options.name or login, grants, by=BY, enabled=not options.disable, password=password)
        where = ", ".join(options.fleet or ["every fleet"])
        print(f"{login} is {options.role} of {where}{', disabled' if options.disable else ''}")

    _on(options.database, put)


def roles(_: argparse.Namespace) -> None:
    """Print the matrix."""
    print(matrix_table())


def audit(options: argparse.Namespace) -> int:
    """Say how many entries there are; 1 when the chain is broken."""
    from cloud.security.audit import Audit  # noqa: PLC0415  # the same

    def verify(database: "Database") -> int:
        counted, broken = Audit(database, _now).verify()
        if broken is not None:
            print(f"entry {broken} does not follow from the {counted} before it: one of them was changed or taken away")
            return 1
        print(f"{counted} entries, each follows from the one before")
        return 0

    return _on(options.database, verify)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise ConfigError("the two are not the same", place="password", remedy="Try again")
    return password


def _on(url: str, act: "Callable[[Database], Result]") -> Result:
    from cloud.database import Database  # noqa: PLC0415  # the same

    database = Database(url, must_exist=True)
    try:
        return act(database)
    finally:
        database.close()


def _now() -> datetime:
    return datetime.now(UTC)
