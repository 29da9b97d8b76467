"""The agents up to the owner's word: is there something to do, what is wrong, may it be repaired.

An agent looks at a case and at the facts and gives the next step, or None: it waits. It reads the clock from its caller
and writes nothing itself; whatever runs twice gives the same. The agents that act on other rooms are in visits.py.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from cloud.health.model import Diagnosis
from cloud.scheduling.works import catalogue
from cloud.workflow.facts import Facts, Standing
from cloud.workflow.model import Agent, Answer, Case, CaseState, Message, Step
from cloud.workflow.settings import Patience
from cloud.workflow.words import about, proposal
from edge.wire.messages import Action, Severity
from edge.wire.topics import Address

ASKED_MAX: Final = 2
"""How often the owner is asked by itself: a no is taken, and doubted once."""

Diagnose = Callable[[Address, str], Diagnosis]
"""What may be wrong with a component of a vehicle."""


class Judge(Protocol):
    """An agent."""

    agent: Agent

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """The next step of a case that is this agent's; None: it waits."""


class DataAgent:
    """Is there something to do at all?"""

    agent = Agent.DATA

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """On to diagnosis, unless the alerts have closed or ask for nothing but watching."""
        if facts.standing is not Standing.OPEN:
            return all_clear(case, now) if facts.standing is Standing.OVER else None
        told = {"action": facts.action, "summary": facts.summary, "correlation": facts.correlation}
        if facts.action is not Action.WATCH:
            return Step(case.to(CaseState.NEW, now, agent=Agent.DIAGNOSIS, **told), f"{facts.action}: {facts.summary}")
        if case.state is CaseState.WATCHING:
            return None
        return Step(case.to(CaseState.WATCHING, now, **told), f"only to be watched: {facts.summary}")


class DiagnosisAgent:
    """What is wrong?"""

    agent = Agent.DIAGNOSIS

    def __init__(self, diagnose: Diagnose) -> None:
        self._diagnose = diagnose

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """On to the owner with whatever is known; no verdict is an answer too."""
        if facts.standing is not Standing.OPEN:
            return all_clear(case, now) if facts.standing is Standing.OVER else None
        diagnosis = self._diagnose(case.address, case.component)
        after = case.to(CaseState.NEW, now, agent=Agent.ENGAGEMENT, diagnosis=diagnosis)
        cause = after.cause
        if cause is None:
            return Step(after, f"no verdict: {diagnosis.reason}")
        if cause.work in catalogue():
            return Step(after, f"{cause.title}: {diagnosis.reason}")
        note = f"{cause.title}: {diagnosis.reason}; the catalogue has no work {cause.work!r}, so it is inspected"
        return Step(after, note, counts={"works_unknown": 1})


class EngagementAgent:
    """May it be repaired? Asks the owner once, reminds once, and asks once more some time after a no.

    While it waits for the owner, what becomes worse is diagnosed again: the first alert of a fault tells little of it.
    """

    agent = Agent.ENGAGEMENT

    def __init__(self, patience: Patience, diagnose: Diagnose) -> None:
        self._patience = patience
        self._diagnose = diagnose

    def look(self, case: Case, facts: Facts, now: datetime) -> Step | None:
        """Ask, say that it has become worse, take the answer, or wait."""
        if case.state is CaseState.ASKED and case.answer is not Answer.NO and facts.is_worse_than(case.action):
            return self._worse(case, facts, now)
        if case.answer is Answer.YES:
            after = case.to(CaseState.APPROVED, now, agent=Agent.SCHEDULING, reminded=False)
            return Step(after, f"{case.answered_by} agrees")
        if facts.standing is Standing.OVER:
            return all_clear(case, now)
        if case.answer is Answer.NO and case.state is CaseState.ASKED:
            return self._declined(case, now)
        is_waiting = case.state in {CaseState.ASKED, CaseState.DECLINED} and not case.is_due(now)
        if facts.standing is Standing.QUIET or is_waiting:
            return None
        return self._unanswered(case, now) if case.state is CaseState.ASKED else self._ask(case, now)

    def _ask(self, case: Case, now: datetime) -> Step:
        asked = case.asked + 1
        wake_at = now + self._patience.remind_after
        fields = {"asked": asked, "reminded": False, "answer": None, "answered_by": None, "wake_at": wake_at}
        title = f"{about(case)}: may it be repaired?"
        message = tell(case, f"question/{asked}", title, proposal(case))
        return Step(case.to(CaseState.ASKED, now, **fields), "asked the owner", (message,))

    def _worse(self, case: Case, facts: Facts, now: datetime) -> Step:
        """What is wrong is looked at once more, and an owner who has not answered yet is told."""
        told = {"action": facts.action, "summary": facts.summary, "correlation": facts.correlation}
        diagnosis = self._diagnose(case.address, case.component)
        after = case.to(CaseState.ASKED, now, wake_at=case.wake_at, diagnosis=diagnosis, **told)
        title = f"{about(case)}: it has become worse; may it be repaired?"
        message = tell(after, f"question/{case.asked}/{facts.action}", title, proposal(after))
        note = f"it has become worse: {facts.summary}"
        return Step(after, note, () if case.answer is Answer.YES else (message,))

    def _declined(self, case: Case, now: datetime) -> Step:
        said = f"{case.answered_by} says no"
        if case.asked >= ASKED_MAX:
            return Step(case.end(CaseState.DECLINED, now, reason=said), f"{said}, and is not asked again")
        wake_at = now + self._patience.ask_again_after
        return Step(case.to(CaseState.DECLINED, now, wake_at=wake_at, reason=said), f"{said}; asked once more later")

    def _unanswered(self, case: Case, now: datetime) -> Step:
        if case.reminded:
            return Step(case.end(CaseState.NO_ANSWER, now, reason="asked and reminded"), "no answer came")
        title = f"{about(case)}: an answer is still needed"
        message = tell(case, f"question/{case.asked}/reminder", title, proposal(case))
        wake_at = now + self._patience.remind_after
        return Step(case.to(CaseState.ASKED, now, reminded=True, wake_at=wake_at), "reminded the owner", (message,))


def all_clear(case: Case, now: datetime) -> Step:
    """The incident is closed, and nothing is booked."""
    return Step(case.end(CaseState.ALL_CLEAR, now), "the incident is closed")


def tell(case: Case, what: str, title: str, text: str, severity: Severity = Severity.WARNING) -> Message:
    """A message of a case; `what` makes it happen once."""
    where = case.address
    return Message(
        case.number, f"{case.name}/{what}", where.fleet, where.vehicle, severity, title, text, case.correlation
    )
