"""The data budget: what waits at which share of the day, when a day begins, and what outlives a restart."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.link.budget import ALWAYS, BRINGS_BULK, DAY_S, Allowance, Budget, estimated
from edge.wire.envelope import STREAM_OF, StreamClass
from edge.wire.topics import Kind

ALERT, RECORD, BULK = StreamClass
MB = 1_000_000
MOBILE = Allowance(bytes_a_day=MB, metered=("wwan*", "ppp*"))


@dataclass
class Box:
    """Its clocks."""

    monotonic_s: float = 1000.0
    day: int | None = 20_000

    def budget(self, allowance: Allowance = MOBILE, *, kept: bytes | None = None) -> Budget:
        return Budget(allowance, monotonic=lambda: self.monotonic_s, utc_day=lambda: self.day, kept=kept)

    def on_mobile(self, allowance: Allowance = MOBILE, *, kept: bytes | None = None) -> Budget:
        made = self.budget(allowance, kept=kept)
        made.begin("wwan0")
        return made


def goes(budget: Budget) -> set[StreamClass]:
    """The classes of which everything may go, but for what is answered by bulk: that goes where bulk does."""
    is_open = {kind: budget.allows(kind, 0) for kind in Kind}
    assert all(is_open[kind] == is_open[Kind.CAPTURE] for kind in BRINGS_BULK)
    every = {one: {kind for kind in Kind if STREAM_OF[kind] is one} - BRINGS_BULK for one in StreamClass}
    return {one for one in StreamClass if budget.open_kinds(one) - BRINGS_BULK == every[one]}


@pytest.mark.parametrize(
    ("spent", "expected"),
    [(0, {ALERT, RECORD, BULK}), (699_999, {ALERT, RECORD, BULK}), (700_000, {ALERT, RECORD}), (900_000, {ALERT})],
)
def test_bulk_waits_first_then_records(spent: int, expected: set[StreamClass]) -> None:
    budget = Box().on_mobile()
    budget.publish(spent)
    assert (budget.spent, goes(budget)) == (spent, expected)


def test_alerts_and_trouble_codes_always_go_and_are_counted() -> None:
    budget = Box().on_mobile()
    budget.publish(3 * MB)
    assert budget.open_kinds(RECORD) | budget.open_kinds(ALERT) == ALWAYS == {Kind.ALERT, Kind.DTC}
    assert budget.allows(Kind.ALERT, 200_000)
    assert budget.spent == 3 * MB


def test_a_block_that_does_not_fit_waits_while_a_smaller_one_goes() -> None:
    budget = Box().on_mobile()
    budget.publish(500_000)
    assert not budget.allows(Kind.CAPTURE, 200_000)
    assert budget.allows(Kind.TELEMETRY, 199_999)


@pytest.mark.parametrize(
    ("interface", "metered"), [("wwan0", True), ("ppp0", True), ("wlan0", False), ("eth0.5", False), (None, True)]
)
def test_an_unknown_network_is_metered(interface: str | None, metered: bool) -> None:
    budget = Box().budget()
    budget.begin(interface)
    budget.publish(5000)
    assert budget.spent == (5000 if metered else 0)


def test_without_patterns_nothing_is_metered_and_without_a_limit_nothing_waits() -> None:
    budget = Box().budget(Allowance(bytes_a_day=MB))
    budget.begin(None)
    budget.publish(5 * MB)
    assert (budget.spent, goes(budget)) == (0, set(StreamClass))
    budget = Box().on_mobile(Allowance(metered=("*",)))
    budget.publish(5 * MB)
    assert (budget.spent, goes(budget), budget.to_keep(at_the_end=True)) == (5 * MB, set(StreamClass), None)


def test_bulk_may_be_kept_off_metered_networks_altogether() -> None:
    budget = Box().on_mobile(Allowance(metered=("wwan*",), bulk_when_metered=False))
    assert goes(budget) == {ALERT, RECORD}
    budget.begin("wlan0")
    assert goes(budget) == {ALERT, RECORD, BULK}


def test_what_is_published_and_what_is_measured_count_once() -> None:
    budget = Box().on_mobile()
    budget.publish(1000)
    budget.measure(400)  # the handshake, and some of it
    assert budget.spent == 1000
    budget.measure(1300)
    budget.measure(None)
    assert budget.spent == 1300
    budget.publish(500)
    assert budget.spent == 1500
    budget.begin("wwan0")
    budget.measure(200)
    assert budget.spent == 1700


def test_a_day_of_utc_ends_at_midnight() -> None:
    box = Box()
    budget = box.on_mobile()
    budget.publish(MB)
    box.monotonic_s += 2 * DAY_S
    assert budget.spent == MB, "the clock is trusted, and says that it is the same day"
    box.day = 20_001
    assert (budget.spent, goes(budget)) == (0, set(StreamClass))


def test_a_day_without_the_time_is_24_hours_of_running() -> None:
    box = Box(day=None)
    budget = box.on_mobile()
    budget.publish(MB)
    box.monotonic_s += DAY_S - 1
    assert budget.spent == MB
    box.monotonic_s += 1
    assert budget.spent == 0


def test_a_clock_that_is_found_or_set_back_gives_no_second_budget() -> None:
    box = Box(day=None)
    budget = box.on_mobile()
    budget.publish(MB)
    for day in (20_000, None, 20_000, 19_000, None):
        box.day = day
        assert budget.spent == MB


def test_what_was_spent_outlives_a_restart_and_a_new_day_does_not_know_it() -> None:
    box = Box()
    budget = box.on_mobile()
    budget.publish(19_999)
    assert budget.to_keep() is None, "not worth a write"
    budget.publish(1)
    kept = budget.to_keep()
    assert kept is not None
    assert budget.to_keep(at_the_end=True) is None, "nothing new"
    box.monotonic_s = 5.0
    assert box.budget(kept=kept).spent == 20_000
    box.day = 20_001
    assert box.budget(kept=kept).spent == 0


def test_little_is_kept_after_a_while_or_at_the_end() -> None:
    box = Box()
    budget = box.on_mobile()
    budget.publish(10)
    assert budget.to_keep() is None
    assert budget.to_keep(at_the_end=True) is not None
    budget.publish(10)
    box.monotonic_s += 600
    assert budget.to_keep() is not None


def test_hours_without_the_time_go_on_after_a_restart() -> None:
    box = Box(day=None)
    budget = box.on_mobile()
    budget.publish(MB)
    box.monotonic_s += DAY_S - 10
    kept = budget.to_keep()
    box.monotonic_s = 0.0
    again = box.budget(kept=kept)
    assert again.spent == MB
    box.monotonic_s = 10.0
    assert again.spent == 0


@pytest.mark.parametrize(
    "kept", [b"", b"\xff", b"[1]", b"null", b"{}", b'{"spent": "x"}', b'{"spent": -5, "ran_s": NaN}', b'{"spent":[]}']
)
def test_what_the_disk_has_changed_begins_the_day_anew(kept: bytes) -> None:
    assert Box().budget(kept=kept).spent == 0


@given(st.lists(st.tuples(st.sampled_from(["wwan0", "wlan0", None]), st.lists(st.integers(0, 10**6), max_size=5))))
def test_the_sum_over_metered_sessions_is_what_was_measured(sessions: list[tuple[str | None, list[int]]]) -> None:
    budget = Box().budget()
    total = 0
    for interface, readings in sessions:
        budget.begin(interface)
        for reading in readings:
            budget.measure(reading)
        total += max([0, *readings]) if interface != "wlan0" else 0
    assert budget.spent == total


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_an_estimate_is_never_less_than_what_is_sent(size: int) -> None:
    told: Callable[[int], int] = lambda length: estimated("t" * 40, b"x" * length)  # noqa: E731
    assert told(size) >= 40 + size + 38 + 2 * 52
    assert told(size + 1) > told(size)
