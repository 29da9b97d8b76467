"""`telltale-edge diagnose --silent-connector`: tries bit rates and ids on a connector that says nothing by itself."""

import subprocess
import time
from dataclasses import replace

from edge.bus.spec import SourceSpec
from edge.diagnostics.line import Line
from edge.diagnostics.opening import Asking, manners, open_line
from edge.diagnostics.probe import Found, probe
from edge.diagnostics.watch import Signs
from edge.errors import BusDown

IP_S = 10.0
VIRTUAL = ("vcan", "vxcan")


def try_connector(asking: Asking, *, engine_runs: bool) -> str:
    """What was tried, and what answered, in words.

    `engine_runs`: what the installer sees; the only proof here that the vehicle is awake.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: its bit rate cannot be set, or it is not there.
    """
    signs = Signs(time.monotonic_ns(), ignition=True if engine_runs else None)
    return _told(probe(lambda bitrate: _opened(asking, bitrate), signs))


def _opened(asking: Asking, bitrate: int) -> Line:
    """The bus at a bit rate; one that has none is taken as it is."""
    spec = SourceSpec.parse(asking.source)
    if spec.kind == "can" and not spec.rest.startswith(VIRTUAL):
        _set_bitrate(spec.rest, bitrate)
    return open_line(replace(asking, bitrate=bitrate, manners=manners(gateway=True)))


def _set_bitrate(interface: str, bitrate: int) -> None:
    """Needs root, or CAP_NET_ADMIN.

    Raises:
        BusDown: it cannot be set.
    """
    commands = (
        ["ip", "link", "set", interface, "down"],
        ["ip", "link", "set", interface, "type", "can", "bitrate", str(bitrate), "restart-ms", "0"],
        ["ip", "link", "set", interface, "up"],
    )
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=IP_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BusDown(f"{' '.join(command)}: {error}") from error
        if done.returncode:
            raise BusDown(f"{' '.join(command)}: {done.stderr.strip()}; it needs root")


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
