"""Looks: everything that checks may look at, each when it is first asked for, and once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.bus.spec import SourceSpec
from edge.config import Config
from edge.config_parts import Bus
from edge.decode.decoder import Decoder
from edge.doctor.greeting import Greeted
from edge.doctor.listening import Heard
from edge.doctor.look import CouldNotLook, Look
from edge.doctor.service import Service
from edge.doctor.validity import Validity
from edge.errors import ConfigError
from edge.frames import EXTENDED, Frame, FrameBatch
from edge.machine.board import Board
from edge.machine.disks import Card, Room
from edge.machine.interfaces import Interface
from edge.machine.kernel import Kernel
from edge.machine.programs import Python
from edge.machine.serial_ports import Node
from edge.machine.time_of_day import TimeOfDay
from edge.status.told import BusStatus, Status

ADAPTER = "elm327"
KERNEL = "can"


class CanSocket(StrEnum):
    """Whether a CAN socket can be had."""

    OPEN = "open"
    NO_CAN = "no_can"
    """This kernel has none."""
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True, slots=True)
class Configured:
    """The configuration, or why it cannot be used."""

    file: str
    config: Config | None
    error: ConfigError | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of loading all that the configuration names."""

    unusable: Sequence[str]
    """Rules and models that cannot be used, and why."""
    error: ConfigError | None = None
    """Why a daemon would not start."""
    decoder: Decoder | None = None
    """Of the databases."""

    def known_percent(self, bus: str, ids: Mapping[tuple[bool, int], int]) -> float | None:
        """The share of frames whose id a database has; `ids`: how many of each (extended, id). None: of none."""
        every = sum(ids.values())
        if self.decoder is None or not every:
            return None
        frames = [Frame(at, one, bytes(8), bus, EXTENDED if extended else 0) for at, (extended, one) in enumerate(ids)]
        self.decoder.decode(FrameBatch.of(frames))
        known = self.decoder.counts.known
        share = sum(count for (extended, one), count in ids.items() if (bus, extended, one) in known) / every
        return round(100.0 * share, 1)


@dataclass(frozen=True, slots=True)
class Daemon:
    """What a daemon tells, or why none does."""

    status: Status | None
    why: str = ""
    is_hanging: bool = False
    """Its process is there, and says nothing any more."""


@dataclass(frozen=True, slots=True)
class User:
    """Who the daemon is on this machine."""

    name: str
    number: int
    groups: Sequence[int]


@dataclass(frozen=True, slots=True)
class Live:
    """A bus of the configuration that comes from the outside."""

    name: str
    place: int
    bus: Bus
    spec: SourceSpec

    @property
    def interface(self) -> str:
        """Of the kernel, or the device of an adapter."""
        return self.spec.rest

    @property
    def bitrate(self) -> int | None:
        """bit/s that it must be set to, as the installer or the profile says."""
        return self.bus.bitrate or self.spec.int_option("bitrate", None)

    @property
    def asks(self) -> bool:
        """Whether control units on it are asked."""
        return self.bus.ask != "nothing"


@dataclass(frozen=True, slots=True)
class Overheard:
    """Buses over the same few seconds."""

    before: Mapping[str, Interface]
    heard: Mapping[str, Heard]
    """By interface."""
    after: Mapping[str, Interface]
    seconds: float


@dataclass(frozen=True, slots=True)
class Looks:
    """What there is to be looked at."""

    python: Look[Python]
    kernel: Look[Kernel]
    can_socket: Look[CanSocket]
    board: Look[Board]
    cards: Look[list[Card]]
    time: Look[TimeOfDay]
    configured: Look[Configured]
    room: Look[Room | None]
    """Of the state folder."""
    state_node: Look[Node | None]
    """The state folder itself."""
    interfaces: Look[Mapping[str, Interface]]
    overheard: Look[Overheard]
    nodes: Look[Mapping[str, Node | None]]
    """Of serial adapters that the configuration names."""
    ports: Look[list[str]]
    """Serial adapters that are plugged in."""
    user: Look[User | None]
    service: Look[Service | None]
    daemon: Look[Daemon]
    certificate: Look[Validity | None]
    greeted: Look[Greeted | None]
    tried: Look[Tried]
    """For where no daemon tells."""
    speech: Look[str | None]
    """Where espeak-ng lies."""

    @property
    def config(self) -> Config:
        """The configuration.

        Raises:
            CouldNotLook: there is none that can be used.
        """
        config = self.configured().config
        if config is None:
            raise CouldNotLook("there is no configuration that can be used")
        return config

    @property
    def live(self) -> list[Live]:
        """Buses that come from the outside, in the order of the configuration."""
        return live_buses(self.config)

    def live_of(self, kind: str) -> list[Live]:
        """Those of one kind of source."""
        return [one for one in self.live if one.spec.kind == kind]

    def told_of(self, live: Live) -> BusStatus | None:
        """What a running daemon tells of a bus; None: no daemon tells, or it runs with other buses."""
        status = self.daemon().status
        if status is None or len(status.buses) < len(self.config.bus):
            return None
        return status.buses[live.place]


def live_buses(config: Config) -> list[Live]:
    """Buses that come from the outside, by the names that people know."""
    found = []
    for place, bus in enumerate(config.bus):
        spec = SourceSpec.parse(bus.source)
        if spec.kind in (KERNEL, ADAPTER, "pythoncan"):
            found.append(Live(bus.name or spec.text_option("name", spec.rest), place, bus, spec))
    return found
