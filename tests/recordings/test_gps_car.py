"""A real car with two witnesses: its speed, as it answered a logger by OBD-II, and the logger's own receiver.

The layout of the receiver's frames is what the maker's manual of the CANmod.gps says (canlogger.csselectronics.com).
The receiver had no fix for the first two minutes and sent old positions meanwhile, good to 29 m, then to 63 or more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from edge.catalogue import info
from edge.decode.answers import Answers
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.doing import SPEED
from edge.frames import Frame, FrameBatch
from edge.grid import Grid
from edge.judgement import Judgement
from edge.style import CAR, StyleKind, StyleLimits
from edge.trips import Trip
from edge.whereabouts import ACCURACY, LATITUDE, LONGITUDE
from tests.mf4 import read_mf4

S: Final = 1_000_000_000
CAN, GPS = 1, 2
"""Channels."""
DBC = """VERSION ""

BU_: L

BO_ 3 Position: 8 L
 SG_ Latitude : 1|28@1+ (0.000001,-90) [-90|90] "degrees" L
 SG_ Longitude : 29|29@1+ (0.000001,-180) [-180|180] "degrees" L
 SG_ Accuracy : 58|6@1+ (1,0) [0|63] "m" L

BO_ 7 Speed: 5 L
 SG_ Speed : 1|20@1+ (0.0036,0) [0|3775] "km/h" L

BO_ 9 Inertia: 8 L
 SG_ Fore : 11|10@1+ (-0.125,64) [-64|64] "m/s^2" L
 SG_ Yaw : 31|11@1+ (0.25,-256) [-256|256] "degrees/s" L
"""
PLACE: Final = {"Position.Latitude": LATITUDE, "Position.Longitude": LONGITUDE, "Position.Accuracy": ACCURACY}

SENSORS: Final = {"Inertia.Fore": "Vehicle.Acceleration.Longitudinal", "Inertia.Yaw": "Vehicle.AngularVelocity.Yaw"}
"""Found by how they go with the speed: the logger stands on its side."""


@pytest.fixture(scope="module")
def car(shared: Path) -> list[Frame]:
    """What the car answered."""
    return list(read_mf4(shared / "data" / "can" / "obd2-gps-car.mf4", CAN))


@pytest.fixture(scope="module")
def receiver(shared: Path) -> list[Frame]:
    return list(read_mf4(shared / "data" / "can" / "obd2-gps-car.mf4", GPS))


def trips(folder: Path, frames: Sequence[Frame], paths: Mapping[str, str], limits: StyleLimits = CAR) -> list[Trip]:
    """Of all that is answered, and of the receiver's signals those that are given a path."""
    (folder / "receiver.dbc").write_text(DBC)
    entries = "".join(f'"{name}" = {{ path = "{path}", unit = "{unit(path)}" }}\n' for name, path in paths.items())
    (folder / "receiver.vss.toml").write_text(f"[signals]\n{entries}")
    decoder = Decoder([Binding(load_database(folder / "receiver.dbc"))], answers=Answers())
    subject = Judgement(decoder, [], vehicle="car", grid_ns=S // 10, summary_ns=60 * S, limits=limits)
    grid = Grid([False], grid_ns=S // 10, wait_ns=0)
    grid.offer(0, FrameBatch.of(sorted(frames, key=lambda frame: frame.time)), 0)
    grid.end(0)
    cells = grid.close(0)
    assert cells is not None
    outcomes = [*subject.advance(cells), subject.close()]
    return [trip for outcome in outcomes for trip in outcome.trips]


def unit(path: str) -> str:
    known = info(path)
    return known.unit if known else "m" if path == ACCURACY else "degrees"


def of_the_receiver(frames: Sequence[Frame], message: int) -> list[Frame]:
    return [frame for frame in frames if frame.id == message]


def with_a_fix(frames: Sequence[Frame]) -> list[Frame]:
    """Without the positions that the receiver itself calls invalid."""
    return [frame for frame in frames if frame.id != 3 or frame.payload[0] & 1]


def by_its_own_count(frames: Sequence[Frame]) -> int:
    """What the receiver says to have come, in m."""
    first, last = (int.from_bytes(frame.payload, "little") >> 1 & 0x3FFFFF for frame in (frames[0], frames[-1]))
    return last - first


def test_one_trip_of_what_it_answered(car: list[Frame], tmp_path: Path) -> None:
    [trip] = trips(tmp_path, car, {})
    assert (trip.ended - trip.started) / S == pytest.approx(542.1)
    assert trip.distance_by == "speed"
    assert trip.distance_m == pytest.approx(5878, abs=1)
    assert trip.moving_s == pytest.approx(497.7, abs=0.1)
    assert trip.idle_s == pytest.approx(44.5, abs=0.1)
    assert trip.engine_on_s == pytest.approx(541.7, abs=0.1)
    assert trip.speed_max_kmh == 75.0
    assert (trip.stops, trip.fuel_used_l, trip.start, trip.no_position_s) == (0, None, None, None)


def test_speed_and_receiver_agree_on_how_far_it_was(car: list[Frame], receiver: list[Frame], tmp_path: Path) -> None:
    """Over the 409 s with a fix. The car says whole km/h, twice a second, a half more than the receiver does; positions
    cut curves and lack the last step; the receiver's own count is the longest."""
    fixed = with_a_fix(receiver)
    since = next(frame.time for frame in of_the_receiver(fixed, 3) if frame.time >= receiver[0].time + 120 * S)
    cars, receivers = ([frame for frame in one if frame.time >= since] for one in (car, fixed))
    [told] = trips(tmp_path, cars, {})
    [heard] = trips(tmp_path, receivers, {"Speed.Speed": SPEED})
    [stepped] = trips(tmp_path, receivers, PLACE)
    assert told.distance_m == pytest.approx(4988, abs=2)
    assert heard.distance_m == pytest.approx(4963, abs=2)
    assert stepped.distance_by == "position"
    assert stepped.distance_m == pytest.approx(4955, abs=2)
    assert by_its_own_count(of_the_receiver(receivers, 6)) == 4999


def test_positions_beside_the_speed_change_no_distance(car: list[Frame], receiver: list[Frame], tmp_path: Path) -> None:
    [alone] = trips(tmp_path, car, {})
    [beside] = trips(tmp_path, [*car, *with_a_fix(receiver)], PLACE)
    assert beside.distance_m == pytest.approx(alone.distance_m, abs=5), "it ends a fraction of a second later"
    assert beside.distance_by == "speed"
    assert (beside.start, beside.no_position_s) == (None, 0.0), "two minutes passed before the first position"
    assert beside.end is not None
    assert (beside.end.latitude_deg, beside.end.longitude_deg) == pytest.approx((56.104394, 10.145417), abs=1e-5)


def test_the_way_from_an_old_position_to_the_first_true_one_is_not_driven(
    receiver: list[Frame], tmp_path: Path
) -> None:
    """482 m in a second, after two minutes of positions of long ago: doubted for half a minute, then believed."""
    [trip] = trips(tmp_path, receiver, PLACE)
    [true] = trips(tmp_path, with_a_fix(receiver), PLACE)
    assert trip.distance_m == pytest.approx(4703, abs=2)
    assert true.distance_m == pytest.approx(5016, abs=2)


def test_nothing_on_it_was_harsh_for_a_car(car: list[Frame], receiver: list[Frame], tmp_path: Path) -> None:
    by_speed = trips(tmp_path, car, {})
    by_sensors = trips(tmp_path, [*car, *receiver], SENSORS)
    for [trip], cornering in ((by_speed, None), (by_sensors, 0)):
        assert trip.manners.events == ()
        assert trip.manners.count(StyleKind.HARSH_BRAKING) == trip.manners.count(StyleKind.HARSH_ACCELERATION) == 0
        assert trip.manners.count(StyleKind.HARSH_CORNERING) == cornering


def test_speed_and_sensor_see_the_same_braking(car: list[Frame], receiver: list[Frame], tmp_path: Path) -> None:
    """At half the limits there is one."""
    limits = replace(CAR, braking=CAR.braking / 2)
    [by_speed] = trips(tmp_path, car, {}, limits)
    [by_sensor] = trips(tmp_path, [*car, *receiver], SENSORS, limits)
    [seen], [felt] = (
        [one for one in trip.manners.events if one.kind == "harsh_braking"] for trip in (by_speed, by_sensor)
    )
    assert abs(seen.at - felt.at) < S
    assert seen.worst == pytest.approx(felt.worst, abs=0.3)


def test_overspeed_of_a_road_on_which_sixty_was_allowed(car: list[Frame], tmp_path: Path) -> None:
    [trip] = trips(tmp_path, car, {}, replace(CAR, overspeed_kmh=60.0))
    assert trip.manners.count(StyleKind.OVERSPEED) == 2
    assert trip.manners.overspeed_s == pytest.approx(150.5, abs=0.1)
    assert [event.worst for event in trip.manners.events] == [75.0, 66.0]
