"""Report: false alarms with their bounds, detection minus chance, delay; each detector beside the dumb ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.evaluation import poisson_upper
from models.sensors.injections import FaultKind
from models.sensors.judging import Heard

Bools = npt.NDArray[np.bool_]

QUIET_S = 600
"""An alert is over after so long without an alarm; the next one is another alert."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault and what came of it."""

    channel: int
    kind: FaultKind
    size: float
    found: bool
    by_chance: bool
    """The healthy drive had an alarm of the channel in the same stretch."""
    delay_s: float
    """NaN where it was not found."""
    seed: int
    is_first: bool
    """No other channel alarmed before it, or none at all."""


@dataclass(slots=True)
class Score:
    """Of one detector over many drives."""

    seconds: int = 0
    alerts: list[int] = field(default_factory=list)
    """Channel of each false alert."""
    trials: list[Trial] = field(default_factory=list)

    def add(self, heard: Heard, *, within_s: int, is_first_time: bool) -> None:
        """One drive; its healthy hours count once, however many faults are tried on it."""
        if is_first_time:
            self.seconds += len(heard.healthy)
            for channel in range(heard.healthy.shape[1]):
                self.alerts += [channel] * alerts_in(heard.healthy[:, channel])
        for fault, alarms in heard.faulty:
            stretch = slice(fault.onset_s, fault.onset_s + within_s + 1)
            mine, healthy = alarms[stretch, fault.channel], heard.healthy[stretch, fault.channel]
            new = alarms[stretch] & ~heard.healthy[stretch]
            others = np.delete(new, fault.channel, axis=1).any(axis=1)
            delay = float(np.argmax(mine)) if mine.any() else float("nan")
            first_other = float(np.argmax(others)) if others.any() else float("inf")
            self.trials.append(
                Trial(
                    channel=fault.channel,
                    kind=fault.kind,
                    size=fault.size,
                    found=bool(mine.any()),
                    by_chance=bool(healthy.any()),
                    delay_s=delay,
                    seed=fault.seed,
                    is_first=delay <= first_other,
                )
            )

    @property
    def hours(self) -> float:
        """Of healthy driving."""
        return self.seconds / 3600.0

    @property
    def per_hour(self) -> float:
        """False alerts."""
        return len(self.alerts) / self.hours

    @property
    def at_most(self) -> float:
        """False alerts an hour, exact Poisson bound at 95 % (one-sided)."""
        return poisson_upper(len(self.alerts)) / self.hours

    def detected(self, trials: Iterable[Trial] | None = None) -> float:
        """Share that was found, minus the share in which a healthy drive alarmed as well."""
        of = list(self.trials if trials is None else trials)
        return float(np.mean([one.found for one in of]) - np.mean([one.by_chance for one in of]))


def alerts_in(alarms: Bools) -> int:
    """How many alerts (seconds,) alarms make."""
    at = np.flatnonzero(alarms)
    return 0 if not len(at) else 1 + int((np.diff(at) > QUIET_S).sum())


def table(scores: dict[str, Score]) -> str:
    """One row for each detector."""
    head = (
        "| detector | false alerts | hours | per hour | at most (95 %) | found | by chance | detection | right channel "
        "first | delay p50 / p90 |\n|" + " --- |" * 10
    )
    return "\n".join([head, *(_row(name, score) for name, score in scores.items())])


def _row(name: str, score: Score) -> str:
    found = [one for one in score.trials if one.found]
    delays = [one.delay_s for one in found]
    delay = "{:.0f} / {:.0f} s".format(*np.quantile(delays, (0.5, 0.9))) if delays else "-"
    first = f"{np.mean([one.is_first for one in found]):.0%}" if found else "-"
    cells = [
        name,
        str(len(score.alerts)),
        f"{score.hours:.1f}",
        f"{score.per_hour:.3f}",
        f"{score.at_most:.3f}",
        f"{np.mean([one.found for one in score.trials]):.1%}",
        f"{np.mean([one.by_chance for one in score.trials]):.1%}",
        f"{score.detected():.1%}",
        first,
        delay,
    ]
    return "| " + " | ".join(cells) + " |"


def by_kind(score: Score, channels: Sequence[str]) -> str:
    """What is found of each channel, kind and size, in percent; sizes from small to large."""
    kinds = list(FaultKind)
    head = f"| channel | {' | '.join(kinds)} |\n|{' --- |' * (len(kinds) + 1)}"
    rows = []
    for number, name in enumerate(channels):
        mine = [one for one in score.trials if one.channel == number]
        cells = [_sizes([one for one in mine if one.kind is kind]) for kind in kinds]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([head, *rows])


def by_seed(score: Score) -> str:
    """How far apart the seeds are."""
    seeds = sorted({one.seed for one in score.trials})
    found = [score.detected([one for one in score.trials if one.seed == seed]) for seed in seeds]
    return f"By seed of the injections: {min(found):.1%} to {max(found):.1%} ({len(seeds)} seeds)."


def _sizes(trials: Sequence[Trial]) -> str:
    sizes = sorted({one.size for one in trials})
    return " / ".join(f"{100 * np.mean([one.found for one in trials if one.size == size]):.0f}" for size in sizes)
