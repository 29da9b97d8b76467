"""Each question has its own rate, and one without an answer is asked ever more seldom."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.schedule import PAUSE_MAX_NS, Schedule
from edge.frames import NANOSECONDS

S = NANOSECONDS


def asked(schedule: Schedule, until_s: int, *, answers: bool) -> list[tuple[int, str]]:
    """What is asked in every second, one question at a time, each of them within it."""
    log: list[tuple[int, str]] = []
    for second in range(until_s):
        for _ in range(100):
            if (name := schedule.due(second * S)) is None:
                break
            log.append((second, name))
            schedule.done(name, second * S, answered=answers)
    return log


def test_rates_are_kept() -> None:
    schedule = Schedule()
    schedule.set({"0C": 1.0, "05": 10.0}, 0)
    log = [name for _, name in asked(schedule, 100, answers=True)]
    assert (log.count("0C"), log.count("05")) == (100, 10)


def test_silence_doubles_the_pause_up_to_an_hour() -> None:
    schedule = Schedule()
    schedule.set({"0C": 1.0}, 0)
    times = [second for second, _ in asked(schedule, 20_000, answers=False)]
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:6] == [2, 4, 8, 16, 32, 64]
    assert max(pauses) == PAUSE_MAX_NS // S
    assert schedule.resting() == {"0C": len(times)}


def test_an_awakening_makes_everything_due() -> None:
    schedule = Schedule()
    schedule.set({"0C": 1.0}, 0)
    asked(schedule, 100, answers=False)
    schedule.awake(100 * S)
    assert schedule.due(100 * S) == "0C"
    assert not schedule.resting()


def test_a_rate_that_is_longer_than_an_hour_stays_what_it_is() -> None:
    schedule = Schedule()
    schedule.set({"vin": 86_400.0}, 0)
    schedule.done("vin", 0, answered=False)
    assert schedule.next_ns() == 86_400 * S


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 100), min_size=1), st.integers(1, 60))
def test_nobody_starves(rates: dict[str, float], step: int) -> None:
    schedule = Schedule()
    schedule.set(rates, 0)
    seen: set[str] = set()
    for turn in range(400):
        if (name := schedule.due(turn * step * S)) is not None:
            seen.add(name)
            schedule.done(name, turn * step * S, answered=True)
    assert seen == set(rates)
