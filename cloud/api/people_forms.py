"""What is said of people, keys and what they did."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints

from cloud.api.access import Instant
from cloud.api.forms import Form, Line, Moment
from cloud.security.people import GRANTS_MAX
from cloud.security.people_model import Key, Person
from cloud.security.principal import Grant
from cloud.security.roles import Permission, Role
from edge.wire.topics import NAME

Login = Annotated[
    str,
    StringConstraints(to_lower=True, min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+@-]*$"),
    Field(examples=["ada@example.org"]),
]
"""An e-mail address or a short name; upper and lower case are one."""
KeyName = Annotated[str, Field(pattern=f"^{NAME.pattern}$", examples=["prometheus"])]
Password = Annotated[SecretStr, Field(max_length=400, examples=["correct horse battery staple"])]
_NOBODY = frozenset({"bootstrap", "watch"})
"""Names in the audit that are no person's."""


def _a_person(login: str) -> str:
    if login in _NOBODY:
        raise ValueError(f"{login!r} is no person's name")
    return login


PersonLogin = Annotated[Login, AfterValidator(_a_person)]
"""The login of somebody who is to be added."""


class Asked(Form):
    """Base of what callers send: an unknown member is a mistake and is refused."""

    model_config = ConfigDict(extra="forbid")


class GrantForm(Asked):
    """A role in a fleet."""

    role: Role
    fleet: Annotated[str | None, Field(pattern=f"^{NAME.pattern}$", examples=["north"])] = None
    """Null: in every fleet; an admin's is always null."""

    def grant(self) -> Grant:
        """The same inside."""
        return Grant(self.role, self.fleet)


Grants = Annotated[list[GrantForm], Field(max_length=GRANTS_MAX)]


class PersonForm(Form):
    """Somebody who signs in."""

    login: Login
    name: Annotated[str, Field(examples=["Ada"])]
    grants: Grants
    enabled: bool
    has_password: bool
    """False: cannot sign in yet."""
    made_at: Moment

    @classmethod
    def of(cls, person: Person) -> Self:
        """In this form."""
        return cls(
            login=person.login,
            name=person.name,
            grants=grants_form(person.grants),
            enabled=person.enabled,
            has_password=person.password_digest is not None,
            made_at=person.made_at,
        )


class PersonWish(Asked):
    """What somebody is to be."""

    name: Annotated[Line, Field(examples=["Ada"])]
    grants: Annotated[tuple[GrantForm, ...], Field(max_length=GRANTS_MAX)] = ()
    enabled: bool = True
    password: Password | None = None
    """Null leaves it as it is."""


class KeyForm(Form):
    """What a program shows instead of a password."""

    id: Annotated[str, Field(examples=["0f1e2d3c4b5a69788796a5b4c3d2e1f0"])]
    name: KeyName
    grants: Grants
    only: list[Permission] | None
    """Narrower than its roles; null: it is not."""
    made_by: Annotated[str, Field(examples=["ada@example.org"])]
    made_at: Moment
    ends_at: Moment | None
    ended_at: Annotated[Moment | None, Field(examples=[None])]
    """When it was revoked."""

    @classmethod
    def of(cls, key: Key) -> Self:
        """In this form."""
        return cls(**_key_fields(key))


class NewKeyForm(KeyForm):
    """A new key with its secret, which nobody is shown again."""

    token: Annotated[str, Field(examples=["ttk_0f1e2d3c4b5a69788796a5b4c3d2e1f0_secret"])]
    """Send it as `Authorization: Bearer TOKEN`."""

    @classmethod
    def with_token(cls, key: Key, token: str) -> Self:
        """In this form."""
        return cls(**_key_fields(key), token=token)


class KeyWish(Asked):
    """A key that is wanted."""

    name: KeyName
    grants: Annotated[Grants, Field(min_length=1)]
    only: Annotated[list[Permission] | None, Field(examples=[["see_operations"]])] = None
    ends_at: Instant | None = None
    """Null: when it is revoked."""


class SignInForm(Asked):
    """Who wants in."""

    login: Login
    password: Password
    cookie: bool = False
    """A browser: keep the refresh token in a cookie that no script can read."""


class RefreshForm(Asked):
    """The refresh token that came last."""

    refresh: Annotated[SecretStr | None, Field(max_length=2000, examples=["eyJhbGciOi…"])] = None
    """Null: it is in the cookie, and so is the next one."""


class PasswordForm(Asked):
    """One's own new password."""

    old: Password
    new: Password


def grants_form(grants: tuple[Grant, ...]) -> list[GrantForm]:
    """Roles for callers."""
    return [GrantForm(role=grant.role, fleet=grant.fleet) for grant in grants]


def _key_fields(key: Key) -> dict[str, object]:
    plain: dict[str, datetime | str | None] = {
        name: getattr(key, name) for name in ("id", "name", "made_by", "made_at", "ends_at", "ended_at")
    }
    return {**plain, "grants": grants_form(key.grants), "only": None if key.only is None else sorted(key.only)}
