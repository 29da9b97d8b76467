"""What an alert says of the vehicle: what was known and fresh, and no more."""

import tomllib

import pytest

from edge.alerts.scene import FREEZE_FRAME, scene_of
from edge.catalogue import info
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.whereabouts import LATITUDE, LONGITUDE
from tests.shared import ROOT

S = 1_000_000_000
PATHS = ("Vehicle.Speed", "Vehicle.OBD.EngineLoad", "Vehicle.Body.Raindetection.Intensity", LATITUDE, LONGITUDE)


def heard(*samples: tuple[int, float], until_s: int = 1) -> History:
    """History of these (signal, value), heard in the first second."""
    history = History([Signal(path, "", "M", path, period_s=1.0) for path in PATHS], grid_ns=S)
    history.absorb(SignalBatch.of([(S - 1, index, value) for index, value in samples]), S)
    for second in range(2, until_s + 1):
        history.absorb(SignalBatch.empty(), second * S)
    return history


def test_a_freeze_frame_has_what_is_known_of_its_list() -> None:
    scene = scene_of(heard((0, 50.0), (2, 99.0)).window(), "f" * 32)
    assert scene.freeze_frame == {"Vehicle.Speed": 50.0}
    assert (scene.latitude_deg, scene.longitude_deg, scene.trip) == (None, None, "f" * 32)


def test_what_is_stale_is_not_in_it() -> None:
    assert scene_of(heard((0, 50.0), (3, 1.0), until_s=60).window(), None).freeze_frame == {}


@pytest.mark.parametrize(("latitude", "longitude", "place"), [(50.9, -6.9, (50.9, -6.9)), (91.0, 181.0, (None, None))])
def test_a_place_that_is_not_on_earth_is_unknown(latitude: float, longitude: float, place: tuple[float, ...]) -> None:
    scene = scene_of(heard((3, latitude), (4, longitude)).window(), None)
    assert (scene.latitude_deg, scene.longitude_deg) == place


def test_every_path_of_the_list_is_known_or_one_of_a_shipped_vehicle() -> None:
    mapped = "".join(file.read_text() for file in (ROOT / "dbc").glob("*.vss.toml"))
    assert [path for path in FREEZE_FRAME if info(path) is None and f'"{path}"' not in mapped] == []


@pytest.mark.parametrize("vehicle", ["ev", "truck"])
def test_what_a_shipped_profile_tells_is_what_its_vehicle_sends(vehicle: str) -> None:
    profile = tomllib.loads((ROOT / "dbc" / f"telltale-{vehicle}.profile.toml").read_text())
    mapping = (ROOT / "dbc" / f"telltale-{vehicle}.vss.toml").read_text()
    told = [*profile["summary_signals"], *profile["summary_slow"]]
    assert len(told) == len(set(told))
    assert [path for path in told if f'"{path}"' not in mapping] == []
