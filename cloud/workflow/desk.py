"""The desk: an agent's next step is taken, written and told here, all of it in one transaction or nothing.

Every hand-over from one agent to another goes through here, and through `allowed`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.alerts.service import AlertService
from cloud.database import Connection, Database
from cloud.errors import NotAllowed, NotFound
from cloud.logs import correlated
from cloud.security.audit import Audit
from cloud.workflow import store
from cloud.workflow.agents import Judge
from cloud.workflow.facts import Appointments, Facts, Orders, gather
from cloud.workflow.model import EDGES, Agent, Case, Entry, Message, Step
from cloud.workflow.visits import needs_a_person

FAILURES_MAX: Final = 5
"""After so many in a row somebody has to look."""
STEPS_MAX: Final = 20
"""Of one agent in a row: far more than any way of a case has."""
_FIRST_WAIT: Final = timedelta(seconds=30)
"""After a failure; twice as long after each further one."""
WAITS: Final = "waits"
OVER: Final = "over"

Tell = Callable[[Connection, Message], None]
"""Tells people, in the caller's transaction; never twice for one reason."""
Allowed = Callable[[str, str, str], None]
"""Lets a run go from one agent to another, or raises NotAllowed."""

_log = logging.getLogger(__name__)


class Astray(Exception):
    """The graph stands where the case cannot be: its checkpoint is not of this database."""


@dataclass(frozen=True, slots=True)
class World:
    """Whom the desk asks."""

    alerts: AlertService
    appointments: Appointments
    orders: Orders
    tell: Tell
    allowed: Allowed


class Desk:
    """Takes the agents' steps."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        world: World,
        judges: Mapping[Agent, Judge],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._world = world
        self._judges = judges
        self._now = now
        self.health: dict[Agent, str] = dict.fromkeys(Agent, "")
        """Of each agent why its last look failed; "" where it did not."""

    def take(self, agent: Agent, number: int) -> str:
        """Let an agent do what it can for a case, and say who comes next: an agent, WAITS or OVER; safe to repeat.

        Raises:
            Astray: the case is not on any way from this agent.
            NotFound: there is no such case.
        """
        for _ in range(STEPS_MAX):
            case = self.case(number)
            if case.is_halted:
                self._settle(case, case.seen)
                return OVER
            if case.agent is not agent:
                return way(agent, case.agent)
            with self._watched(agent), correlated(case.correlation or case.name):
                if not self._step(case):
                    return WAITS
        raise RuntimeError(f"{agent} does not come to an end with case {number}")

    def case(self, number: int) -> Case:
        """One case.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            return case_of(connection, number)

    def has_changed(self, case: Case) -> bool:
        """Whether something happened that its agent has not seen; who failed waits until it is due."""
        return not (case.is_halted or case.failures) and self._facts(case).digest != case.seen

    def failed(self, number: int, error: Exception) -> None:
        """Write down that an agent failed: looked at again later, and after some times by a person."""
        now = self._now()
        case = self.case(number)
        if case.is_halted:
            return
        failures, reason = case.failures + 1, f"{case.agent} failed: {error}"[:500]
        if failures >= FAILURES_MAX:
            self.health[case.agent] = ""  # it is this case that fails, and a person has it now
            step = needs_a_person(case, reason, now)
        else:
            wake_at = now + _FIRST_WAIT * 2**failures
            step = Step(replace(case, failures=failures, wake_at=wake_at, sequence=case.sequence + 1), reason)
        self._write(case, step, case.agent.principal)

    def _step(self, case: Case) -> bool:
        """Take one step; False where the agent waits."""
        facts = self._facts(case)
        step = self._judges[case.agent].look(case, facts, self._now())
        if step is None:
            self._settle(case, facts.digest)
            return False
        if step.after.agent is not case.agent:
            step = self._handed_over(case, step)
        on_the_move = replace(step.after, seen="")  # until an agent waits; killed before that, it is looked at again
        self._write(case, replace(step, after=on_the_move), case.agent.principal)
        return True

    def _handed_over(self, case: Case, step: Step) -> Step:
        try:
            self._world.allowed(case.name, case.agent, step.after.agent)
        except NotAllowed as error:
            _log.error("%s: %s", case.name, error)
            return needs_a_person(case, f"forbidden: {error}", self._now())
        return step

    def _settle(self, case: Case, seen: str) -> None:
        """Nothing is due in what was looked at. What came meanwhile has another sequence, and stays due."""
        is_due = case.is_due(self._now())
        if is_due or case.seen != seen:
            after = replace(case, seen=seen, wake_at=None if is_due else case.wake_at)
            with self._database.transaction() as connection:
                store.replace_case(connection, case, after)

    def _facts(self, case: Case) -> Facts:
        return gather(case, self._now(), self._world.alerts, self._world.appointments, self._world.orders)

    def _write(self, before: Case, step: Step, by: str) -> None:
        """All of a step, unless somebody was quicker: then the agent looks anew."""
        with self._database.transaction() as connection:
            if store.replace_case(connection, before, step.after):
                record(connection, self._audit, step, by)
                for message in step.messages:
                    self._world.tell(connection, message)

    @contextmanager
    def _watched(self, agent: Agent) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.health[agent] = str(error) or type(error).__name__
            raise
        self.health[agent] = ""


def record(connection: Connection, audit: Audit, step: Step, by: str) -> None:
    """Write down a step that was taken: timeline, counters, audit, log."""
    case = step.after
    store.add_step(connection, case.number, Entry(case.changed_at, by, case.state, case.agent, step.note))
    counters.add(connection, step.counts)
    subject = f"cases/{case.number}"
    audit.record(
        connection, by=by, action=f"case_{case.state}", fleet=case.address.fleet, subject=subject, note=step.note
    )
    _log.info("case %s is %s (%s): %s", case.number, case.state, by, step.note)


def case_of(connection: Connection, number: int) -> Case:
    """One case.

    Raises:
        NotFound: there is none.
    """
    found = store.case_of(connection, number)
    if found is None:
        raise NotFound(f"there is no case {number}")
    return found


def way(here: Agent, target: Agent) -> str:
    """The next agent on the way from one to another.

    Raises:
        Astray: there is no way.
    """
    order = list(Agent)
    if order.index(target) > order.index(here):
        return order[order.index(here) + 1].value
    if (here, target) in EDGES:
        return target.value
    raise Astray(f"there is no way from {here} to {target}")
