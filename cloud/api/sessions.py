"""/session and /me: signing in and out, and what somebody may."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import Field

from cloud.api.access import KnownPrincipal, ServicesOf
from cloud.api.forms import Form, Moment
from cloud.api.people_forms import GrantForm, PasswordForm, RefreshForm, SignInForm, grants_form
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
    refresh_token: Annotated[str, Field(examples=["eyJhbGciOi…"])]
    """Works once; shown again, it ends the session."""
    refresh_ends_at: Moment

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """In this form."""
        return cls(
            access_token=pair.access,
            access_ends_at=pair.access_ends_at,
            refresh_token=pair.refresh,
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
def sign_in(services: ServicesOf, form: SignInForm) -> PairForm:
    """Begin a session with login and password."""
    return PairForm.of(services.security.sign_in.sign_in(form.login, form.password.get_secret_value()))


@open_router.post("/refresh", status_code=201)
def refresh(services: ServicesOf, form: RefreshForm) -> PairForm:
    """The next two tokens for a refresh token; the old one is used up."""
    return PairForm.of(services.security.sign_in.refresh(form.refresh.get_secret_value()))


@open_router.post("/end", status_code=204)
def sign_out(services: ServicesOf, form: RefreshForm) -> None:
    """End the session; safe to repeat."""
    services.security.sign_in.sign_out(form.refresh.get_secret_value())


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
