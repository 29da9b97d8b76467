"""Finding: what this box could hear a vehicle by: its CAN interfaces, and serial ports with names that stay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.machine.interfaces import Interface, interfaces

NAMED: Final = ("telltale-obd", "serial/by-id/*", "rfcomm*")
"""Below /dev, the best name first; /dev/ttyUSB0 may be another adapter tomorrow."""
PORTS_MAX: Final = 32


@dataclass(frozen=True, slots=True)
class Connection:
    """One way to hear a vehicle."""

    source: str
    """As a bus of the configuration is written."""
    what: str
    """In words."""
    interface: Interface | None = None
    """None: no CAN interface of the kernel."""


def find(machine: Path = Path("/"), *, known: Callable[[], list[Interface]] = interfaces) -> list[Connection]:
    """All of them, CAN interfaces first: of these, real ones before virtual ones.

    `machine`: the tree that has /dev; `known`: gives the CAN interfaces.

    Raises:
        EdgeError: the kernel does not say what there is.
    """
    cans = sorted(known(), key=lambda one: (one.is_virtual, one.name))
    return [*(Connection(f"can:{one.name}", _shown(one), one) for one in cans), *_ports(machine)]


def _shown(one: Interface) -> str:
    told = [one.driver or one.kind or "CAN"]
    told.append("up" if one.is_up else "down")
    if one.bitrate:
        told.append(f"{one.bitrate} bit/s")
    if one.is_listen_only:
        told.append("listens only")
    return ", ".join(told)


def _ports(machine: Path) -> Iterator[Connection]:
    """Each port once, by its best name."""
    seen: set[Path] = set()
    for pattern in NAMED:
        for port in sorted((machine / "dev").glob(pattern)):
            if (real := port.resolve()) in seen or len(seen) == PORTS_MAX:
                continue
            seen.add(real)
            yield Connection(f"elm327:/{port.relative_to(machine)}", "a serial port: an ELM327 may be behind it")
