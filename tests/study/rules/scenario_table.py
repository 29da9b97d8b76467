"""Scenarios, a row for each on each vehicle: found or not, how late, how long before it fails and before the lamp."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from edge.simulator.simulation import faults_of
from tests.study.plots import span
from tests.study.rules.fits import FITS, SUDDEN_S
from tests.study.rules.scenario_lives import Lived

HEAD = (
    "| vehicle | fault | pace | lives | found | by | delay: median | p90 | failed | lead: median | p10 "
    "| share of onset to failure | before the lamp | sudden: ≤ 10 s | led to | wrong | before onset |\n"
    + "|---" * 17
    + "|"
)
CONTROL_HEAD = "| vehicle | control | lives | driven h | alerts | cab interrupted | by rule |\n" + "|---" * 7 + "|"


def rows(lives: Iterable[Lived]) -> list[dict[str, Any]]:
    """What there is to say of each scenario on each vehicle; times in seconds, of the fault's own time."""
    groups: defaultdict[tuple[str, str], list[Lived]] = defaultdict(list)
    for life in lives:
        if not life.is_cut:
            groups[life.vehicle, life.scenario].append(life)
    return [_control(group) if group[0].is_control else _fault(group) for group in groups.values()]


def _fault(lives: Sequence[Lived]) -> dict[str, Any]:
    first, failed = lives[0], [life for life in lives if life.failed_s is not None]
    found = [life for life in lives if life.found is not None]
    delays = [delay_s(life) for life in found]
    ahead = [lamp for life in lives if (lamp := _before_lamp_s(life)) is not None]
    wrong, led_to, rules = Counter[str](), Counter[str](), Counter[str]()
    for life in lives:
        wrong.update(life.wrong)
        led_to.update(life.led_to)
        if life.found is not None:
            rules[life.found.rule] += 1
    return {
        "vehicle": first.vehicle,
        "scenario": first.scenario,
        "control": False,
        "pace": first.pace,
        "lives": len(lives),
        "found": len(found),
        "rules": dict(rules.most_common()),
        "delay_median_s": quantile(delays, 0.5),
        "delay_p90_s": quantile(delays, 0.9),
        "failed": len(failed),
        "lead_median_s": quantile([lead_s(life) for life in failed], 0.5),
        "lead_p10_s": quantile([lead_s(life) for life in failed], 0.1),
        "lead_share_median": quantile([lead_share(life) for life in failed], 0.5),
        "lamps": sum(life.lamp_s is not None for life in lives),
        "before_lamp_median_s": quantile(ahead, 0.5),
        "before_lamp": sum(lead > 0.0 for lead in ahead),
        "sudden": sum(life.is_sudden for life in lives),
        "in_time": sum(_in_use_delay_s(life) <= SUDDEN_S for life in found if life.is_sudden),
        "led_to": dict(led_to.most_common()),
        "wrong": dict(wrong.most_common()),
        "early": dict(Counter(one.rule for life in lives for one in life.early)),
    }


def lead_s(life: Lived) -> float:
    """How long before its failure it was found, in the fault's own time; 0: too late or never."""
    if life.found is None or life.failed_s is None:
        return 0.0
    return max(life.failed_s - life.found.at_s, 0.0) * life.pace


def lead_share(life: Lived) -> float:
    """The same as a share of the time from onset to failure."""
    return 0.0 if life.failed_s is None else lead_s(life) / max((life.failed_s - life.onset_s) * life.pace, 1.0)


def delay_s(life: Lived) -> float:
    """How long after its onset it was found, in the fault's own time; of a life in which it was found."""
    assert life.found is not None
    return (life.found.at_s - life.onset_s) * life.pace


def _in_use_delay_s(life: Lived) -> int:
    """Seconds in use from the onset to the alert: nothing is found while the vehicle sleeps."""
    assert life.found is not None
    return life.found.in_use_s - life.onset_in_use_s


def _before_lamp_s(life: Lived) -> float | None:
    """How long the alert was ahead of the maker's own lamp, negative behind it; None: one of them never came."""
    if life.found is None or life.lamp_s is None:
        return None
    return (life.lamp_s - life.found.at_s) * life.pace


def _control(lives: Sequence[Lived]) -> dict[str, Any]:
    told = [one for life in lives for one in life.told]
    return {
        "vehicle": lives[0].vehicle,
        "scenario": lives[0].scenario,
        "control": True,
        "lives": len(lives),
        "driven_h": sum(life.driven_s for life in lives) / 3600,
        "in_use_h": sum(life.in_use_s for life in lives) / 3600,
        "alerts": sum(not one.is_worse for one in told),
        "interruptions": sum(one.interrupts for one in told),
        "wrong": dict(Counter(one.rule for one in told if not one.is_worse).most_common()),
    }


def quantile(numbers: Sequence[float], share: float) -> float | None:
    """Of numbers, if there are any."""
    return float(np.quantile(numbers, share)) if numbers else None


def table(found: Sequence[dict[str, Any]]) -> str:
    """Both tables, for people."""
    faults = [_fault_line(row) for row in found if not row["control"]]
    controls = [_control_line(row) for row in found if row["control"]]
    parts = ["\n".join([HEAD, *faults])] if faults else []
    parts += ["\n".join([CONTROL_HEAD, *controls])] if controls else []
    return "\n\n".join(parts)


def _fault_line(row: dict[str, Any]) -> str:
    share = row["lead_share_median"]
    lamp = said(row["before_lamp_median_s"], _signed)
    cells = [
        row["vehicle"],
        row["scenario"],
        f"{row['pace']:g}",
        row["lives"],
        row["found"],
        _counts(row["rules"]),
        said(row["delay_median_s"], short),
        said(row["delay_p90_s"], short),
        row["failed"],
        said(row["lead_median_s"], short),
        said(row["lead_p10_s"], short),
        "-" if share is None else f"{share:.0%}",
        f"{lamp} ({row['lamps']} lit)" if row["lamps"] else "no lamp",
        f"{row['in_time']}/{row['sudden']}" if row["sudden"] else "",
        _counts(row["led_to"]),
        _counts(row["wrong"]),
        _counts(row["early"]),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def _control_line(row: dict[str, Any]) -> str:
    cells = [
        row["vehicle"],
        row["scenario"],
        row["lives"],
        f"{row['driven_h']:.1f}",
        row["alerts"],
        row["interruptions"],
        _counts(row["wrong"]),
    ]
    return f"| {' | '.join(map(str, cells))} |"


def short(seconds: float) -> str:
    """A time as people say it, to the second where it is short."""
    return f"{seconds:.0f} s" if seconds < 600.0 else span(seconds)


def _signed(seconds: float) -> str:
    return f"{'-' if seconds < 0 else ''}{short(abs(seconds))}"


def said(number: float | None, say: Callable[[float], str]) -> str:
    """A number for people; a dash where there is none."""
    return "-" if number is None else say(number)


def _counts(rules: dict[str, int]) -> str:
    return ", ".join(f"{rule} {count}" for rule, count in rules.items())


def without_components(vehicle: str) -> list[str]:
    """Faults of a vehicle that no alert would count for."""
    return [name for name, fault in faults_of(vehicle).items() if not fault.control and name not in FITS]
