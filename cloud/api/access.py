"""What every router is given: the services, the window of a listing, and the guard at the door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, AwareDatetime

from cloud.alerts.model import AlertFilter
from cloud.alerts.service import AlertService
from cloud.fleet.model import DriveFilter
from cloud.fleet.service import FleetService
from cloud.inbox.aside import AsideService
from cloud.notify.contacts import ContactService
from cloud.notify.service import NotifyService
from cloud.pages import LIMIT_DEFAULT, LIMIT_MAX, Window
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.service import SchedulingService
from cloud.security.token import BootstrapToken
from edge.wire.messages import AlertState
from edge.wire.topics import Address

_bearer = HTTPBearer(auto_error=False, description="The token that `telltale-cloud serve` was given or printed.")


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the API can ask."""

    fleet: FleetService
    alerts: AlertService
    aside: AsideService
    scheduling: SchedulingService
    appointments: AppointmentService
    notify: NotifyService
    contacts: ContactService
    counts: Callable[[], Mapping[str, int]]
    parts: Callable[[], Mapping[str, str]]
    """Each part of the service with the reason why it does not work; "" when it does."""
    token: BootstrapToken


def services_of(request: Request) -> Services:
    """The services of the app that got this request."""
    services: Services = request.app.state.services
    return services


def guard(request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
    """Let nobody pass without the token.

    Raises:
        NotAuthenticated: 401.
    """
    services_of(request).token.check(None if shown is None else shown.credentials)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999 in UTC") from None


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment that a caller names, in UTC."""
Since = Annotated[Instant | None, Query(description="Begun then or later; with a zone.")]


def _window(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Items on a page.")] = LIMIT_DEFAULT,
    after: Annotated[
        str | None, Query(max_length=1000, description="The `after` of the page before; leave out for the first.")
    ] = None,
) -> Window:
    return Window(limit, after)


def _drives(fleet: str | None = None, vehicle: str | None = None, since: Since = None) -> DriveFilter:
    return DriveFilter(fleet=fleet, vehicle=vehicle, since=since)


def _alerts(
    fleet: str | None = None, vehicle: str | None = None, state: AlertState | None = None, since: Since = None
) -> AlertFilter:
    return AlertFilter(fleet=fleet, vehicle=vehicle, state=state, since=since)


def _address(fleet: str, vehicle: str) -> Address:
    return Address(fleet, vehicle)


ServicesOf = Annotated[Services, Depends(services_of)]
WindowOf = Annotated[Window, Depends(_window)]
DrivesWanted = Annotated[DriveFilter, Depends(_drives)]
AlertsWanted = Annotated[AlertFilter, Depends(_alerts)]
AddressOf = Annotated[Address, Depends(_address)]
