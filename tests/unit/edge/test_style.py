"""Driving style: a manoeuvre is one event, and what is wrong with a sensor is none."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.doing import SPEED
from edge.gauges import Panel
from edge.history import History
from edge.signals import Signal, SignalBatch
from edge.style import CAR, HEAVY, STYLE_PATHS, Manners, StyleEvent, StyleJudge, StyleKind, StyleLimits
from edge.style.change import Change, Mean
from edge.style.manners import Worst
from edge.style.manoeuvre import LONGEST_NS, Manoeuvre, Overspeed

S = 1_000_000_000
MS = 1_000_000
GRID = 100 * MS
BRAKING, PULLING, CORNERING, OVERSPEED = StyleKind
Samples = Sequence[tuple[int, float]]
"""ms, km/h."""


def driven(
    samples: Samples, limits: StyleLimits = CAR, *, path: str = SPEED, steady_kmh: float | None = None
) -> Manners:
    """Of a signal alone, or beside a speed that stays the same; through history, on a grid of 100 ms."""
    signals = [Signal(one, "", "M", one, period_s=0.1) for one in dict.fromkeys((path, SPEED))]
    history, panel = History(signals, grid_ns=GRID), Panel(STYLE_PATHS, grid_ns=GRID)
    judge, rest = StyleJudge(limits, panel), deque(samples)
    for end in range(GRID, (samples[-1][0] + 200) * MS, GRID):
        cell = []
        while rest and rest[0][0] * MS < end:
            cell.append((rest[0][0] * MS, 0, rest.popleft()[1]))
        cell += [(end - 1, 1, steady_kmh)] if steady_kmh is not None else []
        history.absorb(SignalBatch.of(cell), end)
        panel.read(history.window())
        judge.update()
    return judge.end()


def ramp(period_ms: int, *parts: tuple[float, float]) -> Samples:
    """From 90 km/h; each part: seconds, m/s²."""
    return list(_ramp(period_ms, parts))


def _ramp(period_ms: int, parts: Sequence[tuple[float, float]]) -> Iterator[tuple[int, float]]:
    at, speed = 0, 90.0
    for seconds, gained in parts:
        for _ in range(round(seconds * 1000 / period_ms)):
            yield at, max(0.0, speed)
            at, speed = at + period_ms, speed + 3.6 * gained * period_ms / 1000


def event(at: int, beyond: float) -> StyleEvent:
    return StyleEvent(BRAKING, at, 1.0, 5.0, None, beyond)


@pytest.mark.parametrize("limits", [CAR, HEAVY], ids=["car", "heavy"])
def test_harsh_is_less_than_what_a_vehicle_can_do(limits: StyleLimits) -> None:
    assert max(limits.braking, limits.cornering) < limits.grip
    assert limits.acceleration < limits.pull
    assert all(
        getattr(HEAVY, one.name) <= getattr(CAR, one.name) for one in fields(limits) if one.name != "overspeed_kmh"
    )


@pytest.mark.parametrize("period_ms", [10, 20, 50, 100, 200, 250, 500, 1000])
def test_braking_is_one_event_however_often_the_speed_comes(period_ms: int) -> None:
    manners = driven(ramp(period_ms, (10, 0), (3, -6), (10, 0)))
    [braking] = manners.events
    assert braking.kind == BRAKING
    assert braking.worst == pytest.approx(6.0, rel=0.02)
    assert 1.0 <= braking.duration_s <= 3.0
    assert manners.count(BRAKING) == 1
    assert manners.count(PULLING) == 0


@pytest.mark.parametrize("period_ms", [1500, 2000, 5000])
def test_a_speed_that_comes_seldom_leaves_it_unknown(period_ms: int) -> None:
    manners = driven(ramp(period_ms, (30, 0), (10, -2.5), (30, 0)))
    assert manners.counts == dict.fromkeys(StyleKind)


def test_without_a_signal_everything_is_unknown() -> None:
    manners = driven([(0, 50.0), (100, 50.0)], path="Vehicle.OBD.FuelRate")
    assert manners.counts == dict.fromkeys(StyleKind)
    assert manners.overspeed_s is None
    assert manners.count(BRAKING) is None
    assert Manners().count(OVERSPEED) is None


@given(st.floats(0, 655.35), st.integers(20, 150), st.integers(1, 3))
@example(0.0, 50, 1)
@example(104.0, 50, 3)
def test_no_wrong_sample_makes_an_event(wrong: float, place: int, count: int) -> None:
    """Up to three of them, of any value, at any time of a steady drive."""
    steady = ramp(100, (20, 0))
    spiked = [(at, wrong if place <= number < place + count else kmh) for number, (at, kmh) in enumerate(steady)]
    assert driven(spiked).events == ()


@given(st.floats(0, 300), st.floats(0, 300), st.integers(1300, 20_000))
def test_no_gap_makes_an_event_whatever_the_speed_before_and_after(before: float, after: float, gap_ms: int) -> None:
    samples = [(at, before) for at in range(0, 5000, 100)]
    samples += [(at + 5000 + gap_ms, after) for at in range(0, 5000, 100)]
    assert driven(samples).events == ()


@given(st.floats(0, 300), st.floats(0, 300))
@example(90.0, 70.0)
@example(50.0, 70.0)
def test_no_jump_of_the_speed_makes_an_event(before: float, after: float) -> None:
    samples = [(at, before if at < 5000 else after) for at in range(0, 10_000, 100)]
    assert driven(samples).events == ()


@given(st.floats(-6.0, 3.5), st.floats(1.5, 4.0), st.sampled_from([50, 100, 200, 500]))
def test_as_hard_as_that_it_is_an_event_and_softer_it_is_none(gained: float, seconds: float, period_ms: int) -> None:
    events = driven(ramp(period_ms, (5, 0), (seconds, gained), (8, 0))).events
    lasts = seconds - 2 * period_ms / 1000 >= 1.5
    if gained > -CAR.braking * 0.99:
        assert events == ()
    elif gained < -CAR.braking * 1.3 and lasts:
        assert [one.kind for one in events] == [BRAKING]


def test_a_sensor_that_is_stuck_is_not_judged() -> None:
    stuck = [(at, -6.0) for at in range(0, 60_000, 100)]
    manners = driven(stuck, path="Vehicle.Acceleration.Lateral", steady_kmh=80.0)
    assert manners.counts == dict.fromkeys(StyleKind) | {BRAKING: 0, PULLING: 0}


def test_a_sensor_that_is_well_again_is_judged_again() -> None:
    pushed = [0.0] * 50 + [-6.0] * 300 + [0.0] * 50 + [6.0] * 30 + [0.0] * 50
    samples = [(100 * number, value) for number, value in enumerate(pushed)]
    manners = driven(samples, path="Vehicle.Acceleration.Lateral", steady_kmh=80.0)
    [corner] = manners.events
    assert corner.at == pytest.approx(40.3 * S, abs=0.3 * S)
    assert (corner.worst, corner.speed_kmh) == (6.0, 80.0)


def test_one_bump_of_a_sensor_is_no_cornering() -> None:
    bumps = [(at, 9.0 if at in (5000, 5100, 9000) else 0.2) for at in range(0, 15_000, 100)]
    assert driven(bumps, path="Vehicle.Acceleration.Lateral", steady_kmh=80.0).events == ()


def test_of_many_events_the_worst_hundred_are_kept_and_the_rest_is_counted() -> None:
    worst = Worst()
    for number in range(250):
        worst.add(event(number, beyond=1.0 + (number * 37 % 250) / 100))
    assert worst.left_out == 150
    assert len(worst.told()) == Worst.EVENTS_MAX
    assert min(one.beyond for one in worst.told()) == pytest.approx(1.0 + 150 / 100)
    assert [one.at for one in worst.told()] == sorted(one.at for one in worst.told())


def test_counts_go_on_when_events_are_left_out() -> None:
    jerks = [part for _ in range(130) for part in ((3.0, -6.0), (9.0, 2.0))]
    manners = driven(ramp(100, *jerks))
    assert (manners.count(BRAKING), len(manners.events), manners.left_out) == (130, 100, 30)


@given(st.floats(-10, 6), st.lists(st.integers(40, 1250), min_size=3, max_size=30), st.floats(-1000, 1000))
def test_a_change_is_the_slope_of_what_changes_evenly(slope: float, gaps_ms: list[int], first: float) -> None:
    change, at = Change(-10.0, 6.0, slack=0.5), 0
    for gap_ms in gaps_ms:
        at += gap_ms
        found = change.take(at * MS, first + slope * at / 1000)
        assert math.isnan(found) or found == pytest.approx(slope, abs=1e-6)


def test_a_heading_goes_through_north() -> None:
    change = Change(-90.0, 90.0, slack=5.0, turns=360.0)
    rates = [change.take(number * S, heading) for number, heading in enumerate((340.0, 350.0, 0.0, 10.0))]
    assert math.isnan(rates[0])
    assert rates[1:] == [10.0, 10.0, 10.0]


def test_a_mean_leaves_out_what_no_vehicle_does_and_what_comes_seldom() -> None:
    mean = Mean(11.0)
    assert math.isnan(mean.take(0, 1.0)), "one sample says nothing of how often it comes"
    assert mean.take(200 * MS, 3.0) == 2.0
    assert mean.take(400 * MS, 500.0) == 2.0
    assert mean.take(600 * MS, 5.0) == 4.0
    assert math.isnan(mean.take(3000 * MS, 5.0))


def test_a_manoeuvre_is_no_longer_than_a_vehicle_can() -> None:
    corner = Manoeuvre(CORNERING, 4.5, at_least_s=0.5)
    told = [corner.take(at, 6.0, 80.0, 80.0) for at in range(0, LONGEST_NS + 2 * S, GRID)]
    assert not any(told)
    assert corner.end() is None
    assert not corner.judged


def test_an_overspeed_without_a_speed_ends_where_it_was_last_known() -> None:
    fast = Overspeed(100.0, after_s=5.0, margin_kmh=3.0)
    assert [fast.take(at * S, 120.0) for at in range(8)] == [None] * 8
    told = [fast.take((8 + at) * S, math.nan) for at in range(12)]
    [one] = [event for event in told if event is not None]
    assert (one.at, one.duration_s, one.worst, one.speed_kmh) == (0, 7.0, 120.0, 120.0)
    assert fast.lasted_s == 7.0


def test_what_goes_on_when_the_trip_ends_counts() -> None:
    limits = replace(CAR, overspeed_kmh=80.0)
    manners = driven(ramp(100, (20, 0), (1.8, -7)), limits)
    assert [one.kind for one in manners.events] == [OVERSPEED, BRAKING]
    assert manners.counts == {BRAKING: 1, PULLING: 0, CORNERING: None, OVERSPEED: 1}
