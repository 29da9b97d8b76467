"""Outputs: opens those that the configuration asks for."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.driver.notice import Output, Requests
from edge.driver.settings import OutputSettings
from edge.driver.terminal import Terminal, to_stdout

SOCKET: Final = "cab.sock"
"""Of the display, in the folder of the state."""


def open_outputs(
    settings: OutputSettings,
    requests: Requests,
    state: Path,
    write: Callable[[str], object] = to_stdout,
    *,
    judged_s: Callable[[], float | None] = lambda: 0.0,
) -> list[Output]:
    """Every output that is asked for, in the order in which a driver is reached; none of them raises when it is opened.

    `state`: the folder of a socket that is not configured. `write` takes the lines of the terminal; `judged_s`: seconds
    since something was judged. What an output needs is imported only where it is asked for.
    """
    outputs: list[Output] = []
    if settings.pins.enabled:
        from edge.driver.pins import Pins  # noqa: PLC0415  only who has pins pays for them

        outputs.append(Pins(settings.pins, requests))
    if settings.speech.enabled:
        from edge.driver.speech import Speech  # noqa: PLC0415  as above

        outputs.append(Speech(settings.speech))
    if settings.desktop.enabled:
        from edge.driver.desktop import Desktop  # noqa: PLC0415  as above

        outputs.append(Desktop(settings.desktop, requests))
    if settings.display.enabled:
        from edge.driver.channel import Channel  # noqa: PLC0415  as above

        outputs.append(Channel(settings.display.socket or state / SOCKET, requests, judged_s=judged_s))
    if settings.voice == "text":
        outputs.append(Terminal(write))
    return outputs
