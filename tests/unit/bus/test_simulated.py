"""A simulated vehicle as a source: when it begins and ends, and that the same words give the same frames."""

import time

import pytest

from edge.bus.simulated import STEP_NS, SimulatedSource, open_simulation
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import Frame

S = 1_000_000_000
NOW = 1_790_000_000 * S


def opened(text: str) -> SimulatedSource:
    return open_simulation(SourceSpec.parse(text), now_ns=NOW)


def frames(text: str) -> list[Frame]:
    source, result, until = opened(text), list[Frame](), 0
    while (batch := source.read(0.0)) is not None:
        assert all(time >= until for time in batch.time.tolist())
        assert batch.until >= until
        until = batch.until
        result.extend(batch.frames())
    assert source.counters == {"frames": len(result)}
    assert source.read(0.0) is None
    source.close()
    return result


def test_it_sets_off_now_and_ends_after_its_duration() -> None:
    heard = frames("sim:car?duration=2.5")
    assert heard[0].time < NOW + S
    assert NOW + 2 * S < heard[-1].time < NOW + 2.5 * S
    assert opened("sim:car").live is False


def test_the_same_words_give_the_same_frames() -> None:
    assert frames("sim:car?duration=2&seed=7") == frames("sim:car?duration=2&seed=7")
    assert frames("sim:car?duration=2&seed=7") != frames("sim:car?duration=2&seed=8")


def test_faults_are_ordered_by_name_and_time() -> None:
    healthy, leaking = frames("sim:car?duration=90&fault=none"), frames("sim:car?duration=90&fault=coolant_leak@60")
    first = next(row for row, (a, b) in enumerate(zip(healthy, leaking, strict=True)) if a != b)
    assert NOW + 60 * S <= healthy[first].time < NOW + 90 * S
    assert frames("sim:car?duration=1&fault=battery&fault=coolant_leak@60") != frames("sim:car?duration=1")


def test_without_a_duration_it_goes_on() -> None:
    source = opened("sim:car")
    batches = [source.read(0.0) for _ in range(5)]
    assert [batch.until for batch in batches if batch is not None] == [NOW + STEP_NS * second for second in range(1, 6)]


def test_where_it_goes_in_what_weather_and_how_warm_it_is_may_be_said() -> None:
    plain = frames("sim:car?duration=2")
    assert frames("sim:car?duration=2&cycle=mixed&weather=any&warm=off") == plain
    for option in ("cycle=motorway", "weather=winter", "warm=on"):
        assert frames(f"sim:car?duration=20&{option}") != frames("sim:car?duration=20")


def test_a_fault_may_go_faster_than_in_life() -> None:
    slow, fast = frames("sim:car?duration=60&fault=tyre_leak@1"), frames("sim:car?duration=60&fault=tyre_leak@1x9000")
    assert fast != slow


@pytest.mark.parametrize(
    ("start", "start_ns"),
    [
        ("0", 0),
        ("1637353675.975229", 1_637_353_675_975_229_000),
        ("2026-05-01T08:00:00", 1_777_622_400 * S),
        ("2026-05-01T08:00:00Z", 1_777_622_400 * S),
        ("2026-05-01T10:00:00.25+02:00", 1_777_622_400 * S + S // 4),
        ("2026-05-01", 1_777_593_600 * S),
    ],
)
def test_it_sets_off_when_it_is_told_to(start: str, start_ns: int) -> None:
    batch = opened(f"sim:car?start={start}").read(0.0)
    assert batch is not None
    assert batch.until == start_ns + STEP_NS


def test_a_time_without_a_zone_is_utc_wherever_the_vehicle_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    batch = opened("sim:car?start=2026-05-01").read(0.0)
    monkeypatch.undo()
    time.tzset()
    assert batch is not None
    assert batch.until == 1_777_593_600 * S + STEP_NS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sim:submarine", "no vehicle is called 'submarine'"),
        ("sim:car?fault=rust", "no fault is called 'rust'"),
        ("sim:car?fault=battery@soon", "'soon' is not a number of seconds"),
        ("sim:car?fault=battery&fault=battery", "battery is ordered twice"),
        ("sim:car?fault=battery@5x", "'' is no pace"),
        ("sim:car?cycle=moon", "there is no drive cycle 'moon'"),
        ("sim:car?weather=snow", "there is no weather 'snow'"),
        ("sim:car?warm=hot", "warm=hot is neither on nor off"),
        ("sim:car?duration=0", "duration=0 cannot be used"),
        ("sim:car?start=yesterday", "start=yesterday is no time"),
        ("sim:car?start=-5", "start=-5 is no time"),
        ("sim:car?start=nan", "start=nan is no time"),
        ("sim:car?start=9e9", "start=9e9 is no time"),
        ("sim:car?start=9e999999999", "start=9e999999999 is no time"),
    ],
)
def test_what_cannot_be_simulated_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        opened(text)
    assert problem in caught.value.problem
    assert caught.value.place == text
    assert caught.value.remedy
