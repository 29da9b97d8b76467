"""The display as a program: connected to the box on one side, to browsers on the other, until it is told to stop."""

import asyncio
import errno
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from edge.display.access import Guard, Hosts
from edge.display.app import Display
from edge.display.box import Box
from edge.display.kept import FILE, keep_code
from edge.display.wording import Wording
from edge.errors import ConfigError

BACKLOG: Final = 64
CONNECTIONS_MAX: Final = 64
"""At a time; a browser has up to six."""
GOODBYE_S: Final = 3
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the page is."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Listening":
        """`host:port`, `[address]:port`; port 0 takes any free one.

        Raises:
            ConfigError: it is neither.
        """
        host, colon, port = text.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65_535:
            raise ConfigError(f"{text!r} is no host:port", place="--listen", remedy="Write 127.0.0.1:8090")
        return cls(host.strip("[]"), int(port))

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can ask."""
        return self.host in LOOPBACK


def serve(
    socket_path: Path,
    listening: Listening,
    say: Callable[[str], object],
    *,
    code: str | None = None,
    words: Sequence[Path] = (),
) -> None:
    """Show the box's state until Ctrl-C or SIGTERM; `say` is given one line about where and with which code.

    `words`: folders with catalogues of the installer's.

    Raises:
        ConfigError: nobody can listen there, or a catalogue cannot be used.
    """
    wording = Wording(words)
    listener = _bind(listening)
    port = int(listener.getsockname()[1])
    guard = Guard(None, b"", time.monotonic)
    if not listening.is_loopback or code is not None:
        kept = keep_code(socket_path.with_name(FILE), code)
        guard = Guard(kept.code, bytes.fromhex(kept.key), time.monotonic)
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    say(f"display: http://{host}:{port}/" + (f"  code {guard.code}" if guard.code else "") + "\n")
    hosts = Hosts(_names(listening), port, any_address=not listening.is_loopback)
    box = Box(socket_path)
    asyncio.run(_serve(box, Display(box, guard, hosts, wording), listener))


async def _serve(box: Box, display: Display, listener: socket.socket) -> None:
    server = _Server(display.app())
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True
        display.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    hearing = asyncio.create_task(box.run(), name="box")
    hearing.add_done_callback(lambda _: stop())  # it never ends by itself: then the program does, loudly
    try:
        await server.serve(sockets=[listener])
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing


class _Server(uvicorn.Server):
    """Uvicorn that leaves the signals to us."""

    def __init__(self, app: Starlette) -> None:
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_graceful_shutdown=GOODBYE_S,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Not here."""
        yield


def _names(listening: Listening) -> tuple[str, ...]:
    """By which the page may be asked for, beside addresses."""
    if listening.is_loopback:
        return LOOPBACK
    own = socket.gethostname().lower()
    return (*LOOPBACK, listening.host.lower(), own, f"{own}.local")


def _bind(listening: Listening) -> socket.socket:
    try:
        found = socket.getaddrinfo(listening.host, listening.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:  # gaierror is one
        taken = error.errno == errno.EADDRINUSE
        problem = f"port {listening.port} is taken" if taken else f"cannot listen there: {error.strerror}"
        remedy = "Name another with --listen; port 0 takes any free one"
        raise ConfigError(problem, place=f"--listen {listening.host}:{listening.port}", remedy=remedy) from error
