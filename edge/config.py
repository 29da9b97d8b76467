"""What the installer writes: one TOML file, every field with a default, every mistake with its place."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge import assets
from edge.config_box import (
    MotionSettings,
    PositionSettings,
    PowerSettings,
    SupplySettings,
    TamperSettings,
    TyreSettings,
)
from edge.config_parts import (
    Bus,
    CabSettings,
    CampaignSettings,
    CaptureConfig,
    Channel,
    CommandSettings,
    Detect,
    Diagnostics,
    Judging,
    LinkSettings,
    Memory,
    PrivateSettings,
    State,
    StatusSettings,
    StyleSettings,
    UpdateSettings,
    Vehicle,
)
from edge.decode.did_entries import DidEntry
from edge.decode.schemes import IntegrityEntry
from edge.detect.geofences.entry import FENCES_MAX, GeofenceEntry
from edge.errors import ConfigError
from edge.profile import (
    Asked,
    Database,
    MappedDatabase,
    Profile,
    ProfileBus,
    known_buses,
    placed,
)
from edge.quotas import OutboxSettings
from edge.toml_file import checked, read_toml, tables_of

SEE: Final = "systemd/telltale-edge.toml for every field"


class Config(BaseModel):
    """The whole configuration."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    profile: str = ""
    vehicle: Vehicle = Vehicle()
    bus: Annotated[list[Bus], Field(min_length=1, max_length=16)] = [Bus()]
    judging: Judging = Judging()
    detect: Detect = Detect()
    memory: Memory = Memory()
    diagnostics: Diagnostics = Diagnostics()
    capture: CaptureConfig = CaptureConfig()
    state: State = State()
    outbox: OutboxSettings = OutboxSettings()
    link: LinkSettings = LinkSettings()
    commands: CommandSettings = CommandSettings()
    campaigns: CampaignSettings = CampaignSettings()
    updates: UpdateSettings = UpdateSettings()
    cab: CabSettings = CabSettings()
    private: PrivateSettings = PrivateSettings()
    power: PowerSettings = PowerSettings()
    supply: SupplySettings = SupplySettings()
    position: PositionSettings = PositionSettings()
    motion: MotionSettings = MotionSettings()
    tyres: TyreSettings = TyreSettings()
    tamper: TamperSettings = TamperSettings()
    style: StyleSettings = StyleSettings()
    status: StatusSettings = StatusSettings()
    integrity: list[IntegrityEntry] = []
    """Counters and checksums that are verified; those of the profile come after them."""
    did: Annotated[list[DidEntry], Field(max_length=4096)] = []
    """What identifiers of control units mean; those of the profile come after them."""
    geofence: Annotated[list[GeofenceEntry], Field(max_length=FENCES_MAX)] = []
    """Places whose enter and exit are told."""

    @model_validator(mode="after")
    def _buses_have_names(self) -> Self:
        names = [bus.name for bus in self.bus]
        if len(names) > 1 and ("" in names or len(set(names)) < len(names)):
            raise ValueError("several buses need a name each, all different")
        return self


Over = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What puts something else over the tables of a configuration; its paths are absolute."""


def load_config(file: Path, over: Over | None = None) -> Config:
    """Read a configuration; relative paths in it count from its folder.

    Raises:
        ConfigError: with file, place and remedy.
    """
    tables = tables_of(file, what="config")
    config = checked(Config, over(tables) if over else tables, file, see=SEE)
    base = file.resolve().parent
    for bus in config.bus:
        bus.source = _from(base, bus.source)
        bus.dbc = [placed(one, base) for one in bus.dbc]
        for channel in bus.channels:
            channel.dbc = [placed(one, base) for one in channel.dbc]
        bus.mapping = base / bus.mapping if bus.mapping else None
    config.detect.model_keys = [base / file for file in config.detect.model_keys]
    config.link.document_keys = [base / file for file in config.link.document_keys]
    config.state.directory = base / config.state.directory
    if config.cab.display.socket is not None:
        config.cab.display.socket = base / config.cab.display.socket
    if config.status.directory is not None:
        config.status.directory = base / config.status.directory
    config.cab.words = [base / folder for folder in config.cab.words]
    for name in ("password_file", "ca", "certificate", "key"):
        if (path := getattr(config.link, name)) is not None:
            setattr(config.link, name, base / path)
    return with_profile(config, base)


def _from(base: Path, source: str) -> str:
    """A source whose file, if it is one, counts from a folder."""
    kind, _, rest = source.partition(":")
    if kind == "table":
        rest = re.sub(r"(?<=[?&]map=)(?=[^/~&])", lambda _: f"{base}/", rest)
        source = f"{kind}:{rest}"
    is_relative = kind in ("log", "table") and rest and not rest.startswith(("/", "~"))
    return f"{kind}:{base}/{rest}" if is_relative else source


def with_profile(config: Config, base: Path) -> Config:
    """The configuration with its profile's entries added and every name resolved to a path.

    Raises:
        ConfigError: a profile, rule pack or model is missing or wrong, or its buses are not the configuration's.
    """
    result = config.model_copy(deep=True)
    detect = result.detect
    detect.rules = [str(assets.rule_file(name, base)) for name in detect.rules]
    detect.models = [str(assets.model_folder(name, base)) for name in detect.models]
    if not config.profile:
        return result
    file = assets.profile_file(config.profile, base)
    profile = read_toml(Profile, file, what="profile", see="dbc/README.md, profiles")
    folder = file.resolve().parent
    asked = [Asked(bus.name, bool(bus.dbc or bus.channels) or bus.is_table, bus.is_recording) for bus in result.bus]
    for bus, one, known in zip(result.bus, asked, known_buses(asked, profile, file), strict=True):
        if bus.is_table and not bus.dbc:
            every = (*(database for each in profile.bus for database in each.databases), *profile.databases)
            bus.dbc = [placed(database, folder) for database in every]
        elif not one.has_own:
            bus.dbc = [placed(database, folder) for database in (*known.databases, *profile.databases)]
            bus.channels = [_channel(inner, folder) for inner in known.inner if inner.databases]
        bus.bitrate = bus.bitrate or known.bitrate
    detect.rules = detect.rules + [str(assets.rule_file(name, folder)) for name in profile.rules]
    detect.models = detect.models + [str(assets.model_folder(name, folder)) for name in profile.models]
    memory = result.memory
    if not memory.summary_signals and not memory.summary_slow:
        memory.summary_signals, memory.summary_slow = profile.summary_signals, profile.summary_slow
    if profile.heavy:
        result.style.vehicle = "heavy"
    memory.subscribe = list(dict.fromkeys([*memory.subscribe, *profile.subscribe]))
    result.integrity = result.integrity + profile.integrity
    result.did = result.did + profile.did
    return result


def _channel(bus: ProfileBus, folder: Path) -> Channel:
    return Channel(name=bus.name, dbc=[placed(database, folder) for database in bus.databases])


def with_sources(config: Config, sources: Sequence[str]) -> Config:
    """The configuration with other sources on its buses, in their order; a single table stands for all of its buses.

    What is not live is not asked, and everything else that is configured for a bus stays.

    Raises:
        ConfigError: there are more or fewer sources than buses.
    """
    result = config.model_copy(deep=True)
    if len(sources) == 1 and sources[0].startswith("table:") and len(result.bus) > 1:
        every = [_own(bus, one) for bus in result.bus for one in (*_inside(bus), *bus.dbc)]
        result.bus = [Bus(dbc=list({repr(one): one for one in every}.values()), speed=result.bus[0].speed)]
    if len(sources) != len(result.bus):
        problem = f"{len(sources)} sources for {len(result.bus)} buses"
        raise ConfigError(problem, place="--bus", remedy="Give one --bus for each [[bus]] of the file, in its order")
    for bus, source in zip(result.bus, sources, strict=True):
        if not source.startswith("log:"):
            bus.dbc = [*_inside(bus), *bus.dbc]
            bus.channels = []
        bus.source = source
        if source.startswith(("log:", "table:", "sim:")):
            bus.ask = "nothing"
    return result


def _inside(bus: Bus) -> list[Database]:
    return [one for channel in bus.channels for one in channel.dbc]


def _own(bus: Bus, database: Database) -> Database:
    """A database with the mapping that its bus gives it."""
    if bus.mapping is None or isinstance(database, MappedDatabase):
        return database
    return MappedDatabase(file=database, mapping=bus.mapping)
