"""Steps 1 and 2: what the vehicle is heard by, and at which bit rate."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge.bus.setting import set_virtual_up
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError, EdgeError
from edge.machine.interfaces import Interface
from edge.setup import rates
from edge.setup.adapter import adapter_at
from edge.setup.finding import Connection
from edge.setup.kinds import bitrate_of, read_profile
from edge.setup.setting import ADAPTER, Setting, Work
from edge.setup.wishes import Wishes

LIVE: Final = frozenset({"can", ADAPTER, "pythoncan"})


def connected(work: Work, found: Callable[[], list[Connection]]) -> Setting:
    """The bus or the adapter that is at the vehicle: the one that was said, the only one, or the one that is chosen.

    Raises:
        ConfigError: there is none, or several and nobody who chooses.
        EdgeError: no adapter answers at a port.
    """
    work.step(1, "Interfaces and adapters")
    every = found()
    for one in every:
        work.tell(f"{one.source}: {one.what}")
    connection = _named(work.wishes.bus, every) if work.wishes.bus else _chosen(every, work)
    work.tell(f"taken: {connection.source}")
    is_adapter = SourceSpec.parse(connection.source).kind == ADAPTER
    return Setting(_with_adapter(connection, work) if is_adapter else connection)


def rated(setting: Setting, work: Work) -> Setting:
    """The interface at the bit rate of the bus, listening only; as it was before where there is none.

    Raises:
        BusDown: the interface cannot be set.
        EdgeError: no rate is right; why.
    """
    work.step(2, "Bit rate, by listening alone")
    interface, controller = setting.connection.interface, setting.controller
    if controller is None:
        if interface is not None and not interface.is_up:
            set_virtual_up(interface.name)
        work.tell("none to find here")
        return replace(setting, bitrate=work.wishes.bitrate)
    found = _searched(controller, work)
    work.tell(f"{controller.name} is at {found.bitrate:,} bit/s, and only listens")
    blocked = setting.blocked
    if found.is_lone:
        blocked = (*blocked, "one sender alone, and nobody acknowledges what it says")
        work.tell("one sender alone, and nobody acknowledges what it says, since this box only listens:")
        work.tell("on a bench give it a second node that takes part; a vehicle is not like this")
    return replace(setting, bitrate=found.bitrate, blocked=blocked)


def _named(source: str, every: Sequence[Connection]) -> Connection:
    spec = SourceSpec.parse(source)
    if spec.kind not in LIVE:
        remedy = "Name a bus: can:can0, elm327:/dev/ttyUSB0, pythoncan:…"
        raise ConfigError("is no vehicle that is there now", place=source, remedy=remedy)
    known = next((one for one in every if one.source == f"{spec.kind}:{spec.rest}"), None)
    if known is None and spec.kind == "can":
        remedy = "ip link shows what there is; is the overlay of the hat, or the driver of the adapter, loaded?"
        raise ConfigError("there is no such CAN interface", place=source, remedy=remedy)
    return Connection(source, "named", known.interface if known else None)


def _chosen(every: Sequence[Connection], work: Work) -> Connection:
    if not every:
        remedy = "Plug the adapter in, or load the overlay of the hat (systemd/samples); or name it: --bus"
        raise ConfigError("there is neither a CAN interface nor a serial adapter", remedy=remedy)
    if len(every) == 1:
        return every[0]
    return every[work.person.choose("Which one is at the vehicle?", [one.source for one in every], flag="--bus")]


def _with_adapter(connection: Connection, work: Work) -> Connection:
    """The adapter, asked for its name; how fast its line is stands in the source then."""
    spec = SourceSpec.parse(connection.source)
    if not Path(spec.rest).exists():
        remedy = "ls /dev/serial/by-id shows what is plugged in; Bluetooth: rfcomm bind"
        raise ConfigError(f"{spec.rest}: there is no such port", remedy=remedy)
    answered = adapter_at(spec.rest)
    if answered is None:
        remedy = "Is it paired and bound (rfcomm bind), and used by no other program? SLCAN: --bus pythoncan:slcan:PORT"
        raise EdgeError(f"{spec.rest}: no ELM327 answers. {remedy}")
    name, baud = answered
    work.tell(f"{name} answers at {baud} baud")
    if spec.text_option("baud", None):
        return connection
    return replace(connection, source=f"{connection.source}{'&' if spec.options else '?'}baud={baud}")


def _searched(controller: Interface, work: Work) -> rates.Found:
    """What was found, the interface set to it."""
    ear, is_found = rates.LinkEar(controller.name), False
    try:
        found = rates.search(ear, _rates(work.wishes, controller), work.tell)
        if found.bitrate is None and work.wishes.bitrate is not None and found.is_silent:
            found = replace(found, bitrate=work.wishes.bitrate)
            work.tell("nothing is heard; it is taken as said")
        if found.bitrate is None:
            raise EdgeError(f"{controller.name}: the bit rate was not found: {found.why}")
        ear.tune(found.bitrate)
        is_found = True
        return found
    finally:
        ear.close()
        if not is_found:
            work.tell(rates.restore(controller))


def _rates(wishes: Wishes, controller: Interface) -> list[int]:
    """The only one that was said, or all: first what a profile says, and what the interface is set to."""
    if wishes.bitrate is not None:
        return [wishes.bitrate]
    said = bitrate_of(read_profile(wishes.profile, Path.cwd())) if wishes.profile else None
    first = [rate for rate in (said, controller.bitrate if controller.is_up else None) if rate]
    return list(dict.fromkeys([*first, *rates.RATES]))
