"""The configuration: a TOML file, over it what the command line says, checked before anything starts."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from cloud.errors import ConfigError
from cloud.mail_server import MailServer, mail_server

TOKEN_LENGTH_MIN: Final = 16
PORT_OF: Final = {"mqtt": 1883, "mqtts": 8883}
Port = Annotated[int, Field(ge=0, le=65535)]
"""0: any free one."""
Rows = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=1)]


Days = Annotated[float, Field(gt=0, le=365)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BrokerConfig(_Section):
    """Which broker: one of our own in this process, or one that is there."""

    embedded: bool = False
    port: Port = 1883
    """Where the embedded one listens, on loopback."""
    url: str | None = None
    """`mqtt://[user:password@]host[:port]`, or `mqtts://…` over TLS."""
    ca_file: Path | None = None
    """Who signed the certificate of an `mqtts` broker; by default whom the system trusts."""
    certificate_file: Path | None = None
    """Key and certificate, in one PEM, by which an `mqtts` broker knows us."""

    @field_validator("url")
    @classmethod
    def _leads_somewhere(cls, url: str | None) -> str | None:
        if url is not None:
            broker_target(url)
        return url

    @field_validator("ca_file", "certificate_file")
    @classmethod
    def _is_there(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError(f"there is no file {file}")
        return file

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if self.embedded == (self.url is not None):
            raise ValueError("one broker is needed: the embedded one or the url of another")
        return self


class ApiConfig(_Section):
    """Where the HTTP API listens."""

    host: str = "127.0.0.1"
    port: Port = 8080


class FleetConfig(_Section):
    """When a vehicle is offline, and how much of its past is kept."""

    offline_after_s: Annotated[float, Field(gt=0)] = 180.0
    """Three times the period at which a vehicle sends its health."""
    summaries_per_vehicle: Rows = 44_640
    """A month of minutes."""
    places_days: Annotated[int, Field(ge=0, le=4_000)] = 90
    """How long it is kept where a vehicle was, by the hour and by trips, and how these were driven; 0: not at all."""


class InboxConfig(_Section):
    """How much is kept of bad messages, of those nobody reads yet, of gaps and receipts."""

    quarantine_rows: Rows = 10_000
    quarantine_bytes: Bytes = 64 * 2**20
    shelf_rows: Rows = 100_000
    shelf_bytes: Bytes = 512 * 2**20
    gap_rows: Rows = 100_000
    receipts_per_stream: Rows = 20_000
    """A number that is used twice is noticed among so many of the latest messages."""


class CapturesConfig(_Section):
    """How much is kept of captures; the oldest whole ones go first. None is larger than what is kept of its vehicle."""

    parts_per_vehicle: Rows = 500
    bytes_per_vehicle: Bytes = 64 * 2**20
    parts: Rows = 20_000
    """Of all vehicles."""
    bytes: Bytes = 2 * 2**30
    kept_days: Annotated[int, Field(ge=1, le=4_000)] = 90
    """Raw frames may tell where somebody was."""


class BundlesConfig(_Section):
    """How much is kept of what vehicles are to run, and of how that went."""

    per_fleet: Annotated[int, Field(ge=1, le=1_000)] = 20
    bytes_per_fleet: Bytes = 512 * 2**20
    """The oldest that no vehicle has or waits for make room."""
    rollouts_per_fleet: Annotated[int, Field(ge=1, le=10_000)] = 200
    """The newest; one that waits for a vehicle is kept beside them."""
    steps_per_vehicle: Annotated[int, Field(ge=10, le=10_000)] = 200
    """What it told of updates; the newest."""


class CommandsConfig(_Section):
    """How much can be asked of a vehicle at a time, and how much is kept of what was asked."""

    open_per_vehicle: Annotated[int, Field(ge=1, le=1_000)] = 20
    per_vehicle: Rows = 200
    """The newest; what is open is kept beside them."""
    kept_days: Annotated[int, Field(ge=1, le=4_000)] = 365


class CampaignsConfig(_Section):
    """How much vehicles of a fleet can be asked to collect, and how much of it is kept; the oldest whole windows go
    first. None is larger than what is kept of its campaign."""

    open_per_fleet: Annotated[int, Field(ge=1, le=1_000)] = 100
    """At a time; of one vehicle 32."""
    per_fleet: Rows = 1_000
    """The newest; what is open is kept beside them."""
    kept_days: Annotated[int, Field(ge=1, le=4_000)] = 365
    """Since it was over."""
    parts_per_campaign: Rows = 20_000
    bytes_per_campaign: Bytes = 2**30
    parts: Rows = 100_000
    """Of all campaigns."""
    bytes: Bytes = 4 * 2**30
    windows_days: Annotated[int, Field(ge=1, le=4_000)] = 90
    """What was collected may tell where somebody was."""


class HealthConfig(_Section):
    """How much of each vehicle's past is kept in folds, and which learned model is served."""

    quarters_per_vehicle: Rows = 1_000
    """Quarters of an hour in which it was heard: some months of driving."""
    days_per_vehicle: Rows = 1_500
    """Days in which it was heard: some years."""
    rul_model: Path | None = None
    """A folder that `telltale-models train rul` wrote; none: the learned model is not served."""


class SecurityConfig(_Section):
    """Who is let in."""

    key_file: Path | None = None
    """The key that signs the tokens of people, made at the first start; by default beside the database, `.key` behind
    its name. Keep it out of the backups of the database."""


class ProvisioningConfig(_Section):
    """Which vehicles are let in. Without an authority it is the broker's business alone."""

    authority: Path | None = None
    """A folder that `telltale-cloud authority` made."""
    passphrase_file: Path | None = None
    """Its first line opens the authority's key; by default `$TELLTALE_AUTHORITY_PASSPHRASE`."""
    broker: Annotated[str, Field(pattern=r"^mqtts://[^\s@/]+$", max_length=300)] | None = None
    """Where vehicles are sent."""
    certificate_days: Annotated[int, Field(ge=2, le=3650)] = 90
    """Of a vehicle's certificate, which it renews when a third of that is left."""
    renewal_days: Annotated[int, Field(ge=0, le=3650)] = 365
    """How long after its end it can still be renewed: for vehicles that stood."""
    strangers: bool = False
    """Whether vehicles that were never let in are listened to, while a fleet moves over."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.authority is None) != (self.broker is None):
            raise ValueError("authority and broker go together")
        return self


class WorkflowConfig(_Section):
    """How cases go on: where the graph notes where they stand, and how long agents wait for people."""

    checkpoint_file: Path | None = None
    """By default beside the database, `.checkpoints` behind its name. Who loses it loses nothing."""
    look_every_s: Annotated[float, Field(gt=0)] = 5.0
    """How soon a case notices that a booking, a work order or its incident has changed."""
    remind_after_days: Days = 3.0
    """From a question to the owner to its reminder, and from there to the end without an answer."""
    ask_again_after_days: Days = 7.0
    """From a no to the second and last question."""
    look_again_after_days: Days = 1.0
    """From no free time to the next look."""
    overdue_after_days: Days = 1.0
    """From a booked end until somebody should have said what was done."""


class NotifyConfig(_Section):
    """How people are told."""

    smtp_url: SecretStr | None = None
    """`smtps://[user:password@]host[:port]`, `smtp+starttls://…`, or `smtp://host` in the clear. None: no mail."""
    from_address: Annotated[str, Field(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,189}$")] = "telltale@localhost"
    """Who the mails are from."""
    public_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", max_length=500)] | None = None
    """Where people reach the console, for links. None: no links."""
    escalate_after_s: Annotated[float, Field(ge=60, le=86_400)] = 900.0
    """How long nobody has seen it when the next are told."""
    per_hour: Annotated[int, Field(ge=1, le=1000)] = 10
    """Notices to one contact; what is more is gathered into digests."""
    webhook_private: bool = False
    """Whether webhooks may reach this machine and private networks, also in the clear."""
    all_clear: bool = False
    """Whether who was told of an alert is told when the vehicle says that it is over."""
    deliveries_kept: Rows = 100_000

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            mail_server(url.get_secret_value())
        return url

    @property
    def server(self) -> MailServer | None:
        """The mail server, if there is one."""
        return None if self.smtp_url is None else mail_server(self.smtp_url.get_secret_value())


class WarrantyConfig(_Section):
    """Which warranty plans there are."""

    plans: Path | None = None
    """A folder of plans, a TOML file for each. None: the invented examples that come with Telltale."""


class ChatConfig(_Section):
    """How many conversations are kept, and which language model is asked, if any."""

    conversations_kept: Rows = 5_000
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$", max_length=500)] | None = None
    """Of an API as OpenAI's, such as `http://127.0.0.1:11434/v1`. None: the chat answers by itself alone."""
    model: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Its name there."""
    api_key: SecretStr | None = None
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 20.0
    """For the whole answer with all that it looks at; then the chat answers by itself."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.base_url is None) != (self.model is None):
            raise ValueError("base_url and model go together")
        return self


class CloudConfig(_Section):
    """All of it, with the defaults."""

    database: str = "sqlite:///telltale.db"
    token: Annotated[SecretStr, Field(min_length=TOKEN_LENGTH_MIN)] | None = None
    """What opens the API; by default a new one is made at every start and printed."""
    broker: BrokerConfig
    api: ApiConfig = ApiConfig()
    fleet: FleetConfig = FleetConfig()
    health: HealthConfig = HealthConfig()
    inbox: InboxConfig = InboxConfig()
    captures: CapturesConfig = CapturesConfig()
    commands: CommandsConfig = CommandsConfig()
    bundles: BundlesConfig = BundlesConfig()
    campaigns: CampaignsConfig = CampaignsConfig()
    security: SecurityConfig = SecurityConfig()
    provisioning: ProvisioningConfig = ProvisioningConfig()
    workflow: WorkflowConfig = WorkflowConfig()
    notify: NotifyConfig = NotifyConfig()
    warranty: WarrantyConfig = WarrantyConfig()
    chat: ChatConfig = ChatConfig()


_SECTIONS: Final[dict[str, type[_Section]]] = {
    "broker": BrokerConfig,
    "api": ApiConfig,
    "fleet": FleetConfig,
    "health": HealthConfig,
    "inbox": InboxConfig,
    "captures": CapturesConfig,
    "commands": CommandsConfig,
    "bundles": BundlesConfig,
    "campaigns": CampaignsConfig,
    "security": SecurityConfig,
    "provisioning": ProvisioningConfig,
    "workflow": WorkflowConfig,
    "notify": NotifyConfig,
    "warranty": WarrantyConfig,
    "chat": ChatConfig,
}
_REMEDIES: Final = {
    ("broker",): "Say --embedded-broker, or --broker mqtt://host:port",
    ("broker", "url"): "It is written mqtt://host:port, or mqtts://host:port over TLS",
    ("broker", "ca_file"): "Name the PEM file of who signed the broker's certificate",
    ("broker", "certificate_file"): "Name the PEM file that `telltale-cloud broker-config` wrote for the cloud",
    ("provisioning",): "Name both, or neither",
    ("provisioning", "broker"): "It is written mqtts://host:8883",
    ("notify", "smtp_url"): "It is written smtps://user:password@host:port, smtp+starttls://… or smtp://host",
    ("chat",): "Name both, or neither",
    ("token",): "Make one with: openssl rand -hex 24",
}


@dataclass(frozen=True, slots=True)
class BrokerTarget:
    """A broker as the inbox connects to it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None

    @property
    def url(self) -> str:
        """For people and announcements: without the password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Override:
    """A setting from the command line or the environment, and the name it has there."""

    flag: str
    path: tuple[str, ...]
    value: object


def load(file: Path | None, overrides: Sequence[Override] = ()) -> CloudConfig:
    """The configuration from a file (or none) and what is said over it.

    Raises:
        ConfigError: it cannot be read, or a setting in it is unknown or impossible; names the place and the remedy.
    """
    settings = {} if file is None else _read(file)
    settings.setdefault("broker", {})
    for override in overrides:
        _set(settings, override)
    try:
        return CloudConfig.model_validate(settings)
    except ValidationError as error:
        raise _first_problem(error, file, overrides) from error


def broker_target(url: str, *, ca_file: Path | None = None, certificate_file: Path | None = None) -> BrokerTarget:
    """Where a broker's address leads.

    Raises:
        ValueError: it is not `mqtt://host[:port]` or `mqtts://host[:port]`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"no broker's address: {error}") from error
    if parts.scheme not in PORT_OF or not parts.hostname or parts.path not in {"", "/"} or port == 0:
        raise ValueError("no broker's address")
    return BrokerTarget(
        host=parts.hostname,
        port=port or PORT_OF[parts.scheme],
        tls=parts.scheme == "mqtts",
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        ca_file=ca_file,
        certificate_file=certificate_file,
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy="Check --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not TOML ({error})", file=file, remedy="Correct that line") from error


def _set(settings: dict[str, Any], override: Override) -> None:
    *sections, name = override.path
    for section in sections:
        inner = settings.setdefault(section, {})
        if not isinstance(inner, dict):
            raise ConfigError("a section is expected", place=section, remedy=f"Write it as [{section}]")
        settings = inner
    settings[name] = override.value


def _first_problem(error: ValidationError, file: Path | None, overrides: Sequence[Override]) -> ConfigError:
    first = error.errors(include_input=False, include_url=False)[0]
    path = tuple(str(part) for part in first["loc"])
    flags = [override.flag for override in overrides if override.path[: len(path)] == path]
    place, shown = (flags[0], None) if flags else (".".join(path), file)
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return ConfigError("no such setting", file=shown, place=place, remedy=f"Known here: {_known(path[:-1])}")
    if path == ("token",):
        message = f"a token of fewer than {TOKEN_LENGTH_MIN} characters can be guessed"
    remedy = _REMEDIES.get(path, "Correct it, or leave it out for the default")
    return ConfigError(message, file=shown, place=place, remedy=remedy)


def _known(path: tuple[str, ...]) -> str:
    return ", ".join((_SECTIONS[path[0]] if path else CloudConfig).model_fields)
