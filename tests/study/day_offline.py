"""A day without network at full rate, and what happens when it is back.

    python -m tests.study.day_offline [--hours 24] [--every-s 600]

A car is driven for a whole day past a broker that does not answer: a summary each minute, an alert that begins and ends
every few minutes, captures around the first of them. Then the broker and the cloud are there. Told: what waited, how
long it took until the cloud had all of it, how many bytes went over the connection, in which order kinds came, and how
large the daemon was throughout (PSS, which is what `make bench` measures as well).
"""

import argparse
import math
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.brokers import Mosquitto, free_port
from tests.chaos.proxy import Mischief, Proxy
from tests.integration.cloud.service import Service, serving
from tests.programs import program

START_S: Final = 1_764_000_000
MB: Final = 1e6
COOLANT: Final = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"
SPIKE_S: Final = 20
WAVES: Final = {
    "Vehicle.Speed": (60.0, 30.0, 97.0),
    "Vehicle.Powertrain.CombustionEngine.Speed": (2000.0, 500.0, 61.0),
    "Vehicle.Powertrain.CombustionEngine.MAP": (100.0, 20.0, 53.0),
    "Vehicle.Powertrain.CombustionEngine.MAF": (20.0, 8.0, 47.0),
    "Vehicle.Powertrain.CombustionEngine.TPS": (30.0, 20.0, 31.0),
    "Vehicle.Exterior.AirTemperature": (15.0, 5.0, 9000.0),
    "Vehicle.LowVoltageBattery.CurrentVoltage": (14.1, 0.1, 211.0),
    "Vehicle.OBD.IntakeTemp": (25.0, 5.0, 2000.0),
    COOLANT: (90.0, 2.0, 301.0),
}
"""Of each signal: its middle, how far it goes from there, and how slowly (s)."""
RULES: Final = """
[[rule]]
alert = "hot_{number}"
expr = "{path} > 105 Celsius and {path} < {above} Celsius and {path} > {below} Celsius"
component = "cooling"
severity = "warning"
action = "watch"
summary = "{{value}} degrees"
"""
KINDS: Final = 40
"""Rules that take turns, since one that comes again and again would flap."""
CONFIG: Final = """
[vehicle]
fleet = "f"
id = "car"
[[bus]]
source = "table:{folder}/day.csv"
speed = "max"
[judging]
grid_ms = 1000
[detect]
rules = ["./rules.toml"]
[state]
directory = "state"
[link]
broker = "mqtt://127.0.0.1:{port}"
drain_s = 900
backoff_max_s = 2.0
[cab]
voice = "none"
"""


def write_day(folder: Path, seconds: int, every_s: int, port: int) -> None:
    """A table of the drive, the rules, the configuration."""
    with (folder / "day.csv").open("w") as table:
        table.write(",".join(["time", *WAVES]) + "\n")
        for second in range(seconds):
            row = {path: middle + far * math.sin(second / slow) for path, (middle, far, slow) in WAVES.items()}
            if second % every_s < SPIKE_S:
                row[COOLANT] = 110.5 + second // every_s % KINDS
            table.write(f"{START_S + second}," + ",".join(f"{value:.3f}" for value in row.values()) + "\n")
    rules = [RULES.format(number=one, path=COOLANT, above=111 + one, below=110 + one) for one in range(KINDS)]
    (folder / "rules.toml").write_text("".join(rules))
    (folder / "edge.toml").write_text(CONFIG.format(folder=folder, port=port))


def waiting(folder: Path) -> dict[str, tuple[int, int]]:
    """Messages and bytes that wait, by kind."""
    file = folder / "state" / "outbox.db"
    if not file.exists():
        return {}
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT kind, count(*), sum(length(payload)) FROM message GROUP BY kind").fetchall()
    return {kind: (count, size) for kind, count, size in rows}


def resident_mb(pid: int) -> float:
    """PSS of a process; 0 when it is over."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((int(line.split()[1]) / 1000.0 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> int:
    """Live it, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--every-s", type=int, default=600)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        folder, sizes = Path(name), []
        (folder / "broker").mkdir()
        broker = Mosquitto(folder / "broker", port=free_port())
        with Proxy(broker.port, Mischief(), 1) as proxy:
            write_day(folder, int(options.hours * 3600), options.every_s, proxy.port)
            command = [program("telltale-edge"), "run", "--config", str(folder / "edge.toml")]
            edge = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            began_s = time.monotonic()
            while "health" not in waiting(folder):  # the last thing that a replay says
                sizes.append(resident_mb(edge.pid))
                time.sleep(0.5)
            print(f"{options.hours:g} h were lived in {time.monotonic() - began_s:.0f} s; then there waited:")
            for kind, (count, size) in sorted(waiting(folder).items()):
                print(f"  {kind}: {count:,} messages, {size / MB:.2f} MB")
            drained(folder, broker, proxy, edge, sizes)
    return 0


def drained(folder: Path, broker: Mosquitto, proxy: Proxy, edge: "subprocess.Popen[bytes]", sizes: list[float]) -> None:
    """The network is back: until the daemon has told everything, and what the cloud has."""
    while_away = list(sizes)
    with broker, serving(folder, "--broker", broker.url) as cloud:
        began_s = time.monotonic()
        while edge.poll() is None:
            sizes.append(resident_mb(edge.pid))
            time.sleep(0.05)
        took_s = time.monotonic() - began_s
        print(f"the cloud had all of it after {took_s:.1f} s, {proxy.counted['bytes'] / MB:.2f} MB over the connection")
        print(f"waits still: {sum(count for count, _ in waiting(folder).values())}; alerts stored {count_of(cloud)}")
    with closing(sqlite3.connect(cloud.database)) as db:
        order = [kind for (kind,) in db.execute("SELECT kind FROM receipts ORDER BY received_at, stream, seq")]
    first = {kind: order.index(kind) for kind in dict.fromkeys(order)}
    last = {kind: len(order) - 1 - order[::-1].index(kind) for kind in first}
    print("came as number (first to last): " + ", ".join(f"{kind} {first[kind]} to {last[kind]}" for kind in first))
    away, back = [one for one in while_away if one], [one for one in sizes[len(while_away) :] if one]
    later = away[len(away) // 4 :]
    print(
        f"resident after the first quarter: away {min(later):.1f} to {max(later):.1f} MB, then up to {max(back):.1f} MB"
    )


def count_of(cloud: Service) -> int:
    """Alerts that the cloud has."""
    with closing(sqlite3.connect(cloud.database)) as db:
        [count] = db.execute("SELECT count(*) FROM alerts").fetchone()
    return int(count)


if __name__ == "__main__":
    sys.exit(main())
