"""The daemon as it runs, but for the socket of its buses, and with a stop-watch behind its judgement.

python -m tests.bench.children.daemon CONFIG OUT   (until SIGINT; writes what it saw)
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import edge.cli
import edge.run
from edge.bus import socketcan
from edge.config import Config, load_config
from edge.frames import FrameBatch
from edge.grid import Cells
from edge.hot import Early, HotWatch
from edge.judgement import Judgement, Outcome
from edge.outbox import Outbox
from edge.prepare import Prepared, prepare
from tests.udp_kernel import UdpKernel

SETTLING: Final = 20
"""Cells at the beginning that are not measured."""


class Timed(Judgement):
    """Remembers for each cell how long after its end it was judged."""

    late_ms: list[float]
    found_at: list[int]
    first_finding_cpu_s: float | None

    @classmethod
    def of(cls, judgement: Judgement) -> "Timed":
        """The same judgement, timed."""
        timed = cls.__new__(cls)
        timed.__dict__.update(judgement.__dict__)
        timed.late_ms = []
        timed.found_at = []
        timed.first_finding_cpu_s = None
        return timed

    def advance(self, cells: Cells) -> Iterator[Outcome]:
        for outcome in super().advance(cells):
            if outcome.alerts:
                self.found_at.append(time.monotonic_ns())
                self.first_finding_cpu_s = self.first_finding_cpu_s or time.process_time()
            yield outcome
        now_ns = time.time_ns()
        self.late_ms.extend((now_ns - end) / 1e6 for end in cells.ends)


class TimedWatch(HotWatch):
    """Remembers how long after each frame it was looked at."""

    looked_ms: list[float]

    @classmethod
    def of(cls, watch: HotWatch) -> "TimedWatch":
        """The same watch, timed."""
        timed = cls.__new__(cls)
        timed.__dict__.update(watch.__dict__)
        timed.looked_ms = []
        return timed

    def look(self, frames: FrameBatch, *given: Any) -> list[Early]:
        found = super().look(frames, *given)
        now_ns = time.time_ns()
        self.looked_ms += [(now_ns - at) / 1e6 for at in frames.time.tolist()]
        return found


def main() -> None:
    """Run until told to stop, then write what was seen."""
    made: list[Timed] = []
    watches: list[TimedWatch] = []
    durable_ms: list[float] = []
    put = Outbox.put

    def timed_put(*arguments: Any, **named: Any) -> int:
        number = put(*arguments, **named)
        now_ns = time.monotonic_ns()
        durable_ms.extend((now_ns - found_at) / 1e6 for found_at in made[0].found_at)
        made[0].found_at.clear()
        return number

    def timed(config: Config, *, keeps: bool = False) -> Prepared:
        prepared = prepare(config, keeps=keeps)
        made.append(Timed.of(prepared.judgement))
        watches.append(TimedWatch.of(prepared.hot))
        return replace(prepared, judgement=made[0], hot=watches[0])

    vars(socketcan)["KernelCan"] = UdpKernel
    vars(edge.run)["prepare"] = timed
    Outbox.put = timed_put  # type: ignore[method-assign]
    report = edge.run.run(load_config(Path(sys.argv[1])))
    seen = {
        "report": json.loads(report.as_json()),
        "late_ms": made[0].late_ms[SETTLING:],
        "durable_ms": durable_ms,
        "looked_ms": watches[0].looked_ms,
        "first_finding_cpu_s": made[0].first_finding_cpu_s,
        "modules": sorted(sys.modules),
    }
    Path(sys.argv[2]).write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
