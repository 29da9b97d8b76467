"""The cab: a sentence and a lamp, as the daemon would do it, so that somebody can say whether they came through."""

import time
from collections.abc import Callable
from typing import Final

from edge.driver.notice import CabState, Notice, Output, Request, Telltale
from edge.driver.pins import Pins
from edge.driver.settings import PinSettings, SpeechSettings
from edge.driver.speech import FAILED, SAID, Speech

SENTENCE: Final = "Telltale can be heard here."
PATIENCE_S: Final = 20.0
"""A small board that speaks for the first time takes seconds."""
SHINES_S: Final = 3.0
LOOK_S: Final = 0.1
_TEST: Final = Notice("setup", "info", "watch", SENTENCE, chimes=1, interrupts=True)


def speak(settings: SpeechSettings, *, patience_s: float = PATIENCE_S) -> str:
    """Say a sentence; why it was not said, empty where it was."""
    speech = Speech(settings)
    try:
        speech.say(_TEST)
        _wait(lambda: speech.counters[SAID] + speech.counters[FAILED] > 0, patience_s)
        if speech.counters[SAID]:
            return ""
        return speech.trouble or f"nothing was said in {patience_s:.0f} s"
    finally:
        speech.close()


def shine(settings: PinSettings, *, shines_s: float = SHINES_S, opened: Callable[[], Output] | None = None) -> str:
    """Light the red lamp for a moment; why it did not shine, empty where it should have.

    `opened`: opens the pins; None: those of this board.
    """
    pins = opened() if opened else Pins(settings, _nobody)
    try:
        pins.show(CabState(telltale=Telltale.RED))
        _wait(lambda: bool(pins.trouble), shines_s)
        return pins.trouble
    finally:
        pins.close()


def _nobody(request: Request) -> None:
    """Buttons do nothing yet."""
    del request


def _wait(is_over: Callable[[], bool], seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while not is_over() and (left_s := until_s - time.monotonic()) > 0:
        time.sleep(min(LOOK_S, left_s))
