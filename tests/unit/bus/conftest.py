"""Interfaces that python-can knows only during a test."""

import pytest

from edge.bus.library import can
from tests.unit.bus import flaky


@pytest.fixture
def flaky_bus(monkeypatch: pytest.MonkeyPatch) -> type[flaky.FlakyBus]:
    """`pythoncan:flaky:…`, and `pythoncan:slcan:…` without a serial line."""
    monkeypatch.setitem(can.interfaces.BACKENDS, "flaky", (flaky.__name__, "FlakyBus"))
    monkeypatch.setitem(can.interfaces.BACKENDS, "slcan", (flaky.__name__, "QuietBus"))
    flaky.FlakyBus.reset()
    return flaky.FlakyBus
