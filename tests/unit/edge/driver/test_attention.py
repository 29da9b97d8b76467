"""When the driver hears of an alert: each case is a small story with what is said in it, and when."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import Alert
from edge.alerts.alert import alert_id
from edge.detect.finding import Concern, Step
from edge.driver.attention import ACTIONS, CHIMES, SEVERITIES, WAITING_MAX, Attention
from edge.driver.notice import Notice

S = 1_000_000_000
ALERT = re.compile(r"[+-] |worse ")

NOW, STOP, END = "while driving", "at a stop", "after the trip"
HEARD_OF = {
    ("critical", "stop_now"): NOW,
    ("critical", "nearest_workshop"): NOW,
    ("critical", "finish_shift"): NOW,
    ("critical", "next_service"): NOW,
    ("critical", "watch"): NOW,
    ("warning", "stop_now"): NOW,
    ("warning", "nearest_workshop"): STOP,
    ("warning", "finish_shift"): STOP,
    ("warning", "next_service"): END,
    ("warning", "watch"): STOP,
    ("info", "stop_now"): NOW,
    ("info", "nearest_workshop"): STOP,
    ("info", "finish_shift"): END,
    ("info", "next_service"): END,
    ("info", "watch"): END,
}
"""Every severity with every action: the earliest moment at which it is said."""

# A line is a time in seconds and what happens: `trip`, `over`, `moves`, `stands`, `unknown`; `+ RULE SEVERITY ACTION`
# (and a component, else one of its own), `worse RULE SEVERITY ACTION`, `- RULE`, `early RULE`, `seen RULE`, `seen all`;
# `workshop`, `ready`. What is said is `=> TEXT`. An alert of the rule r says "r."; several are "r. And 2 more.".
STORIES = {
    "critical interrupts": "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;20 - hot",
    "a warning waits until the vehicle has stood for three seconds": (
        "0 trip;1 moves;10 + tyre warning watch;60 stands;63 => tyre."
    ),
    "a stop of two seconds is none": "0 trip;1 moves;10 + tyre warning watch;60 stands;62 moves;90 stands;93 => tyre.",
    "info waits for the end of the trip": (
        "0 trip;1 moves;10 + filter info next_service;60 stands;90 over;90 => filter."
    ),
    "what comes while it has stopped is said at once": "0 trip;1 stands;10 + tyre warning watch;10 => tyre.",
    "what comes while it is parked is said at once, info too": "0 stands;5 + cell info watch;5 => cell.",
    "nobody knows whether it moves: as if it moved": (
        "0 trip;1 unknown;10 + tyre warning watch;20 + hot critical stop_now;20 => hot.;40 - hot;60 stands;63 => tyre."
    ),
    "nobody knows whether it moves, and no trip runs": "0 unknown;10 + cell info watch;10 => cell.",
    "it moves without a trip: towed, or no ignition is known": "0 moves;10 + tyre warning watch;50 stands;50 => tyre.",
    "critical is repeated after one and after five minutes more, then never": (
        "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;70 => hot.;370 => hot.;5000 stands"
    ),
    "acknowledged is not repeated": "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;30 seen hot;900 stands",
    "acknowledged by the button: all of them": (
        "0 trip;1 moves;10 + hot critical stop_now;10 + tyre warning watch;10 => hot.;30 seen all;900 stands;990 over"
    ),
    "another one's acknowledgement changes nothing": (
        "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;30 seen tyre;70 => hot.;100 - hot"
    ),
    "what is over is not repeated": "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;40 - hot;900 stands",
    "what is over before the stop is not said": "0 trip;1 moves;10 + tyre warning watch;40 - tyre;60 stands;90 over",
    "a warning is not repeated at the next stop": (
        "0 trip;1 moves;10 + tyre warning watch;60 stands;63 => tyre.;90 moves;200 stands;300 over"
    ),
    "a warning that fires still is said once on the next trip": (
        "0 trip;1 moves;10 + tyre warning watch;60 stands;63 => tyre.;90 over;"
        "4000 trip;4000 => tyre.;4010 moves;4100 stands;4200 over"
    ),
    "what was said just before a trip begins is not said again because of that": (
        "0 stands;5 + lamp critical watch;5 => lamp.;7 trip;8 moves;9 + hot critical watch;15 => hot.;20 seen all"
    ),
    "one that was acknowledged is not said on the next trip": (
        "0 trip;1 moves;10 + tyre warning watch;60 stands;63 => tyre.;70 seen tyre;90 over;4000 trip;4100 over"
    ),
    "ten at once while driving are one sentence": (
        "0 trip;1 moves;10 + a critical stop_now;10 + b critical stop_now;10 + c critical stop_now;"
        "10 + d critical stop_now;10 + e critical stop_now;10 + f critical stop_now;10 + g critical stop_now;"
        "10 + h critical stop_now;10 + i critical stop_now;10 + j critical stop_now;10 => a. And 9 more.;30 seen all"
    ),
    "of several the gravest is named": (
        "0 trip;1 moves;10 + low critical nearest_workshop;10 + hot critical stop_now;10 => hot. And 1 more.;"
        "30 seen all"
    ),
    "warnings that waited are one sentence at the stop": (
        "0 trip;1 moves;10 + tyre warning watch;20 + brake warning nearest_workshop;60 stands;63 => brake. And 1 more."
    ),
    "critical within ten seconds of another waits for the ten seconds": (
        "0 trip;1 moves;10 + low critical nearest_workshop;10 => low.;13 + air critical nearest_workshop;"
        "15 + oil critical watch;20 => air. And 1 more.;30 seen all"
    ),
    "but stop now does not wait": (
        "0 trip;1 moves;10 + low critical nearest_workshop;10 => low.;13 + hot critical stop_now;13 => hot.;30 seen all"
    ),
    "repeats stay ten seconds apart, as what they repeat": (
        "0 trip;1 moves;10 + low critical watch;10 => low.;15 + air critical watch;20 => air.;"
        "70 => low.;80 => air.;100 seen all"
    ),
    "what is critical and begins anew within five minutes is not said again": (
        "0 trip;1 moves;10 + hot critical watch;10 => hot.;20 - hot;100 + hot critical watch;120 - hot;2000 stands"
    ),
    "after five minutes it is": (
        "0 trip;1 moves;10 + hot critical watch;10 => hot.;20 - hot;311 + hot critical watch;311 => hot.;320 - hot"
    ),
    "nor is it by its sample": (
        "0 trip;1 moves;10 + hot critical watch;10 => hot.;20 - hot;100 early hot;311 early hot;311 => hot!"
    ),
    "a warning that begins anew within half an hour is not said again": (
        "0 trip;1 stands;10 + tyre warning watch;10 => tyre.;20 - tyre;1000 + tyre warning watch;1100 - tyre;"
        "1900 + tyre warning watch;1900 => tyre.;1950 - tyre"
    ),
    "it is said again at once when it is graver than before": (
        "0 trip;1 stands;10 + air warning watch;10 => air.;20 - air;30 moves;"
        "60 + air critical stop_now;60 => air.;70 - air"
    ),
    "a warning about what is known to be worse is not said": (
        "0 trip;1 moves;10 + warm warning watch engine;20 + hot critical stop_now engine;20 => hot.;"
        "30 seen hot;60 stands;90 moves;100 - hot;130 stands"
    ),
    "one about something else is": (
        "0 trip;1 moves;10 + tyre warning watch wheel;20 + hot critical stop_now engine;20 => hot.;"
        "30 seen hot;60 stands;63 => tyre."
    ),
    "a step to critical interrupts": (
        "0 trip;1 moves;10 + air warning watch;50 worse air critical stop_now;50 => air.;90 - air"
    ),
    "a step to worse is said though the alert was acknowledged": (
        "0 trip;1 stands;10 + air warning watch;10 => air.;20 seen air;30 moves;50 worse air critical stop_now;"
        "50 => air.;90 - air"
    ),
    "what was said by the sample is not said by the alert": (
        "0 trip;1 moves;10 early hot;10 => hot!;10 + hot critical stop_now;70 => hot.;90 - hot"
    ),
    "the alert came first: the sample says nothing": (
        "0 trip;1 moves;10 + hot critical stop_now;10 => hot.;10 early hot;30 - hot"
    ),
    "in a workshop nothing is said, and nothing is made up for": (
        "0 trip;1 moves;10 + tyre warning watch;20 workshop;30 + hot critical stop_now;60 stands;"
        "600 ready;700 moves;800 stands;900 over"
    ),
    "what fires still after the workshop is said on the next trip": (
        "0 workshop;10 + air warning watch;600 ready;700 trip;700 unknown;710 stands;713 => air.;800 over"
    ),
    "in a workshop no sample is told either": "0 workshop;10 early hot;20 ready",
    "a vehicle that is switched on by a new driver with two things": (
        "0 stands;10 + air warning watch;10 => air.;20 + cell info watch;20 => cell.;"
        "500 trip;500 => air.;600 moves;700 over;700 => cell."
    ),
}


class Story:
    """Tells a case line by line and notes what is said."""

    def __init__(self) -> None:
        self.attention = Attention(lambda n: f"And {n} more.")
        self.said: list[tuple[float, Notice]] = []
        self.moves: bool | None = None
        self.in_trip = False
        self.fires: dict[str, Alert] = {}

    def tell(self, at: int, what: str) -> None:
        """Anything but alerts."""
        verb, _, rest = what.partition(" ")
        if verb == "early":
            notice = self.attention.early(rest, f"{rest}!", at)
            self._note(at, [notice] if notice else [])
        elif verb == "seen":
            alert = None if rest == "all" else self.fires[rest].id if rest in self.fires else rest
            self._note(at, self.attention.acknowledge(at, alert))
        elif verb in {"workshop", "ready"}:
            self._note(at, self.attention.be_quiet(at, quiet=verb == "workshop"))
        else:
            self._vehicle(at, verb)

    def together(self, at: int, alerts: list[str]) -> None:
        """What one tick told."""
        told = [self._alert(at, *one.split()) for one in alerts]
        self._note(at, self.attention.alerts(at, told))

    def pass_time(self, at: int) -> None:
        self._note(at, self.attention.until(at))

    def _vehicle(self, at: int, verb: str) -> None:
        self.in_trip = {"trip": True, "over": False}.get(verb, self.in_trip)
        self.moves = {"moves": True, "stands": False, "over": False, "unknown": None}.get(verb, self.moves)
        if verb == "trip" and self.moves is None:
            self.moves = True
        self._note(at, self.attention.vehicle(at, moves=self.moves, in_trip=self.in_trip))

    def _alert(self, at: int, verb: str, rule: str, *how: str) -> Alert:
        if verb == "-":
            return replace(self.fires.pop(rule), ended=at, is_worse=False)
        if verb == "worse":
            before = self.fires[rule]
            concern = replace(before.concern, steps=(Step(how[0], how[1]),))
            self.fires[rule] = replace(before, concern=concern, step=1, is_worse=True)
        else:
            self.fires[rule] = begun(rule, *how, at=at)
        return self.fires[rule]

    def _note(self, at: int, notices: list[Notice]) -> None:
        self.said += [(at / S, one) for one in notices]


def begun(rule: str, severity: str, action: str, part: str = "", *, at: int) -> Alert:
    concern = Concern(rule, part or rule, severity, action, "", "", driver=f"{rule}.")
    return Alert(alert_id("v", rule, concern.component, at), concern, at, at, None, {}, "", "", f"{rule}.")


def lines_of(story: str) -> Iterator[tuple[int, str]]:
    for line in story.split(";"):
        at, what = line.strip().split(" ", 1)
        yield int(at) * S, what


def expected(story: str) -> list[tuple[float, str]]:
    return [(at / S, what[3:]) for at, what in lines_of(story) if what.startswith("=> ")]


def happens(story: str) -> list[tuple[int, list[str]]]:
    """What happens, in the order of the story; what is told of alerts at one time is one tick."""
    lines = [(at, what) for at, what in lines_of(story) if not what.startswith("=> ")]
    grouped = groupby(lines, key=lambda line: (line[0], bool(ALERT.match(line[1]))))
    return [(at, [what for _, what in group]) for (at, _), group in grouped]


def told(story: str, ticks: Iterable[int]) -> Story:
    """Lives a story; `ticks`: times (ns) at which nothing happens but that time is looked at."""
    life = Story()
    for at, whats in sorted([*happens(story), *((at, []) for at in ticks)], key=lambda event: event[0]):
        if whats and ALERT.match(whats[0]):
            life.together(at, whats)
        for what in whats if not whats or not ALERT.match(whats[0]) else []:
            life.tell(at, what)
        if not whats:
            life.pass_time(at)
    return life


@pytest.mark.parametrize("name", STORIES)
def test_each_story_is_told_as_it_is_written(name: str) -> None:
    said = told(STORIES[name], range(0, 6000 * S, S)).said
    assert [(at, notice.text) for at, notice in said] == expected(STORIES[name])


@given(story=st.sampled_from(sorted(STORIES)), seed=st.integers(0, 2**32))
def test_how_often_time_is_looked_at_changes_nothing_but_when_the_call_comes(story: str, seed: int) -> None:
    rng = Random(seed)
    seldom = told(STORIES[story], [rng.randrange(0, 2000 * S) for _ in range(rng.randrange(12))] + [6000 * S])
    assert [notice.text for _, notice in seldom.said] == [text for _, text in expected(STORIES[story])]


@pytest.mark.parametrize(("severity", "action"), list(product(SEVERITIES, ACTIONS)))
def test_each_severity_and_action_is_heard_of_at_its_moment(severity: str, action: str) -> None:
    life = told(f"0 trip;1 moves;10 + x {severity} {action};100 stands;200 over", range(0, 300 * S, S))
    first = life.said[0][0]
    assert {10.0: NOW, 103.0: STOP, 200.0: END}[first] == HEARD_OF[severity, action]
    assert len(life.said) == (2 if HEARD_OF[severity, action] == NOW else 1)  # it is repeated
    assert life.said[0][1].chimes == CHIMES[severity]
    assert life.said[0][1].interrupts == (HEARD_OF[severity, action] == NOW)


def test_what_waits_is_bounded_and_what_is_left_out_is_counted() -> None:
    life = Story()
    for what in ("trip", "moves"):
        life.tell(0, what)
    life.together(S, [f"+ rule{n} warning watch" for n in range(WAITING_MAX + 5)])
    assert life.attention.waiting == WAITING_MAX
    assert life.attention.unsaid == {"too_many": 5}


@pytest.mark.parametrize(
    ("story", "why"),
    [
        ("0 trip;1 moves;10 + tyre warning watch;40 - tyre", "over"),
        ("0 trip;1 moves;10 + tyre warning watch;40 seen tyre", "acknowledged"),
        ("0 trip;1 moves;10 + hot critical watch;20 - hot;100 + hot critical watch", "said_lately"),
        ("0 trip;1 moves;10 workshop;20 + hot critical watch", "quiet"),
        ("0 trip;1 moves;10 + warm warning watch engine;20 + hot critical watch engine;40 stands", "graver_said"),
        ("0 trip;1 moves;10 + tyre warning watch;20 workshop", "quiet"),
    ],
)
def test_what_is_never_said_is_counted_by_cause(story: str, why: str) -> None:
    assert told(story, []).attention.unsaid == {why: 1}
