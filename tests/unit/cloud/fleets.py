"""Fleets whose trips, incidents, profiles and repairs a test lays down, through the cloud's own services."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cloud.fleet.profile import Part, Profile
from cloud.heard import Heard
from edge.wire.envelope import Clock
from edge.wire.messages import Action, Alert, AlertState, Severity, Trip
from edge.wire.topics import Address
from tests.unit.cloud.services import Cloud

BEGIN: Final = datetime(2025, 11, 21, 8, 0, tzinfo=UTC)
"""A year before the tests' time."""
YEAR_D: Final = 364.0
LEG_D: Final = 28.0
"""What a vehicle drove in so many days is told as one trip."""


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


@dataclass(frozen=True)
class Failure:
    """Something goes wrong, and is over again after an hour."""

    at_d: float
    component: str = "cooling"


@dataclass(frozen=True)
class Member:
    """A vehicle of a fleet that is laid down."""

    profile: Profile
    failures: Sequence[Failure] = ()
    km_per_leg: float | None = 1200.0
    """None: its trips tell no distance."""
    later: Mapping[float, Profile] = field(default_factory=dict)
    """What its profile is changed to, by day."""
    until_d: float = YEAR_D


def lay_down(cloud: Cloud, members: Iterable[Member]) -> None:
    """A year of these vehicles."""
    for member in members:
        _live(cloud, member)


def _live(cloud: Cloud, member: Member) -> None:
    address = member.profile.address
    with cloud.database.transaction() as connection:
        cloud.fleet.see(connection, address, BEGIN)
        legs = int(member.until_d / LEG_D)
        for leg in range(legs):
            cloud.fleet.record_trip(connection, _heard(address, leg + 1, day(leg * LEG_D)), _trip(leg, member))
        cloud.fleet.see(connection, address, day(member.until_d))
        for number, failure in enumerate(sorted(member.failures, key=lambda one: one.at_d)):
            for state in (AlertState.FIRING, AlertState.RESOLVED):
                at = day(failure.at_d) + timedelta(hours=state is AlertState.RESOLVED)
                heard = _heard(address, 1000 + 2 * number + (state is AlertState.RESOLVED), at)
                cloud.alerts.record(connection, heard, _alert(number, failure, state))
    before = cloud.now
    for at_d, profile in {0.0: member.profile, **member.later}.items():
        cloud.now = day(at_d)
        cloud.profiles.put(profile, by="test")
    cloud.now = before


def fleet_with_a_bad_batch(count: int = 20, fleet: str = "north") -> list[Member]:
    """Every other vehicle has pump batch B, and each of those fails."""
    return [
        Member(
            Profile(Address(fleet, f"bus-{number:02}"), model="Bus", parts={"cooling": Part("WP-1", "AB"[number % 2])}),
            [Failure(100.0 + number)] if number % 2 else [],
        )
        for number in range(count)
    ]


def _heard(address: Address, seq: int, at: datetime) -> Heard:
    return Heard(address, (1, seq), at, Clock.SYNCED, at)


def _trip(leg: int, member: Member) -> Trip:
    return Trip(
        id=f"{leg + 1:032x}",
        started_at=day(leg * LEG_D),
        ended_at=day(leg * LEG_D) + timedelta(hours=1),
        ended_by="ignition_off",
        distance_m=None if member.km_per_leg is None else member.km_per_leg * 1000.0,
        moving_s=3000.0,
        idle_s=600.0,
        speed_max_kmh=120.0,
        fuel_used_l=None,
        alerts=[],
    )


def _alert(number: int, failure: Failure, state: AlertState) -> Alert:
    is_over = state is AlertState.RESOLVED
    return Alert(
        id=f"{number + 1:032x}",
        rule=f"{failure.component}_rule",
        component=failure.component,
        severity=Severity.WARNING,
        action=Action.FINISH_SHIFT,
        state=state,
        started_at=day(failure.at_d),
        ended_at=day(failure.at_d) + timedelta(hours=1) if is_over else None,
        since_at=day(failure.at_d),
        summary="Something is wrong",
        advice="",
        driver="",
        values={},
    )
