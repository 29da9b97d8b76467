"""`telltale-edge simulate-fleet` with a real broker: what is said is heard once, whatever becomes of the broker."""

import argparse
import json
import re
import signal
import socket
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.cli_fleet import add_simulate_fleet
from edge.errors import ConfigError
from edge.wire.codec import Uplink
from edge.wire.messages import Trip
from edge.wire.topics import Kind
from tests.brokers import Mosquitto, free_port, mosquitto_binary
from tests.integration.cloud.service import serving
from tests.integration.link.acker import Acker
from tests.programs import Ended, program, run

DEADLINE_S = 60.0
COUNTED = ("queued", "sent", "again", "acknowledged", "waiting", "dropped")
MESSAGES = re.compile("messages +" + ", ".join(rf"([\d,]+) {name}" for name in COUNTED))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if mosquitto_binary() is None:
        pytest.skip("mosquitto is not installed")
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder) as running:
        yield running


def fleet(broker: str, *arguments: str | Path) -> Ended:
    ended = run("telltale-edge", "simulate-fleet", "--broker", broker, *arguments)
    assert ended.status == 0, ended.err
    return ended


@contextmanager
def driving(broker: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [program("telltale-edge"), "simulate-fleet", "--broker", broker, *arguments]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def counts(out: str) -> dict[str, int]:
    """Of the account at the end."""
    found = MESSAGES.findall(out)
    assert found, out
    return dict(zip(COUNTED, (int(number.replace(",", "")) for number in found[-1]), strict=True))


def whole_streams(uplinks: Iterator[Uplink] | list[Uplink]) -> dict[str, int]:
    """How many messages came in each stream; every number from 1 on, each once."""
    streams: dict[str, list[int]] = defaultdict(list)
    for one in uplinks:
        streams[one.stream].append(one.seq)
    for seqs in streams.values():
        assert sorted(seqs) == list(range(1, len(seqs) + 1))
    return {name: len(seqs) for name, seqs in streams.items()}


def test_all_that_vehicles_say_is_heard_once(tmp_path: Path, mosquitto: Mosquitto) -> None:
    truth = tmp_path / "truth.jsonl"
    story = ("--speed", "max", "--duration", "180", "--start", "20", "--faults", "1", "--pace", "200")
    with Acker(mosquitto.port) as cloud:
        ended = fleet(mosquitto.url, "--vehicles", "12", *story, "--fleet", "north", "--truth", truth)
        cloud.wait_until(lambda: len(cloud.online) >= 24)
        assert Counter(cloud.online) == {True: 12, False: 12}
        heard = cloud.delivered
        assert cloud.repeated() == 0
    told = counts(ended.out)
    assert told == {
        "queued": len(heard),
        "sent": len(heard),
        "again": 0,
        "acknowledged": len(heard),
        "waiting": 0,
        "dropped": 0,
    }
    assert sum(whole_streams(heard).values()) == len(heard)
    kinds = Counter(one.kind for one in heard)
    assert kinds.keys() >= {Kind.SUMMARY, Kind.HEALTH, Kind.TRIP, Kind.POSITION}
    for kind, count in kinds.items():
        assert f"{kind} {count}" in ended.out
    assert {(one.address.fleet, one.address.vehicle[:4]) for one in heard} == {("north", "sim-")}
    vehicles = {one.address.vehicle for one in heard}
    assert len(vehicles) == 12
    rows = [json.loads(line) for line in truth.read_text().splitlines()]
    assert {row["vehicle"] for row in rows} == vehicles, "a fault on each"
    assert set(rows[0]) == {"vehicle", "time", "fault", "onset", "severity", "failed", "failed_at"}
    last = max(one.observed_at for one in heard)
    assert abs(last.timestamp() - time.time()) < DEADLINE_S, "what was faster than life ends now"


def test_the_real_cloud_has_stored_exactly_what_was_sent(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with serving(tmp_path, "--broker", mosquitto.url) as cloud:
        story = ("--speed", "max", "--duration", "240", "--start", "10", "--fault", "battery@10x20")
        ended = fleet(mosquitto.url, "--vehicles", "20", *story, "--kind", "car")
        stored = cloud.get("/api/v1/counters")
        vehicles = cloud.get("/api/v1/vehicles?limit=200")["items"]
    told = counts(ended.out)
    assert told["queued"] > 100
    assert told["queued"] == told["sent"] == told["acknowledged"] == stored["messages_new"]
    assert not any(name.startswith("quarantine") for name in stored)
    assert len(vehicles) == 20
    assert {vehicle["presence"] for vehicle in vehicles} == {"offline"}, "each said goodbye"


def test_a_broker_that_dies_costs_no_message(mosquitto: Mosquitto) -> None:
    story = ("--speed", "40", "--duration", "480", "--start", "0", "--vehicles", "10", "--drain", "60")
    with Acker(mosquitto.port) as cloud, driving(mosquitto.url, *story) as child:
        cloud.wait_until(lambda: len(cloud.delivered) > 20)
        mosquitto.restart()
        out, err = child.communicate(timeout=3 * DEADLINE_S)
        assert child.returncode == 0, err
        streams = whole_streams(list(cloud.once().values()))
    told = counts(out)
    assert sum(streams.values()) == told["queued"] == told["acknowledged"] == told["sent"]
    assert (told["waiting"], told["dropped"]) == (0, 0)
    sessions = re.search(r"sessions +(\d+) made, (\d+) lost", out)
    assert sessions is not None
    assert (int(sessions[1]), int(sessions[2])) == (20, 10)
    assert err == "", "one line in the report, not one for each vehicle"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_within_seconds(mosquitto: Mosquitto, number: signal.Signals) -> None:
    with Acker(mosquitto.port) as cloud, driving(mosquitto.url, "--vehicles", "30", "--start", "0") as child:
        cloud.wait_until(lambda: cloud.online.count(True) >= 30)
        began_s = time.monotonic()
        child.send_signal(number)
        out, err = child.communicate(timeout=DEADLINE_S)
        took_s = time.monotonic() - began_s
        cloud.wait_until(lambda: cloud.online.count(False) >= 30)
        trips = [one.body for one in cloud.once().values() if isinstance(one.body, Trip)]
    assert (child.returncode, err) == (0, "")
    assert took_s < 10.0
    assert counts(out)["waiting"] == 0
    assert {trip.ended_by for trip in trips} == {"shutdown"}


def test_without_a_cloud_it_waits_and_sends_no_more_than_the_windows_hold(mosquitto: Mosquitto) -> None:
    story = ("--speed", "max", "--vehicles", "4", "--start", "0", "--summary", "10", "--position", "0", "--kind", "car")
    with driving(mosquitto.url, *story) as child:
        assert child.stdout is not None
        line = next(line for line in child.stdout if "waits for the cloud" in line)
        assert " 4 connected" in line
        child.terminate()
        out, _ = child.communicate(timeout=DEADLINE_S)
        assert child.returncode == 0
    told = counts(out)
    assert told["sent"] == 4 * 50, "records that are on their way"
    assert told["acknowledged"] == told["dropped"] == 0
    assert told["waiting"] == told["queued"] <= 4 * 130


def test_it_goes_on_without_a_broker_and_says_why() -> None:
    ended = fleet(
        f"mqtt://127.0.0.1:{free_port()}", "--vehicles", "3", "--start", "0", "--duration", "11", "--drain", "0"
    )
    assert re.search(r"0 connected; .*; 3 not connected: .*refused", ended.out)
    told = counts(ended.out)
    assert told["waiting"] == told["queued"] > 0
    assert told["sent"] == 0


def test_a_broker_that_never_answers_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
        with driving(url, "--vehicles", "50", "--start", "0") as child:
            silent.accept()[0].close()
            child.terminate()
            began_s = time.monotonic()
            out, err = child.communicate(timeout=DEADLINE_S)
            assert (child.returncode, err) == (0, "")
    assert time.monotonic() - began_s < 15.0
    assert "sessions     0 made" in out


def test_it_ends_when_nobody_reads_what_it_says() -> None:
    with driving(f"mqtt://127.0.0.1:{free_port()}", "--vehicles", "2", "--start", "0") as child:
        assert child.stdout is not None
        assert "2 vehicles" in child.stdout.readline()
        child.stdout.close()
        assert child.wait(DEADLINE_S) == 1
        assert child.stderr is not None
        assert child.stderr.read() == ""
        child.stdout = None  # it is closed, and nothing more is to be read


def order(*arguments: str) -> None:
    """The command, but in this process."""
    parser = argparse.ArgumentParser()
    add_simulate_fleet(parser.add_subparsers())
    options = parser.parse_args(["simulate-fleet", "--duration", "1", *arguments])
    options.command(options)


SOME = ("--vehicles", "3")
HERE = ("--broker", "mqtt://127.0.0.1:1")
WRONG = {
    "no vehicle": (["--vehicles", "0", *HERE], "0 is not from 1 to 10,000", "--vehicles"),
    "no broker": ([*SOME, "--broker", "http://here"], "'http://here' is no broker", "mqtt://host:1883"),
    "no such kind": ([*SOME, *HERE, "--kind", "boat"], "'boat'", "There is: car"),
    "no such fault": ([*SOME, *HERE, "--fault", "rust@5"], "'rust'", "There are"),
    "no such onset": ([*SOME, *HERE, "--fault", "tyre_leak@soon"], "'soon'", "tyre_leak@60"),
    "no such cycle": ([*SOME, *HERE, "--cycle", "moon"], "'moon'", "mountain"),
    "no such weather": ([*SOME, *HERE, "--weather", "lava"], "'lava'", "winter"),
    "no name": ([*SOME, *HERE, "--fleet", "a/b"], "'a/b' is no name", "--fleet"),
    "more than all": ([*SOME, *HERE, "--faults", "2"], "2.0 is not from 0.0 to 1.0", "--faults"),
    "no summary": ([*SOME, *HERE, "--summary", "0"], "0 is not from 1 to 86400", "--summary"),
    "no drain": ([*SOME, *HERE, "--drain", "nan"], "nan is not from 0 to 3600", "--drain"),
    "no folder": ([*SOME, *HERE, "--truth", "no/such/x.jsonl"], "no/such/x.jsonl", "Make the folder first"),
    "no password": ([*SOME, *HERE, "--password-file", "no/such"], "no/such", "password"),
    "no certificate": ([*SOME, "--broker", "mqtts://127.0.0.1:1", "--ca", "no/such"], "no/such", "PEM"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_is_refused_before_anything_starts(wrong: str) -> None:
    arguments, problem, remedy = WRONG[wrong]
    with pytest.raises(ConfigError) as caught:
        order(*arguments)
    assert problem in str(caught.value)
    assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_program_says_so_in_one_line_and_exits_with_78() -> None:
    ended = run("telltale-edge", "simulate-fleet", *SOME, *HERE, "--kind", "boat")
    assert (ended.status, ended.out) == (78, "")
    assert re.fullmatch(r"telltale-edge: [^\n]*'boat'[^\n]*\n", ended.err)


def test_help_names_every_option() -> None:
    text = run("telltale-edge", "simulate-fleet", "--help").out
    options = set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))
    wanted = "vehicles broker fleet kind cycle seed speed duration faults fault truth start"
    assert {f"--{name}" for name in wanted.split()} <= options
