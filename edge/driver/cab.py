"""The cab: says each alert when it begins or gets worse, the gravest first, and stays quiet otherwise."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from edge.alerts import Alert

CHIMES: Final = {"critical": 3, "warning": 1, "info": 0}
_ORDER: Final = tuple(CHIMES)
EARLY_NS: Final = 1_000_000_000
"""So long at most an alert begins after the sample that was spoken of."""

Voice = Callable[[str, int], None]
"""Says a text after so many chimes."""


class Cab:
    """Turns alerts into words for the driver; several threads may call it."""

    def __init__(self, voice: Voice) -> None:
        self.spoken = 0
        self._voice = voice
        self._one_at_a_time = threading.Lock()
        self._early: dict[str, int] = {}
        """Rules that were spoken of before their alert began, and when (ns)."""
        self._begun: dict[str, int] = {}
        """When (ns) each rule's alert began last."""

    def announce(self, alerts: Sequence[Alert]) -> None:
        """Say what began or became worse among these and has words for that; what ended is not announced."""
        news = [alert for alert in alerts if alert.ended is None and alert.driver and not alert.quiet]
        with self._one_at_a_time:
            self._begun |= {alert.concern.rule: alert.started for alert in news}
            news = [alert for alert in news if not self._was_early(alert)]
            for alert in sorted(news, key=lambda alert: _ORDER.index(alert.severity)):
                self._say(alert.driver, alert.severity)

    def announce_early(self, rule: str, driver: str, at: int) -> None:
        """Say what a rule has to say by a sample heard at `at` (ns), unless its alert has just begun by it.

        When its alert begins it is not said again.
        """
        with self._one_at_a_time:
            begun = self._begun.get(rule)
            if begun is None or not 0 <= begun - at <= EARLY_NS:
                self._early[rule] = at
                self._say(driver, "critical")

    def _say(self, text: str, severity: str) -> None:
        self._voice(text, CHIMES[severity])
        self.spoken += 1

    def _was_early(self, alert: Alert) -> bool:
        at = self._early.pop(alert.concern.rule, None)
        return at is not None and not alert.is_worse and abs(alert.started - at) <= EARLY_NS


def text_voice(write: Callable[[str], object]) -> Voice:
    """A voice that writes lines: for a terminal, a log, or a box without a loudspeaker."""

    def say(text: str, chimes: int) -> None:
        write(f"cab: {'*chime* ' * chimes}{text}\n")

    return say


def mute(text: str, chimes: int) -> None:  # a voice takes both
    """A voice that says nothing."""
