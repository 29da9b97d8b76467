"""The status file's contents, `status/1`: what is unknown is null, never 0. The table in edge/README.md is of these.

No secrets and no places are in it: it may be read by everybody on the box (edge/README.md, status).
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA: Final = "status/1"
SIGNALS_MAX: Final = 400
ALERTS_MAX: Final = 50
RULES_MAX: Final = 20
"""Unarmed rules that are named; all are counted."""
MODELS_MAX: Final = 50
NOTES_MAX: Final = 50
TEXT_MAX: Final = 400
COUNTERS_MAX: Final = 200

Counters = dict[str, int]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Written(_Part):
    """When, and by whom."""

    at: str
    """UTC by the wall clock, which may be wrong."""
    clock: Literal["synced", "unsynced"]
    boot_id: str | None
    """Of this start of the kernel."""
    boot_s: float
    """Since then, time asleep included: what the file's age is reckoned by."""
    pid: int
    process_start: int | None
    """In the kernel's ticks, so that another process of this number is not taken for the daemon."""


class Daemon(_Part):
    """Who it is and what it does."""

    version: str
    fleet: str
    vehicle: str
    profile: str | None
    config: str | None
    started_at: str
    up_s: float
    is_live: bool
    """A bus of its sources is live; else it replays or simulates."""
    judged_ago_s: float | None
    """None: nothing was judged yet."""
    frames_late: int | None
    cells_skipped: int | None
    doing: str | None
    """parked, starting, idling, driving, charging."""
    in_trip: bool | None
    trip_since_at: str | None
    private: bool | None
    workshop: bool | None
    parked: bool
    """No bus has said anything for so long that little is sent."""
    is_time_known: bool
    """From the wall clock where that is synced, else from the cloud."""


class BusStatus(_Part):
    """One source of frames."""

    name: str
    state: Literal["up", "down"]
    why: str | None
    frames: int | None
    frames_per_s: float | None
    """Over the last seconds."""
    heard_ago_s: float | None
    """None: never yet."""
    load_percent: float | None
    """At most, by the lengths of frames; None where the bit rate is not configured, and with CAN FD."""
    lost: int
    lost_last_minute: int
    known_percent: float | None
    """Of its frames those whose id a database has."""
    counters: Counters
    """As `bus.<name>` of health."""
    kind: str = ""
    """Of its source, as can, supply or position."""


class Understood(_Part):
    """What became of frames."""

    frames: int | None
    known_percent: float | None
    counters: Counters
    """As `decode` of health."""
    most_unknown: list[str]


class SignalStatus(_Part):
    """One signal."""

    path: str
    value: float | None
    """None: never heard, stale, or no number."""
    unit: str
    age_s: float | None
    """None: never heard."""


class Signals(_Part):
    """What is known of the vehicle; signals that were never heard are counted alone."""

    known: int | None
    """Signals that databases and answers can give."""
    heard: int | None
    fresh: int | None
    withheld: int | None
    """Heard and not told: places never are, in private mode nothing that is personal."""
    left_out: int
    values: list[SignalStatus]


class Position(_Part):
    """Whether it is known where the vehicle is; never where."""

    age_s: float | None
    accuracy_m: float | None


class Asker(_Part):
    """Diagnostics of one bus."""

    bus: str
    trouble: str | None
    silent_because: str | None
    counters: Counters


class UnarmedRule(_Part):
    """One rule that cannot fire as things are."""

    rule: str
    why: str
    lacks: list[str]


class Rules(_Part):
    """How many can fire as things are now."""

    armed: int | None
    unarmed: Counters
    """By why: switched_off, private, no_database, never_heard, stale."""
    refused: int
    named: list[UnarmedRule]


class Model(_Part):
    """One model."""

    name: str
    state: Literal["running", "learning", "off"]
    reason: str | None
    """How far it is, or why it is off."""


class AlertStatus(_Part):
    """One alert that fires."""

    rule: str
    component: str
    severity: str
    action: str
    since_at: str
    for_s: float
    summary: str | None
    """None in private mode, as it may have begun before."""


class Alerts(_Part):
    """What fires; the gravest first."""

    firing: int | None
    pending: int | None
    left_out: int
    fires: list[AlertStatus]


class Held(_Part):
    """What waits of one kind."""

    kind: str
    messages: int
    bytes: int
    oldest_s: float | None


class OutboxStatus(_Part):
    """What waits for the cloud; as of `as_of_s` ago, where the disk keeps everybody waiting."""

    as_of_s: float | None
    trouble: str | None
    messages: int | None
    bytes: int | None
    bytes_max: int
    reserve_bytes: int | None
    reserve_bytes_max: int
    waiting: list[Held]
    lost: Counters
    """Evicted, or never taken: by `<cause>.<kind>` since the file was born."""
    set_aside: int | None
    """Damaged or foreign files beside it, kept for a person."""
    begun_anew: int | None


class WrittenBytes(_Part):
    """What reaches a disk, as the kernel counts it."""

    outbox: int | None
    outbox_per_hour: int | None
    outbox_per_driving_hour: int | None
    daemon: int | None
    daemon_per_driving_hour: int | None
    driven_s: float


class LinkStatus(_Part):
    """The session with the broker."""

    broker: str
    connected: bool
    trouble: str | None
    up_s: float | None
    network: str | None
    acknowledged_ago_s: float | None
    """None: nothing since the start."""
    held: int
    """Messages that the day's data budget keeps waiting."""
    metered_bytes_today: int | None
    metered_bytes_a_day: int | None
    """None: no limit."""


class Captures(_Part):
    """Recordings around alerts."""

    open: int | None
    counters: Counters


class CampaignStanding(_Part):
    """Something that the cloud has asked to be collected."""

    name: str
    state: str
    """waiting, running, spent, over, or refused."""


class UpdateStatus(_Part):
    """The bundle that runs, and the one that the cloud wants to run."""

    slot: str | None
    """Where it lies; None: what the installer has set up runs, and nothing else."""
    name: str
    version: int
    """Of the document that asked for it; 0: none did."""
    on_trial: bool
    probation_left_s: float | None
    wanted: str | None
    """By name; None: nothing else is."""
    wanted_version: int | None
    fetched_bytes: int | None
    wanted_bytes: int | None
    trouble: str | None
    """Why that one waits."""


class Power(_Part):
    """When the box lets the vehicle's battery alone."""

    stage: str
    """used, parked (sealed, nothing is asked), ending, ended."""
    why: str | None
    """Of an end: parked, low_voltage."""
    line: Literal["on", "off"] | None
    """The ignition by a wire; None: unknown, or there is none."""
    line_trouble: str | None
    volts: float | None
    low_for_s: float
    stays_s: float | None
    """How much longer it stays on while the vehicle is parked; None: until something changes."""
    can_shut_down: bool
    """A command is configured."""


class LastRun(_Part):
    """How the daemon ended the last time."""

    ended: str
    """sealed (everything was kept), killed, or power_lost."""
    off_s: float | None
    """Until it was started again; None: a clock was not right."""


class Box(_Part):
    """The machine."""

    state_folder: str
    disk_free_bytes: int | None
    memory_bytes: int | None
    """Resident, of the daemon."""
    memory_available_bytes: int | None


class Own(_Part):
    """What telling this costs."""

    cpu_percent: float | None
    """Of a core, since the start."""
    writes_failed: int


class Status(_Part):
    """The whole file."""

    schema_: Annotated[str, Field(alias="schema")] = SCHEMA
    written: Written
    daemon: Daemon
    buses: list[BusStatus]
    understood: Understood
    signals: Signals
    position: Position | None
    diagnostics: list[Asker]
    rules: Rules
    models: list[Model]
    detectors_off: dict[str, str]
    alerts: Alerts
    cab: dict[str, str]
    """Outputs that do not reach the driver, and why."""
    outbox: OutboxStatus | None
    """None: there is no broker, so nothing is kept for a cloud."""
    written_bytes: WrittenBytes
    link: LinkStatus | None
    captures: Captures
    campaigns: list[CampaignStanding] = []
    update: UpdateStatus | None = None
    """None: there is no broker, or no bundle is taken."""
    power: Power | None = None
    """None: it replays or simulates."""
    last_run: LastRun | None = None
    """None: it is the first, or nothing is kept."""
    box: Box
    own: Own
    notes: list[str]
    """What was said at the start."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    def as_json(self) -> bytes:
        """As it is written."""
        return self.model_dump_json(by_alias=True).encode() + b"\n"


def sections() -> dict[str, tuple[str, ...]]:
    """The fields of each part of the file, for the manual."""
    told: dict[str, tuple[str, ...]] = {}
    for name, field in Status.model_fields.items():
        part: Any = field.annotation
        inner = [one for one in (part, *getattr(part, "__args__", ())) if isinstance(one, type)]
        model = next((one for one in inner if issubclass(one, BaseModel)), None)
        told[field.alias or name] = tuple(model.model_fields) if model else ()
    return told
