"""Remaining life and scores: intervals that hold the truth, points that only ever go."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.health.model import Lifetime, Why
from cloud.health.score import score_of
from cloud.health.sorting import since
from cloud.health.stretch import DAY, Figure, Stretch
from cloud.health.wear import WEARING, fit, lifetime
from edge.wire.messages import Severity, TroubleCodeStatus
from tests.unit.cloud.patients import TRUCK, asked, code, evidence, system, warning
from tests.unit.cloud.vehicle import T0

PADS = next(one for one in WEARING if one.part == "brake_pads")


def days_of(values: Sequence[float], indicator: str = "fluid") -> list[Stretch]:
    return [Stretch(T0 + n * DAY, {indicator: Figure.of(value)}) for n, value in enumerate(values)]


def known(days: Sequence[Stretch]) -> Lifetime:
    found = lifetime(PADS, days, days[-1].started_at)
    assert found is not None
    return found


def test_a_steady_decline_ends_where_its_line_ends() -> None:
    found = known(days_of([90.0 - 0.4 * n for n in range(40)]))
    left = (90.0 - 0.4 * 39 - PADS.end) / 0.4
    assert found.middle_days == pytest.approx(left, rel=0.05)
    assert found.low_days is not None
    assert found.high_days is not None
    assert found.low_days < left < found.high_days


def test_more_days_make_the_interval_narrower() -> None:
    few, many = (known(days_of([90.0 - 0.3 * n for n in range(days)])) for days in (10, 80))
    widths = []
    for one in (few, many):
        assert one.low_days is not None
        assert one.middle_days is not None
        widths.append((one.middle_days - one.low_days) / one.middle_days)
    assert widths[1] < widths[0]


def test_what_does_not_wear_has_no_end_in_sight() -> None:
    found = known(days_of([90.0] * 200))
    assert found.middle_days is None
    assert "no end" in found.reason


def test_too_few_days_are_unknown_with_the_reason() -> None:
    found = known(days_of([90.0, 89.9]))
    assert (found.middle_days, found.low_days, found.high_days) == (None, None, None)
    assert "2 days" in found.reason


def test_what_the_vehicle_does_not_tell_has_no_life() -> None:
    assert lifetime(PADS, days_of([9.0] * 9, "start_v"), T0) is None


def test_what_is_due_is_due_now() -> None:
    found = known(days_of([62.0 - 0.4 * n for n in range(30)]))
    assert (found.middle_days, found.low_days) == (0.0, 0.0)


def test_a_leak_that_begins_is_believed_within_days() -> None:
    coolant = next(one for one in WEARING if one.part == "coolant")
    sound = [100.0, 99.8, 100.0, 99.9, 100.0, 99.9]
    days = days_of([*sound, 95.0, 90.2, 84.8], "coolant_level")
    before = lifetime(coolant, days[: len(sound)], days[len(sound) - 1].started_at)
    after = lifetime(coolant, days, days[-1].started_at)
    assert before is not None
    assert after is not None
    assert before.low_days is None or before.low_days > 60.0, "a sound system is no alarm"
    assert after.middle_days == pytest.approx((84.8 - 60.0) / 5.0, rel=0.2)
    assert after.low_days is not None
    assert after.high_days is not None
    assert after.low_days < 24.8 / 5.0 < after.high_days


def test_before_any_day_is_seen_the_rate_is_that_of_such_parts() -> None:
    line = fit([(0.0, 90.0), (0.001, 90.0), (0.002, 90.0)], PADS)
    assert line.rate == pytest.approx(PADS.rate, rel=0.05)
    assert line.rate_sd == pytest.approx(abs(PADS.rate) * 30.0, rel=0.05)


def test_nine_in_ten_intervals_hold_the_truth() -> None:
    """Lives drawn as the prior says, days as noisy as that, wear that changes as much as that."""
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(300):
        rate = PADS.rate * math.exp(rng.normal(0.0, 0.6))
        days = int(rng.integers(10, 90))
        values = 95.0 + rate * np.arange(days) + rng.normal(0.0, PADS.noise, days)
        future = rate * math.exp(rng.normal(0.0, 0.3))
        left = (PADS.end - (95.0 + rate * (days - 1))) / future
        found = known(days_of([float(value) for value in values]))
        low, high = found.low_days or 0.0, found.high_days if found.high_days is not None else math.inf
        inside.append(low <= left <= high)
    assert sum(inside) / len(inside) >= 0.88


def test_a_service_begins_the_wear_anew() -> None:
    worn = days_of([70.0 - 0.3 * n for n in range(30)] + [98.0 - 0.05 * n for n in range(20)])
    changed = replace(evidence(), days=worn, at=worn[-1].started_at)
    after = since(changed, T0 + 30 * DAY)
    assert len(after.days) == 20
    found = known(list(after.days))
    assert found.low_days is not None
    assert found.low_days > 100.0


OPEN = [warning(f"rule_{n}", "cooling", severity) for n, severity in enumerate(Severity)]
STORED = [code(f"P{n:04d}", status) for n, status in enumerate(TroubleCodeStatus)]
LIVES = [Lifetime("coolant", "coolant", days, days, days, "") for days in (0.0, 5.0, 20.0, 60.0, 1000.0)]


@given(st.sets(st.sampled_from(range(3))), st.sets(st.sampled_from(range(4))), st.sets(st.sampled_from(range(5))))
def test_whatever_else_is_known_never_makes_it_look_better(a: set[int], c: set[int], lives: set[int]) -> None:
    def score(alerts: set[int], codes: set[int], left: set[int], *, ill: bool) -> int:
        base = evidence(*[TRUCK] * 3, alerts=[OPEN[n] for n in sorted(alerts)])
        found = replace(base, codes=[STORED[n] for n in sorted(codes)])
        diagnosis = replace(asked("cooling", evidence()), why=Why.SURE if ill else Why.NOTHING_WRONG)
        scored = score_of(system("cooling"), found, diagnosis, [LIVES[n] for n in sorted(left)], None).score
        assert scored is not None
        return scored

    whole = score(a, c, lives, ill=False)
    assert 0 <= score(a, c, lives, ill=True) <= whole <= 100
    for n in range(3):
        assert score(a | {n}, c, lives, ill=False) <= whole
    for n in range(4):
        assert score(a, c | {n}, lives, ill=False) <= whole
    for n in range(5):
        assert score(a, c, lives | {n}, ill=False) <= whole


def test_nothing_known_is_unknown_and_not_zero() -> None:
    found = score_of(system("cooling"), evidence(), None, [], None)
    assert found.score is None
    assert "nothing is known" in found.reasons[0]


def test_old_news_is_said_to_be_old() -> None:
    late = replace(evidence(*[TRUCK] * 3), at=T0 + timedelta(days=30))
    found = score_of(system("cooling"), late, None, [], None)
    assert found.score == 100
    assert "nothing was heard since" in found.reasons[-1]
