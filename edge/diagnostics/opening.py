"""From what the installer wrote to a way to the vehicle: port, manners, askers and surveyor of one bus."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from edge.bus.can_filters import Wanted
from edge.bus.kernel_frames import EXTENDED_BIT
from edge.bus.port import open_port
from edge.bus.spec import SourceSpec
from edge.decode.pids import values
from edge.diagnostics.budget import SHARE, Budget
from edge.diagnostics.can_asker import Assembly, CanAsker
from edge.diagnostics.cars import CarSurveyor
from edge.diagnostics.findings import Value
from edge.diagnostics.isotp_kernel import KernelAssembly, kernel_has_isotp
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.line import Line
from edge.diagnostics.permission import Permission
from edge.diagnostics.service import Vehicle
from edge.diagnostics.standing import LineStanding
from edge.diagnostics.watch import VOLTS_MIN, Manners, Watch

PATIENCE_S: Final = 0.05
BITRATE: Final = 500_000
"""Of a bus whose bit rate nobody told; the budget is counted by it."""
FILTERS: Final = (
    Wanted(0x7DF, 0x7FF | EXTENDED_BIT),
    Wanted(0x7E0, 0x7F0 | EXTENDED_BIT),
    Wanted(0x00DA0000 | EXTENDED_BIT, 0x00FE0000 | EXTENDED_BIT),
    Wanted(0x000000F8 | EXTENDED_BIT, 0x000000F8 | EXTENDED_BIT),
)
"""What the kernel lets through to who asks a car: requests and answers of testers, and whatever comes from J1939's
service tools. The vehicle's own traffic is read by the daemon, once."""

Assembling = Literal["auto", "kernel", "library"]


@dataclass(frozen=True, slots=True)
class Asking:
    """What is configured for one bus."""

    source: str
    """As the bus is written: `can:can0`."""
    manners: Manners
    bitrate: int = BITRATE
    share: float = SHARE
    assembling: Assembling = "auto"
    rates_s: Mapping[int, float] | None = None
    """Seconds between two questions by PID; None: ordinary ones."""
    permission: Permission = field(default_factory=Permission)
    shares_reader: bool = False
    """Whether another reads the bus's own traffic and tells of it."""


def manners(*, volts_min: float = VOLTS_MIN, gateway: bool = False) -> Manners:
    """Manners of who asks."""
    return Manners(asks=True, volts_min=volts_min, gateway=gateway)


def open_line(asking: Asking) -> Line:
    """The bus with its manners.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: it is not there just now.
    """
    wanted = FILTERS if asking.shares_reader else ()
    port = open_port(asking.source, patience_s=PATIENCE_S, wanted=wanted)
    watch = Watch(asking.manners, bitrate=asking.bitrate, address=asking.permission.address)
    return Line(port, asking.permission, watch, Budget(asking.bitrate, share=asking.share))


def open_car(asking: Asking) -> Vehicle:
    """A car that speaks OBD-II.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: it is not there just now.
    """
    line = open_line(asking)
    surveyor = CarSurveyor(list(askers_on(line, asking)), frozen=frozen_values, rates_s=asking.rates_s)
    return Vehicle(
        surveyor=surveyor,
        standing=LineStanding(line),
        listen_to=line.listen_to,
        bad_install=lambda: line.watch.bad_install,
        close=line.close,
    )


def askers_on(line: Line, asking: Asking) -> Iterator[CanAsker]:
    """One for each length of ids."""
    for extended in (False, True):
        yield CanAsker(line, _assembly(line, asking), extended=extended)


def _assembly(line: Line, asking: Asking) -> Assembly:
    """The kernel's own where it has one and the bus is its."""
    spec = SourceSpec.parse(asking.source)
    by_kernel = asking.assembling == "kernel" or (
        asking.assembling == "auto" and spec.kind == "can" and kernel_has_isotp()
    )
    return KernelAssembly(line, spec.rest) if by_kernel else LibraryAssembly(line)


def frozen_values(pid: int, raw: bytes) -> Mapping[str, Value]:
    """Values of a PID by path; one that nobody understands in hex, by its number."""
    known = {quantity.path: round(value, 6) for quantity, value in values(pid, raw)}
    return known or {f"pid {pid:02X}": raw.hex().upper()}
