"""How good the diagnosis is: `python -m tests.study.diagnosis [--seeds 1000,1001] [VEHICLE [SCENARIO…]]`.

Each life is told by the vehicle's own code (told.py), taken in by a cloud of its own as the broker would hand it over,
and diagnosed by the cloud's service at its end. Nothing of the scenario's name gets there. Each fault is also asked
about with its own cause withheld from the knowledge base, where the right answer is "don't know".

Seeds 1 to 49 were for building; these are others. With no arguments the table goes into the room's README.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from cloud.health.inference import without
from cloud.health.knowledge import System, shipped, system_for
from cloud.health.service import HealthService, HealthSettings
from cloud.security.audit import Audit
from edge.fleet.outfit import Outfit, load_outfit
from edge.simulator.faults import FaultSpec
from edge.wire.messages import Alert, Summary, TroubleCode
from tests.study.diagnosis_runs import RUNS
from tests.study.told import Told, tell
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import Speaker

SEEDS: Final = (1000, 1001, 1002, 1003, 1004)
README: Final = Path("cloud/health/README.md")
AFTER_S: Final = 600.0
"""A life ends so long after its vehicle cannot be driven any more."""
BATCH: Final = 20
_TOLD: Final = TypeAdapter(Told)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one life."""

    vehicle: str
    scenario: str
    seed: int
    component: str
    truth: str | None
    verdict: str | None
    why: str
    ranked: tuple[str, ...]
    share: float
    """Of the likeliest."""
    prior_first: str
    """What the component's priors alone would say."""
    withheld_verdict: str | None
    withheld_why: str | None
    """None: it is the only cause of its component, or nothing is wrong."""


def lived(vehicle: str, scenario: str, seed: int) -> Told:
    """A life, and everything that was told in it."""
    run = RUNS[vehicle][scenario]
    faults = [] if scenario == "none" else [FaultSpec(scenario, run.onset_s, run.pace)]
    return tell(
        vehicle,
        faults,
        _outfit(vehicle),
        seed=seed,
        cycle=run.cycle,
        weather=run.weather,
        length_s=run.length_s,
        after_s=AFTER_S,
    )


def kept(vehicle: str, scenario: str, seed: int, folder: Path) -> Told:
    """A life that was lived before, from a file; or lived now, and put there."""
    file = folder / f"{vehicle}-{scenario}-{seed}.json"
    if file.exists():
        return _TOLD.validate_json(file.read_bytes())
    told = lived(vehicle, scenario, seed)
    file.write_bytes(_TOLD.dump_json(told))
    return told


def judged(vehicle: str, scenario: str, seed: int, folder: Path | None = None) -> Outcome:
    """One life: told, taken in, diagnosed."""
    run = RUNS[vehicle][scenario]
    told = lived(vehicle, scenario, seed) if folder is None else kept(vehicle, scenario, seed, folder)
    systems = shipped()
    system = system_for(systems, run.component)
    assert system is not None
    with open_cloud(summaries_per_vehicle=10_000) as cloud:
        speaker = Speaker("vehicle")
        take_in(cloud, speaker, told)
        found = cloud.health.diagnose(speaker.address, run.component, at=told.until)
        blind = None
        if run.truth is not None and len(found.causes) > 1:
            left = [without(one, run.truth) if one is system else one for one in systems]
            blind = _asks(cloud, left).diagnose(speaker.address, run.component, at=told.until)
    possible = {cause.id for cause in found.causes}
    likeliest = max((cause for cause in system.causes if cause.id in possible), key=lambda cause: cause.prior)
    return Outcome(
        vehicle=vehicle,
        scenario=scenario,
        seed=seed,
        component=run.component,
        truth=run.truth,
        verdict=found.verdict,
        why=str(found.why),
        ranked=tuple(cause.id for cause in found.causes),
        share=found.causes[0].probability,
        prior_first=likeliest.id,
        withheld_verdict=None if blind is None else blind.verdict,
        withheld_why=None if blind is None else str(blind.why),
    )


def take_in(cloud: Cloud, speaker: Speaker, told: Told) -> None:
    """Everything that was told, in the order in which it was, by stream."""
    seq = {True: count(1), False: count(1)}
    bodies: list[Alert | Summary | TroubleCode] = sorted([*told.alerts, *told.summaries, *told.codes], key=_moment)
    arrivals = [
        speaker.say(body, next(seq[isinstance(body, Alert)]), observed_at=_moment(body), received_at=_moment(body))
        for body in bodies
    ]
    for first in range(0, len(arrivals), BATCH):
        cloud.take(*arrivals[first : first + BATCH])


def report(outcomes: Sequence[Outcome]) -> str:
    """The figures, as they stand in the README."""
    faults = [one for one in outcomes if one.truth is not None]
    sound = [one for one in outcomes if one.truth is None]
    blind = [one for one in faults if one.withheld_why is not None]
    frequent = Counter(one.truth for one in faults).most_common(1)[0][0] if faults else None
    lines = [
        f"{len(outcomes)} lives, {len(faults)} with a fault, {_seeds(outcomes)}.",
        "",
        "| | right | of |",
        "|---|---|---|",
        _share("verdict is right (top-1)", [one.verdict == one.truth for one in faults]),
        _share("likeliest is right, sure or not", [one.ranked[:1] == (one.truth,) for one in faults]),
        _share("right among the three likeliest (top-3)", [one.truth in one.ranked[:3] for one in faults]),
        _share("wrong verdict", [one.verdict not in {None, one.truth} for one in faults]),
        _share('"don\'t know"', [one.verdict is None for one in faults]),
        _share('own cause withheld: "don\'t know"', [one.withheld_verdict is None for one in blind]),
        _share("nothing wrong, or benign: no verdict", [one.verdict is None for one in sound]),
        _share("baseline: the component's prior alone", [one.prior_first == one.truth for one in faults]),
        _share(f"baseline: always the most frequent cause ({frequent})", [one.truth == frequent for one in faults]),
        "",
        *_confusion(outcomes),
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, and write the table where all was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--lives", type=Path, help="a folder that keeps the lives: they cost most of the time")
    parser.add_argument("only", nargs="*", help="vehicles or scenarios; all when left out")
    wanted = parser.parse_args(arguments)
    seeds = [int(seed) for seed in wanted.seeds.split(",")]
    jobs = [
        (vehicle, scenario, seed)
        for seed in seeds
        for vehicle, runs in RUNS.items()
        for scenario in runs
        if not wanted.only or {vehicle, scenario} & set(wanted.only)
    ]
    begun = time.monotonic()
    outcomes = []
    with ProcessPoolExecutor(2) as pool:
        for outcome in pool.map(_job, [(*job, wanted.lives) for job in jobs]):
            outcomes.append(outcome)
            print(len(outcomes), outcome, file=sys.stderr, flush=True)
    text = report(outcomes)
    print(text)
    print(f"{(time.monotonic() - begun) / 60:.0f} min", file=sys.stderr)
    if not wanted.only and seeds == list(SEEDS):
        write(text)
    return 0


def write(text: str) -> None:
    """Between the marks of the room's README."""
    begin, end = "<!-- measured by tests/study: diagnosis -->", "<!-- measured by tests/study: end of diagnosis -->"
    before, _, rest = README.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    README.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")


def _seeds(outcomes: Sequence[Outcome]) -> str:
    seeds = [one.seed for one in outcomes]
    return f"seeds {min(seeds)} to {max(seeds)}"


def _asks(cloud: Cloud, systems: Sequence[System]) -> HealthService:
    return HealthService(
        cloud.database,
        HealthSettings(),
        knowledge=systems,
        fleet=cloud.fleet,
        alerts=cloud.alerts,
        audit=Audit(cloud.database, lambda: cloud.now),
        now=lambda: cloud.now,
    )


def _moment(body: Alert | Summary | TroubleCode) -> datetime:
    if isinstance(body, Alert):
        return body.ended_at or body.started_at
    return body.ended_at if isinstance(body, Summary) else body.seen_at


def _share(title: str, hits: Sequence[bool]) -> str:
    if not hits:
        return f"| {title} | - | 0 |"
    return f"| {title} | {sum(hits)} ({sum(hits) / len(hits):.0%}) | {len(hits)} |"


def _confusion(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A row for each scenario: what was said how often."""
    yield "| vehicle | scenario | right would be | said, how often | own cause withheld |"
    yield "|---|---|---|---|---|"
    for vehicle, scenario in dict.fromkeys((one.vehicle, one.scenario) for one in outcomes):
        rows = [one for one in outcomes if (one.vehicle, one.scenario) == (vehicle, scenario)]
        said = Counter(one.verdict or f"*{one.why}*" for one in rows)
        blind = Counter(one.withheld_verdict or "*don't know*" for one in rows if one.withheld_why is not None)
        truth = rows[0].truth or "no verdict"
        yield f"| {vehicle} | {scenario} | {truth} | {_counts(said)} | {_counts(blind) or '-'} |"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in counts.most_common())


@cache
def _outfit(vehicle: str) -> Outfit:
    return load_outfit(vehicle, cycle="mixed", weather="mild")


def _job(what: tuple[str, str, int, Path | None]) -> Outcome:
    return judged(*what)


if __name__ == "__main__":
    raise SystemExit(main())
