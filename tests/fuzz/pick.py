"""Seeds picked from many inputs: the smallest ones that together reach every line as often as any of them does.

`python -m tests.fuzz.pick TARGET [FOLDER…] [--chance N] [--keep FILE…]`: from the seeds that there are, the inputs in
folders (`build/fuzz/corpus/TARGET`) and N by chance. Inputs that once failed are given with `--keep`: they always stay.
"""

import argparse
import hashlib
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final

from tests.fuzz.drive import SEEDS
from tests.fuzz.targets import TARGETS, Target
from tests.shared import ROOT

Step = tuple[str, int, int]
"""From a line to a line of a file."""
Reached = set[tuple[Step, int]]
"""Steps with how often: once, twice, up to four times, up to eight, …"""
LOOKED_AT: Final = tuple(str(ROOT / "edge" / room) for room in ("decode", "bus", "toml_file", "wire"))
ONCE_FAILED: Final = "failed-"


def steps(target: Target, content: bytes) -> Reached:
    """What an input reaches; nothing, when it fails: those are kept by hand, once they are mended."""
    found: Counter[Step] = Counter()

    def called(frame: FrameType, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(LOOKED_AT):
            return None
        file, last = frame.f_code.co_filename, 0

        def lined(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal last
            if event == "line":
                found[file, last, frame.f_lineno] += 1
                last = frame.f_lineno
            return lined

        return lined

    sys.settrace(called)
    try:
        target.check(content)
    except Exception:  # noqa: BLE001  # whatever it is, it is told elsewhere
        found.clear()
    finally:
        sys.settrace(None)
    return {(step, (count - 1).bit_length()) for step, count in found.items()}


def picked(target: Target, inputs: Sequence[bytes]) -> list[bytes]:
    """The small ones first, each that reaches something new; then without those that others make needless."""
    reached: dict[bytes, Reached] = {}
    all_of_it: Reached = set()
    for content in sorted(set(inputs), key=lambda one: (len(one), one)):
        found = steps(target, content)
        if not found <= all_of_it:
            reached[content] = found
            all_of_it |= found
    for content in list(reached):
        others = set().union(*(found for other, found in reached.items() if other != content))
        if reached[content] <= others:
            del reached[content]
    return list(reached)


def main(argv: Sequence[str]) -> int:
    """As the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.pick")
    parser.add_argument("target", choices=list(TARGETS))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--chance", type=int, default=0)
    parser.add_argument("--keep", type=Path, nargs="*", default=[])
    given = parser.parse_args(argv)
    logging.disable()
    target, dice = TARGETS[given.target], Random(1)  # nosec B311  # for no secret
    seeds = SEEDS / given.target
    seeds.mkdir(parents=True, exist_ok=True)
    inputs = [file.read_bytes() for folder in [seeds, *given.folders] for file in folder.iterdir()]
    inputs += [dice.randbytes(dice.randrange(target.bytes_max)) for _ in range(given.chance)]
    wanted = {hashlib.sha256(one).hexdigest()[:12]: one for one in picked(target, inputs)}
    wanted |= {ONCE_FAILED + hashlib.sha256(one).hexdigest()[:12]: one for one in map(Path.read_bytes, given.keep)}
    for file in seeds.iterdir():
        if file.name not in wanted and not file.name.startswith(ONCE_FAILED):
            file.unlink()
    for name, content in wanted.items():
        (seeds / name).write_bytes(content)
    sizes = [file.stat().st_size for file in seeds.iterdir()]
    print(f"{given.target}: {len(sizes)} seeds of {sum(sizes):,} bytes, of {len(inputs):,} inputs")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
