"""What a book knows of an alert that fires: how long it has, how long its condition is gone, what was told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.alerts.alert import Alert
from edge.alerts.damping import SETTLE_NS
from edge.detect.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fires, told or not."""

    alert: Alert
    facts: Mapping[str, str]
    """What fills the braces of the words for the driver: as of its beginning or its last step."""
    fired_ns: int = 0
    """How long it has fired, without what was unknown or not judged."""
    gone_ns: int = 0
    """How long its condition is known to be gone; does not run while it is unknown or not judged."""
    told: int | None = None
    """Up to which step it was told; None: it was not."""

    @property
    def is_over(self) -> bool:
        """Whether its condition has been gone for long enough."""
        keep_ns = self.alert.concern.keep_firing_ns
        return self.gone_ns >= (max(keep_ns, SETTLE_NS) if self.alert.flapping else keep_ns)

    def gone(self, span_ns: int) -> "Firing":
        """As of a tick that judged `span_ns`, at which its condition is known not to hold."""
        return replace(self, fired_ns=self.fired_ns + span_ns, gone_ns=self.gone_ns + span_ns)

    def seen(self, finding: Finding, span_ns: int) -> "Firing":
        """As of a tick that judged `span_ns`, at which its condition holds, lingers or is unknown."""
        if finding.verdict is Verdict.UNKNOWN:
            return self
        firing = replace(self, fired_ns=self.fired_ns + span_ns, gone_ns=0)
        step = max(finding.step, _step_by_time(firing))
        return _worse(firing, finding, step) if step > self.alert.step else firing

    def said(self) -> tuple["Firing", Alert]:
        """After it was told, or told to be worse; and the alert as it is told."""
        steps = self.alert.concern.steps[self.told or 0 : self.alert.step]
        words = next((step.driver for step in reversed(steps) if step.driver), "")
        if self.told is None:
            words = words or self.alert.concern.driver
        driver = filled(words, self.facts) if words else self.alert.driver
        alert = replace(self.alert, driver=driver, is_worse=self.told is not None, quiet=not words)
        return replace(self, alert=alert, told=alert.step), alert


def filled(text: str, facts: Mapping[str, str]) -> str:
    """A text with its braces filled; what is not known is `?`, because no alert may fail for its words."""
    return text.format_map(_Facts(facts))


def _step_by_time(firing: Firing) -> int:
    steps = enumerate(firing.alert.concern.steps, 1)
    due = [number for number, step in steps if step.after_ns is not None and firing.fired_ns >= step.after_ns]
    return max(due, default=0)


def _worse(firing: Firing, finding: Finding, step: int) -> Firing:
    """With the values of now; the texts too, where this tick tells what fills them."""
    concern, facts = firing.alert.concern, dict(finding.facts or firing.facts)
    alert = replace(
        firing.alert,
        step=min(step, len(concern.steps)),
        values=dict(finding.values),
        summary=filled(concern.summary, facts) if finding.facts else firing.alert.summary,
        advice=filled(concern.advice, facts) if finding.facts else firing.alert.advice,
    )
    return replace(firing, alert=alert, facts=facts)


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"
