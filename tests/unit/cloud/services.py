"""The cloud's services on a database of their own, without a broker and without HTTP."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from cloud import counters
from cloud.alerts.service import AlertService
from cloud.alerts.telling import Telling
from cloud.analytics.service import AnalyticsService
from cloud.bundles.rollouts import RolloutService
from cloud.bundles.service import BundleService, BundleSettings
from cloud.bundles.updates import UpdateService
from cloud.campaigns.room import make_campaigns
from cloud.campaigns.service import CampaignService, CampaignSettings, Near
from cloud.campaigns.windows import WindowSettings
from cloud.captures.service import CaptureService, CaptureSettings
from cloud.chat.service import ChatService
from cloud.chat.tools import Neighbours as ChatNeighbours
from cloud.chat.understanding import Understanding
from cloud.commands.service import CommandService, CommandSettings
from cloud.database import Database
from cloud.errors import NotAllowed
from cloud.fleet.desired import DesiredService
from cloud.fleet.profiles import ProfileService
from cloud.fleet.provisioning.authority import Authority
from cloud.fleet.provisioning.documents import DocumentKey
from cloud.fleet.provisioning.service import ProvisioningService, ProvisioningSettings
from cloud.fleet.refused import VehicleRefusals
from cloud.fleet.service import FleetService, FleetSettings
from cloud.health.knowledge import shipped
from cloud.health.lives import Lives
from cloud.health.model import Diagnosis
from cloud.health.service import HealthService, HealthSettings
from cloud.inbox.aside import AsideService
from cloud.inbox.intake import InboxSettings, Intake
from cloud.inbox.model import Arrival
from cloud.inbox.routing import Features
from cloud.inbox.streams import newest_stream
from cloud.notify.contacts import ContactService
from cloud.notify.dispatch import Dispatch
from cloud.notify.push import readable
from cloud.notify.service import NotifyService, NotifySettings
from cloud.rca.capas import CapaService
from cloud.rca.gather import Neighbours as CauseNeighbours
from cloud.rca.incidents import IncidentService
from cloud.rca.service import CauseService
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.preferences import PreferencesService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.audit import Audit
from cloud.security.passwords import Passwords
from cloud.security.room import Security, make_security
from cloud.warranty.gather import Sources
from cloud.warranty.plan_files import shipped_plans
from cloud.warranty.plans import PlanService
from cloud.warranty.seal import Seal
from cloud.warranty.service import WarrantyService
from cloud.wiring import positions_of
from cloud.workflow.agents import Diagnose
from cloud.workflow.circumstances import Surroundings
from cloud.workflow.model import Message
from cloud.workflow.room import Neighbours, Workflow, make_workflow
from cloud.workflow.settings import Patience
from edge.wire.downlink import Ack, decode_down
from edge.wire.topics import Address
from tests.folders import folder_for_the_run
from tests.unit.cloud.vehicle import T0

TOKEN: Final = "a-token-that-nobody-guesses"
PASSWORDS: Final = Passwords(memory_kib=64)
"""Quick ones: what a test guesses needs no protection."""
SETTINGS: Final = InboxSettings(
    quarantine_rows=1000,
    quarantine_bytes=2**20,
    shelf_rows=1000,
    shelf_bytes=2**20,
    gap_rows=1000,
    receipts_per_stream=1000,
)
CAPTURES: Final = CaptureSettings(
    parts_per_vehicle=100, bytes_per_vehicle=2**20, parts=200, bytes=2**21, kept_for=timedelta(days=90)
)
COMMANDS: Final = CommandSettings()
BUNDLES: Final = BundleSettings()
CAMPAIGNS: Final = CampaignSettings()
WINDOWS: Final = WindowSettings(
    parts_per_campaign=100, bytes_per_campaign=2**20, parts=200, bytes=2**21, kept_for=timedelta(days=90)
)
HEALTH: Final = HealthSettings()
NOTIFY: Final = NotifySettings(escalate_after=timedelta(minutes=15), deliveries_kept=1000)
UNDERSTANDING: Final = Understanding()
"""Loaded once for all."""
BROKER: Final = "mqtts://broker.example:8883"
PER_HOUR: Final = 3
"""Notices to one contact before they are gathered."""


def dont_know(address: Address, component: str) -> Diagnosis:
    return Diagnosis(address, component, T0, (), 1.0, None, "too little is known")


@dataclass
class Cloud:
    """Everything behind the API, at a time that the test sets."""

    url: str
    database: Database
    fleet: FleetService
    profiles: ProfileService
    causes: CauseService
    analytics: AnalyticsService
    capas: CapaService
    incident_causes: IncidentService
    alerts: AlertService
    health: HealthService
    security: Security
    captures: CaptureService
    commands: CommandService
    bundles: BundleService
    rollouts: RolloutService
    updates: UpdateService
    campaigns: CampaignService
    desired: DesiredService
    refused: VehicleRefusals
    aside: AsideService
    scheduling: SchedulingService
    appointments: AppointmentService
    orders: WorkOrderService
    preferences: PreferencesService
    workflow: Workflow
    warranty: WarrantyService
    chat: ChatService
    features: Features
    intake: Intake
    notify: NotifyService
    contacts: ContactService
    dispatch: Dispatch
    provisioning: ProvisioningService
    """Makes codes and certificates; the inbox listens to everybody until a test has it ask."""
    now: datetime = T0
    lives: Lives | None = None
    diagnose: Diagnose = dont_know
    told: list[Message] = field(default_factory=list)
    serviced: list[tuple[Address, str]] = field(default_factory=list)
    forbidden: set[tuple[str, str]] = field(default_factory=set)
    """Which agent must not hand over to which."""

    def take(self, *arrivals: Arrival) -> list[Ack]:
        """Take a batch in; the acknowledgements that go back."""
        return [decode_down(Ack, reply.payload) for reply in self.intake.take(arrivals)]

    def counts(self) -> dict[str, int]:
        return counters.read(self.database)

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.database.snapshot() as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


@contextmanager
def open_cloud(
    folder: Path | None = None,
    *,
    inbox: InboxSettings = SETTINGS,
    summaries_per_vehicle: int = 100,
    places_for: timedelta = timedelta(days=90),
    all_clear: bool = False,
    deliveries_kept: int = NOTIFY.deliveries_kept,
    health_settings: HealthSettings = HEALTH,
    conversations_kept: int = 100,
    captures_kept: CaptureSettings = CAPTURES,
    commands_kept: CommandSettings = COMMANDS,
    bundles_kept: BundleSettings = BUNDLES,
    campaigns_kept: CampaignSettings = CAMPAIGNS,
    windows_kept: WindowSettings = WINDOWS,
) -> Iterator[Cloud]:
    """A cloud with an empty database, in a folder that is gone afterwards unless one is given."""
    with TemporaryDirectory() as temporary:
        file = (folder or Path(temporary)) / "telltale.db"
        if not file.exists():
            shutil.copyfile(_empty_database(), file.with_suffix(".part"))
            file.with_suffix(".part").rename(file)  # whole or not there, also where a test kills who copies
        url = f"sqlite:///{file}"
        database = Database(url)
        settings = FleetSettings(timedelta(minutes=3), summaries_per_vehicle, places_for)
        fleet = FleetService(database, settings, lambda: cloud.now)
        audit = Audit(database, lambda: cloud.now)
        told = replace(NOTIFY, deliveries_kept=deliveries_kept)
        notify = NotifyService(database, told, lambda: cloud.now, lambda: None)
        alerts = AlertService(database, audit, Telling(notify, all_clear=all_clear), lambda: cloud.now)
        contacts = ContactService(database, audit, has_mail=True, private=True, can_push=readable)
        dispatch = Dispatch(database, lambda: cloud.now, lambda _, most: most, per_hour=PER_HOUR)
        security = make_security(
            database, lambda: cloud.now, audit=audit, signing_key=bytes(32), bootstrap=TOKEN, passwords=PASSWORDS
        )
        health = HealthService(
            database,
            health_settings,
            knowledge=shipped(),
            fleet=fleet,
            alerts=alerts,
            audit=audit,
            now=lambda: cloud.now,
        )
        captures = CaptureService(database, audit, captures_kept, lambda: cloud.now)
        commands = CommandService(database, audit, commands_kept, lambda: cloud.now, must_exist=fleet.vehicle)
        desired = DesiredService(database, lambda: cloud.now, document_key())
        rollouts = RolloutService(
            database, audit, bundles_kept, lambda: cloud.now, heard=fleet.last_heard, desired=desired
        )
        updates = UpdateService(database, audit, bundles_kept, rollouts=rollouts, must_exist=fleet.vehicle)
        refused = VehicleRefusals(audit)
        near_them = Near(fleet, desired, refused)
        campaigns = make_campaigns(database, audit, campaigns_kept, windows_kept, lambda: cloud.now, near=near_them)
        features = Features(fleet, alerts, health, captures, commands, campaigns, refused, updates)
        intake = Intake(database, features, inbox, lambda: cloud.now)
        scheduling = SchedulingService(database, audit, lambda: cloud.now)
        appointments = AppointmentService(database, audit, lambda: cloud.now)
        orders = WorkOrderService(
            database, audit, alerts, lambda: cloud.now, serviced=lambda _, *what: cloud.serviced.append(what[:2])
        )

        preferences = PreferencesService(database, audit, lambda: cloud.now, must_exist=fleet.vehicle)

        def allowed(run: str, before: str, after: str) -> None:
            if (before, after) in cloud.forbidden:
                raise NotAllowed(f"{run}: {before} may not hand over to {after}")

        near = Neighbours(
            alerts,
            scheduling,
            appointments,
            orders,
            Surroundings(fleet.place, preferences.of, health.lifetimes),
            lambda address, component: cloud.diagnose(address, component),  # noqa: PLW0108 - tests set another one later
            lambda _, message: cloud.told.append(message),
            allowed,
        )
        workflow = make_workflow(
            database,
            audit,
            near,
            lambda: cloud.now,
            patience=Patience(),
            file=file.with_name("checkpoints.db"),
            look_every_s=1.0,
        )
        profiles = ProfileService(database, audit, fleet, lambda: cloud.now)
        sources = Sources(
            fleet, profiles, alerts, health, scheduling, appointments, orders, workflow.service, positions_of(fleet)
        )
        seal = Seal(bytes(32))
        plans = PlanService(database, audit, shipped_plans(), lambda: cloud.now, fleet=fleet, profiles=profiles)
        warranty = WarrantyService(database, audit, sources, plans, lambda: cloud.now, seal=seal)
        asked = CauseNeighbours(fleet, profiles, alerts, orders, shipped())
        causes = CauseService(database, audit, asked, lambda: cloud.now)
        of_chat = ChatNeighbours(
            fleet, alerts, health, scheduling, appointments, orders, workflow.service, lambda: cloud.now
        )
        cloud = Cloud(
            url=url,
            database=database,
            fleet=fleet,
            profiles=profiles,
            causes=causes,
            analytics=AnalyticsService(fleet, alerts, orders, lambda: cloud.now),
            capas=CapaService(database, audit, asked, lambda: cloud.now),
            incident_causes=IncidentService(asked, causes, health, workflow.service, lambda: cloud.now),
            alerts=alerts,
            health=health,
            security=security,
            captures=captures,
            commands=commands,
            bundles=BundleService(database, audit, bundles_kept, lambda: cloud.now),
            rollouts=rollouts,
            updates=updates,
            campaigns=campaigns,
            desired=desired,
            refused=refused,
            aside=AsideService(database),
            scheduling=scheduling,
            appointments=appointments,
            orders=orders,
            preferences=preferences,
            workflow=workflow,
            warranty=warranty,
            chat=ChatService(database, of_chat, UNDERSTANDING, conversations_max=conversations_kept),
            features=features,
            intake=intake,
            notify=notify,
            contacts=contacts,
            dispatch=dispatch,
            provisioning=ProvisioningService(
                database,
                audit,
                lambda: cloud.now,
                authority=authority(),
                settings=ProvisioningSettings(BROKER),
                newest_stream=newest_stream,
                documents=document_key(),
            ),
        )
        try:
            yield cloud
        finally:
            workflow.runner.close()
            database.close()


def alerts_on(database: Database) -> AlertService:
    """Alerts of another cloud on the same database."""
    notify = NotifyService(database, NOTIFY, lambda: T0, lambda: None)
    return AlertService(database, Audit(database, lambda: T0), Telling(notify), lambda: T0)


def with_inbox(**changes: int) -> InboxSettings:
    """The inbox's settings with some bounds made small."""
    return replace(SETTINGS, **changes)


@cache
def authority() -> Authority:
    """Who certifies vehicles; one for the run."""
    return Authority.new("Fleet", T0)


@cache
def document_key() -> DocumentKey:
    """Who signs for vehicles; one for the run."""
    return DocumentKey.new(authority())


def public_key() -> bytes:
    """What its signatures are held against."""
    return load_pem_public_key(document_key().public_pem.encode()).public_bytes(Encoding.Raw, PublicFormat.Raw)


@cache
def _empty_database() -> Path:
    """Migrated once per process of a test run; copied for each test."""
    file = folder_for_the_run() / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file
