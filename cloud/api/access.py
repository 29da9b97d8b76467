"""What every router is given: the services, the window of a listing, and who asks, with what they may.

This is the one place where roles are enforced. Every route names the permission that it needs, by what it is given: a
Caller. A route without one does not get into the application (cloud.api.server).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, AwareDatetime

from cloud.alerts.model import AlertFilter
from cloud.alerts.service import AlertService
from cloud.analytics.service import AnalyticsService
from cloud.bundles.rollouts import RolloutService
from cloud.bundles.service import BundleService
from cloud.bundles.updates import UpdateService
from cloud.campaigns.service import CampaignService
from cloud.captures.service import CaptureService
from cloud.chat.service import ChatService
from cloud.commands.service import CommandService
from cloud.errors import Conflict, NotAllowed, NotFound
from cloud.fleet.model import DriveFilter
from cloud.fleet.profiles import ProfileService
from cloud.fleet.provisioning.service import ProvisioningService
from cloud.fleet.service import FleetService
from cloud.health.lives import Lives
from cloud.health.service import HealthService
from cloud.inbox.aside import AsideService
from cloud.notify.contacts import ContactService
from cloud.notify.service import NotifyService
from cloud.pages import LIMIT_DEFAULT, LIMIT_MAX, Window
from cloud.rca.capas import CapaService
from cloud.rca.incidents import IncidentService
from cloud.rca.service import CauseService
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.preferences import PreferencesService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.behaviour import Outcome
from cloud.security.principal import Principal
from cloud.security.roles import Permission
from cloud.security.room import Security
from cloud.warranty.service import WarrantyService
from cloud.workflow.service import WorkflowService
from edge.wire.messages import AlertState
from edge.wire.topics import Address

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_bearer = HTTPBearer(
    auto_error=False,
    description="An access token (POST /session), an API key, or the token of `telltale-cloud serve`.",
)
Filter = TypeVar("Filter", bound="DataclassInstance")
"""A dataclass that has `within`: an AlertFilter or the like."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the API can ask."""

    fleet: FleetService
    profiles: ProfileService
    causes: CauseService
    analytics: AnalyticsService
    capas: CapaService
    incident_causes: IncidentService
    alerts: AlertService
    health: HealthService
    lives: Lives | None
    """The learned model of remaining life; None: none is configured."""
    captures: CaptureService
    commands: CommandService
    bundles: BundleService
    rollouts: RolloutService
    updates: UpdateService
    campaigns: CampaignService
    aside: AsideService
    scheduling: SchedulingService
    appointments: AppointmentService
    orders: WorkOrderService
    preferences: PreferencesService
    workflow: WorkflowService
    warranty: WarrantyService
    chat: ChatService
    notify: NotifyService
    contacts: ContactService
    counts: Callable[[], Mapping[str, int]]
    parts: Callable[[], Mapping[str, str]]
    """Each part of the service with the reason why it does not work; "" when it does."""
    security: Security
    now: Callable[[], datetime]
    provisioning: ProvisioningService | None = None
    """Who lets vehicles in; None: no authority is configured, and the broker alone decides."""


def services_of(request: Request) -> Services:
    """The services of the app that got this request."""
    services: Services = request.app.state.services
    return services


def provisioning_of(services: Services) -> ProvisioningService:
    """Who lets vehicles in.

    Raises:
        Conflict: nobody does, here.
    """
    if services.provisioning is None:
        raise Conflict("no authority for vehicles is configured here; see [provisioning] in the cloud's README")
    return services.provisioning


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and in which fleets they may do what they ask for."""

    principal: Principal
    permission: Permission

    @property
    def name(self) -> str:
        """As it stands in audit and timelines."""
        return self.principal.name

    def must(self, fleet: str, found: str) -> None:
        """Let pass what belongs to a fleet of theirs.

        Args:
            fleet: which it belongs to.
            found: what it is; who may not see it is told that it is not there, as if it were not.

        Raises:
            NotFound: it is of another fleet.
        """
        if not self.principal.may(self.permission, fleet):
            raise NotFound(f"there is no {found}")

    def only(self, wanted: Filter) -> Filter:
        """What is wanted, of their own fleets alone."""
        fleets = self.principal.fleets(self.permission)
        return replace(wanted, within=fleets)


class _May:
    """Lets pass who has a permission, in the fleet that the path names, if it names one; every try is noted."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(
        self, request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Caller:
        """Who asks.

        Raises:
            NotAuthenticated: nobody that is known (401).
            NotAllowed: they have this permission nowhere (403).
            NotFound: not in this fleet, which for them does not exist (404).
        """
        security = services_of(request).security
        principal = security.sign_in.principal_of(None if shown is None else shown.credentials)
        fleet = request.path_params.get("fleet")
        is_allowed = principal.may(self.permission, fleet)
        outcome = Outcome.ALLOWED if is_allowed else Outcome.REFUSED
        security.watch.note(principal.name, self.permission, outcome)
        caller = Caller(principal, self.permission)
        if is_allowed:
            return caller
        if not principal.may(self.permission):
            raise NotAllowed(f"{principal.name} may not {self.permission.replace('_', ' ')}")
        raise NotFound(f"there is no fleet {fleet!r}")


class _Known:
    """Lets pass everybody who is known: what concerns only themselves, and what is no secret."""

    def __call__(
        self, request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Principal:
        """Who asks.

        Raises:
            NotAuthenticated: nobody that is known (401).
        """
        return services_of(request).security.sign_in.principal_of(None if shown is None else shown.credentials)


def must_also(services: Services, caller: Caller, permission: Permission, fleet: str) -> None:
    """Let pass who has another permission beside that of the route, which is noted as well.

    Args:
        services: of the app that is asked.
        caller: who was let in.
        permission: the other one.
        fleet: where.

    Raises:
        NotAllowed: they do not have it in this fleet (403).
    """
    is_allowed = caller.principal.may(permission, fleet)
    services.security.watch.note(caller.name, permission, Outcome.ALLOWED if is_allowed else Outcome.REFUSED)
    if not is_allowed:
        raise NotAllowed(f"{caller.name} may not {permission.replace('_', ' ')}")


GUARDS = (_May, _Known)
"""A route must depend on one of these to get into the application."""


@cache
def may(permission: Permission) -> Any:
    """For a route: gives it a Caller who has this permission."""
    return Depends(_May(permission))


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
    fleet: str | None = None,
    vehicle: str | None = None,
    state: AlertState | None = None,
    since: Since = None,
    workshop: Annotated[
        bool | None, Query(description="Only those that began in a workshop and disturb nobody; or only the others.")
    ] = None,
) -> AlertFilter:
    return AlertFilter(fleet=fleet, vehicle=vehicle, state=state, since=since, workshop=workshop)


def _address(fleet: str, vehicle: str) -> Address:
    return Address(fleet, vehicle)


KnownPrincipal = Annotated[Principal, Depends(_Known())]
ServicesOf = Annotated[Services, Depends(services_of)]
WindowOf = Annotated[Window, Depends(_window)]
DrivesWanted = Annotated[DriveFilter, Depends(_drives)]
AlertsWanted = Annotated[AlertFilter, Depends(_alerts)]
AddressOf = Annotated[Address, Depends(_address)]
