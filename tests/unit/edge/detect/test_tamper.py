"""Unplugged, moved while off, in another vehicle: told apart from each other, from driving, and from being offline."""

import math
from pathlib import Path
from typing import Any

import pytest

from edge.alerts import Alert
from edge.config import Config
from edge.detect.tamper import FIRST_FIX_NS, GONE_NS, MOVED_NS, TOLD_NS, Before, TamperDetector
from edge.frames import Frame, FrameBatch, merge
from edge.grid import Cells
from edge.judgement import Judgement
from edge.measured import ACCURACY, GRAVITY, LATITUDE, LONGITUDE, VIBRATION, VOLTS, Reading, batch_of
from edge.prepare import Prepared, prepare
from edge.whereabouts import Fix
from tests.unit.edge.power.test_powering import DBC, MAPPING, engine

S = 1_000_000_000
DEPOT = (52.5200, 13.4050)
METRE_DEG = 1.0 / 111_195.0
VIN, OTHER = "WVWZZZ1JZXW000001", "WDB9066331S000002"


class Box:
    """A judgement that is told what no frame tells, second by second."""

    def __init__(self, folder: Path, before: Before | None = None, **tamper: Any) -> None:
        (folder / "car.dbc").write_text(DBC)
        (folder / "car.vss.toml").write_text(MAPPING)
        self.prepared: Prepared = prepare(
            Config.model_validate(
                {
                    "bus": [{"dbc": [folder / "car.dbc"]}],
                    "state": {"directory": folder},
                    "supply": {"source": "hwmon:/sys/class/hwmon/hwmon9/in2"},
                    "position": {"source": "gpsd:127.0.0.1"},
                    "motion": {"source": "imu:/sys/bus/iio/devices/iio:device9"},
                    "tamper": tamper,
                    "judging": {"grid_ms": 1000},
                }
            )
        )
        self.second = 0
        self.told: list[Alert] = []
        if before is not None:
            self.detector.recall(before)

    @property
    def judgement(self) -> Judgement:
        return self.prepared.judgement

    @property
    def detector(self) -> TamperDetector:
        assert self.prepared.tamper is not None
        return self.prepared.tamper

    def lives(
        self,
        seconds: float,
        *,
        north_m: float | None = None,
        kmh: int | None = None,
        volts: float | None = None,
        step_m: float = 0.0,
        pulled: tuple[float, float, float] | None = None,
        shaken: float = 0.02,
    ) -> None:
        """What receiver, bus and supply say in that time; None: nothing."""
        for number in range(round(seconds)):
            self.second += 1
            at = self.second * S
            own = [] if kmh is None else [Frame(at, 256, engine(900, kmh), "can0")]
            readings = [] if volts is None else [Reading(at, VOLTS, volts)]
            places = []
            if north_m is not None:
                latitude = DEPOT[0] + (north_m + number * step_m) * METRE_DEG
                places = [(LATITUDE, latitude), (LONGITUDE, DEPOT[1]), (ACCURACY, 5.0)]
            felt = [] if pulled is None else [*zip(GRAVITY, pulled, strict=True), (VIBRATION, shaken)]
            batches = [
                batch_of([Reading(at, *one) for one in felt], "motion", at),
                FrameBatch.of(own, buses=("can0",)),
                batch_of(readings, "supply", at),
                batch_of([Reading(at, *one) for one in places], "position", at),
            ]
            batch = merge(batches, buses=("can0", "supply", "position", "motion"), until=at)
            for outcome in self.judgement.advance(Cells(batch, [at + S], [len(batch)])):
                self.told += outcome.alerts

    @property
    def fires(self) -> dict[str, str]:
        return {alert.concern.rule: alert.summary for alert in self.judgement.book.firing}


LEFT = Fix(0, *DEPOT, 5.0)


def test_nobody_is_watched_of_whom_nothing_was_said(tmp_path: Path) -> None:
    box = Box(tmp_path)
    box.lives(60, north_m=0.0, volts=0.5)
    assert box.fires == {}
    assert Box(tmp_path, enabled=False).prepared.tamper is None


def test_a_box_that_starts_where_it_was_left_is_well(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 3600.0, LEFT, VIN))
    box.detector.read(VIN, 1.0)
    box.lives(120, north_m=20.0, volts=12.6)
    box.lives(300, north_m=20.0, step_m=15.0, kmh=54, volts=14.2)
    assert (box.fires, box.told) == ({}, [])


def test_a_vehicle_that_was_towed_away_is_told_once_and_for_a_while(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 3600.0, LEFT))
    box.lives(30, kmh=0)
    box.lives(30, north_m=2300.0, kmh=0)
    assert box.fires == {"moved_while_off": "The vehicle is 2.3 km from where it was left, and did not drive there"}
    box.lives(TOLD_NS / S, north_m=2300.0, step_m=10.0, kmh=36)
    assert box.fires == {}
    assert [(alert.concern.severity, alert.ended is None) for alert in box.told] == [
        ("warning", True),
        ("warning", False),
    ]


def test_who_drives_off_before_the_first_fix_was_not_towed(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 60.0, LEFT))
    box.lives(90, kmh=90)
    box.lives(60, north_m=2250.0, step_m=25.0, kmh=90)
    assert box.told == []


def test_where_no_speed_is_known_it_may_have_driven(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 60.0, LEFT))
    box.lives(60)
    box.lives(60, north_m=2000.0)
    assert box.told == []
    box = Box(tmp_path, Before("sealed", 60.0, LEFT))
    box.lives(60, north_m=40_000.0)
    assert "moved_while_off" in box.fires, "not so far in no time"


def test_a_fix_that_comes_late_says_nothing_of_the_start(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 60.0, LEFT))
    box.lives(FIRST_FIX_NS / S + 5, kmh=0)
    box.lives(60, north_m=9000.0, kmh=0)
    assert box.told == []


def test_a_parked_vehicle_that_is_towed_is_told_while_it_is_and_driving_ends_it(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.lives(30, north_m=0.0, kmh=0)
    box.detector.left(box.judgement.history.window().fix)
    box.lives(60, north_m=0.0)
    assert box.fires == {}
    box.lives(90, north_m=0.0, step_m=12.0)
    assert list(box.fires) == ["moved_while_off"]
    box.detector.used()
    box.lives(2, north_m=1100.0, kmh=30)
    assert box.fires == {}


def test_one_jump_of_a_receiver_is_no_tow(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.lives(30, north_m=0.0, kmh=0)
    box.detector.left(box.judgement.history.window().fix)
    box.lives(MOVED_NS / S - 2, north_m=5000.0, kmh=0)
    box.lives(30, north_m=0.0, kmh=0)
    assert box.told == []


def test_power_that_was_lost_is_told_with_how_long(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("power_lost", 5400.0, LEFT))
    box.lives(5, volts=12.5)
    assert box.fires == {"box_power_lost": "The box lost its power without being shut down, and was off for 90 min"}
    assert box.told[0].concern.severity == "info"
    box.lives(TOLD_NS / S, volts=12.5)
    assert box.fires == {}


@pytest.mark.parametrize("ended", ["sealed", "killed"])
def test_a_box_that_was_shut_down_or_a_daemon_that_was_killed_lost_no_power(tmp_path: Path, ended: Any) -> None:
    box = Box(tmp_path, Before(ended, 60.0))
    box.lives(5)
    assert box.told == []


def test_without_a_clock_nobody_knows_how_long(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("power_lost"))
    box.lives(5)
    assert box.fires == {"box_power_lost": "The box lost its power without being shut down"}


def test_a_supply_that_is_gone_while_the_box_lives_is_told_apart_from_a_start(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.lives(30, volts=12.5)
    box.lives(GONE_NS / S - 2, volts=5.2)
    box.lives(30, volts=12.5)
    assert box.told == []
    box.lives(GONE_NS / S + 2, volts=0.3, north_m=0.0)
    assert list(box.fires) == ["box_unplugged"]
    assert "0.3 V" in box.fires["box_unplugged"]
    box.lives(30)
    assert list(box.fires) == ["box_unplugged"], "unknown ends nothing"
    box.lives(5, volts=12.4)
    assert box.fires == {}


def test_24_volts_are_gone_from_twice_as_much(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.detector.read("", 2.0)
    box.lives(GONE_NS / S + 2, volts=10.0)
    assert list(box.fires) == ["box_unplugged"]


def test_another_vehicle_is_told_until_it_is_the_old_one_again(tmp_path: Path) -> None:
    box = Box(tmp_path, Before(vin=VIN))
    box.lives(5)
    box.detector.read("", 1.0)
    box.lives(5)
    assert box.fires == {}, "silence is no other vehicle"
    box.detector.read(OTHER, 1.0)
    box.lives(5)
    assert box.fires == {"other_vehicle": f"The box is in another vehicle: {OTHER} instead of {VIN}"}
    box.detector.read(VIN, 1.0)
    box.lives(5)
    assert box.fires == {}


def test_the_first_vehicle_is_its_own_unless_the_installer_says_which(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.detector.read(OTHER, 1.0)
    box.lives(5)
    assert box.fires == {}
    named = Box(tmp_path, Before(vin=OTHER), vin=VIN)
    named.detector.read(OTHER, 1.0)
    named.lives(5)
    assert list(named.fires) == ["other_vehicle"]


def test_in_private_mode_nothing_is_told_of_places(tmp_path: Path) -> None:
    box = Box(tmp_path, Before("sealed", 60.0, LEFT))
    box.judgement.history.private = True
    box.judgement.around = box.judgement.around
    window = box.judgement.history.window()
    assert box.detector.judge(window)[-1].concern.rule == "box_unplugged"
    assert all(one.concern.rule != "moved_while_off" for one in box.detector.judge(window))


LEVEL = (0.3, -0.2, 9.8)


def turned(angle_deg: float) -> tuple[float, float, float]:
    """The same box, pitched."""
    x, y, z = LEVEL
    sine, cosine = math.sin(math.radians(angle_deg)), math.cos(math.radians(angle_deg))
    return (x * cosine + z * sine, y, z * cosine - x * sine)


def test_a_parked_vehicle_that_is_lifted_is_told_until_it_is_let_down(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.lives(10, pulled=turned(8.0), kmh=30)
    box.detector.left(None)
    box.lives(5, pulled=turned(3.0), shaken=1.5)
    box.lives(60, pulled=LEVEL)
    assert box.told == [], "it lies as it did when it came to rest"
    box.lives(60, pulled=turned(2.0), shaken=0.8)
    assert box.told == [], "somebody loads it"
    box.lives(15, pulled=turned(-7.0))
    assert box.fires == {
        "tilted_while_parked": "The parked vehicle was tilted by 7 degrees: lifted, jacked up or loaded"
    }
    box.lives(15)
    assert list(box.fires) == ["tilted_while_parked"], "unknown ends nothing"
    box.lives(5, pulled=LEVEL)
    assert box.fires == {}


def test_hills_are_no_tilt_while_it_is_used(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.detector.left(None)
    box.lives(30, pulled=LEVEL)
    box.detector.used()
    box.lives(60, pulled=turned(12.0), kmh=30)
    assert box.told == []


def test_a_sensor_that_feels_no_gravity_is_none(tmp_path: Path) -> None:
    box = Box(tmp_path, Before())
    box.detector.left(None)
    box.lives(30, pulled=(0.0, 0.0, 0.0))
    box.lives(30, pulled=(0.0, 0.0, 98.1))
    assert box.told == []
