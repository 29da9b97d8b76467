"""What a box writes at its disk in an hour of driving: `python -m tests.study.disk_bytes [VEHICLE:CYCLE…]`, a table.

Each hour runs through the daemon as on the road, only faster, with an outbox on a real disk, once without a network
and once with a broker and a cloud that acknowledges at once. What is told is the daemon's own figure,
`outbox.disk_bytes` of its last health message. Health itself comes by the wall clock: of an hour at 30 times real time,
two minutes' worth.
"""

import argparse
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.brokers import Mosquitto
from tests.integration.edge.test_failing_disk import a_cloud
from tests.programs import run

DRIVES: Final = ("car:commute", "ev:commute", "truck:haul")
HOUR_S: Final = 3600
SPEED: Final = 30


def hour(vehicle: str, cycle: str, folder: Path, broker: str | None) -> dict[str, int]:
    """The outbox's counters after an hour, without a network or with one.

    Raises:
        ValueError: the daemon did not do what it should.
    """
    bus = f"sim:{vehicle}?cycle={cycle}&seed=1&duration={HOUR_S}"
    link = ("--broker", broker or "mqtt://127.0.0.1:9", "--drain", "20" if broker else "0")
    options = ("--profile", f"telltale-{vehicle}", "--speed", str(SPEED), "--voice", "none", "--state", folder)
    ended = run("telltale-edge", "run", "--bus", bus, *options, *link, timeout_s=HOUR_S)
    if ended.status:
        raise ValueError(ended.err)
    with closing(sqlite3.connect(folder / "outbox.db")) as db:
        waiting = db.execute("SELECT payload FROM message WHERE kind = 'health' ORDER BY id DESC LIMIT 1").fetchone()
    return {} if waiting is None else _of_outbox(json.loads(waiting[0])["body"]["counters"])


def _of_outbox(counters: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix("outbox."): count for name, count in counters.items() if name.startswith("outbox.")}


def _row(drive: str, how: str, counters: dict[str, int]) -> str:
    written = counters.get("disk_bytes")
    told = "unknown" if written is None else f"{written / 1e6:.1f} MB"
    return f"| {drive} | {how} | {told} | {sum(v for k, v in counters.items() if k.startswith('waiting.')):,} |"


def main() -> None:
    """Print a row for each hour."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("drives", nargs="*", default=DRIVES, metavar="VEHICLE:CYCLE")
    asked = parser.parse_args()
    print("| hour | network | written | waiting at its end |\n|---|---|---|---|")
    for drive in asked.drives:
        vehicle, cycle = drive.split(":")
        with tempfile.TemporaryDirectory() as folder:
            print(_row(drive, "none", hour(vehicle, cycle, Path(folder), None)), flush=True)
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
            with Mosquitto(Path(other)) as broker, a_cloud(broker) as heard:
                hour(vehicle, cycle, Path(folder), broker.url)
            last = _of_outbox(heard.of("health")[-1]["counters"])
            print(_row(drive, "a cloud", last), flush=True)


if __name__ == "__main__":
    main()
