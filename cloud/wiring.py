"""Every part of the service, knowing those it needs. Nothing runs yet: cloud.app starts it and stops it."""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cloud import counters
from cloud.alerts.service import AlertService
from cloud.alerts.telling import Telling
from cloud.analytics.service import AnalyticsService
from cloud.api.access import Services
from cloud.api.listener import ApiServer
from cloud.api.server import make_api
from cloud.bundles.rollouts import RolloutService
from cloud.bundles.service import BundleService, BundleSettings
from cloud.bundles.updates import UpdateService
from cloud.campaigns.room import make_campaigns
from cloud.campaigns.service import CampaignService, CampaignSettings, Near
from cloud.campaigns.windows import WindowSettings
from cloud.captures.service import CaptureService, CaptureSettings
from cloud.chat.room import make_chat
from cloud.chat.tools import Neighbours as ChatNeighbours
from cloud.commands.service import CommandService, CommandSettings
from cloud.config import BrokerTarget, CampaignsConfig, CapturesConfig, CloudConfig, CommandsConfig
from cloud.console.serve import with_console
from cloud.database import Connection, Database
from cloud.fleet.desired import DesiredService
from cloud.fleet.profiles import ProfileService
from cloud.fleet.provisioning.opened import open_provisioning
from cloud.fleet.refused import VehicleRefusals
from cloud.fleet.service import FleetService, FleetSettings
from cloud.health.knowledge import shipped
from cloud.health.lives import load_lives
from cloud.health.service import HealthService, HealthSettings
from cloud.inbox.aside import AsideService
from cloud.inbox.bundles import Bundles
from cloud.inbox.campaigns import Campaigns
from cloud.inbox.commands import Commands
from cloud.inbox.desired import DesiredStates
from cloud.inbox.intake import InboxSettings, Intake
from cloud.inbox.link import Link, LinkState
from cloud.inbox.routing import Features
from cloud.inbox.session import tls_of
from cloud.inbox.streams import newest_stream
from cloud.notify.model import Notice
from cloud.notify.room import make_notify
from cloud.notify.service import NotifyService
from cloud.notify.worker import Worker
from cloud.rca.capas import CapaService
from cloud.rca.gather import Neighbours as CauseNeighbours
from cloud.rca.incidents import IncidentService
from cloud.rca.service import CauseService
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.model import Place
from cloud.scheduling.preferences import PreferencesService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.agents import AgentGuard
from cloud.security.audit import Audit
from cloud.security.room import Security, make_security
from cloud.security.tokens import signing_key
from cloud.warranty.checks import Sighting
from cloud.warranty.gather import Positions, Sources, sighting_of
from cloud.warranty.plan_files import load_plans, shipped_plans
from cloud.warranty.plans import PlanService
from cloud.warranty.seal import Seal
from cloud.warranty.service import WarrantyService
from cloud.workflow.circumstances import Surroundings
from cloud.workflow.model import EDGES, Message
from cloud.workflow.room import Neighbours, Workflow, make_workflow
from cloud.workflow.runner import Runner
from cloud.workflow.settings import Patience
from edge.wire.messages import Position
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts that run."""

    api: ApiServer
    link: Link
    notify: Worker
    security: Security
    runner: Runner


def wire(config: CloudConfig, database: Database, target: BrokerTarget, *, token: str, tried: asyncio.Event) -> Parts:
    """Every part, knowing those it needs; `tried` is set when the broker was found there or away."""
    fleet = FleetService(
        database,
        FleetSettings(
            timedelta(seconds=config.fleet.offline_after_s),
            config.fleet.summaries_per_vehicle,
            timedelta(days=config.fleet.places_days),
        ),
        now,
    )
    audit = Audit(database, now)
    notify = make_notify(database, audit, config.notify, now)
    alerts = AlertService(
        database, audit, Telling(notify.service, config.notify.public_url, config.notify.all_clear), now
    )
    key = signing_key(config.security.key_file or database.file.with_name(f"{database.file.name}.key"))
    security = make_security(database, now, audit=audit, signing_key=key, bootstrap=token)
    kept = HealthSettings(config.health.quarters_per_vehicle, config.health.days_per_vehicle)
    health = HealthService(database, kept, knowledge=shipped(), fleet=fleet, alerts=alerts, audit=audit, now=now)
    captures = CaptureService(database, audit, _kept(config.captures), now)
    provisioning = open_provisioning(config.provisioning, database, audit, now, newest_stream=newest_stream)
    commands = CommandService(database, audit, _asked(config.commands), now, must_exist=fleet.vehicle)
    desired = DesiredService(database, now, None if provisioning is None else provisioning.documents)
    bounds = BundleSettings(**config.bundles.model_dump())
    rollouts = RolloutService(database, audit, bounds, now, heard=fleet.last_heard, desired=desired)
    updates = UpdateService(database, audit, bounds, rollouts=rollouts, must_exist=fleet.vehicle)
    refused = VehicleRefusals(audit)
    campaigns = _campaigns(config.campaigns, database, audit, Near(fleet, desired, refused))
    features = Features(fleet, alerts, health, captures, commands, campaigns, refused, updates)
    intake = Intake(database, features, InboxSettings(**config.inbox.model_dump()), now, provisioning)
    loop = asyncio.get_running_loop()

    def tell(_: LinkState) -> None:
        loop.call_soon_threadsafe(tried.set)

    link = Link(
        target,
        intake.take,
        client_id=f"telltale-cloud-{secrets.token_hex(8)}",
        tls=tls_of(target),
        now=now,
        uniform=random.SystemRandom().uniform,
        on_change=tell,
        says=(
            Campaigns(campaigns.renew),
            Bundles(rollouts.give_due),
            DesiredStates(desired),
            Commands(commands.take_due),
        ),
    )
    scheduling, appointments = SchedulingService(database, audit, now), AppointmentService(database, audit, now)
    orders = WorkOrderService(database, audit, alerts, now, serviced=health.serviced, worked_on=desired.worked_on)
    preferences = PreferencesService(database, audit, now, must_exist=fleet.vehicle)
    guard = AgentGuard(database, security.watch, audit, EDGES)
    tell_people = teller(notify.service, config.notify.public_url)
    near = Neighbours(
        alerts,
        scheduling,
        appointments,
        orders,
        Surroundings(fleet.place, preferences.of, health.lifetimes),
        health.diagnose,
        tell_people,
        guard.pass_on,
    )
    workflow = _workflow(config, database, audit, near)
    profiles = ProfileService(database, audit, fleet, now)
    sources = Sources(
        fleet, profiles, alerts, health, scheduling, appointments, orders, workflow.service, positions_of(fleet)
    )
    known = shipped_plans() if config.warranty.plans is None else load_plans(config.warranty.plans)
    plans = PlanService(database, audit, known, now, fleet=fleet, profiles=profiles)
    warranty = WarrantyService(database, audit, sources, plans, now, seal=Seal(key))
    asked = CauseNeighbours(fleet, profiles, alerts, orders, shipped())
    causes = CauseService(database, audit, asked, now)
    of_chat = ChatNeighbours(fleet, alerts, health, scheduling, appointments, orders, workflow.service, now)
    services = Services(
        fleet=fleet,
        profiles=profiles,
        causes=causes,
        analytics=AnalyticsService(fleet, alerts, orders, now),
        capas=CapaService(database, audit, asked, now),
        incident_causes=IncidentService(asked, causes, health, workflow.service, now),
        alerts=alerts,
        health=health,
        lives=load_lives(config.health.rul_model),
        captures=captures,
        commands=commands,
        bundles=BundleService(database, audit, bounds, now),
        rollouts=rollouts,
        updates=updates,
        campaigns=campaigns,
        aside=AsideService(database),
        scheduling=scheduling,
        appointments=appointments,
        orders=orders,
        preferences=preferences,
        workflow=workflow.service,
        warranty=warranty,
        chat=make_chat(database, of_chat, config.chat),
        counts=partial(counters.read, database),
        notify=notify.service,
        contacts=notify.contacts,
        parts=lambda: {
            **reasons(database, link.state, notify.worker.reason),
            **workflow.runner.parts(),
            **({} if provisioning is None else {"door": provisioning.trouble()}),
        },
        security=security,
        now=now,
        provisioning=provisioning,
    )
    return Parts(ApiServer(with_console(make_api(services))), link, notify.worker, security, workflow.runner)


def _kept(wanted: CapturesConfig) -> CaptureSettings:
    return CaptureSettings(
        parts_per_vehicle=wanted.parts_per_vehicle,
        bytes_per_vehicle=wanted.bytes_per_vehicle,
        parts=wanted.parts,
        bytes=wanted.bytes,
        kept_for=timedelta(days=wanted.kept_days),
    )


def _asked(wanted: CommandsConfig) -> CommandSettings:
    return CommandSettings(wanted.open_per_vehicle, wanted.per_vehicle, timedelta(days=wanted.kept_days))


def _campaigns(wanted: CampaignsConfig, database: Database, audit: Audit, near: Near) -> CampaignService:
    settings = CampaignSettings(wanted.open_per_fleet, wanted.per_fleet, timedelta(days=wanted.kept_days))
    kept = WindowSettings(
        parts_per_campaign=wanted.parts_per_campaign,
        bytes_per_campaign=wanted.bytes_per_campaign,
        parts=wanted.parts,
        bytes=wanted.bytes,
        kept_for=timedelta(days=wanted.windows_days),
    )
    return make_campaigns(database, audit, settings, kept, now, near=near)


def _workflow(config: CloudConfig, database: Database, audit: Audit, near: Neighbours) -> Workflow:
    wanted = config.workflow
    patience = Patience(
        remind_after=timedelta(days=wanted.remind_after_days),
        ask_again_after=timedelta(days=wanted.ask_again_after_days),
        look_again_after=timedelta(days=wanted.look_again_after_days),
        overdue_after=timedelta(days=wanted.overdue_after_days),
    )
    file = wanted.checkpoint_file or database.file.with_name(f"{database.file.name}.checkpoints")
    look_every_s = wanted.look_every_s
    return make_workflow(database, audit, near, now, patience=patience, file=file, look_every_s=look_every_s)


def teller(notify: NotifyService, public_url: str | None) -> Callable[[Connection, Message], None]:
    """How the workflow's words reach people."""

    def tell(connection: Connection, message: Message) -> None:
        notice = Notice(
            reason=message.reason,
            fleet=message.fleet,
            vehicle=message.vehicle,
            severity=message.severity,
            title=message.title,
            text=message.text,
            link=None if public_url is None else f"{public_url.rstrip('/')}/cases/{message.case}",
            correlation=message.correlation,
        )
        notify.post(connection, notice)

    return tell


def positions_of(fleet: FleetService) -> Positions:
    """Where a vehicle was last in each hour, as long as that is kept, and where it said last that it was."""

    def positions(address: Address, since: datetime, until: datetime) -> list[Sighting]:
        found = [sighting_of(seen) for seen in fleet.places(address, since, until)]
        told = fleet.twin(address).position
        if told is None or not told.clock.is_right or not since <= told.observed_at <= until:
            return found
        if isinstance(told.body, Position):
            place = Place(told.body.latitude_deg, told.body.longitude_deg)
            found.append(Sighting(told.observed_at, place, told.body.accuracy_m))
        return found

    return positions


def now() -> datetime:
    """The cloud's clock."""
    return datetime.now(UTC)


def reasons(database: Database, link: LinkState, notify: str) -> Mapping[str, str]:
    """Each part with the reason why it does not work; "" when it does."""
    return {
        "broker": link.broker,
        "database": database.check(),
        "inbox": link.database and f"cannot store: {link.database}",
        "notify": notify,
    }
