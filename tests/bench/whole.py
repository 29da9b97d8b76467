"""The whole daemon beside a bare python-can + cantools loop: the same frames at the same rates, in processes of their own.

Frames come by UDP, since few machines have CAN: a sender with its own clock says how many it sent. The daemon runs where
only the edge's packages are installed, with rules, model, outbox and a real broker; the loop decodes and keeps the latest.
"""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.bench.rows import Row
from tests.brokers import Mosquitto, free_port
from tests.shared import ROOT

PYTHON: Final = ROOT / ".venv-edge" / "bin" / "python"
RATES: Final = (2_000, 16_000, 60_000, 100_000)
SECONDS: Final = 12.0
SETTLE_S: Final = 2.0
"""At the beginning of a run, not measured."""
LOG_S: Final = 120
TICKS: Final = os.sysconf("SC_CLK_TCK")
CONFIG: Final = """
profile = "telltale-car"
[[bus]]
source = "can:{port}"
[state]
directory = "{state}"
[link]
broker = "{broker}"
[cab]
voice = "none"
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One program under one rate."""

    cpu: float
    """Seconds of processor for each second."""
    sent: int
    received: int
    lost: int
    """As its socket counted them."""
    resident_mb: float
    """Proportional set size."""
    late_ms: Sequence[float] = ()
    first_finding_cpu_s: float | None = None


def whole_daemon() -> Iterable[Row]:
    """CPU at several rates, frames lost, time from the end of a cell to its judgement, memory."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as temporary:
        folder = Path(temporary)
        log = folder / "drive.log"
        _made(log)
        with Mosquitto(_folder(folder, "broker")) as broker:
            for rate in RATES:
                ours = run_daemon(folder, log, rate, broker.url)
                theirs = run_bare(log, rate)
                yield from _rows(rate, ours, theirs)


def _rows(rate: int, ours: Seen, theirs: Seen) -> Iterator[Row]:
    name = f"daemon, {rate // 1000} k frames/s"
    peer = "bare python-can loop"
    yield Row(f"{name}: processor", 100 * ours.cpu, "% of one", peer, 100 * theirs.cpu)
    print(
        f"  sent {ours.sent:,}: received {ours.received:,} + lost {ours.lost:,}; "
        f"bare loop: sent {theirs.sent:,}: received {theirs.received:,} + lost {theirs.lost:,}"
    )
    late = np.percentile(ours.late_ms, (50, 99, 100))
    print(
        f"  cell's end to judged, ms: p50 {late[0]:.1f}, p99 {late[1]:.1f}, slowest {late[2]:.1f} of {len(ours.late_ms)}; "
        f"PSS {ours.resident_mb:.1f} MB, bare {theirs.resident_mb:.1f} MB; first finding after {ours.first_finding_cpu_s} CPU s"
    )


def run_daemon(folder: Path, log: Path, rate: int, broker: str) -> Seen:
    """The daemon under this rate."""
    port = free_port()
    config, out = folder / f"{rate}.toml", folder / f"{rate}.json"
    config.write_text(CONFIG.format(port=port, state=folder / f"state-{rate}", broker=broker))
    with _child("tests.bench.children.daemon", config, out) as child:
        _wait_bound(port)
        cpu, sent, resident = _loaded(child, log, rate, port)
    seen = json.loads(out.read_text())
    counted = next(iter(seen["report"]["sources"].values()))
    settled = seen["late_ms"][20:]
    return Seen(
        cpu,
        sent,
        counted["frames"],
        counted["socket_full"] + counted["reader_queue_full"],
        resident,
        settled,
        seen["first_finding_cpu_s"],
    )


def run_bare(log: Path, rate: int) -> Seen:
    """The loop under this rate."""
    port = free_port()
    with _child("tests.bench.children.bare_loop", ROOT / "dbc" / "telltale-car.dbc", port) as child:
        _wait_bound(port)
        cpu, sent, resident = _loaded(child, log, rate, port)
    assert child.stdout is not None
    seen = json.loads(child.stdout.read().splitlines()[-1])
    return Seen(cpu, sent, seen["received"], seen["lost"], resident)


def _loaded(child: subprocess.Popen[str], log: Path, rate: int, port: int) -> tuple[float, int, float]:
    sender = subprocess.Popen(
        [PYTHON, "-m", "tests.bench.children.sender", log, str(rate), str(SECONDS), str(port)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(SETTLE_S)
    begun, before = time.monotonic(), _cpu_s(child.pid)
    time.sleep(SECONDS - SETTLE_S - 1.0)
    cpu = (_cpu_s(child.pid) - before) / (time.monotonic() - begun)
    said = json.loads(sender.communicate(timeout=30)[0])
    time.sleep(1.0)
    return cpu, said["sent"], _pss_mb(child.pid)


@contextmanager
def _child(module: str, *arguments: Any) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen([PYTHON, "-m", module, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


def _wait_bound(port: int) -> None:
    deadline = time.monotonic() + 20
    wanted = f":{port:04X} "
    while wanted not in Path("/proc/net/udp").read_text():
        if time.monotonic() > deadline:
            raise AssertionError("the program does not listen")
        time.sleep(0.05)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no Pss")


def _made(log: Path) -> None:
    subprocess.run(
        [PYTHON.parent / "telltale-edge", "simulate", "--out", log, "--duration", str(LOG_S), "--fault", "coolant_leak@1x3000", "--warm"],
        check=True, capture_output=True,
    )  # fmt: skip


def _folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name
