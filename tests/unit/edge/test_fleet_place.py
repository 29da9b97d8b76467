"""Where a simulated vehicle is: it goes as far as it drives, turns as it turns, and stays on the globe."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.fleet.place import EARTH_M, FARTHEST_DEG, LATITUDES, LONGITUDES, MOVED_M, Whereabouts
from edge.wire.messages import Position


def born(seed: int = 1) -> Whereabouts:
    return Whereabouts(np.random.default_rng(seed))


def told(whereabouts: Whereabouts) -> Position:
    position = whereabouts.tell()
    assert position is not None
    return position


def metres(one: Position, other: Position) -> float:
    """Along the surface (haversine)."""
    first, second = math.radians(one.latitude_deg), math.radians(other.latitude_deg)
    across = math.radians(other.longitude_deg - one.longitude_deg)
    half = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(across / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


@pytest.mark.parametrize("seed", range(10))
def test_straight_on_it_comes_as_far_as_it_drives(seed: int) -> None:
    whereabouts = born(seed)
    home = told(whereabouts)
    assert LATITUDES[0] <= home.latitude_deg <= LATITUDES[1]
    assert LONGITUDES[0] <= home.longitude_deg <= LONGITUDES[1]
    for _ in range(1000):
        whereabouts.move(20.0, 0.0)
    there = told(whereabouts)
    assert metres(home, there) == pytest.approx(20_000.0, rel=0.001)
    assert there.speed_kmh == 72.0
    assert there.heading_deg == home.heading_deg


def test_it_turns_with_its_lateral_acceleration() -> None:
    """On a circle of 100 m at 10 m/s, v²/r = 1 m/s²; after 2πr/v = 62.8 s it is back."""
    whereabouts = born()
    home = told(whereabouts)
    for _ in range(31):
        whereabouts.move(10.0, 1.0)
    assert metres(home, told(whereabouts)) == pytest.approx(200.0, abs=8.0)
    for _ in range(32):
        whereabouts.move(10.0, 1.0)
    assert metres(home, told(whereabouts)) < 15.0


def test_who_stands_says_nothing_twice() -> None:
    whereabouts = born()
    told(whereabouts)
    for _ in range(100):
        whereabouts.move(0.0, 0.3)
    assert whereabouts.tell() is None
    whereabouts.move(MOVED_M, 0.0)
    told(whereabouts)


@pytest.mark.parametrize("seed", range(6))
def test_who_gets_lost_turns_back_before_the_poles(seed: int) -> None:
    whereabouts = born(seed)
    for _ in range(20_000):
        whereabouts.move(1000.0, 0.0)
        position = told(whereabouts)
        assert abs(position.latitude_deg) < FARTHEST_DEG + 0.1


@given(
    seed=st.integers(0, 100),
    legs=st.lists(st.tuples(st.floats(0.0, 1e5) | st.just(math.nan), st.floats(-30.0, 30.0) | st.just(math.nan))),
)
def test_whatever_its_sensors_say_it_is_on_the_globe(seed: int, legs: list[tuple[float, float]]) -> None:
    whereabouts = born(seed)
    for speed_mps, lateral_mps2 in legs:
        whereabouts.move(speed_mps, lateral_mps2)
        whereabouts.tell()  # a position that cannot be would not be taken
    whereabouts.move(100.0, 0.0)
    position = told(whereabouts)
    assert abs(position.latitude_deg) < 90.0
