"""When the box lets the battery alone: told as nights and drives, and as what holds for any of them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.power.decision import (
    AWAKE_S,
    REST_S,
    SETTLE_S,
    SPOKE_S,
    Limits,
    PowerWatch,
    Seen,
    Stage,
    Step,
    Why,
)

LIMITS = Limits(stay_s=600.0, low_volts=12.2, low_s=240.0)


class Box:
    """Looks once a second, and seals when it is told to."""

    def __init__(self, limits: Limits = LIMITS, *, seals: bool = True) -> None:
        self.watch = PowerWatch(limits, 0.0)
        self.at_s = 0.0
        self.done: list[tuple[float, Step]] = []
        self._seals, self._is_sealed = seals, False

    def lives(self, seconds: float, *, step_s: float = 1.0, talks: bool = False, **signs: Any) -> list[Step]:
        """What is done in that time; `talks`: a bus does, all the while."""
        before, until_s = len(self.done), self.at_s + seconds
        while self.at_s < until_s:
            self.at_s += step_s
            if talks:
                signs["spoke_s"] = self.at_s
            self.sees(**signs)
        return [step for _, step in self.done[before:]]

    def sees(self, **signs: Any) -> tuple[Step, ...]:
        steps = self.watch.look(Seen(self.at_s, is_sealed=self._is_sealed, **signs))
        for step in steps:
            self._is_sealed = self._seals if step is Step.SEAL else self._is_sealed and step is not Step.WAKE
            self.done.append((self.at_s, step))
        return steps

    def when(self, wanted: Step) -> float:
        [at_s] = [at_s for at_s, step in self.done if step is wanted]
        return at_s


def test_a_drive_and_a_night() -> None:
    box = Box()
    assert box.lives(600, ignition=True, runs=True, volts=14.2, talks=True) == []
    assert box.lives(SETTLE_S, ignition=False, volts=12.7, talks=True) == [Step.SEAL]
    assert box.watch.stage is Stage.PARKED
    assert box.watch.stays_s(box.at_s) == 600.0 - SETTLE_S
    assert box.lives(590, ignition=False, volts=12.6) == []
    assert box.lives(10, ignition=False, volts=12.6) == [Step.SHUT_DOWN]
    assert (box.watch.stage, box.watch.why) == (Stage.ENDED, Why.PARKED)
    assert box.when(Step.SHUT_DOWN) == 600 + 600


def test_without_a_command_it_goes_on_and_wakes_with_the_vehicle() -> None:
    box = Box()
    box.lives(1000, ignition=False)
    assert box.lives(10, ignition=True) == [Step.WAKE]
    assert box.lives(SETTLE_S, ignition=False) == [Step.SEAL], "and seals anew"


def test_a_line_that_drops_while_the_starter_turns_is_no_end() -> None:
    box = Box()
    box.lives(60, line=True)
    box.lives(SETTLE_S - 1, line=False)
    assert box.lives(60, line=True) == []
    assert box.done == []


@pytest.mark.parametrize(
    ("signs", "is_used"),
    [
        ({"runs": True, "line": False, "ignition": False}, True),  # whatever else says: never while it runs
        ({"line": False, "ignition": True, "spoke_s": math.inf}, False),  # the wire goes before signals
        ({"line": True, "ignition": False}, True),
        ({"line": None, "ignition": True}, True),  # of a wire that cannot be read nothing is known
        ({"ignition": False, "spoke_s": math.inf}, False),  # and signals before mere talk
        ({"spoke_s": math.inf}, True),
        ({"spoke_s": 0.0, "volts": 14.0}, False),  # where buses talk, they say it, not the supply
        ({"volts": 13.3}, True),
        ({"volts": 13.1}, False),
        ({"volts": 26.3, "scale": 2.0}, False),
        ({"volts": 26.5, "scale": 2.0}, True),
        ({}, False),
    ],
)
def test_whether_it_is_in_use_is_said_by_the_first_that_knows(signs: dict[str, Any], is_used: bool) -> None:
    box = Box(replace(LIMITS, stay_s=3600.0))
    talks = signs.get("spoke_s") == math.inf
    box.lives(REST_S + 20, talks=talks, **signs)
    assert (box.watch.stage is Stage.USED) is is_used


def test_an_engine_that_rests_at_traffic_lights_is_in_use_where_its_supply_alone_tells() -> None:
    box = Box()
    box.lives(300, volts=14.2)
    assert box.lives(REST_S - 1, runs=False, volts=12.4) == []
    assert box.lives(60, volts=14.2) == []
    assert box.lives(REST_S, runs=False, volts=12.4) == [Step.SEAL]


def test_control_units_that_wake_each_other_at_night_are_no_use() -> None:
    box = Box()
    box.lives(60, talks=True)
    while box.watch.stage is not Stage.ENDED:
        box.lives(AWAKE_S - SPOKE_S - 5, talks=True)
        box.lives(60, spoke_s=box.at_s)
    assert box.when(Step.SHUT_DOWN) <= 60 + AWAKE_S + LIMITS.stay_s
    assert Step.WAKE not in [step for _, step in box.done]


def test_a_bus_that_talks_on_is_use() -> None:
    box = Box()
    box.lives(60, spoke_s=0.0)
    assert box.watch.stage is Stage.PARKED
    assert box.lives(AWAKE_S + 2, talks=True) == [Step.WAKE]


def test_a_converter_that_our_questions_keep_running_is_no_engine_for_ever() -> None:
    """An electric car behind a gateway: answers keep it awake, and its 12 V battery is charged."""
    box = Box()
    box.lives(300, volts=14.0, runs=True)
    box.lives(LIMITS.stay_s + REST_S + 2, volts=14.0)
    assert box.watch.stage is Stage.PARKED, "nothing is asked from here on"
    box.lives(60, volts=12.8)
    assert box.lives(15, volts=14.0) == [Step.WAKE], "it was off, and is on"


def test_a_weak_battery_ends_it_in_time_and_not_before() -> None:
    box = Box()
    assert box.lives(239, line=True, runs=False, volts=12.1) == []
    assert box.lives(1, line=True, runs=False, volts=12.3) == [], "one reading above the limit and its margin"
    assert box.lives(239, line=True, runs=False, volts=12.1) == []
    assert box.lives(3, line=True, runs=False, volts=12.1) == [Step.SEAL, Step.SHUT_DOWN]
    assert box.watch.why is Why.LOW_VOLTAGE


def test_between_the_limit_and_its_margin_nothing_begins_and_nothing_is_forgotten() -> None:
    box = Box()
    box.lives(120, line=True, runs=False, volts=12.1)
    box.lives(600, line=True, runs=False, volts=12.25)
    assert box.watch.low_for_s == 120.0
    box.lives(600, line=True, runs=False)
    assert box.watch.low_for_s == 120.0, "unknown is neither"


def test_24_volts_have_twice_the_limit() -> None:
    box = Box()
    assert Step.SHUT_DOWN in box.lives(245, line=True, runs=False, volts=24.3, scale=2.0)


@pytest.mark.parametrize("signs", [{"runs": True}, {"runs": None, "talks": True}])
def test_a_battery_that_nothing_charges_while_the_engine_runs_or_may_is_not_for_us_to_save(signs: Any) -> None:
    assert Box().lives(3600, volts=10.5, **signs) == []


def test_a_battery_that_recovers_takes_the_order_back() -> None:
    box = Box()
    box.lives(300, line=True, runs=False, volts=12.0)
    assert box.watch.stage is Stage.ENDED
    assert box.lives(2, line=True, runs=False, volts=13.9) == [Step.WAKE]
    parked = Box()
    parked.lives(300, line=False, volts=12.0)
    assert parked.lives(2, line=False, volts=12.6) == []
    assert parked.watch.stage is Stage.PARKED


def test_always_on_never_ends_of_itself_and_the_battery_goes_before_it() -> None:
    box = Box(replace(LIMITS, always_on=True))
    assert box.lives(100_000, step_s=10.0, line=False, volts=12.6) == [Step.SEAL]
    assert box.watch.stays_s(box.at_s) is None
    assert Step.SHUT_DOWN in box.lives(300, line=False, volts=12.0)


def test_what_is_not_durable_is_not_cut() -> None:
    box = Box(seals=False)
    steps = box.lives(5000, line=False)
    assert Step.SHUT_DOWN not in steps
    assert steps.count(Step.SEAL) > 100, "it asks for it until it is"


# what holds for any life

tristate = st.sampled_from([True, False, None])
volts = st.none() | st.floats(9.0, 15.0)


@st.composite
def stretches(draw: Callable[..., Any]) -> list[tuple[float, dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {"runs": tristate, "line": tristate, "ignition": tristate, "talks": st.booleans(), "volts": volts}
    )
    return list(draw(st.lists(st.tuples(st.floats(1.0, 900.0), one), max_size=12)))


def lived(
    life: list[tuple[float, dict[str, Any]]], **how: Any
) -> Iterator[tuple[Box, dict[str, Any], tuple[Step, ...]]]:
    """Each look of a life: the box after it, what it saw, what it did."""
    box, spoke_s = Box(**how), None
    for seconds, signs in life:
        until_s = box.at_s + seconds
        while box.at_s < until_s:
            box.at_s += 1.0
            spoke_s = box.at_s if signs["talks"] else spoke_s
            seen = {name: value for name, value in signs.items() if name != "talks"} | {"spoke_s": spoke_s}
            yield box, seen, box.sees(**seen)


@given(stretches())
def test_it_is_never_shut_down_while_the_engine_runs(life: list[tuple[float, dict[str, Any]]]) -> None:
    for _, seen, steps in lived(life):
        if Step.SHUT_DOWN in steps:
            assert not seen["runs"]


@given(stretches(), st.booleans())
def test_everything_is_durable_before(life: list[tuple[float, dict[str, Any]]], seals: bool) -> None:
    sealed_s: float | None = None
    for box, _, steps in lived(life, seals=seals):
        for step in steps:
            if step is Step.SHUT_DOWN:
                assert seals
                assert sealed_s is not None
            sealed_s = box.at_s if step is Step.SEAL else None if step is Step.WAKE else sealed_s


@given(stretches(), st.sampled_from([None, 12.0, 12.25, 12.7]), st.sampled_from([False, None]))
def test_it_always_ends_within_its_time_once_the_vehicle_is_left(
    life: list[tuple[float, dict[str, Any]]], rest: float | None, off: bool | None
) -> None:
    box = Box()
    spoke_s = None
    for box, seen, _ in lived(life):  # noqa: B007  the last of them is what counts
        spoke_s = seen["spoke_s"]
    left_s = box.at_s
    box.lives(LIMITS.stay_s + SPOKE_S + SETTLE_S + 3, runs=off, line=off, ignition=off, spoke_s=spoke_s, volts=rest)
    assert box.watch.stage is Stage.ENDED
    assert [at_s for at_s, step in box.done if step is Step.SHUT_DOWN][-1] <= left_s + LIMITS.stay_s + SPOKE_S + 3


@given(stretches())
def test_it_never_flaps(life: list[tuple[float, dict[str, Any]]]) -> None:
    """A vehicle is parked when it was left for five seconds, and no order follows another at once for one cause."""
    woke_s, ordered_s = 0.0, -math.inf
    for box, _, steps in lived(life):
        for step in steps:
            if step is Step.WAKE:
                woke_s, ordered_s = box.at_s, -math.inf
            elif step is Step.SEAL and box.watch.stage is Stage.PARKED:
                assert box.at_s - woke_s >= SETTLE_S
            elif step is Step.SHUT_DOWN:
                assert box.watch.why is Why.PARKED or box.at_s - ordered_s >= LIMITS.low_s
                ordered_s = box.at_s if box.watch.why is Why.LOW_VOLTAGE else math.inf
