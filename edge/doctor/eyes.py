"""Eyes: how this machine is looked at. A look reads or listens; none changes anything, or says a word on a bus."""

import errno
import getpass
import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge.bus.kernel_can import KernelCan
from edge.bus.receiver import Kernel
from edge.bus.spec import SourceSpec
from edge.config import Config, load_config
from edge.doctor.greeting import Greeted, Step, greet
from edge.doctor.listening import Heard, listen
from edge.doctor.look import Clock, CouldNotLook, Look
from edge.doctor.looks import ADAPTER, KERNEL, CanSocket, Configured, Daemon, Looks, Overheard, Tried, User, live_buses
from edge.doctor.service import Service, service
from edge.doctor.validity import Validity, validity_of
from edge.enrolled import with_identity
from edge.enrolment.identity import FILE
from edge.errors import ConfigError, EdgeError
from edge.machine import netlink
from edge.machine.board import board
from edge.machine.disks import cards, room
from edge.machine.interfaces import Interface, interfaces
from edge.machine.kernel import kernel
from edge.machine.programs import Python, python, where
from edge.machine.serial_ports import Node, node, serial_ports, user_of
from edge.machine.time_of_day import TimeOfDay, time_of_day
from edge.status.look import NoDaemon, look

CONFIG_FILE: Final = Path("/etc/telltale/edge.toml")
_PREPARE_S: Final = 12.0
_USER: Final = "telltale"
_SPEECH: Final = "espeak-ng"


def can_socket() -> CanSocket:
    """Whether this program gets one."""
    try:
        socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW).close()
    except OSError as error:
        if error.errno in (errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT):
            return CanSocket.NO_CAN
        if error.errno in (errno.EPERM, errno.EACCES):
            return CanSocket.NOT_ALLOWED
        raise
    return CanSocket.OPEN


def kernel_can(interface: str) -> Kernel:
    """Heard by a plain socket, which needs no right."""
    return KernelCan(SourceSpec.parse(f"can:{interface}?ring=off"))


@dataclass(frozen=True, slots=True)
class Eyes:
    """Where to look."""

    config_file: Path | None = None
    """None: the one that the daemon runs with, else that of an installed box."""
    status_folders: Sequence[Path] = ()
    listen_s: float = 3.0
    root: Path = Path("/")
    """Of the tree that has /sys, /proc, /dev and /lib."""
    clock: Clock = field(default_factory=Clock)
    ask_kernel: Callable[[], bytes] = netlink.dump
    """Gives what it tells of its network interfaces."""
    open_socket: Callable[[], CanSocket] = can_socket
    kernel_of: Callable[[str], Kernel] = kernel_can
    """Opens an interface by its name, to listen."""
    this_python: Callable[[], Python] = python
    now: Callable[[Path], TimeOfDay] = time_of_day

    def looks(self) -> Looks:
        """Everything, still unlooked at."""
        daemon = Look("the daemon's status", self._daemon, self.clock)
        running = Look("systemd", service, self.clock, deadline_s=6.0)
        configured = Look("the configuration", partial(self._configured, daemon), self.clock)
        links = Look("interfaces", self._interfaces, self.clock)
        return Looks(
            python=Look("Python", self.this_python, self.clock),
            kernel=Look("the kernel", partial(kernel, self.root), self.clock),
            can_socket=Look("a CAN socket", self.open_socket, self.clock),
            board=Look("the board", partial(board, self.root), self.clock),
            cards=Look("cards", partial(cards, self.root), self.clock),
            time=Look("the clock", partial(self.now, self.root), self.clock),
            configured=configured,
            room=Look("the disk", lambda: room(_config(configured).state.directory), self.clock),
            state_node=Look("the state", lambda: node(str(_config(configured).state.directory)), self.clock),
            interfaces=links,
            overheard=Look(
                "buses", partial(self._overheard, configured, links), self.clock, deadline_s=self.listen_s + 5.0
            ),
            nodes=Look("serial adapters", partial(self._nodes, configured), self.clock),
            ports=Look("serial adapters", partial(serial_ports, self.root), self.clock),
            user=Look("the daemon's user", partial(_user, running), self.clock),
            service=running,
            daemon=daemon,
            certificate=Look("the certificate", partial(_certificate, configured), self.clock),
            greeted=Look("the broker", partial(_greeted, configured), self.clock, deadline_s=8.0),
            tried=Look("rules and models", partial(_tried, configured), self.clock, deadline_s=_PREPARE_S),
            speech=Look(_SPEECH, partial(where, _SPEECH), self.clock),
        )

    def _daemon(self) -> Daemon:
        try:
            looked = look(self.status_folders)
            if looked.is_old:
                return Daemon(None, looked.why_old, is_hanging=bool(looked.is_running))
            return Daemon(looked.status)
        except NoDaemon:
            return Daemon(None, "no daemon runs")
        except EdgeError as error:
            raise CouldNotLook(str(error)) from error

    def _configured(self, daemon: Look[Daemon]) -> Configured:
        file = self.config_file or _of_daemon(daemon) or CONFIG_FILE
        try:
            config = load_config(file)
        except ConfigError as error:
            return Configured(str(file), None, error)
        return Configured(str(file), config)

    def _interfaces(self) -> Mapping[str, Interface]:
        return {one.name: one for one in interfaces(self.root, ask=self.ask_kernel)}

    def _overheard(self, configured: Look[Configured], before: Look[Mapping[str, Interface]]) -> Overheard:
        began = before()
        names = [live.interface for live in live_buses(_config(configured)) if live.spec.kind == KERNEL]
        kernels = {name: self.kernel_of(name) for name in names if name in began and began[name].is_up}
        started_s = time.monotonic()
        heard: dict[str, Heard] = listen(kernels, min(self.listen_s, self.clock.left_s)) if kernels else {}
        return Overheard(began, heard, self._interfaces(), time.monotonic() - started_s)

    def _nodes(self, configured: Look[Configured]) -> Mapping[str, Node | None]:
        adapters = [live for live in live_buses(_config(configured)) if live.spec.kind == ADAPTER]
        return {live.interface: node(live.interface, self.root) for live in adapters}


def _config(configured: Look[Configured]) -> Config:
    config = configured().config
    if config is None:
        raise CouldNotLook("there is no configuration that can be used")
    return config


def _of_daemon(daemon: Look[Daemon]) -> Path | None:
    try:
        status = daemon().status
    except CouldNotLook:
        return None
    return None if status is None or status.daemon.config is None else Path(status.daemon.config)


def _user(running: Look[Service | None]) -> User | None:
    found = running()
    name = found.user if found is not None and found.is_there else ""
    if not name:
        known = user_of(_USER) if os.geteuid() == 0 and found is not None and found.is_there else None
        return User(_USER, *known) if known else User(_own_name(), os.geteuid(), [os.getegid(), *os.getgroups()])
    known = user_of(name)
    return None if known is None else User(name, *known)


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def _identified(configured: Look[Configured]) -> Config:
    """With what the identity says, which only the daemon's user and root may read."""
    try:
        return with_identity(_config(configured))
    except ConfigError as error:
        raise CouldNotLook(str(error)) from error


def _certificate(configured: Look[Configured]) -> Validity | None:
    file = _identified(configured).link.certificate
    try:
        return None if file is None else validity_of(file)
    except (OSError, ValueError) as error:
        raise CouldNotLook(str(error)) from error


def _greeted(configured: Look[Configured]) -> Greeted | None:
    from edge.link import Broker  # noqa: PLC0415  # 16 MB that a box without a broker does not pay

    settings = _identified(configured).link
    if not settings.broker:
        return None
    try:
        broker = Broker.of(
            settings.broker,
            username=settings.username,
            password_file=settings.password_file,
            ca=settings.ca,
            certificate=settings.certificate,
            key=settings.key,
        )
    except ConfigError as error:
        return Greeted(urlsplit(settings.broker).hostname or "the broker", Step.TLS, str(error))
    return greet(broker)


def _tried(configured: Look[Configured]) -> Tried:
    from edge.prepare import prepare  # noqa: PLC0415  # seconds on a small board, and only where no daemon tells

    config = _config(configured)
    try:
        if os.access(config.state.directory / FILE, os.R_OK):
            config = with_identity(config)
        prepared = prepare(config)
        return Tried(prepared.unusable, decoder=prepared.judgement.decoder)
    except ConfigError as error:
        return Tried((), error)
