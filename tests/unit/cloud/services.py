"""The cloud's services on a database of their own, without a broker and without HTTP."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Final

import sqlalchemy as sa

from cloud import counters
from cloud.alerts.service import AlertService
from cloud.alerts.telling import Telling
from cloud.database import Database
from cloud.fleet.service import FleetService, FleetSettings
from cloud.inbox.aside import AsideService
from cloud.inbox.intake import InboxSettings, Intake
from cloud.inbox.model import Arrival
from cloud.inbox.routing import Features
from cloud.notify.contacts import ContactService
from cloud.notify.dispatch import Dispatch
from cloud.notify.push import readable
from cloud.notify.service import NotifyService, NotifySettings
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.service import SchedulingService
from edge.wire.downlink import Ack, decode_down
from tests.unit.cloud.vehicle import T0

SETTINGS: Final = InboxSettings(
    quarantine_rows=1000,
    quarantine_bytes=2**20,
    shelf_rows=1000,
    shelf_bytes=2**20,
    gap_rows=1000,
    receipts_per_stream=1000,
)
NOTIFY: Final = NotifySettings(escalate_after=timedelta(minutes=15), deliveries_kept=1000)
PER_HOUR: Final = 3
"""Notices to one contact before they are gathered."""


@dataclass
class Cloud:
    """Everything behind the API, at a time that the test sets."""

    url: str
    database: Database
    fleet: FleetService
    alerts: AlertService
    aside: AsideService
    scheduling: SchedulingService
    appointments: AppointmentService
    intake: Intake
    notify: NotifyService
    contacts: ContactService
    dispatch: Dispatch
    now: datetime = T0

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
    all_clear: bool = False,
    deliveries_kept: int = NOTIFY.deliveries_kept,
) -> Iterator[Cloud]:
    """A cloud with an empty database, in a folder that is gone afterwards unless one is given."""
    with TemporaryDirectory() as temporary:
        file = (folder or Path(temporary)) / "telltale.db"
        if not file.exists():
            shutil.copyfile(_empty_database(), file)
        url = f"sqlite:///{file}"
        database = Database(url)
        settings = FleetSettings(timedelta(minutes=3), summaries_per_vehicle)
        fleet = FleetService(database, settings, lambda: cloud.now)
        told = replace(NOTIFY, deliveries_kept=deliveries_kept)
        notify = NotifyService(database, told, lambda: cloud.now, lambda: None)
        alerts = AlertService(database, Telling(notify, all_clear=all_clear), lambda: cloud.now)
        contacts = ContactService(database, has_mail=True, private=True, can_push=readable)
        dispatch = Dispatch(database, lambda: cloud.now, lambda _, most: most, per_hour=PER_HOUR)
        intake = Intake(database, Features(fleet, alerts), inbox)
        scheduling = SchedulingService(database, lambda: cloud.now)
        appointments = AppointmentService(database, lambda: cloud.now)
        cloud = Cloud(
            url=url,
            database=database,
            fleet=fleet,
            alerts=alerts,
            aside=AsideService(database),
            scheduling=scheduling,
            appointments=appointments,
            intake=intake,
            notify=notify,
            contacts=contacts,
            dispatch=dispatch,
        )
        try:
            yield cloud
        finally:
            database.close()


def alerts_on(database: Database) -> AlertService:
    """Alerts of another cloud on the same database."""
    notify = NotifyService(database, NOTIFY, lambda: T0, lambda: None)
    return AlertService(database, Telling(notify), lambda: T0)


def with_inbox(**changes: int) -> InboxSettings:
    """The inbox's settings with some bounds made small."""
    return replace(SETTINGS, **changes)


@cache
def _empty_database() -> Path:
    """Migrated once per test run; copied for each test."""
    file = Path(mkdtemp(prefix="telltale-test-")) / "empty.db"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file
