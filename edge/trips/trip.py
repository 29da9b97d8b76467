"""What is told of one finished drive, and what of that may leave a private one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from edge.figures import Figures
from edge.style import Manners


class DistanceBy(StrEnum):
    """What the distance of a trip was taken from; never from two of them."""

    SPEED = "speed"
    POSITION = "position"
    """The speed was never known: from positions that moved beyond their accuracy, so curves are cut."""
    ODOMETER = "odometer"
    """Neither speed nor position was ever known."""


@dataclass(frozen=True, slots=True)
class Place:
    """A position, in degrees."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class Trip:
    """One finished drive; a figure is None when what it needs was never known on it.

    The speed was known for `moving_s` and `idle_s` together; the distance lacks what was driven beyond those.
    """

    id: str
    started: int
    ended: int
    ended_by: str
    """ignition_off, standing, silence, or shutdown."""
    distance_m: float | None
    moving_s: float | None
    idle_s: float | None
    speed_max_kmh: float | None
    fuel_used_l: float | None
    alerts: tuple[str, ...]
    figures: Mapping[str, Figures] = field(default_factory=dict)
    """By path; up to the cell in which it was last in use."""
    distance_by: DistanceBy | None = None
    odometer_start_km: float | None = None
    odometer_end_km: float | None = None
    fuel_idle_l: float | None = None
    """Burned while it stood; only where the vehicle tells a rate."""
    energy_used_kwh: float | None = None
    """Out of the traction battery."""
    energy_recuperated_kwh: float | None = None
    """Back into it, by driving."""
    engine_on_s: float | None = None
    stops: int | None = None
    """How often it stood longer than traffic makes it, while in use."""
    stopped_s: float | None = None
    """On these stops together; part of `idle_s` where the speed is known."""
    no_position_s: float | None = None
    """Driven while no position was known, though it was before and after: tunnels, garages."""
    moved_off_m: float | None = None
    """From where the trip before ended to where this one began: carried by a ferry, towed, or driven unheard."""
    start: Place | None = None
    end: Place | None = None
    manners: Manners = field(default_factory=Manners)
    private: bool = False
    """Most of it was withheld."""


def kept_private(trip: Trip) -> Trip:
    """What may leave of a private trip: that there was one, its alerts and what wears the vehicle, not where or how."""
    return Trip(
        id=trip.id,
        started=trip.started,
        ended=trip.ended,
        ended_by=trip.ended_by,
        distance_m=trip.distance_m,
        moving_s=None,
        idle_s=None,
        speed_max_kmh=None,
        fuel_used_l=None,
        alerts=trip.alerts,
        odometer_start_km=trip.odometer_start_km,
        odometer_end_km=trip.odometer_end_km,
        private=True,
    )
