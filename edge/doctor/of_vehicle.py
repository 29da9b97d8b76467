"""Checks of what the daemon makes of the vehicle: what it reads, asks, judges and says."""

from collections.abc import Iterator
from typing import Final

from edge.bus.spec import SourceSpec
from edge.diagnostics.watch import HEAVY_VOLTS, Silence
from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.looks import ADAPTER, KERNEL, Looks
from edge.instruments import DEFAULTS, instruments_of
from edge.status.told import Status
from edge.status.verdict import FIRST_FRAME_S, INSTRUMENTS, SLEEPS, Level, instrument
from edge.status.words import counted

VOLTS: Final = "Vehicle.LowVoltageBattery.CurrentVoltage"
VOLTS_LOW: Final = 11.8
"""A lead-acid battery of 12 V at rest is then empty, or nothing has charged it for long; twice that at 24 V."""
VOLTS_WEAK: Final = 12.0
NO_DAEMON: Final = "no daemon runs that could tell"


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


def _instruments(looks: Looks) -> Iterator[Seen]:
    status, config = looks.daemon().status, looks.config
    is_asked = any(SourceSpec.parse(bus.source).kind in DEFAULTS for bus in [*config.bus, *instruments_of(config)])
    if not is_asked:
        yield none("the box itself measures nothing ([supply], [position], [motion], [tyres])")
        return
    if status is None:
        yield none(NO_DAEMON)
        return
    own = [bus for bus in status.buses if bus.kind in INSTRUMENTS]
    if not own:
        yield none("the daemon was started without them")
    for bus in own:
        troubles = list(instrument(bus, status))
        if not troubles:
            yield well("it tells what it measures", bus.name)
        for one in troubles:
            if one.level is Level.WRONG:
                yield wrong(one.what, one.remedy, bus.name)
            elif one.remedy == SLEEPS:
                yield well(f"{one.what}; most sleep while the vehicle stands", bus.name)
            else:
                yield warning(one.what, one.remedy, bus.name)


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
READING: Final = Check(
    "reading", "bus in the daemon", _reading, (do.READING,), ("config", "adapter", "permission", "daemon", *_BUS)
)
VOLTAGE: Final = Check("voltage", "supply of the vehicle", _voltage, (do.VOLTAGE,), ("config",))
OWN: Final = Check(
    "instruments", "what the box measures", _instruments, tuple(INSTRUMENTS.values()), ("config", "daemon")
)
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
