import math

import numpy as np
import pytest

from edge.errors import ConfigError
from edge.simulator.faults import FAULTS, FaultSpec, draw_faults, parse_fault


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("none", FaultSpec("none", 0.0)),
        ("coolant_leak", FaultSpec("coolant_leak", 0.0)),
        ("coolant_leak@60", FaultSpec("coolant_leak", 60.0)),
        ("battery@1.5", FaultSpec("battery", 1.5)),
    ],
)
def test_a_fault_as_people_write_it(text: str, spec: FaultSpec) -> None:
    assert parse_fault(text) == spec


@pytest.mark.parametrize("text", ["", "coolant", "COOLANT_LEAK", "@60"])
def test_an_unknown_fault_is_told_what_there_is(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_fault(text)
    assert caught.value.place == "fault"
    assert all(name in caught.value.remedy for name in FAULTS)


@pytest.mark.parametrize("seconds", ["", "-1", "soon", "nan", "inf", "1@2"])
def test_an_onset_is_a_number_of_seconds(seconds: str) -> None:
    with pytest.raises(ConfigError, match="seconds") as caught:
        parse_fault(f"battery@{seconds}")
    assert "battery@60" in caught.value.remedy


def test_a_fault_is_ordered_once() -> None:
    with pytest.raises(ConfigError, match="twice"):
        draw_faults([FaultSpec("battery"), FaultSpec("battery", 5.0)], np.random.default_rng(1))


def test_a_fault_that_does_not_exist_is_refused_here_too() -> None:
    with pytest.raises(ConfigError, match="rust"):
        draw_faults([FaultSpec("rust")], np.random.default_rng(1))


def test_a_fault_is_the_same_alone_and_with_another() -> None:
    alone = draw_faults([FaultSpec("battery", 9.0)], np.random.default_rng(1))
    both = draw_faults([FaultSpec("coolant_leak"), FaultSpec("battery", 9.0)], np.random.default_rng(1))
    assert alone.charging_loss == both.charging_loss
    assert alone.coolant_leak is None


def test_none_orders_nothing() -> None:
    faults = draw_faults([FaultSpec("none")], np.random.default_rng(1))
    assert (faults.coolant_leak, faults.charging_loss) == (None, None)


def test_faults_develop_gradually_from_their_onset() -> None:
    faults = draw_faults([FaultSpec("coolant_leak", 60.0), FaultSpec("battery", 60.0)], np.random.default_rng(3))
    leak, loss = faults.coolant_leak, faults.charging_loss
    assert leak
    assert loss
    assert leak.opening(60.0) == loss.lost(60.0) == 0.0
    assert math.isclose(leak.opening(60.0 + leak.traits.opening_s / 2), 0.5)
    assert math.isclose(loss.lost(60.0 + loss.traits.fade_s / 4), 0.25)
    assert leak.opening(1e6) == loss.lost(1e6) == 1.0
