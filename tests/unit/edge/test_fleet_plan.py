"""Who drives in a fleet, when each begins and what breaks on it: by the seed alone, within the ranges."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.fleet.plan import MIX, ONSET_MAX_S, Orders, enlist, kinds_of
from edge.simulator.faults import FaultSpec, parse_fault
from edge.simulator.kinds import KINDS
from edge.wire.topics import Address

HUNDREDS = Orders(vehicles=400, share=1.0)


@given(
    first=st.integers(1, 5000),
    size=st.integers(1, 30),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from([MIX, *KINDS]),
    share=st.floats(0.0, 1.0),
)
def test_a_number_is_the_same_vehicle_in_every_fleet(first: int, size: int, seed: int, kind: str, share: float) -> None:
    orders = Orders(vehicles=size, first=first, seed=seed, kind=kind, share=share)
    whole = enlist(orders)
    parts = [enlist(replace(orders, first=number, vehicles=1))[0] for number in range(first, first + size)]
    assert whole == parts
    assert len({one.name for one in whole}) == size
    assert [one.seed for one in whole] == list(range(seed + first - 1, seed + first - 1 + size))
    for one in whole:
        Address("fleet", one.name)  # a name that the contract takes
        assert one.kind in ([kind] if kind != MIX else KINDS)
        assert all(spec.name in KINDS[one.kind].faults for spec in one.faults)
        assert 0 <= one.begins_s < 60


def test_a_mix_has_as_many_of_each_kind_but_not_of_each_variant() -> None:
    profiles = Counter(KINDS[one.kind].profile for one in enlist(HUNDREDS))
    even = HUNDREDS.vehicles / len({kind.profile for kind in KINDS.values()})
    assert all(0.75 * even < count < 1.25 * even for count in profiles.values()), profiles
    assert set(kinds_of(enlist(HUNDREDS))) == set(KINDS)


def test_a_share_of_the_vehicles_gets_one_fault_and_some_of_those_are_only_odd() -> None:
    assert all(len(one.faults) == 1 for one in enlist(HUNDREDS))
    assert not any(one.faults for one in enlist(replace(HUNDREDS, share=0.0)))
    some = [one for one in enlist(replace(HUNDREDS, share=0.3)) if one.faults]
    assert 80 <= len(some) <= 160
    drawn = [(one.kind, one.faults[0].name) for one in enlist(HUNDREDS)]
    odd = sum(KINDS[kind].faults[name].control for kind, name in drawn)
    assert 60 <= odd <= 140
    assert len({name for _, name in drawn}) > 20, "not always the same"


@pytest.mark.parametrize(("duration_s", "latest_s"), [(None, ONSET_MAX_S), (300, 200.0), (10**6, ONSET_MAX_S)])
def test_what_is_drawn_sets_in_at_a_drawn_time(duration_s: int | None, latest_s: float) -> None:
    orders = replace(HUNDREDS, duration_s=duration_s, pace=7.0)
    specs = [one.faults[0] for one in enlist(orders)]
    onsets = [spec.onset_s for spec in specs]
    assert 0.0 <= min(onsets) < 0.05 * latest_s
    assert 0.95 * latest_s < max(onsets) <= latest_s
    assert {spec.pace for spec in specs} == {7.0}


def test_what_is_ordered_is_on_every_vehicle_that_can_have_it() -> None:
    leak, nail = parse_fault("coolant_leak@60x2"), parse_fault("tyre_leak")
    for one in enlist(Orders(vehicles=60, faults=[leak, nail])):
        can = "coolant_leak" in KINDS[one.kind].faults
        assert one.faults == ((leak, nail) if can else (nail,))


def test_what_is_drawn_is_never_what_is_ordered_already() -> None:
    orders = replace(HUNDREDS, faults=[FaultSpec("tyre_leak"), FaultSpec("altitude")])
    for one in enlist(orders):
        names = [spec.name for spec in one.faults]
        assert len(names) == len(set(names))


def test_vehicles_begin_one_after_the_other_or_all_at_once() -> None:
    begins = Counter(one.begins_s for one in enlist(replace(HUNDREDS, start_s=40.0)))
    assert set(begins) == set(range(40))
    assert max(begins.values()) < 30
    assert {one.begins_s for one in enlist(replace(HUNDREDS, start_s=0.0))} == {0}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({"vehicles": 0}, "--vehicles"),
    "too many": ({"vehicles": 10_001}, "--vehicles"),
    "no first": ({"first": 0}, "--first"),
    "a seed below zero": ({"seed": -1}, "--seed"),
    "more than all": ({"share": 1.5}, "--faults"),
    "no number": ({"share": float("nan")}, "--faults"),
    "no pace": ({"pace": 0.0}, "--pace"),
    "backwards": ({"start_s": -1.0}, "--start"),
    "no such kind": ({"kind": "boat"}, "vehicle"),
    "no such fault": ({"faults": [FaultSpec("rust")]}, "fault"),
    "not on this kind": ({"kind": "ev", "faults": [FaultSpec("coolant_leak")]}, "fault"),
    "twice": ({"faults": [FaultSpec("tyre_leak"), FaultSpec("tyre_leak", 5.0)]}, "fault"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_refused_with_its_place(wrong: str) -> None:
    settings, place = WRONG[wrong]
    with pytest.raises(ConfigError) as caught:
        enlist(Orders(**{"vehicles": 3, **settings}))
    assert caught.value.place == place
    assert caught.value.remedy
