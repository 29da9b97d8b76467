"""What setup lets somebody hear and see: a real espeak-ng into a player that keeps what it got, a lamp at mock pins."""

import io
import shutil
import sys
import wave
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]  # it ships no types

from edge.driver.notice import Request
from edge.driver.pins import Pins
from edge.driver.settings import PinSettings, SpeechSettings
from edge.setup.cab import shine, speak
from tests.notices import Asked

needs_voice = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="no espeak-ng (.ci/cab)")
RED = 17
KEEP = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"


@needs_voice
def test_a_sentence_is_said_to_its_end(tmp_path: Path) -> None:
    player = [sys.executable, "-c", KEEP, str(tmp_path / "said.wav")]
    assert speak(SpeechSettings(enabled=True, player=player)) == ""
    with wave.open(io.BytesIO((tmp_path / "said.wav").read_bytes())) as sound:
        assert sound.getnframes() / sound.getframerate() > 1.0


@needs_voice
def test_a_player_that_fails_is_told_with_what_to_try() -> None:
    told = speak(SpeechSettings(enabled=True, player=[sys.executable, "-c", "raise SystemExit('no such device')"]))
    assert "no such device" in told
    assert "Try `espeak-ng hello`" in told


@needs_voice
def test_a_player_that_is_not_there_is_told() -> None:
    assert "no-such-player cannot be started" in speak(SpeechSettings(enabled=True, player=["no-such-player"]))


def test_the_red_lamp_shines_and_its_pin_is_given_back() -> None:
    factory, settings = MockFactory(), PinSettings(enabled=True, red=RED)
    pin = factory.pin(RED)

    def opened() -> Pins:
        return Pins(settings, Asked(), factory=lambda: factory)

    assert shine(settings, shines_s=0.5, opened=opened) == ""
    assert [bool(switch.state) for switch in pin.states if switch.state] == [True]
    assert pin.function == "input"


def test_a_board_without_pins_is_told() -> None:
    def no_board() -> object:
        raise OSError("no such chip")

    def nobody(request: Request) -> None:
        del request

    settings = PinSettings(enabled=True, red=RED)
    told = shine(settings, opened=lambda: Pins(settings, nobody, factory=no_board))
    assert "no such chip" in told
    assert "pip install 'telltale[cab]'" in told
