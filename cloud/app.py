"""The service: starts every part in order, ends them all when one dies or when asked to.

The order: database, port, broker, inbox, notify and API. Nothing is announced before all of it runs, and what cannot
start stops the rest before anyone has seen it.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cloud.announce import announced, check_announce
from cloud.api.listener import bind, url_of
from cloud.config import BrokerConfig, BrokerTarget, CloudConfig, broker_target
from cloud.database import Database
from cloud.errors import PartEnded, UpstreamDown
from cloud.security.room import Security
from cloud.wiring import wire

if TYPE_CHECKING:
    from cloud.broker.embedded import EmbeddedBroker

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
        service = wire(config, database, target, token=token, tried=tried)
        stack.callback(service.link.close)
        stack.callback(_write_activities, service.security)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(embedded), name="broker")
            group.create_task(_outlast(stop, "api", service.api.serve([listener])), name="api")
            for name, part in (("inbox", service.link), ("notify", service.notify), ("workflow", service.runner)):
                group.create_task(_outlast(stop, name, _in_thread(name, part)), name=name)
            await service.api.is_listening.wait()
            await tried.wait()
            stack.callback(gc.unfreeze)
            leave_what_is_loaded()
            with announced(announce, api=url_of(listener), broker=target.url):
                _log.info("API at %s, broker at %s", url_of(listener), target.url)
                on_ready()
                await stop.wait()
            watching.cancel()
            service.api.stop()
            service.link.stop()
            service.notify.stop()
            service.runner.stop()


def leave_what_is_loaded() -> None:
    """Let the garbage collector look no more at what stays for good, such as modules.

    There are 260,000 such objects, and a look at them all took a quarter of a second in the middle of an answer. So far
    the collector may have been switched off by whoever starts the service. What nobody needs any more stays with them:
    some hundred objects, not worth a look.
    """
    gc.freeze()
    gc.enable()


def _write_activities(security: Security) -> None:
    try:
        security.watch.write()
    except UpstreamDown as error:
        _log.warning("the last activities are lost: %s", error)


@asynccontextmanager
async def _broker(config: BrokerConfig) -> AsyncIterator[tuple["EmbeddedBroker | None", BrokerTarget]]:
    if config.url is not None:
        yield None, broker_target(config.url, ca_file=config.ca_file, certificate_file=config.certificate_file)
        return
    from cloud.broker.embedded import HOST, embedded_broker  # noqa: PLC0415  # who has a broker needs none of it

    async with embedded_broker(config.port) as embedded:
        yield embedded, BrokerTarget(HOST, embedded.port, tls=False)


def _stop_at_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _watch(embedded: "EmbeddedBroker | None") -> None:
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
