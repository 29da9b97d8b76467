"""The compressor: its clutch comes and goes, and what it takes from the engine rises with the heat outside."""

from itertools import pairwise

import pytest

from edge.simulator.car.air_conditioning import CLUTCH_OFF_C, CLUTCH_ON_C, START_S, AirConditioning


def engaged(seconds: int, *, cabin_c: float = 23.0, ambient_c: float = 28.0, load: float = 0.3) -> list[bool]:
    system = AirConditioning(ambient_c)
    told = []
    for second in range(seconds):
        system.second(cabin_c=cabin_c, ambient_c=ambient_c, load=load, on_s=float(second))
        told.append(system.engaged)
    return told


def test_the_clutch_comes_and_goes_once_the_evaporator_is_cold() -> None:
    told = engaged(300)
    assert not any(told[: int(START_S)])
    assert 10 < sum(one != other for one, other in pairwise(told)) < 60


def test_the_evaporator_stays_above_frost_and_dries() -> None:
    system = AirConditioning(28.0)
    seen = []
    for second in range(600):
        system.second(cabin_c=22.0, ambient_c=28.0, load=0.3, on_s=float(second))
        seen.append(system.evaporator_c)
    assert CLUTCH_OFF_C - 1.5 < min(seen[120:]) < max(seen[120:]) < CLUTCH_ON_C + 1.5


@pytest.mark.parametrize("state", [{"cabin_c": 18.0}, {"ambient_c": 2.0}, {"load": 0.97}])
def test_it_stays_off_in_the_cold_and_while_everything_is_wanted_for_the_wheels(state: dict[str, float]) -> None:
    assert not any(engaged(120, **state))


def test_it_takes_more_when_it_is_hot_and_nothing_while_parked() -> None:
    taken = []
    for ambient_c in (15.0, 25.0, 38.0):
        system = AirConditioning(ambient_c)
        system.second(cabin_c=30.0, ambient_c=ambient_c, load=0.3, on_s=60.0)
        taken.append(system.torque_nm)
        system.rest(20.0)
        assert (system.engaged, system.torque_nm, system.evaporator_c) == (False, 0.0, 20.0)
    assert 5.0 < taken[0] < taken[1] < taken[2] < 20.0
