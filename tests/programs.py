"""Our programs as a person starts them: from the environment that runs the tests."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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


def run(
    name: str,
    *arguments: str | Path,
    timeout_s: float = 180.0,
    env: Mapping[str, str] | None = None,
    typed: str = "",
) -> Ended:
    """Run a program to its end; `typed` is all that it reads."""
    done = subprocess.run(
        [program(name), *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        env={**environ, **(env or {})},
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@contextmanager
def listening(*options: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """`telltale-edge run` with these options, once it has opened its buses and knows what a signal means."""
    child = subprocess.Popen(
        [program("telltale-edge"), "--log", "info", "run", *map(str, options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stderr is not None
        for line in child.stderr:
            if "listening" in line:
                break
        yield child
    finally:
        child.kill()
        child.communicate()
