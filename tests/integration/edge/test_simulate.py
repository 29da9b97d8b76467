"""`telltale-edge simulate` as a person uses it: files, tables, several vehicles, and a tester on a live bus."""

import argparse
import csv
import json
import re
import resource
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow.parquet  # type: ignore[import-untyped]  # pyarrow ships no types
import pytest

from edge.bus.candump_log import CandumpLog
from edge.bus.port import SteadyPort, open_port
from edge.cli_simulate import add_simulate
from edge.errors import ConfigError, EdgeError
from edge.frames import Frame, FrameBatch
from edge.simulate import Simulated, simulate
from edge.simulator.kinds import KINDS
from tests.programs import Ended, program, run

GROUP = "239.74.163.22"
DEADLINE_S = 30.0


def simulated(*arguments: str | Path) -> Ended:
    ended = run("telltale-edge", "simulate", *arguments)
    assert ended.status == 0, ended.err
    return ended


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_help_lists_every_vehicle_cycle_weather_and_fault() -> None:
    text = simulated("--help").out
    for name in (*KINDS, *(fault for kind in KINDS.values() for fault in kind.faults), "mountain", "winter"):
        assert re.search(rf"^  {re.escape(name)} ", text, re.MULTILINE), name
    controls = {fault.name for kind in KINDS.values() for fault in kind.faults.values() if fault.control}
    marked = set(re.findall(r"^  (\w+) +\(healthy but odd\)", text, re.MULTILINE))
    assert marked == controls


def test_a_table_has_ten_rows_a_second_and_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.parquet"):
        ended = simulated("--out", tmp_path / name, "--duration", "30", "--seed", "3", "--warm")
        assert re.fullmatch(r"\d+ rows of \d+ signals\n", ended.out)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    rows = rows_of(tmp_path / "a.csv")
    assert [float(row["time"]) for row in rows] == pytest.approx([number / 10 for number in range(300)])
    coolant = [float(row["Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"]) for row in rows]
    assert 60.0 < min(coolant) <= max(coolant) < 110.0
    table = pyarrow.parquet.read_table(tmp_path / "c.parquet")
    assert table.column_names == list(rows[0])
    assert table.schema.field("Vehicle.Speed").metadata == {b"unit": b"km/h"}
    assert table["Vehicle.Speed"].to_pylist() == pytest.approx(
        [float(row["Vehicle.Speed"]) for row in rows], abs=0.0051
    )


def test_a_table_and_a_log_tell_the_same_truth(tmp_path: Path) -> None:
    truths = []
    for name in ("drive.log", "drive.csv"):
        truth = tmp_path / f"{name}.jsonl"
        fault = ("--fault", "coolant_leak@10x5", "--truth", truth)
        simulated("--out", tmp_path / name, "--duration", "60", "--seed", "3", *fault)
        truths.append([json.loads(line) for line in truth.read_text().splitlines()])
    assert truths[0] == truths[1]
    assert [row["time"] for row in truths[0]] == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert truths[0][-1]["severity"] > truths[0][0]["severity"]


def test_where_it_drives_and_in_what_weather_makes_a_difference(tmp_path: Path) -> None:
    files = []
    for number, options in enumerate([(), ("--cycle", "motorway"), ("--weather", "winter"), ("--warm",)]):
        files.append(tmp_path / f"{number}.csv")
        simulated("--out", files[-1], "--duration", "60", *options)
    assert len({file.read_bytes() for file in files}) == len(files)


def test_several_vehicles_have_files_seeds_and_faults_of_their_own(tmp_path: Path) -> None:
    outs = [tmp_path / name for name in ("one.log", "two.log")]
    truths = [tmp_path / name for name in ("one.jsonl", "two.jsonl")]
    both = ("--fault", "tyre_leak@5", "--vehicle", "car", "--vehicle", "car-29bit", "--fault", "coolant_leak@7")
    files = ("--out", outs[0], "--out", outs[1], "--truth", truths[0], "--truth", truths[1])
    ended = simulated(*both, *files, "--seed", "4", "--duration", "20")
    assert re.fullmatch(rf"{outs[0]}: [\d,]+ frames\n{outs[1]}: [\d,]+ frames\n", ended.out)
    told = [{json.loads(line)["fault"] for line in file.read_text().splitlines()} for file in truths]
    assert told == [{"tyre_leak"}, {"tyre_leak", "coolant_leak"}]
    alone = tmp_path / "alone.log"
    simulated("--vehicle", "car", "--fault", "tyre_leak@5", "--seed", "4", "--duration", "20", "--out", alone)
    assert alone.read_bytes() == outs[0].read_bytes()
    assert outs[1].read_bytes() != outs[0].read_bytes()


def order(*arguments: str) -> None:
    """The command, but in this process."""
    parser = argparse.ArgumentParser()
    add_simulate(parser.add_subparsers())
    options = parser.parse_args(["simulate", "--duration", "1", *arguments])
    options.command(options)


CAR = ("--vehicle", "car")
WRONG = {
    "no such ending": (["--out", "x.xls"], "x.xls", ".log, .csv, .parquet"),
    "no folder": (["--out", "no/x.csv"], "no/x.csv", "Make the folder first"),
    "no folder for the truth": (["--out", "x.csv", "--truth", "no/x.jsonl"], "no/x.jsonl", "Make the folder first"),
    "no such vehicle": (["--out", "x.log", "--vehicle", "boat"], "'boat'", "car-j1979-2"),
    "no such fault": (["--out", "x.log", "--fault", "rust@5"], "'rust'", "coolant_leak"),
    "no such pace": (["--out", "x.csv", "--fault", "tyre_leak@1x1e9"], "'1e9'", "tyre_leak@60x500"),
    "a fault twice": (["--out", "x.csv", "--fault", "battery", "--fault", "battery@5"], "ordered twice", "once"),
    "no such cycle": (["--out", "x.csv", "--cycle", "moon"], "'moon'", "mountain"),
    "no such weather": (["--out", "x.log", "--weather", "hell"], "'hell'", "storm"),
    "no such seed": (["--out", "x.log", "--seed=-1"], "seed", "from 0 up"),
    "two into one": ([*CAR, *CAR, "--out", "x.log"], "1 times --out, but 2 times --vehicle", "as many"),
    "two into the same": ([*CAR, *CAR, "--out", "x.csv", "--out", "x.csv"], "x.csv: is named twice", "of its own"),
    "truth over frames": (["--out", "x.csv", "--truth", "x.csv"], "x.csv: is named twice", "of its own"),
    "a truth too many": (["--out", "x.csv", "--truth", "a", "--truth", "b"], "2 times --truth", "as many"),
    "a bus too many": (["--bus", "pythoncan:virtual:a", "--bus", "pythoncan:virtual:b"], "2 times --bus", "as many"),
    "a second bus that is none": ([*CAR, *CAR, "--bus", "pythoncan:virtual:a", "--bus", "x"], "x: nobody", "can:can0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_order_is_refused_and_leaves_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, problem, remedy = WRONG[case]
    with pytest.raises(ConfigError) as caught:
        order(*arguments)
    assert problem in str(caught.value)
    assert remedy in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_go_on_ends_all_and_leaves_nothing(tmp_path: Path) -> None:
    def wanted(name: str, duration_s: float) -> Simulated:
        return Simulated("car", [], seed=1, duration_s=duration_s, speed=None, out=tmp_path / name)

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, hard))
    try:
        with pytest.raises(EdgeError, match=r"large\.log: cannot be written: File too large"):
            simulate(wanted("small.csv", 5.0), wanted("large.log", 1e6))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ["log", "csv"])
def test_a_file_that_is_interrupted_has_what_was_written_until_then(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"drive.{ending}"
    with simulating("--out", out, "--duration", "100000", "--speed", "50", "--warm") as child:
        wait_for(lambda: any(tmp_path.iterdir()) and sum(file.stat().st_size for file in tmp_path.iterdir()) > 50_000)
        assert not out.exists()
        child.send_signal(signal.SIGINT)
        told, err = child.communicate(timeout=DEADLINE_S)
    assert (child.returncode, err) == (0, "")
    assert list(tmp_path.iterdir()) == [out]
    count = int(told.split()[0].replace(",", ""))
    if ending == "csv":
        assert len(rows_of(out)) == count
    else:
        with closing(CandumpLog(out)) as log:
            while log.read(0.0) is not None:
                pass
        assert log.counters["frames"] == count


@pytest.fixture
def port() -> int:
    """A free one; two runs of the tests at once must not hear each other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def bus(port: int) -> str:
    return f"pythoncan:udp_multicast:{GROUP}?port={port}"


@contextmanager
def simulating(*arguments: str | Path) -> Iterator["subprocess.Popen[str]"]:
    child = subprocess.Popen(
        [program("telltale-edge"), "simulate", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def answers(tester: SteadyPort, wait_s: float) -> list[Frame]:
    """What control units with 11-bit ids say within a while."""
    deadline_s = time.monotonic() + wait_s
    found: list[Frame] = []
    while (left_s := deadline_s - time.monotonic()) > 0.0:
        found += [frame for frame in tester.heard(left_s).frames() if 0x7E8 <= frame.id <= 0x7EF]
    return found


def ask(tester: SteadyPort, *payload: int) -> None:
    tester.send(FrameBatch.of([Frame(0, 0x7DF, bytes(payload).ljust(8, b"\0"))]))


def test_a_tester_on_a_live_bus_is_answered_at_once_and_the_account_tells_it(bus: str, port: int) -> None:
    with simulating("--bus", bus, "--seed", "3", "--warm") as child, closing(open_port(bus, patience_s=0.5)) as tester:
        wait_for(lambda: len(tester.heard(0.1)) > 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("@I", 0))
            for junk in (b"", b"hello", b"\x81\xa3dlc\xff"):
                stranger.sendto(junk, (GROUP, port))
        delays_s = []
        for _ in range(10):
            asked_s = time.monotonic()
            ask(tester, 2, 1, 0x0C)
            while not (heard := [frame for frame in tester.heard(1.0).frames() if frame.id == 0x7E8]):
                assert time.monotonic() < asked_s + DEADLINE_S
            delays_s.append(time.monotonic() - asked_s)
            assert heard[0].payload[:3] == b"\x04\x41\x0c"
            answers(tester, 0.1)
        child.send_signal(signal.SIGTERM)
        out, err = child.communicate(timeout=DEADLINE_S)
    assert (child.returncode, err) == (0, "")
    assert sorted(delays_s)[5] < 0.05, "ISO 15765-4: P2 is 50 ms"
    told = re.fullmatch(r"([\d,]+) frames, of them (\d+) answers to (\d+) frames of testers\n", out)
    assert told, out
    assert int(told[3]) == 10
    assert int(told[2]) >= 10


def test_two_vehicles_share_a_bus_and_both_answer(bus: str) -> None:
    pair = ("--vehicle", "car", "--vehicle", "car-29bit", "--warm", "--duration", "8", "--seed", "3")
    with simulating("--bus", bus, *pair) as child, closing(open_port(bus, patience_s=0.5)) as tester:
        wait_for(lambda: len(tester.heard(0.1)) > 0)
        ask(tester, 2, 1, 0)
        tester.send(FrameBatch.of([Frame(0, 0x18DB33F1, b"\x02\x01\x00\0\0\0\0\0", flags=1)]))
        heard: set[int] = set()

        def both_answered() -> bool:
            heard.update(tester.heard(0.05).id.tolist())
            return {0x7E8, 0x18DAF110} <= heard

        wait_for(both_answered)
        out, err = child.communicate(timeout=DEADLINE_S)
    assert (child.returncode, err) == (0, "")
    assert re.search(r"to 2 frames of testers", out)


def test_vehicles_on_buses_of_their_own_run_side_by_side(bus: str, port: int) -> None:
    buses = (bus, f"pythoncan:udp_multicast:{GROUP}?port={port + 1}")
    pair = ("--vehicle", "car", "--vehicle", "car", "--bus", buses[0], "--bus", buses[1])
    began_s = time.monotonic()
    ended = simulated(*pair, "--duration", "60", "--speed", "20")
    assert time.monotonic() - began_s < DEADLINE_S
    for name, line in zip(buses, ended.out.splitlines(), strict=True):
        told = re.fullmatch(rf"{re.escape(name)}: ([\d,]+) frames, of them 0 answers to 0 frames of testers", line)
        assert told
        assert int(told[1].replace(",", "")) > 10_000
