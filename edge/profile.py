"""What one kind of vehicle needs, whatever box listens to it: its buses, their databases, rules, models, signals."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from edge.decode.did_entries import DidEntry
from edge.decode.schemes import IntegrityEntry
from edge.errors import ConfigError

SignalName = Annotated[str, StringConstraints(pattern=r"^(Vehicle|dbc)\.\S+$", max_length=512)]
"""A VSS path, or `dbc.<Message>.<Signal>`."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MappedDatabase(_Part):
    """A database whose mapping does not lie beside it."""

    file: Path
    mapping: Path


Database = Path | MappedDatabase
BitRate = Annotated[int, Field(ge=5_000, le=1_000_000)]
"""Bit/s, of arbitration (ISO 11898-2)."""


class ProfileBus(_Part):
    """One bus of a kind of vehicle."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    bitrate: BitRate | None = None
    databases: list[Database] = []


class Profile(_Part):
    """What one kind of vehicle needs; its own entries come after the configuration's."""

    databases: list[Database] = []
    """Of every bus."""
    bus: Annotated[list[ProfileBus], Field(max_length=16)] = []
    rules: list[str] = []
    models: list[str] = []
    summary_signals: list[str] = []
    subscribe: list[SignalName] = []
    integrity: list[IntegrityEntry] = []
    did: Annotated[list[DidEntry], Field(max_length=4096)] = []

    @model_validator(mode="after")
    def _buses_differ(self) -> Self:
        if len({bus.name for bus in self.bus}) < len(self.bus):
            raise ValueError("two buses have one name")
        return self


def placed(database: Database, folder: Path) -> Database:
    """A database whose files count from a folder."""
    if isinstance(database, MappedDatabase):
        return MappedDatabase(file=folder / database.file, mapping=folder / database.mapping)
    return folder / database


def known_buses(names: Sequence[tuple[str, bool]], profile: Profile, file: Path) -> list[ProfileBus]:
    """What a profile knows of each bus of a configuration: by name, or of a single one without a name its only bus.

    Args:
        names: of each bus, and whether it brings databases of its own.
        profile: of the vehicle.
        file: the profile's.

    Raises:
        ConfigError: one that brings nothing is not among the profile's.
    """
    by_name = {bus.name: bus for bus in profile.bus}
    nothing = ProfileBus(name="-")
    if not by_name:
        return [nothing] * len(names)
    if len(names) == len(by_name) == 1 and not names[0][0]:
        return list(profile.bus)
    if any(name not in by_name and not has_own for name, has_own in names):
        ours = ", ".join(repr(name) for name, _ in names)
        raise ConfigError(
            f"the profile has the buses {', '.join(map(repr, by_name))}, the configuration {ours}",
            file=file,
            place="bus",
            remedy="Call each [[bus]] of the configuration as the profile calls it, or give it dbc = […] of its own",
        )
    return [by_name.get(name, nothing) for name, _ in names]
