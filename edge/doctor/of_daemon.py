"""Checks of the daemon: its configuration, its rights, its service, and what it tells of the vehicle."""

from collections.abc import Iterator
from typing import Final

from edge.diagnostics.watch import HEAVY_VOLTS, Silence
from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.looks import ADAPTER, KERNEL, CanSocket, Looks
from edge.driver.judged import JUDGED_MAX_S
from edge.status.told import Status
from edge.status.verdict import FIRST_FRAME_S
from edge.status.words import counted, span

VOLTS: Final = "Vehicle.LowVoltageBattery.CurrentVoltage"
VOLTS_LOW: Final = 11.8
"""A lead-acid battery of 12 V at rest is then empty, or nothing has charged it for long; twice that at 24 V."""
VOLTS_WEAK: Final = 12.0
RESTARTS_MAX: Final = 3
NO_DAEMON: Final = "no daemon runs that could tell"


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


def _reading(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    for live in looks.live:
        told, remedy = looks.told_of(live), do.READING.format(source=live.bus.source)
        if status is None or told is None:
            yield none(NO_DAEMON, live.name)
        elif told.state == "down":
            yield wrong(f"the daemon cannot read it: {told.why}", remedy, live.name)
        elif told.heard_ago_s is None and live.spec.kind != KERNEL and status.daemon.up_s > FIRST_FRAME_S:
            yield wrong("the daemon has heard nothing there yet", remedy, live.name)
        else:
            yield well("the daemon reads it", live.name)


def volts_of(status: Status) -> float | None:
    """The vehicle's supply as the daemon knows it; None: no signal tells, or it may not be told."""
    return next((one.value for one in status.signals.values if one.path == VOLTS), None)


def _voltage(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    volts = None if status is None else volts_of(status)
    if status is None:
        yield none(NO_DAEMON)
    elif any(one.silent_because == Silence.LOW_VOLTAGE for one in status.diagnostics) and volts is None:
        yield wrong("so low that nothing is asked", do.VOLTAGE)
    elif volts is None:
        yield none("no signal tells it")
    else:
        scale = 2.0 if volts > HEAVY_VOLTS else 1.0
        if volts < VOLTS_LOW * scale:
            yield wrong(f"{volts:.1f} V", do.VOLTAGE)
        elif volts < VOLTS_WEAK * scale:
            yield warning(f"{volts:.1f} V", do.VOLTAGE)
        else:
            yield well(f"{volts:.1f} V")


_TROUBLES: Final = (Silence.BAD_INSTALL, Silence.LOW_VOLTAGE, Silence.ADDRESS_LOST, Silence.LISTEN_ONLY)
_RESTING: Final = {
    Silence.WORKSHOP: "somebody works on the vehicle (workshop mode)",
    Silence.FOREIGN_TESTER: "another tester is plugged in, and we are silent while it asks",
    Silence.NOTHING_HEARD: "nothing is heard, and what may sleep is not woken",
    Silence.ASLEEP: "the vehicle sleeps",
    Silence.MAY_SLEEP: "nothing shows that the vehicle is in use",
    Silence.BUS_BUSY: "the bus is full just now",
}


def _polling(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    asked = {live.name: live for live in looks.live if live.asks or live.spec.kind == ADAPTER}
    if not asked:
        yield none("no bus is asked")
    elif status is None:
        yield none(NO_DAEMON)
    elif not status.diagnostics:
        yield none("the daemon asks nobody yet")
    for asker in status.diagnostics if asked and status is not None else ():
        live = asked.get(asker.bus) or next((one for one in asked.values() if one.bus.source == asker.bus), None)
        name, source = (live.name, live.bus.source) if live else (asker.bus, asker.bus)
        remedy = do.POLLING.format(source=source)
        if asker.trouble:
            yield wrong(asker.trouble, remedy, name)
        elif asker.silent_because in _TROUBLES:
            yield wrong(f"nothing is asked: {asker.silent_because.replace('_', ' ')}", remedy, name)
        elif asker.silent_because is not None:
            why = _RESTING.get(Silence(asker.silent_because), asker.silent_because)
            yield none(f"nothing is asked just now: {why}", name)
        else:
            yield well("control units are asked and answer", name)


def _models(looks: Looks) -> Iterator[Seen]:
    status, file = looks.daemon().status, looks.configured().file
    if status is None:
        bad = [one for one in looks.tried().unusable if one.startswith("detector ")]
        for one in bad:
            yield wrong(one, do.MODELS.format(file=file))
        if not bad:
            yield well("every model can be loaded")
        return
    for name, why in status.detectors_off.items():
        yield wrong(f"{name} is switched off: {why}", do.MODELS.format(file=file))
    if not status.detectors_off:
        learning = [one.name for one in status.models if one.state == "learning"]
        told = f"{len(status.models)} loaded{f', of which {len(learning)} learn' if learning else ''}"
        yield well(told if status.models else "none is configured")


def _rules(looks: Looks) -> Iterator[Seen]:
    status, file = looks.daemon().status, looks.configured().file
    if status is None:
        yield none(NO_DAEMON)
        return
    rules = status.rules
    if rules.refused:
        yield wrong(f"{counted(rules.refused, 'rule')} cannot be used", do.RULES.format(file=file))
    elif rules.armed is None:
        yield none("nothing was judged yet")
    else:
        every = rules.armed + sum(rules.unarmed.values())
        whys = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in rules.unarmed.items())
        told = f"{rules.armed} of {every} can fire{f'; {whys}' if whys else ''}"
        if every and not rules.armed:
            yield warning(told, do.UNARMED)
        else:
            yield well(told if every else "none is configured")


def _speech(looks: Looks) -> Iterator[Seen]:
    if not looks.config.cab.speech.enabled:
        yield none("the cab does not speak ([cab.speech])")
    elif looks.speech() is None:
        yield wrong("the cab is to speak, and espeak-ng is not installed", do.SPEECH)
    else:
        yield well(f"{looks.speech()} is there")


def _cab(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    if status is None:
        yield none(NO_DAEMON)
        return
    for name, why in status.cab.items():
        yield wrong(f"{name} does not reach the driver: {why}", do.CAB)
    if not status.cab:
        yield well("every output of the cab works")


_BUS: Final = (
    "can-modules",
    "interface",
    "bitrate",
    "link",
    "bus-off",
    "wrong-rate",
    "unproven-rate",
    "gateway",
    "frames",
)
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
READING: Final = Check(
    "reading", "bus in the daemon", _reading, (do.READING,), ("config", "adapter", "permission", "daemon", *_BUS)
)
VOLTAGE: Final = Check("voltage", "supply of the vehicle", _voltage, (do.VOLTAGE,), ("config",))
POLLING: Final = Check(
    "polling", "answers of control units", _polling, (do.POLLING,),
    ("config", "adapter", "permission", *_BUS, "listen-only", "reading", "voltage", "daemon"),
)  # fmt: skip
MODELS: Final = Check("models", "models", _models, (do.MODELS,), ("config", "disk"))
RULES: Final = Check(
    "rules", "rules", _rules, (do.RULES, do.UNARMED), ("config", *_BUS, "understood", "adapter", "daemon")
)
SPEECH: Final = Check("speech", "speech", _speech, (do.SPEECH,), ("config",))
CAB: Final = Check("cab", "outputs of the cab", _cab, (do.CAB,), ("config", "speech"))
