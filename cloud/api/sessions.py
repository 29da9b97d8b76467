"""/session and /me: signing in and out, and what somebody may."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import KnownPrincipal, ServicesOf
from cloud.api.forms import Form, Moment
from cloud.api.people_forms import GrantForm, PasswordForm, RefreshForm, SignInForm, grants_form
from cloud.api.session_cookie import JarOf
from cloud.security.principal import PrincipalKind
from cloud.security.roles import Permission
from cloud.security.sign_in import Pair

open_router = APIRouter(prefix="/session", tags=["session"])
"""Needs no token: here is where one comes from."""
router = APIRouter(prefix="/me", tags=["session"])


class PairForm(Form):
    """Two tokens: one opens the API, the other gets the next two."""

    token_type: Literal["bearer"] = "bearer"
    access_token: Annotated[str, Field(examples=["eyJhbGciOi…"])]
    """Send it as `Authorization: Bearer TOKEN`."""
    access_ends_at: Moment
    refresh_token: Annotated[str | None, Field(examples=["eyJhbGciOi…"])]
    """Works once; shown again, it ends the session. Null: it is in the cookie."""
    refresh_ends_at: Moment

    @classmethod
    def of(cls, pair: Pair, *, in_cookie: bool) -> Self:
        """In this form."""
        return cls(
            access_token=pair.access,
            access_ends_at=pair.access_ends_at,
            refresh_token=None if in_cookie else pair.refresh,
            refresh_ends_at=pair.refresh_ends_at,
        )


class MayForm(Form):
    """Where somebody may something."""

    everywhere: bool
    fleets: Annotated[list[str], Field(examples=[["north"]])]
    """Empty where it is everywhere."""


class MeForm(Form):
    """Who asks."""

    name: Annotated[str, Field(examples=["ada@example.org"])]
    """As it stands in audit and timelines."""
    kind: PrincipalKind
    grants: list[GrantForm]
    may: Annotated[
        dict[Permission, MayForm], Field(examples=[{"see_alerts": {"everywhere": False, "fleets": ["north"]}}])
    ]
    """Only what they may somewhere."""


@open_router.post("", status_code=201)
def sign_in(services: ServicesOf, form: SignInForm, jar: JarOf) -> PairForm:
    """Begin a session with login and password."""
    pair = services.security.sign_in.sign_in(form.login, form.password.get_secret_value())
    return _given(pair, jar, in_cookie=form.cookie)


@open_router.post("/refresh", status_code=201)
def refresh(services: ServicesOf, form: RefreshForm, jar: JarOf) -> PairForm:
    """The next two tokens for a refresh token; the old one is used up."""
    in_cookie = form.refresh is None
    return _given(services.security.sign_in.refresh(_shown(form, jar)), jar, in_cookie=in_cookie)


@open_router.post("/end", status_code=204)
def sign_out(services: ServicesOf, form: RefreshForm, jar: JarOf) -> None:
    """End the session; safe to repeat."""
    services.security.sign_in.sign_out(_shown(form, jar))
    jar.clear()


def _shown(form: RefreshForm, jar: JarOf) -> str:
    return jar.take() if form.refresh is None else form.refresh.get_secret_value()


def _given(pair: Pair, jar: JarOf, *, in_cookie: bool) -> PairForm:
    if in_cookie:
        jar.put(pair.refresh, pair.refresh_ends_at)
    return PairForm.of(pair, in_cookie=in_cookie)


@router.get("")
def me(principal: KnownPrincipal) -> MeForm:
    """Who asks, and what they may where."""
    reach = {permission: principal.fleets(permission) for permission in Permission}
    allowed = {
        permission: MayForm(everywhere=fleets is None, fleets=sorted(fleets or ()))
        for permission, fleets in reach.items()
        if fleets is None or fleets
    }
    return MeForm(name=principal.name, kind=principal.kind, grants=grants_form(principal.grants), may=allowed)


@router.post("/password", status_code=204)
def change_password(principal: KnownPrincipal, services: ServicesOf, form: PasswordForm) -> None:
    """A new password of one's own; it signs out everywhere, also here."""
    people = services.security.people
    people.change_password(principal.name, form.old.get_secret_value(), form.new.get_secret_value())
