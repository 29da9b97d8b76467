"""The embedded broker: amqtt in this process, on loopback, for one machine.

It speaks MQTT 3.1.1 only, forgets everything when it stops, and keeps no last wills for silent clients. That is enough
where cloud and vehicles share a machine: a vehicle's outbox forgets nothing, and silence counts as offline.
"""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from amqtt.broker import Broker  # type: ignore[import-untyped]  # amqtt ships no types
from amqtt.errors import BrokerError  # type: ignore[import-untyped]  # amqtt ships no types

from cloud.errors import ConfigError, PartEnded

HOST: Final = "127.0.0.1"
"""Not configurable: it lets everyone in."""
_ANONYMOUS: Final = "amqtt.plugins.authentication.AnonymousAuthPlugin"
_CONNECTIONS_MAX: Final = 1000


class EmbeddedBroker:
    """A broker that runs in this event loop."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def port(self) -> int:
        """Where it listens; amqtt itself does not tell what 0 became."""
        server = self._broker._servers["default"].instance  # noqa: SLF001 - the only place where it is
        if not isinstance(server, asyncio.Server):
            raise TypeError(f"amqtt listens through {type(server).__name__}, which tells no port")
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def watch(self) -> None:
        """Wait until it no longer forwards messages, which it would keep to itself.

        Raises:
            PartEnded: always, in the end.
        """
        forwarding = self._broker._broadcast_task  # noqa: SLF001 - nothing else tells that it died
        await asyncio.wait([forwarding])
        raise PartEnded("the embedded broker's forwarding")


@asynccontextmanager
async def embedded_broker(port: int) -> AsyncIterator[EmbeddedBroker]:
    """Run one inside the block, on `port`, or with 0 on any free one.

    Raises:
        ConfigError: somebody else listens there.
    """
    _quieten()
    listener = {"type": "tcp", "bind": f"{HOST}:{port}", "max_connections": _CONNECTIONS_MAX}
    broker = Broker({"listeners": {"default": listener}, "plugins": {_ANONYMOUS: {"allow_anonymous": True}}})
    try:
        await broker.start()
    except BrokerError as error:
        raise _not_started(port, error) from error
    try:
        yield EmbeddedBroker(broker)
    finally:
        await broker.shutdown()


def _quieten() -> None:
    """It logs every client that leaves as an error, and tracebacks of what we turn into one line."""
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.ERROR)


def _not_started(port: int, error: BrokerError) -> ConfigError:
    cause = error.__cause__
    taken = isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE
    problem = f"port {port} is taken" if taken else f"the embedded broker cannot listen ({cause or error})"
    return ConfigError(problem, place="broker.port", remedy="Name another with --broker-port; 0 takes any free one")
