"""Poller: asks one vehicle, again and again, whatever it lets itself be asked; tells what changed. One thread's work.

It decides nothing about manners: the line does. It only knows what it wants, and how often.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from edge.diagnostics.changes import Change, CodeChange, code_changes, merged, other_changes
from edge.diagnostics.findings import Survey
from edge.diagnostics.line import LOOK_S, NotNow
from edge.diagnostics.schedule import Schedule
from edge.diagnostics.watch import Signs, Silence
from edge.errors import BusDown
from edge.frames import NANOSECONDS

log = logging.getLogger(__name__)

DOWN_NS: Final = 2 * NANOSECONDS
"""How long a bus or an adapter that is away is left alone before it is tried again."""
_DISCOVER: Final = "discover"
_IDENTITY: Final = "identity"
_CODES: Final = "codes"


class Surveyor(Protocol):
    """Knows what to ask of a vehicle, in one protocol or several. Used by one thread."""

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""

    def discover(self) -> bool:
        """Find out who is there and what they can be asked; whether anybody answered."""

    def identity(self) -> Survey | None:
        """Who the units say they are; None when nobody says anything."""

    def codes(self) -> Survey | None:
        """Codes, lamps, readiness, since clearing; None when nobody says anything."""

    def values(self) -> Mapping[str, float]:
        """What else can be asked, by name, and how many seconds apart it is wanted."""

    def ask_value(self, name: str) -> bool:
        """Ask for one of these; whether it was answered. The answer is heard by whoever listens to the bus."""


class Standing(Protocol):
    """Where we stand with the vehicle: a line, or an adapter."""

    def now_ns(self) -> int:
        """Monotonic."""

    def why_silent(self) -> Silence | None:
        """Why nothing may be asked now."""

    def tell(self, signs: Signs) -> None:
        """The vehicle's state as others know it."""

    def listen(self, wait_s: float) -> int:
        """Hear what goes on meanwhile; how often the vehicle has woken up so far."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many seconds lie between two looks."""

    identity_s: float = 86_400.0
    codes_s: float = 300.0
    discover_s: float = 3_600.0
    search_s: float = 10.0
    """While nobody has answered yet; doubled each time."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one look found that is not as it was."""

    survey: Survey
    """Everything that is known now."""
    codes: tuple[CodeChange, ...]
    others: tuple[Change, ...]

    def lines(self) -> Iterator[str]:
        """The same in words, for logs."""
        for code in self.codes:
            yield f"{code.code.code} of {code.code.ecu} {code.how} ({', '.join(sorted(code.code.statuses))})"
        for change in self.others:
            yield f"{change.what} {change.ecu}: {change.field} was {change.before or 'nothing'}, is {change.after}"


class Poller:
    """Step by step; each step asks at most one thing."""

    def __init__(
        self,
        surveyor: Surveyor,
        standing: Standing,
        *,
        tell: Callable[[Told], None],
        known: Survey | None = None,
        rates: Rates | None = None,
    ) -> None:
        """`known`: what was known when we last stopped; `tell` is called in the thread that steps."""
        self.survey = known or Survey()
        self.silent: Counter[str] = Counter()
        """Steps in which nothing was asked, by why."""
        self.why: Silence | None = None
        """Why nothing was asked last; None: something was, or nothing was due."""
        self.down: str | None = None
        """Why the bus or the adapter cannot be used."""
        self.looks = 0
        """How often codes were asked for, and somebody answered."""
        self._surveyor = surveyor
        self._standing = standing
        self._tell = tell
        self._rates = rates or Rates()
        self._schedule = Schedule()
        self._awakenings = 0
        self._found = False
        self._schedule.set({_DISCOVER: self._rates.search_s}, standing.now_ns())

    @property
    def counters(self) -> Mapping[str, int]:
        """What was asked, answered and not asked, by cause."""
        return {**self._surveyor.counters, **{f"silent_{why}": count for why, count in self.silent.items()}}

    @property
    def resting(self) -> Mapping[str, int]:
        """What found no answer, with how often in a row."""
        return self._schedule.resting()

    def hurry(self) -> None:
        """Ask for codes next, as soon as anything may be asked."""
        self._schedule.hurry(_CODES, self._standing.now_ns())

    def step(self, signs: Signs | None = None, *, wait_s: float = LOOK_S) -> None:
        """Ask what is due, or listen for `wait_s`. `signs`: what is known of the vehicle now."""
        if signs is not None:
            self._standing.tell(signs)
        try:
            self._notice(self._standing.listen(0.0))
            self.why = self._standing.why_silent()
            due = self._schedule.due(self._standing.now_ns()) if self.why is None else None
            if due is None:
                self.silent.update({self.why: 1} if self.why else {})
                self._notice(self._standing.listen(wait_s))
            else:
                self._ask(due)
            self.down = None
        except NotNow as error:
            self.why = error.why
        except BusDown as error:
            self._rest(error)

    def _notice(self, awakenings: int) -> None:
        if awakenings != self._awakenings:
            self._awakenings = awakenings
            self._schedule.awake(self._standing.now_ns())

    def _ask(self, name: str) -> None:
        answered = False
        try:
            answered = self._asked(name)
        except NotNow:
            self._schedule.later(name, self._standing.now_ns() + NANOSECONDS)
            raise
        self._schedule.done(name, self._standing.now_ns(), answered=answered)
        if name == _DISCOVER and answered != self._found:
            self._found = answered
            self._plan()

    def _asked(self, name: str) -> bool:
        if name == _DISCOVER:
            return self._surveyor.discover()
        if name in {_IDENTITY, _CODES}:
            found = self._surveyor.identity() if name == _IDENTITY else self._surveyor.codes()
            if found is not None:
                self._compare(found)
                self.looks += name == _CODES
            return found is not None
        return self._surveyor.ask_value(name)

    def _plan(self) -> None:
        wanted = {_DISCOVER: self._rates.discover_s if self._found else self._rates.search_s}
        if self._found:
            wanted |= {_IDENTITY: self._rates.identity_s, _CODES: self._rates.codes_s, **self._surveyor.values()}
        self._schedule.set(wanted, self._standing.now_ns())

    def _compare(self, found: Survey) -> None:
        codes = tuple(code_changes(self.survey, found))
        others = tuple(other_changes(self.survey, found))
        before = self.survey
        self.survey = merged(before, found)
        if codes or others or self.survey.units != before.units or self.survey.vin != before.vin:
            self._tell(Told(self.survey, codes, others))

    def _rest(self, error: BusDown) -> None:
        if self.down is None:
            log.warning("diagnostics rest until the way to the vehicle is back: %s", error)
        self.down = str(error)
        until_ns = self._standing.now_ns() + DOWN_NS
        for name in (_DISCOVER, _IDENTITY, _CODES, *self._surveyor.values()):
            self._schedule.later(name, until_ns)
