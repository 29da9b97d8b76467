"""Hand-made drives and what they must come to: trips, places and driving style, through the real judgement."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any, Final

import pytest

from edge.frames import NANOSECONDS
from edge.modes import PrivateHours, Week
from edge.style import CAR, HEAVY, StyleKind, StyleLimits
from edge.trips import Place, Trip
from tests.tracks import Track, load_tracks, trips_of

FOLDER: Final = Path(__file__).parent / "tracks"
TRACKS: Final = [track for file in sorted(FOLDER.glob("*.toml")) for track in load_tracks(file)]
WITHIN: Final = 0.02
"""Of a figure, unless a track says otherwise."""
AT_LEAST: Final = 1.5
"""s, m: so much any figure may be off by; of small ones below it a hundredth."""


def limits_of(track: Track) -> StyleLimits:
    limits = HEAVY if track.expected.get("heavy") else CAR
    return replace(limits, overspeed_kmh=track.expected.get("overspeed_kmh"))


def told(trip: Trip, track: Track) -> dict[str, Any]:
    """Everything that a track can expect."""
    fields = {name: getattr(trip, name) for name in Trip.__dataclass_fields__}
    began_ns = round(track.began_s * NANOSECONDS)
    return {
        **fields,
        **{str(kind): trip.manners.count(kind) for kind in StyleKind},
        "began": (trip.started - began_ns) / NANOSECONDS,
        "seconds": (trip.ended - trip.started) / NANOSECONDS,
        "overspeed_s": trip.manners.overspeed_s,
    }


def is_as_expected(found: Any, wanted: Any, within: float) -> bool:
    match wanted:
        case "unknown":
            return found is None
        case str():
            return str(found) == wanted
        case [latitude, longitude]:
            is_place = isinstance(found, Place)
            return (
                is_place and abs(found.latitude_deg - latitude) < 3e-4 and abs(found.longitude_deg - longitude) < 3e-4
            )
        case int() if isinstance(found, int):
            return found == wanted
        case _:
            slack = AT_LEAST if wanted == 0 or abs(wanted) >= AT_LEAST else 0.01
            return found is not None and found == pytest.approx(wanted, rel=within, abs=slack)


def events_of(trip: Trip, track: Track) -> list[list[Any]]:
    began_ns = round(track.began_s * NANOSECONDS)
    return [
        [str(one.kind), (one.at - began_ns) / NANOSECONDS, one.duration_s, one.worst, one.speed_kmh]
        for one in trip.manners.events
    ]


def check(trip: Trip, wanted: Mapping[str, Any], track: Track) -> None:
    found, within = told(trip, track), track.expected.get("within", WITHIN)
    wrong = {
        name: (found[name], value)
        for name, value in wanted.items()
        if name != "events" and not is_as_expected(found[name], value, within)
    }
    assert wrong == {}, "found, wanted"
    events = events_of(trip, track)
    assert [one[0] for one in events] == [one[0] for one in wanted.get("events", [])]
    for one, other in zip(events, wanted.get("events", []), strict=True):
        assert one[1:] == pytest.approx(other[1:], rel=0.03, abs=0.25)


def test_every_track_has_a_name_of_its_own_and_they_are_enough() -> None:
    names = [track.name for track in TRACKS]
    assert len(set(names)) == len(names) >= 40


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.name)
def test_a_track_comes_to_what_it_must(track: Track) -> None:
    trips = trips_of(track, limits=limits_of(track))
    assert len(trips) == len(track.expected["trips"])
    for trip, wanted in zip(trips, track.expected["trips"], strict=True):
        check(trip, wanted, track)


def test_a_trip_after_a_private_one_does_not_say_where_that_ended() -> None:
    drive = ["on", "drive 200 s at 50 km/h north", "stand 20 s", "off", "stand 60 s"]
    track = Track.of(
        {"name": "three drives", "signals": {"ignition": 0.1, "speed": 0.1, "position": 1.0}, "does": drive * 3}
    )
    hours = PrivateHours(frozenset(range(7)), time(0), time(0, 2))  # it begins in 1970
    private, after, public = trips_of(track, private_hours=Week((hours,)))
    assert (private.private, private.start, private.end) == (True, None, None)
    assert (after.private, after.start, after.moved_off_m) == (False, None, None)
    assert after.end is not None
    assert public.start is not None
    assert public.moved_off_m == 0.0
