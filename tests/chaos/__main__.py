"""Runs of chaos as one table.

python -m tests.chaos [--runs N] [--first SEED]
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.runs import Outcome, chaos
from tests.chaos.sides import ALERTS

WRONG = ("lost", "duplicated", "out_of_order", "unexplained", "waiting")


def main() -> int:
    """Run them, one after another; 1 where a run was not clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=1000)
    options = parser.parse_args()
    outcomes: list[Outcome] = []
    began_s = time.monotonic()
    for seed in range(options.first, options.first + options.runs):
        with TemporaryDirectory() as folder:
            outcomes.append(chaos(Path(folder) / "run", seed))
        if not outcomes[-1].is_clean:
            print(outcomes[-1], flush=True)
    blows = sum((one.blows for one in outcomes), Counter[str]())
    print(f"{len(outcomes)} runs of {ALERTS} alerts in {(time.monotonic() - began_s) / 60:.1f} minutes")
    print("| " + " | ".join(sorted(blows)) + " |\n|" + " --- |" * len(blows))
    print("| " + " | ".join(f"{blows[name]:,}" for name in sorted(blows)) + " |")
    print("\n| " + " | ".join([*WRONG, "evicted", "declared", "of these came after all"]) + " |\n|" + " --- |" * 8)
    counts = [sum(getattr(one, name) for one in outcomes) for name in (*WRONG, "evicted", "declared", "came_after_all")]
    print("| " + " | ".join(f"{count:,}" for count in counts) + " |")
    return int(not all(one.is_clean for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
