"""A trip, and what of it is personal: where it led, and how it was driven (style and top speed). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cloud.heard import Heard
from edge.wire import messages
from edge.wire.envelope import Clock
from edge.wire.messages import StyleEvent
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Spot:
    """Somewhere on earth, in degrees north and east (WGS 84)."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class Style:
    """How one trip was driven; None: that could not be judged."""

    harsh_braking: int | None
    harsh_acceleration: int | None
    harsh_cornering: int | None
    overspeed: int | None
    overspeed_s: float | None
    events: Sequence[StyleEvent]
    """Of those counted above, the worst."""
    events_left_out: int


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive."""

    address: Address
    id: str
    started_at: datetime
    ended_at: datetime
    ended_by: str
    distance_m: float | None
    moving_s: float | None
    idle_s: float | None
    speed_max_kmh: float | None
    fuel_used_l: float | None
    alerts: tuple[str, ...]
    clock: Clock
    received_at: datetime
    distance_by: str | None = None
    odometer_start_km: float | None = None
    odometer_end_km: float | None = None
    fuel_idle_l: float | None = None
    energy_used_kwh: float | None = None
    energy_recuperated_kwh: float | None = None
    engine_on_s: float | None = None
    stops: int | None = None
    stopped_s: float | None = None
    no_position_s: float | None = None
    moved_off_m: float | None = None
    """From where the trip before ended to where this one began."""
    start: Spot | None = None
    """Where it began; None: it did not say, or that is no longer kept."""
    end: Spot | None = None
    style: Style | None = None
    """None: it did not say, or that is no longer kept."""
    private: bool = False
    """Driven in private mode: where and how was never told."""

    def is_personal_since(self, kept_from: datetime) -> bool:
        """Whether where and how may still be known, by the vehicle's clock and by ours: the wrong one of them does not
        keep it for longer."""
        return min(self.ended_at, self.received_at) > kept_from

    def forgotten(self) -> "Trip":
        """Without where and how."""
        return replace(self, start=None, end=None, style=None, speed_max_kmh=None)


def trip_of(heard: Heard, told: messages.Trip) -> Trip:
    """A trip as it is told; of a private one nothing that tells where or how, even if the vehicle did."""
    body = _private(told) if told.private else told
    return Trip(
        address=heard.address,
        id=body.id,
        started_at=body.started_at,
        ended_at=body.ended_at,
        ended_by=body.ended_by,
        distance_m=body.distance_m,
        moving_s=body.moving_s,
        idle_s=body.idle_s,
        speed_max_kmh=body.speed_max_kmh,
        fuel_used_l=body.fuel_used_l,
        alerts=tuple(body.alerts),
        clock=heard.clock,
        received_at=heard.received_at,
        distance_by=body.distance_by,
        odometer_start_km=body.odometer_start_km,
        odometer_end_km=body.odometer_end_km,
        fuel_idle_l=body.fuel_idle_l,
        energy_used_kwh=body.energy_used_kwh,
        energy_recuperated_kwh=body.energy_recuperated_kwh,
        engine_on_s=body.engine_on_s,
        stops=body.stops,
        stopped_s=body.stopped_s,
        no_position_s=body.no_position_s,
        moved_off_m=body.moved_off_m,
        start=spot_of(body.start_latitude_deg, body.start_longitude_deg),
        end=spot_of(body.end_latitude_deg, body.end_longitude_deg),
        style=_style(body),
        private=body.private,
    )


def spot_of(latitude_deg: float | None, longitude_deg: float | None) -> Spot | None:
    """Where that is; None unless both are known."""
    return None if latitude_deg is None or longitude_deg is None else Spot(latitude_deg, longitude_deg)


def _private(body: messages.Trip) -> messages.Trip:
    return messages.Trip(
        id=body.id,
        started_at=body.started_at,
        ended_at=body.ended_at,
        ended_by=body.ended_by,
        distance_m=body.distance_m,
        moving_s=None,
        idle_s=None,
        speed_max_kmh=None,
        fuel_used_l=None,
        alerts=body.alerts,
        odometer_start_km=body.odometer_start_km,
        odometer_end_km=body.odometer_end_km,
        private=True,
    )


def _style(body: messages.Trip) -> Style | None:
    counts = (body.harsh_braking, body.harsh_acceleration, body.harsh_cornering, body.overspeed)
    if not body.events and all(count is None for count in counts):
        return None
    return Style(*counts, body.overspeed_s, tuple(body.events), body.events_left_out)
