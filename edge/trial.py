"""Rule tests: series in, expected alerts at times out, through the vehicle's own history, detector and alerts.

    rules = ["../car.toml"]

    [[test]]
    name = "hot coolant is told after three seconds"
    only = ["coolant_hot"]
    interval = "1s"
    series = { "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature" = "90x9 113x20" }
    expect = [
        { at = "12.9s", firing = [] },
        { at = "13s", firing = ["coolant_hot"], action = { coolant_hot = "nearest_workshop" } },
    ]

The value number N of a series is there at the tick of N intervals. `firing` names what is told and has not ended, of
the rules in `only` (all, where it is absent).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.alerts import Alert, AlertBook
from edge.catalogue import info
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.entry import RuleName
from edge.detect.rules.rule import Rule
from edge.detect.rules.syntax import parse_duration
from edge.frames import NANOSECONDS
from edge.history import History
from edge.series import expand
from edge.signals import Signal, SignalBatch

START: Final = 1_700_000_000 * NANOSECONDS
"""A whole second, so that buckets of stretches begin with the test."""
TICKS_MAX: Final = 1_000_000


def _duration(text: str) -> str:
    parse_duration(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Expected(_Part):
    """What there is to be at one time."""

    at: str
    firing: list[RuleName]
    severity: dict[RuleName, str] = {}
    action: dict[RuleName, str] = {}
    summary: dict[RuleName, str] = {}
    driver: dict[RuleName, str] = {}

    @field_validator("at")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        return _duration(text)


class TestEntry(_Part):
    """One test of a file."""

    name: str
    only: list[RuleName] = []
    interval: str = "1s"
    grid: str = "100ms"
    series: dict[str, str]
    codes: dict[str, list[str]] = {}
    """Trouble codes that are told, by when."""
    expect: Annotated[list[Expected], Field(min_length=1)]

    @field_validator("interval", "grid")
    @classmethod
    def _is_time(cls, text: str) -> str:
        if parse_duration(text) <= 0:
            raise ValueError(f"{text} is no time")
        return text

    @field_validator("series")
    @classmethod
    def _are_series(cls, series: dict[str, str]) -> dict[str, str]:
        for path, text in series.items():
            try:
                expand(text)
            except ValueError as error:
                raise ValueError(f"{path}: {error}") from None
        return series

    @field_validator("codes")
    @classmethod
    def _are_times(cls, codes: dict[str, list[str]]) -> dict[str, list[str]]:
        for at in codes:
            _duration(at)
        return codes

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        if max(parse_duration(one.at) for one in self.expect) // parse_duration(self.grid) > TICKS_MAX:
            raise ValueError(f"it is longer than {TICKS_MAX} ticks; give it a coarser grid")
        return self


class TestFile(_Part):
    """A file of tests, and the rules that they are about."""

    rules: Annotated[list[str], Field(min_length=1)]
    test: list[TestEntry]


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not as expected."""

    test: str
    at: str
    problem: str

    def __str__(self) -> str:
        return f"{self.test}, at {self.at}: {self.problem}"


def try_out(rules: Sequence[Rule], test: TestEntry) -> list[Failure]:
    """What of a test is not as expected; nothing: it passes."""
    names = {rule.concern.rule for rule in rules}
    if unknown := [name for name in test.only if name not in names]:
        return [Failure(test.name, "0s", f"there is no rule {unknown[0]}")]
    wanted = sorted(test.expect, key=lambda one: parse_duration(one.at))
    run = _Run([rule for rule in rules if not test.only or rule.concern.rule in test.only], test)
    failures: list[Failure] = []
    for expected in wanted:
        run.until(parse_duration(expected.at))
        failures += [Failure(test.name, expected.at, problem) for problem in run.differs(expected)]
    return failures


class _Run:
    """A vehicle that sends what the series say."""

    def __init__(self, rules: Sequence[Rule], test: TestEntry) -> None:
        self._grid = parse_duration(test.grid)
        interval = parse_duration(test.interval)
        signals = [_signal(path, interval) for path in test.series]
        self._detector = RuleDetector(rules)
        self._history = History(signals, grid_ns=self._grid, wants=self._detector.wants)
        self._book = AlertBook("test", grid_ns=self._grid)
        self._told: dict[str, Alert] = {}
        self._past: list[str] = []
        self._samples = sorted(_samples(test.series.values(), interval))
        self._codes = sorted((parse_duration(at), codes) for at, codes in test.codes.items())
        self._next = -self._grid
        self._taken = 0

    def until(self, end: int) -> None:
        """Judge tick by tick up to `end` (ns from the beginning), that one included."""
        while self._next + self._grid <= end:
            self._next += self._grid
            self._tick(self._next)

    def differs(self, expected: Expected) -> Iterator[str]:
        """What is not as it should be now."""
        fires = sorted({alert.concern.rule for alert in self._told.values()})
        if fires != sorted(set(expected.firing)):
            past = f" ({'; '.join(self._past[-6:])})" if self._past else ""
            yield f"fires {_listed(fires)}, not {_listed(expected.firing)}{past}"
        by_rule = {alert.concern.rule: alert for alert in self._told.values()}
        for what in ("severity", "action", "summary", "driver"):
            for rule, text in getattr(expected, what).items():
                if (alert := by_rule.get(rule)) is not None and getattr(alert, what) != text:
                    yield f"{what} of {rule} is {str(getattr(alert, what))!r}, not {text!r}"

    def _tick(self, at: int) -> None:
        first = self._taken
        while self._taken < len(self._samples) and self._samples[self._taken][0] <= at:
            self._taken += 1
        samples = [(START + time - 1, place, value) for time, place, value in self._samples[first : self._taken]]
        while self._codes and self._codes[0][0] <= at:
            self._history.codes.hear("test", self._codes.pop(0)[1])
        self._history.absorb(SignalBatch.of(samples), START + at)
        for alert in self._book.update(START + at, self._detector.judge(self._history.window())):
            if alert.ended is None:
                self._told[alert.id] = alert
            else:
                del self._told[alert.id]
            self._past.append(f"{alert.concern.rule} {'ended' if alert.ended else 'began'} at {at / NANOSECONDS:g}s")


def _signal(path: str, interval: int) -> Signal:
    known = info(path)
    return Signal(path, known.unit if known else "", "test", path, period_s=interval / NANOSECONDS)


def _samples(series: Iterable[str], interval: int) -> Iterator[tuple[int, int, float]]:
    for place, text in enumerate(series):
        for number, value in enumerate(expand(text)):
            if value is not None:
                yield number * interval, place, value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
