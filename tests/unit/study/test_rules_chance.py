import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study.rules.chance import upper_bound


@pytest.mark.parametrize(("events", "most"), [(0, 2.9957), (1, 4.7439), (3, 7.7537), (10, 16.9622), (100, 118.0791)])
def test_the_bound_is_the_exact_one_of_the_tables(events: int, most: float) -> None:
    assert upper_bound(events, 1.0) == pytest.approx(most, abs=2e-4)


def test_nothing_watched_proves_nothing() -> None:
    assert upper_bound(0, 0.0) == math.inf


@given(st.integers(0, 300), st.floats(0.1, 10_000.0))
def test_so_few_would_be_seen_in_one_of_twenty_cases_at_the_bound(events: int, hours: float) -> None:
    mean = upper_bound(events, hours) * hours
    seen = sum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(events + 1))
    assert seen == pytest.approx(0.05, abs=1e-6)
