"""Our programs as a person starts them: from the environment that runs the tests."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from os import environ
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program left."""

    status: int
    out: str
    err: str


def program(name: str) -> str:
    """The path of one of our console scripts."""
    return str(BIN / name)


def run(name: str, *arguments: str | Path, timeout_s: float = 120.0, env: Mapping[str, str] | None = None) -> Ended:
    """Run a program to its end."""
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env={**environ, **(env or {})},
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
