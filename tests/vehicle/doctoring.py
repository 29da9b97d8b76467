"""The doctor asked about one bus, with nothing else in its configuration."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from edge.cli import main

Told = dict[tuple[str, str | None], dict[str, Any]]
"""What each check says, by its id and bus."""
Doctor = Callable[..., Told]
UNASKED: Final = frozenset({"daemon", "service", "clock", "buffer", "disk"})
"""What a guest machine has not, or has so."""


def doctor_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Asks it of a source; `bus`: more lines of its [[bus]]."""

    def ask(source: str, *, bus: str = "") -> Told:
        file = folder / "edge.toml"
        file.write_text(f'[[bus]]\nname = "it"\nsource = "{source}"\n{bus}\n[state]\ndirectory = "{folder}"\n')
        capsys.readouterr()
        main(["doctor", "--config", str(file), "--json", "--listen", "1.5", "--status", str(folder)])
        return {(one["id"], one["bus"]): one for one in json.loads(capsys.readouterr().out)["checks"]}

    return ask


def wrong(told: Told) -> list[str]:
    """Of the bus."""
    return [name for (name, _), one in told.items() if one["result"] in ("wrong", "warning") and name not in UNASKED]


def because(told: Told, cause: str) -> set[str]:
    """Checks that it explains."""
    return {name for (name, _), one in told.items() if one["because"] == cause}
