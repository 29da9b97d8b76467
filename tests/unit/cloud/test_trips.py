"""What is kept of a trip, for how long, and who is shown it."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.server import V1
from cloud.fleet.model import DriveFilter
from cloud.fleet.trip import Spot, Trip, trip_of
from cloud.fleet.trip_store import trips
from cloud.heard import Heard
from cloud.pages import Window
from cloud.rca.timeline import of_trip
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire import messages
from edge.wire.envelope import Clock
from edge.wire.messages import StyleEvent
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN = Speaker()
BRAKING: Final = StyleEvent(kind="harsh_braking", started_at=T0, duration_s=1.2, worst=-5.1, speed_kmh=48.0)
TOLD: Final = {
    "distance_by": "speed",
    "odometer_start_km": 48210.5,
    "odometer_end_km": 48211.75,
    "fuel_used_l": 0.25,
    "fuel_idle_l": 0.0625,
    "energy_used_kwh": 2.5,
    "energy_recuperated_kwh": 0.5,
    "engine_on_s": 58.0,
    "stops": 3,
    "stopped_s": 700.0,
    "no_position_s": 12.0,
    "moved_off_m": 250.0,
}
PLACES: Final = {
    "start_latitude_deg": 52.52,
    "start_longitude_deg": 13.405,
    "end_latitude_deg": 52.4,
    "end_longitude_deg": 13.06,
}
STYLE: Final = {
    "harsh_braking": 2,
    "harsh_acceleration": 0,
    "harsh_cornering": None,
    "overspeed": 1,
    "overspeed_s": 40.0,
    "events": [BRAKING],
    "events_left_out": 2,
}
PERSONAL: Final = frozenset({*PLACES, "style", "speed_max_kmh"})
"""The columns that tell where and how."""


def drive(n: int = 1, **changes: Any) -> messages.Trip:
    return says.trip(n).model_copy(update={**TOLD, **PLACES, **STYLE, **changes})


def listed(cloud: Cloud) -> list[Trip]:
    return cloud.fleet.trips(DriveFilter(), Window()).items


def stored(cloud: Cloud) -> list[bool]:
    """Of each trip, whether anything of where and how is in the table; the earliest first."""
    rows = sorted(cloud.rows(trips), key=lambda row: row["started_at"])
    return [any(row[name] is not None for name in PERSONAL) for row in rows]


def test_a_trip_comes_back_as_it_was_told(cloud: Cloud) -> None:
    cloud.take(VAN.say(drive(), 1))
    [trip] = listed(cloud)
    assert {name: getattr(trip, name) for name in TOLD} == TOLD
    assert (trip.start, trip.end) == (Spot(52.52, 13.405), Spot(52.4, 13.06))
    assert trip.style is not None
    assert {name: getattr(trip.style, name) for name in STYLE} == {**STYLE, "events": (BRAKING,)}
    assert not trip.private


def test_what_a_vehicle_does_not_tell_is_unknown(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.trip().model_copy(update={"start_latitude_deg": 52.52}), 1))
    [trip] = listed(cloud)
    assert [getattr(trip, name) for name in TOLD] == [None] * len(TOLD)
    assert (trip.start, trip.end, trip.style) == (None, None, None)
    assert stored(cloud) == [True]
    cloud.take(VAN.say(says.trip(0).model_copy(update={"speed_max_kmh": None}), 2))
    assert stored(cloud) == [False, True]


def test_of_a_private_trip_only_what_may_leave_is_kept_whatever_was_said(cloud: Cloud) -> None:
    cloud.take(VAN.say(drive(private=True), 1))
    [row] = cloud.rows(trips)
    known = {name for name, value in row.items() if value is not None}
    assert known == {
        *("fleet", "vehicle", "id", "started_at", "ended_at", "ended_by", "alerts", "clock", "received_at", "private"),
        *("distance_m", "odometer_start_km", "odometer_end_km"),
    }
    [trip] = listed(cloud)
    assert trip.private
    assert of_trip(trip).what == "a private trip of 1.2 km"


def test_where_and_how_are_forgotten_after_their_days_and_the_rest_is_not() -> None:
    with open_cloud(places_for=timedelta(hours=10)) as cloud:
        for n in (1, 2, 3):
            cloud.now = minute(300 * n)
            cloud.take(VAN.say(drive(300 * n), n, received_at=cloud.now))
        cloud.take(Speaker("van-8").say(drive(1), 1, received_at=minute(1)))
        assert stored(cloud) == [False, True, True, True]
        cloud.now = minute(301 + 600)
        assert [trip.style is None for trip in listed(cloud)] == [False, False, True, True]
        assert stored(cloud) == [False, True, True, True]
        cloud.take(VAN.say(says.summary(1000), 64))
        assert stored(cloud) == [False, False, True, True]
        assert cloud.counts()["trips_forgotten"] == 1
        assert [trip.distance_m for trip in listed(cloud)] == [1200.0] * 4
        cloud.now = minute(602 + 600)
        cloud.take(VAN.say(drive(1100), 128, received_at=cloud.now))
        assert stored(cloud) == [False, False, False, True, True]


def test_only_this_vehicle_s_old_trips_are_forgotten_and_counted_once() -> None:
    with open_cloud(places_for=timedelta(hours=10)) as cloud:
        cloud.now = minute(2)
        ahead = drive(2, ended_at=minute(100_000))
        others = [Speaker(name).say(drive(3), 1, received_at=minute(2)) for name in ("van-8", "van-9")]
        cloud.take(VAN.say(drive(1), 1, received_at=minute(2)), VAN.say(ahead, 2, received_at=minute(2)), *others)
        cloud.now = minute(1000)
        for seq in (64, 128):
            cloud.take(VAN.say(says.summary(seq), seq))
        assert stored(cloud) == [False, False, True, True]
        assert cloud.counts()["trips_forgotten"] == 2
        assert all(trip.style is None for trip in listed(cloud))


def test_where_no_places_are_kept_no_driving_style_is() -> None:
    with open_cloud(places_for=timedelta()) as cloud:
        cloud.now = minute(2)
        cloud.take(VAN.say(drive(), 1, received_at=cloud.now))
        assert stored(cloud) == [False]


HOURS = st.integers(-2000, 2000).map(lambda hours: T0 + timedelta(hours=hours))


@given(ended_at=HOURS, received_at=HOURS, kept_from=HOURS)
def test_no_clock_keeps_anything_for_longer_than_the_other(ended_at: Any, received_at: Any, kept_from: Any) -> None:
    trip = trip_of(Heard(VAN.address, (1, 1), T0, Clock.UNSYNCED, received_at), drive(ended_at=ended_at))
    assert trip.is_personal_since(kept_from) == (ended_at > kept_from and received_at > kept_from)
    old = trip.forgotten()
    assert (old.start, old.end, old.style, old.speed_max_kmh) == (None, None, None, None)


@pytest.mark.parametrize("role", [Role.OWNER, Role.FLEET_MANAGER, Role.TECHNICIAN, Role.EXECUTIVE])
def test_where_and_how_somebody_drove_is_shown_to_whom_positions_are(cloud: Cloud, role: Role) -> None:
    cloud.take(VAN.say(drive(), 1), Speaker("bus-1", fleet="south").say(drive(), 1))
    _, token = cloud.security.people.make_key("key", (Grant(role, "north"),), by="test")
    answer = ask(api_of(cloud), f"{V1}/trips", token=token)
    assert answer.status_code == ask(api_of(cloud), f"{V1}/positions", token=token).status_code
    if role in {Role.TECHNICIAN, Role.EXECUTIVE}:
        assert answer.status_code == 403
        assert not any(word in answer.text for word in ("52.5", "harsh", "overspeed"))
        return
    [trip] = answer.json()["items"]
    assert (trip["vehicle"], trip["start"]) == ("van-7", {"latitude_deg": 52.52, "longitude_deg": 13.405})
    assert (trip["style"]["harsh_braking"], trip["style"]["overspeed_s"], trip["private"]) == (2, 40.0, False)
    assert [event["worst"] for event in trip["style"]["events"]] == [-5.1]
    assert (trip["stops"], trip["energy_used_kwh"], trip["moved_off_m"]) == (3, 2.5, 250.0)
