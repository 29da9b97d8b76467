"""Hand-made drives past geofences: when each is entered and left."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.detect.geofences.detector import GeofenceDetector
from edge.detect.geofences.entry import GeofenceEntry
from edge.whereabouts import EARTH_M
from tests.tracks import Track, load_tracks, run

S = 1_000_000_000
TRACKS = load_tracks(Path(__file__).with_name("fences.toml"))


def entry(track: Track, told: Mapping[str, Any]) -> GeofenceEntry:
    """A fence of the file, its metres turned into degrees as the track's are."""
    fields = dict(told)
    if "at" in fields:
        fields["centre"] = place(track, fields.pop("at"))
    if "place" in fields:
        fields["centre"] = fields.pop("place")
    if "corners" in fields:
        fields["polygon"] = [place(track, corner) for corner in fields.pop("corners")]
    return GeofenceEntry.model_validate(fields)


def place(track: Track, metres: tuple[float, float]) -> tuple[float, float]:
    latitude, longitude = track.begins
    east = math.degrees(metres[1] / EARTH_M / math.cos(math.radians(latitude)))
    return latitude + math.degrees(metres[0] / EARTH_M), (longitude + east + 180.0) % 360.0 - 180.0


def alerts(track: Track) -> list[tuple[str, float, float]]:
    """Every alert: fence, begin, end in seconds since the drive began; -1: it still fires."""
    fences = [entry(track, told) for told in track.expected["fences"]]
    found: dict[str, tuple[str, float, float]] = {}
    for outcome in run(track, GeofenceDetector(fences)):
        for alert in outcome.alerts:
            began_s, ended_s = (None if at is None else at / S - track.began_s for at in (alert.started, alert.ended))
            name = alert.concern.rule.removeprefix("geofence_")
            found[alert.id] = (name, began_s or 0.0, -1.0 if ended_s is None else ended_s)
    return sorted(found.values(), key=lambda one: (one[1], one[0]))


@pytest.mark.parametrize("track", TRACKS, ids=lambda track: track.name)
def test_when_fences_are_entered_and_left(track: Track) -> None:
    found = alerts(track)
    expected = [(name, began, ended) for name, began, ended in track.expected["alerts"]]
    assert [name for name, _, _ in found] == [name for name, _, _ in expected]
    for (_, began, ended), (_, wanted_began, wanted_ended) in zip(found, expected, strict=True):
        assert (began, ended) == pytest.approx((wanted_began, wanted_ended), abs=0.15)


def test_there_are_many_and_each_has_its_own_name() -> None:
    assert len({track.name for track in TRACKS}) == len(TRACKS) >= 30
