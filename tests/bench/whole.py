"""The whole daemon beside a bare python-can + cantools loop: the same frames at the same rates, in their own processes.

Frames come by UDP, since few machines have CAN: a sender with its own clock says how many it sent. The daemon runs
where only the edge's packages are installed, with rules, a model, outbox and a real broker; the loop decodes every
frame and keeps the latest of each signal, no more. What has no peer stands beside its budget.
"""

import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from tests.bench.rows import Row, Work
from tests.brokers import Mosquitto, free_port
from tests.integration.link.acker import Acker
from tests.shared import ROOT

PYTHON: Final = ROOT / ".venv-edge" / "bin" / "python"
DBC: Final = ROOT / "dbc" / "telltale-car.dbc"
RATES: Final = (2_000, 16_000, 60_000, 100_000)
SECONDS: Final = 12.0
SETTLE_S: Final = 2.0
"""At the beginning of a run, not measured."""
REST_S: Final = 1.0
"""At its end."""
PATIENCE_S: Final = 30.0
POLL_S: Final = 0.05
LOG_S: Final = 120
"""Of the drive whose frames go round."""
LATE_MS, DURABLE_MS, LOOKED_MS = 25.0, 25.0, 5.0
"""Budgets: a cell's end to its judgement, a finding to its alert on the disk, a hot frame to its verdict."""
TIMES: Final = (
    ("late_ms", "cell's end to judged", LATE_MS),
    ("durable_ms", "found to disk", DURABLE_MS),
)
LOOKED: Final = ("looked_ms", "hot frame to verdict", LOOKED_MS)
RESIDENT_MB: Final = {True: 100.0, False: 60.0}
FIRST_FINDING_S: Final = {True: 0.8, False: 0.5}
"""By whether there is a model."""
FOREIGN: Final = frozenset({"can", "cantools", "asammdf", "pandas", "sqlite_utils", "obd"})
"""What a running daemon has no need to import."""
CONFIG: Final = """
[[bus]]
source = "can:{port}"
dbc = ["{dbc}"]
[detect]
rules = ["car", "{rules}"]
models = [{models}]
[state]
directory = "{state}"
[link]
broker = "{broker}"
[cab]
voice = "none"
"""
RULE: Final = """
[[rule]]
alert = "{name}"
expr = "{signal} > {limit}"
component = "engine"
severity = "info"
action = "watch"
summary = "{{value}}"
"""


HOT: Final = """
[[rule]]
alert = "boils"
expr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 140"
component = "cooling"
severity = "critical"
action = "stop_now"
summary = "{value}"
driver = "Stop."
"""
"""Looked at as it comes, and never so."""
MANY: Final = 1_000
FIVE: Final = 5
MODELS: Final = {0: ", no model", 1: "", FIVE: f", {FIVE} models"}
MODELS_MB: Final = 40.0
"""All models of a car together."""
SHIPPED: Final = ROOT / "models" / "packages" / "coolant"
NEVER: Final = (
    "{one} > 1e6 and {other} < 5",
    "avg_over_time({one}[30s]) > 1e6 and {other} > 0",
    "{one} * 2 > 1e6 or rate({other}[60s]) > 1e6",
    "duration({one} > 1e6) > 10 unless unknown({other})",
)
SPOKEN_OF: Final = tuple(
    f"Vehicle.{name}"
    for name in (
        "Speed", "Powertrain.CombustionEngine.Speed", "Powertrain.CombustionEngine.EngineCoolant.Temperature",
        "LowVoltageBattery.CurrentVoltage", "OBD.EngineLoad", "OBD.IntakeTemp", "Chassis.Brake.PedalPosition",
        "Powertrain.CombustionEngine.MAP", "Powertrain.CombustionEngine.TPS", "Exterior.AirTemperature",
    )
)  # fmt: skip


def _never(number: int) -> str:
    one, other = SPOKEN_OF[number % len(SPOKEN_OF)], SPOKEN_OF[(number // len(SPOKEN_OF) + 1) % len(SPOKEN_OF)]
    expr = NEVER[number % len(NEVER)].format(one=one, other=other)
    return (
        f'[[rule]]\nalert = "never_{number}"\nexpr = "{expr}"\nfor = "{number % 3}s"\n'
        'component = "none"\nseverity = "info"\naction = "watch"\nsummary = "{value}"\n'
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """One program under one rate."""

    cpu: float
    """Seconds of processor for each second."""
    sent: int
    received: int
    lost: int
    """As its own socket or ring counted them."""
    resident_mb: float
    """Proportional set size at the end."""
    details: Mapping[str, Any]


def whole_daemon() -> Iterable[Row]:
    """Processor time at several rates, frames lost, time to judgement and to the disk, memory, start."""
    with tempfile.TemporaryDirectory(prefix="telltale-bench-") as temporary:
        folder = Path(temporary)
        bench = _Bench(folder)
        with Mosquitto(_made(folder / "broker")) as broker, Acker(broker.port):
            for rate in RATES:
                ours = bench.daemon(rate, broker.url, models=1)
                yield from _beside(rate, ours, "recv", bench.bare(rate, "recv"))
                if rate == RATES[1]:
                    yield from _beside(rate, ours, "Notifier", bench.bare(rate, "notifier"))
                yield from _budgets(rate, ours, models=1)
            plain = bench.daemon(RATES[1], broker.url, models=0)
            yield from _budgets(RATES[1], plain, models=0)
            five = bench.daemon(RATES[1], broker.url, models=FIVE)
            yield from _budgets(RATES[1], five, models=FIVE)
            name = f"daemon, {RATES[1] // 1000} k frames/s, {FIVE} models"
            yield Row(
                f"{name}: processor", 100 * five.cpu, "% of one", "without", 100 * plain.cpu, _work(five), _work(plain)
            )
            more_mb = five.resident_mb - plain.resident_mb
            yield Row(f"{name}: resident beyond none", more_mb, "MB", "budget", MODELS_MB)
            hot = bench.daemon(RATES[1], broker.url, models=0, more_rules=HOT)
            name = f"daemon, {RATES[1] // 1000} k frames/s, a hot rule"
            yield Row(
                f"{name}: processor", 100 * hot.cpu, "% of one", "without", 100 * plain.cpu, _work(hot), _work(plain)
            )
            yield from _times(name, hot, LOOKED)
            never = "".join(map(_never, range(MANY)))
            many = bench.daemon(RATES[1], broker.url, models=0, more_rules=never)
            name = f"daemon, {RATES[1] // 1000} k frames/s, {MANY:,} more rules: processor"
            yield Row(name, 100 * many.cpu, "% of one", "without them", 100 * plain.cpu, _work(many), _work(plain))


def _beside(rate: int, ours: Seen, how: str, theirs: Seen) -> Iterator[Row]:
    name = f"daemon, {rate // 1000} k frames/s"
    peer = f"bare loop, {how}"
    yield Row(f"{name}: processor", 100 * ours.cpu, "% of one", peer, 100 * theirs.cpu, _work(ours), _work(theirs))
    lost, their_lost = (100 * one.lost / one.sent for one in (ours, theirs))
    if their_lost:
        yield Row(f"{name}: lost", lost, "%", peer, their_lost, _work(ours), _work(theirs))
    for one in (ours, theirs):
        if one.received + one.lost != one.sent:
            raise AssertionError(f"sent {one.sent:,} is not received {one.received:,} + lost {one.lost:,}")


def _work(seen: Seen) -> Work:
    return Work(seen.received, 0, 0.0)


def _budgets(rate: int, seen: Seen, *, models: int) -> Iterator[Row]:
    name = f"daemon, {rate // 1000} k frames/s{MODELS[models]}"
    for one in TIMES:
        yield from _times(name, seen, one)
    yield Row(f"{name}: resident", seen.resident_mb, "MB", "budget", RESIDENT_MB[models > 0])
    first_s = seen.details["first_finding_cpu_s"]
    yield Row(f"{name}: first finding, processor", first_s, "s", "budget", FIRST_FINDING_S[models > 0])


def _times(name: str, seen: Seen, which: tuple[str, str, float]) -> Iterator[Row]:
    key, what, budget = which
    times = seen.details[key]
    for percentile in (50, 99):
        value = float(np.percentile(times, percentile))
        yield Row(f"{name}: {what}, p{percentile} of {len(times)}", value, "ms", "budget", budget)


def _another(place: Path, number: int) -> str:
    """A copy of the shipped package by a name of its own: as much work as another model."""
    folder, name = place / f"coolant_{number}", f"coolant_{number}"
    shutil.copytree(SHIPPED, folder)
    card = json.loads((folder / "card.json").read_text())
    notice = card["notice"] | {"component": name}
    (folder / "card.json").write_text(json.dumps(card | {"name": name, "notice": notice}))
    return str(folder)


class _Bench:
    """Programs and what they are fed with."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log, self._rules = folder / "drive.log", folder / "rules.toml"
        rules = [("Vehicle.Speed", "fast", 40), ("Vehicle.LowVoltageBattery.CurrentVoltage", "heard", 1)]
        self._rules.write_text("".join(RULE.format(signal=path, name=name, limit=limit) for path, name, limit in rules))
        program = str(PYTHON.parent / "telltale-edge")
        simulate = [program, "simulate", "--out", str(self._log), "--duration", str(LOG_S)]
        subprocess.run([*simulate, "--seed", "7", "--cycle", "commute"], check=True, capture_output=True)
        self._state = _made(folder / "state")
        warm = [program, "run", "--bus", f"log:{self._log}", "--dbc", str(DBC), "--speed", "max", "--state"]
        subprocess.run([*warm, str(self._state)], check=True, capture_output=True)  # the second start is the usual one

    def daemon(self, rate: int, broker: str, *, models: int, more_rules: str = "") -> Seen:
        """The daemon under this rate, with so many models; `more_rules`: none of which ever holds."""
        port = free_port()
        place = _made(self._folder / f"{rate}-{models}-{len(more_rules)}")
        rules = place / "rules.toml"
        rules.write_text(self._rules.read_text() + more_rules)
        shutil.copytree(self._state / "compiled", place / "compiled")  # it has run before, and nothing fires
        config, out = place / "edge.toml", place / "seen.json"
        packages = ["coolant"] if models == 1 else [_another(place, number) for number in range(models)]
        named = {
            "port": port,
            "dbc": DBC,
            "rules": rules,
            "models": json.dumps(packages)[1:-1],
            "state": place,
            "broker": broker,
        }
        config.write_text(CONFIG.format_map(named))
        with _child("daemon", config, out) as child:
            _wait_bound(port, child)
            cpu, sent, resident = self._loaded(child, rate, port)
        details = json.loads(out.read_text())
        if foreign := FOREIGN & set(details["modules"]):
            raise AssertionError(f"the daemon imports {foreign}")
        counted = next(iter(details["report"]["sources"].values()))
        lost = counted["socket_full"] + counted["reader_queue_full"]
        return Seen(cpu, sent, counted["frames"] - counted["reader_queue_full"], lost, resident, details)

    def bare(self, rate: int, how: str) -> Seen:
        """The loop under this rate."""
        port = free_port()
        with _child("bare_loop", DBC, port, how) as child:
            _wait_bound(port, child)
            cpu, sent, resident = self._loaded(child, rate, port)
        assert child.stdout is not None
        details = json.loads(child.stdout.read())
        return Seen(cpu, sent, details["received"], details["lost"], resident, details)

    def _loaded(self, child: subprocess.Popen[str], rate: int, port: int) -> tuple[float, int, float]:
        """Processor time of the child under the load, frames sent, memory afterwards."""
        sender = _started("sender", self._log, rate, SECONDS, port)
        time.sleep(SETTLE_S)
        begun, before = time.monotonic(), _cpu_s(child.pid)
        time.sleep(SECONDS - SETTLE_S - REST_S)
        cpu = (_cpu_s(child.pid) - before) / (time.monotonic() - begun)
        said = json.loads(sender.communicate(timeout=PATIENCE_S)[0])
        time.sleep(REST_S)
        return cpu, said["sent"], _pss_mb(child.pid)


def _started(module: str, *arguments: Any) -> subprocess.Popen[str]:
    command = [str(PYTHON), "-m", f"tests.bench.children.{module}", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@contextmanager
def _child(module: str, *arguments: Any) -> Iterator[subprocess.Popen[str]]:
    child = _started(module, *arguments)
    try:
        yield child
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(PATIENCE_S)


def _wait_bound(port: int, child: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while f":{port:04X} " not in Path("/proc/net/udp").read_text():
        if time.monotonic() > deadline or child.poll() is not None:
            raise AssertionError("the program does not listen")
        time.sleep(POLL_S)


def _cpu_s(pid: int) -> float:
    """Of all its threads, to the ns."""
    told: Sequence[str] = [one.read_text() for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(one.split()[0]) for one in told) / 1e9


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the kernel does not tell the proportional set size")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
