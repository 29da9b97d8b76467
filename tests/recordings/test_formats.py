"""Real logs of other programs: every file of the shared formats is read, or refused with the reason."""

import gzip
import importlib
import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import can
import can.io.mf4
import pytest

from edge.bus.log import Log
from edge.bus.logs import open_log
from edge.bus.messages import is_sound
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import CLASSIC_BYTES, EXTENDED, Frame

SAVVYCAN: Final = 12_974
"""Frames of the capture that SavvyCAN has in six text formats."""
LONG: Final = 56
READERS: Final[dict[str, Any]] = {".asc": can.ASCReader, ".blf": can.BLFReader, ".trc": can.TRCReader}
BESIDE_PYTHON_CAN: Final = {"multiple_CAN.asc": 1 - LONG, "multiple_LIN.asc": 1}
"""It takes the first line behind a head without remarks for a part of the head, and of FD frames that are written as
classic ones only the first eight bytes."""
REFUSED: Final = {
    "single_frame.asc": "more bytes than a classic frame has",
    ".pcap": "network capture", ".dbc": "no candump log", ".json": "no candump log",
    "test_CanFdMessage.blf": "no frame is like it", "test_CanFdMessage64.blf": "no frame is like it",
    "test_CanMessage.blf": "no frame is like it", "test_CanMessage2.blf": "no frame is like it",
}  # fmt: skip
"""Why. The four BLF hold ids of 11 bits with 27, or 51 bytes in a classic frame: made to try a parser."""
OWN: Final = {
    "multiple_CAN": 164, "CarBusAnalyzer": 55, "multiple_LIN": 12, "multiGeneratorCAN": 164, "multiGeneratorLIN": 6,
}  # fmt: skip
"""Frames by the name where python-can has no reader; each other file is one frame."""


def opened(file: Path) -> Log:
    return open_log(SourceSpec.parse(f"log:{file}"))


def read_all(file: Path) -> list[Frame]:
    heard: list[Frame] = []
    with closing(opened(file)) as log:
        while (batch := log.read(0.0)) is not None:
            heard.extend(batch.frames())
    return heard


def first(file: Path) -> Frame:
    with closing(opened(file)) as log:
        batch = log.read(0.0)
    assert batch is not None
    return next(batch.frames())


def refusal(file: Path) -> str | None:
    if file.suffix == ".csv" and "_LIN" in file.name:
        return "LIN"
    return REFUSED.get(file.name, REFUSED.get(file.suffix))


def expected(file: Path) -> int:
    """As many frames as python-can finds that can be, where it has a reader."""
    if (reader := READERS.get(file.with_suffix("").suffix if file.suffix == ".gz" else file.suffix)) is not None:
        if file.name == "CarBusAnalyzer.trc":
            return OWN["CarBusAnalyzer"]
        source: Any = gzip.open(file, "rt") if file.suffix == ".gz" else file  # noqa: SIM115  closed by the reader
        with reader(source) as messages:
            return sum(map(is_sound, messages)) + BESIDE_PYTHON_CAN.get(file.name, 0)
    if file.parent.name == "savvycan":
        return SAVVYCAN
    return OWN.get(file.stem, 1)


@pytest.mark.parametrize(("folder", "count"), [("savvycan", 10), ("python-can", 25), ("css-converters", 76)])
def test_every_file_is_read_or_refused_with_the_reason(shared: Path, folder: str, count: int) -> None:
    files = sorted(file for file in (shared / "data" / "formats" / folder).rglob("*") if file.is_file())
    assert len(files) == count
    for file in files:
        if (why := refusal(file)) is not None:
            with pytest.raises(ConfigError, match=why) as caught:
                opened(file)
            assert caught.value.remedy
        else:
            assert len(read_all(file)) == expected(file), file.name


@pytest.mark.parametrize(
    ("name", "resolution"),
    [
        ("candump.log", 10**9), ("CRTD_Log.txt", 1_000), ("MicrochipLog.log", 10**6), ("BusMasterLog.log", 10**6),
        ("GenericID_Log.csv", 0),
    ],
)  # fmt: skip
def test_six_formats_of_one_capture_give_the_same_frames(shared: Path, name: str, resolution: int) -> None:
    wanted = read_all(shared / "data" / "formats" / "savvycan" / "GVRET_Log.csv")
    heard = read_all(shared / "data" / "formats" / "savvycan" / name)
    assert len(wanted) == SAVVYCAN
    assert _contents(heard) == _contents(wanted)
    if resolution:
        apart = [
            (frame.time - heard[0].time) - (other.time - wanted[0].time)
            for frame, other in zip(heard, wanted, strict=True)
        ]
        assert max(map(abs, apart)) <= resolution
    else:
        assert not any(frame.time for frame in heard)


def test_dates_of_heads_agree(shared: Path) -> None:
    """BUSMASTER's time of day and Microchip's milliseconds since a start are of one evening."""
    folder = shared / "data" / "formats" / "savvycan"
    day = 86_400 * 10**9
    assert (
        read_all(folder / "BusMasterLog.log")[0].time // day
        == read_all(folder / "MicrochipLog.log")[0].time // day
        == 16_701
    )


def test_one_recording_of_a_logger_in_four_formats(shared: Path) -> None:
    """Asc, candump, the table and the trace of one recording: frames, flags and stamps."""
    folder = shared / "data" / "formats" / "css-converters"
    names = ("CSV/TestData/multiple_CAN.csv", "PEAK/TestData/multiple_CAN.trc", "ASC/TestData/multiple_CAN.asc")
    wanted = read_all(folder / "SocketCAN/TestData/multiple_CAN.log")
    for name in names:
        heard = read_all(folder / name)
        if name.endswith(".asc"):  # it has FD frames in lines of classic ones
            wanted = [frame for frame in wanted if len(frame.payload) <= CLASSIC_BYTES]
        assert _contents(heard) == _contents(wanted), name
        assert {frame.bus for frame in heard} == {"1", "2"}
        assert all(
            abs((frame.time - heard[0].time) - (other.time - wanted[0].time)) <= 10_000
            for frame, other in zip(heard, wanted, strict=True)
        ), name


def test_a_long_asc_is_what_python_can_makes_of_it(shared: Path) -> None:
    file = shared / "data" / "formats" / "python-can" / "issue_1256.asc"
    with can.ASCReader(file) as reader:
        theirs = [(message.arbitration_id, bytes(message.data), round(message.timestamp * 1e6)) for message in reader]
    ours = read_all(file)
    zero = ours[0].time - theirs[0][2] * 1000
    assert [(frame.id, frame.payload, (frame.time - zero) // 1000) for frame in ours] == theirs


def test_recordings_in_mf4_are_for_offline_tools_alone(shared: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = shared / "data" / "can" / "uds-ev.mf4"
    with pytest.raises(ConfigError, match="MF4 is read by the offline tools alone"):
        opened(file)
    with caplog.at_level(logging.WARNING), closing(open_log(SourceSpec.parse(f"log:{file}"), offline=True)) as log:
        heard: list[Frame] = []
        while (batch := log.read(0.0)) is not None:
            heard.extend(batch.frames())
    # Loaded again: our buses load python-can without asammdf (edge.bus.library).
    with importlib.reload(can.io.mf4).MF4Reader(file) as reader:
        theirs = [(message.arbitration_id, bytes(message.data), str(message.channel)) for message in reader]
    assert [(frame.id, frame.payload, frame.bus) for frame in heard] == theirs
    assert not caplog.records


def _contents(frames: Sequence[Frame]) -> list[tuple[int, bytes, int]]:
    return [(frame.id, frame.payload, frame.flags & EXTENDED) for frame in frames]
