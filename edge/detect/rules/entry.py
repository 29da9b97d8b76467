"""The fields of a rule, checked one by one; what they mean together is checked when it is compiled."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from edge.detect.finding import Concern, Step
from edge.detect.rules.spoken import Spoken
from edge.detect.rules.syntax import TEXT_MAX, parse_duration
from edge.wire.messages import Action, Label, Severity
from edge.wire.messages import Text as Told

RuleName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=TEXT_MAX)]
STEPS_MAX: Final = 5
INHIBITS_MAX: Final = 50
SEVERITIES: Final = tuple(Severity)
"""From the mildest to the worst."""
ACTIONS: Final = tuple(reversed(Action))
"""From the least to the most urgent."""


def _is_duration(text: str) -> str:
    parse_duration(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class StepEntry(_Part):
    """How the alert gets worse."""

    expr: Expression | None = None
    after: str | None = None
    severity: Severity
    action: Action
    driver: Spoken = ""

    @field_validator("after")
    @classmethod
    def _is_duration(cls, text: str | None) -> str | None:
        return None if text is None else _is_duration(text)

    @model_validator(mode="after")
    def _one_reason(self) -> Self:
        if (self.expr is None) == (self.after is None):
            raise ValueError("give one of expr and after")
        return self


class RuleEntry(_Part):
    """One rule as its author wrote it."""

    alert: RuleName
    expr: Expression
    hold: str = Field(default="0s", alias="for")
    keep_firing_for: str = "0s"
    clear: Expression | None = None
    """The alert ends only when this holds; absent: as soon as `expr` does not."""
    cooldown: str = "0s"
    component: Label
    severity: Severity
    action: Action
    summary: Told
    advice: Told = ""
    driver: Spoken = ""
    inhibits: Annotated[list[RuleName], Field(max_length=INHIBITS_MAX)] = []
    steps: Annotated[list[StepEntry], Field(max_length=STEPS_MAX)] = []
    reason: Told = ""
    """Where its numbers come from; for people."""

    @field_validator("hold", "keep_firing_for", "cooldown")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        return _is_duration(text)

    @model_validator(mode="after")
    def _gets_worse(self) -> Self:
        severity, action = self.severity, self.action
        for step in self.steps:
            if SEVERITIES.index(step.severity) < SEVERITIES.index(severity):
                raise ValueError(f"a step from {severity} to {step.severity} is none to the worse")
            if ACTIONS.index(step.action) < ACTIONS.index(action):
                raise ValueError(f"a step from {action} to {step.action} is none to the worse")
            if (step.severity, step.action) == (severity, action):
                raise ValueError(f"a step from {severity}, {action} to the same is none")
            severity, action = step.severity, step.action
        if self.alert in self.inhibits:
            raise ValueError("a rule cannot inhibit itself")
        return self

    @property
    def spoken(self) -> "list[Spoken]":
        """What the cab says when it begins, and at each step."""
        return [self.driver, *(one.driver for one in self.steps)]

    def concern(self, summary: str, advice: str, driver: str, *step_drivers: str) -> Concern:
        """What its alerts have in common; texts with numbered braces, at last what the cab says at each step."""
        steps = [
            Step(one.severity, one.action, None if one.after is None else parse_duration(one.after), said)
            for one, said in zip(self.steps, step_drivers, strict=True)
        ]
        return Concern(
            rule=self.alert,
            component=self.component,
            severity=self.severity,
            action=self.action,
            summary=summary,
            advice=advice,
            driver=driver,
            for_ns=parse_duration(self.hold),
            keep_firing_ns=parse_duration(self.keep_firing_for),
            cooldown_ns=parse_duration(self.cooldown),
            inhibits=tuple(self.inhibits),
            steps=tuple(steps),
        )
