"""What is recorded from the kernel's CAN, sent on it and recorded again is the same: every kind of frame, in order."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.bus.candump import format_frames
from edge.frames import BIT_RATE_SWITCH, EXTENDED, FD, REMOTE, Frame, FrameBatch
from tests.programs import program
from tests.recorded import frames_of, wait_for
from tests.vehicle.clients import HAS_VCAN, PATIENCE_S

pytestmark = pytest.mark.skipif(not HAS_VCAN, reason="this kernel has no vcan0")

BUS = "can:vcan0?fd=on"
COUNT = 600


def made() -> list[Frame]:
    kinds = (
        (0x123, b"\1\2\3", 0),
        (0x18FEF100, b"\xff" * 8, EXTENDED),
        (0x7FF, bytes(4), REMOTE),
        (0x456, bytes(range(64)), FD | BIT_RATE_SWITCH),
        (0x1FFFFFFF, b"", EXTENDED),
    )
    frames = []
    for row in range(COUNT):
        identifier, payload, flags = kinds[row % len(kinds)]
        own = payload if flags & REMOTE or len(payload) < 4 else row.to_bytes(4, "big") + payload[4:]
        frames.append(Frame(10**18 + row * 10_000_000, identifier, own, flags=flags))
    return frames


@contextmanager
def recorded(out: Path) -> Iterator[Path]:
    """Everything on the bus while the block runs, up to the last of COUNT frames."""
    first = out.with_name(f"{out.stem}-0001.log")
    command = [program("telltale-edge"), "record", "--bus", "can:vcan0", "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as running:
        wait_for(first.exists, patience_s=PATIENCE_S)
        yield first
        wait_for(lambda: first.read_bytes().count(b"\n") >= COUNT, patience_s=PATIENCE_S)
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_S) == 0


def replay(log: Path, speed: str) -> None:
    command = [program("telltale-edge"), "replay", str(log), "--bus", BUS, "--speed", speed]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S)


def test_record_replay_record_gives_the_same_frames(tmp_path: Path) -> None:
    drive = tmp_path / "drive.log"
    wanted = made()
    drive.write_bytes(format_frames(FrameBatch.of(wanted)))
    with recorded(tmp_path / "first.log") as first:
        replay(drive, "1")
    with recorded(tmp_path / "second.log") as second:
        replay(first, "1")
    kept = [
        [(one.id, one.payload, one.flags) for one in frames] for frames in (wanted, frames_of(first), frames_of(second))
    ]
    assert kept[0] == kept[1] == kept[2]
    spans = [frames[-1].time - frames[0].time for frames in (wanted, frames_of(first), frames_of(second))]
    assert min(spans) > 0.9 * spans[0]
