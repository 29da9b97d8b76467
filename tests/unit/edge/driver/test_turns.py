"""Whose turn it is to be said, and what is not said any more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.driver.notice import Notice
from edge.driver.turns import STALE_S, WAITING_MAX, Turns, cuts_in, gravity
from tests.notices import notice


def taken(turns: Turns, at_s: float = 0.0) -> list[str]:
    """Alerts in the order in which they are told."""
    told = []
    while (one := turns.take(at_s)) is not None:
        told.append(one[0].alert)
    return told


def test_the_gravest_is_told_first_and_of_equal_ones_the_earliest() -> None:
    turns = Turns()
    for alert, severity in (
        ("i", "info"),
        ("w1", "warning"),
        ("c1", "critical"),
        ("w2", "warning"),
        ("c2", "critical"),
    ):
        turns.add(notice(alert, severity), 0.0)
    assert taken(turns) == ["c1", "c2", "w1", "w2", "i"]


def test_what_must_be_heard_now_goes_before_what_is_graver_and_can_wait() -> None:
    turns = Turns()
    turns.add(Notice("waits", "critical", "watch", "", 3, False), 0.0)
    turns.add(Notice("now", "warning", "watch", "", 1, True), 0.0)
    assert taken(turns) == ["now", "waits"]


def test_of_nine_the_one_that_would_be_told_last_is_dropped_and_counted() -> None:
    turns = Turns()
    turns.add(notice("last", "info"), 0.0)
    for index in range(WAITING_MAX):
        turns.add(notice(f"w{index}"), 0.0)
    assert taken(turns) == [f"w{index}" for index in range(WAITING_MAX)]
    assert turns.counts["dropped_full"] == 1


def test_a_critical_one_finds_room_among_eight_warnings() -> None:
    turns = Turns()
    for index in range(WAITING_MAX):
        turns.add(notice(f"w{index}"), 0.0)
    turns.add(notice("c", "critical"), 0.0)
    assert taken(turns)[0] == "c"
    assert turns.counts["dropped_full"] == 1


def test_newer_word_of_an_alert_takes_the_place_of_the_older() -> None:
    turns = Turns()
    turns.add(notice("a", "warning", "It is warm."), 0.0)
    turns.add(notice("a", "critical", "It is hot."), 1.0)
    first = turns.take(1.0)
    assert first is not None
    assert first[0].text == "It is hot."
    assert taken(turns) == []
    assert turns.counts["replaced"] == 1


def test_what_waited_too_long_is_stale_unless_it_is_critical_or_must_be_heard_now() -> None:
    turns = Turns()
    for alert, severity in (("w", "warning"), ("c", "critical"), ("i", "info")):
        turns.add(notice(alert, severity), 0.0)
    turns.add(Notice("stop", "warning", "stop_now", "", 1, True), 0.0)
    turns.add(Notice("grave", "critical", "watch", "", 3, False), 0.0)
    turns.add(notice("new"), 1.0)
    assert taken(turns, STALE_S + 0.5) == ["c", "stop", "grave", "new"]
    assert turns.counts["dropped_stale"] == 2


def test_what_waited_just_long_enough_is_told() -> None:
    turns = Turns()
    turns.add(notice("w"), 0.0)
    assert taken(turns, STALE_S) == ["w"]


def test_what_was_cut_off_waits_as_of_when_it_came() -> None:
    turns = Turns()
    turns.add_again(notice("w"), 0.0)
    assert taken(turns, STALE_S + 1.0) == []


def test_what_was_cut_off_gives_way_to_newer_word_of_its_alert() -> None:
    turns = Turns()
    turns.add(notice("a", text="newer"), 5.0)
    turns.add_again(notice("a", text="older"), 0.0)
    one = turns.take(5.0)
    assert one is not None
    assert (one[0].text, len(turns), turns.counts["replaced"]) == ("newer", 0, 1)


@pytest.mark.parametrize(
    ("notice", "said", "cuts"),
    [
        (("critical", True), ("warning", False), True),
        (("critical", True), ("warning", True), True),
        (("critical", True), ("critical", True), False),
        (("critical", False), ("info", False), False),
        (("warning", False), ("info", False), False),
        (("warning", True), ("warning", False), True),
        (("warning", True), ("warning", True), False),
        (("warning", True), ("critical", True), False),
        (("warning", True), ("critical", False), True),
    ],
)
def test_what_must_be_heard_now_cuts_in_unless_what_is_said_must_be_and_is_as_grave(
    notice: tuple[str, bool], said: tuple[str, bool], cuts: bool
) -> None:
    one, other = (Notice("a", severity, "watch", "", 0, interrupts) for severity, interrupts in (notice, said))
    assert cuts_in(one, other) is cuts


def test_a_severity_that_nobody_knows_is_the_least_grave() -> None:
    assert gravity("unheard of") > gravity("info") > gravity("warning") > gravity("critical") == 0


notices = st.builds(
    notice, alert=st.sampled_from("abcdefghijkl"), severity=st.sampled_from(["critical", "warning", "info", "odd"])
)
steps = st.lists(st.tuples(st.one_of(notices, st.none()), st.floats(0.0, 20.0)))


@given(steps)
def test_whatever_comes_is_bounded_and_told_or_counted(
    steps: list[tuple[Notice | None, float]],
) -> None:
    turns = Turns()
    now_s, came, told = 0.0, 0, 0
    for one, passed_s in steps:
        now_s += passed_s
        if one is not None:
            turns.add(one, now_s)
            came += 1
        else:
            told += turns.take(now_s) is not None
        assert len(turns) <= WAITING_MAX
    told += len(taken(turns, now_s))
    assert came == told + turns.counts.total()
