"""What changes something: first a question, then, after an explicit yes of the one who was asked, the deed.

A question names what will be done in words of ours, from what the tools said; whatever a language model wrote has no
part in it. What the asker saw is remembered by its sequence: if it has changed since, nothing is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cloud.chat.model import PENDING_FOR, Deed, Intent, Pending
from cloud.chat.told import ToldBooking, ToldCase, ToldDone, ToldOffer
from cloud.chat.tools import PERMISSION_OF_DEEDS, Asker, Neighbours, Toolbox
from cloud.errors import CloudError, UpstreamDown
from cloud.workflow.model import Answer, CaseState
from cloud.workflow.people import OwnersAnswer

Pick = Callable[[Sequence[ToldOffer]], list[ToldOffer] | None]
"""The offers that fit what somebody said of them; None: nothing was said."""
ASKED: Final = frozenset({CaseState.ASKED, CaseState.DECLINED, CaseState.NO_ANSWER})
"""Where the owner's yes or no to the repair counts."""
NOTE: Final = "in the chat"
MAY_NOT: Final = "Your role may look, but not do that; whoever owns or runs the vehicle can."


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as it is made, and the question that goes with it."""

    text: str
    pending: Pending | None = None


def propose(box: Toolbox, intent: Intent, pick: Pick) -> Draft:
    """The question for a yes that somebody's wish leads to, or why there is none."""
    return _PROPOSALS[intent](box, pick)


def do(near: Neighbours, asker: Asker, pending: Pending) -> ToldDone:
    """Do what was said yes to; what stands against it is told, and nothing is done.

    Raises:
        NotAllowed: they may no longer.
        UpstreamDown: the database is away; it can be asked for again.
    """
    asker.must(PERMISSION_OF_DEEDS[pending.deed])
    try:
        return _DEEDS[pending.deed](near, asker, pending.wanted)
    except UpstreamDown:
        raise
    except CloudError as error:
        return ToldDone(deed=pending.deed, result=f"That was not done: {error}. Ask again.")


def offers_text(offers: Sequence[ToldOffer]) -> str:
    """Times for people, a line each."""
    return "\n".join(f"{one.number}: {one.start} at {one.place}. {'. '.join(one.reasons)}." for one in offers)


def _book(box: Toolbox, pick: Pick) -> Draft:
    booked: ToldBooking = box.look("booking")
    if booked.booking is not None:
        return Draft(f"It is booked already: {booked.start} at {booked.place}. Say “move it” for another time.")
    case: ToldCase = box.look("case")
    if case.state == CaseState.OFFERED:
        return _choose(box, case, pick)
    if case.state in ASKED:
        return _consent(box, case, Answer.YES)
    if not case.is_open:
        return Draft(
            "As far as I know nothing is to be repaired, so there is nothing that I could book. For anything else call "
            "a workshop, or ask whoever runs the fleet."
        )
    return Draft(f"Nothing can be booked just now: {case.meaning}.")


def _choose(box: Toolbox, case: ToldCase, pick: Pick) -> Draft:
    fitting = pick(case.offers)
    if fitting == []:
        return Draft(f"None of the offered times is like that. These are offered:\n{offers_text(case.offers)}")
    chosen = case.offers[0] if fitting is None else fitting[0]
    wanted: dict[str, Any] = {"case": case.case, "offer": chosen.number - 1, "sequence": case.sequence}
    wanted |= {"place": chosen.place, "start": chosen.start}
    return _asked(box, Deed.CHOOSE, f"Shall I book {chosen.start} at {chosen.place}?", wanted)


def _move(box: Toolbox, pick: Pick) -> Draft:
    booked: ToldBooking = box.look("booking")
    if booked.booking is None:
        return Draft("Nothing is booked, so there is nothing to move.")
    if not box.may("slots"):
        return Draft(MAY_NOT)
    found = box.look("slots")
    fitting = pick(found.offers)
    if not found.offers:
        return Draft(f"It is booked for {booked.start} at {booked.place}. I find no other time: {found.reason}.")
    if fitting == []:
        return Draft(f"I find no such time. There are:\n{offers_text(found.offers)}")
    chosen = found.offers[0] if fitting is None else fitting[0]
    wanted = {"booking": booked.booking, "sequence": booked.sequence, "centre": chosen.centre}
    wanted |= {"start_at": chosen.start_at.isoformat(), "place": chosen.place, "start": chosen.start}
    question = f"Shall I move it from {booked.start} at {booked.place} to {chosen.start} at {chosen.place}?"
    others = "" if fitting is not None else f"These times are free:\n{offers_text(found.offers)}\n"
    return _asked(box, Deed.MOVE, question, wanted, before=others)


def _cancel(box: Toolbox, _: Pick) -> Draft:
    booked: ToldBooking = box.look("booking")
    if booked.booking is None:
        return Draft("Nothing is booked, so there is nothing to cancel.")
    wanted = {"booking": booked.booking, "sequence": booked.sequence, "place": booked.place, "start": booked.start}
    return _asked(box, Deed.CANCEL, f"Shall I cancel the appointment of {booked.start} at {booked.place}?", wanted)


def _approve(box: Toolbox, pick: Pick) -> Draft:
    case: ToldCase = box.look("case")
    return _consent(box, case, Answer.YES) if case.state in ASKED else _book(box, pick)


def _decline(box: Toolbox, _: Pick) -> Draft:
    case: ToldCase = box.look("case")
    if case.state in ASKED:
        return _consent(box, case, Answer.NO)
    if case.booking is not None:
        return Draft("It is booked already. Say “cancel it” if it is not to be.")
    return Draft("Nobody waits for an answer of yours just now.")


def _consent(box: Toolbox, case: ToldCase, answer: Answer) -> Draft:
    wanted = {"case": case.case, "sequence": case.sequence}
    about = f"{case.summary}. " if case.summary else ""
    if answer is Answer.YES:
        question = f"{about}Proposed: {case.work}. Do you say yes to the repair? Times are looked for then."
        return _asked(box, Deed.ANSWER_YES, question, wanted)
    return _asked(box, Deed.ANSWER_NO, f"{about}Proposed: {case.work}. Do you say no to the repair?", wanted)


def _asked(box: Toolbox, deed: Deed, question: str, wanted: Mapping[str, Any], before: str = "") -> Draft:
    if not box.asker.may(PERMISSION_OF_DEEDS[deed]):
        return Draft(MAY_NOT)
    pending = Pending(deed, question, wanted, box.asker.principal.name, box.near.now() + PENDING_FOR)
    return Draft(f"{before}{question} Answer yes or no.", pending)


def _answered(answer: Answer) -> Callable[[Neighbours, Asker, Mapping[str, Any]], ToldDone]:
    def act(near: Neighbours, asker: Asker, wanted: Mapping[str, Any]) -> ToldDone:
        said = OwnersAnswer(answer, asker.principal.name, NOTE)
        near.workflow.answer(wanted["case"], said, wanted["sequence"])
        yes = "Your yes is noted. Times are looked for; ask me for them in a moment."
        no = "Your no is noted. Nothing will be repaired; say so if you change your mind."
        return ToldDone(deed=f"answer_{answer}", result=yes if answer is Answer.YES else no)

    return act


def _chosen(near: Neighbours, asker: Asker, wanted: Mapping[str, Any]) -> ToldDone:
    near.workflow.choose(wanted["case"], wanted["offer"], wanted["sequence"], by=asker.principal.name)
    result = "Your choice is noted, and it is being booked: {start} at {place}. Ask me in a moment whether it is sure."
    return _told(Deed.CHOOSE, result, wanted)


def _moved(near: Neighbours, asker: Asker, wanted: Mapping[str, Any]) -> ToldDone:
    start_at = datetime.fromisoformat(wanted["start_at"])
    by = asker.principal.name
    near.appointments.move(wanted["booking"], wanted["sequence"], wanted["centre"], start_at, by=by)
    return _told(Deed.MOVE, "It is moved to {start} at {place}.", wanted)


def _cancelled(near: Neighbours, asker: Asker, wanted: Mapping[str, Any]) -> ToldDone:
    near.appointments.cancel(wanted["booking"], NOTE, wanted["sequence"], by=asker.principal.name)
    return _told(Deed.CANCEL, "The appointment of {start} at {place} is cancelled.", wanted)


def _told(deed: Deed, result: str, wanted: Mapping[str, Any]) -> ToldDone:
    place, start = wanted["place"], wanted["start"]
    text = result.replace("{start}", start).replace("{place}", place)
    return ToldDone(deed=deed, result=text, place=place, start=start)


_PROPOSALS: Final[Mapping[Intent, Callable[[Toolbox, Pick], Draft]]] = {
    Intent.BOOK: _book,
    Intent.MOVE: _move,
    Intent.CANCEL: _cancel,
    Intent.APPROVE: _approve,
    Intent.DECLINE: _decline,
}
_DEEDS: Final[Mapping[Deed, Callable[[Neighbours, Asker, Mapping[str, Any]], ToldDone]]] = {
    Deed.ANSWER_YES: _answered(Answer.YES),
    Deed.ANSWER_NO: _answered(Answer.NO),
    Deed.CHOOSE: _chosen,
    Deed.MOVE: _moved,
    Deed.CANCEL: _cancelled,
}
