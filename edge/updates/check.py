"""Check: whether a bundle that was unpacked can be run, found out as a start finds it out, in a process of its own."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.assets import is_shipped
from edge.config import Config
from edge.errors import ConfigError, ModelError
from edge.prepare import Prepared, prepare
from edge.profile import MappedDatabase
from edge.updates.overlay import FILE, Overlay, read_overlay

NICE: Final = 10
"""The daemon that runs meanwhile comes first."""
_REMEDY: Final = "Put it right in the bundle, and have it run as a new version"


def check(slot: Path, configured: Callable[[Overlay], Config], known: Collection[str]) -> None:
    """Load everything that a start would, and have every model give its golden answers.

    `configured`: the configuration with an overlay. `known`: what cannot be used of the one that runs, which is no
    fault of the bundle.

    Raises:
        ConfigError: it cannot be run, or something in it cannot be used.
    """
    overlay = read_overlay(slot)
    own, config = configured(Overlay(overlay.file)), configured(overlay)
    outside = sorted(_files(config) - _files(own))
    for file in outside:
        if not (file.is_relative_to(slot.resolve()) or is_shipped(file)):
            raise ConfigError(f"{file} is not in the bundle", file=overlay.file, remedy="Put it in, or leave it out")
    prepared = prepare(config)
    unusable = [one for one in prepared.unusable if one not in known]
    if unusable:
        raise ConfigError(unusable[0], remedy=_REMEDY)
    _prove(prepared, slot / FILE)


def be_nice() -> None:
    """Take what processor time others leave, where that may be said: a service manager may forbid it."""
    with suppress(OSError):
        os.nice(NICE)


def _prove(prepared: Prepared, file: Path) -> None:
    for package in prepared.packages:
        try:
            package.prove()
        except ModelError as error:
            raise ConfigError(f"detector {package.name}: {error}", file=file, place="detect.models") from error


def _files(config: Config) -> set[Path]:
    """Every file and folder that a configuration names for what is judged by, as it is on the disk."""

    def named() -> Iterator[Path]:
        yield from map(Path, (*config.detect.rules, *config.detect.models))
        for bus in config.bus:
            yield from ([bus.mapping] if bus.mapping else [])
            for one in (*bus.dbc, *(inner for channel in bus.channels for inner in channel.dbc)):
                yield from (one.file, one.mapping) if isinstance(one, MappedDatabase) else (one,)

    return {file.resolve() for file in named()}
