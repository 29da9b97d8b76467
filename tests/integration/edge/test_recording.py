"""record and replay, as the programs they are, on a multicast group of this machine; and the files they write."""

import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.bus.candump import format_frames
from edge.bus.candump_log import CandumpLog
from edge.errors import ConfigError
from edge.frames import ERROR, Frame, FrameBatch
from edge.recording import Files
from tests.programs import program, run
from tests.recorded import frames_of, wait_for

GROUP = "239.74.163.81"
PATIENCE_S = 60.0
COUNT = 500


@pytest.fixture
def bus() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"pythoncan:udp_multicast:{GROUP}?port={probe.getsockname()[1]}"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A second of a bus."""
    file = tmp_path / "drive.log"
    frames = [Frame(10**18 + row * 2_000_000, row % 0x800, row.to_bytes(4, "big")) for row in range(COUNT)]
    file.write_bytes(format_frames(FrameBatch.of(frames)))
    return file


@contextmanager
def recorder(bus: str, out: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A recorder that listens."""
    command = [program("telltale-edge"), "record", "--bus", bus, "--out", str(out), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            wait_for(
                lambda: bool(list(out.parent.glob(f"{out.stem}-*.log"))) or running.poll() is not None,
                patience_s=PATIENCE_S,
            )
            yield running
        finally:
            running.kill()


def test_what_is_replayed_is_recorded_with_its_spacing(bus: str, drive: Path, tmp_path: Path) -> None:
    with recorder(bus, tmp_path / "heard.log") as running:
        replayed = run("telltale-edge", "replay", str(drive), "--bus", bus)
        assert replayed.status == 0, replayed.err
        heard = tmp_path / "heard-0001.log"
        wait_for(lambda: heard.read_bytes().count(b"\n") >= COUNT, patience_s=PATIENCE_S)
        running.send_signal(signal.SIGINT)
        account, _ = running.communicate(timeout=PATIENCE_S)
    assert running.returncode == 0
    assert f"recorded{COUNT:>28}" in account
    recorded, wanted = frames_of(heard), frames_of(drive)
    assert [(frame.id, frame.payload, frame.flags) for frame in recorded] == [
        (frame.id, frame.payload, frame.flags) for frame in wanted
    ]
    assert recorded[-1].time - recorded[0].time > 0.9 * (wanted[-1].time - wanted[0].time)
    assert abs(recorded[0].time - time.time_ns()) < PATIENCE_S * 1e9  # by the wall clock


def test_what_a_controller_said_is_not_sent(bus: str, tmp_path: Path) -> None:
    drive = tmp_path / "drive.log"
    frames = [Frame(10**18, 1, b"\1"), Frame(10**18, 4, b"\0\1", flags=ERROR), Frame(10**18 + 1, 2, b"\2")]
    drive.write_bytes(format_frames(FrameBatch.of(frames)))
    with recorder(bus, tmp_path / "heard.log") as running:
        replayed = run("telltale-edge", "replay", str(drive), "--bus", bus)
        wait_for(lambda: (tmp_path / "heard-0001.log").read_bytes().count(b"\n") >= 2, patience_s=PATIENCE_S)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PATIENCE_S)
    assert "log_error_frames_left_out" in replayed.out
    assert [frame.id for frame in frames_of(tmp_path / "heard-0001.log")] == [1, 2]


def test_a_recorder_that_is_killed_leaves_whole_lines(bus: str, drive: Path, tmp_path: Path) -> None:
    endless = [program("telltale-edge"), "replay", str(drive), "--bus", bus, "--speed", "max", "--loop"]
    with recorder(bus, tmp_path / "heard.log", "--file-mib", "0.02", "--keep", "3") as running:
        with subprocess.Popen(endless, stdout=subprocess.DEVNULL) as sender:
            wait_for((tmp_path / "heard-0006.log").exists, patience_s=PATIENCE_S)
            running.kill()
            sender.send_signal(signal.SIGTERM)
            assert sender.wait(PATIENCE_S) == 0
        running.wait(PATIENCE_S)
    files = sorted(tmp_path.glob("heard-*.log"))
    assert len(files) == 3
    for file in files[:-1]:
        with closing(CandumpLog(file)) as log:
            while log.read(0.0) is not None:
                pass
            assert log.counters["bad_line"] == log.counters["cut_line"] == 0


def batch(first: int, count: int) -> FrameBatch:
    return FrameBatch.of(
        [Frame(10**18 + row, row % 0x800, row.to_bytes(8, "big")) for row in range(first, first + count)]
    )


def test_files_follow_each_other_and_none_is_written_over(tmp_path: Path) -> None:
    for begin in (0, 100):
        with closing(Files(tmp_path / "a.log", limit=2000, keep=0)) as files:
            for first in range(begin, begin + 100, 10):
                files.write(batch(first, 10))
            assert files.counters == {"recorded": 100, "files": 3, "disk_failed": 0, "files_removed": 0}
    there = sorted(tmp_path.glob("a-*.log"))
    assert [file.name for file in there] == [f"a-000{number}.log" for number in range(1, 7)]
    assert all(file.stat().st_size <= 2000 for file in there)
    assert [int.from_bytes(frame.payload, "big") for frame in frames_of(*there)] == list(range(200))


def test_a_disk_that_fills_costs_counted_frames_and_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By a limit of the process on the size of a file: the kernel then writes a part, and refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(Files(tmp_path / "a.log", limit=10**6, keep=0)) as files:
        files.write(batch(0, 10))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (700, before[1]))
            files.write(batch(10, 10))
            files.write(batch(20, 10))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        files.write(batch(30, 10))
        assert files.counters == {"recorded": 20, "files": 1, "disk_failed": 20, "files_removed": 0}
    numbers = [int.from_bytes(frame.payload, "big") for frame in frames_of(tmp_path / "a-0001.log")]
    assert numbers == [*range(10), *range(30, 40)]
    assert [record.getMessage().split(": ")[1][:10] for record in caplog.records] == ["frames are", "is written"]


@pytest.mark.parametrize("name", ["a.csv", "nowhere/a.log"])
def test_where_nothing_can_be_recorded(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=r"cannot be"):
        Files(tmp_path / name, limit=10, keep=0)


def test_a_log_is_no_live_bus(drive: Path, tmp_path: Path) -> None:
    done = run("telltale-edge", "record", "--bus", f"log:{drive}", "--out", str(tmp_path / "a.log"))
    assert done.status == 78
    assert "is no live bus. Name one, as can:can0" in done.err


def test_without_a_database_what_a_tester_was_answered_is_decoded_and_of_the_rest_it_is_told(tmp_path: Path) -> None:
    broadcast = "(1.0) can0 1A0#0011223344556677\n"
    answers = "(1.1) can0 7DF#02010C0000000000\n(1.2) can0 7E8#04410C1AF8AAAAAA\n(1.3) can0 7E8#03410D32AAAAAAAA\n"
    drive, rows = tmp_path / "drive.log", tmp_path / "rows.csv"
    drive.write_text(broadcast)
    refused = run("telltale-edge", "decode", drive, "--out", rows)
    assert (refused.status, rows.exists()) == (78, False)
    assert f"{drive}: nothing says what its frames mean. Give --dbc" in refused.err
    drive.write_text(broadcast + answers)
    assert run("telltale-edge", "decode", drive, "--out", rows).status == 0
    assert [line.split(",")[3:6] for line in rows.read_text().splitlines()[1:]] == [
        ["Vehicle.Powertrain.CombustionEngine.Speed", "1726.0", "rpm"],
        ["Vehicle.Speed", "50.0", "km/h"],
    ]
