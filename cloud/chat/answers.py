"""The offline answers: for each intent which tools are used, and the words around what they say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cloud.chat.deeds import Draft, offers_text, propose
from cloud.chat.glossary import code_in, glossary
from cloud.chat.model import CHANGING, Intent
from cloud.chat.told import (
    ToldAlert,
    ToldAlerts,
    ToldBooking,
    ToldCase,
    ToldChart,
    ToldCodes,
    ToldComponent,
    ToldDiagnosis,
    ToldHealth,
    ToldMeaning,
    ToldSlots,
    ToldVisit,
    ToldWork,
)
from cloud.chat.tools import Toolbox
from cloud.chat.understanding import fitting_in
from cloud.errors import NotAllowed
from cloud.workflow.model import CaseState
from edge.wire.messages import Action

DONT_KNOW: Final = (
    "I don't know. I can say of this vehicle whether it is all right, what a warning, lamp or code means, whether you "
    "may drive, what a repair needs, and when it can be done; I can show a chart, and book, move or cancel."
)
NOT_THIS_ONE: Final = (
    "I can only speak about the vehicle that you opened here, and know nothing of any other. If you mean this one, "
    "call it “the vehicle”."
)
ONLY_ENGLISH: Final = "I understand English only. Please ask in English."
NOTHING_WAITS: Final = "I asked you nothing that a yes or no would answer. What do you want to know?"
WITHHELD: Final = "I keep my answer back: it held a number that none of my sources has said. Please ask in another way."
_GREETING: Final = "Hello. Ask me how the vehicle is, or what you want to know about it."
_THANKS: Final = "You are welcome."
_DRIVE: Final[Mapping[Action, str]] = {
    Action.STOP_NOW: "No. Stop where it is safe and do not drive on",
    Action.NEAREST_WORKSHOP: "Only to the nearest workshop",
    Action.FINISH_SHIFT: "You may finish the day; then it has to be looked at",
    Action.NEXT_SERVICE: "Yes; have it looked at with the next service",
    Action.WATCH: "Yes; it is being watched",
}
_URGENCY: Final = {action: rank for rank, action in enumerate(Action)}


def answer(box: Toolbox, intent: Intent, text: str) -> Draft:
    """The answer to a question, with the tools' results left in the box."""
    try:
        if intent in CHANGING:
            return propose(box, intent, lambda offers: fitting_in(text, offers))
        return Draft(_ANSWERS[intent](box, text))
    except NotAllowed as error:
        return Draft(f"I cannot say that to you: {error}.")


def _standing(box: Toolbox, text: str) -> str:
    box.look("vehicle")
    health: ToldHealth = box.look("health")
    alerts: ToldAlerts = box.look("alerts")
    case: ToldCase = box.look("case")
    named = glossary().component(text)
    about = next((one for one in health.components if one.component == named), None)
    parts = [_score(health) if about is None else _component_score(about, health)]
    parts += [_open(alerts)]
    if about is None and health.worst is not None:
        parts.append(_why_less(health.worst, health))
    if about is not None:
        parts += [_life(about)]
    parts.append(_case(case, box.look("visit") if box.may("visit") else None))
    return " ".join(part for part in parts if part)


def _score(health: ToldHealth) -> str:
    if health.score is None:
        return "I do not know how well it is: it has told too little."
    return f"Its health is {health.score} of {health.out_of}."


def _component_score(one: ToldComponent, health: ToldHealth) -> str:
    if one.score is None:
        return f"I know nothing of {one.title}."
    because = f": {'; '.join(one.reasons[:3])}" if one.reasons else ""
    return f"{one.title}: {one.score} of {health.out_of}{because}."


def _why_less(one: ToldComponent, health: ToldHealth) -> str:
    because = f": {'; '.join(one.reasons[:3])}" if one.reasons else ""
    return f"Lowest is {one.title} with {one.score} of {health.out_of}{because}."


def _life(one: ToldComponent) -> str:
    known = [life for life in one.lifetimes if life.days is not None]
    if not known:
        return "How long it lasts is not known." if one.lifetimes else ""
    life = known[0]
    least = "" if life.days_at_least is None else f", at least {life.days_at_least:g}"
    most = "" if life.days_at_most is None else f", at most {life.days_at_most:g}"
    return f"{life.title}: about {life.days:g} days left{least}{most}."


def _open(alerts: ToldAlerts) -> str:
    if not alerts.count:
        return "No warning is open."
    said = "; ".join(_warning(one) for one in alerts.alerts[:3])
    return f"Open warnings: {alerts.count}. {said}."


def _warning(one: ToldAlert) -> str:
    return f"{one.summary} (since {one.since}): {one.advice}" if one.advice else f"{one.summary} (since {one.since})"


def _case(case: ToldCase, visit: ToldVisit | None) -> str:
    if case.case is not None and case.is_open:
        return f"Case {case.case}: {case.meaning}."
    if visit is not None and visit.outcome is not None:
        found = f" They wrote: “{'; '.join(visit.findings)}”." if visit.findings else ""
        return f"The workshop's last word, {visit.at}: {visit.title}, {visit.outcome.replace('_', ' ')}.{found}"
    return ""


def _meaning(box: Toolbox, text: str) -> str:
    if code_in(text) is not None or glossary().lamp(text) is not None:
        alerts: ToldAlerts | None = box.look("alerts") if code_in(text) is None else None
        told: ToldMeaning = box.look("meaning", term=text[:100])
        fitting = _fitting_alert(alerts, text)
        return " ".join(part for part in (fitting, _code(told) if told.kind == "code" else _lamp(told)) if part)
    alerts = box.look("alerts")
    codes: ToldCodes = box.look("codes")
    parts = [_open(alerts)]
    if codes.count:
        parts.append(f"Stored codes: {', '.join(one.code for one in codes.codes)}. Ask me for one of them.")
    elif not alerts.count:
        parts.append("No trouble code is stored. Tell me the code, or how the lamp looks.")
    return " ".join(parts)


def _fitting_alert(alerts: ToldAlerts | None, text: str) -> str:
    """The open warning about what is named."""
    named = glossary().component(text)
    found = [one for one in alerts.alerts if one.component == named] if alerts is not None else []
    return f"The open warning says: {_warning(found[0])}." if found else ""


def _code(told: ToldMeaning) -> str:
    parts = [f"{told.term} is {told.meaning}."]
    if told.known:
        parts.append(f"To me it is a sign of: {'; '.join(told.signs[:3])}.")
    else:
        parts.append("What exactly it says I do not know; the maker's list or a workshop does.")
    if told.causes:
        parts.append(f"It goes with: {'; '.join(told.causes[:3])}.")
    parts.append("This vehicle has it stored." if told.stored else "This vehicle has not told of it.")
    return " ".join(parts)


def _lamp(told: ToldMeaning) -> str:
    return f"That may be {told.term}. {told.meaning} {told.what_to_do}"


def _drive(box: Toolbox, _: str) -> str:
    alerts: ToldAlerts = box.look("alerts")
    case: ToldCase = box.look("case")
    found = [(one.action, one.summary, one.advice) for one in alerts.alerts]
    if case.is_open and case.action is not None:
        found.append((case.action, case.summary, ""))
    if found:
        action, summary, advice = min(found, key=lambda one: _URGENCY[one[0]])
        return f"{_DRIVE[action]}. The reason: {summary}.{f' {advice}.' if advice else ''}"
    health: ToldHealth = box.look("health")
    if health.score is None:
        return (
            "I do not know: no warning is open, but the vehicle has told too little. Trust its lamps and your senses."
        )
    return (
        f"I know of nothing against it: no warning is open, and its health is {health.score} of {health.out_of}. "
        "I see only what the vehicle tells; a lamp, a noise or a smell counts more."
    )


def _cost(box: Toolbox, text: str) -> str:
    work: ToldWork = box.look("work", part=text[:100])
    if work.title is None:
        return "As far as I know nothing is to be repaired, so I know of no cost. For anything else ask a workshop."
    parts = [f"{work.title}: the price is not known here."]
    if work.parts_value_eur is not None:
        parts.append(f"My catalogue values the parts ({', '.join(work.parts)}) at {work.parts_value_eur:g} €,")
        parts.append(f"and reckons with {work.minutes} minutes of work; both are rough.")
    else:
        parts.append(f"My catalogue reckons with {work.minutes} minutes of work, roughly.")
    who = "The workshop" if work.asks is None else work.asks
    parts.append(f"{who} can say the price before anything is done.")
    return " ".join(parts)


def _slots(box: Toolbox, text: str) -> str:
    booked: ToldBooking = box.look("booking")
    if booked.booking is not None:
        return f"It is booked: {booked.start} at {booked.place}. Say “move it” for another time."
    case: ToldCase = box.look("case")
    if not box.may("slots"):
        return "Nothing is booked. Your role may not look for times."
    found: ToldSlots = box.look("slots")
    if not found.offers:
        return f"I can offer no time: {found.reason}."
    fitting = fitting_in(text, found.offers)
    before = "None of them is quite like that. " if fitting == [] else ""
    after = (
        "Which shall I book?" if case.state == CaseState.OFFERED else "Say that it may be repaired, and I ask for one."
    )
    return f"{before}These times can be had:\n{offers_text(fitting or found.offers)}\n{after}"


def _why(box: Toolbox, text: str) -> str:
    case: ToldCase = box.look("case")
    named = glossary().component(text) or (case.component if case.is_open else None)
    found: ToldDiagnosis = box.look("diagnosis", component=named)
    if not found.causes or not (found.is_sure or case.is_open):
        return f"On {found.component.replace('_', ' ')}: {found.reason}."
    first = found.causes[0]
    sure = "Most likely" if found.is_sure else "I am not sure. The likeliest"
    parts = [f"{sure}: {first.title}, {first.percent} %."]
    parts += _evidence("For it", first.evidence_for) + _evidence("Against it", first.evidence_against)
    if not found.is_sure:
        parts.append(f"Why I am not sure: {found.reason}.")
    if first.next_test is not None:
        parts.append(f"To be checked first: {first.next_test}.")
    return " ".join(parts)


def _evidence(head: str, lines: Sequence[str]) -> list[str]:
    return [f"{head}: {'; '.join(lines)}."] if lines else []


def _chart(box: Toolbox, text: str) -> str:
    told: ToldChart = box.look("chart", signal=_signal(box, text))
    if told.signal is None:
        if not told.there_are:
            return "The vehicle has told no signals that I could draw."
        return f"Which signal? I can draw, for example: {', '.join(told.there_are)}."
    return (
        f"{told.title}, from {told.begin} to {told.end}: latest {told.latest:.12g} {told.unit}, "
        f"lowest {told.lowest:.12g}, highest {told.highest:.12g}."
    )


def _signal(box: Toolbox, text: str) -> str:
    """What was asked for; where no signal is named, what the most urgent warning was raised on."""
    if glossary().signal_words(text) or not box.may("alerts"):
        return text[:100]
    alerts: ToldAlerts = box.look("alerts")
    return next((name for one in alerts.alerts for name in one.signals), text)[:100]


def _said(words: str) -> Callable[[Toolbox, str], str]:
    return lambda _box, _text: words


_ANSWERS: Final[Mapping[Intent, Callable[[Toolbox, str], str]]] = {
    Intent.STANDING: _standing,
    Intent.MEANING: _meaning,
    Intent.DRIVE: _drive,
    Intent.COST: _cost,
    Intent.SLOTS: _slots,
    Intent.WHY: _why,
    Intent.CHART: _chart,
    Intent.GREETING: _said(_GREETING),
    Intent.THANKS: _said(_THANKS),
    Intent.ABILITIES: _said(DONT_KNOW.removeprefix("I don't know. ")),
    Intent.OTHER: _said(DONT_KNOW),
    Intent.LANGUAGE: _said(ONLY_ENGLISH),
    Intent.YES: _said(NOTHING_WAITS),
    Intent.NO: _said(NOTHING_WAITS),
}
