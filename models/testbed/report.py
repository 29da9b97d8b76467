"""What came out, for people, as Markdown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from edge.detect.multivariate.kind import Kind
from models.testbed.counts import NOTHING, Counts
from models.testbed.healthy import Unlabelled

DRAWS: Final = 2000
SEED: Final = 0
INTERVAL: Final = (0.05, 0.95)

ByRun = Mapping[str, Counts]


@dataclass(frozen=True, slots=True)
class Report:
    """All that was counted."""

    kind: Kind
    develop: Sequence[str]
    counted: Mapping[str, Sequence[ByRun]]
    """By contender and by its seeds."""
    unlabelled: Mapping[str, Unlabelled]
    """By contender."""
    hashes: Mapping[str, str]
    """SHA-256 of the files that decided it."""


def report_text(report: Report) -> str:
    """Judged sensors, one table for each set of runs, one line for each run, hashes."""
    runs = list(next(iter(report.counted.values()))[0])
    others = [run for run in runs if run not in report.develop]
    lines = [*_kind_lines(report.kind), "", *_unlabelled_table(report.unlabelled)]
    sets = {f"The {len(report.develop)} runs whose labels chose the recipe:": list(report.develop)}
    if others:
        sets |= {f"The {len(others)} other runs:": others, f"All {len(runs)} runs:": runs}
    for words, names in sets.items():
        lines += ["", words, "", *_table(report.counted, names)]
    lines += ["", *_run_table(next(iter(report.counted.values()))[0]), ""]
    lines += [f"{name}: sha256 {digest}" for name, digest in report.hashes.items()]
    return "\n".join(lines) + "\n"


def _kind_lines(kind: Kind) -> list[str]:
    told = [
        f"{name} {far:.1f}{'' if judged else ' (left out)'}"
        for name, far, judged in zip(kind.sensors, kind.straying, kind.judged, strict=True)
    ]
    return [f"How far levels lie apart from run to run, in their spread within: {', '.join(told)}."]


def _unlabelled_table(unlabelled: Mapping[str, Unlabelled]) -> list[str]:
    head = [
        "| without labels | alarmed in second half % | in next run % | missed when shifted % |",
        "|---|---|---|---|",
    ]
    return head + [
        f"| {name} | {100 * its.second_half:.1f} | {100 * its.next_run:.1f} | {100 * its.missed:.1f} |"
        for name, its in unlabelled.items()
    ]


def _table(counted: Mapping[str, Sequence[ByRun]], names: Sequence[str]) -> list[str]:
    head = ["| contender | F1 | F1, 90 % over runs | FAR % | MAR % | F1 by seed |", "|---|---|---|---|---|---|"]
    return head + [contender_line(contender, seeded, names) for contender, seeded in counted.items()]


def contender_line(contender: str, seeded: Sequence[ByRun], names: Sequence[str]) -> str:
    """One line: pooled over the named runs, means over seeds."""
    totals = [pooled(by_run, names) for by_run in seeded]
    f1s = [total.f1 for total in totals]
    f1, far, mar = np.mean([(total.f1, 100 * total.far, 100 * total.mar) for total in totals], axis=0)
    low, high = spread_over_runs(seeded, names)
    seeds = f"{min(f1s):.3f} to {max(f1s):.3f}" if len(f1s) > 1 else "-"
    return f"| {contender} | {f1:.3f} | {low:.3f} to {high:.3f} | {far:.1f} | {mar:.1f} | {seeds} |"


def pooled(by_run: ByRun, names: Collection[str]) -> Counts:
    """The rows of several runs together, as the benchmark pools them."""
    return sum((by_run[name] for name in names), NOTHING)


def spread_over_runs(seeded: Sequence[ByRun], names: Sequence[str]) -> tuple[float, float]:
    """The 90 % interval of the pooled F1 with runs drawn again with replacement (Efron, Bootstrap methods, 1979)."""
    rng = np.random.default_rng(SEED)
    by_run = {name: sum((its[name] for its in seeded), NOTHING) for name in names}
    draws = [pooled(by_run, [names[at] for at in rng.integers(len(names), size=len(names))]).f1 for _ in range(DRAWS)]
    low, high = np.quantile(draws, INTERVAL)
    return float(low), float(high)


def _run_table(by_run: ByRun) -> list[str]:
    lines = ["| the watch on | F1 | FAR % | MAR % |", "|---|---|---|---|"]
    return lines + [
        f"| {name} | {its.f1:.3f} | {100 * its.far:.1f} | {100 * its.mar:.1f} |" for name, its in by_run.items()
    ]
