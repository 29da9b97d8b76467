"""Ordering faults: how they are written, what is refused, and that chance is the seed's alone."""

import math
import random

import pytest

from edge.errors import ConfigError
from edge.simulator.car.faults import CoolantLeak
from edge.simulator.faults import FaultSpec, Stage, draw_faults, parse_fault
from edge.simulator.life import Life
from edge.simulator.simulation import faults_of

CAR = faults_of("car")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("none", FaultSpec("none", 0.0)),
        ("coolant_leak", FaultSpec("coolant_leak", 0.0)),
        ("coolant_leak@60", FaultSpec("coolant_leak", 60.0)),
        ("battery@1.5", FaultSpec("battery", 1.5)),
        ("tyre_leak@60x500", FaultSpec("tyre_leak", 60.0, 500.0)),
    ],
)
def test_a_fault_as_people_write_it(text: str, spec: FaultSpec) -> None:
    assert parse_fault(text) == spec


@pytest.mark.parametrize("text", ["", "@60"])
def test_a_fault_has_a_name(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fault(text)
    assert caught.value.place == "fault"


@pytest.mark.parametrize("name", ["coolant", "COOLANT_LEAK", "rust"])
def test_an_unknown_fault_is_told_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Life(vehicle="car", faults=[parse_fault(name)], seed=1)
    assert caught.value.place == "fault"
    assert all(known in caught.value.remedy for known in CAR)


@pytest.mark.parametrize("seconds", ["", "-1", "soon", "nan", "inf", "1@2"])
def test_an_onset_is_a_number_of_seconds(seconds: str) -> None:
    with pytest.raises(ConfigError, match="seconds") as caught:
        parse_fault(f"battery@{seconds}")
    assert "battery@60" in caught.value.remedy


@pytest.mark.parametrize("pace", ["", "0", "-3", "fast", "nan", "inf", "1e9"])
def test_a_pace_is_a_factor(pace: str) -> None:
    with pytest.raises(ConfigError, match="pace") as caught:
        parse_fault(f"battery@60x{pace}")
    assert "battery@60x500" in caught.value.remedy


def test_a_fault_is_ordered_once() -> None:
    with pytest.raises(ConfigError, match="twice"):
        draw_faults([FaultSpec("battery"), FaultSpec("battery", 5.0)], CAR, 1)


def test_a_fault_that_this_vehicle_cannot_have_is_refused_here_too() -> None:
    with pytest.raises(ConfigError, match="rust"):
        draw_faults([FaultSpec("rust")], CAR, 1)


def test_a_fault_is_the_same_alone_and_with_another_and_differs_from_seed_to_seed() -> None:
    (alone,) = draw_faults([FaultSpec("battery", 9.0)], CAR, 1)
    both = draw_faults([FaultSpec("coolant_leak"), FaultSpec("battery", 9.0)], CAR, 1)
    (other,) = draw_faults([FaultSpec("battery", 9.0)], CAR, 2)
    assert alone.fault == both[1].fault
    assert alone.fault != other.fault


def test_none_orders_nothing() -> None:
    assert draw_faults([FaultSpec("none")], CAR, 1) == ()


def test_a_fault_develops_from_its_onset_at_its_pace() -> None:
    (leak,) = draw_faults([FaultSpec("coolant_leak", 60.0, 2.0)], CAR, 3)
    assert isinstance(leak.fault, CoolantLeak)
    assert leak.stage(30.0).age_s == -60.0
    assert leak.stage(60.0).sets_in
    assert not leak.stage(61.0).sets_in
    half = leak.stage(60.0 + leak.fault.opening_s / 4)
    assert math.isclose(half.ramp(leak.fault.opening_s), 0.5)


@pytest.mark.parametrize("age_s", [-5.0, 0.0, 50.0, 1e9])
def test_a_ramp_stays_between_nothing_and_all(age_s: float) -> None:
    assert 0.0 <= Stage(age_s, 0.0, 1.0, random.Random(1)).ramp(100.0) <= 1.0


@pytest.mark.parametrize("name", CAR)
def test_every_size_is_drawn_from_its_range(name: str) -> None:
    for seed in range(20):
        (ordered,) = draw_faults([FaultSpec(name)], CAR, seed)
        for field, (low, high) in CAR[name].ranges.items():
            assert low <= getattr(ordered.fault, field) <= high
