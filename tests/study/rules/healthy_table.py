"""Healthy driving: what was said without need, for how many hours, and how sure that makes of the rate."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from tests.study.rules.chance import upper_bound
from tests.study.rules.healthy_lives import Lived

FLEET_AIM: Final = 0.0025
"""Alerts per driving hour."""
CAB_AIM: Final = 0.001
"""Interruptions of the driver per driving hour."""
HEAD: Final = (
    "| healthy | lives | driven h | in use h | info | warning | critical | alerts / h | at most (95 %) "
    "| cab spoke | interrupted | interrupted / h | at most (95 %) | lamps |\n" + "|---" * 14 + "|"
)


def summed(name: str, lives: Sequence[Lived]) -> dict[str, Any]:
    """One row: of all alerts, and of those that break in on the driver."""
    told = [one for life in lives for one in life.told]
    began = [one for one in told if not one.is_worse]
    severities = Counter(str(one.severity) for one in began)
    hours = sum(life.driven_s for life in lives) / 3600
    interruptions = sum(one.interrupts for one in told)
    return {
        "of": name,
        "lives": len(lives),
        "driven_h": hours,
        "in_use_h": sum(life.in_use_s for life in lives) / 3600,
        "awake_h": sum(life.awake_s for life in lives) / 3600,
        "info": severities["info"],
        "warning": severities["warning"],
        "critical": severities["critical"],
        "worse": len(told) - len(began),
        "alerts": len(began),
        "alerts_per_h": len(began) / hours if hours else None,
        "alerts_per_h_at_most": upper_bound(len(began), hours) if hours else None,
        "spoken": sum(one.spoken for one in told),
        "interruptions": interruptions,
        "interruptions_per_h": interruptions / hours if hours else None,
        "interruptions_per_h_at_most": upper_bound(interruptions, hours) if hours else None,
        "lamps": sum(life.lamp_s is not None for life in lives),
    }


def rows(lives: Iterable[Lived]) -> list[dict[str, Any]]:
    """All together, then by vehicle, cycle and weather."""
    lives = list(lives)
    found = [summed("all", lives)]
    ways: tuple[Callable[[Lived], str], ...] = (
        lambda life: life.vehicle,
        lambda life: life.cycle,
        lambda life: life.weather,
    )
    for way in ways:
        groups: defaultdict[str, list[Lived]] = defaultdict(list)
        for life in lives:
            groups[way(life)].append(life)
        found += [summed(name, groups[name]) for name in sorted(groups)]
    return found


def by_rule(lives: Iterable[Lived]) -> list[dict[str, Any]]:
    """Each rule that spoke: how often, and where to look at it again."""
    counts, worst = Counter[tuple[str, str]](), dict[tuple[str, str], dict[str, Any]]()
    for life in lives:
        for one in life.told:
            if not one.is_worse:
                key = (life.vehicle, one.rule)
                counts[key] += 1
                worst.setdefault(
                    key,
                    {
                        "severity": str(one.severity),
                        "cycle": life.cycle,
                        "weather": life.weather,
                        "seed": life.seed,
                        "at_s": one.at_s,
                        "text": one.text,
                    },
                )
    return [{"vehicle": key[0], "rule": key[1], "alerts": count, **worst[key]} for key, count in counts.most_common()]


def table(found: Sequence[dict[str, Any]], rules: Sequence[dict[str, Any]]) -> str:
    """For people."""
    lines = [HEAD, *map(_line, found)]
    if rules:
        lines += [
            "",
            "| vehicle | rule | severity | alerts | first: cycle, weather, seed, second | text |",
            "|---" * 6 + "|",
        ]
        lines += [
            f"| {one['vehicle']} | {one['rule']} | {one['severity']} | {one['alerts']} "
            f"| {one['cycle']}, {one['weather']}, {one['seed']}, {one['at_s']:.0f} | {one['text']} |"
            for one in rules
        ]
    return "\n".join(lines)


def verdict(whole: dict[str, Any]) -> str:
    """Whether the aims are met, by the count and by what it proves."""
    return "\n".join(
        f"{name}: {_rate(whole[key])} per driving hour, at most {_rate(whole[f'{key}_at_most'])} (95 %); aim {aim:g}"
        for name, key, aim in (
            ("fleet alerts", "alerts_per_h", FLEET_AIM),
            ("cab interruptions", "interruptions_per_h", CAB_AIM),
        )
    )


def _line(row: dict[str, Any]) -> str:
    cells = [
        row["of"],
        row["lives"],
        f"{row['driven_h']:.1f}",
        f"{row['in_use_h']:.1f}",
        row["info"],
        row["warning"],
        row["critical"],
        _rate(row["alerts_per_h"]),
        _rate(row["alerts_per_h_at_most"]),
        row["spoken"],
        row["interruptions"],
        _rate(row["interruptions_per_h"]),
        _rate(row["interruptions_per_h_at_most"]),
        row["lamps"],
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _rate(number: float | None) -> str:
    return "-" if number is None else f"{number:.4f}"
