"""The daemon on a live bus, with the simulated car in another process."""

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import program, run

GROUP = "239.74.163.21"


@pytest.fixture
def bus() -> str:
    """A multicast bus on a port that nobody uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return f"pythoncan:udp_multicast:{GROUP}?port={port}"


@pytest.fixture
def daemon(bus: str, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A daemon that listens; it says so in its log before anything is sent."""
    child = subprocess.Popen(
        [
            program("telltale-edge"),
            "--log",
            "info",
            "run",
            "--bus",
            bus,
            "--profile",
            "telltale-car",
            "--report",
            str(tmp_path / "report.json"),
            "--alerts-out",
            str(tmp_path / "alerts.jsonl"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def test_every_frame_that_the_car_sends_is_heard_and_judged(
    daemon: "subprocess.Popen[str]", bus: str, tmp_path: Path
) -> None:
    assert daemon.stderr is not None
    for line in daemon.stderr:
        if "listening" in line:
            break
    drive = ("--vehicle", "car", "--duration", "240", "--speed", "40", "--seed", "3", "--fault", "battery@20")
    sent = run("telltale-edge", "simulate", "--bus", bus, *drive)
    assert sent.status == 0, sent.err
    daemon.send_signal(signal.SIGTERM)
    out, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    account = json.loads((tmp_path / "report.json").read_text())
    [counters] = account["sources"].values()
    frames = int(sent.out.split()[0].replace(",", ""))
    lost = sum(counters[name] for name in ("socket_full", "reader_queue_full", "controller_overrun"))
    assert counters["frames"] + lost == frames, "what is not heard is counted"
    assert account["frames"] == counters["frames"] > 20_000
    assert account["frames_unknown"] == 0
    assert account["cells"] > 40, "time goes on as it does on a wall"
    assert re.search(r"trips, \d+ summaries", out)
