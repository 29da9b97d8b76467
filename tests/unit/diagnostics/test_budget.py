"""No second of a bus holds more of ours than was granted, and a question waits no longer than it must."""

from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.budget import WINDOW_NS, Budget, frame_bits

MS = 1_000_000


def test_a_frame_of_eight_bytes_has_135_bits_at_worst_and_160_with_a_long_id() -> None:
    assert frame_bits(8, extended=False) == 135
    assert frame_bits(8, extended=True) == 160
    assert frame_bits(0, extended=False) == 55


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 2_000)), max_size=60))
def test_who_waits_until_there_is_room_never_exceeds_the_budget(wishes: list[tuple[int, int]]) -> None:
    budget = Budget(100_000, share=0.05)
    spent: list[tuple[int, int]] = []
    now_ns = 0
    for pause_ms, bits in wishes:
        now_ns = budget.free_at(bits, now_ns + pause_ms * MS)
        budget.spend(bits, now_ns)
        spent.append((now_ns, bits))
    for end_ns, _ in spent:
        assert sum(bits for at_ns, bits in spent if end_ns - WINDOW_NS < at_ns <= end_ns) <= budget.bits_per_s


def test_a_question_is_taken_to_cost_what_it_once_cost() -> None:
    budget = Budget(500_000)
    first = budget.cost(b"0902", extended=False)
    budget.learn(b"0902", 540)
    budget.learn(b"0902", 135)
    assert budget.cost(b"0902", extended=False) == 540 < first


def test_the_pause_in_long_answers_keeps_them_within_the_budget() -> None:
    for bitrate, share in ((500_000, 0.05), (250_000, 0.05), (250_000, 0.02), (500_000, 0.5)):
        budget = Budget(bitrate, share=share)
        for extended in (False, True):
            frames_per_s = 1_000 / budget.separation_ms(extended=extended)
            assert frames_per_s * frame_bits(8, extended=extended) <= budget.bits_per_s


def test_what_is_larger_than_the_whole_budget_waits_for_an_empty_second_and_no_longer() -> None:
    budget = Budget(1_000, share=0.5)
    budget.spend(400, 0)
    assert budget.free_at(2_000, MS) == WINDOW_NS
    assert budget.free_at(2_000, WINDOW_NS) == WINDOW_NS
