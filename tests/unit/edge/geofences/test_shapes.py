"""Circles and polygons: how deep a place lies in them, against a plain reference; and what is no polygon."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.detect.geofences.outline import outline
from edge.detect.geofences.shapes import Circles, Polygons, metres_per_degree
from tests.on_earth import Place, to_border_m, way_m, winds_around

SQUARE = [(52.0, 13.0), (52.0, 13.01), (52.01, 13.01), (52.01, 13.0)]
HORSESHOE = [(0.0, 0.0), (0.0, 0.03), (0.03, 0.03), (0.03, 0.02), (0.01, 0.02), (0.01, 0.01), (0.03, 0.01), (0.03, 0.0)]


def depth(corners: list[Place], latitude: float, longitude: float) -> float:
    """Of one polygon."""
    return float(Polygons([outline(corners)]).depths(latitude, longitude, math.inf)[0])


@pytest.mark.parametrize(
    ("a", "b", "wanted_m"),
    [
        ((0.0, 0.0), (0.0, 1.0), 111_319.491),  # a degree of the equator: its radius times pi / 180
        ((0.0, 0.0), (1.0, 0.0), 110_574.389),  # and of the meridian there
        ((-37.95103342, 144.42486789), (-37.65282114, 143.92649553), 54_972.271),  # Flinders Peak to Buninyong (ICSM)
    ],
)
def test_the_reference_knows_published_ways(a: Place, b: Place, wanted_m: float) -> None:
    assert way_m(a, b) == pytest.approx(wanted_m, abs=0.002)


places = st.tuples(st.floats(-89.9, 89.9), st.floats(-180.0, 180.0))


@given(centre=places, north=st.floats(-0.4, 0.4), east_m=st.floats(-40_000.0, 40_000.0), radius_m=st.floats(10, 50_000))
def test_depth_in_a_circle_is_the_way_to_its_border(
    centre: Place, north: float, east_m: float, radius_m: float
) -> None:
    latitude = max(-89.95, min(89.95, centre[0] + north))
    longitude = centre[1] + east_m / metres_per_degree(latitude)[1]
    wanted = radius_m - way_m(centre, (latitude, longitude))
    assert Circles([centre], [radius_m]).depths(latitude, longitude)[0] == pytest.approx(wanted, abs=1.5)


@pytest.mark.parametrize("pole", [90.0, -90.0])
def test_a_circle_around_a_pole_is_as_any_other(pole: float) -> None:
    circle = Circles([(pole, 0.0)], [1000.0])
    for longitude in (-180.0, -90.0, 0.0, 123.0):
        assert circle.depths(math.copysign(89.995, pole), longitude)[0] == pytest.approx(1000.0 - 558.5, abs=1.0)


def test_inside_and_outside_of_a_square() -> None:
    assert depth(SQUARE, 52.005, 13.005) == pytest.approx(343.2, abs=0.5)
    assert depth(SQUARE, 52.005, 12.999) == pytest.approx(-68.6, abs=0.2)
    assert depth(SQUARE, 52.011, 13.011) == pytest.approx(-130.7, abs=0.5)


def test_the_gap_of_a_horseshoe_is_outside() -> None:
    assert depth(HORSESHOE, 0.02, 0.005) > 500.0
    assert depth(HORSESHOE, 0.02, 0.015) == pytest.approx(-556.6, abs=1.0)
    assert depth(HORSESHOE, 0.005, 0.015) > 500.0


@pytest.mark.parametrize("turn", [1, -1])
@pytest.mark.parametrize("first", range(4))
def test_where_the_corners_begin_and_which_way_they_go_does_not_matter(first: int, turn: int) -> None:
    corners = (SQUARE[first:] + SQUARE[:first])[::turn]
    assert depth(corners, 52.005, 13.005) == pytest.approx(depth(SQUARE, 52.005, 13.005))


def test_over_the_antimeridian() -> None:
    corners = [(-17.0, 179.99), (-17.0, -179.99), (-16.98, -179.99), (-16.98, 179.99)]
    for longitude in (180.0, -180.0):
        assert depth(corners, -16.99, longitude) == pytest.approx(1064.0, abs=1.0)
    assert depth(corners, -16.99, -179.98) == pytest.approx(-1064.9, abs=1.0)
    assert depth(corners, -16.99, 179.98) == pytest.approx(-1064.9, abs=1.0)
    assert depth(corners, -16.99, 0.0) < -10_000_000


def star(middle: Place, size_deg: float, radii: list[float]) -> list[Place]:
    """A polygon that is mostly concave: each corner in its own direction and at its own distance."""
    turns = [math.tau * number / len(radii) for number in range(len(radii))]
    return [
        (middle[0] + size_deg * far * math.sin(turn), middle[1] + size_deg * far * math.cos(turn))
        for far, turn in zip(radii, turns, strict=True)
    ]


stars = st.builds(
    star,
    st.tuples(st.floats(-80.0, 80.0), st.floats(-179.0, 179.0)),
    st.sampled_from([0.002, 0.01, 0.05]),
    st.lists(st.floats(0.1, 1.0), min_size=5, max_size=12),
)


@settings(max_examples=60, deadline=None)
@given(corners=stars, share=st.tuples(st.floats(-0.3, 1.3), st.floats(-0.3, 1.3)))
def test_a_place_is_inside_where_the_polygon_winds_around_it(corners: list[Place], share: tuple[float, float]) -> None:
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    latitude, longitude = (float(one) for one in low + np.array(share) * (high - low))
    far_m = depth(corners, latitude, longitude)
    assume(abs(far_m) > 1e-3)
    assert (far_m > 0.0) == winds_around((latitude, longitude), corners)
    wanted = to_border_m((latitude, longitude), corners)
    assert abs(far_m) == pytest.approx(wanted, rel=0.005, abs=12.0 * len(corners) ** -0.5)


@settings(max_examples=60, deadline=None)
@given(corners=stars, share=st.tuples(st.floats(-1.0, 2.0), st.floats(-1.0, 2.0)), within_m=st.floats(0.0, 500.0))
def test_what_is_too_far_to_matter_alone_is_not_looked_at(
    corners: list[Place], share: tuple[float, float], within_m: float
) -> None:
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    latitude, longitude = (float(one) for one in low + np.array(share) * (high - low))
    polygons = Polygons([outline(corners)])
    quick, whole = (float(polygons.depths(latitude, longitude, far)[0]) for far in (within_m, math.inf))
    assert quick == whole or (quick == -math.inf and whole <= -within_m * (1 - 1e-3))


def test_many_polygons_are_as_each_alone() -> None:
    turns = np.random.default_rng(5).uniform(0.2, 1.0, (100, 9))
    many = [star((52.0 + number / 2000, 13.0), 0.02, list(turns[number])) for number in range(100)]
    together = Polygons([outline(corners) for corners in many]).depths(52.02, 13.003, 800.0)
    alone = [Polygons([outline(corners)]).depths(52.02, 13.003, 800.0)[0] for corners in many]
    assert list(together) == alone
    assert 40 < np.count_nonzero(together > -800.0) < 100


@settings(max_examples=30, deadline=None)
@given(corners=stars)
def test_the_innermost_place_is_about_as_deep_as_any(corners: list[Place]) -> None:
    polygons = Polygons([outline(corners)])
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    grid = [low + np.array([a, b]) / 20 * (high - low) for a in range(21) for b in range(21)]
    deepest = max(float(polygons.depths(float(lat), float(lon), math.inf)[0]) for lat, lon in grid)
    assert polygons.inner_m[0] >= 0.9 * deepest


@settings(max_examples=60)
@given(corners=stars)
def test_a_star_is_a_polygon(corners: list[Place]) -> None:
    assert len(outline(corners)) == len(corners)
    assert np.array_equal(outline([*corners, corners[0]]), outline(corners))


@pytest.mark.parametrize(
    ("corners", "problem"),
    [
        ([(0.0, 0.0), (0.0, 1.0), (0.0, 0.0)], "corners"),
        ([(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)], "meet, from corner 1 and from corner 3"),
        ([(0.0, 0.0), (0.0, 2.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)], "meet"),
        ([(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)], "meet"),
        ([(0.0, 0.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0)], "meet"),
        ([(0.0, 0.0), (0.0, 2.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.5)], "meet"),
        ([(85.0, 0.0), (85.0, 120.0), (85.0, -120.0)], "pole"),
        ([(89.5, 0.0), (89.5, 1.0), (89.7, 1.0)], "pole"),
        ([(0.0, -90.0), (0.0, 0.0), (0.0, 95.0), (10.0, 0.0)], "half the Earth"),
    ],
)
def test_what_is_no_polygon_is_refused_with_a_remedy(corners: list[Place], problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        outline(corners)
    assert "; " in str(caught.value)
