"""A starter battery that grows weak, over weeks of starts, each of them read as the box reads it."""

import json
import math
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import Alert
from edge.config import Config
from edge.detect.starts import AWAITED_NS, JUDGED_BY, LEARNED_BY, NAME, StartDetector
from edge.errors import ModelError
from edge.frames import Frame, FrameBatch, merge
from edge.grid import Cells
from edge.measured import CRANK_DROP, Reading, batch_of
from edge.prepare import Prepared, prepare
from edge.supply.crank import CrankWatch
from edge.supply.nominal import Nominal
from tests.unit.edge.databases import HEAD

S = 1_000_000_000
DBC = f"""{HEAD}BO_ 768 Weather: 8 X
 SG_ Air : 0|16@1- (0.1,0) [-50|70] "degC" X
"""
MAPPING = """[signals]
"Weather.Air" = { path = "Vehicle.Exterior.AirTemperature" }
"""
BATTERY, STARTER = 0.007, 0.020
"""Ohm at 20 Celsius, with clamps and cables; of the starter before it turns."""


class Car:
    """A battery, a starter, and a box that listens to its supply."""

    def __init__(self, folder: Path, *, scale: float = 1.0) -> None:
        (folder / "car.dbc").write_text(DBC)
        (folder / "car.vss.toml").write_text(MAPPING)
        config = {
            "bus": [{"dbc": [folder / "car.dbc"]}],
            "state": {"directory": folder},
            "supply": {"source": "hwmon:/sys/class/hwmon/hwmon9/in2"},
            "judging": {"grid_ms": 1000},
        }
        self.prepared: Prepared = prepare(Config.model_validate(config))
        self.watch, self.scale = CrankWatch(Nominal()), scale
        self.battery = BATTERY
        self.now_ns = 0
        self.told: list[Alert] = []

    @property
    def learner(self) -> StartDetector:
        [learner] = self.prepared.learners
        assert isinstance(learner, StartDetector)
        return learner

    @property
    def fires(self) -> dict[str, Alert]:
        return {alert.concern.rule: alert for alert in self.prepared.judgement.book.firing}

    def starts(self, celsius: float | None, *, rest: float = 12.5, weather_after_s: int = 1) -> None:
        """A minute at rest, a start of a second, a minute of charging; in such air, if anybody says so."""
        colder = 20.0 - (20.0 if celsius is None else celsius)
        battery, starter = self.battery * math.exp(0.0105 * colder), STARTER * (1.0 - 0.00393 * colder)
        share = starter / (starter + battery)
        began_ns, told = self.now_ns, []
        while self.now_ns - began_ns < 120 * S:
            since_s = (self.now_ns - began_ns) / S - 60.0
            volts = rest if since_s < 0.0 else 14.2
            if 0.0 <= since_s < 1.0:
                volts = rest * (share + (0.86 - share) * (1.0 - math.exp(-since_s / 0.25)))
            told += self.watch.take(self.now_ns, volts * self.scale)
            self.now_ns += self.watch.pause_ns
        self.judged(told, began_ns, celsius, 60 + weather_after_s)
        self.now_ns += 600 * S

    def judged(self, told: Iterable[Reading], began_ns: int, celsius: float | None, weather_s: int) -> None:
        words = [
            Frame(
                began_ns + second * S,
                768,
                round((celsius or 0.0) * 10).to_bytes(2, "little", signed=True) + bytes(6),
                "can0",
            )
            for second in range(weather_s, 300 if celsius is not None else 0)
        ]
        batch = merge(
            [batch_of(told, "supply", self.now_ns), FrameBatch.of(words, buses=("can0",))],
            buses=("can0", "supply"),
            until=self.now_ns,
        )
        ends = [began_ns + second * S for second in range(1, 400)]
        rows = np.searchsorted(batch.time, np.array(ends, np.int64)).tolist()
        for outcome in self.prepared.judgement.advance(Cells(batch, ends, rows)):
            self.told += outcome.alerts


def summer(car: Car, starts: int, rng: np.random.Generator) -> None:
    for _ in range(starts):
        car.starts(rng.uniform(12.0, 28.0), rest=rng.uniform(12.2, 12.7))


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_battery_whose_resistance_has_grown_by_half_is_told_and_a_new_one_ends_it(
    tmp_path: Path, scale: float
) -> None:
    car, rng = Car(tmp_path, scale=scale), np.random.default_rng(1)
    summer(car, LEARNED_BY, rng)
    assert car.learner.progress.is_armed
    summer(car, 12, rng)
    car.battery = 1.25 * BATTERY
    summer(car, 8, rng)
    assert car.told == []
    car.battery = 1.7 * BATTERY
    summer(car, 8, rng)
    [alert] = car.fires.values()
    assert (alert.concern.rule, alert.severity, alert.action) == ("starts_fade", "warning", "next_service")
    assert re.search(r"1\.[67] times as deep", alert.summary), alert.summary
    car.battery = 2.5 * BATTERY
    summer(car, 8, rng)
    assert car.fires["starts_fade"].action == "nearest_workshop"
    car.battery = 1.1 * BATTERY
    summer(car, 8, rng)
    assert car.fires == {}


def test_winter_is_no_fault(tmp_path: Path) -> None:
    car, rng = Car(tmp_path), np.random.default_rng(2)
    summer(car, LEARNED_BY, rng)
    for celsius in np.linspace(15.0, -27.0, 25):
        car.starts(float(celsius), rest=12.3)
    assert car.told == []
    car.battery = 1.7 * BATTERY
    for _ in range(JUDGED_BY):
        car.starts(-27.0, rest=12.3)
    assert set(car.fires) == {"starts_fade"}


def test_one_odd_start_is_no_fault(tmp_path: Path) -> None:
    car, rng = Car(tmp_path), np.random.default_rng(3)
    summer(car, LEARNED_BY + JUDGED_BY, rng)
    for _ in range(2):
        car.battery = 3.0 * BATTERY
        summer(car, 2, rng)
        car.battery = BATTERY
        summer(car, 3, rng)
    assert car.told == []


def test_a_battery_that_is_stronger_than_what_was_learned_is_another_one_and_learned_anew(tmp_path: Path) -> None:
    car, rng = Car(tmp_path), np.random.default_rng(4)
    car.battery = 2.0 * BATTERY
    summer(car, LEARNED_BY, rng)
    car.battery = BATTERY
    summer(car, LEARNED_BY, rng)
    assert car.learner.progress.starts == LEARNED_BY
    car.battery = 1.7 * BATTERY
    summer(car, JUDGED_BY, rng)
    assert set(car.fires) == {"starts_fade"}, "which is less than the old one had"


def test_what_was_learned_outlives_a_restart(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    car, rng = Car(tmp_path / "one"), np.random.default_rng(5)
    summer(car, LEARNED_BY + 2, rng)
    again = Car(tmp_path / "two")
    again.learner.recall(car.learner.memory())
    assert again.learner.progress == car.learner.progress
    again.battery = 1.7 * BATTERY
    summer(again, JUDGED_BY, rng)
    assert set(again.fires) == {"starts_fade"}


def test_a_start_is_judged_when_its_temperature_is_told_and_never_without(tmp_path: Path) -> None:
    car = Car(tmp_path)
    car.starts(8.0, weather_after_s=40)
    assert (car.learner.progress.starts, car.learner.progress.not_judged) == (1, 0), "buses wake up with the engine"
    car.starts(None)
    car.starts(8.0, weather_after_s=round(AWAITED_NS / S) + 20)
    assert (car.learner.progress.starts, car.learner.progress.not_judged) == (1, 2)
    assert "nobody told the temperature" in car.learner.progress.in_words


def test_what_is_no_start_is_not_learned(tmp_path: Path) -> None:
    watch = CrankWatch(Nominal())
    told: list[Reading] = []
    for number in range(60 * 125):
        glows = 20 * 125 <= number < 25 * 125
        told += watch.take(number * S // 125, 12.4 - 1.1 * glows)
    assert watch.counters["cranks"] == 1
    assert [one for one in told if one.path == CRANK_DROP] == [], "glow plugs"


def test_who_has_no_converter_has_no_such_detector(tmp_path: Path) -> None:
    config = {"bus": [{}], "state": {"directory": tmp_path}}
    assert list(prepare(Config.model_validate(config)).learners) == []


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.text(max_size=8), st.integers()).map(lambda one: json.dumps(one).encode())
)
def test_a_memory_that_is_damaged_is_said_and_nothing_of_it_believed(memory: bytes) -> None:
    detector = StartDetector()
    with pytest.raises(ModelError, match="learns the battery anew"):
        detector.recall(memory)
    assert detector.progress == StartDetector().progress


@pytest.mark.parametrize("shares", [[-1.0], ["x"], [math.nan], [1e9], "0.3"])
def test_starts_that_cannot_have_been_are_not_believed(shares: object) -> None:
    known = json.loads(StartDetector().memory())
    with pytest.raises(ModelError, match=NAME):
        StartDetector().recall(json.dumps({**known, "learned": shares}).encode())
