"""Learn anew: what a model has learned of a vehicle is laid aside, as after a sensor was replaced."""

from pathlib import Path
from typing import Final

from edge.errors import ConfigError
from edge.memories import SUFFIX
from edge.state import locked

ASIDE: Final = ".before"


def learn_anew(name: str, folder: Path) -> str:
    """Lay a model's memory aside in the state folder; what happens next, for people.

    All of its channels begin anew: each leans on all the others, so none can be learned alone.

    Raises:
        ConfigError: there is no such memory, a daemon runs on this state, or the disk refuses.
    """
    file = folder / f"{name}{SUFFIX}"
    if not folder.is_dir():
        raise ConfigError("no such folder", file=folder, remedy="Give the state folder of the daemon with --state")
    with locked(folder):
        if file.parent != folder or not file.is_file():
            there = ", ".join(sorted(one.name.removesuffix(SUFFIX) for one in folder.glob(f"*{SUFFIX}"))) or "none"
            problem = f"nothing was learned by a model of the name {name!r}"
            raise ConfigError(problem, file=folder, remedy=f"Name one of those that have learned: {there}")
        aside = file.with_name(file.name + ASIDE)
        try:
            file.replace(aside)
        except OSError as error:
            problem = f"cannot be renamed: {error.strerror}"
            raise ConfigError(problem, file=file, remedy="Run this as the daemon's user") from error
    return f"{name} learns this vehicle anew from the next start on. What it knew is kept as {aside}.\n"
