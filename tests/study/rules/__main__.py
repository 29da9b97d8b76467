"""What rules find, with models or without, and what they say without need: `python -m tests.study.rules scenarios`.

    python -m tests.study.rules scenarios --vehicle truck --fault air_leak --seeds 1000:1010 --rules truck.toml
    python -m tests.study.rules healthy --hours 100 --minutes 10 --out healthy.json
    python -m tests.study.rules scenarios --models build/car_sensors car=models/packages/coolant --out ill.json
    python -m tests.study.rules frames --hours 12
    python -m tests.study.rules report healthy.json more.json

*Scenarios* lives each fault and each negative control of each vehicle with the size and speed that the seed draws,
and the onset and weather too, under the rules of the vehicle's shipped profile. *Healthy* lives all cycles in all
weathers and counts what is said. *Frames* lives hours twice, as rows and as frames, and tells what differs. A driving
hour is one in which the vehicle moves; alerts count whenever they come. With --models packages judge beside the rules,
and tables tell what they add; each individual (a seed) lives its first hours once, in which such a package learns it
(commissioned.py), and what came of that is kept beside the package: few seeds for many lives cost less. *Report* of
both kinds of files also tells how often an alert is right.

Seeds below 10,000 are for tuning. Those from 50,000 on are opened once, with --final, when the packs are done, and
the tables in the README are made with them: whoever changes a rule after a look at them takes new ones.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from edge.errors import ConfigError, ModelError
from edge.simulator.simulation import faults_of
from tests.study.rules import healthy_lives, scenario_lives, twice
from tests.study.rules.kit import load_kit
from tests.study.rules.scenario_lives import VEHICLES
from tests.study.rules.seeds import check_seeds, default_seeds, parse_seeds
from tests.study.rules.telling import report, tell_healthy, tell_scenarios
from tests.study.rules.together import lived


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.study.rules", description=__doc__.partition("\n")[0])
    which = parser.add_subparsers(dest="which", required=True)
    scenarios = which.add_parser("scenarios", help="each fault and each negative control")
    scenarios.add_argument("--fault", nargs="+", default=[], metavar="F", help="these alone")
    scenarios.add_argument(
        "--faster",
        type=float,
        default=1.0,
        help="what takes days, so many times; lamps that wait for drives lag",
    )
    healthy = which.add_parser("healthy", help="all cycles in all weathers, nothing wrong")
    healthy.add_argument("--hours", type=float, default=1200.0, help="of driving (1200)")
    healthy.add_argument(
        "--each", type=float, default=healthy_lives.DRIVEN_S / 3600, metavar="H", help="of these in each life (6.1)"
    )
    healthy.add_argument("--cycles", nargs="+", default=healthy_lives.ALL_CYCLES, choices=healthy_lives.ALL_CYCLES)
    healthy.add_argument("--weathers", nargs="+", default=healthy_lives.SKIES, choices=healthy_lives.SKIES)
    healthy.add_argument(
        "--first", type=int, default=0, metavar="N", help="not the first so many: another run has them"
    )
    healthy.add_argument("--no-rules", action="store_true", help="models alone judge, in half the time")
    parts = which.add_parser("report", help="the tables of what several runs wrote with --out")
    parts.add_argument("files", nargs="+", type=Path, metavar="FILE.json")
    frames = which.add_parser("frames", help="the same lives as rows and as frames")
    frames.add_argument("--hours", type=float, default=18.0, help="so many (18: every one of its faults once)")
    for one in (scenarios, healthy):
        one.add_argument(
            "--rules", nargs="+", default=[], metavar="FILE", help="instead of the profile's; of a folder VEHICLE.toml"
        )
        one.add_argument(
            "--models", nargs="+", default=[], metavar="[VEHICLE=]DIR", help="packages that judge beside the rules"
        )
        one.add_argument("--no-codes", action="store_true", help="nobody asks for trouble codes")
        one.add_argument("--minutes", type=float, default=600.0, help="then what is done is reported (600)")
    for one in (scenarios, healthy, frames):
        one.add_argument("--vehicle", nargs="+", default=VEHICLES, choices=VEHICLES)
        one.add_argument("--seeds", type=parse_seeds, metavar="A:B")
        one.add_argument("--final", action="store_true", help="open the seeds that are opened once")
        one.add_argument("--jobs", type=int, default=2)
        one.add_argument("--out", type=Path, metavar="FILE.json", help="every life and every row")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Live, and print the tables."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    if asked.which == "report":
        return _reported(parser, asked.files)
    seeds = asked.seeds or default_seeds(10 if asked.which == "scenarios" else 1000, final=asked.final)
    files, models = ((), ()) if asked.which == "frames" else (tuple(asked.rules), tuple(asked.models))
    try:
        check_seeds(seeds, final=asked.final)
        for vehicle in asked.vehicle:
            kit = load_kit(vehicle, files, models)
            names = ", ".join(package.name for package in kit.models) or "no model"
            print(f"{vehicle}: {len(kit.rules)} rules, {names}", *kit.refused, sep="\n  ", file=sys.stderr)
        _check_faults(asked)
    except (ValueError, ConfigError, ModelError) as error:
        parser.error(str(error))
    ways = {"scenarios": _scenarios, "healthy": _healthy, "frames": _frames}
    told = ways[asked.which](asked, seeds)
    if asked.out is not None:
        asked.out.write_text(json.dumps(told, indent=1))
    return 0


def _reported(parser: argparse.ArgumentParser, files: Sequence[Path]) -> int:
    try:
        report(files)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return 0


def _check_faults(asked: argparse.Namespace) -> None:
    known = {name for vehicle in asked.vehicle for name in faults_of(vehicle)}
    if asked.which == "scenarios" and (strange := set(asked.fault) - known):
        raise ValueError(f"none of these vehicles has {', '.join(sorted(strange))}")


def _scenarios(asked: argparse.Namespace, seeds: range) -> dict[str, Any]:
    begun = time.monotonic()
    asked_for = list(
        scenario_lives.orders(
            asked.vehicle,
            asked.fault,
            seeds,
            files=tuple(asked.rules),
            asks_codes=not asked.no_codes,
            until=begun + asked.minutes * 60,
            faster=asked.faster,
            models=tuple(asked.models),
        )
    )
    lives = []
    ordered = takewhile(lambda order: time.monotonic() < order.until, asked_for)
    for life in lived(scenario_lives.live, ordered, jobs=asked.jobs):
        if life.is_cut:
            continue
        lives.append(life)
        said = "control" if life.is_control else "found" if life.found else "NOT found"
        print(f"{len(lives)}/{len(asked_for)} {life.vehicle} {life.scenario} {life.seed}: {said}", file=sys.stderr)
    told = tell_scenarios(lives)
    print(f"{len(asked_for)} lives were asked for; {_minutes(begun)}")
    return {**told, "lives": [asdict(life) for life in lives]}


def _healthy(asked: argparse.Namespace, seeds: range) -> dict[str, Any]:
    begun = time.monotonic()
    endless = healthy_lives.orders(
        asked.vehicle,
        asked.cycles,
        asked.weathers,
        seeds,
        files=tuple(asked.rules),
        asks_codes=not asked.no_codes,
        until=begun + asked.minutes * 60,
        driven_s=min(asked.each, asked.hours) * 3600,
        models=tuple(asked.models),
        by_rules=not asked.no_rules,
    )
    lives: list[healthy_lives.Lived] = []
    driven_h = 0.0
    ordered = takewhile(lambda order: time.monotonic() < order.until, islice(endless, asked.first, None))
    for life in lived(healthy_lives.live, ordered, jobs=asked.jobs):
        lives.append(life)
        driven_h += life.driven_s / 3600
        what = f"{life.vehicle} {life.cycle} {life.weather} {life.seed}"
        print(f"{driven_h:.1f} h: {what}: {', '.join(one.rule for one in life.told) or '-'}", file=sys.stderr)
        if driven_h >= asked.hours:
            break
    told = tell_healthy(lives)
    awake_s = sum(life.awake_s for life in lives)
    speed = awake_s / (time.monotonic() - begun) / asked.jobs
    print(f"{_minutes(begun)}; {speed:,.0f} awake seconds per second and process")
    return {**told, "lives": [asdict(life) for life in lives]}


def _frames(asked: argparse.Namespace, seeds: range) -> dict[str, Any]:
    begun = time.monotonic()
    return twice.tell(list(lived(twice.live, twice.orders(asked.vehicle, seeds, asked.hours), jobs=asked.jobs)), begun)


def _minutes(begun: float) -> str:
    return f"{(time.monotonic() - begun) / 60:.1f} minutes"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
