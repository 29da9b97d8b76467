"""The cab: takes what the vehicle does and what is wrong with it, and tells every output what to say and to show."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from edge.alerts import Alert
from edge.doing import Situation
from edge.driver.attention import Attention, When, gravity, when_of
from edge.driver.notice import ALERTS_MAX, CabState, Notice, Output, Shown, Telltale


class Cab:
    """Everything that reaches the driver goes through here; several threads may call it.

    Attributes:
        spoken: sentences that were handed to the outputs.
        state: what is shown.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        *,
        and_more: Callable[[int], str],
        title: Callable[[Alert], str] = lambda alert: alert.summary,
        language: str = "en",
    ) -> None:
        """`and_more`: "and so many more"; `title`: what is shown of an alert without words for the driver."""
        self.spoken = 0
        self.state = CabState(language=language)
        self._outputs = tuple(outputs)
        self._title = title
        self._attention = Attention(and_more)
        self._is_heard = False
        self._is_watched = True
        self._one_at_a_time = threading.Lock()
        for output in self._outputs:
            output.show(self.state)

    @property
    def counters(self) -> Mapping[str, int]:
        """What was said, what never was and why, and what each output counts."""
        own = {"spoken": self.spoken, **{f"unsaid_{why}": n for why, n in self._attention.unsaid.items()}}
        return own | {f"{one.name}_{what}": n for one in self._outputs for what, n in one.counters.items()}

    @property
    def troubles(self) -> Mapping[str, str]:
        """Outputs that do not work, and why."""
        return {one.name: trouble for one in self._outputs if (trouble := one.trouble)}

    def take_up(self, alerts: Iterable[Alert]) -> None:
        """Alerts that fired, and were told, when the daemon last ran: said again when a trip begins."""
        with self._one_at_a_time:
            self._attention.take_up(alerts)

    def vehicle(self, situation: Situation, at: int) -> None:
        """From `at` (ns) on the vehicle does this, and these modes hold; in a workshop nothing is said."""
        until = situation.workshop_until
        with self._one_at_a_time:
            self._say(self._attention.be_quiet(at, quiet=until is not None))
            self._say(self._attention.vehicle(at, moves=situation.moves, in_trip=situation.in_trip))
            self._is_heard = situation.is_heard
            state = replace(self.state, at=at, doing=situation.doing, private=situation.private)
            self._show(replace(state, workshop=until is not None, workshop_until=until))

    def announce(self, alerts: Sequence[Alert], at: int) -> None:
        """Take in what a tick (ns) told: alerts that began, became worse, ended."""
        with self._one_at_a_time:
            self._say(self._attention.alerts(at, alerts))
            self._show(replace(self.state, at=at))

    def announce_early(self, rule: str, text: str, at: int) -> None:
        """Say what a critical rule has to say by a sample heard at `at` (ns), unless its alert has just begun by it.

        When its alert begins it is not said again.
        """
        with self._one_at_a_time:
            notice = self._attention.early(rule, text, at)
            self._say([notice] if notice else [])

    def say(self, text: str) -> bool:
        """Somebody in the office has something to say, once, after what is being said; whether it was said."""
        with self._one_at_a_time:
            if self.state.workshop:
                return False
            self._say([Notice("", "info", "watch", text, chimes=1, interrupts=False)])
            return True

    def until(self, at: int, *, is_watched: bool = True) -> None:
        """Time has passed (ns), nothing else. `is_watched`: something judges what is heard."""
        with self._one_at_a_time:
            self._say(self._attention.until(at))
            self._is_watched = is_watched
            self._show(replace(self.state, at=at))

    def acknowledge(self, alert: str | None, at: int) -> None:
        """The driver has seen an alert, by id, or all of them."""
        with self._one_at_a_time:
            self._say(self._attention.acknowledge(at, alert))
            self._show(replace(self.state, at=at))

    def close(self) -> None:
        """Silence every output."""
        for output in self._outputs:
            output.close()

    def _say(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            self.spoken += 1
            for output in self._outputs:
                output.say(notice)

    def _show(self, state: CabState, *, is_heard: bool | None = None) -> None:
        """Show the state with the alerts as they are now, where that changes anything."""
        if is_heard is None:
            is_heard = self.state.telltale is not Telltale.UNKNOWN
        fires = sorted(
            self._attention.fires, key=lambda alert: (*gravity(alert.severity, alert.action), -alert.started)
        )
        state = replace(
            state,
            telltale=_telltale(fires, is_known=self._is_heard and self._is_watched),
            alerts=tuple(self._shown(alert) for alert in fires[:ALERTS_MAX]),
            more=max(len(fires) - ALERTS_MAX, 0),
            waiting=self._attention.waiting,
            stands=self._attention.stands(state.at),
        )
        if replace(state, at=self.state.at) != self.state:
            self.state = state
            for output in self._outputs:
                output.show(state)

    def _shown(self, alert: Alert) -> Shown:
        text = alert.driver or self._title(alert)
        is_seen = alert.id in self._attention.acknowledged
        return Shown(alert.id, alert.severity, alert.action, text, alert.started, is_seen)


def _order(alert: Alert) -> tuple[int, int, int]:
    """The gravest first, of equal ones the newest."""
    return *gravity(alert.severity, alert.action), -alert.started


def _telltale(fires: Sequence[Alert], *, is_known: bool) -> Telltale:
    """What is grave stays red also when the buses fall silent; nothing else is known then."""
    if any(when_of(alert.severity, alert.action) is When.NOW for alert in fires):
        return Telltale.RED
    if not is_known:
        return Telltale.UNKNOWN
    return Telltale.AMBER if any(alert.severity == "warning" for alert in fires) else Telltale.GREEN
