"""What has been found and chosen so far, and who does the work with what; every step takes and gives it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.bus.spec import SourceSpec
from edge.install.box import Box
from edge.machine.interfaces import Interface
from edge.setup.asking import Answered
from edge.setup.finding import Connection
from edge.setup.hearing import Heard
from edge.setup.kinds import Ask
from edge.setup.person import Person
from edge.setup.wishes import Wishes

ADAPTER = "elm327"


@dataclass(frozen=True, slots=True)
class Work:
    """One setup."""

    wishes: Wishes
    person: Person
    box: Box
    now: datetime

    def step(self, number: int, title: str) -> None:
        """Say which one begins."""
        self.person.tell(f"{number}. {title}")

    def tell(self, text: str) -> None:
        """Say what is done in it."""
        self.person.tell(f"  {text}")

    def agrees(self, question: str, *, unasked: bool) -> bool:
        """Yes or no; `unasked`: where nobody is there."""
        return self.person.agrees(f"  {question}", unasked=unasked)

    def here(self, path: Path) -> Path:
        """Where a path of the box is from here."""
        return self.wishes.root / path.absolute().relative_to("/")


@dataclass(frozen=True, slots=True)
class Setting:
    """What has been found and chosen so far."""

    connection: Connection
    bitrate: int | None = None
    heard: Heard | None = None
    """None: it is an adapter, which hears nothing by itself."""
    profile: str = ""
    databases: tuple[Path, ...] = ()
    is_heavy: bool = False
    ask: Ask = "nothing"
    answered: Answered | None = None
    blocked: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """As the configuration has it."""
        return self.connection.source

    @property
    def is_adapter(self) -> bool:
        """Whether it is an ELM327."""
        return SourceSpec.parse(self.source).kind == ADAPTER

    @property
    def controller(self) -> Interface | None:
        """The interface whose bit rate can be set; None: a virtual one, or none of the kernel's."""
        interface = self.connection.interface
        return None if interface is None or interface.is_virtual else interface

    @property
    def is_silent(self) -> bool:
        """Whether nothing was heard of the vehicle."""
        return self.heard is not None and not self.heard.frames
