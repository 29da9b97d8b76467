"""How good the search for causes over a fleet is: `python -m tests.study.root_cause [--nothing N] [--planted N]`.

Each fleet lives a year by chance (root_cause_fleets.py) and is looked at once, as the cloud's services would gather it
(a test compares). Where something is planted: is it found, and do the intervals hold the truth? Where nothing is
planted: how often is anything claimed? Beside it two that are simpler: the cohort with the highest raw rate, and every
cohort whose own tail is 5 % or less, without a correction. Last, one small fleet whose vehicles the simulator drives.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.rca.cohort import Period
from cloud.rca.exact import Interval, binomial_interval
from cloud.rca.scan import CLAIM_MIN, LEVEL, Look, Stands, Tested, look_at
from tests.study.root_cause_fleets import LARGE, SMALL, TARGETS, Plant, Planted, members_of, observed
from tests.study.root_cause_simulated import simulated
from tests.unit.cloud.fleets import BEGIN, YEAR_D, day

README: Final = Path("cloud/rca/README.md")
NOTHING: Final = 600
PLANTED: Final = 100
"""Fleets of each kind, strength and size."""
STRENGTHS: Final = ((3.0, SMALL), (6.0, SMALL), (2.0, LARGE), (3.0, LARGE))
"""How many times, and in how large a fleet."""
PERIOD: Final = Period(BEGIN, day(YEAR_D + 1.0))
FIRST_SEED: Final = 1000
"""Seeds below were for building."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one fleet."""

    plant: Plant
    vehicles: int
    incidents: int
    tried: int
    claims: int
    found: bool
    """What was planted is claimed, and not explained away."""
    stands: str
    """How the claim of what was planted stands; "" where there is none."""
    wrong: int
    """Claims of something else that are said to stand alone."""
    ratio: float | None
    """Of what was planted, as measured."""
    holds: bool | None
    """Whether its 95 % interval holds the truth; None: nothing was planted, or there is no interval."""
    holds_all: bool | None
    """The same of the wider one of a claim."""
    highest_right: bool | None
    """Whether the cohort of the highest raw rate is the planted one."""
    highest_claims: bool
    """Whether there is one at all."""
    uncorrected: int
    """Claims without a correction."""
    uncorrected_right: bool | None


def looked_at(plant: Plant) -> Outcome:
    """One fleet: lived, written down, looked at."""
    members = members_of(plant)
    failed = [failure.component for member in members for failure in member.failures]
    look = look_at(observed(members), sorted(set(failed)), PERIOD)
    target = TARGETS.get(plant.planted)
    mine = [one for one in look.tested if target is not None and one.cohort.key == target]
    claim = next((one for one in look.claims if one.tested.cohort.key == target), None)
    interval = mine[0].interval if mine else None
    plain = [
        one for one in look.tested if one.p is not None and one.p <= LEVEL and one.cohort.inside.events >= CLAIM_MIN
    ]
    highest = _highest(look)
    return Outcome(
        plant=plant,
        vehicles=len(members),
        incidents=len(failed),
        tried=look.tried,
        claims=len(look.claims),
        found=claim is not None and claim.stands is not Stands.EXPLAINED,
        stands="" if claim is None else claim.stands,
        wrong=sum(one.stands is Stands.ALONE and one.tested.cohort.key != target for one in look.claims),
        ratio=mine[0].cohort.ratio if mine else None,
        holds=None if interval is None else _holds(interval, plant.times),
        holds_all=None if claim is None else _holds(claim.interval_all, plant.times),
        highest_right=None if target is None else highest is not None and highest.cohort.key == target,
        highest_claims=highest is not None,
        uncorrected=len(plain),
        uncorrected_right=None if target is None else target in {one.cohort.key for one in plain},
    )


def report(outcomes: Sequence[Outcome]) -> str:
    """The figures, as they stand in the README."""
    none = [one for one in outcomes if one.plant.planted is Planted.NOTHING]
    planted = [one for one in outcomes if one.plant.planted is not Planted.NOTHING]
    kinds = list(dict.fromkeys(_kind(one) for one in planted))
    counts = (_mean([one.incidents for one in none]), _mean([one.tried for one in none])) if none else (0.0, 0.0)
    head = ["planted", "fleets", "found", "stands alone", "another claimed alone", "ratio, middle"]
    head += [
        "95 % interval holds the truth",
        "the wide one of claims",
        "no correction: found",
        "highest raw rate: right",
    ]
    lines = [
        f"{len(outcomes)} fleets, a year each, seeds from {outcomes[0].plant.seed} on. Where nothing is planted",
        f"there are in the mean {counts[0]:.0f} incidents, and {counts[1]:.0f} cohorts are tried.",
        "",
        "| nothing planted | fleets in which something is claimed | of |",
        "|---|---|---|",
        _share("**this search**", [one.claims > 0 for one in none]),
        _share("no correction, 5 % each", [one.uncorrected > 0 for one in none]),
        _share("the highest raw rate", [one.highest_claims for one in none]),
        "",
        f"| {' | '.join(head)} |",
        "|---" * len(head) + "|",
        *(_row([one for one in planted if _kind(one) == kind]) for kind in kinds),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and write the table where all was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nothing", type=int, default=NOTHING)
    parser.add_argument("--planted", type=int, default=PLANTED)
    parser.add_argument("--seed", type=int, default=FIRST_SEED)
    parser.add_argument("--without-simulator", action="store_true", help="only the fleets by chance")
    wanted = parser.parse_args(arguments)
    jobs = [Plant(Planted.NOTHING, 1.0, wanted.seed + n) for n in range(wanted.nothing)]
    jobs += [
        Plant(planted, times, wanted.seed + n, sizes)
        for planted in TARGETS
        for times, sizes in STRENGTHS
        for n in range(wanted.planted)
    ]
    begun = time.monotonic()
    outcomes = []
    with ProcessPoolExecutor(2) as pool:
        for outcome in pool.map(looked_at, jobs):
            outcomes.append(outcome)
            print(len(outcomes), outcome, file=sys.stderr, flush=True)
    text = report(outcomes)
    if not wanted.without_simulator:
        text = f"{text}\n\n{simulated()}"
    print(text)
    print(f"{(time.monotonic() - begun) / 60:.0f} min", file=sys.stderr)
    if (wanted.nothing, wanted.planted, wanted.seed, wanted.without_simulator) == (NOTHING, PLANTED, FIRST_SEED, False):
        write(text)
    return 0


def write(text: str) -> None:
    """Between the marks of the room's README."""
    begin, end = "<!-- measured by tests/study: root cause -->", "<!-- measured by tests/study: end of root cause -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def _highest(look: Look) -> Tested | None:
    """The cohort with the highest raw rate, whatever its size."""
    had = [one for one in look.tested if one.cohort.inside.events and one.cohort.inside.exposure > 0.0]
    return max(had, key=lambda one: one.cohort.inside.events / one.cohort.inside.exposure, default=None)


def _row(rows: Sequence[Outcome]) -> str:
    plant = rows[0].plant
    ratios = sorted(one.ratio for one in rows if one.ratio is not None)
    holds = [one.holds for one in rows if one.holds is not None]
    holds_all = [one.holds_all for one in rows if one.holds_all is not None]
    cells = [
        f"{plant.planted.replace('_', ' ')}, {plant.times:g} times, of {_size(plant.sizes)}",
        str(len(rows)),
        _of([one.found for one in rows]),
        _of([one.stands == Stands.ALONE for one in rows]),
        _of([one.wrong > 0 for one in rows]),
        f"{ratios[len(ratios) // 2]:.1f}" if ratios else "-",
        _of(holds),
        _of(holds_all),
        _of([bool(one.uncorrected_right) for one in rows]),
        _of([bool(one.highest_right) for one in rows]),
    ]
    return f"| {' | '.join(cells)} |"


def _kind(one: Outcome) -> tuple[Planted, float, range]:
    return one.plant.planted, one.plant.times, one.plant.sizes


def _size(sizes: range) -> str:
    return f"{sizes[0]} vehicles" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} vehicles"


def _share(title: str, hits: Sequence[bool]) -> str:
    if not hits:
        return f"| {title} | - | 0 |"
    bound = binomial_interval(sum(hits), len(hits))
    high = 1.0 if bound.high is None else min(1.0, bound.high)
    return f"| {title} | {sum(hits)} ({sum(hits) / len(hits):.1%}; {bound.low:.1%} to {high:.1%}) | {len(hits)} |"


def _of(hits: Sequence[bool]) -> str:
    return f"{sum(hits)} of {len(hits)}" if hits else "-"


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth and (interval.high is None or truth <= interval.high)


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


if __name__ == "__main__":
    raise SystemExit(main())
