"""Checks of what lies between a bus and its frames: interface, bit rate, link, controller, errors."""

from collections.abc import Iterator
from typing import Final

from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.looks import KERNEL, Looks
from edge.doctor.on_a_bus import TROUBLED, on_buses
from edge.machine.interfaces import State
from edge.status.words import counted

WIRING_PERCENT: Final = 1.0
"""Of error frames among all: a sound bus has none for hours."""
NOISE_FROM: Final = 20
"""Frames: of fewer nobody says whether their ids come again."""


def _interface(looks: Looks) -> Iterator[Seen]:
    there = looks.interfaces() if looks.live_of(KERNEL) else {}
    for live in looks.live_of(KERNEL):
        found = there.get(live.interface)
        if found is None:
            others = ", ".join(there) or "none"
            yield wrong(f"there is no {live.interface} (CAN interfaces there: {others})", do.INTERFACE, live.name)
        else:
            yield well(f"{found.name}: {found.driver or found.kind or 'of an unknown driver'}", live.name)


def _bitrate(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        found, wanted = bus.interface, bus.live.bitrate
        if found.is_virtual:
            yield none("a virtual bus has no bit rate", bus.name)
        elif found.bitrate is None and found.state is None:
            yield none("its driver does not tell its bit rate", bus.name)
        elif found.bitrate is None:
            to_write = do.RATE.format(bitrate=wanted, interface=found.name)
            remedy = to_write if wanted else do.RATE_UNKNOWN.format(interface=found.name)
            yield wrong(f"{found.name} has no bit rate set", remedy, bus.name)
        elif wanted is not None and wanted != found.bitrate:
            what = f"{found.name} is set to {found.bitrate} bit/s, and the vehicle's bus has {wanted}"
            yield wrong(what, do.RATE.format(bitrate=wanted, interface=found.name), bus.name)
        else:
            sample = "" if found.sample_point is None else f", sample point {100 * found.sample_point:.1f} %"
            data = "" if found.data_bitrate is None else f", data {found.data_bitrate} bit/s"
            yield well(f"{found.bitrate} bit/s{data}{sample}", bus.name)


def _link(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        found = bus.interface
        if found.is_up:
            yield well(f"{found.name} is up", bus.name)
        elif found.bitrate is None and not found.is_virtual and found.state is not None:
            yield none("without a bit rate it cannot be up", bus.name)
        else:
            yield wrong(f"{found.name} is down", do.LINK.format(interface=found.name), bus.name)


def _listen_only(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        found = bus.interface
        sends = bus.live.asks or bus.live.spec.bool_option("send", False)
        if found.is_listen_only is None:
            yield none("it has no such setting" if found.is_virtual else "its driver does not tell", bus.name)
        elif found.is_listen_only and sends:
            what = f"{found.name} only listens, and control units on it are to be asked"
            yield wrong(what, do.LISTEN_OFF.format(interface=found.name), bus.name)
        elif not found.is_listen_only and not sends:
            what = f"{found.name} acknowledges frames, though nothing is asked there"
            yield warning(what, do.LISTEN_ON.format(interface=found.name), bus.name)
        else:
            yield well("only listens" if found.is_listen_only else "may ask", bus.name)


def _bus_off(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        found, total = bus.interface, bus.interface.counted.bus_off
        remedy = do.BUS_OFF.format(interface=found.name)
        if found.state is State.BUS_OFF or bus.heard.bus_off or bus.grown("bus_off"):
            again = "" if found.restart_ms else "; it is not started anew by itself"
            yield wrong(f"the controller of {found.name} has switched itself off (bus-off){again}", remedy, bus.name)
        elif found.state is None:
            yield none("it has no controller" if found.is_virtual else "its driver does not tell", bus.name)
        elif total:
            told = f"{found.state}; it was bus-off {counted(total, 'time')} since it is there"
            yield warning(told, remedy, bus.name)
        else:
            yield well(f"{found.state}, never bus-off", bus.name)


def _wrong_rate(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        found, heard = bus.interface, bus.heard
        rate = f"{found.bitrate} bit/s" if found.bitrate else "its bit rate"
        if found.is_virtual and not bus.errors:
            yield none("a virtual bus has no bit rate", bus.name)
        elif bus.errors >= TROUBLED and bus.errors > bus.frames:
            what = f"at {rate} {found.name} hears errors ({bus.errors}) instead of frames ({bus.frames})"
            yield wrong(what, do.WRONG_RATE, bus.name)
        elif heard.frames >= NOISE_FROM and heard.repeated < heard.frames / 2:
            what = f"at {rate} hardly an id of {heard.frames} frames comes again, as if noise were read"
            yield wrong(what, do.WRONG_RATE, bus.name)
        elif not bus.frames:
            yield none("nothing is heard that could prove it", bus.name)
        else:
            yield well(f"{rate} is the vehicle's: frames come whole, and their ids come again", bus.name)


def _errors(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        share = 100.0 * bus.errors / (bus.errors + bus.frames) if bus.errors else 0.0
        if share > WIRING_PERCENT:
            yield wrong(f"{share:.0f} % of what is heard are error frames ({bus.errors})", do.WIRING, bus.name)
        elif bus.errors:
            told = f"{counted(bus.errors, 'error frame')} among {counted(bus.frames, 'frame')}"
            yield warning(told, do.WIRING, bus.name)
        else:
            yield well("no error frames", bus.name)


_BEFORE: Final = ("config", "can-modules", "permission", "interface")
RATE_IS_RIGHT: Final = (*_BEFORE, "bitrate", "link", "bus-off", "wrong-rate")
"""Without these nothing else of a bus can be well."""

INTERFACE: Final = Check("interface", "interface", _interface, (do.INTERFACE,), ("config", "can-modules"))
BITRATE: Final = Check("bitrate", "bit rate that is set", _bitrate, (do.RATE, do.RATE_UNKNOWN), _BEFORE)
LINK: Final = Check("link", "link", _link, (do.LINK,), _BEFORE)
LISTEN_ONLY: Final = Check("listen-only", "listen-only", _listen_only, (do.LISTEN_OFF, do.LISTEN_ON), _BEFORE)
BUS_OFF: Final = Check("bus-off", "controller", _bus_off, (do.BUS_OFF,), (*_BEFORE, "bitrate", "link"))
WRONG_RATE: Final = Check("wrong-rate", "bit rate of the vehicle", _wrong_rate, (do.WRONG_RATE,), RATE_IS_RIGHT[:-1])
ERRORS: Final = Check("errors", "error frames", _errors, (do.WIRING,), RATE_IS_RIGHT)
