"""Detector and Finding: what a judge is asked, and what it may answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from edge.history import Smoothing, Window
from edge.spans import Wants


class Verdict(StrEnum):
    """How a condition stands at one tick. A condition that does not hold is no finding at all."""

    HOLDS = "holds"
    LINGERS = "lingers"
    """Beyond the clear level, not beyond the threshold: keeps an alert alive, does not begin one."""
    UNKNOWN = "unknown"
    """What it needs is missing or stale: neither begins an alert nor ends one."""


@dataclass(frozen=True, slots=True)
class Step:
    """How an alert gets worse: what it is from then on."""

    severity: str
    action: str
    after_ns: int | None = None
    """It has fired for so long; None: a finding says so."""
    driver: str = ""
    """What the cab says then; empty: nothing."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What a detector watches for: everything about its alerts that does not change from tick to tick."""

    rule: str
    component: str
    severity: str
    """info, warning, critical."""
    action: str
    """stop_now, nearest_workshop, finish_shift, next_service, watch."""
    summary: str
    """May hold {value}, {threshold} and {unit}, filled in when the alert begins."""
    advice: str
    driver: str = ""
    """What the cab says; empty: nothing."""
    for_ns: int = 0
    """How long the condition must hold before the alert begins."""
    keep_firing_ns: int = 0
    """How long the alert goes on after the condition was last known to hold or linger."""
    cooldown_ns: int = 0
    """How long after its end it does not begin again."""
    inhibits: tuple[str, ...] = ()
    """Rules whose alerts are not told while this one fires."""
    steps: tuple[Step, ...] = ()
    """Each worse than the one before."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A detector saw its condition hold, linger, or be undecidable as of a tick."""

    concern: Concern
    verdict: Verdict
    values: Mapping[str, float | None] = field(default_factory=dict)
    """The signals that decided, by path; None is unknown."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What fills the braces of the concern's texts; read at the same tick or never."""
    step: int = 0
    """How many of the concern's steps it has reached by what was measured."""
    span_ns: int = 0
    """How far back it looked: the longest window that decided, 0 for the latest values alone."""


class Detector(Protocol):
    """Looks at history, says what it found. Knows nothing of who listens."""

    name: str

    @property
    def smoothings(self) -> Sequence[Smoothing]:
        """The smoothed signals that `judge` asks the window for."""

    @property
    def wants(self) -> Wants:
        """What `judge` asks of samples over time."""

    @property
    def paths(self) -> Collection[str]:
        """Signals whose rows are kept, because `judge` asks for their series."""

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of `window.until`; the same window always gives the same findings.

        Raises:
            ModelError: the detector cannot go on; the daemon switches it off and says so.
        """
