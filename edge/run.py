"""A run from configuration to account: locks the state, opens what lasts, and lets the daemon go."""

import asyncio
import fcntl
import logging
import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import Config
from edge.daemon import MEGABYTE, Daemon, Parts
from edge.errors import ConfigError, EdgeError
from edge.files import Draft
from edge.outbox import Limits, Outbox
from edge.prepare import prepare
from edge.report import Report
from edge.wanted import Wanted
from edge.wire.topics import Address

if TYPE_CHECKING:
    from edge.link import Link

log = logging.getLogger(__name__)


def run(config: Config, *, alerts_out: Path | None = None, report_out: Path | None = None) -> Report:
    """Run until the sources end or a signal comes; the account of the run.

    `alerts_out` gets a JSON line for each alert that begins or ends, `report_out` the account as JSON.

    Raises:
        ConfigError: before anything has started.
        EdgeError: a part died that cannot be restarted.
    """
    prepared = prepare(config, keeps=True)
    with ExitStack() as stack:
        drafts = [stack.enter_context(closing(Draft(file))) if file else None for file in (alerts_out, report_out)]
        outbox = _outbox(config, stack) if config.link.broker else None
        wanted = Wanted()
        parts = Parts(outbox, _link(config, outbox, wanted) if outbox else None, drafts[0], wanted)
        daemon = Daemon(config, prepared, parts, stack)
        for note in prepared.notes:
            log.warning("%s", note)
        account = _until_over(daemon)
        if drafts[1]:
            with drafts[1].writing() as stream:
                stream.write(account.as_json().encode())
        for draft in drafts:
            if draft:
                draft.commit()
    return account


def _until_over(daemon: Daemon) -> Report:
    """Run the daemon; of several parts that died together, the first error that says what to do next is raised."""
    try:
        return asyncio.run(daemon.run())
    except ExceptionGroup as died:
        raise _known_error(died) or died from died


def _known_error(died: "ExceptionGroup[Exception]") -> EdgeError | None:
    for error in died.exceptions:
        if isinstance(error, EdgeError):
            return error
        if isinstance(error, ExceptionGroup) and (known := _known_error(error)):
            return known
    return None


def _outbox(config: Config, stack: ExitStack) -> Outbox:
    folder = config.state.directory
    stack.enter_context(_locked(folder))
    limits = Limits(messages=config.state.outbox_messages, bytes=config.state.outbox_mb * MEGABYTE)
    outbox = Outbox.open(folder / "outbox.db", vehicle=config.vehicle.id, limits=limits, random_hex=secrets.token_hex)
    for note in outbox.notes:
        log.warning("%s", note)
    return stack.enter_context(closing(outbox))


def _link(config: Config, outbox: Outbox, wanted: Wanted) -> "Link":
    from edge.link import Broker, Link, Pace  # noqa: PLC0415  # 16 MB that a box without a broker does not pay

    settings = config.link
    broker = Broker.of(
        settings.broker,
        username=settings.username,
        password_file=settings.password_file,
        ca=settings.ca,
        certificate=settings.certificate,
        key=settings.key,
    )
    return Link(
        outbox,
        Address(config.vehicle.fleet, config.vehicle.id),
        broker,
        client_id=outbox.client_id,
        monotonic=time.monotonic,
        random=random.SystemRandom().random,
        pace=Pace(resend_s=settings.resend_s, backoff_max_s=settings.backoff_max_s),
        on_desired=wanted,
    )


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the state folder for this process alone; a killed one gives it back by dying."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        problem = f"the state folder cannot be used: {error.strerror}"
        raise ConfigError(problem, file=folder, remedy="Give --state a folder that can be written") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        remedy = "Stop it first, or give this one another folder with --state"
        raise ConfigError("another telltale-edge uses this state folder", file=folder, remedy=remedy) from None
    try:
        yield
    finally:
        os.close(lock)
