"""The service: wires every part, starts them in order, ends them all when one dies or when asked to.

The order: database, port, broker, inbox, notify and API. Nothing is announced before all of it runs, and what cannot
start stops the rest before anyone has seen it.
"""

import asyncio
import logging
import random
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from cloud import counters
from cloud.alerts.service import AlertService
from cloud.alerts.telling import Telling
from cloud.announce import announced, check_announce
from cloud.api.access import Services
from cloud.api.listener import ApiServer, bind, url_of
from cloud.api.server import make_api
from cloud.broker.embedded import HOST, EmbeddedBroker, embedded_broker
from cloud.config import BrokerConfig, BrokerTarget, CloudConfig, broker_target
from cloud.database import Connection, Database
from cloud.errors import PartEnded, UpstreamDown
from cloud.fleet.service import FleetService, FleetSettings
from cloud.health.knowledge import shipped
from cloud.health.lives import load_lives
from cloud.health.service import HealthService, HealthSettings
from cloud.inbox.aside import AsideService
from cloud.inbox.intake import InboxSettings, Intake
from cloud.inbox.link import Link, LinkState
from cloud.inbox.routing import Features
from cloud.inbox.session import tls_of
from cloud.notify.model import Notice
from cloud.notify.room import make_notify
from cloud.notify.service import NotifyService
from cloud.notify.worker import Worker
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.agents import AgentGuard
from cloud.security.audit import Audit
from cloud.security.room import Security, make_security
from cloud.security.tokens import signing_key
from cloud.workflow.model import EDGES, Message
from cloud.workflow.room import Neighbours, Workflow, make_workflow
from cloud.workflow.runner import Runner
from cloud.workflow.settings import Patience

_log = logging.getLogger(__name__)


async def serve(
    config: CloudConfig, *, token: str, announce: Path | None = None, on_ready: Callable[[], None] = lambda: None
) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        config: what to run.
        token: what opens the API.
        announce: see cloud.announce.
        on_ready: called once, when everything runs.

    Raises:
        ConfigError: it cannot start as configured; nothing is left behind.
        UpstreamDown: the database is held by somebody else.
        ExceptionGroup: a part died.
    """
    stop = _stop_at_signals()
    async with AsyncExitStack() as stack:
        check_announce(announce)
        database = Database(config.database)
        stack.callback(database.close)
        _log.info("%s is at revision %s", config.database, database.migrate())
        listener = stack.enter_context(bind(config.api.host, config.api.port))
        embedded, target = await stack.enter_async_context(_broker(config.broker))
        tried = asyncio.Event()
        service = _wire(config, database, target, token=token, tried=tried)
        stack.callback(service.link.close)
        stack.callback(_write_activities, service.security)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(embedded), name="broker")
            group.create_task(_outlast(stop, "api", service.api.serve([listener])), name="api")
            for name, part in (("inbox", service.link), ("notify", service.notify), ("workflow", service.runner)):
                group.create_task(_outlast(stop, name, _in_thread(name, part)), name=name)
            await service.api.is_listening.wait()
            await tried.wait()
            with announced(announce, api=url_of(listener), broker=target.url):
                _log.info("API at %s, broker at %s", url_of(listener), target.url)
                on_ready()
                await stop.wait()
            watching.cancel()
            service.api.stop()
            service.link.stop()
            service.notify.stop()
            service.runner.stop()


@dataclass(frozen=True, slots=True)
class _Service:
    """The parts that run."""

    api: ApiServer
    link: Link
    notify: Worker
    security: Security
    runner: Runner


def _wire(
    config: CloudConfig, database: Database, target: BrokerTarget, *, token: str, tried: asyncio.Event
) -> _Service:
    """Every part, knowing those it needs; `tried` is set when the broker was found there or away."""
    fleet = FleetService(
        database,
        FleetSettings(timedelta(seconds=config.fleet.offline_after_s), config.fleet.summaries_per_vehicle),
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
    intake = Intake(database, Features(fleet, alerts, health), InboxSettings(**config.inbox.model_dump()))
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
    )
    scheduling, appointments = SchedulingService(database, audit, now), AppointmentService(database, audit, now)
    orders = WorkOrderService(database, audit, alerts, now, serviced=health.serviced)
    guard = AgentGuard(database, security.watch, audit, EDGES)
    tell_people = _tell(notify.service, config.notify.public_url)
    near = Neighbours(
        alerts,
        scheduling,
        appointments,
        orders,
        health.diagnose,
        tell_people,
        guard.pass_on,
    )
    workflow = _workflow(config, database, audit, near)
    services = Services(
        fleet=fleet,
        alerts=alerts,
        health=health,
        lives=load_lives(config.health.rul_model),
        aside=AsideService(database),
        scheduling=scheduling,
        appointments=appointments,
        orders=orders,
        workflow=workflow.service,
        counts=partial(counters.read, database),
        notify=notify.service,
        contacts=notify.contacts,
        parts=lambda: {**reasons(database, link.state, notify.worker.reason), **workflow.runner.parts()},
        security=security,
        now=now,
    )
    return _Service(ApiServer(make_api(services)), link, notify.worker, security, workflow.runner)


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


def _tell(notify: NotifyService, public_url: str | None) -> Callable[[Connection, Message], None]:
    """How the workflow's words reach people."""

    def tell(connection: Connection, message: Message) -> None:
        notice = Notice(
            reason=message.reason,
            fleet=message.fleet,
            vehicle=message.vehicle,
            severity=message.severity,
            title=message.title,
            text=message.text,
            link=None if public_url is None else f"{public_url}/cases",
            correlation=message.correlation,
        )
        notify.post(connection, notice)

    return tell


def _write_activities(security: Security) -> None:
    try:
        security.watch.write()
    except UpstreamDown as error:
        _log.warning("the last activities are lost: %s", error)


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


@asynccontextmanager
async def _broker(config: BrokerConfig) -> AsyncIterator[tuple[EmbeddedBroker | None, BrokerTarget]]:
    if config.url is not None:
        yield None, broker_target(config.url, ca_file=config.ca_file)
        return
    async with embedded_broker(config.port) as embedded:
        yield embedded, BrokerTarget(HOST, embedded.port, tls=False)


def _stop_at_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _watch(embedded: EmbeddedBroker | None) -> None:
    if embedded is not None:
        await embedded.watch()


async def _outlast(stop: asyncio.Event, name: str, part: Awaitable[None]) -> None:
    """Wait for a part, which must not end before it is told to."""
    await part
    if not stop.is_set():
        raise PartEnded(name)


class _Runs(Protocol):
    """A part that blocks until it is stopped."""

    def run(self) -> None: ...

    def stop(self) -> None: ...


async def _in_thread(name: str, part: _Runs) -> None:
    """Run a part in a thread of its own, and do not leave before that thread has ended."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) as threads:
        running = asyncio.get_running_loop().run_in_executor(threads, part.run)
        try:
            await asyncio.shield(running)
        finally:
            part.stop()
            await asyncio.wait([running])
