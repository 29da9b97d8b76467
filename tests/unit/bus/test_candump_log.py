"""Recorded logs as a source: order, time, what is counted, and files that are none."""

import gzip
import logging
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.candump import format_frames
from edge.bus.candump_log import CandumpLog
from edge.bus.log import BUSES_MAX, CHUNK_BYTES, Log
from edge.bus.logs import open_log
from edge.bus.spec import SourceSpec
from edge.errors import ConfigError
from edge.frames import Frame, FrameBatch
from tests.unit.bus.strategies import frames

S = 1_000_000_000
LINE = b"(%d.%06d) %s 123#%02X\n"


def written(folder: Path, content: bytes) -> Path:
    file = folder / "drive.log"
    file.write_bytes(content)
    return file


def lines(number: int, bus: bytes = b"can0") -> bytes:
    return b"".join(LINE % (row // 100, row % 100 * 10_000, bus, row % 256) for row in range(number))


def read_all(log: Log) -> list[Frame]:
    """Every frame, with the promises of a source held against each batch."""
    result: list[Frame] = []
    until = 0
    buses: tuple[str, ...] = ()
    while (batch := log.read(0.0)) is not None:
        assert len(batch)
        assert int(batch.time[0]) >= until
        assert batch.until == int(batch.time[-1])
        assert batch.buses[: len(buses)] == buses
        until, buses = batch.until, batch.buses
        result.extend(batch.frames())
    assert log.read(0.0) is None
    assert log.counters["frames"] == len(result)
    return result


@pytest.mark.parametrize("chunk_bytes", [1, 7, 100, 4096, CHUNK_BYTES])
def test_the_size_of_batches_changes_nothing(tmp_path: Path, chunk_bytes: int) -> None:
    file = written(tmp_path, lines(300) + b"broken\n\n" + lines(300, b"can1") + b"(16389")
    log = CandumpLog(file, chunk_bytes=chunk_bytes)
    heard = read_all(log)
    assert [frame.bus for frame in heard] == ["can0"] * 300 + ["can1"] * 300
    assert [frame.payload[0] for frame in heard] == [row % 256 for row in range(300)] * 2
    assert log.counters == {
        "frames": 600,
        "other_channel": 0,
        "bad_line": 1,
        "cut_line": 1,
        "cut_gzip": 0,
        "bus_limit": 0,
        "time_backward": 299,
    }
    assert log.first_fault == "line 301: 'broken'"


def test_batches_are_bounded(tmp_path: Path) -> None:
    log = CandumpLog(written(tmp_path, lines(1000)), chunk_bytes=2700)
    sizes = []
    while (batch := log.read(0.0)) is not None:
        sizes.append(len(batch))
    assert sum(sizes) == 1000
    assert max(sizes) <= 2700 // len(lines(1)) + 1


def test_time_that_goes_back_stands_still(tmp_path: Path) -> None:
    content = b"".join(b"(%d.0) can0 001#\n" % second for second in (5, 6, 3, 4, 6, 7))
    log = CandumpLog(written(tmp_path, content))
    assert [frame.time // S for frame in read_all(log)] == [5, 6, 6, 6, 6, 7]
    assert log.counters["time_backward"] == 2


def test_a_channel_alone(tmp_path: Path) -> None:
    file = written(tmp_path, lines(3, b"can0") + lines(2, b"can1"))
    log = open_log(SourceSpec.parse(f"log:{file}?channel=can1"))
    assert {frame.bus for frame in read_all(log)} == {"can1"}
    assert (log.counters["frames"], log.counters["other_channel"]) == (2, 3)


def test_fd_frames_of_another_channel_do_not_widen_what_is_handed_out(tmp_path: Path) -> None:
    file = written(tmp_path, lines(3) + b"(3.0) can1 123##1" + b"AB" * 64 + b"\n")
    log = open_log(SourceSpec.parse(f"log:{file}?channel=can0"))
    batch = log.read(0.0)
    assert batch is not None
    assert batch.payload.shape == (3, 8)
    assert batch.payload[:, 0].tolist() == [0, 1, 2]
    log.close()


def test_a_channel_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    file = written(tmp_path, lines(3, b"can0") + lines(2, b"can1"))
    with pytest.raises(ConfigError, match=r"no frame of channel can7\. There are can0, can1") as caught:
        open_log(SourceSpec.parse(f"log:{file}?channel=can7"))
    assert caught.value.file == str(file)


def test_more_buses_than_a_batch_can_tell_apart_are_counted(tmp_path: Path) -> None:
    content = b"".join(b"(1.0) bus%d 001#\n" % number for number in range(BUSES_MAX + 5))
    log = CandumpLog(written(tmp_path, content), chunk_bytes=500)
    assert len({frame.bus for frame in read_all(log)}) == BUSES_MAX
    assert log.counters["bus_limit"] == 5


def test_a_last_line_without_an_end_counts_when_it_is_whole(tmp_path: Path) -> None:
    log = CandumpLog(written(tmp_path, lines(5).rstrip(b"\n")))
    assert len(read_all(log)) == 5
    assert log.counters["cut_line"] == 0


def test_an_endless_line_is_one_bad_line_in_bounded_memory(tmp_path: Path) -> None:
    log = CandumpLog(written(tmp_path, lines(2) + b" " * 1_000_000 + b"\n" + lines(2)), chunk_bytes=1000)
    assert len(read_all(log)) == 4
    assert log.counters["bad_line"] == 0  # blanks alone are an empty line, however many
    log = CandumpLog(
        written(tmp_path, lines(2) + b"(1.0)" + b" " * 1_000_000 + b"can0 1#\n" + lines(2)), chunk_bytes=99
    )
    assert len(read_all(log)) == 4
    assert log.counters["bad_line"] == 1


def test_what_was_left_out_is_said_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        read_all(CandumpLog(written(tmp_path, lines(5) + b"no\nno\n" + lines(1) + b"(1")))
    [record] = caplog.records
    told = "6 frames read, but bad_line 2, cut_line 1, time_backward 1; first line 6: 'no'"
    assert record.getMessage() == f"{tmp_path / 'drive.log'}: {told}"


def test_a_sound_log_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_all(CandumpLog(written(tmp_path, lines(5))))
    assert not caplog.records


def test_gzip_is_read_by_its_content_not_its_name(tmp_path: Path) -> None:
    plain = read_all(CandumpLog(written(tmp_path, lines(5000))))
    assert read_all(CandumpLog(written(tmp_path, gzip.compress(lines(5000))), chunk_bytes=1000)) == plain


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.999])
def test_a_gzip_that_was_cut_is_read_to_the_cut(tmp_path: Path, keep: float) -> None:
    packed = gzip.compress(lines(5000))
    log = CandumpLog(written(tmp_path, packed[: int(len(packed) * keep)]), chunk_bytes=500)
    heard = read_all(log)
    assert 1000 < len(heard) <= 5000
    assert log.counters["cut_gzip"] == 1
    assert heard == read_all(CandumpLog(written(tmp_path, lines(5000))))[: len(heard)]


def test_a_damaged_gzip_is_read_to_the_damage(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(lines(50_000)))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = bytes(200)
    log = CandumpLog(written(tmp_path, bytes(packed)), chunk_bytes=1000)
    assert read_all(log)
    assert log.counters["cut_gzip"] == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\n\n \n", "is empty"),
        (bytes(range(256)) * 100, "is no candump log"),
        (b"***BUSMASTER Ver 2.4.0***\n***PROTOCOL CAN***\n", r"is no candump log \(line 1: '\*\*\*BUSMASTER"),
        (b"\x1f\x8bnot gzip at all", "cannot be unpacked"),
        (gzip.compress(b"", mtime=0), "is empty"),
    ],
    ids=["nothing", "blanks", "binary", "another program's log", "no gzip", "gzip of nothing"],
)
def test_a_file_without_a_frame_is_refused_at_once(tmp_path: Path, content: bytes, problem: str) -> None:
    file = written(tmp_path, content)
    with pytest.raises(ConfigError, match=problem) as caught:
        CandumpLog(file)
    assert caught.value.file == str(file)
    assert "candump -L" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "problem"), [("missing.log", "No such file"), (".", "Is a directory"), ("a.log/b.log", "Not a directory")]
)
def test_what_cannot_be_opened_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "a.log").write_bytes(lines(1))
    with pytest.raises(ConfigError, match=problem) as caught:
        CandumpLog(tmp_path / name)
    assert caught.value.file == str(tmp_path / name)
    assert caught.value.remedy


def test_a_file_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"/proc/self/mem: cannot be read: Input/output error"):
        CandumpLog(Path("/proc/self/mem"))


def test_a_disk_that_fails_midway_is_told_after_what_came_before(tmp_path: Path) -> None:
    file = written(tmp_path, lines(1000))
    log = CandumpLog(file, chunk_bytes=1000)
    [descriptor] = [int(link.name) for link in Path("/proc/self/fd").iterdir() if link.resolve() == file]
    folder = os.open(tmp_path, os.O_RDONLY)
    os.dup2(folder, descriptor)  # from now on, reading is an error
    os.close(folder)
    with pytest.raises(ConfigError, match=f"{file}: cannot be read: Is a directory"):
        read_all(log)
    assert 0 < log.counters["frames"] < 1000
    assert log.read(0.0) is None


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'printf "(1.0) can0 001#01\n(2.0) can0 002#" > "$0"', str(pipe)]):
        assert [frame.id for frame in read_all(CandumpLog(pipe))] == [1, 2]


def test_closing_ends_it_and_may_be_repeated(tmp_path: Path) -> None:
    log = CandumpLog(written(tmp_path, lines(1000)), chunk_bytes=1000)
    assert log.read(0.0) is not None
    log.close()
    log.close()
    assert log.read(0.0) is None


@given(heard=st.lists(frames(), min_size=1, max_size=30), chunk_bytes=st.integers(1, 400))
def test_what_was_written_is_read_but_for_time_going_back(
    tmp_path_factory: pytest.TempPathFactory, heard: list[Frame], chunk_bytes: int
) -> None:
    heard = sorted(heard, key=lambda frame: frame.time)
    file = tmp_path_factory.getbasetemp() / "round.log"
    file.write_bytes(format_frames(FrameBatch.of(heard)))
    assert read_all(CandumpLog(file, chunk_bytes=chunk_bytes)) == heard


GARBAGE = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.builds(lambda frame: format_frames(FrameBatch.of([frame])), frames()),
        st.builds(
            lambda frame, at, byte: format_frames(FrameBatch.of([frame]))[:at] + byte,
            frames(), st.integers(0, 200), st.binary(max_size=2),
        ),
    ),
    max_size=30,
).map(b"".join)  # fmt: skip


def survives(file: Path, content: bytes, chunk_bytes: int) -> None:
    file.write_bytes(content)
    try:
        log = CandumpLog(file, chunk_bytes=chunk_bytes)
    except ConfigError:
        return
    read_all(log)
    counted = log.counters
    texts = [text for text in content.split(b"\n") if text.strip()]
    if not content.startswith(b"\x1f\x8b"):
        assert counted["frames"] + counted["bad_line"] + counted["cut_line"] == len(texts)


@given(content=GARBAGE, chunk_bytes=st.integers(1, 300))
def test_no_bytes_are_fatal_and_time_goes_on(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, chunk_bytes: int
) -> None:
    survives(tmp_path_factory.getbasetemp() / "garbage.log", content, chunk_bytes)


@pytest.mark.fuzz
@given(content=GARBAGE, chunk_bytes=st.integers(1, 300), is_packed=st.booleans())
def test_no_bytes_are_fatal_and_time_goes_on_for_long(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, chunk_bytes: int, is_packed: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzz.log"
    survives(file, gzip.compress(content, 1) if is_packed else content, chunk_bytes)
