"""The arithmetic of the evaluation, on drives whose alarms are known."""

import math

import pytest

from models.evaluation import Drive, poisson_upper, summarise
from models.recordings import Truth


def drive(*spans: tuple[float, float], truth: Truth | None = None, seconds: float = 3600.0) -> Drive:
    stood = sum(ended - began for began, ended in spans)
    return Drive("d", truth, (0.0, seconds), seconds, {"x": spans}, {"x": stood})


@pytest.mark.parametrize(("count", "mean"), [(0, 2.996), (1, 4.744), (2, 6.296), (5, 10.513), (20, 29.062)])
def test_poisson_bounds_are_those_of_the_tables(count: int, mean: float) -> None:
    assert poisson_upper(count) == pytest.approx(mean, abs=2e-3)


def test_poisson_bound_of_many() -> None:
    assert 1000 < poisson_upper(1000) < 1000 + 3 * math.sqrt(1000)


def test_false_alarms_per_hour_with_their_bound() -> None:
    figures = summarise([drive(), drive((100.0, 460.0))], [], ["x"])["detectors"]["x"]
    assert figures["false_alarms"] == 1
    assert figures["false_alarms_per_hour"] == 0.5
    assert figures["false_alarms_per_hour_upper"] == pytest.approx(4.744 / 2, abs=1e-3)
    assert figures["alarmed_share_of_healthy_driving"] == 0.05
    assert figures["detected_minus_healthy"] == -0.25  # one of four stretches of 1,400 s


def test_a_leak_counts_as_found_between_onset_and_failure() -> None:
    truth = Truth(onset_s=100.0, failed_s=1000.0)
    leaks = [
        drive((300.0, 3600.0), truth=truth),
        drive((50.0, 90.0), truth=truth),  # over before the onset
        drive((1200.0, 1300.0), truth=truth),  # after the failure
        drive(truth=truth),
        drive((60.0, 200.0), truth=truth),  # stood when the leak began
    ]
    figures = summarise([drive()], leaks, ["x"])["detectors"]["x"]
    assert figures["detected"] == 0.4
    assert figures["began_before_onset"] == 1
    assert figures["delay_s"] == {"p10": 20.0, "p50": 100.0, "p90": 180.0}
    assert figures["lead_before_failure_s"] == {"p10": 720.0, "p50": 800.0}


def test_a_leak_without_failure_has_no_lead() -> None:
    figures = summarise([drive()], [drive((300.0, 400.0), truth=Truth(100.0, None))], ["x"])["detectors"]["x"]
    assert figures["detected"] == 1.0
    assert figures["lead_before_failure_s"] == {}
