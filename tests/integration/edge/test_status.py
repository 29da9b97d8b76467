"""`telltale-edge status` beside a real daemon: one that is well, one that is not, one that was killed or hangs."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from edge.bus.sink import open_sink
from edge.cli_status import EXIT_NO_DAEMON, EXIT_WRONG
from edge.frames import Frame, FrameBatch
from edge.status.place import NAME
from tests.brokers import Mosquitto
from tests.buses import bus_of_nobody
from tests.in_memory import folder_in_memory
from tests.integration.edge.test_failing_disk import a_cloud
from tests.programs import Ended, listening, program, run
from tests.small_disks import fill, free_up, small_disk
from tests.waiting import wait_until

CAR = "sim:car?fault=coolant_leak@5&seed=7&skip=300"
SECRET = "sesame-open"  # of nobody


@pytest.fixture
def place() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


def status(place: Path, *options: str) -> Ended:
    return run("telltale-edge", "status", "--status", place, *options)


def told(place: Path) -> dict[str, Any]:
    """The file; empty while there is none."""
    try:
        raw: dict[str, Any] = json.loads((place / NAME).read_bytes())
    except FileNotFoundError:
        return {}
    return raw


@contextmanager
def a_daemon(place: Path, *options: str | Path, source: str = CAR) -> Iterator["subprocess.Popen[str]"]:
    """That has judged something, and told it."""
    given = ("--bus", source, "--profile", "telltale-car", "--voice", "none", "--status", place, *options)
    with listening(*given) as child:
        wait_until(lambda: bool((told(place).get("signals") or {}).get("heard")), "a status with signals")
        yield child


def test_a_daemon_that_is_well(place: Path) -> None:
    with a_daemon(place) as child:
        well = status(place)
        assert (well.status, well.err) == (0, "")
        assert "ALL IS WELL" in well.out
        assert "sim:car" in well.out
        printed = status(place, "--json")
        assert printed.status == 0
        raw = json.loads(printed.out)
        assert raw["age_s"] < 10.0
        assert raw["schema"] == "status/1"
        assert raw["written"]["pid"] == child.pid
        assert raw["link"] is raw["outbox"] is None
        assert raw["buses"][0]["frames_per_s"] > 100
        assert raw["rules"]["armed"] > 10
        wait_until(lambda: told(place)["written"]["boot_s"] > raw["written"]["boot_s"], "it is written anew")
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)
        assert child.returncode == 0
    assert not (place / NAME).exists(), "who ends takes it away"
    ended = status(place)
    assert ended.status == EXIT_NO_DAEMON
    assert f"no daemon runs here: there is no {place}/{NAME}" in ended.err


def test_a_killed_daemon_leaves_a_file_that_says_how_old_it_is(place: Path) -> None:
    with a_daemon(place) as child:
        child.kill()
        child.wait()
        raw = told(place)
        raw["written"]["boot_s"] -= 20.0  # instead of waiting for so long
        raw["written"]["at"] = "2099-01-01T00:00:00Z"
        (place / NAME).write_text(json.dumps(raw))
        for options in ((), ("--json",)):
            left = status(place, *options)
            assert left.status == EXIT_NO_DAEMON
            assert "no daemon runs: the last one told something 2" in left.err
            assert "its process is gone" in left.err
        with a_daemon(place):
            assert status(place).status == 0, "the next one writes there again"


def test_a_daemon_that_hangs_is_told_from_one_that_is_gone(place: Path) -> None:
    with a_daemon(place) as child:
        child.send_signal(signal.SIGSTOP)
        raw = told(place)
        raw["written"]["boot_s"] -= 20.0  # instead of waiting for so long
        (place / NAME).write_text(json.dumps(raw))
        hangs = status(place)
        assert hangs.status == EXIT_NO_DAEMON
        assert f"the daemon hangs: its process {child.pid} is there" in hangs.err
        child.send_signal(signal.SIGCONT)
        wait_until(lambda: status(place).status == 0, "it goes on")


def test_what_is_wrong_stands_first_and_is_the_status(place: Path) -> None:
    with a_daemon(place, "--broker", "mqtt://user:" + SECRET + "@127.0.0.1:9", "--state", place / "state"):
        wait_until(lambda: "refused" in (told(place)["link"]["trouble"] or ""), "the link is refused")
        wrong = status(place)
        assert wrong.status == EXIT_WRONG
        first = wrong.out.split("\n\n")[1].splitlines()
        assert first[0] == "1 THING WRONG"
        assert first[1].startswith("✗ no connection to 127.0.0.1:9: ")
        assert first[2].startswith("    > Check network")
        assert SECRET not in (place / NAME).read_text() + wrong.out


def test_what_the_outbox_and_the_link_say(place: Path, tmp_path: Path) -> None:
    """Through a real broker, to a cloud that acknowledges."""
    with Mosquitto(tmp_path) as broker, a_cloud(broker):
        state = ("--broker", broker.url, "--state", tmp_path / "state", "--summary", "1")
        with a_daemon(place, *state, source=f"{CAR}&cycle=commute"):
            wait_until(lambda: told(place)["link"]["acknowledged_ago_s"] is not None, "the cloud has something")
            link, outbox = told(place)["link"], told(place)["outbox"]
            assert (link["connected"], link["trouble"], link["network"]) == (True, None, "lo")
            assert link["broker"] == f"127.0.0.1:{broker.port}"
            assert 0.0 <= link["acknowledged_ago_s"] <= link["up_s"] + 1.0
            assert outbox["bytes"] == sum(one["bytes"] for one in outbox["waiting"])
            assert told(place)["written_bytes"]["outbox"] is not None
            assert status(place).status == 0


def test_the_configuration_and_what_is_learned_from_it_is_told(place: Path, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        f'profile = "telltale-car"\n[vehicle]\nfleet = "depot"\nid = "van-7"\n[cab]\nvoice = "none"\n'
        f'[[bus]]\nsource = "{CAR}"\n[status]\ndirectory = "{place}"\n[detect]\nmodels = ["coolant", "./broken"]\n'
    )
    (tmp_path / "broken").mkdir()
    with listening("--config", config):
        wait_until(lambda: bool((told(place).get("rules") or {}).get("armed")), "rules are armed")
        shown = status(place)
        raw = told(place)
    assert shown.status == EXIT_WRONG
    assert "detector broken is switched off" in shown.out
    assert raw["daemon"]["config"] == str(config)
    assert (raw["daemon"]["fleet"], raw["daemon"]["vehicle"]) == ("depot", "van-7")
    assert {one["name"]: one["state"] for one in raw["models"]} == {"coolant": "running", "broken": "off"}


def test_status_can_be_switched_off(place: Path, tmp_path: Path) -> None:
    config = tmp_path / "edge.toml"
    source = "sim:car?duration=3"
    config.write_text(f'[[bus]]\nsource = "{source}"\n[status]\nenabled = false\ndirectory = "{place}"\n')
    ended = run("telltale-edge", "run", "--config", config)
    assert ended.status == 0
    assert list(place.iterdir()) == []


def test_a_disk_is_not_worn_out_for_it(tmp_path: Path) -> None:
    with small_disk("ext4", tmp_path, 24) as disk:
        ended = run("telltale-edge", "run", "--bus", "sim:car?duration=3", "--status", disk / "run")
        assert ended.status == 0
        assert ended.err.count("no status is told") == 1
        assert "is on a disk" in ended.err
        assert not (disk / "run" / NAME).exists()


def test_a_full_folder_disturbs_nobody_but_the_status(tmp_path: Path) -> None:
    with small_disk("tmpfs", tmp_path, 4) as disk, a_daemon(disk) as child:
        fill(disk)
        before = told(disk)["written"]["boot_s"]
        assert child.stderr is not None
        said = next(line for line in child.stderr if "cannot be written" in line)
        assert "No space left on device; tried again every second" in said
        free_up(disk)
        wait_until(lambda: told(disk)["written"]["boot_s"] > before + 0.5, "it is written again")
        assert told(disk)["own"]["writes_failed"] >= 1
        assert told(disk)["daemon"]["judged_ago_s"] < 5.0


def test_while_the_disk_keeps_who_judges_waiting_the_status_goes_on_and_says_so(place: Path, tmp_path: Path) -> None:
    """Another program has the outbox's file, so a commit waits, and with it whoever judges."""
    state = ("--broker", "mqtt://127.0.0.1:9", "--state", tmp_path / "state", "--summary", "1")
    with (
        a_daemon(place, *state),
        closing(sqlite3.connect(tmp_path / "state" / "outbox.db", isolation_level=None)) as db,
    ):
        db.execute("BEGIN IMMEDIATE")
        seen = set[float]()

        def is_stuck() -> bool:
            raw = told(place)
            seen.add(raw["written"]["boot_s"])
            return bool(raw["daemon"]["judged_ago_s"] > 1.5 and raw["outbox"]["as_of_s"] > 1.5)

        wait_until(is_stuck, "nobody judges, and the outbox answers nobody")
        stuck_since_s = max(seen) - 1.5
        assert len([at for at in seen if at > stuck_since_s - 0.5]) >= 2, "it is written anew meanwhile"
        db.execute("ROLLBACK")
        wait_until(lambda: told(place)["daemon"]["judged_ago_s"] < 0.5, "it goes on")
        wait_until(lambda: told(place)["outbox"]["as_of_s"] < 0.5, "so does the outbox")


def test_diagnostics_and_models_that_learn_say_how_they_are(place: Path, tmp_path: Path, small_sensors: Path) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(
        f'[[bus]]\nsource = "{bus_of_nobody()}"\nask = "obd"\nbitrate = 500000\n[cab]\nvoice = "none"\n'
        f'[detect]\nmodels = ["{small_sensors}"]\n[state]\ndirectory = "state"\n[status]\ndirectory = "{place}"\n'
    )
    with listening("--config", config):
        wait_until(lambda: bool(told(place)) and told(place)["models"] != [], "a status with models")
        wait_until(lambda: told(place)["diagnostics"][0]["silent_because"] == "nothing_heard", "why nothing is asked")
        raw, shown = told(place), status(place)
    [model] = raw["models"]
    assert model["state"] == "learning"
    assert "0.00 of" in model["reason"]
    assert raw["buses"][0]["load_percent"] == 0.0
    said = " ".join(shown.out.split())
    assert "silent: nothing heard" in said
    assert "learning, " in said


def test_another_user_may_look(place: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    place.chmod(0o755)
    with a_daemon(place):
        shown = subprocess.run(
            [program("telltale-edge"), "status", "--status", place],
            capture_output=True, text=True, timeout=60, check=False, user=65534, group=65534, extra_groups=[],
        )  # fmt: skip
    if "Permission denied" in shown.stderr and str(place) not in shown.stderr:
        pytest.skip("the program itself is where nobody else may look")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "ALL IS WELL" in shown.stdout


COLUMNS = (
    *("time", "Vehicle.Speed", "Vehicle.CurrentLocation.Latitude", "Vehicle.CurrentLocation.Longitude"),
    "Vehicle.Exterior.AirTemperature",
)
NEEDLES = ("87.31", "48.137", "11.575")


@pytest.mark.parametrize("private", [False, True])
def test_in_private_mode_nothing_says_where_or_how_is_driven_and_a_place_is_never_told(
    place: Path, tmp_path: Path, private: bool
) -> None:
    rows = "".join(
        f"{1_700_000_000 + second},87.31,48.137{second % 7},11.575{second % 7},21.5\n" for second in range(900)
    )
    (tmp_path / "drive.csv").write_text(",".join(COLUMNS) + "\n" + rows)
    config = tmp_path / "edge.toml"
    hours = '[private]\nhours = [{ days = "mon-sun" }]\n' if private else ""
    config.write_text(
        f'[[bus]]\nsource = "table:drive.csv"\n{hours}[cab]\nvoice = "none"\n[status]\ndirectory = "{place}"\n'
    )
    with listening("--config", config):
        wait_until(lambda: bool((told(place).get("signals") or {}).get("heard")), "a status with signals")
        wait_until(lambda: (told(place)["daemon"]["private"] is True) is private, "the mode is known")
        raw, shown = (place / NAME).read_text(), status(place)
    assert [needle for needle in NEEDLES if needle in raw + shown.out] == ([] if private else ["87.31"])
    assert '"value":21.5' in raw
    assert ("private mode" in shown.out) is private


def test_a_live_bus_is_silent_until_something_is_heard(place: Path) -> None:
    bus = bus_of_nobody()
    with listening("--bus", bus, "--voice", "none", "--status", place):
        wait_until(lambda: bool(told(place)), "a status")
        assert told(place)["buses"][0]["heard_ago_s"] is None
        assert told(place)["daemon"]["is_live"] is True
        with closing(open_sink(bus)) as sink:
            sink.send(FrameBatch.of([Frame(0, 0x123, b"\x01")] * 5))
            wait_until(lambda: told(place)["buses"][0]["heard_ago_s"] is not None, "it is heard")
        wait_until(lambda: told(place)["understood"]["most_unknown"] != [], "frames are counted")
        assert told(place)["buses"][0]["known_percent"] == 0.0


def test_a_second_daemon_does_not_write_over_the_first(place: Path) -> None:
    with a_daemon(place) as first:
        second = run("telltale-edge", "run", "--bus", "sim:car?duration=3", "--status", place)
        assert second.status == 0
        assert "another daemon tells its status there" in second.err
        assert told(place)["written"]["pid"] == first.pid


def test_whoever_reads_beside_it_never_has_half_of_it(place: Path) -> None:
    with a_daemon(place):
        seen = set[float]()
        while len(seen) < 4:
            with suppress(KeyError):
                seen.add(json.loads((place / NAME).read_bytes())["written"]["boot_s"])
