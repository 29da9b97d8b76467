"""What signals did over time, against every sample kept and reckoned anew."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spans import BUCKETS, FIGURES, Span, Spans, Wants

MS = 1_000_000
S = 1000 * MS
GRID = 100 * MS
SLOT = {"a": 0, "b": 1, "other": 2}
SHORT = (Span("a", S // 2), Span("a", 3 * S), Span("b", S))
START = 1_700_000_000 * S

Cell = list[tuple[str, float]]


@dataclass
class Kept:
    """Every sample, with the end of the cell in which it came; and the value at each tick."""

    samples: list[tuple[int, str, float]]
    ticks: list[tuple[int, dict[str, float]]]


def feed(spans: Spans, cells: Sequence[Cell], begin: int = START, stale: int = 10**9) -> Kept:
    """Judge cell by cell; a signal is unknown `stale` ticks after its last sample."""
    kept = Kept([], [])
    latest: dict[str, tuple[int, float]] = {}
    for number, cell in enumerate(cells):
        until = begin + (number + 1) * GRID
        kept.samples += [(until, path, value) for path, value in cell]
        latest |= {path: (number, value) for path, value in cell}
        now = {path: value for path, (at, value) in latest.items() if number - at <= stale}
        fresh = np.array([now.get(path, math.nan) for path in SLOT])
        spans.take(
            np.array([SLOT[path] for path, _ in cell], np.intp), np.array([value for _, value in cell], np.float64)
        )
        spans.step(fresh, until)
        kept.ticks.append((until, now))
    return kept


def figure(what: str, span: Span, kept: Kept) -> float | None:
    """What it is, from the samples themselves; None where it is unknown."""
    until, now = kept.ticks[-1]
    of_it = [value for at, path, value in kept.samples if path == span.path]
    within = [value for at, path, value in kept.samples if path == span.path and at > until - span.span_ns]
    if what == "count":
        return len(within) if of_it else None
    began = [ticked.get(span.path) for at, ticked in kept.ticks if at == until - span.span_ns]
    if what in {"delta", "rate"}:
        if not began or began[0] is None or span.path not in now:
            return None
        return (now[span.path] - began[0]) / (span.span_ns / S if what == "rate" else 1)
    if not within or span.path not in now or not _covered(span, kept, until):
        return None
    before = of_it[: len(of_it) - len(within)][-1:]
    figures: dict[str, float] = {
        "avg": float(np.mean(within)),
        "min": min(within),
        "max": max(within),
        "sum": sum(within),
        "stddev": float(np.std(within)),
        "changes": float(sum(one != other for one, other in pairwise([*before, *within]))),
    }
    return figures[what]


def _covered(span: Span, kept: Kept, until: int) -> bool:
    """Heard for the whole stretch: no silence of its length, and begun at least that long ago."""
    ends = sorted({at for at, path, _ in kept.samples if path == span.path})
    begun = ends[0]
    for one, other in pairwise(ends):
        if other - one >= span.span_ns:
            begun = other
    return until - begun >= span.span_ns - GRID


CELLS = st.lists(
    st.lists(st.tuples(st.sampled_from(tuple(SLOT)), st.sampled_from([0.0, 1.0, 2.5, -3.0, 1e8, 1e8 + 1])), max_size=4),
    min_size=1,
    max_size=60,
)


@settings(max_examples=150)
@given(CELLS)
def test_every_figure_is_that_of_the_samples(cells: list[Cell]) -> None:
    spans = Spans(Wants(SHORT, (), ("a", "b")), SLOT, GRID)
    kept = feed(spans, cells)
    for what in FIGURES:
        read = spans.read(what)
        for span in SHORT:
            row = spans.row(span)
            assert row is not None
            wanted = figure(what, span, kept)
            wanted = math.nan if wanted is None else wanted
            assert read[row] == pytest.approx(wanted, nan_ok=True, abs=1e-6), (what, span)


@given(CELLS)
def test_the_extremes_of_a_cell_are_those_of_its_samples(cells: list[Cell]) -> None:
    spans = Spans(Wants((), ("a", "b")), SLOT, GRID)
    kept = feed(spans, cells)
    for path in ("a", "b"):
        came = [value for name, value in cells[-1] if name == path]
        as_it_stood = kept.ticks[-1][1].get(path, math.nan)
        lane = spans.lane(path)
        assert lane is not None
        assert spans.low[lane] == pytest.approx(min(came, default=as_it_stood), nan_ok=True)
        assert spans.high[lane] == pytest.approx(max(came, default=as_it_stood), nan_ok=True)


def test_what_is_stale_is_unknown_over_any_stretch() -> None:
    spans = Spans(Wants(SHORT), SLOT, GRID)
    feed(spans, [[("a", 1.0)]] * 40 + [[]] * 3, stale=2)
    for what in set(FIGURES) - {"count"}:
        assert np.isnan(spans.read(what)).all(), what


def test_a_long_stretch_reaches_back_as_far_as_was_asked_to_within_a_bucket() -> None:
    hour = Span("a", 3600 * S)
    spans = Spans(Wants((hour,)), SLOT, GRID)
    feed(spans, [[("a", float(tick))] for tick in range(72_000)], begin=START + 3 * GRID)
    ticks = 36_000
    assert 71_999 - spans.read("min")[0] == pytest.approx(ticks, rel=1 / BUCKETS)
    assert spans.read("count")[0] == pytest.approx(ticks, rel=1 / BUCKETS)
    assert spans.read("rate")[0] == pytest.approx(10.0)
    assert spans.quantile(0, 0.9) == pytest.approx(72_000 - 0.1 * ticks, rel=0.01)


def test_a_silence_that_was_not_judged_leaves_nothing_behind() -> None:
    spans = Spans(Wants(SHORT), SLOT, GRID)
    feed(spans, [[("a", 5.0), ("b", 5.0)]] * 50)
    feed(spans, [[("a", 1.0), ("b", 1.0)]] * 8, begin=START + 3600 * S)
    row = spans.row(SHORT[0])
    assert row is not None
    assert spans.read("max")[row] == 1.0
    longer = spans.row(SHORT[1])
    assert longer is not None
    assert math.isnan(spans.read("max")[longer])


def test_a_signal_that_is_not_on_the_vehicle_has_no_place() -> None:
    spans = Spans(Wants((Span("none", S),), ("none",)), SLOT, GRID)
    assert spans.row(Span("none", S)) is None
    assert spans.lane("none") is None
    feed(spans, [[("a", 1.0)]])
    assert not len(spans.read("avg"))
