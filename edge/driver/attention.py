"""Attention: whether the driver hears of an alert now, at the next stop, at the end of the trip, or not again. Pure.

    interrupts       critical, or whatever says stop_now: at once, also while driving
    at a stop        a warning, or what says nearest_workshop: once the vehicle has stood for STOPPED_NS
    after the trip   everything else

What interrupts is repeated while it fires and nobody has acknowledged it, REPEATS_NS after it was said; nothing else is
repeated on the same trip. What is due together is one sentence: the gravest, and how many more there are. Glances away
from the road of more than two seconds double the risk of a crash (Klauer et al., DOT HS 810 594, 2006), so there is no
list to listen to.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from edge.alerts import Alert
from edge.driver.notice import Notice
from edge.frames import NANOSECONDS

CHIMES: Final = {"critical": 3, "warning": 1, "info": 0}
SEVERITIES: Final = tuple(CHIMES)
ACTIONS: Final = ("stop_now", "nearest_workshop", "finish_shift", "next_service", "watch")
STOPPED_NS: Final = 3 * NANOSECONDS
"""A vehicle that stands for so long has stopped: longer than a car that gives way, shorter than a red light."""
REPEATS_NS: Final = (60 * NANOSECONDS, 300 * NANOSECONDS)
"""What interrupts is said again so long after it was said before; then the light has to do."""
GAP_NS: Final = 10 * NANOSECONDS
"""Between two sentences while driving; what comes meanwhile is told together, but for a first "stop now"."""
RESTS_NS: Final = (300 * NANOSECONDS, 1800 * NANOSECONDS, 1800 * NANOSECONDS)
"""By When: a rule whose alert begins anew within so much of being said is not said again, unless it is worse."""
EARLY_NS: Final = NANOSECONDS
"""So long at most an alert begins after the sample that was spoken of."""
WAITING_MAX: Final = 64


class When(IntEnum):
    """How soon somebody may be told; the earlier the graver."""

    NOW = 0
    AT_A_STOP = 1
    AFTER_THE_TRIP = 2


class Moment(IntEnum):
    """How much attention the road takes."""

    DRIVING = 0
    """It moves, has hardly stopped, or nobody knows."""
    STOPPED = 1
    OVER = 2
    """The trip is over, or none has begun."""


def when_of(severity: str, action: str) -> When:
    """How long it may wait."""
    if severity == "critical" or action == "stop_now":
        return When.NOW
    if action == "nearest_workshop" or (severity == "warning" and action != "next_service"):
        return When.AT_A_STOP
    return When.AFTER_THE_TRIP


def gravity(severity: str, action: str) -> tuple[int, int]:
    """For sorting: the gravest first."""
    return SEVERITIES.index(severity), ACTIONS.index(action)


@dataclass(frozen=True, slots=True)
class _Item:
    """An alert that is to be said, or was."""

    id: str
    rule: str
    severity: str
    action: str
    text: str
    due: int
    """ns; not before."""
    said: int = 0
    """How often."""

    @property
    def when(self) -> When:
        return when_of(self.severity, self.action)

    @property
    def is_stop_now(self) -> bool:
        return self.action == "stop_now"

    @property
    def order(self) -> tuple[int, int, int]:
        return *gravity(self.severity, self.action), self.due


class Attention:
    """Follows the vehicle and its alerts by the times that are in the data; hands out what is to be said.

    The same history gives the same notices, however it was cut into calls.
    """

    def __init__(self, and_more: Callable[[int], str]) -> None:
        """`and_more`: how the language says that there are so many more, as a sentence."""
        self.unsaid: dict[str, int] = {}
        """Alerts with words that were never said, by cause: over, acknowledged, quiet, said_lately, too_many,
        graver_said (of the same component)."""
        self._and_more = and_more
        self._quiet = False
        self._items: dict[str, _Item] = {}
        """By alert: what waits, and what is repeated."""
        self._fires: dict[str, Alert] = {}
        """Told alerts that fire, by id."""
        self._acknowledged: set[str] = set()
        self._said: dict[str, tuple[int, int]] = {}
        """By rule: when (ns) it was said last, and how grave."""
        self._early: dict[str, int] = {}
        """Rules that were spoken of before their alert began, and when (ns)."""
        self._begun: dict[str, int] = {}
        """When (ns) each rule's alert began last."""
        self._at = 0
        """ns; what was due until then has been said."""
        self._spoke = -GAP_NS
        self._moves: bool | None = None
        self._stands_since: int | None = None
        self._in_trip = False

    @property
    def acknowledged(self) -> frozenset[str]:
        """Alerts that fire and were acknowledged, by id."""
        return frozenset(self._acknowledged)

    @property
    def fires(self) -> Sequence[Alert]:
        """Every alert that was told and is not over, as of its last step, oldest first."""
        return tuple(self._fires.values())

    @property
    def waiting(self) -> int:
        """Alerts that have not been said yet."""
        return sum(not item.said for item in self._items.values())

    def take_up(self, alerts: Iterable[Alert]) -> None:
        """Alerts that fire and were told before all this."""
        self._fires |= {alert.id: alert for alert in alerts}

    def stands(self, at: int) -> bool:
        """Whether its driver may read and touch at a time (ns): it is known to stand, on a trip for STOPPED_NS."""
        if self._moves is not False:
            return False
        return not self._in_trip or (self._stands_since is not None and at - self._stands_since >= STOPPED_NS)

    def moment(self, at: int) -> Moment:
        """How much attention the road takes at a time (ns)."""
        if not self._in_trip:
            return Moment.DRIVING if self._moves else Moment.OVER
        return Moment.STOPPED if self.stands(at) else Moment.DRIVING

    def vehicle(self, at: int, *, moves: bool | None, in_trip: bool) -> list[Notice]:
        """From `at` (ns) on it moves or not (None: unknown), on a trip or not; what is said until then, and now."""
        notices = self.until(at)
        if moves is not False:
            self._stands_since = None
        elif self._moves is not False or self._stands_since is None:
            self._stands_since = at
        if in_trip and not self._in_trip:
            self._begin_trip(at)
        self._moves, self._in_trip = moves, in_trip
        return notices + self._due(at)

    def alerts(self, at: int, alerts: Sequence[Alert]) -> list[Notice]:
        """Take in what a tick (ns) told: alerts that began, got worse, ended; what is said until then, and now."""
        notices = self.until(at)
        for alert in alerts:
            if alert.ended is None:
                self._begin(alert, at)
            else:
                self._end(alert.id)
        return notices + self._due(at)

    def early(self, rule: str, text: str, at: int) -> Notice | None:
        """A critical rule that holds by a sample (ns), before the tick at which its alert begins."""
        begun = self._begun.get(rule)
        if self._quiet or (begun is not None and 0 <= begun - at <= EARLY_NS) or self._rests(rule, 0, When.NOW, at):
            return None
        self._early[rule] = self._spoke = at
        self._said[rule] = (at, 0)
        return Notice("", "critical", "stop_now", text, CHIMES["critical"], interrupts=True)

    def acknowledge(self, at: int, alert: str | None) -> list[Notice]:
        """Somebody has seen (ns) an alert that fires, by id, or all of them: it is not said again."""
        notices = self.until(at)
        for one in list(self._fires) if alert is None else [alert]:
            if one in self._fires:
                self._acknowledged.add(one)
                self._drop(one, "acknowledged")
        return notices

    def be_quiet(self, at: int, *, quiet: bool) -> list[Notice]:
        """From `at` (ns) on nothing is said, or it is again; what begins meanwhile is not made up for."""
        notices = self.until(at)
        self._quiet = quiet
        for one in list(self._items) if quiet else []:
            self._drop(one, "quiet")
        return notices

    def until(self, at: int) -> list[Notice]:
        """What time alone brings until then (ns): the vehicle has stood for long enough, a repeat is due."""
        notices: list[Notice] = []
        while (due := self._next_due(at)) is not None:
            self._at = due
            notices += self._due(due)
        self._at = max(self._at, at)
        return notices

    def _begin_trip(self, at: int) -> None:
        """What fires since an earlier trip is said once more: it may be another driver, but for what was just said."""
        for alert in () if self._quiet else self._fires.values():
            said_at, _ = self._said.get(alert.concern.rule, (at - REPEATS_NS[0], 0))
            if alert.driver and alert.id not in self._acknowledged and at - said_at >= REPEATS_NS[0]:
                self._items[alert.id] = _item(alert, at)

    def _begin(self, alert: Alert, at: int) -> None:
        self._fires[alert.id] = alert
        if alert.is_worse:
            self._acknowledged.discard(alert.id)
        rule, grave = alert.concern.rule, SEVERITIES.index(alert.severity)
        self._begun[rule] = alert.started
        if not alert.driver or alert.quiet:
            return
        if self._quiet:
            self._count("quiet")
            return
        item = _item(alert, at)
        if self._was_early(alert):
            self._repeat(item, at)
            return
        if not alert.is_worse and not alert.is_again and self._rests(rule, grave, item.when, at):
            self._count("said_lately")
        elif len(self._items) >= WAITING_MAX and alert.id not in self._items:
            self._count("too_many")
        else:
            self._items[alert.id] = item

    def _rests(self, rule: str, grave: int, when: When, at: int) -> bool:
        said = self._said.get(rule)
        return said is not None and at - said[0] < RESTS_NS[when] and grave >= said[1]

    def _was_early(self, alert: Alert) -> bool:
        at = self._early.pop(alert.concern.rule, None)
        return at is not None and not alert.is_worse and abs(alert.started - at) <= EARLY_NS

    def _end(self, alert: str) -> None:
        self._fires.pop(alert, None)
        self._acknowledged.discard(alert)
        self._drop(alert, "over")

    def _drop(self, alert: str, cause: str) -> None:
        item = self._items.pop(alert, None)
        if item is not None and not item.said:
            self._count(cause)

    def _due(self, at: int) -> list[Notice]:
        """The sentence that is due at a time, if one is: all of it together."""
        for milder in [item.id for item in self._items.values() if not item.said and self._is_outdone(item)]:
            self._drop(milder, "graver_said")
        due = sorted(self._ready(at), key=lambda item: item.order)
        if not due:
            return []
        first, others = due[0], len(due) - 1
        self._spoke = at
        for item in due:
            self._said[item.rule] = (at, SEVERITIES.index(item.severity))
            self._repeat(item, at)
        text = f"{first.text} {self._and_more(others)}" if others else first.text
        chimes, interrupts = CHIMES[first.severity], first.when is When.NOW
        return [Notice(first.id, first.severity, first.action, text, chimes, interrupts)]

    def _ready(self, at: int) -> Iterator[_Item]:
        moment = self.moment(at)
        rests = moment is Moment.DRIVING and at - self._spoke < GAP_NS
        urgent = any(item.is_stop_now and not item.said and item.due <= at for item in self._items.values())
        if rests and not urgent:
            return
        yield from (item for item in self._items.values() if item.due <= at and item.when <= moment)

    def _is_outdone(self, item: _Item) -> bool:
        """Something graver about the same component fires, and the driver knows it."""
        component = self._fires[item.id].concern.component
        return any(
            alert.concern.component == component
            and alert.concern.rule in self._said
            and gravity(alert.severity, alert.action) < gravity(item.severity, item.action)
            for alert in self._fires.values()
        )

    def _repeat(self, item: _Item, at: int) -> None:
        """It was said at `at`: when it is to be said again, if ever."""
        if item.when is When.NOW and item.said < len(REPEATS_NS):
            self._items[item.id] = replace(item, due=at + REPEATS_NS[item.said], said=item.said + 1)
        else:
            self._items.pop(item.id, None)

    def _next_due(self, at: int) -> int | None:
        """The next time (ns), up to `at`, at which something may be due by time alone."""
        if not self._items:
            return None
        times = [self._spoke + GAP_NS, *(item.due for item in self._items.values())]
        if self._stands_since is not None:
            times.append(self._stands_since + STOPPED_NS)
        return min((time for time in times if self._at < time <= at), default=None)

    def _count(self, cause: str) -> None:
        self.unsaid[cause] = self.unsaid.get(cause, 0) + 1


def _item(alert: Alert, at: int) -> _Item:
    return _Item(alert.id, alert.concern.rule, alert.severity, alert.action, alert.driver, at)
