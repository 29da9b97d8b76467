"""/contacts: who is told when something is wrong, in which way, when not, and in which order."""

import secrets
from datetime import time
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field, SecretStr, model_validator

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.centres import ZoneName
from cloud.api.deliveries import DeliveryForm, delivery_form
from cloud.api.forms import FleetName, Form, Line, PageForm, page_form
from cloud.api.jobs import Name, WallTime, Wish
from cloud.notify.channel import LENGTH_MAX, masked
from cloud.notify.model import Contact
from cloud.notify.quiet import QuietHours
from cloud.security.roles import Permission
from edge.wire.messages import Severity

router = APIRouter(prefix="/contacts", tags=["contacts"])
Reader = Annotated[Caller, may(Permission.SEE_CONTACTS)]
Keeper = Annotated[Caller, may(Permission.PUT_CONTACTS)]

ContactName = Annotated[Name, Field(examples=["ada-mail"])]
Rank = Annotated[int, Field(ge=0, le=99, examples=[0])]


def _to_the_minute(wall: time) -> time:
    if wall.second or wall.microsecond:
        raise ValueError("quiet hours are to the minute")
    return wall


class QuietForm(Wish):
    """When a person is left alone, each day, in their wall time; over midnight where it ends before it begins."""

    from_at: Annotated[WallTime, AfterValidator(_to_the_minute), Field(examples=["22:00"])]
    until_at: Annotated[WallTime, AfterValidator(_to_the_minute), Field(examples=["07:00"])]
    zone: ZoneName

    @model_validator(mode="after")
    def _end(self) -> Self:
        self.quiet()
        return self

    def quiet(self) -> QuietHours:
        """The same inside."""
        return QuietHours(self.from_at, self.until_at, self.zone)


class ContactWish(Wish):
    """How one person is told in one way."""

    person: Annotated[Line, Field(examples=["ada@example.org"])]
    """Their login, or a name."""
    channel: Annotated[
        SecretStr | None, Field(min_length=1, max_length=LENGTH_MAX, examples=["mailto:ada@example.org"])
    ] = None
    """`mailto:` an e-mail address, `https://` a webhook, or an address of a service that apprise knows. Left out, it
    stays as it was."""
    quiet: Annotated[QuietForm | None, Field(examples=[None])] = None
    critical_always: bool = False
    """Whether what is critical comes in the quiet hours too."""
    severity_min: Severity = Severity.WARNING
    """What is less is not told."""
    rank: Rank = 0
    """The lowest are told at once, the next when nobody has seen it for a while; equals together."""
    enabled: bool = True

    def contact(self, fleet: str, contact: str) -> Contact:
        """The same inside."""
        return Contact(
            fleet=fleet,
            id=contact,
            person=self.person,
            channel="" if self.channel is None else self.channel.get_secret_value(),
            quiet=None if self.quiet is None else self.quiet.quiet(),
            critical_always=self.critical_always,
            severity_min=self.severity_min,
            rank=self.rank,
            enabled=self.enabled,
        )


class ContactForm(Form):
    """A contact as it stands."""

    fleet: FleetName
    id: ContactName
    person: Line
    channel: Annotated[str, Field(examples=["https://hooks.example.org/…"])]
    """Without what is secret in it."""
    quiet: QuietForm | None
    critical_always: bool
    severity_min: Severity
    rank: Rank
    enabled: bool


@router.get("")
def list_contacts(
    caller: Reader,
    services: ServicesOf,
    window: WindowOf,
    fleet: Annotated[str | None, Query(description="Of one fleet.")] = None,
) -> PageForm[ContactForm]:
    """Contacts, by fleet and id."""
    within = caller.principal.fleets(caller.permission)
    return page_form(services.contacts.contacts(window, fleet=fleet, within=within), contact_form)


@router.get("/{fleet}/{contact}")
def one_contact(_: Reader, services: ServicesOf, fleet: str, contact: str) -> ContactForm:
    """One contact."""
    return contact_form(services.contacts.contact(fleet, contact))


@router.put("/{fleet}/{contact}")
def put_contact(
    caller: Keeper, services: ServicesOf, fleet: Name, contact: ContactName, form: ContactWish
) -> ContactForm:
    """Add a contact, or replace it; safe to repeat."""
    return contact_form(services.contacts.put(form.contact(fleet, contact), by=caller.name))


@router.delete("/{fleet}/{contact}")
def remove_contact(caller: Keeper, services: ServicesOf, fleet: str, contact: str) -> ContactForm:
    """Take it away, and say what it was; what was on its way there is not sent."""
    return contact_form(services.contacts.remove(fleet, contact, by=caller.name))


@router.post("/{fleet}/{contact}/test", status_code=202)
def try_contact(_: Keeper, services: ServicesOf, fleet: str, contact: str) -> DeliveryForm:
    """Send it a notice, to see whether it arrives; quiet hours hold it too. `/deliveries` tells how it went."""
    return delivery_form(services.notify.test(fleet, contact, secrets.token_hex(8)))


def contact_form(contact: Contact) -> ContactForm:
    """A contact for callers."""
    quiet = contact.quiet
    return ContactForm(
        fleet=contact.fleet,
        id=contact.id,
        person=contact.person,
        channel=masked(contact.channel),
        quiet=None if quiet is None else QuietForm(from_at=quiet.from_at, until_at=quiet.until_at, zone=quiet.zone),
        critical_always=contact.critical_always,
        severity_min=contact.severity_min,
        rank=contact.rank,
        enabled=contact.enabled,
    )
