"""What runs on a vehicle while a capture is taken, so that its frames can be understood and its alerts repeated."""

import hashlib
from pathlib import Path
from typing import Final

from edge.config import Config
from edge.config_parts import Bus
from edge.detect.card import CARD
from edge.health import edge_version

DIGITS: Final = 16
"""Of a SHA-256, in hex."""
FILES_MAX: Final = 150
"""The contract takes 200 values; files beyond are counted."""


def running_of(config: Config) -> dict[str, str]:
    """By name: `software`, `profile`; by `dbc.`, `rules.` or `model.` and a file's name: how its SHA-256 begins."""
    files = {f"dbc.{file.name}": file for bus in config.bus for file in _databases(bus)}
    files |= {f"rules.{Path(one).name}": Path(one) for one in config.detect.rules}
    files |= {f"model.{Path(one).name}": Path(one) / CARD for one in config.detect.models}
    known = {"software": edge_version(), "profile": Path(config.profile).name or "none"}
    known |= {name: _begins(file) for name, file in list(files.items())[:FILES_MAX]}
    return known | ({"more": f"{len(files) - FILES_MAX} files"} if len(files) > FILES_MAX else {})


def _databases(bus: Bus) -> list[Path]:
    every = [*bus.dbc, *(one for channel in bus.channels for one in channel.dbc)]
    return [one if isinstance(one, Path) else one.file for one in every]


def _begins(file: Path) -> str:
    """Of the file's content; unknown where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:DIGITS]
    except OSError:
        return "unknown"
