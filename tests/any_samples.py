"""Samples of any kind that signals may have, for properties of what keeps them."""

import math
from typing import Final

from hypothesis import strategies as st

from edge.wire.sample_block import Sampled, Samples
from tests.in_columns import Row, sampled

TIMES: Final = st.one_of(st.integers(0, 3), st.integers(0, 10**10), st.integers(-(2**63), 2**63 - 1))
FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False)
SCALED: Final = st.tuples(
    st.sampled_from([1.0, 0.1, 0.01, 0.5, 0.03125, 100 / 255, 50.0, 1e-7]), st.sampled_from([0.0, -40.0, -819.2])
)


@st.composite
def signals(draw: st.DrawFn, number: int, shared: list[int]) -> tuple[Sampled, list[Row]]:
    """A signal and its samples: scaled raw numbers, any floats, words, unknown; at times that others share, or not."""
    times = draw(st.one_of(st.just(shared), st.lists(TIMES, max_size=8)))
    words = tuple(draw(st.lists(st.text(max_size=5), max_size=3)))
    scale, offset = draw(SCALED)
    scaled = st.integers(-70_000, 70_000).map(lambda raw: raw * scale + offset)
    one = (
        st.integers(0, len(words) - 1).map(float) if words else draw(st.sampled_from([scaled, FLOATS, st.just(scale)]))
    )
    values = draw(st.lists(st.one_of(one, one, one, st.just(math.nan)), min_size=len(times), max_size=len(times)))
    path, unit = draw(st.text(max_size=8)), draw(st.sampled_from(["", "km/h", "Ω"]))
    return Sampled(path, unit, words), [(time, number, value) for time, value in zip(times, values, strict=True)]


@st.composite
def any_samples(draw: st.DrawFn) -> Samples:
    """Samples of a few signals in the order that a block gives."""
    shared = draw(st.lists(TIMES, max_size=8))
    drawn = [draw(signals(number, shared)) for number in range(draw(st.integers(0, 5)))]
    rows = sorted((row for _, found in drawn for row in found), key=lambda row: row[:2])
    return sampled(rows, [signal for signal, _ in drawn])


ANY_SAMPLES: Final = any_samples()
