"""Whatever a vehicle does, and whatever its signals say of it: what a trip tells fits together."""

from itertools import pairwise
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.style import CAR, StyleKind
from edge.trips import DistanceBy, Trip
from edge.uplink import trip_body
from edge.wire.codec import decode, encode
from edge.wire.envelope import Clock
from edge.wire.topics import Address, Kind
from tests.tracks import PATHS, Track, trips_of

S: Final = 1_000_000_000
GRID_S: Final = 0.1
LINES: Final = st.sampled_from(
    [
        "on",
        "off",
        "stand 200 s drift 15 m",
        "stand 10 s",
        "drive 60 s at 50 km/h north",
        "drive 40 s at 130 km/h",
        "brake 3 s to 0 km/h",
        "accelerate 4 s to 80 km/h",
        "turn 9 s at 30 deg/s",
        "tunnel 40 s",
        "silence 140 s",
        "silence 5 s",
        "ferry 20 km 60 s east",
        "jump 5 km 3 s",
        "jump 300 m 40 s",
        "spike 655 km/h 0.3 s",
        "slip 40 km/h 2 s",
        "stuck lateral longitudinal -6 m/s2 20 s",
        "stuck odometer fuel_total fuel_rate 1 m/s2 3 s",
        "stuck latitude longitude 0 m/s2 5 s",
        "stuck accuracy -1 m/s2 5 s",
    ]
)
NAMES: Final = [name for name in PATHS if name not in ("latitude", "longitude", "accuracy")]


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Any signals, each as often as it likes, and up to a dozen things to do."""
    names = draw(st.sets(st.sampled_from([*NAMES, "position"]), min_size=1, max_size=8))
    signals = {name: draw(st.sampled_from([0.1, 0.5, 1.0, 2.0])) for name in sorted(names)}
    does = draw(st.lists(LINES, min_size=1, max_size=12))
    accuracy_m = draw(st.sampled_from([0.0, 5.0, 63.0]))
    return Track.of({"name": "any", "signals": signals, "does": does, "accuracy_m": accuracy_m})


def fits(trip: Trip) -> None:
    lasted_s = (trip.ended - trip.started) / S + GRID_S
    assert trip.started <= trip.ended
    figures = (trip.distance_m, trip.moving_s, trip.idle_s, trip.stopped_s, trip.no_position_s, trip.engine_on_s)
    assert all(figure is None or figure >= 0.0 for figure in figures)
    assert (trip.distance_m is None) == (trip.distance_by is None)
    if trip.moving_s is not None and trip.idle_s is not None and trip.stopped_s is not None:
        assert trip.distance_by is DistanceBy.SPEED
        assert trip.moving_s + trip.idle_s <= lasted_s + 1e-6
        assert trip.stopped_s <= trip.idle_s + 1e-6
        assert trip.distance_m is not None
        assert trip.distance_m <= (trip.speed_max_kmh or 0.0) / 3.6 * lasted_s + 1e-6
    if trip.odometer_start_km is not None:
        assert trip.odometer_end_km is not None
        assert trip.odometer_end_km >= trip.odometer_start_km
    counted = sum(trip.manners.count(kind) or 0 for kind in StyleKind)
    assert counted == len(trip.manners.events) + trip.manners.left_out
    for event in trip.manners.events:
        assert trip.started - 2 * S <= event.at <= event.at + event.duration_s * S <= trip.ended + S
        assert event.beyond >= 1.0


@given(tracks())
@settings(max_examples=40)
def test_what_trips_tell_fits_together_and_can_be_sent(track: Track) -> None:
    trips = trips_of(track, limits=CAR)
    assert all(before.ended <= after.started for before, after in pairwise(trips))
    for trip in trips:
        fits(trip)
        body = trip_body(trip)
        address = Address("fleet", "car")
        payload = encode(
            body, vehicle="car", stream="record-0123456789abcdef", seq=1, observed_at=body.ended_at, clock=Clock.SYNCED
        )
        assert decode(address.up(Kind.TRIP), payload).body == body
