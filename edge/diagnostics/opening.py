"""From what the installer wrote to a way to the vehicle: port, manners, askers and surveyor of one bus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from edge.bus.can_filters import Wanted
from edge.bus.kernel_frames import EXTENDED_BIT
from edge.bus.port import open_port
from edge.bus.spec import SourceSpec
from edge.decode.did_entries import DidEntry
from edge.decode.pids import values
from edge.diagnostics.asker import Asker
from edge.diagnostics.budget import SHARE, Budget
from edge.diagnostics.can_asker import Assembly, CanAsker
from edge.diagnostics.cars import RATES_S, CarSurveyor
from edge.diagnostics.elm327.asker import ElmAsker
from edge.diagnostics.elm327.opening import as_vehicle, open_elm327
from edge.diagnostics.findings import Survey, Value
from edge.diagnostics.isotp_kernel import KernelAssembly, kernel_has_isotp
from edge.diagnostics.isotp_library import LibraryAssembly
from edge.diagnostics.j1939.asker import J1939Asker
from edge.diagnostics.j1939.surveyor import TruckSurveyor
from edge.diagnostics.line import Line
from edge.diagnostics.permission import DM23, DM28, ECU_IDENTIFICATION, Permission
from edge.diagnostics.poller import Standing
from edge.diagnostics.service import Vehicle
from edge.diagnostics.standing import LineStanding
from edge.diagnostics.uds import declared
from edge.diagnostics.uds.beside import ObdAndUds
from edge.diagnostics.uds.reader import UdsReader
from edge.diagnostics.watch import VOLTS_MIN, Manners, Watch
from edge.errors import BusDown, ConfigError

ADAPTER: Final = "elm327"
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

_WHOLE: Final = 0x1FFFFFFF | EXTENDED_BIT

HEAVY_FILTERS: Final = (
    *(Wanted(pf << 16 | EXTENDED_BIT, 0x00FF0000 | EXTENDED_BIT) for pf in (0xC1, 0xD3, 0xE8, 0xEA, 0xEB, 0xEC, 0xEE)),
    Wanted(0x00FEC000 | EXTENDED_BIT, 0x00FFE000 | EXTENDED_BIT),
    Wanted(0x00FEE000 | EXTENDED_BIT, 0x00FFF000 | EXTENDED_BIT),
    *(Wanted(group << 8 | EXTENDED_BIT, 0x00FFFF00 | EXTENDED_BIT) for group in (DM23, DM28, ECU_IDENTIFICATION)),
    Wanted(0x000000F8 | EXTENDED_BIT, 0x000000F8 | EXTENDED_BIT),
)
"""The same for who asks by J1939: DM19 and DM21, acknowledgements, requests, long messages, claims; FEC0 to FEEF, among
them the other DMs, names and totals; and service tools."""

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
    dids: Sequence[DidEntry] = ()
    """What identifiers of units mean, and which are asked for."""
    identity: int = 0
    """A number of this very box, for its name on J1939."""
    shares_reader: bool = False
    """Whether another reads the bus's own traffic and tells of it."""


def manners(*, volts_min: float = VOLTS_MIN, gateway: bool = False) -> Manners:
    """Manners of who asks."""
    return Manners(asks=True, volts_min=volts_min, gateway=gateway)


def open_line(asking: Asking, filters: Sequence[Wanted] = FILTERS) -> Line:
    """The bus with its manners; `filters`: what is heard where another reads the rest.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: it is not there just now.
    """
    named = (Wanted(unit.answer | EXTENDED_BIT * unit.extended, _WHOLE) for unit in asking.permission.units)
    wanted = (*filters, *named) if asking.shares_reader else ()
    port = open_port(asking.source, patience_s=PATIENCE_S, wanted=wanted)
    permission = asking.permission
    watch = Watch(asking.manners, bitrate=asking.bitrate, address=permission.address, units=permission.units)
    return Line(port, permission, watch, Budget(asking.bitrate, share=asking.share))


def surveyor_of(askers: Sequence[Asker], asking: Asking, known_before: Survey | None = None) -> ObdAndUds:
    """What to ask a car, by OBD-II and UDS.

    Raises:
        ConfigError: an identifier cannot be asked for as it is declared.
    """
    place = Path("did")
    readers = [
        UdsReader(
            asker,
            units=declared.units(asking.dids),
            known=declared.known(asking.dids, place),
            wanted=list(declared.wanted(asking.dids)),
            rates_s=RATES_S if asking.rates_s is None else asking.rates_s,
        )
        for asker in askers
    ]
    cars = CarSurveyor(askers, frozen=frozen_values, rates_s=asking.rates_s)
    return ObdAndUds(cars, readers, known=known_before)


def open_car(asking: Asking, known_before: Survey | None = None) -> Vehicle:
    """A car that speaks OBD-II, UDS or both.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: it is not there just now.
    """
    line = open_line(asking)
    return Vehicle(
        surveyor=surveyor_of(list(askers_on(line, asking)), asking, known_before),
        standing=LineStanding(line),
        listen_to=line.listen_to,
        bad_install=lambda: line.watch.bad_install,
        close=line.close,
    )


def open_truck(asking: Asking, known_before: Survey | None = None) -> Vehicle:
    """A heavy vehicle that speaks J1939.

    Raises:
        ConfigError: it is no bus, or cannot be opened on this machine.
        BusDown: it is not there just now.
    """
    del known_before  # its codes have one name each, whoever tells them
    line = open_line(asking, HEAVY_FILTERS)
    return Vehicle(
        surveyor=TruckSurveyor(J1939Asker(line, asking.identity)),
        standing=LineStanding(line),
        listen_to=line.listen_to,
        bad_install=lambda: line.watch.bad_install,
        close=line.close,
    )


@dataclass(frozen=True, slots=True)
class Way:
    """A bus or an adapter, for who asks once and by hand."""

    askers: Sequence[Asker]
    standing: Standing
    bad_install: Callable[[], str | None]
    budget: Callable[[], Budget]
    counters: Callable[[], Mapping[str, int]]
    close: Callable[[], None]
    line: Line | None = None

    def heavy(self, identity: int) -> TruckSurveyor:
        """What to ask a heavy vehicle.

        Raises:
            ConfigError: an adapter cannot.
        """
        if self.line is None:
            raise ConfigError("an adapter does not speak J1939", place="--ask", remedy="Take a CAN interface")
        return TruckSurveyor(J1939Asker(self.line, identity))


def open_way(asking: Asking) -> Way:
    """What is written as a source, open.

    Raises:
        ConfigError: nobody can be asked there, or not on this machine.
        BusDown: it is not there just now.
    """
    if SourceSpec.parse(asking.source).kind == ADAPTER:
        adapter = open_adapter(asking)
        try:
            adapter.arrive()
        except BusDown:
            adapter.close()
            raise
        return Way(
            askers=[adapter], standing=adapter, bad_install=lambda: adapter.watch.bad_install,
            budget=lambda: adapter.budget, counters=lambda: adapter.counters, close=adapter.close,
        )  # fmt: skip
    line = open_line(asking)
    askers = list(askers_on(line, asking))
    return Way(
        askers=askers, standing=LineStanding(line), bad_install=lambda: line.watch.bad_install,
        budget=lambda: line.budget, counters=lambda: {**askers[0].counters, **askers[1].counters}, close=line.close,
        line=line,
    )  # fmt: skip


def open_adapter(asking: Asking) -> ElmAsker:
    """An ELM327; it need not be there yet.

    Raises:
        ConfigError: python-OBD is not installed, or an option cannot be used.
    """
    spec = SourceSpec.parse(asking.source)
    return open_elm327(
        spec.rest,
        asking.manners,
        baud=spec.int_option("baud", None, least=1),
        protocol=spec.text_option("protocol", None),
        permission=asking.permission,
        units=sorted(asking.permission.units),
    )


def adapter_vehicle(asker: ElmAsker, asking: Asking, known_before: Survey | None = None) -> Vehicle:
    """A car behind an adapter."""
    return as_vehicle(asker, surveyor_of([asker], asking, known_before))


def askers_on(line: Line, asking: Asking) -> Iterator[CanAsker]:
    """One for each length of ids.

    Raises:
        ConfigError: what is to put answers together cannot.
    """
    check_assembling(asking)
    for extended in (False, True):
        yield CanAsker(line, _assembly(line, asking), extended=extended, units=sorted(asking.permission.units))


def check_assembling(asking: Asking) -> None:
    """Refuse what cannot put answers together here.

    Raises:
        ConfigError: the kernel is to do it, and has no ISO-TP, or the bus is not its.
    """
    if asking.assembling != "kernel":
        return
    if SourceSpec.parse(asking.source).kind != "can" or not kernel_has_isotp():
        remedy = 'Write isotp = "auto" or "library"'
        raise ConfigError("the kernel cannot put its long answers together", place=asking.source, remedy=remedy)


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
