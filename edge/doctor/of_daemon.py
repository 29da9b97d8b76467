"""Checks of the daemon: its configuration, its rights, its service, and whether it runs."""

from collections.abc import Iterator
from typing import Final

from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.looks import ADAPTER, KERNEL, CanSocket, Looks
from edge.driver.judged import JUDGED_MAX_S
from edge.status.verdict import FIRST_FRAME_S
from edge.status.words import counted, span

RESTARTS_MAX: Final = 3


def _config(looks: Looks) -> Iterator[Seen]:
    configured = looks.configured()
    if configured.config is None:
        said = str(configured.error) if configured.error is not None else f"{configured.file}: there is none"
        is_secret = configured.error is not None and isinstance(configured.error.__cause__, PermissionError)
        yield wrong(said, do.AS_ROOT if is_secret else do.CONFIG.format(file=configured.file))
    elif looks.daemon().status is None and (error := looks.tried().error) is not None:
        yield wrong(str(error), do.CONFIG.format(file=configured.file))
    else:
        buses = counted(len(configured.config.bus), "bus").replace("buss", "buses")
        yield well(f"{configured.file}: {buses}, profile {configured.config.profile or 'none'}")


def _adapter(looks: Looks) -> Iterator[Seen]:
    adapters = looks.live_of(ADAPTER)
    if not adapters:
        yield none("no bus is read through a serial adapter")
    for live in adapters:
        if looks.nodes().get(live.interface) is None:
            there = ", ".join(looks.ports()) or "none"
            what = f"there is no {live.interface} (serial adapters there: {there})"
            yield wrong(what, do.ADAPTER.format(device=live.interface), live.name)
        else:
            yield well(f"{live.interface} is there", live.name)


def _permission(looks: Looks) -> Iterator[Seen]:
    user = looks.user()
    if user is None:
        yield warning("could not look: nobody knows the daemon's user", "")
        return
    if looks.live_of(KERNEL) and looks.can_socket() is CanSocket.NOT_ALLOWED:
        yield wrong("a CAN socket may not be opened", do.CAN_RIGHT)
        return
    for live in looks.live_of(ADAPTER):
        node = looks.nodes().get(live.interface)
        if node is not None and not node.lets(user.number, user.groups):
            what = f"{user.name} may not open {live.interface} (group {node.group_name}, mode {node.mode:o})"
            yield wrong(what, do.GROUP.format(group=node.group_name, user=user.name), live.name)
    state, folder = looks.state_node(), looks.config.state.directory
    if state is not None and not state.lets(user.number, user.groups):
        yield wrong(f"{user.name} may not write {folder}", do.STATE.format(user=user.name, folder=folder))
    else:
        yield well(f"{user.name} may open what the daemon needs")


def _service(looks: Looks) -> Iterator[Seen]:
    found, status = looks.service(), looks.daemon().status
    if found is None:
        yield none("this machine has no systemd")
    elif not found.is_there and status is not None:
        yield none("no service is installed; a daemon runs without one")
    elif not found.is_there:
        yield wrong("no service is installed, and no daemon runs", do.INSTALL)
    elif found.active == "failed":
        yield wrong(f"the service has failed (exit status {found.exit_status})", do.START)
    elif found.sub == "auto-restart":
        yield wrong(f"the service ends again and again ({found.restarts} restarts)", do.START)
    elif found.active != "active":
        yield wrong(f"the service does not run ({found.active or 'unknown'})", do.ENABLE)
    elif not found.starts_with_the_box:
        yield wrong("the service runs, and will not be started with the box", do.ENABLE)
    elif (found.restarts or 0) >= RESTARTS_MAX:
        yield warning(f"the service runs, after {found.restarts} restarts", do.START)
    else:
        yield well(f"enabled and active, {counted(found.restarts or 0, 'restart')}")


def _daemon(looks: Looks) -> Iterator[Seen]:
    daemon = looks.daemon()
    if daemon.status is None:
        yield wrong(daemon.why or "no daemon runs", do.HANGS if daemon.is_hanging else do.START)
        return
    told = daemon.status.daemon
    ago_s = told.up_s if told.judged_ago_s is None else told.judged_ago_s
    if told.is_live and ago_s > JUDGED_MAX_S and told.up_s > FIRST_FRAME_S:
        yield wrong(f"the daemon runs, and has judged nothing for {span(ago_s)}", do.HANGS)
    else:
        yield well(f"version {told.version} runs for {span(told.up_s)}")


CONFIG: Final = Check("config", "configuration", _config, (do.CONFIG, do.AS_ROOT))
ADAPTERS: Final = Check("adapter", "serial adapter", _adapter, (do.ADAPTER,), ("config",))
PERMISSION: Final = Check(
    "permission", "permission", _permission, (do.GROUP, do.CAN_RIGHT, do.STATE), ("config", "can-modules")
)
SERVICE: Final = Check(
    "service",
    "service",
    _service,
    (do.START, do.ENABLE, do.INSTALL),
    ("python", "config", "disk", "can-modules", "permission"),
)
DAEMON: Final = Check(
    "daemon",
    "daemon",
    _daemon,
    (do.START, do.HANGS),
    ("python", "config", "disk", "can-modules", "permission", "service"),
)
