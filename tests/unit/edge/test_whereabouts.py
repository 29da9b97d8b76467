"""Where the vehicle is: which positions are believed, which are counted, and how sure they stay."""

import math
from dataclasses import dataclass, field, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.doing import SPEED
from edge.whereabouts import (
    ACCURACY,
    ACCURACY_MAX_M,
    CONFIRMED,
    EARTH_M,
    LATITUDE,
    LONGITUDE,
    USUAL_M,
    Fix,
    Whereabouts,
    distance_m,
)

S = 1_000_000_000
TICK = S // 10


def east(metres: float) -> float:
    """Degrees of longitude at the equator."""
    return math.degrees(metres / EARTH_M)


@dataclass
class Ride:
    """Feeds ticks of 100 ms; what is heard stays as it is until something else is."""

    subject: Whereabouts = field(default_factory=Whereabouts)
    values: dict[str, float] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    until: int = 1000 * S

    def hear(self, **said: float) -> None:
        """Signals as of now, which the next tick takes up."""
        paths = {"lat": LATITUDE, "lon": LONGITUDE, "acc": ACCURACY, "speed": SPEED}
        for name, value in said.items():
            self.values[paths[name]], self.heard[paths[name]] = value, self.until

    def tick(self, ticks: int = 1) -> Fix | None:
        for _ in range(ticks):
            self.until += TICK
            self.subject.update(lambda path: self.values.get(path, math.nan), self.heard.get, self.until)
        return self.subject.fix

    def at(self, metres: float, *, seconds: int = 1, speed: float = math.nan, acc: float = 5.0) -> Fix | None:
        """Readings so many metres to the east of 0.5, 0, one a second."""
        for _ in range(seconds):
            self.hear(lat=0.5, lon=east(metres), acc=acc, speed=speed)
            self.tick(10)
        return self.subject.fix


def metres(fix: Fix | None) -> float:
    """Of a fix, to the east."""
    assert fix is not None
    return math.radians(fix.longitude_deg) * EARTH_M


def test_without_a_position_it_is_unknown() -> None:
    ride = Ride()
    ride.hear(speed=50.0)
    assert ride.tick(100) is None
    ride.hear(lat=0.5)
    assert ride.tick() is None
    assert set(ride.subject.counters.values()) == {0}


def test_a_receiver_that_tells_no_accuracy_has_the_usual_one() -> None:
    ride = Ride()
    ride.hear(lat=0.5, lon=7.0)
    assert ride.tick() == Fix(1000 * S + TICK, 0.5, 7.0, USUAL_M)


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 0.0), (1e-8, -1e-8), (91.0, 7.0), (50.0, 181.0)])
def test_what_receivers_say_without_a_fix_is_none(latitude: float, longitude: float) -> None:
    ride = Ride()
    ride.hear(lat=latitude, lon=longitude)
    assert ride.tick(5) is None
    assert ride.subject.counters == {"no_fix": 1, "inaccurate": 0, "repeated": 0, "jumped": 0}


@pytest.mark.parametrize(("latitude", "longitude"), [(0.0, 6.7), (51.5, 0.0), (90.0, 0.0), (-90.0, 180.0)])
def test_equator_greenwich_and_poles_are_places(latitude: float, longitude: float) -> None:
    ride = Ride()
    ride.hear(lat=latitude, lon=longitude)
    assert ride.tick() is not None


def test_a_reading_that_is_not_accurate_enough_is_not_believed() -> None:
    ride = Ride()
    assert ride.at(0.0, acc=ACCURACY_MAX_M + 1) is None
    assert ride.at(0.0, acc=ACCURACY_MAX_M - 1) is not None
    assert ride.subject.counters["inaccurate"] == 1


def test_a_jump_of_one_reading_is_not_followed() -> None:
    ride = Ride()
    ride.at(0.0, speed=50.0)
    assert metres(ride.at(5000.0, speed=50.0)) < 1.0
    assert metres(ride.at(28.0, speed=50.0)) == pytest.approx(28.0)
    assert ride.subject.counters["jumped"] == 1


def test_a_place_out_of_reach_that_holds_is_believed() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    assert metres(ride.at(5000.0, seconds=CONFIRMED, speed=0.0)) < 1.0
    assert metres(ride.at(5000.0, speed=0.0)) == pytest.approx(5000.0)


def test_ten_wrong_readings_within_a_second_are_still_a_jump() -> None:
    ride = Ride()
    ride.at(0.0, speed=50.0)
    for _ in range(20):
        ride.hear(lat=0.5, lon=east(9000.0), speed=50.0)
        ride.tick()
    fix = ride.subject.fix
    assert fix is None or metres(fix) < 1.0


def test_jumps_to_ever_other_places_are_never_believed() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    for number in range(40):
        assert metres(ride.at(5000.0 * (1 + number % 3), speed=0.0)) < 1.0


def test_after_hours_away_a_far_place_is_no_jump() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    ride.until += 5 * 3600 * S
    assert metres(ride.at(300_000.0, speed=0.0)) == pytest.approx(300_000.0)
    assert ride.subject.counters["jumped"] == 0


def test_where_it_was_before_a_long_silence_is_unknown_after_it() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    ride.until += 3600 * S
    ride.hear(speed=0.0)
    assert ride.tick() is None


def test_while_it_stands_its_place_does_not_wander() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    places = {metres(ride.at(40.0 * math.sin(second / 7), speed=0.0)) for second in range(600)}
    assert places == {metres(ride.subject.fix)} == {0.0}


def test_while_it_stands_a_more_accurate_reading_is_taken() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0, acc=50.0)
    assert metres(ride.at(30.0, speed=0.0, acc=4.0)) == pytest.approx(30.0)
    assert metres(ride.at(33.0, speed=0.0, acc=9.0)) == pytest.approx(30.0)


def test_while_it_stands_without_a_receiver_it_is_where_it_was() -> None:
    ride = Ride()
    fix = ride.at(0.0, speed=0.0)
    for _ in range(3600):
        ride.hear(speed=0.0)
        ride.tick(10)
    assert fix is not None
    assert ride.subject.fix == replace(fix, at=ride.until)


@pytest.mark.parametrize("mps", [1.0, 8.0, 30.0])
def test_where_the_speed_says_0_and_is_wrong_readings_are_followed(mps: float) -> None:
    """Aboard a ferry with the ignition on, or with a speed that is stuck."""
    ride = Ride()
    for second in range(300):
        ride.at(mps * second, speed=0.0)
    assert metres(ride.subject.fix) == pytest.approx(mps * 299)
    ride.at(mps * 299, seconds=3, speed=10.0)
    ride.at(mps * 299 + 30.0, speed=0.0)
    assert metres(ride.at(mps * 299 + 50.0, seconds=20, speed=0.0)) == pytest.approx(mps * 299 + 30.0)


def test_when_it_drives_off_readings_are_followed_at_once() -> None:
    ride = Ride()
    ride.at(0.0, speed=0.0)
    ride.at(30.0, seconds=60, speed=0.0)
    assert metres(ride.at(35.0, speed=20.0)) == pytest.approx(35.0)


def test_where_the_speed_is_unknown_readings_are_followed() -> None:
    ride = Ride()
    ride.at(0.0)
    assert metres(ride.at(12.0)) == pytest.approx(12.0)


def test_what_became_unknown_while_nobody_knew_its_speed_stays_so_when_it_stands() -> None:
    ride = Ride()
    ride.at(0.0)
    ride.tick(95)
    ride.hear(speed=0.0)
    assert ride.tick(5) is None


def test_in_a_tunnel_it_is_ever_less_sure_and_then_unknown() -> None:
    ride = Ride()
    ride.at(0.0, speed=36.0)
    sure = [fix.accuracy_m if (fix := ride.tick(10)) else None for _ in range(12)]
    assert sure[0] == 5.0
    assert sure[3] == 55.0
    known = [accuracy for accuracy in sure if accuracy is not None]
    assert known == sorted(known)
    assert sure[8:] == [None] * 4


@pytest.mark.parametrize("a_second", [1, 10])
def test_a_position_that_is_repeated_while_it_drives_is_as_good_as_none(a_second: int) -> None:
    """As receivers do in a tunnel, and before they have found themselves."""
    ride = Ride()
    ride.at(0.0, seconds=30, speed=0.0)
    known = []
    for _ in range(20 * a_second):
        ride.hear(lat=0.5, lon=0.0, acc=5.0, speed=72.0)
        known.append(ride.tick(10 // a_second))
    assert known[0] is not None
    assert known[8 * a_second :] == [None] * 12 * a_second
    assert ride.subject.counters["repeated"] == 20 * a_second
    assert metres(ride.at(400.0, speed=72.0)) == pytest.approx(400.0)
    assert ride.subject.counters["jumped"] == 0


def test_a_position_that_is_repeated_after_it_drove_is_not_where_it_stands() -> None:
    ride = Ride()
    ride.at(0.0, seconds=5, speed=0.0)
    for _ in range(10):
        ride.hear(speed=72.0)
        ride.tick(10)
    assert ride.at(0.0, seconds=60, speed=0.0) is None
    assert metres(ride.at(203.0, speed=0.0)) == pytest.approx(203.0)


def test_a_position_that_is_repeated_while_it_stands_or_nobody_knows_is_believed() -> None:
    for speed in (0.0, math.nan):
        ride = Ride()
        assert ride.at(0.0, seconds=60, speed=speed) is not None
        assert ride.subject.counters["repeated"] == 0


def test_what_became_unknown_does_not_come_back_by_itself() -> None:
    ride = Ride()
    ride.at(0.0, speed=100.0)
    ride.tick(100)
    ride.hear(speed=0.0)
    assert ride.tick(20) is None


def test_without_speed_a_position_is_known_for_ten_seconds() -> None:
    ride = Ride()
    ride.at(0.0)
    assert ride.tick(90) is not None
    assert ride.tick(1) is None


def test_an_old_longitude_is_not_put_to_a_new_latitude() -> None:
    """They come half a tick before and after a tick's end: taken together as they come nearest."""
    ride = Ride()
    apart_m = []
    for second in range(20):
        ride.hear(lon=east(36.0 * second), speed=129.6)
        ride.tick(1)
        ride.hear(lat=0.5 + east(36.0 * second))
        ride.tick(9)
        fix = ride.subject.fix
        assert fix is not None
        apart_m.append(abs(math.radians(fix.latitude_deg - 0.5 - fix.longitude_deg)) * EARTH_M)
        assert fix.accuracy_m == pytest.approx(USUAL_M + 3.6)
    assert max(apart_m) < 1e-6


def test_the_first_pair_may_be_far_apart_and_is_that_much_less_sure() -> None:
    ride = Ride()
    ride.hear(lon=1.0, speed=72.0)
    ride.tick(9)
    ride.hear(lat=0.5)
    assert (fix := ride.tick(1)) is not None
    assert fix.accuracy_m == pytest.approx(USUAL_M + 18.0)
    ride.hear(lon=1.0001)
    ride.tick(9)
    ride.hear(lat=0.5001)
    assert ride.tick(1) == replace(fix, at=ride.until), "the longitude that belongs to it comes a tick later"
    ride.hear(lon=1.0002)
    assert (fix := ride.tick(1)) is not None
    assert (fix.latitude_deg, fix.longitude_deg) == (0.5001, 1.0002)


def test_a_coordinate_that_comes_no_more_leaves_the_position_to_age() -> None:
    ride = Ride()
    ride.at(0.0)
    for number in range(200):
        ride.hear(lat=0.5 + number * 1e-5)
        ride.tick()
    assert ride.subject.fix is None


def test_between_two_readings_it_is_as_it_was_read() -> None:
    ride = Ride()
    fix = ride.at(0.0, speed=50.0)
    ride.hear(speed=50.0)
    assert fix is not None
    assert ride.tick(5) == replace(fix, at=ride.until)


def test_over_the_antimeridian_is_no_jump() -> None:
    ride = Ride()
    ride.hear(lat=-17.0, lon=179.9999, speed=50.0)
    ride.tick(10)
    ride.hear(lat=-17.0, lon=-179.9999, speed=50.0)
    assert (fix := ride.tick(10)) is not None
    assert fix.longitude_deg == -179.9999
    assert distance_m(fix, Fix(0, -17.0, 179.9999, 5.0)) == pytest.approx(21.27, abs=0.1)


legs = st.lists(
    st.tuples(
        st.integers(1, 30),  # seconds
        st.sampled_from([0.0, 0.0, 3.0, 14.0, 36.0, 60.0]),  # m/s
        st.sampled_from(["told", "told", "told", "silent", "wild", "repeated"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(legs=legs, noise=st.randoms(use_true_random=False), accuracy_m=st.floats(1.0, 80.0), apart=st.integers(0, 4))
def test_the_truth_lies_within_the_accuracy(
    legs: list[tuple[int, float, str]], noise: Random, accuracy_m: float, apart: int
) -> None:
    """Whatever is told lies within its accuracy, and what was driven in the two seconds that a reading stands, of where
    the vehicle is; readings are as accurate as they say, but for a wild one now and then, tunnels and repeated ones."""
    ride, truth_m, said_m, mps_before = Ride(), 0.0, 0.0, 0.0
    ride.at(0.0, speed=0.0, acc=accuracy_m)
    for seconds, mps, kind in legs:
        for second in range(seconds):
            ride.hear(speed=3.6 * mps)
            if kind == "told" or (kind == "wild" and second % 4):
                said_m = truth_m + noise.uniform(-accuracy_m, accuracy_m)
                ride.hear(lon=east(said_m), acc=accuracy_m)
            elif kind == "repeated":
                ride.hear(lon=east(said_m), acc=accuracy_m)
            elif kind == "wild":
                ride.hear(lon=east(truth_m + 60_000.0 * noise.uniform(1.0, 2.0)), acc=accuracy_m)
            for tick in range(10):
                if tick == apart and kind != "silent":
                    ride.hear(lat=0.5)
                truth_m += mps / 10
                if fix := ride.tick():
                    slack_m = 2.2 * max(mps, mps_before) + 0.5
                    assert abs(metres(fix) - truth_m) <= fix.accuracy_m + slack_m
        mps_before = mps
