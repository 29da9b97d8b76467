"""Checks of frames: whether any come, whether all are kept, and whether they are understood."""

from collections.abc import Iterator
from typing import Final

from edge.bus.socket_losses import RECEIVE_BUFFER_BYTES
from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.looks import KERNEL, Live, Looks
from edge.doctor.of_wires import RATE_IS_RIGHT
from edge.doctor.on_a_bus import OnBus, on_buses
from edge.status.told import BusStatus
from edge.status.verdict import UNDERSTOOD_FROM, UNDERSTOOD_PERCENT
from edge.status.words import counted, span

MUTE: Final = ("mcp251x",)
"""Drivers of controllers that tell no errors while they only listen: the MCP2515 switches its error counters off then
(Microchip DS20001801, 10.3)."""
HEARD_FROM: Final = 100
"""Frames heard by ourselves: of fewer no share is judged."""
OVERRUN_SHARE: Final = 0.001
"""Of all frames since the interface is there; fewer a busy start of the board explains."""


def _unproven(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        driver = bus.interface.driver
        is_mute = driver in MUTE and bool(bus.interface.is_listen_only)
        if is_mute and bus.is_silent:
            what = f"nothing is heard, and {driver} tells no errors while it only listens: the bit rate may be wrong"
            yield wrong(what, do.UNPROVEN, bus.name)
        elif is_mute:
            yield well("frames prove the bit rate", bus.name)
        else:
            yield none("its controller would tell errors at a wrong bit rate", bus.name)


def _gateway(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        if not bus.live.asks:
            yield none("nothing is asked there", bus.name)
        elif looks.config.diagnostics.silent_connector:
            yield none("silent_connector is set: it is asked all the same", bus.name)
        elif bus.is_silent and not bus.interface.is_virtual:
            what = "it is to be asked and says nothing by itself: a gateway may keep the connector silent"
            yield wrong(what, do.GATEWAY.format(source=bus.live.bus.source), bus.name)
        elif not bus.frames:
            yield none("nothing but errors is heard there" if bus.errors else "a virtual bus has no gateway", bus.name)
        else:
            yield well("it speaks by itself", bus.name)


def _frames(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        if bus.heard.frames:
            told = f"{counted(bus.heard.frames, 'frame')} of {counted(len(bus.heard.ids), 'id')} in {span(bus.seconds)}"
            yield well(told, bus.name)
        elif bus.frames:
            yield well(f"the daemon hears {_rate(bus.told)}", bus.name)
        elif bus.heard.trouble:
            yield warning(f"could not look: {bus.heard.trouble}", "", bus.name)
        else:
            yield _silent(bus)


def _silent(bus: OnBus) -> Seen:
    last = None if bus.told is None else bus.told.heard_ago_s
    ago = "" if last is None else f"; the daemon heard the last frame {span(last)} ago"
    virtual = do.VIRTUAL.format(interface=bus.interface.name)
    remedy = virtual if bus.interface.is_virtual else do.FRAMES
    return wrong(f"no frame in {span(bus.seconds)}{ago}", remedy, bus.name)


def _rate(told: BusStatus | None) -> str:
    return "frames" if told is None or told.frames_per_s is None else f"{told.frames_per_s:,.0f} frames/s"


def _overruns(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        now = max(bus.heard.overruns, bus.grown("receive_over"))
        by_daemon = 0 if bus.told is None else bus.told.counters.get("controller_overrun", 0)
        total, received = max(now, bus.interface.counted.receive_over or 0, by_daemon), bus.interface.counted.received
        if bus.interface.is_virtual:
            yield none("it has no controller", bus.name)
        elif now or total > OVERRUN_SHARE * max(received or 0, 1):
            what = f"the controller lost {counted(total, 'frame')}: nobody fetched them in time"
            yield wrong(what, do.OVERRUNS, bus.name)
        elif total:
            yield warning(f"the controller lost {total:,} of {received:,} frames", do.OVERRUNS, bus.name)
        else:
            yield well("the controller lost nothing", bus.name)


def _buffer(looks: Looks) -> Iterator[Seen]:
    most = looks.kernel().socket_bytes_max
    if not looks.live_of(KERNEL):
        yield none("no bus is read by a socket of the kernel")
    elif most is None:
        yield none("the kernel does not tell net.core.rmem_max")
    elif most < RECEIVE_BUFFER_BYTES:
        yield warning(f"net.core.rmem_max is {most:,}, and a burst wants {RECEIVE_BUFFER_BYTES:,}", do.BUFFER)
    else:
        yield well(f"net.core.rmem_max is {most:,}")


def _drops(looks: Looks) -> Iterator[Seen]:
    for bus in on_buses(looks):
        told = bus.told
        lately = max(0 if told is None else told.lost_last_minute, bus.grown("receive_dropped"))
        if lately:
            yield wrong(f"{counted(lately, 'frame')} came and were not kept, in the last minute", do.DROPS, bus.name)
        elif told is None:
            yield none("no daemon runs that could lose any", bus.name)
        elif told.lost:
            yield warning(f"{counted(told.lost, 'frame')} lost since the daemon runs", do.DROPS, bus.name)
        else:
            yield well("the daemon lost nothing", bus.name)


def _understood(looks: Looks) -> Iterator[Seen]:
    for live in looks.live_of(KERNEL):
        told = looks.told_of(live)
        if told is None and not live.bus.dbc:
            yield none("it has no database, and no daemon tells", live.name)
            continue
        percent = _known_percent(looks, live) if told is None else told.known_percent
        if percent is None or (told is not None and (told.frames or 0) < UNDERSTOOD_FROM):
            yield none("too few frames yet", live.name)
        elif percent < UNDERSTOOD_PERCENT:
            what = f"its databases know {percent:g} % of its frames"
            yield wrong(what, do.UNDERSTOOD.format(source=live.bus.source), live.name)
        else:
            yield well(f"its databases know {percent:g} % of its frames", live.name)


def _known_percent(looks: Looks, live: Live) -> float | None:
    """As we have heard it ourselves; None: too little."""
    heard = looks.overheard().heard.get(live.interface)
    if heard is None or heard.frames < HEARD_FROM:
        return None
    return looks.tried().known_percent(live.name, heard.ids)


_BUSY: Final = (*RATE_IS_RIGHT, "slowed", "supply", "heat")
UNPROVEN: Final = Check("unproven-rate", "proof of the bit rate", _unproven, (do.UNPROVEN,), RATE_IS_RIGHT)
GATEWAY: Final = Check(
    "gateway", "connector", _gateway, (do.GATEWAY,), (*RATE_IS_RIGHT, "listen-only", "unproven-rate")
)
FRAMES: Final = Check(
    "frames", "frames", _frames, (do.FRAMES, do.VIRTUAL), (*RATE_IS_RIGHT, "listen-only", "unproven-rate", "gateway")
)
OVERRUNS: Final = Check("overruns", "losses of the controller", _overruns, (do.OVERRUNS,), _BUSY)
BUFFER: Final = Check("buffer", "room for bursts", _buffer, (do.BUFFER,), ("config",))
DROPS: Final = Check("drops", "losses of the daemon", _drops, (do.DROPS,), (*_BUSY, "overruns"))
UNDERSTOOD: Final = Check(
    "understood", "frames that are understood", _understood, (do.UNDERSTOOD,), (*RATE_IS_RIGHT, "frames")
)
