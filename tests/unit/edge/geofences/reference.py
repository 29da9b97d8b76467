"""Distance and inside, written once more in the plainest way: what shapes are held against."""

import math
from collections.abc import Sequence

A_M = 6_378_137.0
F = 1 / 298.257223563
Place = tuple[float, float]
"""Latitude and longitude in degrees."""


def way_m(a: Place, b: Place) -> float:
    """The shortest way on the ellipsoid of WGS 84 (T. Vincenty, Survey Review 23, 1975); not across Earth."""
    short_m = A_M * (1 - F)
    u1, u2 = (math.atan((1 - F) * math.tan(math.radians(place[0]))) for place in (a, b))
    apart = turn = math.radians(b[1] - a[1])
    for _ in range(200):
        s = math.hypot(
            math.cos(u2) * math.sin(turn),
            math.cos(u1) * math.sin(u2) - math.sin(u1) * math.cos(u2) * math.cos(turn),
        )
        if s == 0.0:
            return 0.0
        c = math.sin(u1) * math.sin(u2) + math.cos(u1) * math.cos(u2) * math.cos(turn)
        sigma = math.atan2(s, c)
        sin_alpha = math.cos(u1) * math.cos(u2) * math.sin(turn) / s
        cos2_alpha = 1 - sin_alpha**2
        middle = c - 2 * math.sin(u1) * math.sin(u2) / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        k = F / 16 * cos2_alpha * (4 + F * (4 - 3 * cos2_alpha))
        before = turn
        turn = apart + (1 - k) * F * sin_alpha * (sigma + k * s * (middle + k * c * (2 * middle**2 - 1)))
        if abs(turn - before) < 1e-13:
            break
    u = cos2_alpha * (A_M**2 - short_m**2) / short_m**2
    big_a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    big_b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    inner = c * (2 * middle**2 - 1) - big_b / 6 * middle * (4 * s**2 - 3) * (4 * middle**2 - 3)
    return short_m * big_a * (sigma - big_b * s * (middle + big_b / 4 * inner))


def winds_around(place: Place, corners: Sequence[Place]) -> bool:
    """Whether the polygon goes around the place: its angles, seen from there, add up to a whole turn."""
    seen = [math.atan2(lat - place[0], lon - place[1]) for lat, lon in corners]
    turns = [(b - a + math.pi) % math.tau - math.pi for a, b in zip(seen, seen[1:] + seen[:1], strict=True)]
    return abs(sum(turns)) > math.pi


def to_border_m(place: Place, corners: Sequence[Place], step: int = 400) -> float:
    """The shortest way to one of many places on the border, `step` along each edge."""
    edges = zip(corners, [*corners[1:], corners[0]], strict=True)
    places = [(a[0] + (b[0] - a[0]) * i / step, a[1] + (b[1] - a[1]) * i / step) for a, b in edges for i in range(step)]
    return min(way_m(place, one) for one in places)
