"""/people and /keys: who signs in, which programs have a key, and what each may."""

from typing import Annotated

from fastapi import APIRouter

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import PageForm, page_form
from cloud.api.people_forms import KeyForm, KeyWish, NewKeyForm, PersonForm, PersonLogin, PersonWish
from cloud.security.roles import MATRIX, Permission, Role

router = APIRouter(tags=["people"])
Reader = Annotated[Caller, may(Permission.SEE_PEOPLE)]
Keeper = Annotated[Caller, may(Permission.PUT_PEOPLE)]


@router.get("/roles")
def roles(_: Reader) -> dict[Role, list[Permission]]:
    """What each role may."""
    return {role: sorted(permissions) for role, permissions in MATRIX.items()}


@router.get("/people")
def list_people(_: Reader, services: ServicesOf, window: WindowOf) -> PageForm[PersonForm]:
    """People by login."""
    return page_form(services.security.people.people(window), PersonForm.of)


@router.get("/people/{login}")
def one_person(_: Reader, services: ServicesOf, login: PersonLogin) -> PersonForm:
    """One person."""
    return PersonForm.of(services.security.people.person(login))


@router.put("/people/{login}")
def put_person(caller: Keeper, services: ServicesOf, login: PersonLogin, form: PersonWish) -> PersonForm:
    """Add a person or change one. Nobody is deleted: what they did stays theirs; disable them instead."""
    password = None if form.password is None else form.password.get_secret_value()
    grants = tuple(grant.grant() for grant in form.grants)
    people = services.security.people
    return PersonForm.of(people.put(login, form.name, grants, by=caller.name, enabled=form.enabled, password=password))


@router.get("/keys")
def list_keys(_: Reader, services: ServicesOf, window: WindowOf) -> PageForm[KeyForm]:
    """Keys by name, also revoked ones."""
    return page_form(services.security.people.keys(window), KeyForm.of)


@router.post("/keys", status_code=201)
def make_key(caller: Keeper, services: ServicesOf, form: KeyWish) -> NewKeyForm:
    """A key for a program. Its token is in this answer and nowhere else."""
    only = None if form.only is None else frozenset(form.only)
    grants = tuple(grant.grant() for grant in form.grants)
    made = services.security.people.make_key(form.name, grants, by=caller.name, only=only, ends_at=form.ends_at)
    return NewKeyForm.with_token(*made)


@router.delete("/keys/{key}")
def revoke_key(caller: Keeper, services: ServicesOf, key: str) -> KeyForm:
    """It opens nothing any more; safe to repeat."""
    return KeyForm.of(services.security.people.revoke_key(key, by=caller.name))
