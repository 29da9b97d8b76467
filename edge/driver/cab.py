"""The cab: says each alert once when it begins, the gravest first, and stays quiet otherwise."""

from collections.abc import Callable, Sequence
from typing import Final

from edge.alerts import Alert

CHIMES: Final = {"critical": 3, "warning": 1, "info": 0}
_ORDER: Final = tuple(CHIMES)

Voice = Callable[[str, int], None]
"""Says a text after so many chimes."""


class Cab:
    """Turns beginning alerts into words for the driver."""

    def __init__(self, voice: Voice) -> None:
        self.spoken = 0
        self._voice = voice

    def announce(self, alerts: Sequence[Alert]) -> None:
        """Say what began among these alerts and has words for the driver; what ended is not announced."""
        began = [alert for alert in alerts if alert.ended is None and alert.driver]
        for alert in sorted(began, key=lambda alert: _ORDER.index(alert.concern.severity)):
            self._voice(alert.driver, CHIMES[alert.concern.severity])
            self.spoken += 1


def text_voice(write: Callable[[str], object]) -> Voice:
    """A voice that writes lines: for a terminal, a log, or a box without a loudspeaker."""

    def say(text: str, chimes: int) -> None:
        write(f"cab: {'*chime* ' * chimes}{text}\n")

    return say


def mute(text: str, chimes: int) -> None:  # a voice takes both
    """A voice that says nothing."""
