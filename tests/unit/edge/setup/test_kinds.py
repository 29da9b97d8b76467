"""Which profile a vehicle has: the one whose databases explain most of what is heard, and FMS where it speaks J1939."""

import numpy as np
import pytest

from edge.frames import EXTENDED, Frame, FrameBatch
from edge.profile import Profile
from edge.setup.hearing import Heard
from edge.setup.kinds import bitrate_of, profile_for, read_profile, shipped_profiles, way_of_asking
from edge.suggest.candidate import files_of, read_candidates
from edge.suggest.heard import Listener
from edge.suggest.suggestion import suggest
from tests.shared import ROOT

PROFILES = shipped_profiles()


def test_every_shipped_profile_is_known_with_whole_paths() -> None:
    assert set(PROFILES) == {file.name.removesuffix(".profile.toml") for file in (ROOT / "dbc").glob("*.profile.toml")}
    for name, profile in PROFILES.items():
        assert read_profile(name, ROOT) == profile
        for one in (*profile.databases, *(database for bus in profile.bus for database in bus.databases)):
            assert (ROOT / "dbc" / str(one)).is_file()


def heard(frames: list[Frame]) -> Heard:
    listener = Listener()
    listener.take(FrameBatch.of(frames))
    candidates, unread = read_candidates(files_of([ROOT / "dbc"]))
    return Heard([], 10.0, suggest("can:can0", list(listener.heard()), candidates, unread))


def test_a_heavy_vehicle_that_no_database_knows_more_of_is_taken_for_fms() -> None:
    """Groups that nearly every such vehicle sends, with nothing in them but what is not available."""
    groups = (0xF004, 0xFEF1, 0xFEEE, 0xFEE5, 0xFEF2)
    frames = [
        Frame(time * 100_000_000, 0x18000000 | group << 8, b"\xff" * 8, flags=EXTENDED)
        for time in range(100)
        for group in groups
    ]
    found = heard(frames)
    assert found.speaks_j1939
    assert profile_for([], PROFILES, is_j1939=True) == "fms"
    assert bitrate_of(PROFILES["fms"]) == 250_000


def test_what_nobody_knows_has_no_profile() -> None:
    rng = np.random.default_rng(1)
    frames = [Frame(time * 10_000_000, 0x7A0 + time % 3, rng.bytes(8)) for time in range(600)]
    found = heard(frames)
    assert found.bus is not None
    assert profile_for(found.bus.chosen, PROFILES, is_j1939=False) is None
    assert bitrate_of(Profile()) is None
    assert heard([]).bus is None


@pytest.mark.parametrize(("is_heavy", "how"), [(True, "j1939"), (False, "obd")])
def test_a_heavy_vehicle_is_asked_in_its_own_way(is_heavy: bool, how: str) -> None:
    assert way_of_asking(is_heavy=is_heavy) == how
