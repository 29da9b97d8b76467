"""Real recordings: every frame that an independent count finds, and nothing that depends on how they are read."""

import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.bus.candump import format_frames
from edge.bus.candump_log import CandumpLog
from edge.bus.log import CHUNK_BYTES
from edge.errors import ConfigError
from edge.frames import FrameBatch, merge

FRAME = re.compile(
    rb"\(\d+\.\d+\) \w+ ([0-9A-F]{3}|[0-9A-F]{8})#(R\d?|([0-9A-F]{2}){0,8}|#[0-9A-F]([0-9A-F]{2}){0,64})( [RT])?"
)


def logs(shared: Path) -> list[Path]:
    return sorted([*shared.glob("data/can/*.log"), *shared.glob("data/formats/**/*.log")])


def whole(file: Path, chunk_bytes: int = CHUNK_BYTES) -> FrameBatch:
    with closing(CandumpLog(file, chunk_bytes=chunk_bytes)) as log:
        batches = []
        while (batch := log.read(0.0)) is not None:
            batches.append(batch)
    return merge(batches, buses=batches[-1].buses, until=batches[-1].until)


def counted(file: Path) -> int:
    return sum(FRAME.fullmatch(line) is not None for line in file.read_bytes().splitlines())


def test_every_log_gives_every_frame_or_the_reason_why_not(shared: Path) -> None:
    files = logs(shared)
    assert len(files) > 20
    refused = []
    for file in files:
        if counted(file):
            assert len(whole(file)) == counted(file), file
        else:
            with pytest.raises(ConfigError, match="is no candump log"):
                CandumpLog(file)
            refused.append(file.name)
    assert refused == ["BusMasterLog.log", "MicrochipLog.log"]  # other programs' logs


@pytest.mark.parametrize(
    ("name", "frames", "cut"), [("tesla-model3-drive.log", 52_597, 1), ("tesla-model3-dogmode.log", 12_138, 0)]
)
def test_the_drives_are_known_to_the_last_frame(shared: Path, name: str, frames: int, cut: int) -> None:
    with closing(CandumpLog(shared / "data/can" / name)) as log:
        while log.read(0.0) is not None:
            pass
        found = {cause: count for cause, count in log.counters.items() if count}
    assert found == {"frames": frames} | ({"cut_line": 1} if cut else {})


def test_the_size_of_batches_changes_nothing(shared: Path) -> None:
    file = shared / "data/can/tesla-model3-dogmode.log"
    small, large = whole(file, chunk_bytes=997), whole(file)
    for column in ("time", "bus", "id", "flags", "length", "payload"):
        assert np.array_equal(getattr(small, column), getattr(large, column))


@pytest.mark.parametrize(
    "name",
    [
        "can/tesla-model3-dogmode.log",
        "formats/savvycan/candump.log",
        "formats/css-converters/SocketCAN/TestData/multiple_CAN.log",
    ],
)
def test_a_log_written_again_is_the_same_log(shared: Path, name: str) -> None:
    file = shared / "data" / name
    stamped = re.sub(rb"^\((\d+)\.", lambda found: b"(%010d." % int(found[1]), file.read_bytes(), flags=re.MULTILINE)
    assert format_frames(whole(file)).splitlines() == stamped.splitlines()
