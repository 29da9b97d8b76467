"""A critical rule on a busy bus: the driver hears of a single sample before the tick that begins the alert."""

import random
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.programs import listening
from tests.vehicle.clients import HAS_VCAN, PATIENCE_S

pytestmark = pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no vcan0")

SPIKES = 60
GRID_S = 0.1
LOAD = 1_000
"""Frames a second beside it: a guest machine is slow."""
DBC = """VERSION ""

BU_: ECU

BO_ 256 Hot: 2 ECU
 SG_ Value : 0|16@1+ (1,0) [0|65535] "" ECU

BO_ 512 Load: 8 ECU
 SG_ One : 0|16@1+ (1,0) [0|65535] "" ECU
 SG_ Two : 16|16@1+ (1,0) [0|65535] "" ECU
 SG_ Three : 32|16@1+ (1,0) [0|65535] "" ECU
"""
RULE = """
[[rule]]
alert = "spike_{number}"
expr = "dbc.Hot.Value > {number} and dbc.Hot.Value < {number} + 2"
component = "c{number}"
severity = "critical"
action = "stop_now"
summary = "{{value}}"
driver = "spike {number}"
"""
SENDER = """
import socket, struct, sys, time
rate, seconds = int(sys.argv[1]), float(sys.argv[2])
sent, begun = 0, time.monotonic()
with socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW) as sender:
    sender.bind(("vcan0",))
    while (passed := time.monotonic() - begun) < seconds:
        for number in range(sent, int(passed * rate)):
            try:
                sender.send(struct.pack("=IB3x8s", 0x200, 8, number.to_bytes(8, "little")))
            except OSError:
                pass
            sent += 1
        time.sleep(0.001)
print(sent, flush=True)
"""


def test_the_driver_hears_of_a_spike_before_the_tick(tmp_path: Path) -> None:
    (tmp_path / "car.dbc").write_text(DBC)
    (tmp_path / "rules.toml").write_text("".join(RULE.format(number=2 * number) for number in range(1, SPIKES + 1)))
    said: dict[str, float] = {}
    sent: dict[str, float] = {}
    options = ("--dbc", tmp_path / "car.dbc", "--rules", tmp_path / "rules.toml")
    rng = random.Random(1)
    with listening("--bus", "can:vcan0", *options) as daemon, closing(_opened()) as hot:
        assert daemon.stdout is not None
        hearing = threading.Thread(target=_hear, args=(daemon.stdout, said), daemon=True)
        hearing.start()
        load = [sys.executable, "-c", SENDER, str(LOAD), str(SPIKES * 0.3 + 2)]
        loading = subprocess.Popen(load, stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        for number in range(1, SPIKES + 1):
            time.sleep(0.2 + rng.random() * GRID_S)  # the bus's own time, somewhere in a cell
            sent[f"spike {2 * number}"] = time.time()
            hot.send(struct.pack("=IB3x8s", 0x100, 2, (2 * number + 1).to_bytes(2, "little")))
        frames, _ = loading.communicate(timeout=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while len(said) < SPIKES and time.monotonic() < deadline:
            hearing.join(0.1)
    assert said.keys() == sent.keys()
    took_ms = np.array([1000 * (said[name] - at) for name, at in sent.items()])
    before_tick = sum(said[name] < (at // GRID_S + 1) * GRID_S for name, at in sent.items())
    quantiles = ", ".join(f"{value:.1f}" for value in np.percentile(took_ms, (50, 90, 99)))
    print(f"{int(frames) / (SPIKES * 0.3 + 2):.0f} frames/s: said after {quantiles} ms (p50, p90, p99)")
    print(f"{before_tick} of {SPIKES} before their tick")
    assert before_tick > SPIKES * 0.8


def _hear(lines: "object", said: dict[str, float]) -> None:
    for line in lines:  # type: ignore[attr-defined]  # the daemon's stdout
        said[str(line).rpartition("*chime* ")[2].strip()] = time.time()


def _opened() -> socket.socket:
    opened = socket.socket(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW)
    opened.bind(("vcan0",))
    return opened
