"""Starts of an engine by what they do to the supply: how deep, when, and how closely it is looked at meanwhile."""

import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measured import CRANK_MINIMUM, VOLTS, Reading
from edge.supply.crank import CRANK_MAX_NS, CRANKS, FAST_NS, IMPLAUSIBLE, QUIET_NS, SLOW_NS, CrankWatch
from edge.supply.nominal import Nominal

S = 1_000_000_000


def start(at_s: float, *, rest: float = 12.5, deepest: float = 9.4, scale: float = 1.0) -> float:
    """Volts of a battery at rest whose starter is switched on at 60 s and pulls for 1.2 s; then it is charged."""
    since_s = at_s - 60.0
    if since_s < 0.0:
        return rest * scale
    if since_s < 1.2:
        level = deepest + 1.2 * (1.0 - math.exp(-since_s / 0.08))
        return (level + 0.3 * math.sin(since_s * 60.0) * (since_s > 0.1)) * scale
    return 14.2 * scale


def lived(watch: CrankWatch, until_s: float, volts: object = start, **how: float) -> Iterator[Reading]:
    """A watch that reads as often as it wants to."""
    now_ns = 0
    while now_ns <= until_s * S:
        yield from watch.take(now_ns, volts(now_ns / S, **how))  # type: ignore[operator]  # one of the functions here
        now_ns += watch.pause_ns


@pytest.mark.parametrize(("scale", "nominal"), [(1.0, 12), (2.0, 24)])
def test_a_start_is_seen_as_deep_as_it_was_and_when(scale: float, nominal: int) -> None:
    watch = CrankWatch(Nominal())
    told = list(lived(watch, 90.0, scale=scale))
    minima = [one for one in told if one.path == CRANK_MINIMUM]
    assert watch.nominal.volts == nominal
    assert watch.counters == {CRANKS: 1, IMPLAUSIBLE: 0}
    assert minima[-1].value == pytest.approx(9.4 * scale, abs=0.2 * scale)
    assert minima[-1].time_ns / S == pytest.approx(60.02, abs=0.03)
    assert [one.value for one in minima] == sorted((one.value for one in minima), reverse=True)


def test_each_reading_of_a_start_is_told_and_a_mean_of_each_second_else() -> None:
    told = [one.time_ns / S for one in lived(CrankWatch(Nominal()), 120.0) if one.path == VOLTS]
    during = [at for at in told if 60.0 <= at < 61.2]
    assert len(during) >= 100, "a hundred a second"
    assert len([at for at in told if at < 60.0]) == pytest.approx(60, abs=2)
    assert len([at for at in told if at > 62.0]) == pytest.approx(58, abs=2)


def test_what_is_charged_or_quiet_is_read_less_often() -> None:
    watch = CrankWatch(Nominal())
    list(lived(watch, 50.0))
    assert watch.pause_ns == FAST_NS, "the next start may come at any moment"
    list(lived(watch, 90.0, start))
    assert watch.pause_ns == SLOW_NS, "it is charged"
    parked = CrankWatch(Nominal())
    list(lived(parked, QUIET_NS / S + 1.0, lambda _at_s: 12.5))
    assert parked.pause_ns == SLOW_NS
    parked.take(QUIET_NS + 2 * S, 12.3)
    parked.take(QUIET_NS + 2 * S + SLOW_NS, 12.3)
    assert parked.pause_ns == FAST_NS, "somebody opened a door"


def test_one_wrong_reading_is_no_start() -> None:
    watch = CrankWatch(Nominal())
    for number in range(100):
        watch.take(number * FAST_NS, 12.5)
    told = watch.take(100 * FAST_NS, 0.1) + watch.take(101 * FAST_NS, 12.5)
    assert watch.counters[CRANKS] == 0
    assert [one for one in told if one.path == CRANK_MINIMUM] == []


def test_what_cannot_be_is_counted_and_told_to_nobody() -> None:
    watch = CrankWatch(Nominal())
    assert [watch.take(number, volts) for number, volts in enumerate((-0.1, 99.0, math.nan, math.inf))] == [[]] * 4
    assert watch.counters[IMPLAUSIBLE] == 4


def test_a_load_that_stays_is_no_start_for_ever() -> None:
    watch = CrankWatch(Nominal())
    list(lived(watch, 60.0 + CRANK_MAX_NS / S + 5.0, lambda at_s: 12.5 if at_s < 60.0 else 11.4))
    assert not watch.is_cranking
    assert watch.counters[CRANKS] == 1
    list(lived(watch, 200.0, lambda _at_s: 11.4))
    assert watch.counters[CRANKS] == 1, "11.4 V is its rest by now"


def test_who_says_what_it_is_is_believed() -> None:
    assert Nominal(24).scale == 2.0
    spiked = Nominal()
    spiked.take(30.0)
    spiked.take(12.5)
    assert spiked.volts == 12, "one reading may be a spike"


@given(
    st.lists(
        st.tuples(st.integers(1, 2 * S), st.floats(-5.0, 50.0) | st.just(math.nan)),
        max_size=300,
    )
)
def test_whatever_it_reads_time_goes_on_minima_fall_and_values_were_read(steps: list[tuple[int, float]]) -> None:
    watch, now_ns, last = CrankWatch(Nominal()), 0, Reading(0, VOLTS, 0.0)
    was_cranking, minimum = False, math.inf
    for step_ns, volts in steps:
        now_ns += step_ns
        for one in watch.take(now_ns, volts):
            assert last.time_ns <= one.time_ns <= now_ns
            assert 0.0 <= one.value <= 40.0
            if one.path == CRANK_MINIMUM:
                minimum = minimum if was_cranking else math.inf
                assert one.value < minimum
                minimum, was_cranking = one.value, True
            last = one
        was_cranking = watch.is_cranking
        assert watch.pause_ns in (FAST_NS, SLOW_NS)
