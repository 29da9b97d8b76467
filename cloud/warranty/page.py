"""What a page of the evidence pack is made of, before anybody draws it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cloud.warranty.signal import SignalCurve


class Tone(StrEnum):
    """How a box is coloured; the words say the same."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Lines:
    """A paragraph for each."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Box:
    """What must not be missed."""

    title: str
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; the widths are shares of the page's."""

    head: Sequence[str]
    """Empty: it has none."""
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    is_code: bool = False
    """Hashes and names: every sign has the same width."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One signal over time, with the alert."""

    curve: SignalCurve
    caption: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page."""


Block = Heading | Lines | Box | Rows | Chart | NewPage


@dataclass(frozen=True, slots=True)
class Document:
    """All of it. Texts may be anybody's: whoever draws them shows them as they are, as text."""

    title: str
    subtitle: str
    mark: str
    """On every page; "": nothing."""
    blocks: Sequence[Block]
