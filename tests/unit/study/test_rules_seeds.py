import pytest

from tests.study.rules.seeds import FINAL_FIRST, SeedError, check_seeds, default_seeds, nth, parse_seeds


def test_seeds_are_a_range_or_one() -> None:
    assert parse_seeds("1000:1003") == range(1000, 1003)
    assert parse_seeds("7") == range(7, 8)


@pytest.mark.parametrize("text", ["", "a", "5:5", "9:3", "-1:4", "1:2:3", "1.5"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="seeds"):
        parse_seeds(text)


@pytest.mark.parametrize(
    ("seeds", "final", "allowed"),
    [
        (range(10_000), False, True),
        (range(9_999, 10_001), False, False),
        (range(20_000, 20_001), False, False),
        (range(20_000, 20_001), True, False),
        (range(9_000, 60_000), True, False),
        (range(FINAL_FIRST, FINAL_FIRST + 5), False, False),
        (range(FINAL_FIRST, FINAL_FIRST + 5), True, True),
        (range(1000, 1010), True, False),
    ],
)
def test_final_seeds_are_opened_only_when_it_is_said_and_then_alone(seeds: range, final: bool, allowed: bool) -> None:
    if allowed:
        check_seeds(seeds, final=final)
        return
    with pytest.raises(SeedError):
        check_seeds(seeds, final=final)


@pytest.mark.parametrize("final", [False, True])
def test_the_seeds_that_are_taken_unasked_are_allowed(final: bool) -> None:
    check_seeds(default_seeds(1000, final=final), final=final)


def test_seeds_come_again_when_they_are_used_up() -> None:
    assert [nth(range(5, 8), place) for place in range(4)] == [5, 6, 7, 5]
