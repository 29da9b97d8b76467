"""A vehicle's first hours: stages, what is learned, limits, and what outlives a restart."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from edge.detect.sensors.commissioning import Commissioning, Hours, Samples, Stage
from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.kinds import KINDS, Kind
from edge.detect.sensors.learned import Learned
from edge.detect.sensors.limits import Maxima, limits_of
from edge.detect.sensors.memory import packed, unpacked
from edge.detect.sensors.watch import Trained, Watch, evidence_of
from edge.errors import ModelError
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, ROAD, SPEED, Float64s, drive, plan, told

pytestmark = pytest.mark.xdist_group("commissioning")
HOURS: Final = Hours(looking=0.2, fitting=0.6, scaling=0.6, measuring=1.0)
TRAINED: Final = Trained(np.zeros(4), np.ones(4))
MODEL: Final = "0" * 64


def anew() -> Commissioning:
    """Of a vehicle that nothing is known of."""
    return Commissioning(plan(), Regressors(4), TRAINED)


def no_answers(rows: np.ndarray) -> Float64s:
    """The answers are given."""
    raise AssertionError(len(rows))


def drives(commissioning: Commissioning, rows: Float64s) -> None:
    """One drive in commissioning."""
    watch = Watch(plan(), TRAINED, commissioning.regressors, no_answers)
    commissioning.begin_trip()
    for row, answers in zip(rows, told(rows), strict=True):
        commissioning.see(watch, watch.step(row, answers))
        if commissioning.seconds >= 3600 * HOURS.of(commissioning.stage):
            commissioning.advance()


def commissioned() -> Commissioning:
    """After its hours."""
    commissioning = anew()
    seed = 0
    while commissioning.stage is not Stage.ARMED:
        drives(commissioning, drive(1800, seed=seed))
        seed += 1
    return commissioning


@pytest.fixture(scope="module")
def learned() -> Learned:
    found = commissioned().learned
    assert found is not None
    return found


def alarms(learned: Learned, rows: Float64s, healthy: Float64s | None = None) -> Float64s:
    """(seconds, channels): strongest evidence in shares of its limit; `healthy`: what experts know it by."""
    limits = learned.limits(0.1, plan())
    watch = Watch(plan(), TRAINED, Regressors(4), no_answers)
    evidence = evidence_of(plan(), learned)
    strength = [
        (evidence.step(watch.judged(watch.step(row, answers), learned)) / limits).max(axis=0)
        for row, answers in zip(rows, told(rows if healthy is None else healthy), strict=True)
    ]
    return np.array(strength)


def test_stages_follow_each_other_and_only_the_last_one_is_armed() -> None:
    commissioning = anew()
    seen = [commissioning.stage]
    for seed in range(12):
        drives(commissioning, drive(1800, seed=seed))
        if commissioning.stage is not seen[-1]:
            seen.append(commissioning.stage)
    assert seen == [Stage.LOOKING, Stage.FITTING, Stage.SCALING, Stage.MEASURING, Stage.ARMED]


def test_an_engine_that_stands_teaches_nothing() -> None:
    commissioning = anew()
    rows = drive(1800, seed=1)
    rows[:, SPEED] = 0.0
    drives(commissioning, rows)
    assert commissioning.stage is Stage.LOOKING
    assert commissioning.seconds == 0


def test_what_is_not_true_of_this_vehicle_is_unlearned(learned: Learned) -> None:
    assert learned.explained[SPEED] > 0.8
    assert learned.explained[PRESSURE] > 0.9, "the experts alone explain three quarters"


def test_a_healthy_drive_stays_below_its_limits(learned: Learned) -> None:
    assert max(alarms(learned, drive(3000, seed=seed)).max() for seed in range(100, 104)) < 1.0


@pytest.mark.parametrize(("channel", "bias"), [(SPEED, 250.0), (PRESSURE, 6.0), (COOLANT, 10.0), (ROAD, 8.0)])
def test_a_bias_is_found_on_its_own_channel(learned: Learned, channel: int, bias: float) -> None:
    healthy = drive(3000, seed=200)
    rows = healthy.copy()
    rows[1500:, channel] += bias
    strength = alarms(learned, rows, healthy)
    assert strength[:1500].max() < 1.0
    assert strength[1500:, channel].max() > 1.0


def test_a_channel_that_dropped_out_is_found(learned: Learned) -> None:
    healthy = drive(2000, seed=201)
    rows = healthy.copy()
    rows[1500:, PRESSURE] = np.nan
    assert alarms(learned, rows, healthy)[1600:, PRESSURE].max() > 1.0


def test_a_signal_that_this_vehicle_lacks_is_not_armed_nor_awaited() -> None:
    commissioning = anew()
    for seed in range(12):
        rows = drive(1800, seed=seed)
        rows[:, ROAD] = np.nan
        drives(commissioning, rows)
    assert commissioning.learned is not None
    assert commissioning.learned.usable.tolist() == [True, True, False, True]
    healthy = drive(2000, seed=201)
    healthy[:, ROAD] = np.nan
    rows = healthy.copy()
    rows[1500:, PRESSURE] = np.nan
    found = alarms(commissioning.learned, rows, healthy)
    assert found[1600:, PRESSURE].max() > 1.0, "two of two others are known"
    assert found[:, ROAD].max() == 0.0


def test_what_was_learned_outlives_a_restart_at_every_stage() -> None:
    whole = anew()
    restarted = anew()
    for seed in range(9):
        rows = drive(1800, seed=seed)
        drives(whole, rows)
        drives(restarted, rows)
        restarted = unpacked(packed([restarted], MODEL), anew, MODEL)[0]
        assert (restarted.stage, restarted.seconds) == (whole.stage, whole.seconds)
    assert whole.learned is not None
    assert restarted.learned is not None
    np.testing.assert_allclose(restarted.learned.coefficients, whole.learned.coefficients, rtol=1e-4, atol=1e-6)
    found = [limits(one.maxima, 0.1, everywhere(4)) for one in (whole.learned, restarted.learned)]
    np.testing.assert_allclose(found[1], found[0], rtol=0.05, atol=1e-3)


def test_what_has_drifted_outlives_a_restart() -> None:
    armed = commissioned()
    assert len(packed([armed], MODEL)) < 64 * 1024, "it is written every ten minutes of driving, for years"
    rng = np.random.default_rng(5)
    certain = np.full(4, 2.0)
    for block in range(100):
        for _ in range(601):
            armed.drifts.take(rng.normal(4.0 * (block > 40), 0.2, 4), np.array([True, False, True, True]), certain)
    again = unpacked(packed([armed], MODEL), anew, MODEL)[0]
    assert np.isfinite(armed.drifts.drifted(certain)).tolist() == [True, False, True, True]
    np.testing.assert_array_equal(again.drifts.drifted(certain), armed.drifts.drifted(certain))
    assert (again.drifts.rows > 0).tolist() == [True, False, True, True]


def test_memory_of_other_experts_is_refused() -> None:
    with pytest.raises(ModelError, match="another version"):
        unpacked(packed([anew()], MODEL), anew, "1" * 64)


@pytest.mark.parametrize("damage", [b"", b"PK", b"nonsense" * 100])
def test_damaged_memory_is_refused_and_says_what_follows(damage: bytes) -> None:
    with pytest.raises(ModelError, match="learned anew"):
        unpacked(damage, anew, MODEL)


def test_every_byte_of_memory_may_be_wrong() -> None:
    content = packed([anew()], MODEL)
    for place in range(0, len(content), 7):
        spoilt = bytearray(content)
        spoilt[place] ^= 0xFF
        try:
            unpacked(bytes(spoilt), anew, MODEL)
        except ModelError:
            continue


def everywhere(channels: int) -> npt.NDArray[np.bool_]:
    return np.full((len(KINDS), channels), fill_value=True)


def limits(maxima: Maxima, per_hour: float, looked_at: npt.NDArray[np.bool_]) -> Float64s:
    """Of experts that are certain to the last bit."""
    exact = np.zeros(looked_at.shape[1])
    return limits_of(maxima, per_hour=per_hour, looked_at=looked_at, certain=exact, tolerance=exact)


def predicted(rarer: float, blocks: int) -> float:
    """How many mean excesses lie between the largest of so many and what is so much rarer, as far as these tell."""
    return float(blocks * (rarer ** (1.0 / blocks) - 1.0))


def test_a_smaller_budget_has_higher_limits() -> None:
    maxima = Maxima(2)
    random = np.random.default_rng(1)
    for _ in range(600 * 40):
        maxima.take(random.exponential(size=(len(KINDS), 2)), is_judged=True)
    strict, loose = (limits(maxima, rate, everywhere(2)) for rate in (0.01, 1.0))
    assert maxima.blocks == 40
    counted = [number for number, kind in enumerate(KINDS) if kind is not Kind.MISSING]
    assert (strict[counted] > loose[counted]).all()
    assert (loose >= maxima.largest[0] * 0.999).all()


def test_gears_that_no_steady_driving_has_shown_raise_no_alarm() -> None:
    maxima = Maxima(2)
    shown = np.ones((len(KINDS), 2))
    shown[KINDS.index(Kind.GEARS_600), 1] = 0.0
    for _ in range(600 * 3):
        maxima.take(shown, is_judged=True)
    gears = limits(maxima, 0.1, everywhere(2))[KINDS.index(Kind.GEARS_600)]
    assert np.isfinite(gears).tolist() == [True, False]


def test_a_tail_is_drawn_to_the_usual_one() -> None:
    place = KINDS.index(Kind.STRAYS_60)
    maxima = Maxima(2)
    rng = np.random.default_rng(7)
    for _ in range(60):
        shown = np.zeros((len(KINDS), 2))
        shown[place] = [5.0, 5.0 * rng.pareto(1.0) + 5.0]
        for _ in range(600):
            maxima.take(shown, is_judged=True)
    assert maxima.blocks == 60
    short, long = limits(maxima, 0.01, everywhere(2))[place] / maxima.largest[0, place]
    beyond = predicted(6.0 / 60.0 / 0.01 * 2, 60)  # two of a kind share the budget
    assert short == pytest.approx(np.exp(beyond * (0.02 + 0.15) / 2), rel=0.01), "no evidence ends abruptly"
    assert long == pytest.approx(np.exp(beyond * (0.3 + 0.15) / 2), rel=0.01), "nor does any never end"


def test_the_fewer_hours_the_further_a_limit_is_from_what_they_have_shown() -> None:
    factors = []
    for blocks in (8, 30, 300):
        maxima = Maxima(1)
        for _ in range(600 * blocks):
            maxima.take(np.full((len(KINDS), 1), 5.0), is_judged=True)
        factors.append(limits(maxima, 0.01, everywhere(1))[KINDS.index(Kind.STRAYS_60), 0] / 5.0)
    assert factors == sorted(factors, reverse=True)
    tails = ((7 * 0.02 + 9 * 0.15) / 16, 0.085, 0.085)  # eight maxima weigh less beside the usual tail than ten
    beyond = [predicted(6.0 / blocks / 0.01 * (len(KINDS) - 1), blocks) for blocks in (8, 30, 300)]
    wanted = [np.exp(far * tail) for far, tail in zip(beyond, tails, strict=True)]
    assert factors == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("spread", [0.05, 0.7, 3.0])
def test_a_surprise_is_surpassed_as_seldom_as_the_budget_says(spread: float) -> None:
    place = KINDS.index(Kind.MISPLACED_60)
    maxima = Maxima(1)
    rng = np.random.default_rng(7)
    for _ in range(60):
        shown = np.zeros((len(KINDS), 1))
        shown[place] = 3.0 + rng.exponential(spread)
        for _ in range(600):
            maxima.take(shown, is_judged=True)
    limit = limits(maxima, 0.01, everywhere(1))[place, 0]
    beyond = predicted(6.0 / 60.0 / 0.01, 60)
    believed = min(max(spread, 0.5), 1.0)
    assert limit == pytest.approx(maxima.largest[0, place, 0] + believed * beyond, rel=0.25)


@pytest.mark.parametrize("usual", [0.1, 1.0, 3.0])
def test_a_stand_is_longer_than_any_in_healthy_hours_as_seldom_as_the_budget_says(usual: float) -> None:
    place, maxima = KINDS.index(Kind.STANDS), Maxima(2)
    rng = np.random.default_rng(7)
    for _ in range(60):
        shown = np.zeros((len(KINDS), 2))
        shown[place, 0] = 3.0 + rng.exponential(usual)
        for _ in range(600):
            maxima.take(shown, is_judged=True)
    limit, never_stood = limits(maxima, 0.01, everywhere(2))[place]
    longest = float(maxima.largest[0, place, 0])
    wait = max(usual, 0.1 * longest)
    assert limit == pytest.approx(longest + wait * predicted(6.0 / 60.0 / 0.01, 60), rel=0.25)
    assert never_stood == np.inf, "nothing is known of how long it does"


def of_silences(*seconds: float) -> float:
    """Seconds without an answer that alarm, after twenty blocks of so long a silence each, one block after another."""
    place, maxima = KINDS.index(Kind.MISSING), Maxima(1)
    for number in range(20):
        shown = np.zeros((len(KINDS), 1))
        shown[place] = -np.expm1(-seconds[number % len(seconds)] / 60.0)
        for _ in range(600):
            maxima.take(shown, is_judged=True)
    return float(-60.0 * np.log1p(-limits(maxima, 0.001, everywhere(1))[place, 0]))


def test_how_long_silence_alarms_is_learned_from_how_long_it_is_when_nothing_is_wrong() -> None:
    """A sensor of nitrogen oxides is off as long as its pipe is cold: in an odd hour for longer than in any before."""
    assert of_silences(0.0) == pytest.approx(-60.0 * np.log(0.75)), "where answers never fail, a quarter of a minute"
    assert of_silences(5.0) == pytest.approx(-60.0 * np.log(0.75)), "a hiccup"
    some, more, uneven = of_silences(40.0), of_silences(80.0), of_silences(80.0, 40.0, 20.0)
    assert 40.0 * 1.1 < some < 40.0 * 3.0
    assert some < more < uneven, "the longer and the more it differs"
    assert more == pytest.approx(2.0 * some, rel=1e-3)
    usual, heaviest = (0.02 + 0.15) / 2, (0.3 + 0.15) / 2
    assert uneven / more == pytest.approx(np.exp((heaviest - usual) * predicted(6.0 / 20 / 0.001, 20)), rel=1e-3)


def test_a_last_digit_is_the_step_between_values_that_nearly_all_steps_reach() -> None:
    rng = np.random.default_rng(3)
    samples = Samples()
    for _ in range(4000):
        coarse, fine = rng.uniform(0.0, 100.0, 2)
        samples.take(np.array([round(coarse / 0.4) * 0.4, fine, 5.0, np.nan]))
    digits = samples.last_digits()
    assert digits == pytest.approx([0.4, 0.0, 0.0, 0.0], abs=0.02)


def test_less_than_the_last_digit_is_worth_no_alarm(learned: Learned) -> None:
    digits = (np.zeros(4), np.array([1e6, 0.0, 0.0, 0.0]))
    fine, raised = (
        replace(learned, last_digit=one).limits(0.01, plan())[KINDS.index(Kind.LEANS_600)] for one in digits
    )
    assert raised[SPEED] == 0.5e6
    assert raised[1:].tolist() == fine[1:].tolist()


def test_what_a_plan_is_without_never_alarms_and_leaves_its_share_to_the_others(learned: Learned) -> None:
    whole = learned.limits(0.01, plan())
    fewer = learned.limits(0.01, plan(without=["strays_60", "leans_60"]))
    gone = [KINDS.index(Kind.STRAYS_60), KINDS.index(Kind.LEANS_60)]
    assert np.isinf(fewer[gone]).all()
    rest = np.isfinite(fewer)
    assert rest.sum() == np.isfinite(whole).sum() - np.isfinite(whole[gone]).sum()
    assert (fewer[rest] <= whole[rest]).all()
    assert (fewer[rest] < whole[rest]).any()


def test_nothing_measured_alarms_nothing() -> None:
    assert np.isinf(limits(Maxima(3), 0.1, everywhere(3))).all()


def test_what_healthy_driving_never_shows_takes_no_share_of_the_budget() -> None:
    maxima, alone = Maxima(2), Maxima(1)
    rng = np.random.default_rng(1)
    for _ in range(600 * 20):
        shown = rng.exponential(size=len(KINDS))
        maxima.take(np.stack([shown, np.zeros(len(KINDS))], axis=1), is_judged=True)
        alone.take(shown[:, None], is_judged=True)
    both, one = (limits(found, 0.1, everywhere(width)) for found, width in ((maxima, 2), (alone, 1)))
    assert both[:, :1].tolist() == one.tolist()


def test_what_is_not_looked_at_has_no_limit_and_no_share() -> None:
    maxima = Maxima(2)
    rng = np.random.default_rng(1)
    for _ in range(600 * 20):
        maxima.take(rng.exponential(size=(len(KINDS), 2)), is_judged=True)
    looked_at = everywhere(2)
    looked_at[:, 1] = False
    half, whole = (limits(maxima, 0.1, one) for one in (looked_at, everywhere(2)))
    assert np.isinf(half[:, 1]).all()
    lean = KINDS.index(Kind.LEANS_600)
    assert half[lean, 0] < whole[lean, 0]


def test_a_few_quiet_hours_make_no_limit_below_what_experts_are_certain_of() -> None:
    maxima = Maxima(2)
    for _ in range(600 * 12):
        maxima.take(np.full((len(KINDS), 2), 1e-6), is_judged=True)
    certain, tolerance = np.array([1.0, 10.0]), np.array([8.0, 0.0])
    found = limits_of(maxima, per_hour=0.1, looked_at=everywhere(2), certain=certain, tolerance=np.zeros(2))
    assert found[KINDS.index(Kind.STUCK)].tolist() == [5.0, 50.0]
    assert found[KINDS.index(Kind.STRAYS_60)].tolist() == [2.0, 2.0]
    found = limits_of(maxima, per_hour=0.1, looked_at=everywhere(2), certain=certain, tolerance=tolerance)
    assert found[KINDS.index(Kind.STUCK)].tolist() == [8.0, 50.0]
    assert found[KINDS.index(Kind.STRAYS_60)].tolist() == [2.0, 2.0], "which is in no unit"


def test_a_margin_widens_all_limits_but_those_of_what_is_missing() -> None:
    maxima = Maxima(2)
    rng = np.random.default_rng(2)
    for _ in range(600 * 12):
        maxima.take(0.1 * rng.random((len(KINDS), 2)), is_judged=True)
    ones = np.ones(2)
    one, three = (
        limits_of(maxima, per_hour=0.1, looked_at=everywhere(2), certain=ones, tolerance=ones, margin=margin)
        for margin in (1.0, 3.0)
    )
    missing = KINDS.index(Kind.MISSING)
    assert np.array_equal(one[missing], three[missing])
    others = np.arange(len(KINDS)) != missing
    np.testing.assert_allclose(three[others], 3.0 * one[others])
