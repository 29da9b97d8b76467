"""`make bench [ONLY=name]`: runs the benchmarks, prints a table and writes build/bench.json."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.bench.answers import ask_models
from tests.bench.blocks import put_in_blocks
from tests.bench.decode import read_and_decode
from tests.bench.frames import decode_frames
from tests.bench.receive import receive_frames
from tests.bench.rows import Benchmark, Row
from tests.bench.scheduling import book
from tests.bench.simulator import live
from tests.bench.start import open_databases
from tests.bench.whole import whole_daemon

BENCHMARKS: Final[Mapping[str, Benchmark]] = {
    "decode": read_and_decode,
    "frames": decode_frames,
    "blocks": put_in_blocks,
    "receive": receive_frames,
    "start": open_databases,
    "daemon": whole_daemon,
    "models": ask_models,
    "scheduling": book,
    "simulator": live,
}
"""By the name that ONLY= takes, in the order in which they run."""


def run(
    argv: Sequence[str], benchmarks: Mapping[str, Benchmark] = BENCHMARKS, out: Path = Path("build/bench.json")
) -> int:
    """Run all benchmarks or the one named; 2 when there is none of that name."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", metavar="NAME")
    only: str | None = parser.parse_args(argv).only
    if only is not None and only not in benchmarks:
        print(f"no benchmark is called {only}; there are: {', '.join(benchmarks) or 'none yet'}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    for name, benchmark in benchmarks.items():
        if only in (None, name):
            for row in benchmark():
                print(row.line(), flush=True)
                rows.append(row)
    if not rows:
        print("no benchmarks yet")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
