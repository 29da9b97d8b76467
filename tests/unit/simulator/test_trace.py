"""Many seconds at once are the same rows as second by second."""

import numpy as np
import pytest

from edge.simulator.faults import parse_fault
from edge.simulator.life import Life
from edge.simulator.vehicle import STEPS, Second


@pytest.mark.parametrize(("vehicle", "cycle"), [("car", "cold_start"), ("ev", "city"), ("truck", "delivery")])
def test_rows_of_many_seconds_are_the_traces_without_their_ends(vehicle: str, cycle: str) -> None:
    def life() -> Life:
        return Life(vehicle=vehicle, faults=[parse_fault("sensor_glitch@5")], seed=2, cycle=cycle)

    one_by_one, at_once = life(), life()
    traced, lived = [], []
    flawed = 0
    for length in (1, 90, 3, 906, 100):
        for _ in range(length):
            trace = one_by_one.second()
            if trace is not None:
                traced.append(trace.rows[:STEPS])
        seconds: list[Second | None] = [at_once.live() for _ in range(length)]
        flawed += sum(bool(second.flaws) for second in seconds if second is not None)
        lived.append(at_once.tracer.rows(seconds))
    assert flawed > 0
    assert len(traced) < one_by_one.seconds or cycle != "cold_start"
    np.testing.assert_array_equal(np.concatenate(lived), np.concatenate(traced))
