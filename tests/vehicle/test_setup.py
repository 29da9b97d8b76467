"""`telltale-edge setup` beside a simulated vehicle: from nothing to a daemon that is well, without a person."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.in_memory import folder_in_memory
from tests.programs import Ended, listening, run
from tests.vehicle.clients import HAS_VCAN, Wire

MASKED = re.compile(r"[A-Z0-9]{3}·{10}[A-Z0-9]{4}")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The root of an image, so that nothing of this machine is written."""
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def set_up(root: Path, *options: str | Path) -> Ended:
    state = root.parent / "state"
    return run("telltale-edge", "setup", "--yes", "--root", root, "--state", state, *options)


def config_of(root: Path) -> Path:
    return root / "etc" / "telltale" / "edge.toml"


def test_from_nothing_to_a_daemon_that_is_well(wire: Wire, root: Path) -> None:
    with wire.vehicle("car", "--seed", "3", "--skip", "60"):
        done = set_up(root, "--bus", wire.spec, "--ask", "obd", "--json")
        assert done.status == 0, done.err
        found = json.loads(done.out)
        assert (found["schema"], found["source"], found["profile"], found["ask"]) == (
            "setup/1", wire.spec, "telltale-car", "obd",
        )  # fmt: skip
        assert MASKED.fullmatch(found["vin"])
        assert {"pid 0C", "pid 0D"} <= set(found["pids"])
        assert "Vehicle.Speed" in found["heard"]
        assert found["verdict"].startswith("unknown: the daemon was not started (an image")
        assert [line for line in done.err.splitlines() if line[0].isdecimal()] == [
            "1. Interfaces and adapters",
            "2. Bit rate, by listening alone",
            "3. What is on the bus",
            "4. Who the vehicle is",
            "5. The cab",
            "6. The cloud",
            "7. The configuration",
            "8. The daemon",
            "9. What this vehicle gives",
        ]
        with folder_in_memory() as memory, listening("--config", config_of(root), "--status", memory):
            again = run("telltale-edge", "setup", "--report", "--config", config_of(root), "--status", memory, "--json")
            well = json.loads(again.out)
            assert (again.status, well["verdict"]) == (0, "healthy"), again.err
            assert {"Vehicle.Speed", "Vehicle.LowVoltageBattery.CurrentVoltage"} <= set(well["heard"])
            assert "coolant_overheating" in well["armed"]
    assert not set(well["armed"]) & {one["rule"] for one in well["unarmed"]}


def test_a_truck_is_known_by_what_it_says_and_asked_in_its_own_way(root: Path) -> None:
    wire = Wire("vcan1")
    with wire.vehicle("truck", "--seed", "3", "--skip", "60"):
        done = set_up(root, "--bus", wire.spec, "--ask", "j1939")
    assert done.status == 0, done.err
    assert "speaks J1939" in done.out
    assert MASKED.search(done.out)
    config = tomllib.loads(config_of(root).read_text())
    assert (config["profile"], config["bus"][0]["ask"]) == ("telltale-truck", "j1939")


def test_a_silent_bus_is_never_asked_and_said_to_be_silent(root: Path) -> None:
    wire = Wire("vcan1")
    with wire.bus() as ear:
        done = set_up(root, "--bus", wire.spec, "--ask", "obd", "--listen", "1", "--json")
        assert ear.recv(timeout=0) is None
    assert done.status == 0, done.err
    told = json.loads(done.out)
    assert (told["ask"], told["profile"], told["heard"], told["armed"]) == ("nothing", None, [], [])
    assert any("--silent-connector" in one for one in told["blocked"])
    assert tomllib.loads(config_of(root).read_text())["bus"][0]["ask"] == "nothing"


def test_a_configuration_of_before_is_kept_and_said(wire: Wire, root: Path) -> None:
    config_of(root).parent.mkdir(parents=True)
    config_of(root).write_text("# mine\n")
    done = set_up(root, "--bus", wire.spec, "--profile", "telltale-ev", "--listen", "0.5")
    assert done.status == 0, done.err
    assert "is there already; it is kept under another name" in done.out
    [kept] = [file for file in config_of(root).parent.iterdir() if file.name != "edge.toml"]
    assert kept.read_text() == "# mine\n"
    assert kept.name in done.out
    assert tomllib.loads(config_of(root).read_text())["profile"] == "telltale-ev"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bus", "can:nothere0"), "there is no such CAN interface"),
        (("--bus", "log:drive.log"), "is no vehicle that is there now"),
        (("--bus", "{bus}", "--profile", "bicycle"), "no profile is called 'bicycle'"),
        (("--bus", "{bus}", "--cloud", "https://cloud.example"), "--code CODE"),
        (("--bus", "{bus}", "--cloud", "https://cloud.example", "--code", "ABC"), "a code has"),
        (("--bus", "{bus}", "--lamp", "99"), "is no GPIO number"),
    ],
)
def test_an_answer_that_is_missing_or_cannot_be_is_told_with_its_flag(
    options: tuple[str, ...], words: str, wire: Wire, root: Path
) -> None:
    told = [option.format(bus=wire.spec) for option in options]
    done = set_up(root, "--listen", "0.2", *told)
    assert (done.status, words in done.err) == (78, True), done.err
    assert not config_of(root).exists()


@pytest.mark.skipif(not HAS_VCAN, reason="no vcan here")
def test_of_several_interfaces_one_has_to_be_named(root: Path) -> None:
    done = set_up(root)
    assert (done.status, "--bus: Which one is at the vehicle? can:vcan0, can:vcan1" in done.err) == (78, True)
