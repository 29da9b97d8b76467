"""What the cloud wants of a vehicle, and how little of it is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modes import Modes, Surroundings, Week
from edge.wanted import ORDER_NS, Wanted
from edge.wire.downlink import Desired
from edge.wire.messages import Value

HOUR = 3_600_000_000_000
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
AT = int(NOON.timestamp()) * 1_000_000_000


def in_h(hours: float) -> str:
    return (NOON + timedelta(hours=hours)).isoformat()


def wanting(until: Value, version: int = 1) -> Wanted:
    wanted = Wanted()
    wanted(Desired(version=version, state={"workshop_until": until}))
    return wanted


def until(wanted: Wanted, at: int = AT, *, ahead_ns: int = 0, clock_is_right: bool = True) -> int | None:
    return wanted.order_until(at, ahead_ns=ahead_ns, clock_is_right=clock_is_right)


def test_an_order_counts_until_its_time_is_over() -> None:
    wanted = wanting(in_h(2))
    assert until(wanted) == AT + 2 * HOUR
    assert until(wanted, AT + 2 * HOUR) is None


def test_a_wall_clock_that_was_set_moves_the_end_on_the_axis() -> None:
    assert until(wanting(in_h(2)), ahead_ns=HOUR) == AT + HOUR


@given(st.floats(min_value=-1000, max_value=1000, allow_nan=False))
def test_no_order_holds_for_longer_than_half_a_day(hours: float) -> None:
    end = until(wanting(in_h(hours)))
    assert end is None or AT < end <= AT + ORDER_NS
    assert (end is not None) == (0 < (datetime.fromisoformat(in_h(hours)) - NOON) / timedelta(hours=1) <= 12)


def test_what_is_too_far_ahead_is_not_believed_later_either() -> None:
    wanted = wanting(in_h(13))
    assert until(wanted) is None
    assert until(wanted, AT + 2 * HOUR) is None
    assert wanted.counters["too_far"] == 1


@pytest.mark.parametrize("said", [5.0, True, "tomorrow", "2026-05-04T13:00:00", "", "9" * 300])
def test_a_time_that_is_none_is_counted_and_no_order(said: Value) -> None:
    wanted = wanting(said)
    assert until(wanted) is None
    assert wanted.counters["wrong"] == 1


def test_a_version_that_is_not_newer_changes_nothing() -> None:
    wanted = wanting(in_h(2), version=3)
    for version in (2, 3):
        wanted(Desired(version=version, state={}))
    assert until(wanted) == AT + 2 * HOUR
    assert wanted.counters["old"] == 2
    wanted(Desired(version=4, state={}))
    assert until(wanted) is None


def test_unknown_keys_are_counted_and_the_rest_counts() -> None:
    wanted = Wanted()
    wanted(Desired(version=1, state={"workshop_until": in_h(1), "delete": "everything"}))
    assert until(wanted) == AT + HOUR
    assert wanted.counters["unknown"] == 1


def test_an_order_waits_for_the_clock_and_outlives_its_loss() -> None:
    wanted = wanting(in_h(2))
    assert until(wanted, clock_is_right=False) is None
    assert until(wanted) == AT + 2 * HOUR
    assert until(wanted, AT + HOUR, clock_is_right=False) == AT + 2 * HOUR
    assert until(wanted, AT + 2 * HOUR, clock_is_right=False) is None


def test_the_driver_ends_it_while_the_order_still_stands() -> None:
    around = Surroundings(order_until=until(wanting(in_h(2))))
    modes = Modes().looked(AT, around, Week())
    assert modes.workshop
    assert not modes.ended().looked(AT + 1, around, Week()).workshop
