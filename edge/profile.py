"""What one kind of vehicle needs, whatever box listens to it: its buses, their databases, rules, models, signals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Self

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


NAME_MAX: Final = 64
BUSES_MAX: Final = 16
BusName = Annotated[str, StringConstraints(min_length=1, max_length=NAME_MAX)]


class ProfileBus(_Part):
    """One bus of a kind of vehicle."""

    name: BusName
    bitrate: BitRate | None = None
    databases: list[Database] = []


class Profile(_Part):
    """What one kind of vehicle needs; its own entries come after the configuration's."""

    databases: list[Database] = []
    """Of every bus."""
    bus: Annotated[list[ProfileBus], Field(max_length=BUSES_MAX)] = []
    heavy: bool = False
    """A truck or a bus: driving is harsh from lower limits on."""
    rules: list[str] = []
    models: list[str] = []
    summary_signals: list[str] = []
    summary_slow: list[str] = []
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A bus of a configuration, as far as a profile looks at it."""

    name: str
    has_own: bool
    """It brings databases itself."""
    has_inner: bool
    """It is a recording, which may hold several buses."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a profile knows of a bus of a configuration."""

    databases: Sequence[Database] = ()
    bitrate: int | None = None
    inner: Sequence[ProfileBus] = ()
    """The buses that may be inside it, by the names that they have there."""


def known_buses(asked: Sequence[Asked], profile: Profile, file: Path) -> list[Known]:
    """What a profile knows of each bus of a configuration: by name, or of a single one without a name its only bus.

    A recording that is none of the profile's buses is taken to hold them.

    Args:
        asked: each bus.
        profile: of the vehicle.
        file: the profile's.

    Raises:
        ConfigError: one that brings nothing, and has no buses inside, is not among the profile's.
    """
    by_name = {bus.name: Known(bus.databases, bus.bitrate) for bus in profile.bus}
    if len(asked) == len(by_name) == 1 and not asked[0].name:
        return list(by_name.values())
    if by_name and any(one.name not in by_name and not one.has_own and not one.has_inner for one in asked):
        ours = ", ".join(repr(one.name) for one in asked)
        raise ConfigError(
            f"the profile has the buses {', '.join(map(repr, by_name))}, the configuration {ours}",
            file=file,
            place="bus",
            remedy="Call each [[bus]] of the configuration as the profile calls it, or give it dbc = […] of its own",
        )
    return [by_name.get(one.name, Known(inner=profile.bus if one.has_inner else ())) for one in asked]
