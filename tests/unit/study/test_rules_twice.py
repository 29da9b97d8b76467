"""Lives as rows and as frames: what is the same is told as such, and what is not by name."""

import time

import pytest

from tests.study.rules.twice import FAULTS, LivedTwice, Order, compared, live, orders, tell

LIFE = Order("ev", "dcdc_failure", 1000)


def test_what_differs_is_named() -> None:
    life = LivedTwice(LIFE, 60, (("a", 5.0), ("b", 7.0), ("a", 50.0)), (("a", 6.0), ("a", 49.0), ("c", 9.0)))
    assert compared(life) == ([1.0, -1.0], ["b"], ["c"])


def test_every_vehicle_lives_every_fault() -> None:
    found = list(orders(list(FAULTS), range(1000, 1004), 18))
    assert {(one.vehicle, one.fault) for one in found} == {(kind, one) for kind, all_ in FAULTS.items() for one in all_}
    assert [one.seed for one in found[:5]] == [1000, 1001, 1002, 1003, 1000]
    assert len(list(orders(["car"], range(9), 0.1))) == 1


def test_a_sudden_fault_is_told_by_both(capsys: pytest.CaptureFixture[str]) -> None:
    life = live(Order("ev", "dcdc_failure", 1000, length_s=420))
    later, rows, frames = compared(life)
    assert rows == frames == []
    assert later
    assert max(map(abs, later)) <= 10
    assert life.driven_s > 60
    assert tell([life], time.monotonic())["alone"] == []
    assert "none by one of them alone" in capsys.readouterr().out
