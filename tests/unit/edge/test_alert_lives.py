"""Whatever is found, in whatever order, with whatever pauses: what is told of alerts makes sense."""

from collections.abc import Sequence
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import Alert, AlertBook, pack_alerts, unpack_alerts
from edge.detect.finding import Concern, Finding, Step, Verdict

S: Final = 1_000_000_000
RULES: Final = ("a", "b", "c")
STEPS: Final = (Step("warning", "next_service", 4 * S), Step("critical", "stop_now", None, "Stop"))


def concerns() -> st.SearchStrategy[list[Concern]]:
    """One for each rule, with everything that an alert's life can have."""

    def of(rule: str) -> st.SearchStrategy[Concern]:
        return st.builds(
            Concern,
            rule=st.just(rule),
            component=st.just("part"),
            severity=st.just("info"),
            action=st.just("watch"),
            summary=st.just("{value}"),
            advice=st.just(""),
            driver=st.just("Look"),
            for_ns=st.sampled_from([0, S, 3 * S]),
            keep_firing_ns=st.sampled_from([0, 2 * S]),
            cooldown_ns=st.sampled_from([0, 5 * S]),
            inhibits=st.lists(st.sampled_from(RULES), max_size=2, unique=True).map(tuple),
            steps=st.sampled_from([(), STEPS[:1], STEPS]),
        )

    return st.tuples(*(of(rule) for rule in RULES)).map(list)


Seen = tuple[Verdict, int] | None
"""Verdict and step; None: it does not hold."""
Tick = tuple[int, Sequence[Seen]]
"""Seconds since the one before, and what is seen of each rule."""

SEEN: Final = st.none() | st.tuples(st.sampled_from(Verdict), st.integers(0, 2))
TICKS: Final = st.lists(  # long enough for cool-downs: lists are mostly twice as long as they must be
    st.tuples(st.sampled_from([1] * 9 + [700]), st.tuples(*(SEEN for _ in RULES))), min_size=12, max_size=60
)


def findings(known: Sequence[Concern], seen: Sequence[Seen]) -> list[Finding]:
    return [
        Finding(concern, one[0], {"Vehicle.X": float(one[1])}, {"value": str(one[1])}, step=one[1])
        for concern, one in zip(known, seen, strict=True)
        if one is not None
    ]


def lived(known: Sequence[Concern], ticks: Sequence[Tick], restarts: bool = False) -> list[list[Alert]]:
    """What was told at each tick; with `restarts` every tick is another book's."""
    book, at = AlertBook("car", grid_ns=S), 0
    told: list[list[Alert]] = []
    for pause_s, seen in ticks:
        if restarts:
            kept, book = pack_alerts(book.kept), AlertBook("car", grid_ns=S)
            book.restore(unpack_alerts(kept))
        at += pause_s * S
        told.append(book.update(at, findings(known, seen)))
    return told


@given(known=concerns(), ticks=TICKS)
def test_beginning_steps_and_end_alternate_and_only_get_worse(known: list[Concern], ticks: list[Tick]) -> None:
    firing: dict[str, Alert] = {}
    ids: set[str] = set()
    for alert in (alert for told in lived(known, ticks) for alert in told):
        before = firing.pop(alert.concern.rule, None)
        if alert.ended is not None:
            assert before is not None
            assert (before.id, before.started) == (alert.id, alert.started)
            assert alert.ended > alert.started
            assert alert.step >= before.step
            continue
        if alert.is_worse:
            assert before is not None
            assert (before.id, before.started) == (alert.id, alert.started)
            assert alert.step > before.step
        else:
            assert before is None
            assert alert.id not in ids
        ids.add(alert.id)
        firing[alert.concern.rule] = alert


@given(known=concerns(), ticks=TICKS)
def test_the_same_ticks_tell_the_same(known: list[Concern], ticks: list[Tick]) -> None:
    assert lived(known, ticks) == lived(known, ticks)


@given(known=concerns(), ticks=TICKS)
def test_a_restart_changes_nothing(known: list[Concern], ticks: list[Tick]) -> None:
    assert lived(known, ticks, restarts=True) == lived(known, ticks)


@given(known=concerns(), ticks=TICKS)
def test_unknown_neither_begins_nor_ends_and_what_begins_has_held_for_long_enough(
    known: list[Concern], ticks: list[Tick]
) -> None:
    book, at = AlertBook("car", grid_ns=S), 0
    held_s = dict.fromkeys(RULES, -1)
    for pause_s, seen in ticks:
        at += pause_s * S
        before = {alert.concern.rule: alert for alert in book.firing}
        book.update(at, findings(known, seen))
        after = {alert.concern.rule: alert for alert in book.firing}
        for concern, one in zip(known, seen, strict=True):
            rule = concern.rule
            holds = one is not None and one[0] is Verdict.HOLDS
            held_s[rule] = (held_s[rule] + 1 if pause_s == 1 else 0) if holds else -1
            if one is not None:
                assert (rule in before) <= (rule in after), "it ends only where its condition is known to be over"
            if rule in after and rule not in before:
                assert held_s[rule] * S >= concern.for_ns


@given(known=concerns(), ticks=TICKS)
def test_while_anything_fires_something_of_it_was_told(known: list[Concern], ticks: list[Tick]) -> None:
    book, at = AlertBook("car", grid_ns=S), 0
    told: set[str] = set()
    for pause_s, seen in ticks:
        at += pause_s * S
        told |= {alert.id for alert in book.update(at, findings(known, seen))}
        assert not book.firing or told & {alert.id for alert in book.firing}
        for alert in book.firing:
            hushed = any(alert.concern.rule in other.concern.inhibits for other in book.firing if other is not alert)
            assert hushed or alert.id in told
