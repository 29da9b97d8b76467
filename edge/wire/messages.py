"""What a vehicle says: one body per kind, each with the version of its schema.

Numbers are in the unit that their name or their VSS path gives. Null is unknown, never 0. Times are UTC.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints

from edge.wire.envelope import StreamName
from edge.wire.ranges import Range
from edge.wire.times import UtcTime
from edge.wire.topics import Kind

Text = Annotated[str, StringConstraints(max_length=2000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]
HexId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Value = FiniteFloat | str | bool | None
"""A signal's value; null is unknown."""
Values = Annotated[dict[str, Value], Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""What fits in 64 bits with a sign, as every database has them."""


FETCH_BYTES_MAX: Final = 512 * 1024
"""Of a bundle, asked for at once."""


class Severity(StrEnum):
    """How bad it is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Action(StrEnum):
    """What to do about it, from the most to the least urgent."""

    STOP_NOW = "stop_now"
    NEAREST_WORKSHOP = "nearest_workshop"
    FINISH_SHIFT = "finish_shift"
    NEXT_SERVICE = "next_service"
    WATCH = "watch"


class AlertState(StrEnum):
    """Where an alert is in its life on the vehicle."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Body(BaseModel):
    """Base of all bodies: immutable, unknown fields ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: ClassVar[Kind]
    version: ClassVar[int] = 1


class Alert(Body):
    """An alert began, got worse or ended. All its messages share its id (a hash of vehicle, rule, component, start).

    While it fires, `severity` and `action` only ever get worse; each time is told by another `firing`.
    """

    kind = Kind.ALERT
    id: HexId
    rule: Label
    component: Label
    severity: Severity
    action: Action
    state: AlertState
    started_at: UtcTime
    """When it began to fire."""
    ended_at: UtcTime | None
    """When it resolved; null while it fires."""
    since_at: UtcTime
    """When the condition began to hold, before the rule's `for` had passed."""
    summary: Text
    advice: Text
    driver: Text
    """What the cab was told; empty when the driver was not bothered."""
    values: Values
    """The signals that decided, by path, as of this message."""
    window_s: Annotated[FiniteFloat, Field(ge=0)] | None = None
    """What decided lies in so much time before `started_at`."""
    flapping: bool = False
    """It began so often of late that it ends only when its condition has settled."""
    freeze_frame: Values = {}
    """The vehicle when it began, by path; what was not known is not in it."""
    latitude_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    """Where it began."""
    longitude_deg: Annotated[float, Field(ge=-180, le=180)] | None = None
    trip: HexId | None = None
    """The trip on which it began; null: on none, or said by a vehicle that does not tell."""
    workshop: bool = False
    """It began while somebody worked on the vehicle, who has not given it back: to be kept, and to disturb nobody. What
    fires still when the vehicle is given back is told by another `firing` without it."""


class TroubleCodeStatus(StrEnum):
    """How sure the vehicle is of a trouble code (SAE J1979: modes 07, 03, 0A; SAE J1939-73: DM6, DM1, DM2, DM28)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PREVIOUS = "previous"
    """It was active, is not now, and is still kept."""
    PERMANENT = "permanent"
    """Kept by the unit until it has itself seen it repaired; nothing else of the code is left."""
    GONE = "gone"


class TroubleCodeTurn(StrEnum):
    """How a trouble code came to be what it is."""

    APPEARED = "appeared"
    CHANGED = "changed"
    CLEARED = "cleared"
    """Somebody erased it; whether it is repaired nobody knows."""
    HEALED = "healed"
    """The unit took it back itself."""
    GONE = "gone"
    """It is not told any more, and nothing shows why."""


class TroubleCode(Body):
    """A trouble code appeared, changed or went. Its key is (ecu, code, failure_type)."""

    kind = Kind.DTC
    ecu: Label
    code: Label
    """`P0301`, or `SPN 110 FMI 0` on J1939."""
    failure_type: Text | None
    """Third byte of a J1979-2 or UDS code, two hex digits; null where the protocol has none."""
    protocol: Label
    status: TroubleCodeStatus
    lamp: Text | None
    """What the maker lights for it: off, on, slow_flash, fast_flash; null is unknown."""
    seen_at: UtcTime
    freeze_frame: Values
    how: TroubleCodeTurn | None = None
    """Null: said by a vehicle that does not tell."""
    occurrences: Count | None = None
    odometer_km: FiniteFloat | None = None
    engine_hours_h: FiniteFloat | None = None
    latitude_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude_deg: Annotated[float, Field(ge=-180, le=180)] | None = None
    since_cleared_km: FiniteFloat | None = None
    """How far the unit has come since its codes were cleared."""
    since_cleared_warm_ups: Count | None = None


class SignalSummary(BaseModel):
    """What one signal did in the period of a summary."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    unit: Text
    min: FiniteFloat
    max: FiniteFloat
    mean: FiniteFloat
    last: FiniteFloat
    count: Annotated[Count, Field(ge=1)]


class Summary(Body):
    """What the vehicle's signals did in one period (a minute unless configured)."""

    kind = Kind.SUMMARY
    started_at: UtcTime
    ended_at: UtcTime
    signals: Annotated[dict[str, SignalSummary], Field(max_length=500)]
    """By VSS path; a signal that was not heard is not in it."""


class StyleEvent(BaseModel):
    """One harsh manoeuvre, or one time of driving too fast; where it was is not told."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: Label
    """harsh_braking, harsh_acceleration, harsh_cornering, or overspeed."""
    started_at: UtcTime
    duration_s: Annotated[FiniteFloat, Field(ge=0)]
    worst: FiniteFloat
    """m/s², to whichever side; of overspeed km/h."""
    speed_kmh: FiniteFloat | None
    """As it began."""


class Trip(Body):
    """One drive, from ignition on to ignition off."""

    kind = Kind.TRIP
    id: HexId
    started_at: UtcTime
    ended_at: UtcTime
    ended_by: Label
    """ignition_off, standing (by positions alone), silence, or shutdown."""
    distance_m: FiniteFloat | None
    moving_s: FiniteFloat | None
    idle_s: FiniteFloat | None
    speed_max_kmh: FiniteFloat | None
    fuel_used_l: FiniteFloat | None
    alerts: Annotated[list[HexId], Field(max_length=200)]
    """Alerts that began on this drive."""
    signals: Annotated[dict[str, SignalSummary], Field(max_length=500)] = {}
    """What the signals did on it, as in a summary."""
    distance_by: Label | None = None
    """speed, position, or odometer."""
    odometer_start_km: FiniteFloat | None = None
    odometer_end_km: FiniteFloat | None = None
    fuel_idle_l: FiniteFloat | None = None
    """Burned while it stood."""
    energy_used_kwh: FiniteFloat | None = None
    """Out of the traction battery."""
    energy_recuperated_kwh: FiniteFloat | None = None
    """Back into it by driving, not by charging."""
    engine_on_s: FiniteFloat | None = None
    stops: Count | None = None
    """How often it stood for more than three minutes while in use."""
    stopped_s: FiniteFloat | None = None
    """On these stops together."""
    no_position_s: FiniteFloat | None = None
    """Driven without a position, which was known before and after: tunnels."""
    moved_off_m: FiniteFloat | None = None
    """From where the trip before ended to where this one began; 0 where accuracy explains it."""
    start_latitude_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    start_longitude_deg: Annotated[float, Field(ge=-180, le=180)] | None = None
    end_latitude_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    end_longitude_deg: Annotated[float, Field(ge=-180, le=180)] | None = None
    harsh_braking: Count | None = None
    """How often; null: it could not be judged, as of the three below."""
    harsh_acceleration: Count | None = None
    harsh_cornering: Count | None = None
    overspeed: Count | None = None
    overspeed_s: FiniteFloat | None = None
    events: Annotated[list[StyleEvent], Field(max_length=100)] = []
    """Of those four, the worst."""
    events_left_out: Count = 0
    """Counted above and not in `events`."""
    private: bool = False
    """Driven in private mode: where and how is withheld, and was not kept."""


class Position(Body):
    """Where the vehicle was; personal, sent only where the fleet's configuration says so."""

    kind = Kind.POSITION
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    altitude_m: FiniteFloat | None
    speed_kmh: FiniteFloat | None
    heading_deg: Annotated[float, Field(ge=0, lt=360)] | None
    accuracy_m: Annotated[FiniteFloat, Field(ge=0)] | None


class PartState(StrEnum):
    """Whether a part of the daemon works."""

    OK = "ok"
    DEGRADED = "degraded"
    OFF = "off"


class PartHealth(BaseModel):
    """One part of the daemon: a bus, a model, the link."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    state: PartState
    reason: Text


class Health(Body):
    """How the daemon itself is; its absence is how the cloud learns that a vehicle is offline."""

    kind = Kind.HEALTH
    version_edge: Label
    uptime_s: Annotated[FiniteFloat, Field(ge=0)]
    parts: Annotated[dict[str, PartHealth], Field(max_length=200)]
    counters: Annotated[dict[str, Count], Field(max_length=500)]
    """Everything that is counted, drops by cause among them; empty in a mere sign of life: as told before."""
    quiet_s: Annotated[FiniteFloat, Field(gt=0, le=86_400)] | None = None
    """The vehicle is parked, and if nothing happens says nothing for so long at most; null: it goes on saying that it
    is well."""


class ResultState(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"


class Result(Body):
    """How a command ended; every command gets exactly one."""

    kind = Kind.RESULT
    command: HexId
    state: ResultState
    reason: Text
    values: Values


class Refusal(BaseModel):
    """A part of the desired state that this vehicle will not take on."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    field: Label
    reason: Text


class VehicleChange(BaseModel):
    """Something about the vehicle itself is not as it was."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    what: Label
    """other_vehicle, ecu_new, ecu_swapped, ecu_foreign, calibration_changed, software_changed, codes_cleared or
    lamp_changed."""
    ecu: Text
    """Empty: the vehicle as a whole."""
    field: Label
    before: Text
    after: Text
    seen_at: UtcTime


class CampaignState(StrEnum):
    """Where a campaign is on a vehicle."""

    WAITING = "waiting"
    """It has not begun yet."""
    RUNNING = "running"
    SPENT = "spent"
    """Its bytes of today are used up; it goes on tomorrow."""
    OVER = "over"
    REFUSED = "refused"
    """This vehicle cannot; the reason says why."""


class CampaignReport(BaseModel):
    """How one campaign is doing."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: HexId
    state: CampaignState
    reason: Text = ""
    windows: Count = 0
    """That began, since it was taken on."""
    missed: Count = 0
    """That did not, or only in part: no room, no bytes left."""
    bytes: Count = 0
    """Of blocks, since it was taken on."""


class UpdateStep(StrEnum):
    """How far a bundle has come on a vehicle."""

    FETCHING = "fetching"
    REFUSED = "refused"
    """It was not tried: not signed, damaged, or it fails its checks; what ran goes on."""
    TRYING = "trying"
    """It runs, on probation."""
    KEPT = "kept"
    ROLLED_BACK = "rolled_back"
    """It did not run well: what ran before runs again."""


class UpdateReport(BaseModel):
    """A step of an update."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    bundle: HexId | None
    """Null: none, what the installer has set up."""
    version: Count
    """Of the document that asked for it."""
    step: UpdateStep
    reason: Text = ""


class Reported(Body):
    """The state the vehicle is really in, the twin's other half."""

    kind = Kind.REPORTED
    desired_version: Count
    """The last desired state that was looked at; 0 before any."""
    state: Values
    refusals: Annotated[list[Refusal], Field(max_length=100)]
    changes: Annotated[list[VehicleChange], Field(max_length=100)] = []
    campaigns: Annotated[list[CampaignReport], Field(max_length=100)] | None = None
    """All that it has, or has refused; null: nothing is said of them."""
    update: UpdateReport | None = None
    """What has just happened to the bundle; null: nothing."""


class Fetch(Body):
    """The vehicle asks for a stretch of the bundle that it is to run; answered by pieces (bundles.py)."""

    kind = Kind.FETCH
    bundle: HexId
    offset: Count
    size: Annotated[int, Field(ge=1, le=FETCH_BYTES_MAX)]


class GapCause(StrEnum):
    """Why messages will never come."""

    EVICTED = "evicted"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    DISK_FULL = "disk_full"


class Gap(Body):
    """These messages will never come; they count as stored, so that the acknowledgement can pass them."""

    kind = Kind.GAP
    stream: StreamName
    ranges: Annotated[list[Range], Field(min_length=1, max_length=1000)]
    cause: GapCause


class Block(Body):
    """Head of a binary block: what the bytes behind it are. The block follows the JSON (see blocks.py)."""

    format: Label
    """Name and version of the block's own format."""
    started_at: UtcTime
    ended_at: UtcTime
    count: Count
    """Frames or samples in the block."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class HoleCause(StrEnum):
    """Why frames of a capture are not there."""

    OVERWRITTEN = "overwritten"
    """They were older than what the vehicle keeps, or came faster."""
    RESTARTED = "restarted"
    """The vehicle's program ended, and was started again."""
    WITHHELD = "withheld"
    """Private mode: frames that may tell of a person were not kept."""
    DROPPED = "dropped"
    """The disk was slower than the bus."""


class Hole(BaseModel):
    """A stretch of a capture in which frames are missing."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    started_at: UtcTime
    ended_at: UtcTime
    frames: Count | None
    """How many; null: unknown."""
    cause: HoleCause


class Capture(Block):
    """A part of the raw frames around a trigger. The parts of a capture share its `id`, and are numbered from 1."""

    kind = Kind.CAPTURE
    trigger: Label
    """`alert:<id>`, `command:<id>` or `button`."""
    id: HexId | None = None
    """Null: of a vehicle that tells each capture as one part."""
    part: Annotated[int, Field(ge=1, le=100_000)] = 1
    is_last: bool = True
    wanted_from: UtcTime | None = None
    """From here to there frames were asked for; null: unknown."""
    wanted_to: UtcTime | None = None
    holes: Annotated[list[Hole], Field(max_length=100)] = []
    """Found since the part before this one."""
    running: Values = {}
    """What ran on the vehicle (version, profile, databases, rules, models by name); of the first part only."""


class Telemetry(Block):
    """What a campaign has collected: a part of one window. Its parts share the window's id, and are numbered from 1."""

    kind = Kind.TELEMETRY
    campaign: HexId | None = None
    """Null: of a vehicle that sends signals without being asked."""
    window: HexId | None = None
    part: Annotated[int, Field(ge=1, le=100_000)] = 1
    is_last: bool = True
    wanted_from: UtcTime | None = None
    wanted_to: UtcTime | None = None
    holes: Annotated[list[Hole], Field(max_length=100)] = []
    """Stretches in which frames are missing, found since the part before this one."""


BODIES: Final[Mapping[Kind, type[Body]]] = {
    body.kind: body
    for body in (
        Alert,
        TroubleCode,
        Trip,
        Summary,
        Capture,
        Telemetry,
        Position,
        Health,
        Result,
        Reported,
        Fetch,
        Gap,
    )
}
"""The body of each kind; every kind has one."""


def schema_of(body: type[Body]) -> str:
    """`<kind>/<version>`, as the envelope carries it."""
    return f"{body.kind}/{body.version}"
