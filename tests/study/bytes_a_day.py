"""Bytes that a vehicle sends in a day: `python -m tests.study.bytes_a_day [VEHICLE:CYCLE…] [--seeds N]`, a table.

Each day is written as a candump log and run through the daemon, whose outbox is read afterwards: the payloads as they
are sent, without MQTT's few bytes around them. Health is what a box tells while the vehicle is in use and 24 hours a
day, by the daemon's own rule; the replay, which takes seconds, tells only one.
"""

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from edge.cli import main as edge
from edge.health import LOOK_S, SILENCE_S, WHOLE_S

DAY_S: Final = 86_400
DRIVES: Final = ("car:commute", "ev:commute", "truck:haul")
CONFIG: Final = """
profile = "telltale-{vehicle}"
[vehicle]
id = "{vehicle}"
[[bus]]
source = "log:{folder}/day.log"
speed = "max"
[state]
directory = "{folder}"
[link]
broker = "mqtt://127.0.0.1:9"
drain_s = 0.0
[cab]
voice = "none"
"""


def day(vehicle: str, cycle: str, seed: int) -> dict[str, tuple[int, int]]:
    """Messages and bytes of one day, by kind.

    Raises:
        ValueError: the command line did not do what it should.
    """
    with tempfile.TemporaryDirectory() as folder:
        log, config = Path(folder) / "day.log", Path(folder) / "edge.toml"
        wanted = ["--vehicle", vehicle, "--cycle", cycle, "--seed", str(seed), "--duration", str(DAY_S)]
        config.write_text(CONFIG.format(vehicle=vehicle, folder=folder))
        if edge(["simulate", *wanted, "--out", str(log)]) or edge(["run", "--config", str(config)]):
            raise ValueError(f"{vehicle} cannot be simulated or run")
        with closing(sqlite3.connect(Path(folder) / "outbox.db")) as outbox:
            rows = outbox.execute("SELECT kind, count(*), sum(length(payload)) FROM message GROUP BY kind")
            told = {kind: (messages, size) for kind, messages, size in rows}
            [health] = outbox.execute("SELECT payload FROM message WHERE kind = 'health' LIMIT 1").fetchone()
            return {**told, "sign of life": (1, len(_without_counters(health)))}


def _without_counters(payload: bytes) -> bytes:
    told = json.loads(payload)
    told["body"]["counters"] = {}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def health_a_day(whole: int, sign: int, minutes_in_use: int) -> tuple[int, int]:
    """Bytes of health: of the minutes in which summaries are told anyway, and of a whole day that the box is on.

    `whole`, `sign`: bytes of a message with counters, and without.
    """
    parked_s = DAY_S - minutes_in_use * 60
    in_use = whole * minutes_in_use * 60 // int(WHOLE_S)
    silent_s = LOOK_S * (1 + SILENCE_S // LOOK_S)
    wholes, signs = int(parked_s / WHOLE_S), int(parked_s / silent_s)
    return in_use, in_use + whole * wholes + sign * (signs - wholes)


def main() -> None:
    """Print a row for each day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drives", nargs="*", default=DRIVES, metavar="VEHICLE:CYCLE")
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    rows = []
    for drive in asked.drives:
        vehicle, cycle = drive.split(":")
        for seed in range(1, asked.seeds + 1):
            told = day(vehicle, cycle, seed)
            size = {kind: told.get(kind, (0, 0)) for kind in ("alert", "dtc", "trip", "summary", "health")}
            minutes = size["summary"][0]
            in_use, whole = health_a_day(size["health"][1] // size["health"][0], told["sign of life"][1], minutes)
            rest = sum(size[kind][1] for kind in ("alert", "dtc", "trip", "summary"))
            cells = [f"{size[kind][1]:,} ({size[kind][0]})" for kind in ("alert", "trip", "summary")]
            rows.append([drive, str(seed), *cells, f"{rest + in_use:,}", f"{rest + whole:,}"])
    print(
        "| day | seed | alerts | trips | summaries | all, box off when parked | all, box always on |\n|---|"
        + "---|" * 6
    )
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


if __name__ == "__main__":
    main()
