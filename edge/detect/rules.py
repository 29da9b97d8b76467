"""Threshold rules from TOML: one signal beyond a level for a while, cleared at another level.

    [[rule]]
    name = "coolant_hot"
    signal = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
    above = 115.0                       # or below
    clear = 108.0                       # hysteresis; the threshold itself when left out
    for = "5s"
    when = [{ signal = "Vehicle.…IsRunning", above = 0.5 }]   # every guard must hold
    component = "cooling"
    severity = "critical"
    action = "stop_now"
    summary = "Coolant at {value} {unit}, limit {threshold}"
    advice = "…"
    driver = "…"

Unknown is contagious: a rule whose signal or guard is unknown is neither true nor false.
"""

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from edge import catalogue
from edge.detect.finding import Concern, Finding, Verdict
from edge.errors import ConfigError
from edge.frames import NANOSECONDS
from edge.history import Smoothing, Window
from edge.toml_file import read_toml
from edge.wire.messages import Action, Label, Severity, Text

DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
FOR_MAX_S: Final = 86_400.0


def parse_duration(text: str) -> int:
    """`500ms`, `5s`, `1.5m`, `2h` in ns.

    Raises:
        ValueError: it is none of these, or longer than a day.
    """
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no duration; write 500ms, 5s, 1.5m or 2h")
    seconds = float(found[1]) * UNITS_S[found[2]]
    if seconds > FOR_MAX_S:
        raise ValueError(f"{text!r} is longer than a day")
    return round(seconds * NANOSECONDS)


class _Level(BaseModel):
    model_config = ConfigDict(extra="forbid")
    signal: Annotated[str, Field(pattern=r"^(Vehicle|dbc)\..+$")]
    above: FiniteFloat | None = None
    below: FiniteFloat | None = None

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("give one of above and below")
        return self

    @property
    def threshold(self) -> float:
        return self.above if self.above is not None else (self.below or 0.0)


class _RuleEntry(_Level):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    clear: FiniteFloat | None = None
    hold: str = Field(default="0s", alias="for")
    when: Annotated[list[_Level], Field(max_length=10)] = []
    component: Label
    severity: Severity
    action: Action
    summary: Text
    advice: Text = ""
    driver: Text = ""

    @field_validator("hold")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        parse_duration(text)
        return text

    @field_validator("summary", "advice", "driver")
    @classmethod
    def _fills(cls, text: str) -> str:
        try:
            text.format(value="", threshold="", unit="")
        except (KeyError, IndexError, ValueError):
            raise ValueError("only {value}, {threshold} and {unit} can stand in braces") from None
        return text

    @model_validator(mode="after")
    def _clear_side(self) -> Self:
        if self.clear is not None and (self.above is not None) != (self.clear <= self.threshold):
            side = "below or at" if self.above is not None else "above or at"
            raise ValueError(f"clear = {self.clear:g} must lie {side} the threshold {self.threshold:g}")
        return self


class _RuleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rule: Annotated[list[_RuleEntry], Field(max_length=2000)]


@dataclass(frozen=True, slots=True)
class Level:
    """A signal above or below a threshold."""

    signal: str
    threshold: float
    above: bool

    def beyond(self, value: float, level: float | None = None) -> bool | None:
        """Whether the value is beyond the level (the threshold unless given); None when the value is unknown."""
        if math.isnan(value):
            return None
        edge = self.threshold if level is None else level
        return value > edge if self.above else value < edge


@dataclass(frozen=True, slots=True)
class Rule:
    """One threshold rule."""

    concern: Concern
    level: Level
    clear: float
    guards: tuple[Level, ...]

    def judge(self, window: Window) -> Finding | None:
        """The finding as of the window; None when the condition does not hold."""
        guarded = [guard.beyond(window.value(guard.signal)) for guard in self.guards]
        if False in guarded:
            return None
        value = window.value(self.level.signal)
        if None in guarded or math.isnan(value):
            return Finding(self.concern, Verdict.UNKNOWN, {self.level.signal: None if math.isnan(value) else value})
        if self.level.beyond(value):
            return Finding(self.concern, Verdict.HOLDS, {self.level.signal: value}, self._facts(value))
        if self.level.beyond(value, self.clear):
            return Finding(self.concern, Verdict.LINGERS, {self.level.signal: value})
        return None

    def _facts(self, value: float) -> dict[str, str]:
        known = catalogue.info(self.level.signal)
        unit = known.unit if known else ""
        return {
            "value": f"{value:.4g}",
            "threshold": f"{self.level.threshold:.4g}",
            "unit": "°C" if unit == "Celsius" else unit,
        }


class RuleDetector:
    """Judges every rule of the files it was given."""

    name = "rules"
    smoothings: Sequence[Smoothing] = ()

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self.paths = {level.signal for rule in self.rules for level in (rule.level, *rule.guards)}

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of the window, in the order of the rules."""
        return [finding for rule in self.rules if (finding := rule.judge(window))]

    def unheard(self, paths: Collection[str]) -> list[str]:
        """A line for each rule that can never fire here, because the vehicle's databases lack its signal."""
        return [
            f"rule {rule.concern.rule} cannot fire: no database gives {level.signal}"
            for rule in self.rules
            for level in (rule.level, *rule.guards)
            if level.signal not in paths
        ]


def load_rules(files: Sequence[Path]) -> RuleDetector:
    """Read rule files.

    Raises:
        ConfigError: a file is missing, is not TOML, a rule is wrong, or two rules share a name.
    """
    rules: list[Rule] = []
    owner: dict[str, Path] = {}
    for file in files:
        for entry in read_toml(_RuleFile, file, what="rules", see="edge/README.md, rules").rule:
            if entry.name in owner:
                raise ConfigError(
                    f"the name is taken by a rule in {owner[entry.name]}",
                    file=file,
                    place=f"rule {entry.name}",
                    remedy="Names are the identity of alerts: give it another",
                )
            owner[entry.name] = file
            rules.append(_rule(entry))
    return RuleDetector(rules)


def _rule(entry: _RuleEntry) -> Rule:
    return Rule(
        concern=Concern(
            rule=entry.name,
            component=entry.component,
            severity=entry.severity,
            action=entry.action,
            summary=entry.summary,
            advice=entry.advice,
            driver=entry.driver,
            for_ns=parse_duration(entry.hold),
        ),
        level=_level(entry),
        clear=entry.threshold if entry.clear is None else entry.clear,
        guards=tuple(_level(guard) for guard in entry.when),
    )


def _level(entry: _Level) -> Level:
    return Level(entry.signal, entry.threshold, above=entry.above is not None)
