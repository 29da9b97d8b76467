"""Journeys: drives that hold together step by step, keep to the day and the week, and feel like recorded ones."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.simulator.journey import CYCLES, Drive, Journey, Key, Style
from edge.simulator.vehicle import STEP_S

Floats = npt.NDArray[np.float64]

CAR = Style(max_mps=45.0, accel=1.0, crank_s=0.8, reverses=False)
EV = Style(max_mps=44.0, accel=1.2, crank_s=0.0, reverses=True)
TRUCK = Style(max_mps=24.7, accel=0.45, crank_s=1.2, reverses=True)
DAY_S = 86_400.0


def journey(cycle: str, seed: int, style: Style = CAR) -> Journey:
    return Journey(cycle, style, np.random.default_rng(seed))


def dated(cycle: str, seed: int, days: float, style: Style = CAR) -> Iterator[tuple[float, float, Drive]]:
    """Each drive of so many days with its begin and end, in seconds since midnight before the first Monday."""
    trips, clock_s = journey(cycle, seed, style), 7.0 * 3600.0
    while clock_s < days * DAY_S:
        drive = trips.next_drive()
        end_s = clock_s + len(drive) * STEP_S
        yield clock_s, end_s, drive
        clock_s = end_s + drive.parked_s


def kmh(drive: Drive) -> Floats:
    return np.array(drive.target_mps) * 3.6


@settings(max_examples=60)
@given(st.sampled_from(sorted(CYCLES)), st.sampled_from([CAR, EV, TRUCK]), st.integers(0, 10_000))
def test_every_drive_holds_together(cycle: str, style: Style, seed: int) -> None:
    drive = journey(cycle, seed, style).next_drive()
    columns = (drive.target_mps, drive.grade, drive.altitude_m, drive.steer)
    assert {len(column) for column in columns} == {len(drive)} == {len(drive.key)}
    assert all(type(value) is float for column in columns for value in column[:: max(len(drive) // 50, 1)])
    assert np.isfinite(columns).all()
    speed = np.array(drive.target_mps)
    assert speed[-1] == 0.0
    assert not speed[: drive.started + 10].any(), "something must run before the wheels turn"
    assert speed.max() <= style.max_mps
    assert drive.parked_s > 0.0
    accel = np.diff(speed) / STEP_S
    assert -5.0 < accel.min() < -0.4
    assert 0.2 < accel.max() < 5.0
    assert np.abs(np.diff(accel)).max() / STEP_S < 14.0, "no corners in the speed"
    rise_m = np.cumsum(np.array(drive.grade) * np.maximum(speed, 0.0)) * STEP_S
    assert np.abs(np.array(drive.altitude_m) - drive.altitude_m[0] - rise_m).max() < 5.0 + 0.01 * np.ptp(rise_m)
    assert np.abs(drive.grade).max() < 0.15
    assert min(drive.altitude_m) > 0.0
    assert max(drive.altitude_m) < 1_900.0


@pytest.mark.parametrize("cycle", sorted(CYCLES))
def test_the_same_seed_gives_the_same_drives_and_another_seed_others(cycle: str) -> None:
    one, same, other = journey(cycle, 1), journey(cycle, 1), journey(cycle, 2)
    first = [one.next_drive() for _ in range(2)]
    assert first == [same.next_drive() for _ in range(2)]
    assert first[0] != first[1]
    assert first[0] != other.next_drive()


def test_an_unknown_cycle_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigError, match="no drive cycle 'moon'") as caught:
        journey("moon", 1)
    assert all(name in caught.value.remedy for name in CYCLES)
    assert {"mixed", "city", "motorway", "mountain", "delivery", "parked", "cold_start", "commute", "haul"} <= set(
        CYCLES
    )
    assert all(CYCLES.values())


@pytest.mark.parametrize(("style", "crank_steps"), [(CAR, 8), (TRUCK, 12), (EV, 0)])
def test_the_key_goes_through_its_positions(style: Style, crank_steps: int) -> None:
    drive = journey("delivery", 3, style).next_drive()
    turns = [drive.key[0], *(after for before, after in pairwise(drive.key) if after != before)]
    assert turns == [Key.ACC, Key.ON, *([Key.START, Key.ON] if crank_steps else [])]
    assert drive.key.count(Key.START) == crank_steps
    if crank_steps:
        assert drive.key[drive.started - 1] == Key.START
    assert drive.key[drive.started] == Key.ON
    assert 1.5 / STEP_S <= drive.started - crank_steps <= 4.0 / STEP_S


@pytest.mark.parametrize("style", [CAR, TRUCK])
def test_mixed_drives_are_ten_to_fifteen_minutes_of_everything_and_parking_two_to_three(style: Style) -> None:
    for seed in range(20):
        trips = journey("mixed", seed, style)
        for _ in range(3):
            drive = trips.next_drive()
            assert 600.0 <= len(drive) * STEP_S <= 900.0
            assert 120.0 <= drive.parked_s <= 180.0
            assert not drive.plugged
            speed = kmh(drive)
            assert speed.max() > 80.0
            assert ((speed > 5.0) & (speed < 50.0)).mean() > 0.1
            assert 0.02 < (speed == 0.0).mean() < 0.6


def test_height_goes_on_where_the_drive_before_ended() -> None:
    for cycle in ("mixed", "mountain", "commute", "rural"):
        trips = journey(cycle, 5)
        drives = [trips.next_drive() for _ in range(8)]
        assert all(a.altitude_m[-1] == pytest.approx(b.altitude_m[0]) for a, b in pairwise(drives))


def test_commuters_leave_in_the_morning_and_return_in_the_afternoon() -> None:
    for seed in range(3):
        weekdays = [(begin, end, drive) for begin, end, drive in dated("commute", seed, 14.0) if begin // DAY_S % 7 < 5]
        assert len(weekdays) == 20
        assert weekdays[0][0] == 7.0 * 3600.0
        for number, (begin_s, end_s, drive) in enumerate(weekdays):
            hour = begin_s % DAY_S / 3600.0
            assert hour == pytest.approx(7.0 if number % 2 == 0 else 16.6, abs=0.31)
            assert 22.0 * 60.0 <= end_s - begin_s <= 45.0 * 60.0
            assert drive.parked_s > 8.0 * 3600.0
        there, back = weekdays[0][2], weekdays[1][2]
        assert back.altitude_m[-1] == pytest.approx(there.altitude_m[0], abs=15.0)


def test_a_weekend_is_quiet() -> None:
    days = [int(begin_s // DAY_S) % 7 for begin_s, _, _ in dated("commute", 1, 14.0)]
    assert days.count(5) == 4
    assert days.count(6) == 2
    assert {int(begin_s // DAY_S) % 7 for begin_s, _, _ in dated("haul", 1, 8.0, TRUCK)} == {0, 1, 2, 3, 4, 5}


def test_every_cold_start_is_cold() -> None:
    trips = list(dated("cold_start", 2, 14.0))
    assert all(drive.parked_s > 8.0 * 3600.0 for _, _, drive in trips)
    assert all(5.0 <= (end_s - begin_s) / 60.0 <= 10.0 for begin_s, end_s, _ in trips)
    assert sum(begin_s % DAY_S < 9.0 * 3600.0 for begin_s, _, _ in trips) == 14, "once after each night"


def test_a_haul_keeps_to_the_hours_that_drivers_may_work() -> None:
    """Regulation (EC) 561/2006: 45 min of rest within 4.5 h of driving, at most 10 h a day, 9 h of rest by night."""
    driven: dict[int, float] = {}
    weeks = ((seed, *leg) for seed in (0, 1, 2, 5) for leg in dated("haul", seed, 4.0, TRUCK))
    for seed, begin_s, end_s, drive in weeks:
        day = 10 * seed + int(begin_s // DAY_S)
        driven[day] = driven.get(day, 0.0) + end_s - begin_s
        assert end_s - begin_s < 4.5 * 3600.0
        assert end_s - begin_s > 1.5 * 3600.0
        assert drive.parked_s >= 45.0 * 60.0
        if drive.parked_s > 2.0 * 3600.0:
            assert drive.parked_s >= 9.0 * 3600.0
        assert (kmh(drive) > 70.0).mean() > 0.7
    assert np.median(list(driven.values())) > 5.0 * 3600.0
    assert max(driven.values()) <= 9.6 * 3600.0, "some to spare for a jam"


def test_mountain_drives_climb_to_the_pass_through_hairpins_and_come_down_again() -> None:
    trips = journey("mountain", 6)
    drives = [trips.next_drive() for _ in range(6)]
    heights = np.concatenate([drive.altitude_m for drive in drives])
    assert 1_400.0 < heights.max() < 1_850.0
    assert heights.min() < 700.0
    grades = np.concatenate([drive.grade for drive in drives])
    assert np.percentile(grades, 95) > 0.06
    assert np.percentile(grades, 5) < -0.05
    bends = np.abs(np.concatenate([drive.steer for drive in drives]))
    assert (bends > 1.0 / 20.0).sum() * STEP_S > 30.0, "hairpins"


def test_a_truck_climbs_as_its_power_allows() -> None:
    steep = {}
    for name, style in (("car", CAR), ("truck", TRUCK)):
        drives = [journey("mountain", seed, style).next_drive() for seed in range(4)]
        grade, speed = (
            np.concatenate([getattr(drive, field) for drive in drives]) for field in ("grade", "target_mps")
        )
        steep[name] = speed[(grade > 0.07) & (speed > 1.0)]
    assert np.percentile(steep["truck"], 90) < 12.5
    assert np.percentile(steep["car"], 90) > 14.0


def test_delivery_stops_all_day_with_the_engine_off_or_idling() -> None:
    trips = list(dated("delivery", 7, 1.0, EV))
    hops = np.array([end_s - begin_s for begin_s, end_s, _ in trips])
    stands = np.array([drive.parked_s for _, _, drive in trips])
    assert len(trips) > 80
    assert hops.min() >= 120.0
    assert hops.max() <= 300.0
    assert np.percentile(stands, 5) >= 20.0
    assert np.percentile(stands, 90) <= 60.0
    assert stands[-1] > 10.0 * 3600.0
    waits = [waits_of_20_s(drive) for seed in (7, 8) for _, _, drive in dated("delivery", seed, 1.0, EV)]
    assert 0.6 < np.mean(waits) < 1.2, "more of them than lights alone make"


def waits_of_20_s(drive: Drive) -> int:
    """How often it stood so long with the engine running, between two moves."""
    moves = np.flatnonzero(drive.target_mps)
    return int((np.diff(moves) * STEP_S >= 20.0).sum())


def test_parked_stands_for_days_and_idle_runs_without_going_anywhere() -> None:
    stands = [drive.parked_s for _, _, drive in dated("parked", 8, 40.0)]
    assert min(stands) > 1.4 * DAY_S
    assert max(stands) < 5.6 * DAY_S
    for _, _, drive in dated("idle", 8, 0.6):
        assert (np.array(drive.target_mps) == 0.0).mean() > 0.7
        assert sum(drive.target_mps) * STEP_S < 1_500.0


def test_only_vehicles_that_reverse_do() -> None:
    assert min(min(journey("city", seed, CAR).next_drive().target_mps) for seed in range(12)) == 0.0
    backs = [journey("city", seed, EV).next_drive() for seed in range(30)]
    lowest = np.array([min(drive.target_mps) for drive in backs])
    assert 0.1 < (lowest < 0.0).mean() < 0.7
    assert lowest.min() >= -2.0
    for drive in backs:
        first = next(speed for speed in drive.target_mps if speed)
        assert (first < 0.0) == (min(drive.target_mps) < 0.0), "out of the parking place, nowhere else"


def test_an_electric_vehicle_is_plugged_in_only_when_it_stands_for_hours() -> None:
    trips = [drive for seed in range(3) for _, _, drive in dated("commute", seed, 8.0, EV)]
    assert 0.5 < np.mean([drive.plugged for drive in trips]) < 1.0
    everyday = [drive for cycle in ("city", "delivery") for _, _, drive in dated(cycle, 1, 1.0, EV)]
    assert all(drive.parked_s >= 7_200.0 for drive in everyday if drive.plugged)
    assert any(drive.plugged for drive in everyday)


@pytest.mark.parametrize("cycle", ["mixed", "city", "mountain", "rural", "motorway"])
def test_bends_slow_the_vehicle(cycle: str) -> None:
    drives = [journey(cycle, seed).next_drive() for seed in range(4)]
    speed, bend = (np.concatenate([getattr(drive, field) for drive in drives]) for field in ("target_mps", "steer"))
    lateral = (speed**2 * np.abs(bend))[speed > 1.0]
    assert np.percentile(lateral, 99.9) < 3.0
    assert lateral.max() < 5.0
    assert np.percentile(lateral, 99) > 1.0
    assert speed[np.abs(bend) > 1.0 / 25.0].max() < 35.0 / 3.6
    assert abs(np.mean(bend > 0.001) - np.mean(bend < -0.001)) < 0.15


def as_read(drives: list[Floats]) -> list[Floats]:
    """Speeds in km/h as a reader of OBD-II sees them: whole numbers, one in 0.9 s."""
    return [np.round(speed[:: round(0.9 / STEP_S)]) for speed in drives]


def recorded(shared: Path, *, city: bool) -> list[Floats]:
    """Speeds of the real trips (km/h, one in 0.9 s): of those within a town, or of those between towns."""
    file = shared / "data" / "obd" / "seat-leon-2017.parquet"
    table = pyarrow.parquet.read_table(file, columns=["trip", "time", "speed_kmh"])
    trip = table.column("trip").combine_chunks()
    digits = np.array(table.column("time").to_pylist(), "U12").view(np.uint32).reshape(-1, 12).astype(np.float64) - 48.0
    time = digits @ np.array([36_000.0, 3_600.0, 0.0, 600.0, 60.0, 0.0, 10.0, 1.0, 0.0, 0.1, 0.01, 0.001])
    speed = table.column("speed_kmh").to_numpy().astype(np.float64)
    found = []
    for number, name in enumerate(trip.dictionary.to_pylist()):
        mine = (trip.indices.to_numpy() == number) & np.isfinite(speed)
        if mine.any() and ("KA_KA" in name) == city and np.diff(time[mine]).min() > -1.0:
            grid = np.arange(time[mine][0], time[mine][-1], 0.9)
            found.append(speed[mine][np.searchsorted(time[mine], grid, side="right") - 1])
    return found


def figures(trips: list[Floats]) -> dict[str, float]:
    """What a drive feels like, in a few numbers."""
    accel = np.concatenate([(speed[2:] - speed[:-2])[speed[1:-1] > 2.0] / 3.6 / 1.8 for speed in trips])
    stops, swings = [], []
    for speed in trips:
        edges = np.flatnonzero(np.diff(np.r_[0, speed < 1.0, 0]))
        stops += [0.9 * (b - a) for a, b in zip(edges[::2], edges[1::2], strict=True) if a > 0 and b < len(speed)]
        slow = np.convolve(speed, np.ones(22) / 22, "valid")
        swings.append(np.std(speed[10 : 10 + len(slow)] - slow))
    return {
        "accelerating p50": float(np.percentile(accel[accel > 0.1], 50)),
        "accelerating p95": float(np.percentile(accel[accel > 0.1], 95)),
        "braking p95": float(np.percentile(-accel[accel < -0.1], 95)),
        "steady": float((np.abs(accel) < 0.2).mean()),
        "standing": float(np.mean(np.concatenate(trips) < 1.0)),
        "stop p50 s": float(np.median(stops)),
        "swing within 20 s": float(np.mean(swings)),
    }


@pytest.mark.parametrize(("cycle", "city"), [("city", True), ("commute", False)])
def test_speeds_feel_like_recorded_ones(shared: Path, cycle: str, city: bool) -> None:
    real = figures(recorded(shared, city=city))
    simulated = figures(as_read([kmh(journey(cycle, seed).next_drive()) for seed in range(24)]))
    for name, value in real.items():
        assert simulated[name] == pytest.approx(value, rel=0.45), f"{name}: {simulated} against {real}"
