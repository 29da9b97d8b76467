"""What a press means."""

import pytest

from edge.driver.buttons import HELD_S, Buttons
from edge.driver.notice import Wish

HELD = [Wish.PRIVATE_ON, Wish.WORKSHOP_ON]


def test_a_press_acknowledges_at_once_however_short() -> None:
    buttons = Buttons()
    buttons.press(Wish.ACKNOWLEDGE, 1.0)
    buttons.release(Wish.ACKNOWLEDGE)
    assert buttons.due(1.0) == [Wish.ACKNOWLEDGE]
    assert (buttons.due(1.0), buttons.next_s(1.0)) == ([], None)


@pytest.mark.parametrize("wish", HELD)
def test_a_mode_is_due_when_its_button_was_held_and_once(wish: Wish) -> None:
    buttons = Buttons()
    buttons.press(wish, 10.0)
    assert buttons.next_s(11.0) == HELD_S[wish] - 1.0
    assert buttons.due(10.0 + HELD_S[wish] - 0.01) == []
    assert buttons.due(10.0 + HELD_S[wish]) == [wish]
    assert (buttons.due(100.0), buttons.next_s(100.0)) == ([], None)


@pytest.mark.parametrize("wish", HELD)
def test_two_short_presses_are_not_one_long_one(wish: Wish) -> None:
    buttons = Buttons()
    buttons.press(wish, 0.0)
    buttons.release(wish)
    buttons.press(wish, 2.5)
    assert buttons.due(HELD_S[wish] + 2.0) == []
    buttons.release(wish)
    buttons.release(wish)
    assert buttons.due(100.0) == []


def test_private_takes_three_seconds_and_the_workshop_five() -> None:
    assert [HELD_S[wish] for wish in HELD] == [3.0, 5.0]


def test_the_next_that_is_due_is_waited_for() -> None:
    buttons = Buttons()
    for wish in HELD:
        buttons.press(wish, 0.0)
    assert buttons.next_s(1.0) == 2.0
    assert buttons.next_s(4.0) == 0.0
    assert buttons.due(4.0) == [Wish.PRIVATE_ON]
    assert buttons.next_s(4.0) == 1.0
