"""Positions and geofences on a real drive, whose receiver sends old positions for two minutes before it knows better.

The layout of its frames is what the maker's manual of the CANmod.gps says (canlogger.csselectronics.com).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from edge.decode.answers import Answers
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.geofences.detector import SURE, GeofenceDetector
from edge.detect.geofences.entry import GeofenceEntry
from edge.frames import Frame, FrameBatch
from edge.grid import Grid
from edge.judgement import Judgement
from edge.whereabouts import ACCURACY, LATITUDE, LONGITUDE
from tests.mf4 import read_mf4
from tests.on_earth import Place, to_border_m, way_m, winds_around

S: Final = 1_000_000_000
CAR, RECEIVER = 1, 2
"""Channels."""
DBC = """VERSION ""

BU_: L

BO_ 3 Position: 8 L
 SG_ Latitude : 1|28@1+ (0.000001,-90) [-90|90] "degrees" L
 SG_ Longitude : 29|29@1+ (0.000001,-180) [-180|180] "degrees" L
 SG_ Accuracy : 58|6@1+ (1,0) [0|63] "m" L
"""
MAPPING = f"""[signals]
"Position.Latitude" = {{ path = "{LATITUDE}", unit = "degrees" }}
"Position.Longitude" = {{ path = "{LONGITUDE}", unit = "degrees" }}
"Position.Accuracy" = {{ path = "{ACCURACY}", unit = "m" }}
"""
END: Final = (56.104394, 10.145417)
"""Where it stands at the end."""


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[Frame]:
    file = shared / "data" / "can" / "obd2-gps-car.mf4"
    both = [*read_mf4(file, CAR), *(frame for frame in read_mf4(file, RECEIVER) if frame.id == 3)]
    return sorted(both, key=lambda frame: frame.time)


def drive(folder: Path, frames: Sequence[Frame], *fences: GeofenceEntry) -> tuple[Judgement, list[tuple[int, int]]]:
    """The judgement at the end, and of each alert when it began (ns) and ended; 0: never."""
    (folder / "receiver.dbc").write_text(DBC)
    (folder / "receiver.vss.toml").write_text(MAPPING)
    decoder = Decoder([Binding(load_database(folder / "receiver.dbc"))], answers=Answers())
    subject = Judgement(decoder, [GeofenceDetector(fences)], vehicle="car", grid_ns=S // 10, summary_ns=60 * S)
    grid = Grid([False], grid_ns=S // 10, wait_ns=0)
    grid.offer(0, FrameBatch.of(frames), 0)
    grid.end(0)
    cells = grid.close(0)
    assert cells is not None
    alerts = {alert.id: alert for outcome in subject.advance(cells) for alert in outcome.alerts}
    return subject, [(alert.started, alert.ended or 0) for alert in alerts.values()]


def readings(frames: Sequence[Frame]) -> list[tuple[int, Place, float]]:
    """When, where, how accurate: of those that the receiver itself calls valid."""
    found = []
    for frame in frames:
        raw = int.from_bytes(frame.payload, "little")
        if frame.id == 3 and raw & 1:
            place = (raw >> 1 & 0xFFFFFFF) * 1e-6 - 90.0, (raw >> 29 & 0x1FFFFFFF) * 1e-6 - 180.0
            found.append((frame.time, place, float(raw >> 58)))
    return found


def test_the_old_position_is_forgotten_when_it_drives_and_the_first_true_one_is_believed(
    frames: list[Frame], tmp_path: Path
) -> None:
    subject, _ = drive(tmp_path, frames)
    assert subject.history.whereabouts.counters == {"no_fix": 0, "inaccurate": 0, "repeated": 106, "jumped": 0}
    fix = subject.history.whereabouts.fix
    assert fix is not None
    assert (fix.latitude_deg, fix.longitude_deg) == pytest.approx(END, abs=1e-6)


def test_where_nothing_but_the_receiver_is_heard_the_first_true_position_is_a_jump_until_it_has_held(
    frames: list[Frame], tmp_path: Path
) -> None:
    subject, _ = drive(tmp_path, [frame for frame in frames if frame.id == 3])
    assert subject.history.whereabouts.counters == {"no_fix": 0, "inaccurate": 0, "repeated": 0, "jumped": 4}


def test_the_goal_is_entered_when_the_receiver_is_surely_in_it_and_is_not_left(
    frames: list[Frame], tmp_path: Path
) -> None:
    fence = GeofenceEntry(name="goal", centre=END, radius_m=150)
    [(began, ended)] = drive(tmp_path, frames, fence)[1]
    sure = [at for at, place, accuracy in readings(frames) if 150 - way_m(place, END) >= SURE * max(accuracy, 5.0)]
    assert 0 <= began - sure[0] <= S // 10
    assert ended == 0


def test_a_stretch_of_the_road_is_entered_and_left_once(frames: list[Frame], tmp_path: Path) -> None:
    """Two kilometres of it, from one reading to another of the way; a concave polygon around its southern half."""
    known = readings(frames)
    middle = known[len(known) // 2][1]
    low, high = middle[0] - 0.003, middle[0] + 0.003
    west, east = middle[1] - 0.006, middle[1] + 0.006
    polygon = [(low, west), (low, east), (high, east), (high, east - 0.001), (low + 0.001, middle[1]), (high, west)]
    alerts = drive(tmp_path, frames, GeofenceEntry(name="road", polygon=polygon))[1]
    depths = [
        (at, to_border_m(place, polygon, 200) * (1 if winds_around(place, polygon) else -1), max(accuracy, 5.0))
        for at, place, accuracy in known
    ]
    state, wanted = False, []
    for at, depth_m, accuracy in depths:
        if abs(depth_m) >= SURE * accuracy and state != (depth_m > 0):
            state = not state
            wanted.append(at)
    found = [at for alert in alerts for at in alert if at]
    assert len(found) == len(wanted) >= 2
    assert all(0 <= one - other <= S // 10 for one, other in zip(found, wanted, strict=True))
