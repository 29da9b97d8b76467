"""Weather: plausible by kind, by hour and by height, the same whenever it is asked."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.simulator.weather import WEATHERS, Air, Weather

Floats = npt.NDArray[np.float64]

DAY_S = 86_400.0
BEGIN_S = 7.0 * 3600.0
KINDS = sorted(set(WEATHERS) - {"any"})


def weather(kind: str, seed: int, base_c: float | None = None) -> Weather:
    return Weather(kind, np.random.default_rng(seed), base_c)


def series(kind: str, seed: int, days: int = 10, base_c: float | None = None) -> Floats:
    """Each quarter of an hour from the first midnight on, at sea level: temp, pressure, wet, sun, wind."""
    air = weather(kind, seed, base_c)
    return np.array([air.at(at_s - BEGIN_S, 0.0) for at_s in np.arange(DAY_S, (days + 1) * DAY_S, 900.0).tolist()])


@settings(max_examples=40)
@given(st.sampled_from(sorted(WEATHERS)), st.integers(0, 10_000), st.floats(0.0, 3e6), st.floats(-50.0, 2_500.0))
def test_every_answer_is_within_what_a_vehicle_meets(kind: str, seed: int, now_s: float, altitude_m: float) -> None:
    air = weather(kind, seed).at(now_s, altitude_m)
    assert all(type(value) is float for value in air)
    assert -50.0 < air.temp_c < 50.0
    assert 68.0 < air.pressure_kpa < 107.0
    assert 0.0 <= air.wet <= 1.0
    assert 0.0 <= air.sun <= 1.0
    assert abs(air.wind_mps) < 40.0


@given(st.integers(0, 1_000), st.lists(st.floats(0.0, 4e5), min_size=1, max_size=20))
def test_an_answer_does_not_depend_on_what_was_asked_before(seed: int, times: list[float]) -> None:
    busy, times = weather("any", seed), sorted(times)
    for now_s in times:
        latest = busy.at(now_s, 100.0)
    assert latest == weather("any", seed).at(times[-1], 100.0)


def test_time_does_not_go_back_over_midnight_but_within_the_day_it_may() -> None:
    air = weather("mild", 1)
    late = air.at(50_000.0, 0.0)
    assert air.at(10_000.0, 0.0) == weather("mild", 1).at(10_000.0, 0.0)
    assert air.at(50_000.0, 0.0) == late
    air.at(3 * DAY_S, 0.0)
    with pytest.raises(ValueError, match="forgotten"):
        air.at(50_000.0, 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_weather_changes_without_jumps(kind: str) -> None:
    """Also where one day ends and the next begins."""
    air = weather(kind, 3)
    rows = np.array([air.at(at_s, 300.0) for at_s in np.arange(0.0, 3 * DAY_S, 10.0).tolist()])
    steps = np.abs(np.diff(rows, axis=0))
    midnights = np.round((np.arange(1, 4) * DAY_S - BEGIN_S) / 10.0).astype(int) - 1
    assert (steps[midnights].max(axis=0) <= np.delete(steps, midnights, axis=0).max(axis=0)).all()
    step = steps.max(axis=0)
    assert step[0] < 0.06
    assert step[1] < 0.01
    assert step[2] < 0.02
    assert step[3] < 0.03
    assert step[4] < 4.0
    assert np.ptp(rows[:, 4]) > 1.0


def test_height_cools_and_thins_the_air_as_iso_2533_says() -> None:
    air = weather("mild", 4)
    sea = air.at(3_600.0, 0.0)
    for altitude_m, share in ((500.0, 95.461 / 101.325), (1_000.0, 89.876 / 101.325), (2_000.0, 79.501 / 101.325)):
        high = air.at(3_600.0, altitude_m)
        assert high.temp_c == pytest.approx(sea.temp_c - 6.5 * altitude_m / 1_000.0)
        assert high.pressure_kpa == pytest.approx(sea.pressure_kpa * share, rel=2e-4)
        assert high[2:] == sea[2:]


@pytest.mark.parametrize("kind", KINDS)
def test_nights_are_dark_and_afternoons_warm(kind: str) -> None:
    rows = np.stack([series(kind, seed).reshape(10, 96, 5) for seed in range(4)]).reshape(40, 96, 5)
    assert rows[:, :16, 3].max() == 0.0, "before 04:00"
    assert rows[:, 88:, 3].max() == 0.0, "after 22:00"
    assert rows[:, 48, 3].mean() > 0.2, "at noon"
    by_hour = rows[:, :, 0].mean(axis=0)
    assert 13.0 <= np.argmax(by_hour) / 4.0 <= 17.0
    assert np.argmin(by_hour) / 4.0 <= 7.0
    assert 1.5 < np.ptp(by_hour) < 16.0


def test_days_drift_slowly_and_pressure_swings_with_fronts() -> None:
    daily = np.stack([series("cold", seed, days=30).reshape(30, 96, 5).mean(axis=1) for seed in range(6)])
    temp = daily[:, :, 0] - daily[:, :, 0].mean(axis=1, keepdims=True)
    assert 1.0 < temp.std() < 6.0
    alike = np.corrcoef(temp[:, 1:].ravel(), temp[:, :-1].ravel())[0, 1]
    assert 0.4 < alike < 0.95, "tomorrow resembles today"
    assert 0.3 < daily[:, :, 1].std() < 1.6
    assert 100.0 < daily[:, :, 1].mean() < 102.7


def test_the_kinds_are_what_they_are_called() -> None:
    mean = {kind: np.mean([series(kind, seed).mean(axis=0) for seed in range(6)], axis=0) for kind in KINDS}
    column = {name: {kind: mean[kind][index] for kind in KINDS} for index, name in enumerate(Air._fields)}
    assert max(column["temp_c"], key=lambda kind: column["temp_c"][kind]) == "hot"
    assert min(column["temp_c"], key=lambda kind: column["temp_c"][kind]) == "cold"
    assert column["temp_c"]["cold"] < -3.0 < 25.0 < column["temp_c"]["hot"]
    assert column["wet"]["rain"] > 0.5 > column["wet"]["winter"] > 0.15 > column["wet"]["mild"]
    assert max(column["sun"], key=lambda kind: column["sun"][kind]) == "hot"
    blows = {kind: np.concatenate([series(kind, seed)[:, 4] for seed in range(4)]).std() for kind in KINDS}
    assert blows["storm"] > 1.6 * max(blow for kind, blow in blows.items() if kind != "storm")


def test_a_given_mean_is_kept() -> None:
    for base_c in (-20.0, 5.0, 31.0):
        assert np.mean([series("mild", seed, 20, base_c)[:, 0].mean() for seed in range(8)]) == pytest.approx(
            base_c, abs=2.0
        )


def test_any_draws_every_kind() -> None:
    warm = [weather("any", seed).at(0.0, 0.0).temp_c for seed in range(60)]
    assert min(warm) < -5.0
    assert max(warm) > 22.0


def test_unknown_weather_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ConfigError, match="no weather 'hail'") as caught:
        weather("hail", 1)
    assert all(name in caught.value.remedy for name in WEATHERS)
    assert {"mild", "hot", "cold", "rain", "any"} <= set(WEATHERS)
