"""What the page shows of a state: decided here, with all its words, so that the page only draws it."""

from typing import Any, Final

from edge.display.wording import said_by_page
from edge.driver.notice import CabState, Shown, Telltale
from edge.driver.words import Words
from edge.wire.messages import Action, Severity

NS_PER_MS: Final = 1_000_000


def view_of(state: CabState | None, words: Words, *, is_old: bool = False) -> dict[str, Any]:
    """What is shown; of None, when there is no connection to the box, that nothing is known.

    `is_old`: nor is anything when nothing was judged for JUDGED_MAX_S.

    While it is driven: one sentence, what to do, how many more. Only standing: the list, and what may be asked for.
    """
    if state is None:
        return _page(words, CabState(), words.phrase("no_connection"), None, 0) | {"standing": False}
    if is_old:
        return _page(words, CabState(), words.phrase("not_judged"), None, 0)
    gravest = state.alerts[0] if state.alerts else None
    nothing = words.phrase("state_unknown") if state.telltale is Telltale.UNKNOWN else ""
    view = _page(words, state, gravest.text if gravest else nothing, gravest, len(state.alerts[1:]) + state.more)
    if view["standing"]:
        view["alerts"] = [_row(alert, words) for alert in state.alerts]
    return view


def _page(words: Words, state: CabState, sentence: str, gravest: Shown | None, more: int) -> dict[str, Any]:
    return {
        "language": words.language,
        "telltale": state.telltale.value,
        "title": _title(state.telltale, words),
        "sentence": sentence,
        "action": None if gravest is None else _action(gravest, words),
        "more": _more(more, words),
        "standing": state.stands,
        "alerts": [],
        "private": state.private,
        "workshop": state.workshop,
        "modes": _modes(state, words),
        "until_ms": None if state.workshop_until is None else state.workshop_until // NS_PER_MS,
        "more_listed": _more(state.more, words),
        "lost": {"title": _title(Telltale.UNKNOWN, words), "sentence": words.phrase("no_connection")},
        "say": {**said_by_page(words)},
    }


def _title(telltale: Telltale, words: Words) -> str:
    return words.phrase("unknown" if telltale is Telltale.UNKNOWN else f"state_{telltale}")


def _modes(state: CabState, words: Words) -> list[dict[str, str]]:
    modes = {"workshop": state.workshop, "private": state.private}
    return [{"name": name, "word": words.phrase(name)} for name, on in modes.items() if on]


def _action(alert: Shown, words: Words) -> dict[str, str]:
    """In a few words; what a newer box has and we do not know is to be watched."""
    known = alert.action if alert.action in set(Action) else Action.WATCH.value
    return {"name": known, "word": words.phrase(f"action_{known}_short")}


def _more(number: int, words: Words) -> str:
    return words.phrase("more", n=number) if number else ""


def _row(alert: Shown, words: Words) -> dict[str, Any]:
    known = alert.severity if alert.severity in set(Severity) else Severity.WARNING.value
    return {
        "id": alert.id,
        "severity": known,
        "severity_word": words.phrase(f"severity_{known}"),
        "text": alert.text,
        "action": _action(alert, words),
        "acknowledged": alert.acknowledged,
        "label": f"{words.phrase('acknowledge')}: {alert.text}",
    }
