"""Which alerts are not told because another one says it already."""

from collections.abc import Mapping, Sequence
from typing import Final

from edge.alerts.alert import Alert, Fingerprint
from edge.wire.messages import Severity

_GRAVEST_FIRST: Final = tuple(reversed(Severity))


def inhibited(firing: Sequence[Alert]) -> frozenset[Fingerprint]:
    """Those that another firing alert names among its `inhibits`, whether that one is told or not.

    Of alerts that inhibit each other, two or a longer ring of them, the earliest is told; of those that began at one
    moment the gravest, then the first by name. So of every ring one is told.
    """
    if not any(alert.concern.inhibits for alert in firing):
        return frozenset()
    ranked = sorted(firing, key=_rank)
    rank = {alert.fingerprint: place for place, alert in enumerate(ranked)}
    over = {alert.fingerprint: _named(alert, firing) for alert in firing}
    return frozenset(
        below
        for above, names in over.items()
        for below in names
        if rank[above] < rank[below] or not _reaches(over, below, above)
    )


def _rank(alert: Alert) -> tuple[int, int, Fingerprint]:
    return alert.started, _GRAVEST_FIRST.index(Severity(alert.severity)), alert.fingerprint


def _named(alert: Alert, firing: Sequence[Alert]) -> list[Fingerprint]:
    return [other.fingerprint for other in firing if other.concern.rule in alert.concern.inhibits]


def _reaches(over: Mapping[Fingerprint, Sequence[Fingerprint]], start: Fingerprint, goal: Fingerprint) -> bool:
    """Whether one inhibits the other (or itself), directly or through others."""
    seen, ahead = {start}, [start]
    while ahead:
        for key in over[ahead.pop()]:
            if key == goal:
                return True
            if key not in seen:
                seen.add(key)
                ahead.append(key)
    return False
