"""Lamps, a buzzer and buttons, at the mock pins that gpiozero brings along."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]  # it ships no types

from edge.driver.notice import CabState, Request, Wish
from edge.driver.pins import Pins
from edge.driver.settings import PinSettings
from tests.notices import Asked, notice, state
from tests.waiting import wait_until

RED, AMBER, GREEN, BUZZER, ACKNOWLEDGE, PRIVATE, WORKSHOP = 17, 27, 22, 18, 5, 6, 13
SETTINGS = PinSettings(
    enabled=True,
    red=RED,
    amber=AMBER,
    green=GREEN,
    buzzer=BUZZER,
    acknowledge=ACKNOWLEDGE,
    private=PRIVATE,
    workshop=WORKSHOP,
)


class Board:
    """Pins at a mock board, and what was asked for by its buttons."""

    def __init__(self, settings: PinSettings = SETTINGS) -> None:
        self.factory = MockFactory()
        self.asked = Asked()
        # Before another thread asks for them: two that ask for a pin at once would get two.
        self.wires = {number: self.factory.pin(number) for number in settings.used}
        self.pins = Pins(settings, self.asked, factory=lambda: self.factory)

    def is_on(self, number: int) -> bool:
        return bool(self.wires[number].state)

    def shows(self, *lit: int) -> bool:
        return all(self.is_on(lamp) == (lamp in lit) for lamp in (RED, AMBER, GREEN))

    def pulses_s(self, number: int) -> list[float]:
        """How long a pin was high, each time, from its second switch on."""
        return [switch.timestamp for switch in self.wires[number].states[1:] if not switch.state]


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    wait_until(lambda: len(board.wires[AMBER].states) > 1, "amber flashes: all pins are open")
    yield board
    board.pins.close()


@pytest.mark.parametrize(
    ("shown", "lit"),
    [(state(), GREEN), (state("warning"), AMBER), (state("critical", acknowledged=True), RED)],
    ids=["well", "caution", "danger that was seen"],
)
def test_the_lamp_follows_the_state(board: Board, shown: CabState, lit: int) -> None:
    board.pins.show(shown)
    wait_until(lambda: board.shows(lit), f"only pin {lit} is lit")


def test_danger_blinks_until_it_is_acknowledged(board: Board) -> None:
    board.pins.show(state("critical"))
    wait_until(lambda: len(board.pulses_s(RED)) >= 3, "red blinks")
    board.pins.show(state("critical", acknowledged=True))
    wait_until(lambda: board.is_on(RED), "red shines")
    switches = len(board.wires[RED].states)
    board.pins.say(notice())  # what is done after it shows that it had its time
    wait_until(lambda: len(board.pulses_s(BUZZER)) == 1, "the buzzer has sounded")
    assert len(board.wires[RED].states) == switches


def test_before_anything_is_known_amber_flashes(board: Board) -> None:
    wait_until(lambda: len(board.pulses_s(AMBER)) >= 1, "amber flashes")
    assert board.pulses_s(AMBER)[0] < 1.0


def test_a_critical_notice_buzzes_three_times_and_a_warning_once(board: Board) -> None:
    board.pins.show(state())
    board.pins.say(notice(severity="warning"))
    wait_until(lambda: len(board.pulses_s(BUZZER)) == 1, "one short buzz")
    board.pins.say(notice(severity="critical"))
    wait_until(lambda: len(board.pulses_s(BUZZER)) == 4, "three long buzzes")
    short, *long = board.pulses_s(BUZZER)
    assert short < min(long)
    assert board.pins.counters["buzzed"] == 2


def test_what_is_no_graver_joins_the_buzz_that_sounds(board: Board) -> None:
    board.pins.show(state())
    board.pins.say(notice("c1", "critical"))
    for severity in ("critical", "warning", "info"):
        board.pins.say(notice("x", severity))
    wait_until(lambda: len(board.pulses_s(BUZZER)) == 3, "three long buzzes")
    assert (board.pins.counters["buzzed"], board.pins.counters["joined"]) == (1, 2)


def test_the_workshop_hears_no_buzzer(board: Board) -> None:
    board.pins.show(state("critical", workshop=True))
    board.pins.say(notice(severity="critical"))
    wait_until(lambda: len(board.pulses_s(RED)) >= 1, "red blinks")
    assert board.wires[BUZZER].states[1:] == []
    assert board.pins.counters["silent"] == 1


def test_workshop_mode_ends_a_buzz(board: Board) -> None:
    board.pins.say(notice(severity="critical"))
    wait_until(lambda: board.is_on(BUZZER), "it buzzes")
    board.pins.show(state(workshop=True))
    wait_until(lambda: not board.is_on(BUZZER), "silence")
    board.pins.show(state())
    board.pins.say(notice(severity="warning"))
    assert (board.pins.counters["buzzed"], board.pins.counters["joined"]) == (2, 0)


def test_a_press_acknowledges(board: Board) -> None:
    board.wires[ACKNOWLEDGE].drive_low()
    wait_until(lambda: board.asked.requests == [Request(Wish.ACKNOWLEDGE, "button")], "acknowledged")


def test_to_acknowledge_ends_the_buzz(board: Board) -> None:
    board.pins.say(notice(severity="critical"))
    wait_until(lambda: board.is_on(BUZZER), "it buzzes")
    board.wires[ACKNOWLEDGE].drive_low()
    wait_until(lambda: not board.is_on(BUZZER), "silence")
    board.pins.say(notice(severity="warning"))
    assert (board.pins.counters["buzzed"], board.pins.counters["joined"]) == (2, 0)


def test_modes_are_toggled_by_holding_and_not_by_a_touch(board: Board) -> None:
    for number in (PRIVATE, WORKSHOP):
        board.wires[number].drive_low()
        board.wires[number].drive_high()
    board.wires[PRIVATE].drive_low()
    board.wires[WORKSHOP].drive_low()
    wait_until(lambda: len(board.asked.requests) == 2, "both were held")
    assert board.asked.requests == [Request(Wish.PRIVATE_ON, "button"), Request(Wish.WORKSHOP_ON, "button")]


def test_a_mode_that_is_on_is_turned_off_by_its_button(board: Board) -> None:
    board.pins.show(state(private=True, workshop=True))
    board.wires[PRIVATE].drive_low()
    board.wires[WORKSHOP].drive_low()
    wait_until(lambda: len(board.asked.requests) == 2, "both were held")
    assert [request.wish for request in board.asked.requests] == [Wish.PRIVATE_OFF, Wish.WORKSHOP_OFF]


def test_lamps_and_buttons_have_one_thread_together() -> None:
    before = set(threading.enumerate())
    board = Board()
    board.pins.show(state("critical"))
    wait_until(lambda: len(board.pulses_s(RED)) >= 1, "red blinks")
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["cab pins"]
    board.pins.close()


def test_the_end_is_dark_silent_and_frees_the_pins(board: Board) -> None:
    board.pins.show(state("critical", acknowledged=True))
    wait_until(lambda: board.is_on(RED), "red shines")
    board.pins.close()
    board.pins.close()
    assert {wire.function for wire in board.wires.values()} == {"input"}
    before = threading.active_count()
    board.pins.say(notice(severity="critical"))
    board.pins.show(state())
    assert threading.active_count() == before


def test_lamps_that_are_lit_by_a_low_pin() -> None:
    board = Board(PinSettings(enabled=True, red=RED, active_high=False))
    board.pins.show(state("critical", acknowledged=True))
    wait_until(lambda: board.wires[RED].function == "output" and not board.is_on(RED), "red shines")
    board.pins.close()


def test_a_board_without_pins_is_trouble_told_with_its_remedy_and_tried_again() -> None:
    factories: list[Any] = [MockFactory()]
    is_there = threading.Event()

    def factory() -> Any:
        if not is_there.is_set():
            raise OSError("no /dev/gpiochip0")
        return factories[0]

    pins = Pins(SETTINGS, Asked(), factory=factory, retry_s=0.05)
    wait_until(lambda: pins.trouble != "", "trouble")
    assert "no /dev/gpiochip0" in pins.trouble
    assert "telltale[cab]" in pins.trouble
    pins.say(notice())
    assert pins.counters["lost"] == 1
    is_there.set()
    wait_until(lambda: pins.trouble == "", "the pins are open")
    pins.close()


def test_pins_that_are_not_there_are_not_looked_for_with_every_news() -> None:
    tried = []

    def factory() -> Any:
        tried.append(1)
        raise OSError("no /dev/gpiochip0")

    pins = Pins(SETTINGS, Asked(), factory=factory)
    wait_until(lambda: pins.trouble != "", "trouble")
    for _ in range(100):
        pins.show(state("critical"))
        pins.say(notice())
    pins.close()
    assert len(tried) == 1


def test_pins_that_fail_are_let_go_and_opened_anew() -> None:
    factories = [MockFactory(), MockFactory()]
    amber, green, green_anew = factories[0].pin(AMBER), factories[0].pin(GREEN), factories[1].pin(GREEN)
    given = iter(factories)
    pins = Pins(SETTINGS, Asked(), factory=lambda: next(given), retry_s=0.05)
    wait_until(lambda: len(amber.states) > 1, "amber flashes: all pins are open")
    green.function = "input"  # another program has taken it
    pins.show(state())
    wait_until(lambda: green_anew.function == "output" and bool(green_anew.state), "green shines by the second")
    assert pins.trouble == ""
    pins.close()


def test_a_computer_without_pins_says_what_is_missing() -> None:
    pins = Pins(SETTINGS, Asked())
    wait_until(lambda: pins.trouble != "", "trouble")
    assert "Remedy" in pins.trouble
    pins.close()
