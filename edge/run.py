"""A run from configuration to account: locks the state, opens what lasts, and lets the daemon go."""

import asyncio
import logging
import os
import random
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from edge.bus.spec import LIVE
from edge.clock import clock_state
from edge.commands import Commands
from edge.config import Config
from edge.daemon import Daemon
from edge.detect.signature import PublicKey, read_public_key
from edge.documents import Documents
from edge.enrolment.identity import FILE, Identity
from edge.enrolment.keeper import Keeper
from edge.errors import ConfigError, EdgeError
from edge.files import Draft
from edge.outbox import ORDER, Limits, Moment, Outbox, Quota
from edge.poweroff import power_off
from edge.prepare import Prepared, prepare
from edge.quotas import DAY_S, OutboxSettings
from edge.report import Report
from edge.sealing import Sealing
from edge.service_manager import here
from edge.stages import Parts
from edge.state import UnusableState, locked
from edge.status.boot import boot_id
from edge.status.file import StatusFile
from edge.status.place import folders
from edge.timekeeping import RIGHT_S, Timekeeping
from edge.updates.journal import Runs
from edge.updates.overlay import Overlay
from edge.updates.starting import INSTALLED, rolls_back, start
from edge.updates.store import Store
from edge.updates.updates import Updates
from edge.wanted import Wanted
from edge.wire.bundles import read_bundle
from edge.wire.downlink import Desired
from edge.wire.envelope import Clock
from edge.wire.signed import DocumentKind
from edge.wire.times import Correction
from edge.wire.topics import Address, Kind

if TYPE_CHECKING:
    from edge.link import Broker, Link

log = logging.getLogger(__name__)

PROGRAM: Final = [sys.executable, *sys.orig_argv[1:]]
"""This very program, to begin anew, or to have a bundle looked at."""
MEGABYTE: Final = 1_000_000
IN_MEMORY: Final = Limits(messages=10_000, bytes=16 * MEGABYTE, keys=10_000)
"""What an outbox without a disk holds."""


def run(
    config: Config,
    *,
    alerts_out: Path | None = None,
    report_out: Path | None = None,
    config_file: Path | None = None,
    configured: Callable[[Overlay], Config] | None = None,
) -> Report:
    """Run until the sources end or a signal comes; the account of the run.

    `alerts_out` gets a JSON line for each alert that begins or ends, `report_out` the account as JSON. `config_file`:
    where the configuration was read, which the status tells. `configured`: the configuration with what a bundle sets;
    without it no bundle is run.

    Raises:
        ConfigError: before anything has started.
        EdgeError: a part died that cannot be restarted.
    """
    with ExitStack() as stack:
        store = _store(config, stack)
        runs, config, prepared = _started(config, store, configured)
        try:
            account, again, powers_off = _lived(
                config, prepared, store, runs, _Files(alerts_out, report_out, config_file)
            )
        except ConfigError as error:
            if store is None or not rolls_back(store, runs, str(error)):
                raise
            again, powers_off = "what ran before runs again", ""
    if again:
        log.info("beginning anew: %s", again)
        os.execv(PROGRAM[0], PROGRAM)
    if powers_off:
        power_off(config.power)
    return account


class _Files(NamedTuple):
    """Where a run tells of itself, and where its configuration was."""

    alerts_out: Path | None
    report_out: Path | None
    config_file: Path | None


def _lived(
    config: Config, prepared: Prepared, store: Store | None, runs: Runs, files: _Files
) -> tuple[Report, str, str]:
    """The account of the run, why the program is to begin anew, if it is, and why the box is to be shut down.

    Raises:
        ConfigError: before anything has started.
        EdgeError: a part died that cannot be restarted.
    """
    with ExitStack() as stack:
        drafts = [stack.enter_context(closing(Draft(file))) if file else None for file in files[:2]]
        if prepared.learners and not config.link.broker:
            _hold(config, stack)
        sealing = _sealing(config, prepared)
        outbox = _outbox(config, stack) if config.link.broker else None
        wanted, timekeeping = Wanted(), Timekeeping(_correcting(outbox))
        documents = _documents(config, outbox, stack) if outbox else None
        stack.callback(timekeeping.close)
        commands = Commands(outbox, frozenset(config.commands.allow)) if outbox else None
        broker = _broker(config) if outbox else None
        updates = _updates(store, runs, outbox, documents)
        hears = Hears(wanted, documents, commands, timekeeping, updates)
        link = _link(config, outbox, broker, hears) if outbox and broker else None
        keeper = _keeper(config, broker, timekeeping) if broker else None
        status = stack.enter_context(closing(_status(config, prepared)))
        parts = Parts(
            outbox=outbox,
            link=link,
            alerts_out=drafts[0],
            wanted=wanted,
            documents=documents,
            timekeeping=timekeeping,
            commands=commands,
            status=status,
            config_file=files.config_file,
            keeper=keeper,
            updates=updates,
            sealing=sealing,
            manager=here(),
        )
        daemon = Daemon(config, prepared, parts, stack)
        for note in prepared.notes:
            log.warning("%s", note)
        account = _until_over(daemon, updates)
        if drafts[1]:
            with drafts[1].writing() as stream:
                stream.write(account.as_json().encode())
        for draft in drafts:
            if draft:
                draft.commit()
    return account, daemon.restarts, daemon.powers_off


def _status(config: Config, prepared: Prepared) -> StatusFile:
    """Where the status is told; a warning where there can be none though somebody would look for it."""
    settings = config.status
    if not settings.enabled:
        return StatusFile([], is_asked=False)
    is_live = any(spec.kind in LIVE for spec in prepared.specs)
    is_asked = settings.directory is not None or "RUNTIME_DIRECTORY" in os.environ or is_live
    return StatusFile([settings.directory] if settings.directory else folders(os.environ), is_asked=is_asked)


def _until_over(daemon: Daemon, updates: Updates | None) -> Report:
    """Run the daemon; of several parts that died together, the first error that says what to do next is raised."""
    ended_well = False
    try:
        account = asyncio.run(daemon.run())
        ended_well = True
    except ExceptionGroup as died:
        raise _known_error(died) or died from died
    finally:
        if updates:
            updates.close(ended_well=ended_well)
    return account


def _known_error(died: "ExceptionGroup[Exception]") -> EdgeError | None:
    for error in died.exceptions:
        if isinstance(error, EdgeError):
            return error
        if isinstance(error, ExceptionGroup) and (known := _known_error(error)):
            return known
    return None


def _store(config: Config, stack: ExitStack) -> Store | None:
    """What lasts of bundles, where any may come; of a box with a broker the state is this program's from now on."""
    if not config.link.broker:
        return None
    _hold(config, stack)
    return Store(config.state.directory) if config.updates.enabled else None


def _updates(store: Store | None, runs: Runs, outbox: Outbox | None, documents: Documents | None) -> Updates | None:
    """Who looks after bundles; those whose document holds come to it."""
    if store is None or outbox is None or documents is None:
        return None
    updates = Updates(store, runs, outbox, PROGRAM, desired_version=lambda: documents.version)
    documents.serve(DocumentKind.BUNDLE, lambda text: updates.wants(read_bundle(text)))
    return updates


def _started(
    config: Config, store: Store | None, configured: Callable[[Overlay], Config] | None
) -> tuple[Runs, Config, Prepared]:
    """What this start runs, and everything loaded for it."""
    if store is None or configured is None:
        return INSTALLED, config, prepare(config, keeps=True)
    return start(store, config, configured, lambda one: prepare(one, keeps=True), boot=boot_id() or "")


def _hold(config: Config, stack: ExitStack) -> None:
    """Have the state alone, where something of it lasts: the outbox, or what a model learns of the vehicle.

    What is learned where nothing can be written is not kept, and said so; an outbox needs its folder, but for a disk
    that fails the vehicle does not go unwatched.
    """
    try:
        stack.enter_context(locked(config.state.directory))
    except UnusableState as error:
        if config.link.broker and not error.is_disk:
            raise


def _sealing(config: Config, prepared: Prepared) -> Sealing:
    """What lasts of how a run ends, of a live vehicle; taken up before anything else of the state is written."""
    keeps = bool(config.link.broker) and any(spec.kind in LIVE for spec in prepared.specs)
    sealing = Sealing(config.state.directory if keeps else None, boot_id(), wall_s=lambda: _moment().wall_s)
    sealing.take_up()
    return sealing


def _outbox(config: Config, stack: ExitStack) -> Outbox:
    try:
        outbox = Outbox.open(
            config.state.directory / "outbox.db",
            vehicle=config.vehicle.id,
            limits=_limits(config),
            random_hex=secrets.token_hex,
            now=_moment,
        )
    except ConfigError:
        raise
    except EdgeError as error:  # the disk
        outbox = Outbox.without_disk(
            str(error), vehicle=config.vehicle.id, limits=IN_MEMORY, random_hex=secrets.token_hex
        )
    for note in outbox.notes:
        log.warning("%s", note)
    return stack.enter_context(closing(outbox))


def _limits(config: Config) -> Limits:
    quotas: dict[Kind, Quota] = {kind: _quota(config.outbox, kind) for kind in ORDER if kind != Kind.GAP}
    return Limits(
        messages=config.state.outbox_messages,
        bytes=config.state.outbox_mb * MEGABYTE,
        reserve_bytes=config.outbox.reserve_mb * MEGABYTE,
        quotas=quotas,
    )


def _quota(settings: OutboxSettings, kind: Kind) -> Quota:
    days = settings.days_of(kind)
    return Quota(settings.mb_of(kind) * MEGABYTE, None if days is None else round(days * DAY_S))


def _moment() -> Moment:
    return Moment(time.monotonic(), time.time() if clock_state() is Clock.SYNCED else None)


def _utc_day() -> int | None:
    wall_s = _moment().wall_s
    return None if wall_s is None else int(wall_s // DAY_S)


def _correcting(outbox: Outbox | None) -> Callable[[Correction], None]:
    def correct(correction: Correction) -> None:
        if abs(correction.offset_s) > RIGHT_S:
            log.info("times are %.1f s behind, as is known by now; messages say so", correction.offset_s)
        if outbox is not None:
            try:
                outbox.correct(correction)
            except EdgeError as error:
                log.error("not all that waits can be corrected: %s", error)  # noqa: TRY400  # one line

    return correct


class Hears(NamedTuple):
    """Who hears what of the cloud."""

    wanted: Wanted
    documents: Documents | None
    commands: Commands | None
    timekeeping: Timekeeping
    updates: Updates | None

    def desired(self, desired: Desired) -> None:
        """What the cloud wants."""
        self.wanted(desired)
        if self.documents:
            self.documents(desired)


def _documents(config: Config, outbox: Outbox, stack: ExitStack) -> Documents:
    """Whom it believes: the key that came with the certificate, and those that the installer names.

    Raises:
        ConfigError: one of them cannot be read.
    """
    address = Address(config.vehicle.fleet, config.vehicle.id)

    def keys() -> list[PublicKey]:
        identity = Identity.read(config.state.directory)
        certified = identity.document_keys if identity and identity.address == address else ()
        return [*map(PublicKey, certified), *map(read_public_key, config.link.document_keys)]

    keys()
    return stack.enter_context(closing(Documents(address, keys, outbox)))


def _broker(config: Config) -> "Broker":
    from edge.link import Broker  # noqa: PLC0415  # 16 MB that a box without a broker does not pay

    settings = config.link
    return Broker.of(
        settings.broker,
        username=settings.username,
        password_file=settings.password_file,
        ca=settings.ca,
        certificate=settings.certificate,
        key=settings.key,
    )


def _keeper(config: Config, broker: "Broker", timekeeping: Timekeeping) -> Keeper | None:
    """Who renews the certificate, where it is the one that this box enrolled for."""
    state = config.state.directory
    if broker.certificate != state / FILE:
        return None

    def utc_now() -> datetime | None:
        hour = timekeeping.look()
        return timekeeping.now() + timedelta(microseconds=hour.ahead_ns // 1000) if hour.is_right else None

    return Keeper(state, utc_now=utc_now, random=random.SystemRandom().random, on_renewed=broker.look_again)


def _link(config: Config, outbox: Outbox, broker: "Broker", hears: Hears) -> "Link":
    from edge.link import KEPT, Allowance, Budget, Link, Pace  # noqa: PLC0415  # as above

    settings = config.link
    allowance = Allowance(
        bytes_a_day=round(settings.megabytes_a_day * MEGABYTE),
        metered=tuple(settings.metered),
        bulk_when_metered=settings.bulk_when_metered,
    )
    return Link(
        outbox,
        Address(config.vehicle.fleet, config.vehicle.id),
        broker,
        client_id=outbox.client_id,
        monotonic=time.monotonic,
        random=random.SystemRandom().random,
        pace=Pace(resend_s=settings.resend_s, backoff_max_s=settings.backoff_max_s, keepalive_s=settings.keepalive_s),
        budget=Budget(allowance, monotonic=time.monotonic, utc_day=_utc_day, kept=outbox.recall(KEPT)),
        on_desired=hears.desired,
        on_command=hears.commands,
        on_piece=hears.updates.piece if hears.updates else None,
        timekeeper=hears.timekeeping,
    )
