"""Recordings to learn from and be judged on: the simulator's drives as tables of what the sensors show.

models reaches the simulator only through `telltale-edge` and files, as anyone would with a real recording.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, get_args

from edge.errors import ConfigError
from models.recipe import Drives, Role

ROLES: tuple[Role, ...] = get_args(Role)


class Simulated(Protocol):
    """A recipe of any kind that learns from simulated drives."""

    @property
    def vehicle(self) -> str:
        """What `telltale-edge simulate --vehicle` is given."""

    @property
    def drives(self) -> Mapping[Role, Drives]:
        """By what they are for."""


@dataclass(frozen=True, slots=True)
class Job:
    """One drive to simulate."""

    role: Role
    seed: int
    minutes: float
    weather: str
    cycle: str
    fault: str | None


def rows_file(folder: Path, role: Role, seed: int) -> Path:
    """Where the rows of a drive lie."""
    return folder / f"{role}-{seed}.parquet"


def truth_file(rows: Path) -> Path:
    """The truth beside the rows of a drive."""
    return rows.with_suffix(".truth.jsonl")


def rows_files(folder: Path, recipe: Simulated, role: Role) -> list[Path]:
    """The rows of every drive of a role.

    Raises:
        ConfigError: one of them is not there.
    """
    files = [rows_file(folder, role, seed) for seed in range(*recipe.drives[role].seeds)]
    for file in files:
        if not file.exists():
            raise ConfigError("no such recording", file=file, remedy="Make it with telltale-models drives")
    return files


def record(recipe: Simulated, folder: Path, *, roles: Sequence[Role] = ROLES, jobs: int = 1) -> int:
    """Simulate every drive of the recipe's roles into a folder; how many there were.

    Raises:
        ConfigError: `telltale-edge` is not there, or does not do it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [
        Job(
            role,
            seed,
            recipe.drives[role].minutes,
            recipe.drives[role].weather_of(seed),
            recipe.drives[role].cycle_of(seed),
            recipe.drives[role].fault_of(seed),
        )
        for role in roles
        for seed in range(*recipe.drives[role].seeds)
    ]
    with ThreadPoolExecutor(jobs, thread_name_prefix="recording") as pool:
        list(pool.map(lambda job: _record(recipe, folder, job), wanted))
    return len(wanted)


def _record(recipe: Simulated, folder: Path, job: Job) -> None:
    rows = rows_file(folder, job.role, job.seed)
    simulate = ["simulate", "--vehicle", recipe.vehicle, "--out", str(rows), "--seed", str(job.seed)]
    simulate += ["--duration", f"{job.minutes * 60:g}", "--weather", job.weather, "--cycle", job.cycle]
    if job.fault:
        simulate += ["--fault", job.fault, "--truth", str(truth_file(rows))]
    run_edge(simulate)


def run_edge(arguments: list[str]) -> None:
    """Run `telltale-edge`, the vehicle's own program.

    Raises:
        ConfigError: it cannot be run, or it says that something cannot be used.
    """
    program = Path(sys.executable).with_name("telltale-edge")
    try:
        done = subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        raise ConfigError(
            f"cannot be run: {error.strerror}", file=program, remedy="Install telltale[edge,models] in this environment"
        ) from error
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise ConfigError(f"{' '.join(arguments[:2])} failed: {said}", file=program, remedy="Mend what it says")


@dataclass(frozen=True, slots=True)
class Truth:
    """What was wrong in a recording."""

    onset_s: float
    failed_s: float | None
    """When the car could no longer be driven."""


def read_truth(rows: Path) -> Truth | None:
    """The truth beside a recording; None for a healthy drive.

    Raises:
        ConfigError: the file is not one of the simulator's truth files.
    """
    file = truth_file(rows)
    if not file.exists():
        return None
    try:
        lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        failed = [float(line["time"]) for line in lines if line["failed"]]
        return Truth(float(lines[0]["onset"]), min(failed, default=None))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise ConfigError("is not a truth file", file=file, remedy="Make the recording again") from error
