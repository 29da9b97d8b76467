"""Kinds of evidence, each by the fault that it is for."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest

from edge.detect.sensors.evidence import Evidence, Known, Moment
from edge.detect.sensors.kinds import KINDS, Kind
from edge.detect.sensors.places import LEVELS, Gears, Places
from edge.detect.sensors.plan import Plan
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, ROAD, SPEED, Float64s, drive, plan

ERROR: Final = np.array([20.0, 2.0, 1.0, 0.5])
EVERY: Final = np.full(4, fill_value=True)
KNOWN: Final = Known(ERROR, None, None)


def evidence(observed: Float64s, expected: Float64s, known: Known = KNOWN, judged: bool = True) -> Float64s:
    """(seconds, kinds, channels) of a drive."""
    follows = Evidence(plan(), known)
    return np.array(
        [
            follows.step(Moment(row, wanted, ERROR, np.full(4, judged), np.isnan(row), EVERY))
            for row, wanted in zip(observed, expected, strict=True)
        ]
    )


def of(kind: Kind, found: Float64s, channel: int) -> Float64s:
    """(seconds,) of one kind and channel."""
    return found[:, KINDS.index(kind), channel]


def test_a_bias_leans_by_its_size_on_its_own_channel() -> None:
    rows = drive(1800, seed=1)
    faulty = rows.copy()
    faulty[:, PRESSURE] += 5.0
    found = evidence(faulty, rows)
    assert of(Kind.LEANS_60, found, PRESSURE)[-1] == pytest.approx(5.0 / 1.1, rel=0.05)
    assert of(Kind.LEANS_600, found, PRESSURE)[-1] == pytest.approx(5.0 * 0.95 / (0.95 + 0.3), rel=0.05)
    assert not of(Kind.LEANS_60, found, SPEED).any()


def test_each_kind_has_words_for_an_alert() -> None:
    assert [kind.in_words for kind in (Kind.LEANS_600, Kind.STUCK)] == ["leans over 600 s", "stuck"]


def test_a_slow_signal_leans_further_than_a_quick_one() -> None:
    rows = drive(1800, seed=1)
    faulty = rows + 100.0 * ERROR
    found = evidence(faulty, rows)
    errors = found[-1, KINDS.index(Kind.LEANS_60)] * 1.1 / ERROR
    assert errors[[SPEED, PRESSURE, ROAD]] == pytest.approx(4.0, rel=0.01)
    assert errors[COOLANT] == pytest.approx(6.0 * (1.0 + np.log(100.0 / 6.0)), rel=0.01)


def test_a_signal_that_comes_back_after_a_gap_has_not_moved() -> None:
    rows = drive(600, seed=1)
    gap = rows.copy()
    gap[300:340, COOLANT] = np.nan
    gap[340:, COOLANT] += 20.0
    assert of(Kind.MOVED_60, evidence(gap, rows), COOLANT)[300:].max() < 8.0
    short = rows.copy()
    short[300:320, COOLANT] = np.nan
    short[320:, COOLANT] += 20.0
    assert of(Kind.MOVED_60, evidence(short, rows), COOLANT)[300:].max() > 15.0


def test_the_wronger_a_slow_signal_is_the_further_it_leans() -> None:
    rows = drive(1800, seed=1)
    for kind in (Kind.LEANS_60, Kind.LEANS_600):
        last = [of(kind, evidence(rows + errors * ERROR, rows), COOLANT)[-1] for errors in (2, 4, 8, 16, 32)]
        assert last == sorted(set(last)), "no limit is out of reach"


def test_one_mad_moment_is_no_lean() -> None:
    rows = drive(300, seed=1)
    faulty = rows.copy()
    faulty[200, PRESSURE] += 5000.0
    assert of(Kind.LEANS_60, evidence(faulty, rows), PRESSURE).max() < 0.3 * ERROR[PRESSURE]


def test_noise_that_leans_nowhere_strays() -> None:
    rows = drive(600, seed=1)
    faulty = rows.copy()
    faulty[:, SPEED] += 200.0 * (-1.0) ** np.arange(600)
    found = evidence(faulty, rows)
    assert of(Kind.STRAYS_60, found, SPEED)[-1] == pytest.approx(10.0, rel=0.05)
    assert of(Kind.LEANS_60, found, SPEED)[-1] < ERROR[SPEED]


def test_a_slow_signal_that_jumps_moved() -> None:
    rows = drive(400, seed=1)
    faulty = rows.copy()
    faulty[300:, [COOLANT, SPEED]] += 15.0
    found = evidence(faulty, rows)
    assert of(Kind.MOVED_10, found, COOLANT)[305] == pytest.approx(15.0, abs=2.0)
    assert of(Kind.MOVED_10, found, COOLANT)[295] < 2.0
    assert not of(Kind.MOVED_10, found, SPEED).any(), "fast signals may"
    jumped = of(Kind.MOVED_1, found, COOLANT)
    assert jumped.argmax() == 300
    assert jumped[300] == pytest.approx(15.0, abs=1.0)
    assert np.delete(jumped, 300).max() < 1.0


def test_a_slow_signal_that_moves_as_it_ought_to_has_not_moved() -> None:
    rows = drive(400, seed=1)
    rows[300:, COOLANT] += 15.0
    still = np.repeat(drive(1, seed=1), 400, axis=0)
    assert of(Kind.MOVED_10, evidence(rows, rows), COOLANT).max() < 2.0
    assert not of(Kind.MOVED_10, evidence(still, rows), COOLANT).any(), "it may also stay"


def test_a_jump_that_was_not_believed_at_first_moved_when_it_is() -> None:
    rows = drive(400, seed=1)
    faulty = rows.copy()
    faulty[300:, COOLANT] += 15.0
    faulty[300:320, COOLANT] = np.nan
    for kind in (Kind.MOVED_1, Kind.MOVED_10):
        found = of(kind, evidence(faulty, rows), COOLANT)
        assert found[319] == 0.0
        assert found[320] == pytest.approx(15.0, abs=2.0)


def test_a_stuck_signal_stays_while_it_ought_to_move() -> None:
    rows = drive(400, seed=1)
    faulty = rows.copy()
    faulty[200:, PRESSURE] = faulty[200, PRESSURE]
    found = of(Kind.STUCK, evidence(faulty, rows), PRESSURE)
    moved = np.ptp(rows[201:396, PRESSURE])
    assert found[-1] == pytest.approx(moved, rel=0.1)
    assert found[:200].max() == 0.0


@pytest.mark.parametrize("begins", [200, 230])
def test_one_late_answer_of_another_signal_does_not_make_a_signal_stuck(begins: int) -> None:
    still = np.repeat(drive(1, seed=1), 300, axis=0)
    wanted = still.copy()
    wanted[begins, PRESSURE] += 30.0
    before = still.copy()
    before[:200, PRESSURE] += np.arange(200)
    assert not of(Kind.STUCK, evidence(before, wanted), PRESSURE).any()
    wanted[begins + 1, PRESSURE] += 30.0
    wanted[begins + 5 : begins + 7, PRESSURE] += 30.0
    assert of(Kind.STUCK, evidence(before, wanted), PRESSURE)[-1] == pytest.approx(30.0)


def test_what_stays_because_nothing_moves_is_not_stuck() -> None:
    rows = np.repeat(drive(1, seed=1), 300, axis=0)
    assert not of(Kind.STUCK, evidence(rows, rows), PRESSURE).any()


def stands(observed: Float64s, *, restless: bool = True, judged: bool = True) -> Float64s:
    """(seconds,): for how many minutes the coolant has stood, where nobody expects anything of it."""
    channels = [
        channel.model_copy(update={"restless": restless and number == COOLANT}).model_dump()
        for number, channel in enumerate(plan().channels)
    ]
    follows = Evidence(plan(channels=channels), KNOWN)
    moments = [Moment(row, row, ERROR, np.full(4, judged), np.isnan(row), EVERY) for row in observed]
    return of(Kind.STANDS, np.array([follows.step(moment) for moment in moments]), COOLANT)


def test_a_restless_signal_that_freezes_stands_though_nobody_expects_it_to_move() -> None:
    rows = drive(1200, seed=1)
    assert stands(rows).max() < 0.1
    rows[600:, COOLANT] = rows[600, COOLANT]
    found = stands(rows)
    assert found[-1] == pytest.approx(599 / 60.0, abs=0.05)
    assert found[599] < 0.1
    assert not stands(rows, restless=False).any()
    assert not stands(rows, judged=False).any()


def test_a_gap_neither_ends_a_stand_nor_counts_to_it() -> None:
    rows = drive(1200, seed=1)
    rows[300:, COOLANT] = rows[300, COOLANT]
    rows[500:900, COOLANT] = np.nan
    found = stands(rows)
    assert not found[500:900].any()
    assert found[-1] == pytest.approx((199 + 300) / 60.0, abs=0.05)


def test_a_signal_without_answers_is_missing_and_nothing_else() -> None:
    rows = drive(400, seed=1)
    faulty = rows.copy()
    faulty[200:, ROAD] = np.nan
    found = evidence(faulty, rows)
    assert of(Kind.MISSING, found, ROAD)[-1] == pytest.approx(1.0, abs=0.05)
    strays = {Kind.STRAYS_60, Kind.STRAYS_300}
    assert not found[:, [KINDS.index(kind) for kind in KINDS if kind not in {Kind.MISSING, *strays}], ROAD].any()
    assert all(of(kind, found, ROAD).max() <= 1.0 for kind in strays), "as usual, as far as is known"


def test_where_nothing_is_judged_nothing_leans_strays_or_sticks() -> None:
    rows = drive(200, seed=1)
    found = evidence(rows + 50.0, rows, judged=False)
    quiet = [Kind.LEANS_60, Kind.LEANS_600, Kind.STUCK]
    assert not found[:, [KINDS.index(kind) for kind in quiet]].any()
    strays = [Kind.STRAYS_60, Kind.STRAYS_300]
    assert found[:, [KINDS.index(kind) for kind in strays]] == pytest.approx(1.0), "as usual, as far as is known"


def test_the_first_row_that_is_judged_does_not_stray_by_itself() -> None:
    rows = drive(200, seed=1)
    faulty = rows.copy()
    faulty[120, SPEED] += 1000.0
    follows = Evidence(plan(), KNOWN)
    found = [
        follows.step(Moment(row, wanted, ERROR, np.full(4, second >= 120), np.isnan(row), EVERY))
        for second, (row, wanted) in enumerate(zip(faulty, rows, strict=True))
    ]
    assert of(Kind.STRAYS_60, np.array(found), SPEED).max() < 2.0


def test_values_where_they_never_were_are_misplaced_and_few_of_them_say_little() -> None:
    rows = np.concatenate([drive(1200, seed=seed) for seed in range(3)])
    low, high = rows.min(axis=0), rows.max(axis=0)
    places = Places(low, high, np.quantile(rows, np.linspace(0.0, 1.0, LEVELS + 1)[1:-1], axis=0).T)
    for row in rows:
        places.take(row, row, np.full(4, True))
    known = Known(ERROR, places, None)
    healthy = drive(900, seed=9)
    healthy = np.clip(healthy, low, high)
    faulty = healthy.copy()
    faulty[300:, PRESSURE] = low[PRESSURE] - 1.0
    found = of(Kind.MISPLACED_60, evidence(faulty, healthy, known), PRESSURE)
    usual = places.usual[PRESSURE]
    assert found[0] == pytest.approx(usual, rel=0.1), "a row says little"
    assert found[:300].max() < usual + 2.0
    assert found[-1] > usual + 3.0
    assert not of(Kind.MISPLACED_60, evidence(faulty, healthy, known), COOLANT).any(), "slow signals have no places"


def test_a_road_speed_that_is_off_by_a_tenth_leaves_the_gears() -> None:
    gears = Gears.of(plan())
    assert gears is not None
    for seed in range(3):
        rows = drive(1200, seed=seed)
        for row, before in zip(rows[1:], rows[:-1], strict=True):
            gears.take(row, before, np.full(4, True))
    known = Known(ERROR, None, gears)
    rows = drive(1800, seed=9)
    healthy = of(Kind.GEARS_600, evidence(rows, rows, known), ROAD).max()
    faulty = rows.copy()
    faulty[:, ROAD] *= 1.1
    assert of(Kind.GEARS_600, evidence(faulty, rows, known), ROAD)[-1] > healthy + 2.0


@pytest.mark.parametrize("spoil", [lambda rows: rows, lambda rows: np.where(rows > 2000.0, np.nan, rows)])
def test_copies_side_by_side_are_as_if_each_had_come_alone(spoil: Callable[[Float64s], Float64s]) -> None:
    gears = Gears.of(plan())
    drives = [spoil(drive(300, seed=seed)) for seed in (1, 2)]
    wanted = [drive(300, seed=3)] * 2
    known = Known(ERROR, None, gears)
    together = Evidence(plan(), known, (2,))
    every = np.full((2, 4), fill_value=True)
    both = np.array(
        [
            together.step(Moment(np.stack(rows), np.stack(ones), np.tile(ERROR, (2, 1)), every, np.isnan(rows), every))
            for rows, ones in zip(zip(*drives, strict=True), zip(*wanted, strict=True), strict=True)
        ]
    )
    for copy in range(2):
        np.testing.assert_allclose(both[:, copy], evidence(drives[copy], wanted[copy], known))


def test_noise_within_what_is_tolerated_does_not_stray_however_sure_the_others_are() -> None:
    rng = np.random.default_rng(4)
    observed = np.full((600, 4), 50.0) + rng.normal(0.0, 3.0, (600, 4))
    expected, known = np.full((600, 4), 50.0), np.ones((600, 4))
    tolerant = plan().model_copy(
        update={"channels": tuple(one.model_copy(update={"tolerance": 12.0}) for one in plan().channels)}
    )

    def strays(of_plan: Plan) -> float:
        evidence = Evidence(of_plan, KNOWN)
        for row, wanted, error in zip(observed, expected, known, strict=True):
            judged = np.ones(4, np.bool_)
            found = evidence.step(Moment(row, wanted, 0.5 * error, judged, ~judged, judged))
        return float(found[KINDS.index(Kind.STRAYS_60)].max())

    assert strays(plan()) > 4.0
    assert strays(tolerant) < 1.0
