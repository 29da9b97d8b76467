"""The API on a port: uvicorn, with the signals and the socket in our hands."""

import asyncio
import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI

from cloud.errors import ConfigError

_GOODBYE_S_MAX: Final = 5
_HEARD_BYTES_MAX: Final = 4096
"""Of what a listener to /live may say, which is nothing."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one.

    Raises:
        ConfigError: somebody else listens there, or there is no such address here.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except socket.gaierror as error:
        problem = f"{host!r} is no address ({error.strerror})"
        raise ConfigError(problem, place="api.host", remedy="Name another with --host") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            remedy = "Name another with --port; 0 takes any free one"
            raise ConfigError(f"port {port} is taken", place="api.port", remedy=remedy) from error
        problem = f"cannot listen on {host} port {port} ({error.strerror})"
        raise ConfigError(problem, place="api", remedy="Name others with --host and --port") from error


def url_of(listener: socket.socket) -> str:
    """Where to find what listens here."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


class ApiServer(uvicorn.Server):
    """Uvicorn that leaves the signals alone and says when it listens."""

    def __init__(self, app: FastAPI) -> None:
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        settings = uvicorn.Config(
            app,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=_HEARD_BYTES_MAX,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GOODBYE_S_MAX,
        )
        super().__init__(settings)
        self.is_listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Not here: the service as a whole listens for signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn does it, then say so."""
        await super().startup(sockets)
        self.is_listening.set()

    def stop(self) -> None:
        """Finish the requests at hand and end `serve`."""
        self.should_exit = True
