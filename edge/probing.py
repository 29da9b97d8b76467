"""`telltale-edge diagnose --silent-connector`: tries bit rates and ids on a connector that says nothing by itself."""

import time
from dataclasses import replace

from edge.bus.setting import set_down, set_up
from edge.bus.spec import SourceSpec
from edge.diagnostics.line import Line
from edge.diagnostics.opening import Asking, manners, open_line
from edge.diagnostics.probe import Found, probe
from edge.diagnostics.watch import Signs
from edge.errors import BusDown

VIRTUAL = ("vcan", "vxcan")


def try_connector(asking: Asking, *, engine_runs: bool) -> str:
    """What was tried, and what answered, in words.

    `engine_runs`: what the installer sees; the only proof here that the vehicle is awake.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
    """
    signs = Signs(time.monotonic_ns(), ignition=True if engine_runs else None)
    interface = _controller(asking)

    def open_at(bitrate: int, *, listens_only: bool) -> Line:
        if interface is not None:
            set_up(interface, bitrate, listens_only=listens_only)
        return open_line(replace(asking, bitrate=bitrate, manners=manners(gateway=True)))

    found, left = Found(None), ""
    try:
        found = probe(open_at, signs)
    finally:
        if found.kind is None and interface is not None:
            left = _left_down(interface)
    return _told(found) + left


def _controller(asking: Asking) -> str | None:
    """The interface whose bit rate can be set; a bus that has none is taken as it is."""
    spec = SourceSpec.parse(asking.source)
    return spec.rest if spec.kind == "can" and not spec.rest.startswith(VIRTUAL) else None


def _left_down(interface: str) -> str:
    """At a wrong bit rate it would destroy what a bus says that wakes up later."""
    try:
        set_down(interface)
    except BusDown:
        return f"{interface} may be up at a bit rate that is not the vehicle's: set it down\n"
    return f"{interface} is left down\n"


def _told(found: Found) -> str:
    tried = ", ".join(kind.name for kind in found.tried) or "nothing"
    if found.kind is not None:
        units = ", ".join(unit.name for unit in found.units)
        return (
            f"{found.kind.name} answers ({units}); asked: {tried}\n"
            f"set bitrate = {found.kind.bitrate} and [diagnostics] silent_connector = true\n"
        )
    why = f": {found.why}" if found.why else ": nobody answers"
    return f"asked: {tried}{why}\n"
