"""A day of one box, faster than life: what it holds, writes and loses.

    python -m tests.study.day_on_the_box [--bus 'sim:car?cycle=delivery&seed=1'] [--hours 24] [--speed max]

The daemon listens to a simulated vehicle for a day of its life, with its status in memory, its state on a disk, a real
broker and a cloud that acknowledges. Told: its memory (PSS) in each tenth of the run, what it wrote (the kernel's own
figure, /proc/<pid>/io), what was lost on the way by cause, how often a part was started anew, and how it ended.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from tests.brokers import Mosquitto
from tests.integration.edge.test_failing_disk import a_cloud
from tests.programs import program
from tests.study.day_offline import resident_mb

LOOK_S: Final = 1.0
TENTHS: Final = 10
MEMORY: Final = Path("/dev/shm")
"""As /run is on a box."""
CONFIG: Final = """profile = "{profile}"
[vehicle]
fleet = "f"
id = "box"
[[bus]]
name = "can0"
source = "{bus}"
speed = {speed}
[state]
directory = "state"
[status]
directory = "{status}"
[link]
broker = "{broker}"
drain_s = 60
[cab]
voice = "none"
"""


class Look(NamedTuple):
    """How it was at one moment."""

    memory_mb: float
    written_mb: float
    """At the disk, since it began; what it wrote to memory is not counted by the kernel."""
    status: dict[str, Any]


def looks(edge: "subprocess.Popen[bytes]", status: Path) -> Iterator[Look]:
    """One a second for as long as it runs."""
    while edge.poll() is None:
        try:
            told = json.loads((status / "status.json").read_text())
            lines = Path(f"/proc/{edge.pid}/io").read_text().splitlines()
        except (OSError, ValueError):
            told, lines = {}, []
        written = {name: int(count) for name, _, count in (line.partition(": ") for line in lines)}
        if told and (memory_mb := resident_mb(edge.pid)):
            yield Look(memory_mb, written.get("write_bytes", 0) / 1e6, told)
        time.sleep(LOOK_S)


def lost(status: dict[str, Any]) -> dict[str, int]:
    """What did not get through, by cause."""
    found = {f"bus.{bus['name']}.lost": bus["lost"] for bus in status["buses"]}
    found["frames_late"] = status["daemon"]["frames_late"] or 0
    return {name: count for name, count in found.items() if count}


def main() -> int:
    """Live it, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bus", default="sim:car?cycle=delivery&seed=1")
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--speed", default="max")
    options = parser.parse_args()
    with TemporaryDirectory() as name, TemporaryDirectory(dir=MEMORY) as status, TemporaryDirectory() as other:
        folder = Path(name)
        with Mosquitto(Path(other)) as broker, a_cloud(broker) as heard:
            bus = f"{options.bus}&duration={round(options.hours * 3600)}"
            speed = f'"{options.speed}"' if options.speed == "max" else options.speed
            profile = f"telltale-{options.bus.partition(':')[2].partition('?')[0]}"
            given = {"profile": profile, "bus": bus, "speed": speed, "status": status, "broker": broker.url}
            (folder / "edge.toml").write_text(CONFIG.format(**given))
            began_s = time.monotonic()
            edge = subprocess.Popen([program("telltale-edge"), "run", "--config", str(folder / "edge.toml")])
            seen = list(looks(edge, Path(status)))
            took_s = time.monotonic() - began_s
            print(f"{options.hours:g} h of {options.bus} in {took_s:.0f} s, status {edge.returncode}")
        told = [kind for kind, _ in heard.bodies]
        tell(seen, {kind: told.count(kind) for kind in sorted(set(told))})
    return edge.returncode


def tell(seen: list[Look], messages: dict[str, int]) -> None:
    """The account of the day."""
    tenths = [seen[len(seen) * tenth // TENTHS : len(seen) * (tenth + 1) // TENTHS] for tenth in range(TENTHS)]
    print("| tenth of the run | memory, largest MB | written so far, MB |\n|---|---|---|")
    for number, tenth in enumerate(tenths, 1):
        print(f"| {number} | {max(one.memory_mb for one in tenth):.1f} | {tenth[-1].written_mb:.1f} |")
    last = seen[-1].status
    frames = sum(bus["frames"] or 0 for bus in last["buses"])
    print(f"frames {frames:,}; lost: {lost(last) or 'none'}; messages that the cloud has: {messages}")
    print(f"processes: {len({one.status['written']['pid'] for one in seen})}")


if __name__ == "__main__":
    sys.exit(main())
