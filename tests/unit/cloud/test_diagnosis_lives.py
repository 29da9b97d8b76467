"""A few simulated lives, told, taken in and diagnosed: what guards the study between its runs."""

import pytest

from tests.study.diagnosis import Outcome, judged, report
from tests.study.diagnosis_runs import RUNS

pytestmark = [pytest.mark.lives, pytest.mark.xdist_group("diagnosed lives")]
SEED = 5
LIVES = [("car", "water_pump"), ("ev", "isolation_fault"), ("car", "tyre_leak")]


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    return [judged(vehicle, scenario, SEED) for vehicle, scenario in LIVES]


def test_the_right_cause_is_the_verdict(outcomes: list[Outcome]) -> None:
    assert [one.verdict for one in outcomes] == [RUNS[vehicle][scenario].truth for vehicle, scenario in LIVES]


def test_with_its_own_cause_withheld_nobody_knows(outcomes: list[Outcome]) -> None:
    assert [one.withheld_verdict for one in outcomes] == [None] * len(LIVES)


def test_the_report_counts_them(outcomes: list[Outcome]) -> None:
    text = report(outcomes)
    assert "| verdict is right (top-1) | 3 (100%) | 3 |" in text
    assert "| car | water_pump | water_pump | water_pump 1 | *don't know* 1 |" in text
    assert "| wrong verdict | 0 (0%) | 3 |" in text
