"""Where frames go: logs that are whole or absent, and buses."""

import errno
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.bus.candump_log import CandumpLog
from edge.bus.library import can
from edge.bus.sink import open_sink
from edge.errors import BusDown, ConfigError
from edge.frames import EXTENDED, Frame, FrameBatch
from tests.unit.bus.flaky import FlakyBus

FRAMES = [Frame(row * 1_000_000, 0x100 + row, bytes([row]), flags=EXTENDED) for row in range(5)]


def test_a_log_that_is_written_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "out.log"
    sink = open_sink(str(file))
    sink.send(FrameBatch.of(FRAMES[:2]))
    sink.send(FrameBatch.of(FRAMES[2:]))
    assert not file.exists()
    sink.commit()
    sink.close()
    with closing(CandumpLog(file)) as log:
        batch = log.read(0.0)
    assert batch is not None
    assert list(batch.frames()) == FRAMES
    assert list(tmp_path.iterdir()) == [file]


def test_a_log_that_is_not_committed_leaves_nothing(tmp_path: Path) -> None:
    sink = open_sink(str(tmp_path / "out.log"))
    sink.send(FrameBatch.of(FRAMES))
    sink.close()
    sink.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["out.txt", "log:in", "sim:car", ""])
def test_frames_go_to_buses_and_logs_only(text: str) -> None:
    with pytest.raises(ConfigError, match="Name a bus") as caught:
        open_sink(text)
    assert caught.value.place == text


def test_frames_are_sent_in_their_order(flaky_bus: type[FlakyBus]) -> None:
    sink = open_sink("pythoncan:flaky:x")
    sink.send(FrameBatch.of(FRAMES))
    sink.commit()
    assert [message.arbitration_id for message in flaky_bus.sent] == [frame.id for frame in FRAMES]
    sink.close()
    sink.close()
    assert flaky_bus.shut == 1


def test_a_bus_that_is_down_is_opened_again(flaky_bus: type[FlakyBus]) -> None:
    sink = open_sink("pythoncan:flaky:x")
    flaky_bus.sends.extend([None, can.CanOperationError("Failed to transmit: Network is down", errno.ENETDOWN)])
    with pytest.raises(BusDown, match="pythoncan:flaky:x: Failed to transmit: Network is down"):
        sink.send(FrameBatch.of(FRAMES))
    sink.send(FrameBatch.of(FRAMES))
    assert len(flaky_bus.opened) == 2
    assert len(flaky_bus.sent) == 1 + len(FRAMES)


def test_who_reads_and_writes_logs_pays_nothing_for_python_can() -> None:
    rooms = "edge.bus.open, edge.bus.sink, edge.bus.port, edge.bus.logs, edge.bus.text_log"
    code = f"import sys, {rooms}; sys.exit('can' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
