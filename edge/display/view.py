"""What the page shows of a state: decided here, with all its words, so that the page only draws it."""

from typing import Any, Final

from edge.display.wording import Words
from edge.driver.notice import CabState, Shown, Telltale

NS_PER_MS: Final = 1_000_000
STANDING: Final = ("parked", "starting", "idling", "charging")
"""Doings in which a driver may read and touch; what is not known is taken for driving."""


def view_of(state: CabState | None, words: Words) -> dict[str, Any]:
    """What is shown; of None, when there is no connection to the box, that nothing is known.

    While it is driven: one sentence, what to do, how many more. Only standing: the list, and what may be asked for.
    """
    if state is None:
        return _page(words, CabState(), words.say["no_box"], None, 0) | {"standing": False}
    gravest = state.alerts[0] if state.alerts else None
    sentence = gravest.text if gravest else _nothing_fires(state, words)
    view = _page(words, state, sentence, gravest, len(state.alerts[1:]) + state.more)
    if view["standing"]:
        view["alerts"] = [_row(alert, words) for alert in state.alerts]
    return view


def _nothing_fires(state: CabState, words: Words) -> str:
    if state.telltale is Telltale.UNKNOWN:
        return words.say["nothing_heard"]
    return ""


def _page(words: Words, state: CabState, sentence: str, gravest: Shown | None, more: int) -> dict[str, Any]:
    return {
        "language": words.language,
        "telltale": state.telltale.value,
        "title": words.telltale[state.telltale.value],
        "sentence": sentence,
        "action": _action(gravest, words),
        "more": _more(more, words),
        "standing": state.doing in STANDING,
        "alerts": [],
        "private": state.private,
        "workshop": state.workshop,
        "modes": _modes(state, words),
        "until_ms": None if state.workshop_until is None else state.workshop_until // NS_PER_MS,
        "more_listed": _more(state.more, words),
        "lost": {"title": words.telltale["unknown"], "sentence": words.say["no_box"]},
        "say": words.say,
    }


def _modes(state: CabState, words: Words) -> list[dict[str, str]]:
    modes = {"workshop": state.workshop, "private": state.private}
    return [{"name": name, "word": words.say[name]} for name, on in modes.items() if on]


def _action(alert: Shown | None, words: Words) -> dict[str, str] | None:
    if alert is None:
        return None
    known = alert.action if alert.action in words.action else "watch"
    return {"name": known, "word": words.action[known]}


def _more(number: int, words: Words) -> str:
    if number == 0:
        return ""
    return words.say["more_one"] if number == 1 else words.say["more_many"].format(n=number)


def _row(alert: Shown, words: Words) -> dict[str, Any]:
    return {
        "id": alert.id,
        "severity": alert.severity,
        "severity_word": words.severity.get(alert.severity, words.severity["warning"]),
        "text": alert.text,
        "action": _action(alert, words),
        "acknowledged": alert.acknowledged,
        "label": words.say["acknowledge_this"].format(text=alert.text),
    }
