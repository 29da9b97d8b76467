"""`make fuzz`: each target in a process of its own, two at a time; a table of how they were; 1 when one failed."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from typing import Final

from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import Report

OUT: Final = Path("build/fuzz")
INPUTS: Final = 1_030_000
"""Of all targets together."""
SECONDS: Final = 720.0
"""Of one target at most."""
GUIDED: Final = 0.4
"""Of the inputs, and of the time."""
GRACE_S: Final = 120.0
"""Beyond that a process is held for hanging."""
GROWTH_MB: Final = 16.0
"""From when it was warm. Not looked at where a target is guided: atheris keeps some bytes for each comparison."""
MEMORY: Final = Path("/dev/shm")  # nosec B108  # a folder of a random name in it
COVERAGE: Final = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(frozen=True, slots=True)
class Ran:
    """A target's run as it is told."""

    report: Report
    coverage: str = "?"
    """Branches that were reached; "?": nobody counted them."""
    problem: str = ""

    @property
    def row(self) -> str:
        """A line of the table."""
        one = self.report
        rate = one.inputs / one.processor_s if one.processor_s else 0.0
        growth = one.end_mb - one.begin_mb
        return (
            f"{one.target:<14} {one.inputs:>9,} {rate:>9,.0f} {1000 * one.slowest_s:>9,.0f} {one.begin_mb:>8.0f} "
            f"{one.end_mb:>7.0f} {growth:>+7.0f} {one.peak_mb:>7.0f} {self.coverage:>9}  {self.problem or 'nothing'}"
        )


HEAD: Final = (
    f"{'target':<14} {'inputs':>9} {'inputs/s':>9} {'slowest':>9} {'begin':>8} {'end':>7} {'growth':>7} {'peak':>7} "
    f"{'branches':>9}\n{'':<24} {'of CPU':>9} {'ms':>9} {'MB':>8} {'MB':>7} {'MB':>7} {'MB':>7}"
)


def judged(ran: Ran) -> Ran:
    """With what is wrong with it, if anything is."""
    if ran.problem:
        return ran
    if ran.report.failed:
        ways = len(ran.report.failures)
        return replace(ran, problem=f"{ran.report.failed:,} fail, in {ways} way{'s' if ways > 1 else ''}")
    growth = ran.report.end_mb - ran.report.begin_mb
    return replace(ran, problem=f"grows by {growth:.0f} MB") if growth > GROWTH_MB else ran


def run_one(name: str, inputs: int, seconds: float, seed: int) -> Ran:
    """Run one target: guided, then by chance from what the guide found, where memory is that of the target alone."""
    guided = _run(name, round(inputs * GUIDED), seconds * GUIDED, seed)
    if guided.problem:
        return guided
    found = COVERAGE.findall((OUT / f"{name}.log").read_text(errors="replace"))
    rest = _run(name, inputs - guided.report.inputs, seconds * (1 - GUIDED), seed, "--chance")
    both = rest.report.after(guided.report)
    return judged(Ran(both, f"{int(found[-1][0]):,}" if found else "?", rest.problem))


def _run(name: str, inputs: int, seconds: float, seed: int, *more: str) -> Ran:
    told = OUT / f"{name}.json"
    told.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.drive", name, f"--inputs={inputs}", f"--seconds={seconds}"]
    command += [f"--seed={seed}", f"--out={OUT}", *more]
    log = OUT / f"{name}{''.join(more)}.log"
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as scratch, log.open("wb") as output:
        environ = {**os.environ, "SCRATCH": scratch}
        try:
            status = subprocess.run(
                command, env=environ, stdout=output, stderr=output, timeout=seconds + GRACE_S, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return Ran(Report(name), problem=f"hangs: see {log}")
    if not told.exists():
        return Ran(Report(name), problem=f"ended with status {status} and said nothing: see {log}")
    return Ran(Report.read(told))


def run_all(targets: Sequence[tuple[str, Target]], *, inputs: int, seconds: float, seed: int) -> list[Ran]:
    """Run all of them, two at a time, and say of each how it was."""
    OUT.mkdir(parents=True, exist_ok=True)
    share = sum(target.share for _, target in targets)

    def run(one: tuple[str, Target]) -> Ran:
        ran = run_one(one[0], -(-inputs * one[1].share // share), seconds, seed)
        print(ran.row, flush=True)
        return ran

    with ThreadPoolExecutor(2) as both:
        return list(both.map(run, targets))


def conclusion(rans: Sequence[Ran]) -> str:
    """How many inputs there were, what is wrong, and how to see it again."""
    problems = [ran for ran in rans if ran.problem]
    total = sum(ran.report.inputs for ran in rans)
    lines = [f"{total:,} inputs in all; {len(problems)} of {len(rans)} targets failed"]
    for ran in problems:
        lines.append(f"  {ran.report.target}: {ran.problem}")
        lines += [f"    again: {sys.executable} -m tests.fuzz --replay {file}" for file in ran.report.failures]
    return "\n".join(lines)


def replay(files: Sequence[Path]) -> int:
    """Try kept inputs once more, in this process; 1: one still fails."""
    status = 0
    for file in files:
        name = next((name for name in TARGETS if file.name.startswith(name) or file.parent.name == name), None)
        if name is None:
            print(f"{file}: no target is called so; there are: {', '.join(TARGETS)}", file=sys.stderr)
            return 2
        try:
            TARGETS[name].check(file.read_bytes())
        except Exception:  # noqa: BLE001  # whatever it is, it is what was asked for
            print(f"{file}: fails\n{traceback.format_exc()}")
            status = 1
        else:
            print(f"{file}: passes")
    return status


def main(argv: Sequence[str]) -> int:
    """As the arguments say."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--only", metavar="TARGET", choices=list(TARGETS))
    parser.add_argument("--inputs", type=int, default=INPUTS, help="of all targets together")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of one target at most")
    parser.add_argument("--seed", type=int, default=1 + SystemRandom().randrange(2**31 - 2))
    parser.add_argument("--replay", type=Path, nargs="+", metavar="FILE")
    given = parser.parse_args(argv)
    if given.replay:
        return replay(given.replay)
    targets = [(name, target) for name, target in TARGETS.items() if given.only in {None, name}]
    print(f"seed {given.seed}\n{HEAD}", flush=True)
    rans = run_all(targets, inputs=given.inputs, seconds=given.seconds, seed=given.seed)
    print(conclusion(rans))
    return 1 if any(ran.problem for ran in rans) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
