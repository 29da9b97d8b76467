"""Alerts that come back: a cool-down after the end, and what flaps is damped."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from edge.alerts.alert import Alert, Fingerprint
from edge.frames import NANOSECONDS

FLAPS_MAX: Final = 4
"""Beginnings within `FLAP_NS` that make an alert flap. Twice is a condition that came back, three times a bad day; who
is told four times in ten minutes stops listening."""
FLAP_NS: Final = 600 * NANOSECONDS
"""Within which beginnings are counted: as long as a driver remembers what the cab said, and as long as the grid judges
a silence."""
SETTLE_NS: Final = 300 * NANOSECONDS
"""How long the condition must be gone before a flapping alert ends: half of `FLAP_NS`, so that what ends has been
quiet for longer than it was between its beginnings (200 s at most, on the average)."""
PAST_MAX: Final = 1000
"""Fingerprints that are remembered; then the one of which nothing was heard for longest is forgotten."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is remembered of a fingerprint."""

    began: tuple[int, ...] = ()
    """ns; its last beginnings, at most FLAPS_MAX."""
    cool_until: int | None = None
    """ns; until then it does not begin again; None: its last alert was told to nobody."""
    step: int = 0
    """What its last alert had reached, as far as it was told."""


class Damping:
    """Remembers how often and until when what ended has fired."""

    def __init__(self) -> None:
        self.flapping = 0
        """Alerts that began to flap."""
        self.forgotten = 0
        self._past: dict[Fingerprint, Past] = {}

    @property
    def past(self) -> Mapping[Fingerprint, Past]:
        """All that is remembered."""
        return self._past

    def restore(self, past: Mapping[Fingerprint, Past]) -> None:
        """Go on with what was remembered."""
        self._past = dict(past)

    def holds_back(self, key: Fingerprint, step: int, until: int) -> bool:
        """Whether an alert may not begin now; one that is worse than the last one may always."""
        past = self._past.get(key)
        if past is None or past.cool_until is None:
            return False
        return until < past.cool_until and step <= past.step

    def begins(self, key: Fingerprint, until: int) -> bool:
        """Take in a beginning; whether that is one too many."""
        past = self._past.get(key, Past())
        began = (*past.began, until)[-FLAPS_MAX:]
        self._remember(key, replace(past, began=began))
        flaps = len(began) == FLAPS_MAX and until - began[0] <= FLAP_NS
        self.flapping += flaps
        return flaps

    def ends(self, alert: Alert, told: int | None, until: int) -> None:
        """Take in an end; `told`: up to which step it was told. What was told to nobody leaves no cool-down."""
        past = self._past.get(alert.fingerprint, Past())
        cool_until = None if told is None else until + alert.concern.cooldown_ns
        self._past = {key: past for key, past in self._past.items() if not _is_over(past, until)}
        self._remember(alert.fingerprint, replace(past, cool_until=cool_until, step=told or 0))

    def _remember(self, key: Fingerprint, past: Past) -> None:
        self._past.pop(key, None)
        self._past[key] = past
        if len(self._past) > PAST_MAX:
            del self._past[next(iter(self._past))]
            self.forgotten += 1


def _is_over(past: Past, until: int) -> bool:
    """Whether nothing of it can count any more."""
    cooled = past.cool_until is None or until >= past.cool_until
    return cooled and (not past.began or until - past.began[-1] > FLAP_NS)
