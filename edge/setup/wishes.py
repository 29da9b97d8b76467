"""Wishes: what whoever starts a setup has said by flags; None or empty: not said."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.setup.kinds import Ask

LISTEN_S: Final = 10.0
STATE: Final = Path("/var/lib/telltale")
CONFIG: Final = Path("/etc/telltale/edge.toml")


@dataclass(frozen=True, slots=True)
class Wishes:
    """Flags."""

    bus: str | None = None
    """A source; None: found."""
    bitrate: int | None = None
    profile: str | None = None
    databases: Sequence[Path] = ()
    """To look for what is heard in, beside profiles; none: the shipped ones."""
    ask: Ask | None = None
    listen_s: float = LISTEN_S
    speech: bool = False
    player: Sequence[str] = ()
    red: int | None = None
    """GPIO number of a red lamp."""
    cloud: str | None = None
    code: str | None = None
    ca: Path | None = None
    config: Path = CONFIG
    """Below `root`."""
    state: Path = STATE
    """Of the daemon, as the configuration names it; below `root` here."""
    root: Path = Path("/")
    """An image that is not running, or this machine."""
    starts: bool = True
    status: Sequence[Path] = field(default_factory=tuple)
    """Folders where the daemon tells how it is."""
