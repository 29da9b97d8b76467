"""Vehicles, presence, twins, trips and summaries."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.errors import NotFound, Refused
from cloud.fleet.drive_store import summaries
from cloud.fleet.model import PLACE, DriveFilter, Presence, Vehicle, VehicleFilter, is_later
from cloud.fleet.place_store import hourly_places
from cloud.inbox.model import Arrival
from cloud.pages import Window
from edge.wire.downlink import Status, encode_down
from edge.wire.envelope import Clock
from edge.wire.messages import Health, Reported, SignalSummary
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker, minute

VAN = Speaker()
AFTER = timedelta(minutes=3)


def greeting(*, online: bool, at_min: float, retained: bool = False) -> Arrival:
    return Arrival(VAN.address.status, encode_down(Status(online=online)), minute(at_min), retained)


@pytest.mark.parametrize(
    ("seen_min", "goodbye_min", "now_min", "presence"),
    [
        (0, None, 3, Presence.ONLINE),
        (0, None, 3.1, Presence.OFFLINE),
        (0, 1, 1, Presence.OFFLINE),
        (1, 1, 1, Presence.OFFLINE),
        (2, 1, 2, Presence.ONLINE),
    ],
)
def test_presence(seen_min: float, goodbye_min: float | None, now_min: float, presence: Presence) -> None:
    said = None if goodbye_min is None else minute(goodbye_min)
    vehicle = Vehicle(VAN.address, T0, minute(seen_min), said)
    assert vehicle.presence(now=minute(now_min), offline_after=AFTER) is presence


def test_the_first_message_makes_a_vehicle_known(cloud: Cloud) -> None:
    with pytest.raises(NotFound, match="nothing was ever heard"):
        cloud.fleet.vehicle(VAN.address)
    cloud.take(VAN.say(says.alert(1), 1, received_at=minute(1)))
    cloud.take(VAN.say(says.alert(2), 2, received_at=minute(2)))
    vehicle = cloud.fleet.vehicle(VAN.address)
    assert (vehicle.first_seen_at, vehicle.last_seen_at) == (minute(1), minute(2))


def test_hello_goodbye_and_silence(cloud: Cloud) -> None:
    def presence_at(at_min: float) -> Presence:
        cloud.now = minute(at_min)
        return cloud.fleet.presence(cloud.fleet.vehicle(VAN.address))

    cloud.take(greeting(online=True, at_min=0))
    assert presence_at(1) is Presence.ONLINE
    cloud.take(greeting(online=False, at_min=1))
    assert presence_at(1) is Presence.OFFLINE
    cloud.take(VAN.say(says.alert(), 1, received_at=minute(2)))
    assert presence_at(2) is Presence.ONLINE, "who is heard is not offline"
    assert presence_at(6) is Presence.OFFLINE, "who is silent is, whatever was said last"


def test_a_parked_vehicle_is_asleep_as_long_as_it_said(cloud: Cloud) -> None:
    def presence_at(at_min: float) -> Presence:
        cloud.now = minute(at_min)
        presence = cloud.fleet.presence(cloud.fleet.vehicle(VAN.address))
        assert [name for name, count in cloud.fleet.census().items() if count] == [presence]
        return presence

    parked = says.health().model_copy(update={"quiet_s": 3 * 3600.0})
    cloud.take(VAN.say(parked, 1, observed_at=minute(0), received_at=minute(1)))
    assert presence_at(1) is Presence.ASLEEP
    assert presence_at(183) is Presence.ASLEEP
    assert presence_at(183.1) is Presence.OFFLINE
    cloud.take(VAN.say(parked, 2, observed_at=minute(184), received_at=minute(184)))
    assert presence_at(185) is Presence.ASLEEP
    cloud.take(VAN.say(says.health(), 3, observed_at=minute(186), received_at=minute(186)))
    assert presence_at(186) is Presence.ONLINE, "it drives"
    assert presence_at(190) is Presence.OFFLINE
    cloud.take(VAN.say(parked, 2, observed_at=minute(184), received_at=minute(191)))
    assert presence_at(195) is Presence.OFFLINE, "what comes again or late changes nothing"


def test_a_parked_vehicle_that_says_goodbye_is_gone(cloud: Cloud) -> None:
    parked = says.health().model_copy(update={"quiet_s": 3 * 3600.0})
    cloud.take(VAN.say(parked, 1, received_at=minute(1)))
    cloud.take(greeting(online=False, at_min=2))
    cloud.now = minute(2)
    assert cloud.fleet.presence(cloud.fleet.vehicle(VAN.address)) is Presence.OFFLINE
    assert cloud.fleet.census() == {Presence.ONLINE: 0, Presence.ASLEEP: 0, Presence.OFFLINE: 1}


def test_a_wrong_clock_does_not_say_until_when(cloud: Cloud) -> None:
    parked = says.health().model_copy(update={"quiet_s": 3600.0})
    cloud.take(VAN.say(parked, 1, observed_at=minute(-9999), clock=Clock.UNSYNCED, received_at=minute(1)))
    assert cloud.fleet.vehicle(VAN.address).quiet_until == minute(61)


def test_a_greeting_that_the_broker_had_kept_is_no_sign_of_life(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(), 1, received_at=T0))
    cloud.take(greeting(online=True, at_min=60, retained=True))
    assert cloud.fleet.vehicle(VAN.address).last_seen_at == T0


def test_a_last_will_is_no_sign_of_life(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(), 1, received_at=T0))
    cloud.take(greeting(online=False, at_min=1))
    assert cloud.fleet.vehicle(VAN.address).last_seen_at == T0


@given(places=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), min_size=1, unique=True))
def test_the_latest_word_wins_in_any_order(places: list[tuple[int, int]]) -> None:
    held: tuple[int, int] | None = None
    for place in places:
        if is_later(place, held):
            held = place
    assert held == max(places)


def test_a_twin_keeps_the_latest_of_each_part(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.health(uptime_s=30), 3), VAN.say(says.reported(2), 4), VAN.say(says.summary(5), 5))
    cloud.take(VAN.say(says.health(uptime_s=10), 1), VAN.say(says.reported(1), 2), VAN.say(says.summary(4), 6))
    twin = cloud.fleet.twin(VAN.address)
    assert twin.health is not None
    assert twin.reported is not None
    assert twin.latest is not None
    assert twin.health.body == says.health(uptime_s=30)
    assert twin.reported.body == says.reported(2)
    assert twin.latest.started_at == minute(5)
    assert isinstance(twin.health.body, Health)
    assert isinstance(twin.reported.body, Reported)


def test_a_sign_of_life_leaves_the_counters_that_were_told(cloud: Cloud) -> None:
    sign = says.health(uptime_s=90).model_copy(update={"counters": {}})
    cloud.take(VAN.say(sign, 1))
    first = cloud.fleet.twin(VAN.address).health
    assert first is not None
    assert first.body == sign
    cloud.take(VAN.say(says.health(uptime_s=30), 2), VAN.say(sign, 3))
    held = cloud.fleet.twin(VAN.address).health
    assert held is not None
    assert held.body == says.health(uptime_s=90)


def test_a_new_card_speaks_later_than_the_old_one(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.reported(1), 500))
    cloud.take(Speaker(card=OTHER_CARD).say(says.reported(2), 1))
    cloud.take(VAN.say(says.reported(3), 501))
    reported = cloud.fleet.twin(VAN.address).reported
    assert reported is not None
    assert reported.body == says.reported(2)


def test_a_vehicle_that_never_said_has_an_unknown_state(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(), 1))
    twin = cloud.fleet.twin(VAN.address)
    assert (twin.reported, twin.health, twin.latest) == (None, None, None)


def test_trips_and_summaries_are_stored_once_by_their_own_identity(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.trip(1), 1), VAN.say(says.summary(1), 2))
    other = Speaker(card=OTHER_CARD)
    cloud.take(other.say(says.trip(1, distance_m=9.0), 1), other.say(says.summary(1, last=9.0), 2))
    [trip] = cloud.fleet.trips(DriveFilter(), Window()).items
    [summary] = cloud.fleet.summaries(DriveFilter(), Window()).items
    assert (trip.distance_m, trip.fuel_used_l, trip.alerts) == (1200.0, None, (f"{1:032x}",))
    assert summary.signals == says.summary(1).signals


def test_only_the_newest_summaries_of_each_vehicle_are_kept() -> None:
    with open_cloud(summaries_per_vehicle=10) as cloud:
        bus = Speaker("bus-1")
        cloud.take(bus.say(says.summary(0), 1))
        for seq in range(1, 129):
            cloud.take(VAN.say(says.summary(seq), seq))
        kept = [row["started_at"] for row in cloud.rows(summaries) if row["vehicle"] == "van-7"]
        assert sorted(kept) == [minute(n) for n in range(119, 129)]
        assert cloud.counts()["summaries_expired"] == 118
        assert len(cloud.rows(summaries)) == 11


def moved(n: int, **changes: Any) -> Arrival:
    """Where the van was at minute n, in whole degrees north; told at once unless something else is said."""
    body = says.position().model_copy(update={"latitude_deg": float(n % 90)})
    return VAN.say(body, changes.pop("seq", n + 1), observed_at=minute(n), **changes)


def test_of_each_hour_it_is_known_where_a_vehicle_was_last(cloud: Cloud) -> None:
    cloud.now = minute(200)
    order = [0, 59, 30, 60, 150, 61]
    cloud.take(*(moved(n, seq=seq) for seq, n in enumerate(order, 1)), moved(100, seq=90, clock=Clock.UNSYNCED))
    cloud.take(moved(210, seq=91), Speaker("van-8").say(says.position(), 1, observed_at=minute(20)))
    found = cloud.fleet.places(VAN.address, minute(0), minute(300))
    assert [one.at for one in found] == [minute(59), minute(61), minute(150)]
    assert cloud.fleet.places(VAN.address, minute(60), minute(149)) == found[1:2]
    assert cloud.fleet.places(VAN.address, minute(61), minute(61)) == found[1:2]


def test_a_summary_says_where_it_was_as_well(cloud: Cloud) -> None:
    cloud.now = minute(10)
    at = [SignalSummary(unit="degrees", min=d, max=d, mean=d, last=d, count=1) for d in (52.5, 13.4)]
    cloud.take(VAN.say(says.summary(1).model_copy(update={"signals": dict(zip(PLACE, at, strict=True))}), 1))
    cloud.take(VAN.say(says.summary(2).model_copy(update={"signals": {PLACE[0]: at[0]}}), 2))
    [seen] = cloud.fleet.places(VAN.address, minute(0), minute(60))
    assert (seen.latitude_deg, seen.longitude_deg, seen.accuracy_m) == (52.5, 13.4, None)


def test_where_a_vehicle_was_long_ago_is_forgotten() -> None:
    with open_cloud(places_for=timedelta(hours=10)) as cloud:
        for n in range(128):
            cloud.now = minute(60 * n)
            cloud.take(moved(60 * n, seq=n + 1))
        cloud.take(moved(0, seq=500))
        hours = sorted(row["hour"] for row in cloud.rows(hourly_places))
        assert hours == [minute(60 * n) for n in range(117, 128)]
        assert cloud.counts()["places_expired"] == 117
    with open_cloud(places_for=timedelta()) as cloud:
        cloud.now = minute(1)
        cloud.take(moved(1))
        assert cloud.rows(hourly_places) == []


def test_listings_page_through_everything_once(cloud: Cloud) -> None:
    for n in range(1, 6):
        cloud.take(Speaker(f"van-{n}").say(says.trip(n), 1), Speaker(f"van-{n}", fleet="south").say(says.summary(1), 1))
    trips = cloud.fleet.trips(DriveFilter(), Window(2))
    rest = cloud.fleet.trips(DriveFilter(), Window(3, trips.after))
    assert [trip.address.vehicle for trip in [*trips.items, *rest.items]] == [f"van-{n}" for n in (5, 4, 3, 2, 1)]
    assert rest.after is None
    same_start = cloud.fleet.summaries(DriveFilter(fleet="south"), Window(4))
    last = cloud.fleet.summaries(DriveFilter(fleet="south"), Window(4, same_start.after))
    assert [one.address.vehicle for one in [*same_start.items, *last.items]] == [f"van-{n}" for n in (5, 4, 3, 2, 1)]
    vehicles = cloud.fleet.vehicles(VehicleFilter(), Window(7))
    others = cloud.fleet.vehicles(VehicleFilter(), Window(7, vehicles.after))
    names = [(one.address.fleet, one.address.vehicle) for one in [*vehicles.items, *others.items]]
    assert names == sorted(names)
    assert len(names) == 10
    assert len(cloud.fleet.vehicles(VehicleFilter("north"), Window()).items) == 5
    assert len(cloud.fleet.trips(DriveFilter(vehicle="van-2", since=minute(2)), Window()).items) == 1
    assert cloud.fleet.trips(DriveFilter(vehicle="van-2", since=minute(3)), Window()).items == []


def test_a_cursor_of_another_listing_is_refused(cloud: Cloud) -> None:
    for n in (1, 2):
        cloud.take(Speaker(f"van-{n}").say(says.trip(n), 1))
    after = cloud.fleet.vehicles(VehicleFilter(), Window(1)).after
    assert after is not None
    with pytest.raises(Refused, match="cursor"):
        cloud.fleet.trips(DriveFilter(), Window(1, after))
