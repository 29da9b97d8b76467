"""Vehicles, twins and summaries, and the decisions about them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from edge.wire.envelope import Clock
from edge.wire.messages import Health, Position, Reported, SignalSummary, Value
from edge.wire.signed import DocumentKind, Signed
from edge.wire.topics import Address


class Presence(StrEnum):
    """Whether a vehicle is connected, as far as can be known."""

    ONLINE = "online"
    ASLEEP = "asleep"
    """It is parked, and has said how long it will say nothing."""
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle that was heard at least once."""

    address: Address
    first_seen_at: datetime
    last_seen_at: datetime
    """When the cloud last received anything from it."""
    said_offline_at: datetime | None
    """When its goodbye, or its last will, came; None after a hello."""
    quiet_until: datetime | None = None
    """Parked: it need say nothing before then; None: it goes on saying that it is well."""

    def presence(self, *, now: datetime, offline_after: timedelta) -> Presence:
        """Silence for `offline_after` longer than it spoke of is offline: not every broker keeps last wills."""
        said_goodbye = self.said_offline_at is not None and self.said_offline_at >= self.last_seen_at
        if said_goodbye:
            return Presence.OFFLINE
        if self.quiet_until is not None and now - self.quiet_until <= offline_after:
            return Presence.ASLEEP
        return Presence.OFFLINE if now - self.last_seen_at > offline_after else Presence.ONLINE


class TwinPart(StrEnum):
    """What a vehicle says of itself as a whole; the latest of each is kept."""

    REPORTED = "reported"
    HEALTH = "health"
    POSITION = "position"
    CAMPAIGNS = "campaigns"
    """Reported as well, as the two below: each part of a vehicle's program tells its own in a message of its own."""
    UPDATE = "update"
    REFUSED = "refused"
    """What is signed and was refused."""


REPORTED_PARTS: Final = (TwinPart.REPORTED, TwinPart.CAMPAIGNS, TwinPart.UPDATE, TwinPart.REFUSED)
"""What a vehicle reports, taken apart by what a message speaks of."""
_TOLD_BY: Final = {TwinPart.CAMPAIGNS: DocumentKind.CAMPAIGNS, TwinPart.UPDATE: DocumentKind.BUNDLE}
_SIGNED: Final = "signed."
"""With this begins the field of a refusal of something that is signed."""


@dataclass(frozen=True, slots=True)
class Told:
    """The latest message of one part of a twin."""

    body: Reported | Health | Position
    observed_at: datetime
    clock: Clock
    received_at: datetime


def is_later(place: tuple[int, int], held: tuple[int, int] | None) -> bool:
    """Whether what was said at `place` replaces what was said at `held`; messages may come newest first."""
    return held is None or place > held


def spoken_of(body: Reported) -> list[TwinPart]:
    """Of which parts of the reported state a message speaks; of the others it says nothing, and what was said stays."""
    speaks = {
        TwinPart.CAMPAIGNS: body.campaigns is not None,
        TwinPart.UPDATE: body.update is not None,
        TwinPart.REFUSED: any(refusal.field.startswith(_SIGNED) for refusal in body.refusals),
    }
    found = [part for part, is_spoken_of in speaks.items() if is_spoken_of]
    is_of_state = body.state or body.changes or any(not one.field.startswith(_SIGNED) for one in body.refusals)
    return [TwinPart.REPORTED, *found] if is_of_state or not found else found


def together(parts: Mapping[TwinPart, Told]) -> Told | None:
    """What a vehicle reports, from the latest of each part in the order in which they were said; None: it never did.

    A refusal of something signed stands until the vehicle tells how it is with what it was about.
    """
    said = [(part, told, told.body) for part, told in parts.items() if isinstance(told.body, Reported)]
    if not said:
        return None
    nothing = Reported(desired_version=0, state={}, refusals=[])
    bodies = {part: body for part, _, body in said}
    state, campaigns, update, refused = (bodies.get(part, nothing) for part in REPORTED_PARTS)
    order = [part for part, _, _ in said]
    since_refused = order[order.index(TwinPart.REFUSED) :] if TwinPart.REFUSED in order else []
    over = {f"{_SIGNED}{kind}" for part, kind in _TOLD_BY.items() if part in since_refused and bodies[part] != refused}
    body = Reported(
        desired_version=max(body.desired_version for _, _, body in said),
        state=state.state,
        changes=state.changes,
        refusals=[
            *(one for one in state.refusals if not one.field.startswith(_SIGNED)),
            *(one for one in refused.refusals if one.field.startswith(_SIGNED) and one.field not in over),
        ],
        campaigns=campaigns.campaigns,
        update=update.update,
    )
    return replace(said[-1][1], body=body)


def quiet_until(told: Told) -> datetime | None:
    """Until when a vehicle need say nothing, by its health; by its own clock where that is right: it may come late."""
    if not isinstance(told.body, Health) or told.body.quiet_s is None:
        return None
    since = min(told.observed_at, told.received_at) if told.clock.is_right else told.received_at
    return since + timedelta(seconds=told.body.quiet_s)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a vehicle's signals did in one period."""

    address: Address
    started_at: datetime
    ended_at: datetime
    signals: Mapping[str, SignalSummary]
    clock: Clock
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Desired:
    """What is wanted of a vehicle."""

    address: Address
    version: int
    """Only grows."""
    state: Mapping[str, Value]
    changed_at: datetime
    signed: Mapping[DocumentKind, Signed] = field(default_factory=dict)
    """The documents that it is to act upon, the last of each kind."""


@dataclass(frozen=True, slots=True)
class Twin:
    """What is known of a vehicle's state; None where it never said."""

    vehicle: Vehicle
    reported: Told | None
    health: Told | None
    position: Told | None
    latest: Summary | None
    """The summary of its latest period: the last values of its signals are in there."""
    desired: Desired | None = None
    """What is wanted of it; None: nothing ever was."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a vehicle was when it said so last."""

    address: Address
    position: Position
    observed_at: datetime


PLACE: Final = ("Vehicle.CurrentLocation.Latitude", "Vehicle.CurrentLocation.Longitude")
"""VSS, in degrees (WGS 84)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a vehicle was at a moment of its own clock (WGS 84)."""

    at: datetime
    latitude_deg: float
    longitude_deg: float
    accuracy_m: float | None
    """None: it did not say."""


def seen_in(signals: Mapping[str, SignalSummary], at: datetime) -> Seen | None:
    """Where a vehicle was at the end of a summary; None where it does not say, or that is nowhere on earth."""
    said = [signals.get(name) for name in PLACE]
    latitude, longitude = (None if one is None else one.last for one in said)
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Seen(at, latitude, longitude, None)


@dataclass(frozen=True, slots=True)
class Driven:
    """What one vehicle drove in a period, by the trips that began in it under a clock that was known to be right."""

    address: Address
    trips: int
    untold: int
    """Trips that told no distance."""
    distance_km: float
    """Of those that told it."""


@dataclass(frozen=True, slots=True)
class DriveFilter:
    """Which trips or summaries are wanted; None is all."""

    fleet: str | None = None
    vehicle: str | None = None
    since: datetime | None = None
    """Begun then or later."""
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""


@dataclass(frozen=True, slots=True)
class VehicleFilter:
    """Which vehicles are wanted; None is all."""

    fleet: str | None = None
    within: frozenset[str] | None = None
    """Only of these fleets; None: of all."""
