"""Verdict: what of a status is not well, and what to do about it. Of the installation; alerts are the vehicle's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.driver.judged import JUDGED_MAX_S
from edge.status.told import BusStatus, LastRun, LinkStatus, OutboxStatus, Power, Status
from edge.status.words import counted, size, span
from edge.tyres.source import SILENT, SILENT_NS

FIRST_FRAME_S: Final = 15.0
SILENT_S: Final = 10.0
UNDERSTOOD_FROM: Final = 1000
"""Frames: of fewer no share is judged."""
UNDERSTOOD_PERCENT: Final = 5.0
INSTRUMENTS: Final = {
    "supply": "Look at [supply] source: cat the converter's files as the daemon's user",
    "motion": "Look at [motion] source: cat in_accel_x_raw there as the daemon's user",
    "tyres": "Do bluetoothctl and telltale-edge tyres hear them? Look at [tyres]; --json counts what was refused",
    "position": "Can its antenna see the sky? Look at [position] source; --json counts what was refused",
}
"""What to do about each kind of what the box measures itself."""
SLEEPS: Final = "Most sleep while the vehicle stands; else look at its battery and address"
ENROL: Final = "If it should: telltale-edge enrol (a claim does so by itself), or [link] broker in the configuration"
FULL_SHARE: Final = 0.9
HANGS_S: Final = 30.0
ANSWER_S: Final = 300.0
"""Until a cloud should have acknowledged what waits."""
SETTLED_S: Final = 120.0
DISK_BYTES: Final = 50_000_000
MEMORY_BYTES: Final = 50_000_000


class Level(StrEnum):
    """How bad it is."""

    WRONG = "wrong"
    """It will not go on by itself, or something is lost meanwhile."""
    NOTE = "note"
    """To be known; nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing, and its remedy."""

    part: str
    """Of the screen: buses, rules, outbox, …"""
    level: Level
    what: str
    remedy: str = ""


def findings(status: Status) -> list[Finding]:
    """What is wrong first."""
    found = [
        *_judging(status),
        *(one for bus in status.buses for one in _bus(bus, status)),
        *_diagnostics(status),
        *_detectors(status),
        *_cab(status),
        *(_outbox(status.outbox) if status.outbox else ()),
        *_link(status),
        *_update(status),
        *(_power(status.power) if status.power else ()),
        *(_last_run(status.last_run) if status.last_run else ()),
        *_box(status),
        *_modes(status),
    ]
    return sorted(found, key=lambda one: one.level is not Level.WRONG)


def wrong(found: Sequence[Finding]) -> list[Finding]:
    """Those for which something has to be done."""
    return [one for one in found if one.level is Level.WRONG]


def _judging(status: Status) -> Iterator[Finding]:
    daemon = status.daemon
    ago_s = daemon.up_s if daemon.judged_ago_s is None else daemon.judged_ago_s
    if daemon.is_live and ago_s > JUDGED_MAX_S and daemon.up_s > FIRST_FRAME_S:
        remedy = "Read its log (journalctl -u telltale-edge), then restart it"
        yield Finding("vehicle", Level.WRONG, f"nothing was judged for {span(ago_s)}", remedy)


def _bus(bus: BusStatus, status: Status) -> Iterator[Finding]:
    def wrong(what: str, remedy: str) -> Finding:
        return Finding("buses", Level.WRONG, f"bus {bus.name}{what}", remedy)

    if bus.kind in INSTRUMENTS:
        yield from instrument(bus, status)
        return
    errors = bus.counters.get("bus_off", 0)
    if bus.state == "down":
        yield wrong(f" is down: {bus.why}", "Check its cable and ip link; it is tried again by itself")
    elif bus.heard_ago_s is None and status.daemon.is_live and status.daemon.up_s > FIRST_FRAME_S:
        remedy = "Ignition on? CAN-H and CAN-L exchanged? The bit rate right (mostly 500000, trucks 250000)?"
        yield wrong(" has said nothing yet", remedy)
    elif bus.heard_ago_s is not None and bus.heard_ago_s > SILENT_S and status.daemon.is_live:
        what = f"bus {bus.name} is silent for {span(bus.heard_ago_s)}: a parked vehicle's sleeps"
        yield Finding("buses", Level.NOTE, what)
    if bus.lost_last_minute:
        remedy = "Raise net.core.rmem_max or give the daemon CAP_NET_RAW; --json says where they were lost"
        yield wrong(f" lost {counted(bus.lost_last_minute, 'frame')} in the last minute", remedy)
    if errors:
        yield wrong(
            f" was switched off by its controller {errors} times",
            "Check bit rate, wiring and 60 Ω between CAN-H and CAN-L",
        )
    if bus.known_percent is not None and bus.known_percent < UNDERSTOOD_PERCENT and (bus.frames or 0) > UNDERSTOOD_FROM:
        remedy = "Name its databases or profile: telltale-edge record, then telltale-edge profile suggest"
        yield wrong(f" is hardly understood ({bus.known_percent:g} % of its frames)", remedy)


def instrument(bus: BusStatus, status: Status) -> Iterator[Finding]:
    """What the box measures itself: neither wires nor databases of the vehicle are to blame for it."""
    if bus.state == "down":
        yield Finding("buses", Level.WRONG, f"{bus.name} is down: {bus.why}", INSTRUMENTS[bus.kind])
    elif bus.heard_ago_s is None and status.daemon.is_live and status.daemon.up_s > FIRST_FRAME_S:
        yield Finding("buses", Level.NOTE, f"{bus.name} has told nothing yet", INSTRUMENTS[bus.kind])
    elif bus.heard_ago_s is not None and bus.heard_ago_s > _silent_s(bus) and status.daemon.is_live:
        what = f"{bus.name} tells nothing for {span(bus.heard_ago_s)}"
        yield Finding("buses", Level.NOTE, what, INSTRUMENTS[bus.kind])
    elif silent := [
        name.removeprefix(SILENT) for name, is_so in bus.counters.items() if is_so and name.startswith(SILENT)
    ]:
        what = f"{bus.name}: nothing is heard of the sensor at {', '.join(silent)}"
        yield Finding("buses", Level.NOTE, what, SLEEPS)


def _silent_s(bus: BusStatus) -> float:
    """Sensors on valves take their time."""
    return SILENT_NS / 1e9 if bus.kind == "tyres" else SILENT_S


def _power(power: Power) -> Iterator[Finding]:
    if power.line_trouble:
        remedy = "Look at [power] line and at who may open the chip (70-telltale-adapters.rules)"
        yield Finding("power", Level.WRONG, f"the ignition line: {power.line_trouble}", remedy)
    if power.stage not in ("used", "parked"):
        what = "the vehicle's battery is low" if power.why == "low_voltage" else "the vehicle is parked for long"
        if power.can_shut_down:
            yield Finding("power", Level.NOTE, f"{what}: the box is shut down")
        else:
            remedy = "Name the command in [power] shutdown, or cut its supply"
            level = Level.WRONG if power.why == "low_voltage" else Level.NOTE
            yield Finding("power", level, f"{what}, and nothing shuts the box down", remedy)


def _last_run(last: LastRun) -> Iterator[Finding]:
    if last.ended == "power_lost":
        ago = "" if last.off_s is None else f", and was off for {span(last.off_s)}"
        remedy = 'Look at plug and fuse; where the ignition cuts its supply, write [power] hardware = "switched"'
        yield Finding("power", Level.NOTE, f"the box lost its power without being shut down{ago}", remedy)
    elif last.ended == "killed":
        what = "the daemon was killed the last time before everything was kept"
        yield Finding("power", Level.NOTE, what, "Read its log (journalctl -u telltale-edge)")


def _diagnostics(status: Status) -> Iterator[Finding]:
    for asker in status.diagnostics:
        if asker.trouble:
            remedy = f"See what telltale-edge diagnose --bus {asker.bus} says"
            yield Finding("diagnostics", Level.WRONG, f"diagnostics of {asker.bus}: {asker.trouble}", remedy)


def _detectors(status: Status) -> Iterator[Finding]:
    for name, why in status.detectors_off.items():
        remedy = "It is tried again by itself; a refused package has to be put right"
        yield Finding("models", Level.WRONG, f"detector {name} is switched off: {why}", remedy)
    if status.rules.refused:
        config = status.daemon.config or "FILE"
        remedy = f"telltale-edge check --config {config} names them"
        yield Finding("rules", Level.WRONG, f"{counted(status.rules.refused, 'rule')} cannot be used", remedy)


def _cab(status: Status) -> Iterator[Finding]:
    for name, why in status.cab.items():
        yield Finding("cab", Level.WRONG, f"{name} does not reach the driver: {why}", "Mend or disable it ([cab])")


def _outbox(outbox: OutboxStatus) -> Iterator[Finding]:
    def wrong(what: str, remedy: str) -> Finding:
        return Finding("outbox", Level.WRONG, what, remedy)

    if outbox.trouble:
        yield wrong(f"the outbox: {outbox.trouble}", "Make room on its disk, or replace the card")
    if outbox.as_of_s is not None and outbox.as_of_s > HANGS_S:
        yield wrong(f"the outbox answers nobody for {span(outbox.as_of_s)}", "Its disk hangs: replace the card")
    if outbox.bytes is not None and outbox.bytes > FULL_SHARE * outbox.bytes_max:
        what = f"the outbox is nearly full ({size(outbox.bytes)} of {size(outbox.bytes_max)})"
        yield wrong(what, "Bring it to a network; the least important goes first")
    if lost := sum(outbox.lost.values()):
        what = f"{counted(lost, 'message')} never reached the cloud since this outbox was begun"
        yield Finding("outbox", Level.NOTE, what, "telltale-edge outbox list says which and why")
    if outbox.set_aside:
        what = f"{counted(outbox.set_aside, 'unusable outbox file')} lies beside the outbox"
        yield Finding(
            "outbox", Level.NOTE, what, "A card that fails is the usual cause; delete them when they are looked at"
        )


def _link(status: Status) -> Iterator[Finding]:
    link = status.link
    if link is None:
        what = "no broker is configured, so nothing leaves the vehicle"
        yield Finding("link", Level.NOTE, what, ENROL)
        return
    if not link.connected:
        remedy = "Check network, address, name and password; what waits is kept and sent later"
        yield Finding("link", Level.WRONG, f"no connection to {link.broker}: {link.trouble}", remedy)
    elif _is_unanswered(link, status.outbox):
        what = f"{link.broker} takes messages, and no cloud answers"
        remedy = f"See that telltale-cloud runs there and knows {status.daemon.fleet}/{status.daemon.vehicle}"
        yield Finding("link", Level.WRONG, what, remedy)
    if link.held:
        what = f"{counted(link.held, 'message')} wait for the next day's data budget"
        yield Finding("link", Level.NOTE, what, "[link] megabytes_a_day says how much there is")


def _is_unanswered(link: LinkStatus, outbox: OutboxStatus | None) -> bool:
    waits = outbox is not None and bool(outbox.messages) and (outbox.messages or 0) > link.held
    ago_s = link.up_s if link.acknowledged_ago_s is None else link.acknowledged_ago_s
    return waits and (link.up_s or 0.0) > SETTLED_S and (ago_s or 0.0) > ANSWER_S


def _update(status: Status) -> Iterator[Finding]:
    update = status.update
    if update is not None and update.trouble:
        what = f"the update {update.wanted or ''} waits: {update.trouble}".replace("  ", " ")
        yield Finding(
            "bundle", Level.WRONG, what, "telltale-edge updates says what was before; it is tried again by itself"
        )


def _box(status: Status) -> Iterator[Finding]:
    free, memory = status.box.disk_free_bytes, status.box.memory_available_bytes
    if free is not None and free < DISK_BYTES:
        what = f"{size(free)} are free on the disk of {status.box.state_folder}"
        yield Finding("box", Level.WRONG, what, "Delete what is not needed there")
    if memory is not None and memory < MEMORY_BYTES:
        yield Finding("box", Level.WRONG, f"{size(memory)} of memory are free", "See what else runs on the box")
    if not status.daemon.is_time_known:
        what = "the time of day is not known, and messages say so"
        yield Finding("box", Level.NOTE, what, "A network with NTP or a cloud that acknowledges tells it")


def _modes(status: Status) -> Iterator[Finding]:
    if status.daemon.private:
        yield Finding("vehicle", Level.NOTE, "private mode: nothing of where and how is driven is told, here neither")
    if status.daemon.workshop:
        yield Finding("vehicle", Level.NOTE, "workshop mode: the cab is silent and nothing is asked on the bus")
