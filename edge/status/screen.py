"""The screen of `telltale-edge status`: what is wrong and its remedy first, then each part in a line or a few."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from edge.status.told import AlertStatus, BusStatus, Power, Status, UpdateStatus
from edge.status.verdict import Finding, Level, findings, wrong
from edge.status.words import UNKNOWN, counted, plain, size, span

WIDTH: Final = 80
_MARKS: Final = {"well": "✓", "wrong": "✗", "note": "!", "nothing": "·"}
_ASCII: Final = {"well": "+", "wrong": "x", "note": "!", "nothing": "-"}
_HEAD: Final = 12
_ALERTS_SHOWN: Final = 5


def screen(status: Status, age_s: float, *, is_utf8: bool = True) -> str:
    """The whole screen, at most 80 columns; with plain letters as marks where the terminal has no others."""
    marks = _MARKS if is_utf8 else _ASCII
    found = findings(status)
    lines = [*_head(status, age_s), "", *_verdict(found, marks), ""]
    for part, told in _parts(status):
        fires = part == "alerts" and bool(status.alerts.firing)
        lines += _row(marks["note" if fires else _level(part, found, told)], part, told)
    text = "\n".join(plain(line) for line in lines) + "\n"
    return text if is_utf8 else text.encode("ascii", "replace").decode()


def _head(status: Status, age_s: float) -> Iterator[str]:
    daemon = status.daemon
    yield from wrap(
        f"Telltale {daemon.version}: {daemon.vehicle} of fleet {daemon.fleet}, as of {span(age_s)} ago", WIDTH
    )
    config = daemon.config or "its options alone"
    yield from wrap(
        f"up {span(daemon.up_s)}, since {daemon.started_at}; profile {daemon.profile or 'none'}; {config}", WIDTH
    )


def _verdict(found: Sequence[Finding], marks: dict[str, str]) -> Iterator[str]:
    bad = wrong(found)
    yield "ALL IS WELL" if not bad else f"{counted(len(bad), 'THING').upper()} WRONG"
    for one in found:
        mark = marks["wrong" if one.level is Level.WRONG else "note"]
        yield from wrap(one.what, WIDTH, initial_indent=f"{mark} ", subsequent_indent="  ")
        if one.remedy:
            yield from wrap(one.remedy, WIDTH, initial_indent="    > ", subsequent_indent="      ")


def _level(part: str, found: Sequence[Finding], told: Sequence[str]) -> str:
    levels = {one.level for one in found if one.part == part}
    if Level.WRONG in levels:
        return "wrong"
    if Level.NOTE in levels:
        return "note"
    return "nothing" if not told or told[0].startswith(("none", UNKNOWN)) else "well"


def _row(mark: str, part: str, told: Sequence[str]) -> Iterator[str]:
    first = f"{mark} {part:<{_HEAD}}"
    for line in told or ["none"]:
        yield from wrap(line, WIDTH, initial_indent=first, subsequent_indent=" " * (_HEAD + 4))
        first = " " * (_HEAD + 2)


def _parts(status: Status) -> Iterator[tuple[str, list[str]]]:
    yield "vehicle", [_vehicle(status)]
    yield "alerts", _alerts(status)
    yield "buses", [_bus(bus) for bus in status.buses]
    yield "signals", [_signals(status)]
    yield "diagnostics", [_asker(status, place) for place in range(len(status.diagnostics))]
    yield "rules", _rules(status)
    yield "models", [f"{one.name}: {one.state}{f', {one.reason}' if one.reason else ''}" for one in status.models]
    yield "cab", [f"{name}: {why}" for name, why in status.cab.items()] or ["every output works"]
    yield "link", _link(status)
    yield "outbox", _outbox(status)
    yield "captures", [_captures(status)]
    if status.campaigns:
        yield "campaigns", [f"{one.name}: {one.state}" for one in status.campaigns]
    if status.update:
        yield "bundle", _bundle(status.update)
    if status.power:
        yield "power", [_power(status.power)]
    yield "box", _box(status)


def _vehicle(status: Status) -> str:
    daemon, position = status.daemon, status.position
    where = "position withheld" if daemon.private else "position unknown"
    if position is not None and position.age_s is not None:
        where = f"position known to {position.accuracy_m:g} m" if position.accuracy_m is not None else "position known"
    since = (daemon.trip_since_at or UNKNOWN)[: len("2026-11-30T06:16:32")]
    trip = {None: "trip unknown", False: "no trip", True: f"trip since {since}Z"}[daemon.in_trip]
    return f"{daemon.doing or UNKNOWN}; {trip}; {where}{'; little is sent while it is parked' if daemon.parked else ''}"


def _alerts(status: Status) -> list[str]:
    alerts = status.alerts
    if alerts.firing is None:
        return [UNKNOWN]
    more = alerts.firing - min(len(alerts.fires), _ALERTS_SHOWN)
    shown = [alert_line(one) for one in alerts.fires[:_ALERTS_SHOWN]]
    return (shown or ["none fires"]) + ([f"and {more} more"] if more else [])


def alert_line(alert: AlertStatus) -> str:
    """`critical, stop_now, 35 s: Coolant at 121 °C`."""
    return f"{alert.severity}, {alert.action}, {span(alert.for_s)}: {alert.summary or alert.rule}"


def _bus(bus: BusStatus) -> str:
    told = [bus.state if bus.state == "up" else f"down: {bus.why}"]
    if bus.frames_per_s is not None:
        told.append(f"{bus.frames_per_s:,.0f} frames/s")
    if bus.load_percent is not None:
        told.append(f"load {bus.load_percent:.0f} %")
    told.append("nothing lost" if not bus.lost else f"{bus.lost:,} lost")
    told += [f"{count:,} {name}" for name, count in error_counts(bus).items()]
    if bus.known_percent is not None:
        told.append(f"{bus.known_percent:g} % understood")
    return f"{bus.name}: {', '.join(told)}"


def error_counts(bus: BusStatus) -> dict[str, int]:
    """What speaks of its wiring, as far as it happened."""
    wanted = ("error_frames", "bus_off", "outages")
    return {name.replace("_", " "): count for name in wanted if (count := bus.counters.get(name))}


def _signals(status: Status) -> str:
    signals = status.signals
    if signals.heard is None:
        return UNKNOWN
    withheld = f"; {signals.withheld} withheld" if signals.withheld else ""
    return f"{signals.heard} of {signals.known} heard, {signals.fresh} fresh{withheld}"


def _asker(status: Status, place: int) -> str:
    asker = status.diagnostics[place]
    state = asker.trouble or (f"silent: {asker.silent_because.replace('_', ' ')}" if asker.silent_because else "asks")
    return f"{asker.bus}: {state}"


def _rules(status: Status) -> list[str]:
    rules = status.rules
    if rules.armed is None:
        return [UNKNOWN]
    every = rules.armed + sum(rules.unarmed.values())
    whys = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in rules.unarmed.items())
    return [f"{rules.armed} of {every} armed{f'; {whys}' if whys else ''}"] if every else ["none"]


def _link(status: Status) -> list[str]:
    link = status.link
    if link is None:
        return ["none"]
    if not link.connected:
        return [f"{link.broker}: not connected"]
    over = f" over {link.network}" if link.network else ""
    told = [f"{link.broker}: connected{over} for {span(link.up_s)}"]
    ago = "not yet" if link.acknowledged_ago_s is None else f"{span(link.acknowledged_ago_s)} ago"
    budget = "" if link.metered_bytes_a_day is None else f" of {size(link.metered_bytes_a_day)}"
    return [*told, f"last acknowledged {ago}; metered today {size(link.metered_bytes_today)}{budget}"]


def _outbox(status: Status) -> list[str]:
    outbox, written = status.outbox, status.written_bytes
    if outbox is None:
        return ["none"]
    if outbox.messages is None:
        return [UNKNOWN]
    oldest = max((one.oldest_s or 0.0 for one in outbox.waiting), default=None)
    waits = f"{counted(outbox.messages, 'message')}, {size(outbox.bytes)} of {size(outbox.bytes_max)}"
    told = [f"{waits}{f'; the oldest for {span(oldest)}' if oldest is not None else ''}"]
    if outbox.waiting:
        told.append(", ".join(f"{one.kind} {one.messages:,}" for one in outbox.waiting))
    an_hour = written.outbox_per_driving_hour
    told.append(f"written {size(written.outbox)}; {size(an_hour)} per hour of driving")
    return told


def _bundle(update: UpdateStatus) -> list[str]:
    runs = f"{update.name}, version {update.version}, slot {update.slot}"
    told = ["none: what the installer has set up" if update.slot is None else runs]
    if update.on_trial:
        told[0] += f"; on probation for {span(update.probation_left_s)} more"
    if update.wanted_version is not None:
        fetched = f", {size(update.fetched_bytes)} of {size(update.wanted_bytes)} fetched"
        told.append(f"wanted: {update.wanted}, version {update.wanted_version}{fetched if update.wanted_bytes else ''}")
    return told


def _captures(status: Status) -> str:
    captures = status.captures
    if captures.open is None or not captures.counters:
        return "none" if captures.open is not None else UNKNOWN
    refused = sum(count for name, count in captures.counters.items() if "refused" in name or "dropped" in name)
    told = f"{captures.open} open, {captures.counters.get('begun', 0)} since the start"
    return f"{told}, {refused} refused" if refused else told


def _power(power: Power) -> str:
    supply = "supply unknown" if power.volts is None else f"supply at {power.volts:.1f} V"
    told = {"used": "the vehicle is in use", "parked": "parked, nothing is asked"}.get(power.stage, "to be shut down")
    stays = f", stays on for {span(power.stays_s)}" if power.stays_s is not None and power.can_shut_down else ""
    line = f"; ignition line {power.line}" if power.line else ""
    return f"{told}{stays}; {supply}{line}"


def _box(status: Status) -> list[str]:
    box, written = status.box, status.written_bytes
    is_known = status.daemon.is_time_known
    learned = "time of day learned from the cloud" if is_known else "time of day unknown"
    clock = "clock right" if status.written.clock == "synced" else learned
    memory = f"memory {size(box.memory_bytes)}, {size(box.memory_available_bytes)} free"
    an_hour = f"{size(written.daemon_per_driving_hour)} per hour of driving"
    return [
        f"{size(box.disk_free_bytes)} free for {box.state_folder}; {clock}",
        f"{memory}; all written {size(written.daemon)}, {an_hour}",
    ]
