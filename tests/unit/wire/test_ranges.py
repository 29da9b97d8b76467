"""Ranges of numbers, and the acknowledgements that are made of them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.wire.downlink import ACK_RANGES_MAX, ack_of
from edge.wire.ranges import merge_ranges, to_ranges

NAME = "alert-0123456789abcdef"
SEQS = st.sets(st.integers(1, 60))


def members(ranges: list[tuple[int, int]]) -> list[int]:
    return [seq for first, last in ranges for seq in range(first, last + 1)]


def test_neighbours_make_one_range() -> None:
    assert to_ranges([7, 1, 2, 3, 9, 8, 2]) == [(1, 3), (7, 9)]
    assert to_ranges([]) == []


@given(SEQS)
def test_ranges_hold_exactly_the_numbers_and_are_apart(seqs: set[int]) -> None:
    ranges = to_ranges(seqs)
    assert members(ranges) == sorted(seqs)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(ranges))


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=12))
def test_merged_ranges_hold_the_same_numbers(spans: list[tuple[int, int]]) -> None:
    ranges = [(first, first + more) for first, more in spans]
    assert merge_ranges(ranges) == to_ranges(members(ranges))


@given(SEQS)
def test_an_acknowledgement_covers_exactly_what_is_stored(seqs: set[int]) -> None:
    ack = ack_of(NAME, to_ranges(seqs))
    assert {seq for seq in range(1, 70) if ack.covers(seq)} == seqs
    assert ack.upto == next((seq - 1 for seq in range(1, 70) if seq not in seqs), 0)


def test_an_acknowledgement_names_a_bounded_number_of_ranges() -> None:
    ack = ack_of(NAME, [(seq, seq) for seq in range(2, 4 * ACK_RANGES_MAX, 2)], renew=True)
    assert (ack.upto, len(ack.also), ack.renew) == (0, ACK_RANGES_MAX, True)
    assert ack.also[0] == (2, 2)
