"""Stages: what one run of the daemon is made of, for who runs it and for who tells how it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from edge.asking import Asked
from edge.bus.reader import Readers
from edge.collecting import Collecting
from edge.commands import Commands
from edge.config import Config
from edge.documents import Documents
from edge.driver.cab import Cab
from edge.driver.judged import Judged
from edge.enrolment.keeper import Keeper
from edge.files import Draft
from edge.grid import Grid
from edge.health import Quiet
from edge.judgement import Judgement
from edge.lanes import Lane
from edge.looking import Looking
from edge.memories import Memories
from edge.outbox import Outbox
from edge.powering import Powering
from edge.prepare import Prepared
from edge.sealing import Sealing
from edge.service_manager import ServiceManager
from edge.status.file import StatusFile
from edge.tell import Teller
from edge.timekeeping import Timekeeping
from edge.updates.updates import Updates
from edge.wanted import Wanted
from edge.wishes import Wishes

if TYPE_CHECKING:
    from edge.link import Link  # 16 MB that a box without a broker does not pay


@dataclass(frozen=True, slots=True)
class Parts:
    """What the daemon is made of beside the stages; opened before it, closed after it."""

    outbox: Outbox | None = None
    link: "Link | None" = None
    alerts_out: Draft | None = None
    wanted: Wanted = field(default_factory=Wanted)
    documents: Documents | None = None
    timekeeping: Timekeeping = field(default_factory=Timekeeping)
    commands: Commands | None = None
    status: StatusFile = field(default_factory=lambda: StatusFile([], is_asked=False))
    config_file: Path | None = None
    keeper: Keeper | None = None
    """Renews the certificate, where this box enrolled for one."""
    updates: Updates | None = None
    sealing: Sealing = field(default_factory=lambda: Sealing(None, None))
    manager: ServiceManager = field(default_factory=ServiceManager)


@dataclass(frozen=True, slots=True)
class Stages:
    """From frames to what is told of them, open."""

    config: Config
    prepared: Prepared
    parts: Parts
    started_s: float
    """Monotonic."""
    lanes: Sequence[Lane]
    asked: Mapping[int, Asked]
    """By place of the bus."""
    is_live: bool
    readers: Readers
    grid: Grid
    looking: Looking | None
    """Looks at what must not wait; None: nothing is such."""
    collecting: Collecting
    memories: Memories
    wishes: Wishes
    judged: Judged
    cab: Cab
    teller: Teller
    quiet: Quiet
    powering: Powering

    @property
    def judgement(self) -> Judgement:
        """What judges."""
        return self.prepared.judgement
