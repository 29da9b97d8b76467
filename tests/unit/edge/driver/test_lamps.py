"""What lamps and the buzzer show, as tables of cases."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.driver.lamps import BLINKING, BUZZES, FLASHING, STEADY, Light, Rhythm, light
from edge.driver.notice import CabState, Telltale
from tests.notices import state

ALL = ("red", "amber", "green")
UNKNOWN = CabState()
RED, SEEN = state("critical"), state("critical", acknowledged=True)

CASES = [
    ("all is well", state(), ALL, {"green"}, STEADY),
    ("caution", state("warning"), ALL, {"amber"}, STEADY),
    ("danger", RED, ALL, {"red"}, BLINKING),
    ("danger that was seen", SEEN, ALL, {"red"}, STEADY),
    ("danger that was seen, beside a caution that was not", replace(
        state("critical", "warning"), alerts=(SEEN.alerts[0], state("warning").alerts[0])
    ), ALL, {"red"}, STEADY),
    ("a second danger that was not seen", replace(
        RED, alerts=(SEEN.alerts[0], RED.alerts[0])
    ), ALL, {"red"}, BLINKING),
    ("nothing is heard", UNKNOWN, ALL, {"amber"}, FLASHING),
    ("private mode changes nothing", state("warning", private=True), ALL, {"amber"}, STEADY),
    ("workshop mode changes nothing", state("critical", workshop=True), ALL, {"red"}, BLINKING),
    ("caution, a lamp of two colours", state("warning"), ("red", "green"), {"red", "green"}, STEADY),
    ("nothing is heard, a lamp of two colours", UNKNOWN, ("red", "green"), {"red", "green"}, FLASHING),
    ("caution, one lamp", state("warning"), ("red",), {"red"}, STEADY),
    ("danger, one lamp", RED, ("red",), {"red"}, BLINKING),
    ("all is well, no green lamp", state(), ("red", "amber"), set(), STEADY),
    ("nothing is heard, one lamp", UNKNOWN, ("red",), {"red"}, FLASHING),
    ("no lamp", RED, (), set(), BLINKING),
]  # fmt: skip


@pytest.mark.parametrize(("shown", "there", "lamps", "rhythm"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_lamps_show_a_state(shown: CabState, there: tuple[str, ...], lamps: set[str], rhythm: Rhythm) -> None:
    assert light(shown, there) == Light(frozenset(lamps), rhythm)


@pytest.mark.parametrize("telltale", Telltale)
def test_with_three_lamps_no_state_is_dark(telltale: Telltale) -> None:
    assert light(CabState(telltale=telltale), ALL).lamps


def test_red_blinks_twice_a_second() -> None:
    on = [BLINKING.is_on(tenth / 20) for tenth in range(21)]
    assert sum(before is False and after for before, after in pairwise(on)) == 2


def test_a_critical_buzz_is_three_long_ones_and_a_warning_one_short_one() -> None:
    assert (BUZZES["critical"].times, BUZZES["warning"].times) == (3, 1)
    assert BUZZES["critical"].on_s >= 3 * BUZZES["warning"].on_s
    assert "info" not in BUZZES


rhythms = st.builds(
    Rhythm, st.floats(0.05, 3.0), st.one_of(st.just(0.0), st.floats(0.05, 3.0)), st.one_of(st.none(), st.integers(1, 5))
)


@given(rhythms, st.floats(0.0, 60.0))
def test_between_two_switches_nothing_changes(rhythm: Rhythm, since_s: float) -> None:
    next_s = rhythm.next_s(since_s)
    span_s = 60.0 if next_s is None else next_s
    for part in (0.1, 0.5, 0.9):
        assert rhythm.is_on(since_s + part * span_s) == rhythm.is_on(since_s)
    assert next_s is None or next_s > 0.0


@given(rhythms)
def test_what_has_an_end_is_off_after_it_and_never_switches_again(rhythm: Rhythm) -> None:
    if rhythm.times is not None:
        assert not rhythm.is_on(rhythm.lasts_s)
        assert rhythm.next_s(rhythm.lasts_s) is None
