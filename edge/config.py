"""What the installer writes: one TOML file, every field with a default, every mistake with its place."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, time, tzinfo
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, field_validator, model_validator

from edge import assets
from edge.config_box import (
    MotionSettings,
    PositionSettings,
    PowerSettings,
    SupplySettings,
    TamperSettings,
    TyreSettings,
)
from edge.decode.did_entries import DidEntry
from edge.decode.schemes import IntegrityEntry
from edge.detect.geofences.entry import FENCES_MAX, GeofenceEntry
from edge.driver.settings import OutputSettings
from edge.errors import ConfigError
from edge.modes import DAYS, PrivateHours, Week
from edge.profile import (
    BUSES_MAX,
    Asked,
    BitRate,
    BusName,
    Database,
    MappedDatabase,
    Profile,
    ProfileBus,
    SignalName,
    known_buses,
    placed,
)
from edge.quotas import OutboxSettings
from edge.toml_file import checked, read_toml, tables_of
from edge.wire.commands import CommandName
from edge.wire.envelope import VehicleName

SEE: Final = "systemd/telltale-edge.toml for every field"
SPEED_MAX: Final = 10_000.0


def _is_speed(value: object) -> float | Literal["max"]:
    if value == "max":
        return "max"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= SPEED_MAX:
        raise ValueError(f'a speed is a factor above 0 up to {SPEED_MAX:g}, or "max"')
    return float(value)


PidName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{2}$", to_upper=True)]

Speed = Annotated[float | Literal["max"], PlainValidator(_is_speed)]


DayTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


def _day_time(text: str) -> time:
    """24:00 is the midnight that the day ends with."""
    return time() if text == "24:00" else time.fromisoformat(text)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name} is no time zone that is known here: write one such as Europe/Berlin") from error


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_assignment=True)


class Vehicle(_Part):
    """Who this is; the two names make the topics."""

    fleet: VehicleName = "default"
    id: VehicleName = "vehicle-1"


class Channel(_Part):
    """One of the buses inside a recording, by the name that it has there."""

    name: BusName
    dbc: list[Database] = []


class Bus(_Part):
    """One source of frames and the databases that explain them."""

    name: str = ""
    """Its name on this vehicle; needed when there are several. A log's own buses become `<name>/<its own>`."""
    source: str = "can:can0"
    dbc: list[Database] = []
    channels: Annotated[list[Channel], Field(max_length=BUSES_MAX)] = []
    """Databases for one of the buses inside a recording alone; they go before those of all."""
    mapping: Path | None = None
    """Instead of the files beside the databases; one for all of them."""
    bitrate: BitRate | None = None
    """What the interface must be set to; nothing is set by us."""
    ask: Literal["nothing", "obd", "j1939"] = "nothing"
    """How control units on it are asked by us: OBD-II and UDS, or J1939."""
    speed: Speed = 1.0
    """Of a recording or a simulation; a live bus has its own."""

    @model_validator(mode="after")
    def _only_a_recording_has_channels(self) -> Self:
        if self.channels and not self.is_recording:
            raise ValueError("only a log: has channels; write one [[bus]] for each bus")
        return self

    @property
    def is_table(self) -> bool:
        """Whether its columns are signals: databases then only tell units and labels of them."""
        return self.source.startswith("table:")

    @property
    def is_recording(self) -> bool:
        """Whether it may hold several buses."""
        return self.source.startswith("log:")


class Judging(_Part):
    """The grid on which everything is judged."""

    grid_ms: Annotated[int, Field(ge=10, le=1000)] = 100
    wait_ms: Annotated[int, Field(ge=10, le=10_000)] = 200

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if 1000 % self.grid_ms:
            raise ValueError("grid_ms must divide 1000")
        return self


class Detect(_Part):
    """What is watched for: rule packs and models, by path or by the name of a shipped one."""

    rules: list[str] = []
    models: list[str] = []
    model_keys: Annotated[list[Path], Field(max_length=20)] = []
    """Public keys; where there are any, each package that did not come with this software is signed by one of them."""


class Memory(_Part):
    """How much the daemon keeps in memory and how often it sums up."""

    frame_ring_mb: Annotated[int, Field(ge=1, le=4096)] = 4
    row_ring_mb: Annotated[int, Field(ge=1, le=4096)] = 4
    """Subscribed signals and those that rules and models look at, ten times a second."""
    summary_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Of a summary while the vehicle is in use; while it stands five such periods are told at once."""
    summary_signals: list[str] = []
    """Empty: every signal that has a VSS path and is not among the slow ones."""
    summary_slow: list[str] = []
    """Told once in ten periods, and of every trip."""
    subscribe: list[SignalName] = []
    """Of which a row is kept for each cell, beside those that rules and models ask for."""


class Diagnostics(_Part):
    """How control units are asked; a bus is asked only where it says so (`ask`)."""

    load_percent: Annotated[float, Field(gt=0, le=20)] = 5.0
    """How much of a bus questions and answers may take in any second."""
    volts_min: Annotated[float, Field(ge=9, le=14)] = 12.0
    """Below this supply nothing is asked; of a supply of 24 V, below twice as much."""
    silent_connector: bool = False
    """A gateway keeps the connector silent, and the installer agrees that it is asked when the vehicle is awake."""
    codes_s: Annotated[float, Field(ge=10, le=86_400)] = 300.0
    """Between two looks at trouble codes."""
    identity_s: Annotated[float, Field(ge=60, le=2_592_000)] = 86_400.0
    """Between two looks at who the units are; each awakening begins with one."""
    pids: dict[PidName, Annotated[float, Field(ge=0.1, le=86_400)]] | None = None
    """Seconds between two questions by PID in hex; absent: ordinary rates; {}: none is asked."""
    isotp: Literal["auto", "kernel", "library"] = "auto"
    """What puts long answers together."""


class CaptureConfig(_Part):
    """Which raw frames are kept for the cloud: around what, and how many."""

    alerts: Literal["none", "info", "warning", "critical"] = "warning"
    """Around the beginning of alerts of this severity or worse."""
    rules: Annotated[list[str], Field(max_length=200)] = []
    """And of alerts of these rules, whatever their severity."""
    before_s: Annotated[float, Field(ge=0, le=600)] = 20.0
    after_s: Annotated[float, Field(ge=0, le=600)] = 20.0
    a_day: Annotated[int, Field(ge=0, le=1000)] = 20
    """Captures in 24 hours at most."""


class State(_Part):
    """Where the outbox lies, and how large it may grow."""

    directory: Path = Path("/var/lib/telltale")
    outbox_mb: Annotated[int, Field(ge=1, le=65_536)] = 256
    outbox_messages: Annotated[int, Field(ge=100, le=10_000_000)] = 200_000


class LinkSettings(_Part):
    """The broker; without a URL the vehicle keeps everything to itself."""

    broker: str = ""
    username: str = ""
    password_file: Path | None = None
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    resend_s: Annotated[float, Field(ge=0.1, le=3600)] = 10.0
    """How long an acknowledgement is waited for before a message is sent again."""
    backoff_max_s: Annotated[float, Field(ge=0.1, le=3600)] = 60.0
    """Longest pause between two attempts to reach the broker."""
    keepalive_s: Annotated[int, Field(ge=10, le=65_535)] = 3600
    """MQTT's keep-alive; some brokers allow no more than 1200."""
    parked_after_s: Annotated[float, Field(ge=1, le=86_400)] = 600.0
    """After so long without a frame on any bus the vehicle is parked."""
    parked_every_s: Annotated[float, Field(ge=120, le=86_400)] = 10_800.0
    """How often a parked vehicle gives a sign of life; the cloud knows."""
    drain_s: Annotated[float, Field(ge=0, le=3600)] = 30.0
    """How long the end of a recording waits for the last acknowledgement."""
    megabytes_a_day: Annotated[float, Field(ge=0, le=1_000_000)] = 0.0
    """What may go over metered networks in a day, a million bytes each; 0: no limit."""
    metered: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(max_length=32)] = [
        "wwan*",
        "ppp*",
    ]
    """Interfaces that are metered, as patterns."""
    bulk_when_metered: bool = True
    """Whether captures and telemetry may go over metered networks at all."""
    document_keys: Annotated[list[Path], Field(max_length=8)] = []
    """Files of public keys (PEM, Ed25519) by which campaigns and bundles may be signed, beside the one that came with
    the certificate."""

    @field_validator("broker")
    @classmethod
    def _is_broker(cls, url: str) -> str:
        if url and (urlsplit(url).scheme not in ("mqtt", "mqtts") or not urlsplit(url).hostname):
            raise ValueError("write mqtt://host:1883 or mqtts://host:8883")
        return url


class CommandSettings(_Part):
    """What the cloud may ask of the vehicle."""

    allow: Annotated[list[CommandName], Field(max_length=32)] = [
        CommandName.CAPTURE,
        CommandName.READ_CODES,
        CommandName.SELF_TEST,
        CommandName.LOG_LEVEL,
        CommandName.RESTART,
        CommandName.SPEAK,
    ]
    """Names of commands; every other is refused."""


class CampaignSettings(_Part):
    """Whether the cloud may ask for collections, and what is kept for those that want to know what was before."""

    enabled: bool = True
    sample_ring_mb: Annotated[float, Field(ge=0.1, le=256)] = 4.0
    """Memory for samples of the signals that campaigns collect; 4 MB hold 20 signals at 10 Hz for a quarter of an
    hour."""


class UpdateSettings(_Part):
    """Whether the cloud may have a bundle run."""

    enabled: bool = True
    """False: what stands in this file alone is run, also where a bundle was kept."""


class CabSettings(OutputSettings):
    """How the driver is told, and in which language."""

    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$")] = "en"
    words: list[Path] = Field(default=[], max_length=16)
    """Folders with catalogues of other languages, or of other words."""


class PrivateHoursEntry(_Part):
    """Hours that are private on some days of the week."""

    days: Annotated[str, StringConstraints(pattern=r"^[a-z]{3}(-[a-z]{3})?(,[a-z]{3}(-[a-z]{3})?)*$")] = "mon-sun"
    begin: DayTime = "00:00"
    end: DayTime = "24:00"
    """Before `begin`: of the next day."""

    @field_validator("days")
    @classmethod
    def _are_days(cls, days: str) -> str:
        if strange := sorted(set(re.findall(r"[a-z]{3}", days)) - set(DAYS)):
            raise ValueError(f"{strange[0]} is no day: {', '.join(DAYS)}, or mon-fri")
        return days

    def hours(self) -> PrivateHours:
        """As the modes have it."""
        numbers: set[int] = set()
        for part in self.days.split(","):
            first, _, last = part.partition("-")
            begin, span = DAYS.index(first), (DAYS.index(last or first) - DAYS.index(first)) % 7
            numbers |= {(begin + day) % 7 for day in range(span + 1)}
        return PrivateHours(frozenset(numbers), _day_time(self.begin), _day_time(self.end))


class PrivateSettings(_Part):
    """When nobody else is to know where and how is driven; the driver can say so at any time as well."""

    hours: Annotated[list[PrivateHoursEntry], Field(max_length=64)] = []
    zone: str = "UTC"
    """Where the hours are those of, such as Europe/Berlin."""

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        _zone(zone)
        return zone

    def week(self) -> Week:
        """As the modes have it."""
        return Week(tuple(entry.hours() for entry in self.hours), _zone(self.zone))


class StyleSettings(_Part):
    """From where on driving is harsh or too fast; what is told of it stands in each trip."""

    vehicle: Literal["car", "heavy"] = "car"
    """Vans are cars; trucks and buses are heavy. A profile of a heavy vehicle says so."""
    overspeed_kmh: Annotated[float, Field(gt=0, le=400)] | None = None
    """Absent: nothing is too fast."""


class StatusSettings(_Part):
    """What the daemon says of itself to whoever stands beside the box (telltale-edge status, top)."""

    enabled: bool = True
    directory: Path | None = None
    """In memory, since it is written once a second; absent: systemd's $RUNTIME_DIRECTORY, else /run/telltale-edge."""


class Config(_Part):
    """The whole configuration."""

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
    if config.cab.display.socket is not None:
        config.cab.display.socket = base / config.cab.display.socket
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


def to_toml(config: Config) -> str:
    """The resolved configuration as TOML."""
    tables = config.model_dump(mode="json", exclude_none=True)
    lines = [f"profile = {_toml(tables.pop('profile'))}"]
    for name in ("bus", "integrity", "did", "geofence"):
        for one in tables.pop(name):
            lines += ["", f"[[{name}]]", *_fields(one)]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_fields(table)]
    return "\n".join(lines) + "\n"


def _fields(table: dict[str, Any]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in table.items()]


def _toml(value: str | float | Sequence[Any] | Mapping[str, Any]) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_fields(dict(value)))} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)
