"""Bytes that a vehicle sends in a day: `python -m tests.study.bytes_a_day [VEHICLE:CYCLE…] [--seeds N]`, a table.

Each day is written as a candump log and run through the daemon, whose outbox is read afterwards: the payloads as they
are sent, without MQTT's few bytes around them. Health is what a box tells while the vehicle is awake and 24 hours a
day, by the daemon's own rule; the replay, which takes seconds, tells only one.
"""

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from datetime import datetime
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
            summaries = outbox.execute("SELECT payload FROM message WHERE kind = 'summary'")
            lengths = [_length_s(payload) for (payload,) in summaries]
            [health] = outbox.execute("SELECT payload FROM message WHERE kind = 'health' LIMIT 1").fetchone()
            return {
                **told,
                "sign of life": (1, len(_without_counters(health))),
                "in use": (sum(length <= LOOK_S for length in lengths), 0),
                "stood": (round(sum(length for length in lengths if length > LOOK_S) / LOOK_S), 0),
            }


def _length_s(payload: bytes) -> float:
    body = json.loads(payload)["body"]
    begin, end = (datetime.fromisoformat(body[name]) for name in ("started_at", "ended_at"))
    return (end - begin).total_seconds()


def _without_counters(payload: bytes) -> bytes:
    told = json.loads(payload)
    told["body"]["counters"] = {}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()


def health_a_day(whole: int, sign: int, *, told_s: int, stood_s: int) -> tuple[int, int]:
    """Bytes of health: while the vehicle is awake, and of a whole day that the box is on.

    `whole`, `sign`: bytes of a message with counters, and without; `told_s`: in which every minute was told, so that no
    sign of life is needed; `stood_s`: in which it was awake besides.
    """
    return _health(whole, sign, told_s, stood_s), _health(whole, sign, told_s, DAY_S - told_s)


def _health(whole: int, sign: int, told_s: int, silent_s: int) -> int:
    signs = int(silent_s / (LOOK_S * (1 + SILENCE_S // LOOK_S))) - int(silent_s / WHOLE_S)
    return whole * int((told_s + silent_s) / WHOLE_S) + sign * signs


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
            told_s, stood_s = (told[part][0] * int(LOOK_S) for part in ("in use", "stood"))
            whole_size = size["health"][1] // size["health"][0]
            awake, always = health_a_day(whole_size, told["sign of life"][1], told_s=told_s, stood_s=stood_s)
            rest = sum(size[kind][1] for kind in ("alert", "dtc", "trip", "summary"))
            cells = [f"{size[kind][1]:,} ({size[kind][0]})" for kind in ("alert", "trip", "summary")]
            minutes = [str(told[part][0]) for part in ("in use", "stood")]
            rows.append([drive, str(seed), *minutes, *cells, f"{rest + awake:,}", f"{rest + always:,}"])
    print(
        "| day | seed | minutes told | minutes told by fives | alerts | trips | summaries | all, box off when parked |"
        " all, box always on |\n|---|" + "---|" * 8
    )
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


if __name__ == "__main__":
    main()
