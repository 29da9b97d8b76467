"""What is planned with: centres with their bays and technicians, and jobs with their urgency. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from edge.wire.messages import Action
from edge.wire.topics import Address

HORIZON: Final = timedelta(days=28)
"""How far ahead anything is planned: four weeks, beyond which neither shifts nor a fault are known."""
JOBS_MAX: Final = 20
"""Jobs in one plan."""
CENTRES_MAX: Final = 200
"""Centres that there may be."""
PAIRS_MAX: Final = 1000
"""Jobs times centres of one plan: each pair is some hundreds of times to look at, ten seconds for all of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth (WGS 84)."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when on one weekday, in the centre's own wall time."""

    weekday: int
    """0 is Monday."""
    opens: time
    closes: time
    """Later than `opens`: nothing goes over midnight."""


@dataclass(frozen=True, slots=True)
class Bay:
    """Where one vehicle can stand and be worked on."""

    id: str
    equipment: frozenset[str]
    """What it has and can take, such as lift, truck_pit, high_voltage."""


@dataclass(frozen=True, slots=True)
class Technician:
    """Who works on one vehicle at a time."""

    id: str
    skills: frozenset[str]
    shifts: tuple[Hours, ...]
    """Only within the centre's hours."""


@dataclass(frozen=True, slots=True)
class Centre:
    """A service centre."""

    id: str
    name: str
    email: str
    """Who organises its appointments."""
    place: Place
    zone: str
    """IANA name of its time zone."""
    hours: tuple[Hours, ...]
    closed_on: frozenset[date]
    bays: tuple[Bay, ...]
    technicians: tuple[Technician, ...]
    lead_time_h: Mapping[str, float]
    """How long until a part is there; 0 is on the shelf. A part that is not named: nobody knows."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be done to a component."""

    minutes: int
    skills: frozenset[str] = frozenset()
    """One technician who has them all."""
    equipment: frozenset[str] = frozenset()
    """One bay that has it all."""
    parts: frozenset[str] = frozenset()
    parts_value_eur: float = 0.0


@dataclass(frozen=True, slots=True)
class Life:
    """When a component is expected to fail: as likely at one moment between the two as at another."""

    fails_from: datetime
    fails_by: datetime
    """Later than `fails_from`."""

    def risk(self, moment: datetime) -> float:
        """The probability that it has failed by then, 0 to 1."""
        return min(1.0, max(0.0, (moment - self.fails_from) / (self.fails_by - self.fails_from)))

    def middle(self) -> datetime:
        """The expected end of life."""
        return self.fails_from + (self.fails_by - self.fails_from) / 2


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the owner would rather have; nothing said is no preference."""

    weekdays: frozenset[int] = frozenset()
    """0 is Monday."""
    after: time | None = None
    """Begin not before this wall time of the centre,"""
    before: time | None = None
    """and be done by this one."""
    centre: str | None = None
    distance_max_km: float | None = None
    """By road, one way. The only one that is never gone against, where the distance is known."""


@dataclass(frozen=True, slots=True)
class VehiclePreferences:
    """What is preferred for every visit of one vehicle, as it was put last."""

    address: Address
    preferences: Preferences = field(default_factory=Preferences)
    base: Place | None = None
    """Where it stands when nobody drives it; counts where the vehicle does not tell where it is. None: unknown."""
    by: str = ""
    """Who put them; empty: nobody ever did."""
    put_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One vehicle's visit to a workshop."""

    address: Address
    component: str
    work: Work
    action: Action
    """How urgent it is, in the vehicle's own words."""
    ready_at: datetime
    """When the vehicle can be spared at the earliest."""
    latest_at: datetime | None = None
    """Begin by then at the latest; None leaves it to the action and the remaining life."""
    life: Life | None = None
    """None: unknown."""
    place: Place | None = None
    """Where the vehicle comes from; None: unknown."""
    preferences: Preferences = field(default_factory=Preferences)


@dataclass(frozen=True, slots=True)
class Slot:
    """One bay and one technician of one centre, for so long."""

    centre: str
    bay: str
    technician: str
    start_at: datetime
    end_at: datetime
