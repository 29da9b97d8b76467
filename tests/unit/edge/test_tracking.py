"""Which positions are told: at the start and end of a drive, every so often, at turns, once a day."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.doing import IGNITION, SPEED
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.tracking import BEYOND_M, FAR_M, STOPPED_NS, Tracker, bearing_deg
from edge.whereabouts import ACCURACY, ALTITUDE, EARTH_M, HEADING, LATITUDE, LONGITUDE, Fix
from edge.wire.messages import Position

S = 1_000_000_000
DAY_S = 86_400
PATHS = {
    "lat": LATITUDE,
    "lon": LONGITUDE,
    "acc": ACCURACY,
    "heading": HEADING,
    "altitude": ALTITUDE,
    "speed": SPEED,
    "ignition": IGNITION,
}
SIGNALS = [Signal(path, "", "M", path, period_s=1.0) for path in PATHS.values()]
OFF, ON = 2.0, 4.0


def degrees(metres: float) -> float:
    return math.degrees(metres / EARTH_M)


class Journey:
    """Ticks of a second, by dead reckoning from 0.5, 0."""

    def __init__(self, every_s: int = 60, **more: int) -> None:
        self.history = History(SIGNALS, grid_ns=S)
        self.tracker = Tracker(every_s, **more)
        self.second = 1_000_000
        self.north_m = self.east_m = 0.0
        self.told: list[tuple[int, Position]] = []
        """Seconds since the start, and what was told."""

    def tick(self, **said: float) -> None:
        self.second += 1
        samples = [(self.second * S - 1, list(PATHS).index(name), value) for name, value in said.items()]
        self.history.absorb(SignalBatch.of(samples), self.second * S)
        if position := self.tracker.update(self.history.window()):
            self.told.append((self.second - 1_000_000, position))

    def go(
        self, seconds: int, kmh: float = 0.0, heading: float = 0.0, *, lacks: Sequence[str] = (), **more: float
    ) -> "Journey":
        for _ in range(seconds):
            self.north_m += kmh / 3.6 * math.cos(math.radians(heading))
            self.east_m += kmh / 3.6 * math.sin(math.radians(heading))
            place = {"lat": 0.5 + degrees(self.north_m), "lon": degrees(self.east_m), "acc": 5.0}
            said = {**place, "heading": heading, "speed": kmh, "ignition": ON, **more}
            self.tick(**{name: value for name, value in said.items() if name not in lacks})
        return self

    @property
    def seconds(self) -> list[int]:
        return [second for second, _ in self.told]


def test_nothing_is_told_unless_somebody_says_so() -> None:
    assert Journey(0).go(20).go(600, 50.0).go(20, ignition=OFF).told == []


def test_a_drive_is_told_from_its_start_to_its_end() -> None:
    journey = Journey(60).go(30).go(150, 50.0).go(20).go(30, ignition=OFF)
    assert journey.seconds == [1, 31, 91, 151, 201]


def test_what_is_told() -> None:
    [(_, position)] = Journey().go(1, 36.0, 90.0, altitude=71.23).told
    assert position == Position(
        latitude_deg=0.5, longitude_deg=0.00009, altitude_m=71.2, speed_kmh=36.0, heading_deg=90.0, accuracy_m=5.0
    )
    [(_, position)] = Journey().go(1, lacks=("heading", "speed", "acc")).told
    assert (position.altitude_m, position.speed_kmh, position.heading_deg) == (None, None, None)


def test_a_heading_of_360_is_north() -> None:
    assert Journey().go(1, heading=360.0).told[0][1].heading_deg == 0.0
    assert Journey().go(1, heading=359.99).told[0][1].heading_deg == 0.0


@pytest.mark.parametrize("lacks", [(), ("heading",)])
def test_a_turn_is_told_and_a_gentle_bend_is_not(lacks: tuple[str, ...]) -> None:
    journey = Journey(3600).go(5, 50.0, 0.0, lacks=lacks).go(20, 50.0, 20.0, lacks=lacks)
    before = len(journey.told)
    journey.go(20, 50.0, 100.0, lacks=lacks)
    assert len(journey.told) - before == 1
    told = journey.told[-1][1]
    assert told.longitude_deg > degrees(journey.east_m - 20 * 50 / 3.6)


def test_turning_on_the_spot_is_no_turn() -> None:
    journey = Journey(3600).go(2, 50.0)
    for heading in range(0, 360, 5):
        journey.go(1, 2.0, float(heading))
    assert journey.seconds == [1]


def test_a_long_straight_way_is_told_on_the_way() -> None:
    journey = Journey(3600).go(400, 108.0)
    assert [position.latitude_deg - 0.5 for _, position in journey.told] == pytest.approx(
        [degrees(30.0 + number * (FAR_M + 10)) for number in range(6)], abs=degrees(31)
    )


def test_a_red_light_is_no_end_but_two_minutes_are() -> None:
    journey = Journey(3600).go(10, 50.0).go(100).go(10, 50.0)
    assert journey.seconds == [1]
    journey.go(200)
    assert journey.seconds == [1, 120 + STOPPED_NS // S]
    journey.go(1, 50.0)
    assert len(journey.told) == 3


def test_a_parked_vehicle_is_told_once_a_day() -> None:
    journey = Journey(10).go(1, ignition=OFF)
    for days in range(3):
        for _ in range(23):
            journey.second += 3600 - 30
            journey.go(30, ignition=OFF)
        assert len(journey.told) == 1 + days
        journey.second += 3600
        journey.go(30, ignition=OFF)
    assert len(journey.told) == 4


def test_in_a_tunnel_nothing_is_told_and_behind_it_at_once() -> None:
    nowhere = ("lat", "lon", "acc", "heading")
    journey = Journey(30).go(65, 72.0).go(120, 72.0, lacks=nowhere).go(3, 72.0)
    assert [second for second in journey.seconds if second > 70] == [186]


def test_a_drive_that_ends_without_a_sky_is_told_where_it_was_last_seen() -> None:
    nowhere = ("lat", "lon", "acc", "heading")
    journey = Journey(3600).go(65, 72.0).go(60, 72.0, lacks=nowhere).go(5, lacks=nowhere, ignition=OFF)
    assert journey.seconds == [1, 126]
    assert journey.told[-1][1].latitude_deg == pytest.approx(0.5 + degrees(65 * 20), abs=1e-6)
    assert journey.told[-1][1].accuracy_m is None


def test_where_it_was_seen_long_before_the_end_is_not_where_it_ended() -> None:
    nowhere = ("lat", "lon", "acc", "heading")
    journey = Journey(3600).go(65, 72.0).go(700, 72.0, lacks=nowhere).go(5, lacks=nowhere, ignition=OFF)
    assert journey.seconds == [1]


def test_where_it_was_last_seen_is_not_told_twice() -> None:
    nowhere = ("lat", "lon", "acc", "heading")
    journey = Journey(60).go(61, 72.0).go(60, 72.0, lacks=nowhere).go(5, lacks=nowhere, ignition=OFF)
    assert journey.seconds == [1, 61]


def test_a_receiver_that_wanders_is_no_drive() -> None:
    bare = ("speed", "ignition", "heading")
    journey = Journey(60).go(100, lacks=bare, acc=50.0)
    journey.east_m = 150.0
    journey.go(100, lacks=bare, acc=50.0)
    assert journey.seconds == [1]


def test_a_vehicle_that_tells_nothing_but_its_position_is_told_while_it_moves() -> None:
    bare = ("speed", "ignition", "heading")
    journey = Journey(60).go(100, lacks=bare).go(300, 50.0, lacks=bare).go(300, lacks=bare)
    driving = [second for second in journey.seconds if second > 1]
    assert 5 <= len(driving) <= 8
    assert driving[0] in range(105, 115)
    assert driving[-1] in range(500, 530)


def test_a_vehicle_whose_position_is_never_known_tells_none() -> None:
    nowhere = ("lat", "lon", "acc")
    assert Journey(1).go(100, 50.0, lacks=nowhere).go(30, ignition=OFF, lacks=nowhere).told == []


def test_no_more_than_so_many_a_day_and_the_rest_is_counted() -> None:
    journey = Journey(1, a_day=20).go(100, 50.0)
    assert len(journey.told) == 20
    assert journey.tracker.dropped == 80
    journey.second += DAY_S - 90
    journey.go(5, 50.0)
    assert len(journey.told) == 25


segments = st.lists(
    st.tuples(
        st.integers(1, 200),
        st.sampled_from([0.0, 5.0, 50.0, 130.0]),
        st.floats(0.0, 359.0),
        st.sampled_from([ON, OFF]),
        st.sampled_from([(), ("speed",), ("lat", "lon"), ("heading",), ("ignition", "speed")]),
    ),
    min_size=1,
    max_size=6,
)


@given(does=segments, every_s=st.integers(1, 300), a_day=st.integers(1, 50))
def test_whatever_it_does_it_is_bounded_and_repeats(
    does: list[tuple[int, float, float, float, tuple[str, ...]]], every_s: int, a_day: int
) -> None:
    journeys = [Journey(every_s, a_day=a_day) for _ in range(2)]
    for journey in journeys:
        for seconds, kmh, heading, ignition, lacks in does:
            journey.go(seconds, kmh, heading, ignition=ignition, lacks=lacks)
    assert journeys[0].told == journeys[1].told
    assert len(journeys[0].told) <= a_day


@pytest.mark.parametrize(
    ("north", "east", "wanted"),
    [(1.0, 0.0, 0.0), (0.0, 1.0, 90.0), (-1.0, 0.0, 180.0), (0.0, -1.0, 270.0), (1.0, 1.0, 45.0)],
)
def test_bearings(north: float, east: float, wanted: float) -> None:
    here, there = Fix(0, 0.0, 179.9999, 5.0), Fix(0, north * 1e-3, 179.9999 + east * 1e-3, 5.0)
    assert bearing_deg(here, there) == pytest.approx(wanted, abs=1e-3)


def away_m(position: Position, journey: Journey) -> float:
    """How far a position is from where the journey has come to."""
    north = position.latitude_deg - 0.5 - degrees(journey.north_m)
    return math.radians(math.hypot(north, position.longitude_deg - degrees(journey.east_m))) * EARTH_M


@pytest.mark.parametrize("parked_s", [0, DAY_S // 8])
def test_where_private_mode_ended_is_not_told_until_it_is_far_away(parked_s: int) -> None:
    journey = Journey(10)
    journey.history.private = True
    journey.go(60, 50.0)
    journey.history.private = False
    ended = Journey()
    ended.north_m = journey.north_m
    journey.go(parked_s, ignition=OFF).go(600, 50.0, 90.0)
    assert len(journey.told) > 40
    assert all(away_m(position, ended) >= BEYOND_M for _, position in journey.told)
    assert away_m(journey.told[0][1], ended) < BEYOND_M + 50.0


def test_a_restart_of_the_box_makes_the_place_where_private_mode_ended_no_more_public() -> None:
    journey = Journey(10)
    journey.history.private = True
    journey.go(60, 50.0)
    journey.history.private = False
    journey.go(5)
    assert journey.tracker.withholds
    journey.tracker = Tracker(10)
    journey.tracker.withholds = True
    ended = Journey()
    ended.north_m = journey.north_m
    journey.go(600, 50.0, 90.0)
    assert len(journey.told) > 40
    assert all(away_m(position, ended) >= BEYOND_M for _, position in journey.told)
    assert not journey.tracker.withholds


def test_a_vehicle_that_stays_where_private_mode_ended_is_not_told_once_a_day_either() -> None:
    journey = Journey(10)
    journey.history.private = True
    journey.go(60, 50.0)
    journey.history.private = False
    assert journey.go(5).go(40, 30.0).go(5).go(200, ignition=OFF).told == []
