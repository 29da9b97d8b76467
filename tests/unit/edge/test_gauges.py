"""A panel of gauges says what the window says, at every tick."""

import math

from hypothesis import given
from hypothesis import strategies as st

from edge.doing import SPEED
from edge.gauges import Panel
from edge.history import NEVER, History
from edge.signals import Signal, SignalBatch

GRID = 100_000_000
FUEL = "Vehicle.OBD.FuelRate"
ABSENT = "Vehicle.AngularVelocity.Yaw"
SIGNALS = [Signal(path, "", "M", path, period_s=0.1) for path in (SPEED, FUEL)]
TICKS = st.lists(st.sets(st.sampled_from([0, 1])), min_size=1, max_size=200)
"""Which signals come in each cell."""


@given(TICKS)
def test_value_age_and_period_are_those_of_the_window(ticks: list[set[int]]) -> None:
    history, panel = History(SIGNALS, grid_ns=GRID), Panel((SPEED, FUEL, ABSENT), grid_ns=GRID)
    for number, came in enumerate(ticks, start=1):
        until = number * GRID
        history.absorb(SignalBatch.of([(until - 7, signal, float(number)) for signal in sorted(came)]), until)
        window = history.window()
        panel.read(window)
        for path, gauge in panel.gauges.items():
            assert gauge.value == window.value(path) or not gauge.is_known
            assert gauge.is_known is not math.isnan(window.value(path))
            assert gauge.period_s == window.period_s(path)
            assert (gauge.at == NEVER) == math.isinf(window.age_s(path))
            assert 0.0 <= panel.known_s(gauge) <= panel.grid_s


def test_it_goes_on_with_another_history() -> None:
    panel = Panel((SPEED,), grid_ns=GRID)
    for value in (1.0, 2.0):
        history = History([*reversed(SIGNALS)], grid_ns=GRID)
        history.absorb(SignalBatch.of([(0, 1, value)]), GRID)
        panel.read(history.window())
        assert panel[SPEED].value == value
