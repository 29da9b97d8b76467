"""Added: what models found that rules did not, or later, and what that cost in false alerts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from tests.study.rules.fits import NEVER_STRANDS
from tests.study.rules.scenario_lives import Lived
from tests.study.rules.scenario_table import delay_s, lead_s, quantile, said, short

HEAD: Final = (
    "| vehicle | fault | lives | rules | models | both | models alone | models first | delay: rules | models "
    "| together | failed | lead: rules | together | channels | models wrong | before onset | driven h |\n"
    + "|---" * 18
    + "|"
)
CONTROL_HEAD: Final = (
    "| vehicle | control | lives | driven h | alerts: rules | models | by channel |\n" + "|---" * 7 + "|"
)


def rows(lives: Iterable[Lived]) -> list[dict[str, Any]]:
    """A row for each scenario on each vehicle with models; times in seconds of the fault's own time, medians."""
    groups: defaultdict[tuple[str, str], list[Lived]] = defaultdict(list)
    for life in lives:
        if life.models and not life.is_cut:
            groups[life.vehicle, life.scenario].append(life)
    return [_control(group) if group[0].is_control else _fault(group) for group in groups.values()]


def _fault(lives: Sequence[Lived]) -> dict[str, Any]:
    pairs = [(life.said_by(models=False), life.said_by(models=True)) for life in lives]
    failed = [place for place, life in enumerate(lives) if life.failed_s is not None]
    return {
        "vehicle": lives[0].vehicle,
        "scenario": lives[0].scenario,
        "control": False,
        "lives": len(lives),
        "driven_h": sum(life.driven_s for life in lives) / 3600,
        "rules": sum(rules.found is not None for rules, _ in pairs),
        "models": sum(models.found is not None for _, models in pairs),
        "both": sum(rules.found is not None and models.found is not None for rules, models in pairs),
        "models_alone": sum(rules.found is None and models.found is not None for rules, models in pairs),
        "models_first": sum(_is_first(rules, models) for rules, models in pairs),
        "delay_rules_s": _delay([rules for rules, _ in pairs]),
        "delay_models_s": _delay([models for _, models in pairs]),
        "delay_s": _delay(lives),
        "failed": len(failed),
        "lead_rules_s": quantile([lead_s(pairs[place][0]) for place in failed], 0.5),
        "lead_s": quantile([lead_s(lives[place]) for place in failed], 0.5),
        "channels": dict(Counter(one.found.channel for _, one in pairs if one.found is not None).most_common()),
        "wrong": _summed(models.wrong for _, models in pairs),
        "early": _summed(Counter(one.rule for one in models.early) for _, models in pairs),
    }


def _is_first(rules: Lived, models: Lived) -> bool:
    """Both found it, models sooner."""
    if rules.found is None or models.found is None:
        return False
    return models.found.at_s < rules.found.at_s


def _delay(lives: Sequence[Lived]) -> float | None:
    return quantile([delay_s(life) for life in lives if life.found is not None], 0.5)


def _summed(counts: Iterable[Any]) -> dict[str, int]:
    whole = Counter[str]()
    for one in counts:
        whole.update(one)
    return dict(whole.most_common())


def _control(lives: Sequence[Lived]) -> dict[str, Any]:
    began = [one for life in lives for one in life.told if not one.is_worse]
    return {
        "vehicle": lives[0].vehicle,
        "scenario": lives[0].scenario,
        "control": True,
        "lives": len(lives),
        "driven_h": sum(life.driven_s for life in lives) / 3600,
        "rules": sum(not one.model for one in began),
        "models": sum(bool(one.model) for one in began),
        "wrong": dict(Counter(one.rule for one in began if one.model).most_common()),
    }


def table(found: Sequence[dict[str, Any]]) -> str:
    """For people."""
    faults = [_line(row, _fault_cells(row)) for row in found if not row["control"]]
    controls = [_line(row, _control_cells(row)) for row in found if row["control"]]
    parts = ["\n".join([HEAD, *faults])] if faults else []
    parts += ["\n".join([CONTROL_HEAD, *controls])] if controls else []
    return "\n\n".join(parts)


def _line(row: dict[str, Any], cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, [row['vehicle'], row['scenario'], *cells]))} |"


def _fault_cells(row: dict[str, Any]) -> list[object]:
    counts = [row[name] for name in ("lives", "rules", "models", "both", "models_alone", "models_first")]
    delays = [said(row[name], short) for name in ("delay_rules_s", "delay_models_s", "delay_s")]
    leads = [said(row[name], short) for name in ("lead_rules_s", "lead_s")]
    others = [_counts(row[name]) for name in ("channels", "wrong", "early")]
    return [*counts, *delays, row["failed"], *leads, *others, f"{row['driven_h']:.1f}"]


def _control_cells(row: dict[str, Any]) -> list[object]:
    return [row["lives"], f"{row['driven_h']:.1f}", row["rules"], row["models"], _counts(row["wrong"])]


def _counts(rules: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules.items())


def is_in_time(life: Lived) -> bool:
    """Found before the vehicle could not be driven any more."""
    return life.found is not None and (life.failed_s is None or life.found.at_s < life.failed_s)


def detection(lives: Iterable[Lived]) -> float | None:
    """Share found in time of what strands, each scenario of each vehicle weighing the same; None: none was lived."""
    groups: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
    for life in lives:
        if not (life.is_cut or life.is_control or life.scenario in NEVER_STRANDS):
            groups[life.vehicle, life.scenario].append(is_in_time(life))
    shares = [sum(group) / len(group) for group in groups.values()]
    return sum(shares) / len(shares) if shares else None
