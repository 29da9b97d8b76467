"""What was handed out: exactly those numbers, in bounded room."""

from hypothesis import given
from hypothesis import strategies as st

from edge.outbox.handed import RANGES_MAX, HandedOut, is_within
from edge.wire.downlink import Ack, ack_of

NAME = "bulk-0000000000000001"
SEQS = st.lists(st.integers(1, 60), max_size=12)
SPANS = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=4)


def acked(spans: list[tuple[int, int]]) -> Ack:
    return ack_of(NAME, [(first, first + more) for first, more in spans])


@given(st.lists(st.tuples(SEQS, SPANS), max_size=8), SPANS)
def test_it_is_the_set_of_what_went_out_and_is_not_acknowledged(
    steps: list[tuple[list[int], list[tuple[int, int]]]], last: list[tuple[int, int]]
) -> None:
    handed_out, model, highest = HandedOut(), set[int](), 0
    for seqs, spans in steps:
        assert handed_out.add(seqs) == len([seq for seq in seqs if seq not in model])
        model |= set(seqs)
        highest = max([highest, *seqs])
        handed_out.let_go(acked(spans))
        model = {seq for seq in model if not acked(spans).covers(seq)}
    told = [seq for low, high in handed_out.covered_by(acked(last)) for seq in range(low, high + 1)]
    assert sorted(told) == sorted(seq for seq in model if acked(last).covers(seq))
    assert handed_out.highest == highest


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(0, 70))
def test_a_number_is_within_ranges_or_not(starts: list[int], seq: int) -> None:
    ranges = [(start * 7, start * 7 + start % 5) for start in sorted(set(starts))]
    assert is_within(ranges, seq) == any(first <= seq <= last for first, last in ranges)


def test_it_is_bounded_and_lets_go_of_the_lowest() -> None:
    handed_out = HandedOut()
    handed_out.add(range(1, 4 * RANGES_MAX, 2))
    assert len(handed_out) == RANGES_MAX
    everything = handed_out.covered_by(Ack(stream=NAME, upto=2**63 - 1))
    assert everything[0] == (2 * RANGES_MAX + 1, 2 * RANGES_MAX + 1)
    assert handed_out.add([1]) == 1, "it may be handed out again"
