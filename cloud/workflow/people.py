"""What people may do with a case. Pure: every act gives the step or says why not and what else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloud.errors import Conflict, Refused
from cloud.workflow.model import MEANINGS, Agent, Answer, Case, CaseState, Step

_ANSWERABLE: Final = frozenset({CaseState.ASKED, CaseState.DECLINED, CaseState.NO_ANSWER})
_CLOSABLE: Final = frozenset(
    {
        CaseState.NEW,
        CaseState.WATCHING,
        CaseState.ASKED,
        CaseState.DECLINED,
        CaseState.APPROVED,
        CaseState.NO_SLOT,
        CaseState.OFFERED,
        CaseState.CENTRE_GONE,
        CaseState.NEEDS_A_PERSON,
    }
)
_WITHOUT_OFFERS: Final[dict[str, Any]] = {"job": None, "offers": (), "chosen": None, "reminded": False}
_ANEW: Final[dict[str, Any]] = {
    "ended_at": None,
    "answer": None,
    "answered_by": None,
    "choose_for_me": False,
    **_WITHOUT_OFFERS,
}
"""What a case forgets when the owner is to be asked once more."""
_NEXT_VISIT: Final[dict[str, Any]] = {"booking": None, "work_order": None}


@dataclass(frozen=True, slots=True)
class OwnersAnswer:
    """What was answered, and by whom."""

    answer: Answer
    by: str
    note: str = ""
    choose_for_me: bool = False


def answered(case: Case, said: OwnersAnswer, now: datetime) -> Step:
    """The owner says yes or no; also later than the question was open.

    Raises:
        Conflict: nobody is asked.
    """
    waits = case.state in _ANSWERABLE and not (case.state is CaseState.ASKED and case.answer is not None)
    if not waits:
        raise Conflict(f"nobody is asked: the case is {_told(case)}")
    after = case.to(
        CaseState.ASKED,
        now,
        ended_at=None,
        wake_at=now,
        agent=Agent.ENGAGEMENT,
        answer=said.answer,
        answered_by=said.by,
        choose_for_me=said.choose_for_me and said.answer is Answer.YES,
        **_WITHOUT_OFFERS,
    )
    return Step(after, _with(f"answered {said.answer}", said.note))


def chose(case: Case, offer: int, now: datetime) -> Step:
    """One of the offered times is wanted.

    Raises:
        Conflict: nothing is offered, or something is chosen already.
        Refused: there is no such offer.
    """
    if case.state is not CaseState.OFFERED or case.chosen is not None:
        raise Conflict(f"nothing is to be chosen: the case is {_told(case)}")
    if not 0 <= offer < len(case.offers):
        raise Refused(f"offer: there are {len(case.offers)}, counted from 0")
    slot = case.offers[offer].slot
    after = case.to(CaseState.OFFERED, now, chosen=offer, wake_at=now)
    return Step(after, f"chose {slot.centre}, {slot.start_at:%Y-%m-%d %H:%M} UTC")


def retried(case: Case, note: str, now: datetime) -> Step:
    """Go on from where it stands still.

    Raises:
        Conflict: it does not stand still.
    """
    match case.state:
        case CaseState.WATCHING:
            after = case.to(CaseState.NEW, now, agent=Agent.DIAGNOSIS, wake_at=now)
        case CaseState.DECLINED | CaseState.NO_ANSWER:
            after = case.to(CaseState.NEW, now, agent=Agent.ENGAGEMENT, wake_at=now, **_ANEW)
        case CaseState.NO_SLOT | CaseState.OFFERED:
            fields: dict[str, Any] = {**_WITHOUT_OFFERS, "visit": case.visit + 1}
            after = case.to(CaseState.APPROVED, now, wake_at=now, **fields)
        case CaseState.NOT_REPAIRED | CaseState.CLOSED:
            fields = {**_ANEW, **_NEXT_VISIT, "agent": Agent.DIAGNOSIS, "visit": case.visit + 1}
            after = case.to(CaseState.NEW, now, wake_at=now, **fields)
        case CaseState.NEEDS_A_PERSON:
            after = case.to(CaseState.NEW, now, agent=case.agent, wake_at=now)
        case _:
            raise Conflict(f"it does not stand still: the case is {_told(case)}")
    return Step(after, _with("asked to go on", note))


def closed(case: Case, note: str, now: datetime) -> Step:
    """Nothing more is to become of it.

    Raises:
        Conflict: it is over, or something is booked.
    """
    if case.ended_at is not None or case.state not in _CLOSABLE:
        raise Conflict(f"it cannot be closed: the case is {_told(case)}")
    return Step(case.end(CaseState.CLOSED, now, reason=note, wake_at=now), _with("closed", note))


def _told(case: Case) -> str:
    meaning, way_on = MEANINGS[case.state]
    return f"{case.state} ({meaning}); the way on: {way_on}"


def _with(what: str, note: str) -> str:
    return f"{what}: {note}" if note else what
