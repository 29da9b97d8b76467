"""Worth: how often an alert is right, where what it warns of is as rare as on the road."""

from collections.abc import Sequence
from typing import Any, Final

from tests.study.rules import healthy_lives, scenario_lives
from tests.study.rules.added import detection
from tests.study.rules.chance import upper_bound

BASE_H: Final = 600.0
"""Driving hours for each roadside repair: American truck fleets have one in some 33,600 miles, about 610 hours."""


def precision(found: float, false_per_hour: float, base_h: float = BASE_H) -> float:
    """Share of alerts that are right: d / (d + f x H); 0 where there are none at all.

    In H driving hours one fault comes that strands, which is told of once with the probability d = `found`, and
    f x H alerts come without a fault, f = `false_per_hour` (Bayes' theorem on expected counts; an alert that tells of a
    fault twice counts once, and faults that strand nobody count as nothing).
    """
    told = found + false_per_hour * base_h
    return found / told if told > 0.0 else 0.0


def worth(ill: Sequence[scenario_lives.Lived], well: Sequence[healthy_lives.Lived]) -> list[dict[str, Any]]:
    """Rules, and where there were any, models and both together; none where a detection or an hour is missing."""
    judges: dict[str, tuple[bool, ...]] = {"rules": (False,)}
    if any(life.models for life in well):
        judges |= {"models": (True,), "rules and models": (False, True)}
    found = []
    for name, who in judges.items():
        share = detection(_heard(life, who) for life in ill)
        heard = [life for life in well if life.by_rules or False not in who]
        hours = sum(life.driven_s for life in heard) / 3600
        alerts = sum(not one.is_worse and bool(one.model) in who for life in heard for one in life.told)
        if share is not None and hours > 0.0:
            found.append(_row(name, share, alerts, hours))
    return found


def _heard(life: scenario_lives.Lived, who: Sequence[bool]) -> scenario_lives.Lived:
    return life if len(who) > 1 else life.said_by(models=who[0])


def _row(name: str, share: float, alerts: int, hours: float) -> dict[str, Any]:
    most = upper_bound(alerts, hours)
    return {
        "of": name,
        "found_in_time": share,
        "alerts": alerts,
        "driven_h": hours,
        "false_per_h": alerts / hours,
        "false_per_h_at_most": most,
        "precision": precision(share, alerts / hours),
        "precision_at_least": precision(share, most),
    }


def worth_table(found: Sequence[dict[str, Any]]) -> str:
    """For people."""
    head = (
        "| judge | found in time, of what strands | false alerts | driven h | false / h | at most (95 %) "
        f"| right, at one roadside repair in {BASE_H:g} h | at least |\n" + "|---" * 8 + "|"
    )
    return "\n".join([head, *map(_line, found)])


def _line(row: dict[str, Any]) -> str:
    cells = [
        row["of"],
        f"{row['found_in_time']:.0%}",
        row["alerts"],
        f"{row['driven_h']:.1f}",
        f"{row['false_per_h']:.4f}",
        f"{row['false_per_h_at_most']:.4f}",
        f"{row['precision']:.1%}",
        f"{row['precision_at_least']:.1%}",
    ]
    return f"| {' | '.join(map(str, cells))} |"
