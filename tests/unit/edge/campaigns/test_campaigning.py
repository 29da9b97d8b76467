"""Campaigns on a vehicle: exactly the windows that were asked for, within their bytes, whatever happens meanwhile."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.campaigns.tallies import DAY_NS
from edge.campaigns.windows import OPEN_MAX
from edge.modes import Modes
from edge.uplink import utc
from edge.wire.codec import Uplink
from edge.wire.messages import CampaignState, HoleCause, Telemetry
from tests.unit.edge.campaigns.road import (
    AIR,
    ENGINE,
    EVERY_NS,
    GRID,
    MS,
    OTHER,
    OWN,
    SPEED,
    T0,
    Road,
    S,
    campaign,
    frames,
    frames_of,
    hexid,
    hot,
    samples,
    since_t0,
    told,
)

ON_TIME = {"kind": "time", "every_s": 10.0}


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    road = Road(tmp_path)
    yield road
    road.close()


def first_window(uplinks: Sequence[Uplink]) -> list[Uplink]:
    """The parts of the window that began first."""
    bodies = [one.body for one in uplinks if isinstance(one.body, Telemetry)]
    return [one for one, body in zip(uplinks, bodies, strict=True) if body.window == bodies[0].window]


def expected(begin: int, end: int) -> list[tuple[int, str, float]]:
    """Samples of the air between two moments (ns after T0)."""
    times = range(max(0, -(-begin // EVERY_NS) * EVERY_NS), end, EVERY_NS)
    return [(at, AIR, 50.0 if hot(at / S) else 20.0) for at in times]


def test_samples_around_each_moment_at_which_the_condition_comes_true(road: Road) -> None:
    road.take(campaign())
    road.drive(30)
    windows = told(road.windows())
    moments = [5 * S + GRID, 15 * S + GRID, 25 * S + GRID]
    assert [since_t0(one.wanted_from) for one in windows if one.part == 1] == [at - 2 * S for at in moments]
    assert [one.is_last for one in windows] == [False, True] * 3
    assert samples(road.windows()) == [row for at in moments for row in expected(at - 2 * S, at + 3 * S)]
    assert not any(one.holes for one in windows)


def test_raw_frames_of_the_ids_that_were_asked_for(road: Road) -> None:
    road.take(
        campaign(1, frames=[{"id": OTHER, "extended": True}]),
        campaign(2, frames=[{"id": ENGINE, "bus": "can0"}, {"id": OTHER & 0x7FF}]),
    )
    road.drive(12)
    at = 5 * S + GRID
    heard = [(one.time - T0, one.id) for one in frames_of(at - 2 * S, at + 3 * S)]
    assert frames(road.windows(), 1) == [row for row in heard if row[1] == OTHER]
    assert frames(road.windows(), 2) == [row for row in heard if row[1] == ENGINE], "the other has 29 bits"


def test_on_time_at_once_and_then_each_so_often(road: Road) -> None:
    road.take(campaign(trigger=ON_TIME, before_s=0.0, after_s=2.0))
    road.drive(25)
    begins = [since_t0(one.wanted_from) for one in told(road.windows()) if one.part == 1]
    assert [after - before for before, after in pairwise(begins)] == [10 * S, 10 * S]
    assert begins[0] <= S


def test_nothing_is_collected_on_time_while_nothing_is_heard(road: Road) -> None:
    road.take(campaign(trigger=ON_TIME, before_s=0.0, after_s=1.0))
    road.drive(2)
    road.park(3600)
    road.drive(2)
    begins = [since_t0(one.wanted_from) for one in told(road.windows()) if one.part == 1]
    assert len(begins) == 2
    assert begins[1] >= 3600 * S


@settings(max_examples=8, deadline=None)
@given(
    batch=st.integers(1, 60),
    rate=st.sampled_from([None, 0.4, 1.0, 3.0, 1000.0]),
    before=st.floats(0.0, 4.0),
    after=st.floats(0.1, 9.0),
    of_frames=st.booleans(),
)
def test_the_same_however_the_frames_were_batched_and_thinned_evenly(
    batch: int, rate: float | None, before: float, after: float, *, of_frames: bool
) -> None:
    kind: dict[str, Any] = {"frames": [{"id": ENGINE}]} if of_frames else {}
    wanted = campaign(before_s=before, after_s=after, rate_hz=rate, **kind)
    collected = []
    for size in (7, batch):
        with TemporaryDirectory() as folder:
            road = Road(Path(folder))
            road.take(wanted)
            road.campaigning.take_up(T0)
            road.drive(19, size)
            road.end(is_over=True)
            windows = first_window(road.windows())
            collected.append(frames(windows) if of_frames else [(at, value) for at, _, value in samples(windows)])
            begins = [since_t0(one.wanted_from) for one in told(windows) if one.part == 1]
            road.close()
    assert collected[0] == collected[1]
    first = [at for at, _ in collected[0]]
    [begin], end = begins, begins[0] + round(before * S) + round(after * S)
    every = [at for at in range(0, 19 * S, EVERY_NS) if begin <= at < end]
    if rate is None or rate == 1000.0:
        assert first == every
    else:
        slots = [int((at - begin) * rate / S) for at in first]
        assert len(set(slots)) == len(slots), "one of each slot"
        assert set(slots) == {int((at - begin) * rate / S) for at in every}


def test_never_more_bytes_than_the_campaign_may_have_in_a_day(road: Road) -> None:
    road.take(campaign(trigger=ON_TIME, before_s=0.0, after_s=10.0, signals=[AIR, SPEED, OWN], bytes_a_day=1500))
    road.drive(2)
    assert road.reports()[hexid(1)].state is CampaignState.RUNNING
    road.drive(300)
    report = road.reports()[hexid(1)]
    assert report.state is CampaignState.SPENT
    assert report.missed > 0
    assert report.bytes <= 1500
    road.park(86_400)
    road.drive(15)
    road.campaigning.end(road.judgement.history.until, is_over=True)
    sizes: dict[int, int] = {}
    for one in road.windows():
        day = (since_t0(one.body.ended_at) + T0) // DAY_NS  # type: ignore[attr-defined]
        sizes[day] = sizes.get(day, 0) + len(one.block)
    assert len(sizes) == 2, "the next day it goes on"
    assert all(0 < size <= 1500 for size in sizes.values())


def test_several_at_once_and_what_this_vehicle_cannot_do_is_refused_with_the_reason(road: Road) -> None:
    road.take(
        campaign(1),
        campaign(2, signals=["Vehicle.Powertrain.CombustionEngine.Speed"]),
        campaign(3, frames=[{"id": 1, "bus": "can7"}]),
        campaign(4, trigger={"kind": "condition", "when": f"{AIR} >"}),
        campaign(5, trigger={"kind": "condition", "when": "Vehicle.Powertrain.CombustionEngine.Speed > 0"}),
        campaign(6, signals=["Vehicle.Exterior.AirTemprature"]),
        campaign(7, expires_at=utc(T0) - timedelta(seconds=1)),
        campaign(8, starts_at=utc(T0) + timedelta(days=1)),
    )
    road.drive(1)
    reports = road.reports()
    assert {int(id_, 16): one.state for id_, one in reports.items()} == {
        1: CampaignState.RUNNING,
        **dict.fromkeys(range(2, 7), CampaignState.REFUSED),
        7: CampaignState.OVER,
        8: CampaignState.WAITING,
    }
    why = {int(id_, 16): one.reason for id_, one in reports.items()}
    assert why[2] == "signals.0: this vehicle does not send Vehicle.Powertrain.CombustionEngine.Speed"
    assert why[3] == "frames.0.bus: this vehicle has no bus 'can7'. It has can0"
    assert why[4].startswith("trigger.when: ")
    assert why[5] == "trigger.when: this vehicle does not send Vehicle.Powertrain.CombustionEngine.Speed"
    assert "Did you mean Vehicle.Exterior.AirTemperature?" in why[6]
    assert road.reports() == {}, "told once"


def test_without_the_time_of_day_nothing_begins(road: Road) -> None:
    road.knows_the_time = False
    road.take(campaign())
    road.drive(12)
    [report] = road.reports().values()
    assert (report.state, report.reason) == (CampaignState.WAITING, "the time of day is not known yet")
    assert not road.windows()


def test_the_more_important_takes_the_place_of_the_least(road: Road) -> None:
    last = OPEN_MAX + 1
    road.take(*(campaign(number, priority=9 if number == last else number % 3) for number in range(1, last + 1)))
    road.drive(12)
    windows, at = road.windows(), 5 * S + GRID
    whole = {
        number for number in range(1, OPEN_MAX + 2) if samples(windows, number) == expected(at - 2 * S, at + 3 * S)
    }
    assert OPEN_MAX + 1 in whole
    assert len(whole) == OPEN_MAX
    [cut_short] = set(range(1, OPEN_MAX + 2)) - whole
    assert cut_short % 3 == 0
    assert told(road.windows(), cut_short)[-1].is_last


def test_a_campaign_that_is_gone_ends_with_what_it_has_and_another_goes_on(road: Road) -> None:
    road.take(campaign(1), campaign(2))
    road.drive(6)
    road.take(campaign(2), version=2)
    road.drive(6)
    at = 5 * S + GRID
    ended, whole = (samples(road.windows(), number) for number in (1, 2))
    assert told(road.windows(), 1)[-1].is_last
    assert ended == expected(at - 2 * S, 6 * S + 6 * S)[: len(ended)]
    assert 0 < len(ended) < len(whole)
    assert whole == expected(at - 2 * S, at + 3 * S)


def test_a_window_goes_on_after_a_restart_and_says_what_it_lacks(tmp_path: Path) -> None:
    road = Road(tmp_path)
    wanted = campaign(frames=[{"id": ENGINE}], after_s=200.0)
    road.take(wanted)
    road.drive(80)
    after = road.kill()
    after.take(wanted)
    after.campaigning.take_up(T0 + after.at)
    after.drive(140)
    windows = after.windows()
    first = [one for one in told(windows) if one.window == told(windows)[0].window]
    assert [one.part for one in first] == list(range(1, len(first) + 1))
    assert first[-1].is_last
    [hole] = [hole for one in first for hole in one.holes]
    assert hole.cause is HoleCause.RESTARTED
    assert 0 < since_t0(hole.ended_at) - since_t0(hole.started_at) <= 61 * S + 100 * MS
    after.close()


def test_what_a_campaign_has_collected_is_known_after_a_restart(tmp_path: Path) -> None:
    road = Road(tmp_path)
    wanted = campaign(trigger=ON_TIME, before_s=0.0, after_s=10.0, bytes_a_day=1000)
    road.take(wanted)
    road.drive(300)
    before = road.reports()[hexid(1)]
    assert before.state is CampaignState.SPENT
    after = road.kill()
    after.take(wanted)
    after.campaigning.take_up(T0 + after.at)
    after.drive(20)
    report = after.reports()[hexid(1)]
    assert report.state is CampaignState.SPENT
    assert report.bytes == before.bytes
    after.close()


def test_in_private_mode_nothing_personal_is_collected(road: Road) -> None:
    road.take(campaign(signals=[SPEED, AIR], after_s=10.0))
    road.drive(8)
    road.judgement.wish(Modes(private_wish=True))
    road.drive(8)
    rows = samples(road.windows())
    assert max(at for at, path, _ in rows if path == SPEED) < 9 * S
    assert max(at for at, path, _ in rows if path == AIR) > 13 * S
    assert HoleCause.WITHHELD in {hole.cause for one in told(road.windows()) for hole in one.holes}
