"""Trips: begin and end where the vehicle says so, and count only what was known."""

import pytest

from edge.catalogue import ENGINE
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.trips import IGNITION, SPEED, Trip, TripLog

S = 1_000_000_000
PATHS = (SPEED, f"{ENGINE}.Speed", IGNITION, "Vehicle.OBD.FuelRate")
SIGNALS = [Signal(path, "", "M", path, period_s=0.1) for path in PATHS]


class Drive:
    """Feeds one-second cells to a trip log."""

    def __init__(self) -> None:
        self.history = History(SIGNALS, grid_ns=S)
        self.trips = TripLog("car", grid_ns=S)
        self.second = 0
        self.ended: list[Trip] = []

    def go(self, seconds: int, *, alerts: tuple[str, ...] = (), **values: float) -> "Drive":
        index = {"speed": 0, "rpm": 1, "ignition": 2, "fuel": 3}
        for _ in range(seconds):
            self.second += 1
            samples = [(self.second * S - 1, index[name], value) for name, value in values.items()]
            self.history.absorb(SignalBatch.of(samples), self.second * S)
            if trip := self.trips.update(self.history.window(), alerts):
                self.ended.append(trip)
        return self


def test_ignition_on_to_ignition_off() -> None:
    drive = Drive().go(3, ignition=2, speed=0, rpm=0)
    drive.go(10, ignition=4, speed=36, fuel=3.6).go(5, ignition=4, speed=0, fuel=0).go(10, ignition=2, speed=0)
    [trip] = drive.ended
    assert (trip.started, trip.ended, trip.ended_by) == (4 * S, 18 * S, "ignition_off")
    assert trip.distance_m == pytest.approx(100.0)
    assert (trip.moving_s, trip.idle_s, trip.speed_max_kmh) == (10.0, 5.0, 36.0)
    assert trip.fuel_used_l == pytest.approx(0.01)


def test_a_short_ignition_off_does_not_cut_the_trip() -> None:
    drive = Drive().go(5, ignition=4).go(4, ignition=2).go(5, ignition=4).go(6, ignition=0)
    [trip] = drive.ended
    assert trip.ended == 14 * S


def test_without_an_ignition_signal_a_stop_start_rest_does_not_end_it_but_two_minutes_do() -> None:
    drive = Drive().go(5, speed=50, rpm=2000).go(100, speed=0, rpm=0)
    assert drive.ended == []
    drive.go(5, speed=30, rpm=1500).go(120, speed=0, rpm=0)
    [trip] = drive.ended
    assert (trip.ended, trip.ended_by) == (110 * S, "ignition_off")


def test_silence_ends_a_trip_by_its_name() -> None:
    """A speed that comes once a second is believed for ten."""
    drive = Drive().go(5, speed=50).go(135)
    [trip] = drive.ended
    assert trip.ended_by == "silence"
    assert trip.ended == 14 * S


def test_what_was_never_known_stays_unknown() -> None:
    drive = Drive().go(5, ignition=4).go(6, ignition=2)
    [trip] = drive.ended
    assert trip.distance_m is None
    assert trip.moving_s is None
    assert trip.speed_max_kmh is None
    assert trip.fuel_used_l is None


def test_a_trip_carries_the_alerts_that_began_on_it_and_is_closed_at_shutdown() -> None:
    drive = Drive().go(1, ignition=4, alerts=("a" * 32,)).go(1, ignition=4)
    trip = drive.trips.close()
    assert trip is not None
    assert trip.alerts == ("a" * 32,)
    assert trip.ended_by == "shutdown"
    assert drive.trips.close() is None


def test_nothing_happens_while_nothing_is_known() -> None:
    drive = Drive().go(300)
    assert drive.ended == []
    assert drive.trips.close() is None
