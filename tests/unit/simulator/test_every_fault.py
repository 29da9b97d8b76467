"""Every scenario on every vehicle it can happen to, a minute of it at a pace at which something happens."""

import math

import numpy as np
import pytest

from edge.simulator.faults import parse_fault
from edge.simulator.kinds import KINDS
from edge.simulator.life import Life

ONSET_S = 6
SECONDS = 66
BY_BRAKING = ("brake_wear",)
"""Gets worse where the driver brakes, and an electric car hardly does."""
ORDERS = [(vehicle, fault) for vehicle in ("car", "ev", "truck") for fault in KINDS[vehicle].faults]


def lived(vehicle: str, order: str) -> tuple[list[float], bytes]:
    """Severity at each second, and everything that any sensor showed."""
    life = Life(vehicle=vehicle, faults=[parse_fault(order)], seed=5, warm=True)
    severity, shown = [], b""
    for _ in range(SECONDS):
        trace = life.second()
        severity.append(life.truth(0.0)[0].severity)
        shown += b"asleep" if trace is None else trace.rows.tobytes() + repr(sorted(trace.muted)).encode()
        life.vehicle.readings()
    return severity, shown


@pytest.mark.parametrize(("vehicle", "fault"), ORDERS)
def test_its_severity_begins_at_its_onset_and_the_same_seed_does_the_same(vehicle: str, fault: str) -> None:
    severity, shown = lived(vehicle, f"{fault}@{ONSET_S}x2000")
    assert all(math.isfinite(value) and 0.0 <= value <= 1.0 for value in severity)
    assert np.all(np.array(severity[: ONSET_S - 1]) == 0.0)
    assert max(severity) > 0.0 or KINDS[vehicle].faults[fault].control or fault in BY_BRAKING
    assert lived(vehicle, f"{fault}@{ONSET_S}x2000") == (severity, shown)


@pytest.mark.parametrize(("vehicle", "fault"), ORDERS)
def test_it_says_what_it_is(vehicle: str, fault: str) -> None:
    kind = KINDS[vehicle].faults[fault]
    assert kind.name == fault
    assert len(kind.summary) > 20
    for part in ("Signals:", "Codes:", "Noticed:"):
        assert part in (kind.__doc__ or "")
