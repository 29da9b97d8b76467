"""What can go wrong on the edge; every error says what to do next.

The class tells the daemon how to go on: stop with exit 78, retry, count and skip, or switch one part off.
"""

from pathlib import Path

EXIT_CONFIG = 78
"""sysexits.h EX_CONFIG: systemd's RestartPreventExitStatus keeps a broken configuration from looping."""


class EdgeError(Exception):
    """Base of all errors that the edge raises on purpose."""


class ConfigError(EdgeError):
    """What the installer wrote cannot be used; names the file, the place and the remedy (exit 78)."""

    def __init__(self, problem: str, *, file: Path | str | None = None, place: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.place = place
        self.remedy = remedy
        where = ", ".join(part for part in (self.file or "", place) if part)
        text = f"{where}: {problem}" if where else problem
        super().__init__(f"{text}. {remedy}" if remedy else text)


class BusDown(EdgeError):
    """A bus cannot be opened or read just now; try again."""


class ModelError(EdgeError):
    """A model cannot be used; the daemon disables it, says so, and carries on with the rest."""


class OutboxFull(EdgeError):
    """There is no room left even after eviction; what is refused is counted."""


class LinkDown(EdgeError):
    """The broker cannot be reached; back off and try again."""
