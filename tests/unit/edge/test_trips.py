"""Trips: begin and end where the vehicle says so, and count only what was known."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.catalogue import ENGINE
from edge.doing import IGNITION, SPEED
from edge.figures import Figures
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.style import Manners, StyleEvent, StyleKind
from edge.trips import DistanceBy, Place, Trip, TripLog, kept_private
from edge.uplink import trip_body, utc
from edge.wire.codec import JSON_BYTES_MAX, encode
from edge.wire.envelope import Clock

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


MS = 1_000_000


def driven(period_ms: int, lost: set[int], *, grid_ms: int = 100, seconds: int = 60) -> Trip:
    """At 36 km/h and 3.6 l/h, with ignition on; `lost`: frames of speed and fuel that never come, by their number."""
    history, trips = History(SIGNALS, grid_ns=grid_ms * MS), TripLog("car", grid_ns=grid_ms * MS)
    frame = 0
    for end in range(grid_ms, 1000 * seconds + 1, grid_ms):
        samples = [((end - 1) * MS, 2, 4.0)]
        for at in range(frame * period_ms, end, period_ms):
            if frame not in lost:
                samples += [(at * MS, 0, 36.0), (at * MS, 3, 3.6)]
            frame += 1
        history.absorb(SignalBatch.of(sorted(samples)), end * MS)
        assert trips.update(history.window()) is None
    trip = trips.close()
    assert trip is not None
    return trip


@pytest.mark.parametrize("period_ms", [10, 100, 1000])
@pytest.mark.parametrize("grid_ms", [50, 100, 500])
def test_a_gap_is_not_driven_at_the_last_speed(period_ms: int, grid_ms: int) -> None:
    """Twenty seconds without a frame: the last value lasts three periods, at least 0.3 s; the rest is unknown."""
    trip = driven(period_ms, set(range(20_000 // period_ms, 40_000 // period_ms)), grid_ms=grid_ms)
    known_s = 60.0 - 20.0 - period_ms / 1000 + max(0.3, 3 * period_ms / 1000)
    assert trip.moving_s is not None
    late_s = grid_ms / 1000  # a cell is one value: it is known from its beginning
    assert trip.moving_s == pytest.approx(known_s, abs=late_s)
    assert trip.distance_m == pytest.approx(10.0 * trip.moving_s)
    assert trip.fuel_used_l == pytest.approx(trip.moving_s / 1000)
    assert (trip.idle_s, trip.ended) == (0.0, 60 * S)


@pytest.mark.parametrize("period_ms", [10, 100, 1000])
def test_two_frames_that_are_lost_cost_nothing(period_ms: int) -> None:
    every_tenth = {number + more for number in range(10_000 // period_ms, 50_000 // period_ms, 10) for more in (0, 1)}
    assert driven(period_ms, every_tenth).distance_m == pytest.approx(600.0)


def test_a_signal_that_comes_seldom_lasts_until_it_comes_again() -> None:
    """Every four seconds; before that is learned it is taken for what was expected, and believed while it is fresh."""
    trip = driven(4000, set(), seconds=120)
    assert trip.moving_s == pytest.approx(120.0 - 3 * 3.0 - 0.1, abs=3.0)


@given(st.integers(60, 500), st.integers(1, 90), st.sampled_from([50, 100, 200]))
def test_of_any_gap_what_is_beyond_three_periods_is_missing(begin: int, frames: int, grid_ms: int) -> None:
    """Of a signal that comes ten times a second; to within the cell in which it comes back."""
    trip = driven(100, set(range(begin, begin + frames)), grid_ms=grid_ms)
    missing_s = max(0.0, 0.1 * (frames + 1) - 0.3)
    assert trip.moving_s is not None
    assert missing_s - grid_ms / 1000 - 1e-6 <= 60.0 - trip.moving_s <= missing_s + 1e-6


EVENT = StyleEvent(StyleKind.HARSH_BRAKING, 61 * S, 1.234, 6.789, 50.04, 1.5)
WHOLE = Trip(
    id="0" * 32,
    started=S,
    ended=601 * S,
    ended_by="ignition_off",
    distance_m=6000.04,
    moving_s=500.0,
    idle_s=100.0,
    speed_max_kmh=71.0,
    fuel_used_l=0.71,
    alerts=("a" * 32,),
    figures={SPEED: Figures("km/h", 0.0, 71.0, 36.0, 0.0, 6000)},
    distance_by=DistanceBy.SPEED,
    odometer_start_km=12_000.0,
    odometer_end_km=12_006.0,
    fuel_idle_l=0.02,
    energy_used_kwh=1.0,
    energy_recuperated_kwh=0.2,
    engine_on_s=600.0,
    stops=1,
    stopped_s=200.0,
    no_position_s=20.0,
    moved_off_m=0.0,
    start=Place(52.000001234, 13.0),
    end=Place(52.05, 13.123456789),
    manners=Manners({StyleKind.HARSH_BRAKING: 1, StyleKind.OVERSPEED: None}, None, (EVENT,), 0),
)
MAY_LEAVE = {"id", "started", "ended", "ended_by", "distance_m", "alerts", "odometer_start_km", "odometer_end_km"}
"""Of a private trip."""


def test_every_figure_of_a_trip_is_in_its_message_and_positions_are_good_to_a_metre() -> None:
    body = trip_body(WHOLE)
    told = body.model_dump()
    assert {name for name, value in told.items() if value is None} == {
        "harsh_acceleration", "harsh_cornering", "overspeed", "overspeed_s",
    }  # fmt: skip
    assert set(told) == set(type(body).model_fields)
    assert (body.start_latitude_deg, body.end_longitude_deg) == (52.0, 13.12346)
    [event] = body.events
    assert (event.kind, event.duration_s, event.worst, event.speed_kmh) == ("harsh_braking", 1.23, 6.79, 50.0)
    assert (body.harsh_braking, body.events_left_out, body.private) == (1, 0, False)


def test_of_a_private_trip_nothing_says_where_or_how() -> None:
    trip = kept_private(WHOLE)
    assert trip.private
    nothing = Trip("", 0, 0, "", None, None, None, None, None, ())
    for one in fields(Trip):
        kept = WHOLE if one.name in MAY_LEAVE else nothing
        assert one.name == "private" or getattr(trip, one.name) == getattr(kept, one.name)
    assert kept_private(trip) == trip


@pytest.mark.parametrize("trip", [kept_private(WHOLE), replace(WHOLE, private=True)], ids=["withheld", "marked"])
def test_the_message_of_a_private_trip_has_no_other_fields_however_it_came(trip: Trip) -> None:
    """Also where somebody marked it, and forgot to withhold."""
    told = trip_body(trip).model_dump(exclude_none=True, exclude_defaults=True)
    assert set(told) == {
        "id", "started_at", "ended_at", "ended_by", "distance_m", "alerts", "odometer_start_km", "odometer_end_km",
        "private",
    }  # fmt: skip


def test_the_longest_trip_fits_into_a_message() -> None:
    figures = {
        f"Vehicle.{'x' * 120}.{number}": Figures("km/h", 1.23456e-7, 1.23456e7, 36.1234, 1.0, 10**9)
        for number in range(500)
    }
    manners = Manners(dict.fromkeys(StyleKind, 10_000), 1e6, (EVENT,) * 100, 9_900)
    trip = replace(WHOLE, figures=figures, manners=manners, alerts=tuple(f"{number:032x}" for number in range(200)))
    payload = encode(
        trip_body(trip),
        vehicle="v" * 64,
        stream=f"record-{'0' * 16}",
        seq=2**63 - 1,
        observed_at=utc(0),
        clock=Clock.SYNCED,
    )
    assert len(payload) < JSON_BYTES_MAX


def test_what_a_tick_takes_up_twice_is_taken_up_once() -> None:
    """Judgement asks whether a trip begins before it knows the alerts of the tick."""
    drive = Drive().go(3, ignition=4, speed=36)
    window = drive.history.window()
    drive.trips.begin(window)
    drive.trips.begin(window)
    trip = drive.trips.close()
    assert trip is not None
    assert trip.distance_m == pytest.approx(30.0)
