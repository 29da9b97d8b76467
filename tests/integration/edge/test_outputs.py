"""What every output of the cab promises, whether its hardware is there or not."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory  # type: ignore[import-untyped]  # it ships no types

from edge.driver.channel import Channel
from edge.driver.desktop import Desktop
from edge.driver.notice import CabState, Output, Telltale
from edge.driver.outputs import open_outputs
from edge.driver.pins import Pins
from edge.driver.settings import DesktopSettings, DisplaySettings, OutputSettings, PinSettings, SpeechSettings
from edge.driver.speech import Speech
from edge.driver.terminal import Terminal
from tests.desktops import Bus, NotificationService, has_bus
from tests.notices import Asked, notice, state
from tests.shared import ROOT
from tests.waiting import wait_until

PINS = PinSettings(enabled=True, red=17, buzzer=18, acknowledge=5, private=6, workshop=13)
SWALLOW = [sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.buffer.read()"]
STUCK = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]


BARE = """
import time
from pathlib import Path
from edge.driver.outputs import open_outputs
from edge.driver.settings import OutputSettings
on = {"enabled": True}
parts = {"pins": on | {"red": 17}, "speech": on | {"player": ["cat"]}, "desktop": on, "voice": "none"}
outputs = open_outputs(OutputSettings.model_validate(parts), lambda request: None, Path())
until = time.monotonic() + 20.0
while not (outputs[0].trouble and outputs[2].trouble) and time.monotonic() < until:
    time.sleep(0.01)
for output in outputs:
    print(output.name, *output.trouble.splitlines() if output.name != "speech" else ())
    output.close()
"""


def broken_write(_: str) -> None:
    raise BrokenPipeError("nobody reads")


def no_factory() -> MockFactory:
    raise OSError("no /dev/gpiochip0")


OPENERS: dict[str, Callable[[Path], Output]] = {
    "terminal": lambda _: Terminal(lambda _: None),
    "terminal that is gone": lambda _: Terminal(broken_write),
    "speech": lambda _: Speech(SpeechSettings(enabled=True, player=SWALLOW)),
    "speech without a program": lambda _: Speech(
        SpeechSettings(enabled=True, player=["no-such-player"]), program="no-such"
    ),
    "speech that hangs": lambda _: Speech(SpeechSettings(enabled=True, player=STUCK)),
    "pins": lambda _: Pins(PINS, Asked(), factory=MockFactory),
    "pins without a board": lambda _: Pins(PINS, Asked(), factory=no_factory),
    "desktop without a session": lambda _: Desktop(DesktopSettings(enabled=True, bus="unix:path=/no/bus"), Asked()),
    "display": lambda folder: Channel(folder / "cab.sock", Asked()),
    "display without a folder": lambda folder: Channel(folder / "nowhere" / "cab.sock", Asked()),
}


@pytest.fixture(params=[*OPENERS, "desktop"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Output]:
    opener = OPENERS.get(request.param)
    if opener is not None:
        output = opener(tmp_path)
        yield output
        output.close()
        return
    if not has_bus():
        pytest.skip("no dbus-daemon (.ci/cab)")
    with Bus(tmp_path) as bus, NotificationService(bus):
        desktop = Desktop(DesktopSettings(enabled=True, bus=bus.address), Asked())
        yield desktop
        desktop.close()


def test_a_thousand_notices_and_states_are_taken_without_waiting(output: Output) -> None:
    began_s = time.monotonic()
    for index in range(1000):
        severity = ("critical", "warning", "info", "odd")[index % 4]
        output.say(notice(f"n{index}", severity, "Öl \N{WARNING SIGN} \x00\ud800" * (index % 7)))
        output.show(CabState(telltale=list(Telltale)[index % 4], language="en", workshop=index % 5 == 0))
    assert time.monotonic() - began_s < 2.0
    assert all(count >= 0 for count in output.counters.values())
    assert output.name
    assert isinstance(output.trouble, str)


def test_every_notice_is_in_the_counters_sooner_or_later(output: Output) -> None:
    for index in range(50):
        output.say(notice(f"n{index}", "critical", "Oil."))
    wait_until(lambda: sum(output.counters.values()) > 0, "something is counted")


def test_after_the_end_it_has_no_thread_and_takes_whatever_comes(output: Output) -> None:
    output.say(notice())
    output.close()
    output.close()
    assert f"cab {output.name}" not in {thread.name for thread in threading.enumerate()}
    counted = dict(output.counters)
    output.say(notice(severity="critical"))
    output.show(state("critical"))
    assert output.counters == counted


def test_those_that_are_asked_for_are_opened(tmp_path: Path) -> None:
    lines: list[str] = []
    settings = OutputSettings(
        speech=SpeechSettings(enabled=True, player=SWALLOW),
        pins=PINS,
        desktop=DesktopSettings(enabled=True, bus="unix:path=/no/bus"),
        display=DisplaySettings(enabled=True),
    )
    outputs = open_outputs(settings, Asked(), tmp_path, lines.append)
    try:
        assert [output.name for output in outputs] == ["pins", "speech", "desktop", "display", "terminal"]
        assert (tmp_path / "cab.sock").is_socket()
        outputs[-1].say(notice(severity="critical", text="Stop\nnow."))
        assert lines == ["cab: *chime* *chime* *chime* Stop now.\n"]
    finally:
        for output in outputs:
            output.close()


def test_none_is_opened_that_is_not_asked_for() -> None:
    assert open_outputs(OutputSettings(voice="none"), Asked(), Path(), lambda _: None) == []


def test_a_box_without_the_extra_says_how_to_get_it_and_speaks_all_the_same(edge_python: Path) -> None:
    done = subprocess.run([edge_python, "-c", BARE], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    pins, speech, desktop = done.stdout.splitlines()
    assert "No module named 'gpiozero'" in pins
    assert "No module named 'jeepney'" in desktop
    assert "pip install 'telltale[cab]'" in pins
    assert "pip install 'telltale[cab]'" in desktop
    assert speech == "speech"


def test_a_terminal_that_is_gone_is_trouble_until_it_is_back() -> None:
    lines: list[str] = []
    is_gone = [True]

    def write(line: str) -> None:
        if is_gone[0]:
            broken_write(line)
        lines.append(line)

    terminal = Terminal(write)
    terminal.say(notice())
    assert "nobody reads" in terminal.trouble
    is_gone[0] = False
    terminal.say(notice())
    assert (terminal.trouble, len(lines), terminal.counters) == ("", 1, {"said": 1, "failed": 1})
