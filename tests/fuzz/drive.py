"""One target in a process of its own: guided by the branches that its inputs reach, where atheris is, else by chance.

`python -m tests.fuzz.drive TARGET --inputs N --seconds S --seed N --out DIR [--chance]` writes `<out>/<target>.json`.
"""

import argparse
import importlib
import logging
import os
import resource
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

SEEDS: Final = Path(__file__).parent / "seeds"
GUIDING: Final = ("edge.decode", "edge.bus", "edge.toml_file", "edge.wire", "tomllib")
"""Modules whose branches guide."""
MEMORY_BYTES: Final = 4 << 30
"""An input that wants more fails with MemoryError."""
NO_LIMIT: Final = 0
NO_TIMEOUT_S: Final = 3_600  # for libFuzzer 0 would be none at all


def guide() -> Any:
    """atheris, with everything that guides imported under its eyes; None: it cannot be had here."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        return None
    with atheris.instrument_imports(include=list(GUIDING)):
        importlib.import_module("tests.fuzz.targets")
    return atheris


def run(arguments: Sequence[str]) -> int:
    """Try inputs until the end; 1: one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.drive")
    parser.add_argument("target")
    parser.add_argument("--inputs", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--chance", action="store_true", help="unguided: memory is that of the target alone")
    given = parser.parse_args(arguments)
    atheris = None if given.chance else guide()
    from tests.fuzz.targets import TARGETS  # noqa: PLC0415  # only now, under the eyes of the guide
    from tests.fuzz.watch import Watch  # noqa: PLC0415  # as above

    target = TARGETS[given.target]
    logging.disable()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "Importing from 'canmatrix", DeprecationWarning)  # as in pyproject.toml
    if target.needs:
        importlib.import_module(target.needs)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    watch = Watch(given.target, target, given.out, inputs=given.inputs, seconds=given.seconds)

    def take(content: bytes) -> None:
        watch.take(content)
        if watch.is_over:
            report = watch.report()
            report.write(given.out / f"{given.target}.json")
            sys.stderr.flush()
            os._exit(1 if report.failed else 0)  # libFuzzer would go on

    seeds, corpus = SEEDS / given.target, given.out / "corpus" / given.target
    corpus.mkdir(parents=True, exist_ok=True)
    if atheris is None:
        by_chance(take, [seeds, corpus], target.bytes_max, given.seed)
    else:
        options = [
            f"-max_len={target.bytes_max}",
            f"-seed={given.seed}",
            f"-artifact_prefix={given.out}/{given.target}-",
        ]
        options += [f"-timeout={NO_TIMEOUT_S}", f"-rss_limit_mb={NO_LIMIT}"]
        atheris.Setup([sys.argv[0], *options, str(corpus), *([str(seeds)] if seeds.is_dir() else [])], take)
        atheris.Fuzz()
    return 0


def by_chance(take: Callable[[bytes], None], seeds: Sequence[Path], bytes_max: int, seed: int) -> None:
    """Inputs of folders, then those with bytes changed, lost, added and joined, without an end."""
    dice = Random(seed)  # nosec B311  # for no secret
    known = [file.read_bytes() for folder in seeds for file in sorted(folder.glob("*"))] or [b""]
    for content in known:
        take(content)
    while True:
        take(_changed(dice, known)[:bytes_max])


def _changed(dice: Random, known: Sequence[bytes]) -> bytes:
    content = bytearray(dice.choice(known) if dice.randrange(8) else dice.randbytes(dice.randrange(200)))
    for _ in range(1 + dice.randrange(4)):
        at, kind = dice.randrange(len(content) + 1), dice.randrange(5)
        if kind == 0:
            content[at : at + 1] = dice.randbytes(1)
        elif kind == 1:
            content[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif kind == 2:
            del content[at : at + dice.randrange(1, 9)]
        elif kind == 3:
            content[at:] = dice.choice(known)[dice.randrange(20) :]
        elif at < len(content):
            content[at] ^= 1 << dice.randrange(8)
    return bytes(content)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
