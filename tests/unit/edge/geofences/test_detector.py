"""The detector of geofences: what it finds of a place, what it refuses, and what its alerts say."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import AlertBook
from edge.config import Config, load_config
from edge.config_written import to_toml
from edge.detect.finding import Verdict
from edge.detect.geofences.detector import GeofenceDetector
from edge.detect.geofences.entry import FENCES_MAX, VERTICES_MAX, GeofenceEntry
from edge.doing import IGNITION, SPEED
from edge.errors import ConfigError
from edge.history import History, Window
from edge.prepare import prepare
from edge.signals import Signal, SignalBatch
from edge.whereabouts import ACCURACY, LATITUDE, LONGITUDE
from tests.unit.edge.databases import HEAD

S = 1_000_000_000
PATHS = (LATITUDE, LONGITUDE, ACCURACY, SPEED, IGNITION)
SIGNALS = [Signal(path, "", "M", path) for path in PATHS]


def east(metres: float) -> float:
    """Degrees of longitude on the equator of WGS 84."""
    return math.degrees(metres / 6_378_137.0)


def window(metres: float | None, accuracy_m: float = 5.0, **more: float) -> Window:
    """So far to the east of 0, 10; None: nowhere."""
    known = {SPEED: more.get("speed"), IGNITION: more.get("ignition")}
    if metres is not None:
        known |= {LATITUDE: 0.0, LONGITUDE: 10.0 + east(metres), ACCURACY: accuracy_m}
    history = History(SIGNALS, grid_ns=S)
    samples = [(S - 1, PATHS.index(path), value) for path, value in known.items() if value is not None]
    history.absorb(SignalBatch.of(samples), S)
    return history.window()


def circle(radius_m: float = 100.0, **fields: object) -> GeofenceEntry:
    told = {"name": "yard", "centre": (0.0, 10.0), "radius_m": radius_m, **fields}
    return GeofenceEntry.model_validate(told)


def square(half_m: float = 100.0, **fields: object) -> GeofenceEntry:
    north = math.degrees(half_m / 6_335_439.327)  # along the meridian at the equator
    corners = [(a * north, 10.0 + b * east(half_m)) for a, b in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
    return GeofenceEntry.model_validate({"name": "yard", "polygon": corners, **fields})


def verdict(fence: GeofenceEntry, at: Window) -> Verdict | None:
    found = GeofenceDetector([fence]).judge(at)
    return found[0].verdict if found else None


@pytest.mark.parametrize("fence", [circle, square])
@pytest.mark.parametrize(
    ("metres", "accuracy_m", "inside", "outside"),
    [
        (0.0, 5.0, Verdict.HOLDS, None),
        (89.0, 5.0, Verdict.HOLDS, None),
        (91.0, 5.0, Verdict.LINGERS, Verdict.LINGERS),
        (109.0, 5.0, Verdict.LINGERS, Verdict.LINGERS),
        (111.0, 5.0, None, Verdict.HOLDS),
        (91.0, 0.01, Verdict.LINGERS, Verdict.LINGERS),
        (59.0, 20.0, Verdict.HOLDS, None),
        (61.0, 20.0, Verdict.LINGERS, Verdict.LINGERS),
        (141.0, 20.0, None, Verdict.HOLDS),
        (49.0, 90.0, Verdict.HOLDS, None),
        (51.0, 90.0, Verdict.LINGERS, Verdict.LINGERS),
        (5000.0, 5.0, None, Verdict.HOLDS),
        (None, 5.0, Verdict.UNKNOWN, Verdict.UNKNOWN),
    ],
)
def test_inside_outside_and_between(
    fence: object, metres: float | None, accuracy_m: float, inside: Verdict | None, outside: Verdict | None
) -> None:
    assert callable(fence)
    assert verdict(fence(), window(metres, accuracy_m)) == inside
    assert verdict(fence(alert="outside"), window(metres, accuracy_m)) == outside


def test_a_fence_smaller_than_the_accuracy_is_between_or_outside() -> None:
    assert verdict(circle(20.0), window(0.0, 19.0)) == Verdict.HOLDS
    assert verdict(circle(20.0), window(0.0, 21.0)) == Verdict.LINGERS
    assert verdict(circle(20.0), window(63.0, 21.0)) is None


@given(metres=st.floats(-500.0, 500.0), accuracy_m=st.floats(0.1, 100.0), radius_m=st.floats(10.0, 400.0))
def test_nowhere_is_both_inside_and_outside(metres: float, accuracy_m: float, radius_m: float) -> None:
    at = window(metres, accuracy_m)
    pair = verdict(circle(radius_m), at), verdict(circle(radius_m, alert="outside"), at)
    assert pair in {(Verdict.HOLDS, None), (None, Verdict.HOLDS), (Verdict.LINGERS, Verdict.LINGERS)}


@given(
    steps=st.lists(st.floats(-60.0, 60.0), min_size=2, max_size=30),
    accuracy_m=st.floats(5.0, 100.0),
    border_m=st.floats(-1000.0, 1000.0),
)
def test_readings_within_twice_the_accuracy_of_one_place_never_enter_and_leave(
    steps: list[float], accuracy_m: float, border_m: float
) -> None:
    """The vehicle stands where it stands: what wanders is the receiver, by less than twice what it says."""
    detector = GeofenceDetector([circle(2000.0, centre=(0.0, 10.0 + east(border_m + 2000.0)))])
    places = [step * 2 * accuracy_m / 61.0 for step in steps]
    found = [detector.judge(window(place, accuracy_m)) for place in places]
    kinds = {one[0].verdict if one else None for one in found}
    assert not {Verdict.HOLDS, None} <= kinds


def test_only_while_it_is_doing_something() -> None:
    fence = circle(only="parked")
    assert verdict(fence, window(0.0, speed=0.0, ignition=2.0)) == Verdict.HOLDS
    assert verdict(fence, window(0.0, speed=50.0, ignition=4.0)) is None
    assert verdict(fence, window(0.0)) == Verdict.UNKNOWN
    assert verdict(fence, window(None, speed=50.0)) is None
    assert verdict(fence, window(None)) == Verdict.UNKNOWN
    assert verdict(fence, window(500.0)) is None


def test_what_was_seen_before_changes_nothing() -> None:
    fences = [circle(), square(150.0, name="site", alert="outside", only="driving")]
    seen = GeofenceDetector(fences)
    history = History(SIGNALS, grid_ns=S)
    for second in range(1, 60):
        told = {LATITUDE: 0.0, LONGITUDE: 10.0 + east(10.0 * second - 300), SPEED: 36.0 if second % 7 else 0.0}
        samples = [(second * S - 1, PATHS.index(path), value) for path, value in told.items()]
        history.absorb(SignalBatch.of(samples if second % 20 < 15 else []), second * S)
        assert seen.judge(history.window()) == GeofenceDetector(fences).judge(history.window())


def test_what_an_alert_says() -> None:
    fence = circle(title="Depot {Nord}", severity="warning", action="nearest_workshop", advice="Call {x}", dwell_s=0)
    book = AlertBook("v", grid_ns=S)
    [alert] = book.update(S, GeofenceDetector([fence]).judge(window(0.0)))
    assert (alert.concern.rule, alert.concern.component) == ("geofence_yard", "place")
    assert (alert.summary, alert.advice, alert.driver) == ("In Depot {Nord}", "Call {x}", "")
    assert (alert.severity, alert.action) == ("warning", "nearest_workshop")
    assert alert.values == {ACCURACY: 5.0}, "where it is stands in the scene, which private mode knows of"
    outside = GeofenceDetector([circle(alert="outside", dwell_s=60)]).judge(window(900.0))[0].concern
    assert (outside.summary, outside.for_ns) == ("Outside yard", 60 * S)


@pytest.mark.parametrize(
    ("fields", "place", "hint"),
    [
        ("", "geofence.1", "centre and radius_m, or a polygon"),
        ("centre = [52.0, 13.0]", "geofence.1", "centre and radius_m"),
        ("centre = [52.0, 13.0]\nradius_m = 5", "geofence.1.radius_m", "10"),
        ("centre = [91.0, 13.0]\nradius_m = 50", "geofence.1.centre.1", "90"),
        ("centre = [52.0, 13.0]\nradius_m = 50\npolygon = [[0, 0], [0, 1], [1, 1]]", "geofence.1", "not both"),
        ("polygon = [[0, 0], [0, 1]]", "geofence.1.polygon", "at least 3"),
        ("centre = [52.0, 13.0]\nradius_m = 50\nseverity = 'bad'", "geofence.1.severity", "critical"),
        ("centre = [52.0, 13.0]\nradius_m = 50\nonly = 'flying'", "geofence.1.only", "parked"),
        ("centre = [52.0, 13.0]\nradius_m = nan", "geofence.1.radius_m", "less than"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, fields: str, place: str, hint: str) -> None:
    file = tmp_path / "edge.toml"
    file.write_text(f'[[geofence]]\nname = "yard"\n{fields}\n')
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert caught.value.place == place
    assert hint in str(caught.value)


def test_a_polygon_without_an_inside_and_a_name_given_twice_are_refused() -> None:
    crossed = [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]
    with pytest.raises(ConfigError, match=r"edge.toml, geofence.2.polygon: bow has edges that meet.*\. Draw it"):
        GeofenceDetector([circle(), GeofenceEntry(name="bow", polygon=crossed)], "edge.toml")
    with pytest.raises(ConfigError, match=r"geofence.2.name: there is another fence yard\. Give"):
        GeofenceDetector([circle(), square()])


def test_as_many_and_as_large_as_promised(tmp_path: Path) -> None:
    ring = [(math.sin(math.tau * n / VERTICES_MAX), math.cos(math.tau * n / VERTICES_MAX)) for n in range(VERTICES_MAX)]
    fences = [GeofenceEntry(name=f"f{number}", polygon=[*ring, ring[0]]) for number in range(FENCES_MAX)]
    assert len(GeofenceDetector(fences[:3]).judge(window(None))) == 3
    config = Config(geofence=fences)
    file = tmp_path / "edge.toml"
    file.write_text(to_toml(config))
    assert load_config(file).geofence == fences
    file.write_text(to_toml(config) + '[[geofence]]\nname = "x"\ncentre = [0.0, 0.0]\nradius_m = 20\n')
    with pytest.raises(ConfigError, match="at most 200"):
        load_config(file)


def test_a_configured_fence_is_judged(tmp_path: Path) -> None:
    (tmp_path / "a.dbc").write_text(f'{HEAD}BO_ 256 A: 8 X\n SG_ Speed : 0|16@1+ (0.01,0) [0|300] "km/h" X\n')
    bus = {"source": "log:x.log", "dbc": [tmp_path / "a.dbc"]}
    config = Config.model_validate({"bus": [bus], "geofence": [circle()]})
    prepared = prepare(config)
    assert f"nobody sends {LATITUDE}: positions stay unknown" in prepared.notes
    [finding] = prepared.judgement.judges.judge(window(0.0), [])
    assert (finding.concern.rule, finding.verdict) == ("geofence_yard", Verdict.HOLDS)
