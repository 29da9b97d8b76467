"""Checks by themselves, causes before effects; and looks that raise, hang or are asked for again."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from edge.doctor.check import Check, Result, Seen, none, warning, well, wrong
from edge.doctor.examine import examine
from edge.doctor.look import Clock, CouldNotLook, Look
from edge.doctor.looks import Looks
from edge.doctor.screen import MARKS, WIDTH, screen
from edge.doctor.told import exit_status

NOTHING = cast("Looks", None)


def check(name: str, *seen: Seen, after: tuple[str, ...] = ()) -> Check:
    def judge(_: Looks) -> Iterator[Seen]:
        yield from seen

    return Check(name, f"the {name}", judge, ("do something",), after)


def said(*checks: Check) -> list[tuple[str, str, str, str]]:
    return [(one.check.id, one.seen.subject, one.seen.result, one.because) for one in examine(checks, NOTHING)]


BAD = wrong("bad", "do something")


def test_an_effect_names_its_cause_and_is_not_wrong() -> None:
    assert said(check("a", BAD), check("b", BAD, after=("a",)), check("c", BAD, after=("b",)), check("d", BAD)) == [
        ("a", "", "wrong", ""),
        ("b", "", "none", "a"),
        ("c", "", "none", "a"),
        ("d", "", "wrong", ""),
    ]


def test_what_is_well_stays_so_whatever_else_is_wrong() -> None:
    effects = check("b", well("fine"), none("not here"), warning("hm", "do something"), after=("a",))
    assert said(check("a", BAD), effects)[1:] == [
        ("b", "", "well", ""),
        ("b", "", "none", ""),
        ("b", "", "none", "a"),
    ]


def test_a_warning_explains_nothing() -> None:
    cause = check("a", warning("hm", "do something"))
    assert said(cause, check("b", BAD, after=("a",)))[1] == ("b", "", "wrong", "")


def test_one_bus_explains_nothing_of_another_and_the_box_explains_all() -> None:
    cause = check("link", wrong("down", "up", "one"), well("up", "two"))
    effect = check("frames", wrong("none", "", "one"), wrong("none", "", "two"), after=("link",))
    assert said(cause, effect)[2:] == [("frames", "one", "none", "link"), ("frames", "two", "wrong", "")]
    whole = check("frames", BAD, after=("link",))
    assert said(cause, whole)[2:] == [("frames", "", "none", "link")], "one bus may be why the whole box suffers"
    assert said(check("link", BAD), effect)[1:] == [
        ("frames", "one", "none", "link"),
        ("frames", "two", "none", "link"),
    ]


def test_where_there_is_nothing_to_look_at_it_says_so_and_why() -> None:
    assert said(check("a", BAD), check("b", after=("a",)), check("c"))[1:] == [
        ("b", "", "none", "a"),
        ("c", "", "none", ""),
    ]


@pytest.mark.parametrize("error", [CouldNotLook("no right"), KeyError("x"), RecursionError("deep")])
def test_one_that_raises_could_not_look_and_the_rest_goes_on(error: Exception) -> None:
    def judge(_: Looks) -> Iterator[Seen]:
        yield well("half of it")
        raise error

    outcomes = examine([Check("a", "the a", judge, ()), check("b", well("fine"))], NOTHING)
    assert [one.seen.result for one in outcomes] == [Result.WELL, Result.WARNING, Result.WELL]
    assert outcomes[1].seen.what.startswith("could not look: ")
    assert exit_status(outcomes) == 0


def look(ask: Callable[[], int], *, whole_s: float = 5.0, deadline_s: float = 5.0) -> Look[int]:
    return Look("a thing", ask, Clock(whole_s), deadline_s=deadline_s)


def test_a_look_is_taken_once_when_it_is_asked_for() -> None:
    asked = itertools.count(7)
    one = look(lambda: next(asked))
    assert next(asked) == 7, "not before"
    assert (one(), one()) == (8, 8)


def test_what_raises_could_not_be_looked_at_and_is_not_tried_again() -> None:
    asked: list[int] = []

    def ask() -> int:
        asked.append(1)
        raise OSError(5, "Input/output error")

    one = look(ask)
    for _ in range(2):
        with pytest.raises(CouldNotLook, match=r"a thing: .*Input/output error"):
            one()
    assert asked == [1]


@pytest.mark.parametrize(("whole_s", "deadline_s"), [(5.0, 0.05), (0.05, 5.0)])
def test_what_hangs_is_left_behind_within_its_time_and_that_of_all(whole_s: float, deadline_s: float) -> None:
    go_on = threading.Event()
    one = look(lambda: int(go_on.wait(20)), whole_s=whole_s, deadline_s=deadline_s)
    began = time.monotonic()
    with pytest.raises(CouldNotLook, match="a thing: no answer within"):
        one()
    assert time.monotonic() - began < 3.0
    go_on.set()


def test_the_screen_tells_what_is_wrong_first_and_fits() -> None:
    long = "sudo ip link set can0 up; if that does not last, see /etc/systemd/network/80-can0.network, and a long story"
    checks = [
        check("python", well("Python 3.11.2")), check("link", wrong("can0 is down", long, "engine")),
        check("frames", wrong("none", "x", "engine"), after=("link",)), check("clock", warning("hm\x1b[31m", "set it")),
    ]  # fmt: skip
    text = screen(examine(checks, NOTHING))
    lines = text.splitlines()
    assert lines[0] == "1 THING WRONG; 1 warning"
    assert lines[1] == "✗ the link (engine): can0 is down"
    assert lines[2].startswith("    > sudo ip link set can0 up;")
    assert f"{MARKS[Result.NONE]} the frames (engine): none; because of: the link" in lines
    assert all(len(line) <= WIDTH for line in lines)
    assert "\x1b" not in text
    plain = screen(examine(checks, NOTHING), is_utf8=False)
    assert plain.isascii()
    assert "x the link (engine): can0 is down" in plain
    more = screen(examine([*checks, check("bit rate", after=("link",)), check("noise", after=("link",))], NOTHING))
    assert f"{MARKS[Result.NONE]} not looked at, because of the link: the bit rate, the noise\n" in more
    assert screen(examine([check("a", well("fine"))], NOTHING)).startswith("NOTHING IS WRONG\n")
