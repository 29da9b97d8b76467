"""`telltale-edge setup` with an adapter on a serial line, and with somebody who types."""

import importlib.util
import os
import pty
import select
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from edge.simulator.elm327 import Defect, Elm327
from edge.simulator.simulation import Simulation
from tests.elm327 import OnTheRoad, PluggedIn, plugged_in
from tests.programs import program, run

PATIENCE_S: Final = 120.0
needs_obd = pytest.mark.skipif(importlib.util.find_spec("obd") is None, reason="python-OBD is not installed")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def adapter() -> Iterator[PluggedIn]:
    """A car that is charged."""
    car = Simulation(vehicle="car", seed=3, skip_s=60)
    with plugged_in(Elm327(OnTheRoad(car), volts=lambda: 13.9)) as adapter:
        yield adapter


def config_of(root: Path) -> Path:
    return root / "etc" / "telltale" / "edge.toml"


@needs_obd
def test_a_vehicle_behind_an_adapter_is_asked_what_it_has(adapter: PluggedIn, root: Path) -> None:
    done = run("telltale-edge", "setup", "--yes", "--root", root, "--bus", f"elm327:{adapter.path}?protocol=6")
    assert done.status == 0, done.err
    assert "ELM327 v1.5 answers at 38400 baud" in done.out
    assert "control units that answer: 7E8" in done.out
    assert "values that are asked for: " in done.out
    config = tomllib.loads(config_of(root).read_text())
    [bus] = config["bus"]
    assert bus == {"source": f"elm327:{adapter.path}?protocol=6&baud=38400", "ask": "obd"}
    assert config["detect"]["rules"] == ["obd"]


def test_an_adapter_that_says_nothing_is_told_and_nothing_is_written(root: Path) -> None:
    silent = Elm327(OnTheRoad(Simulation(vehicle="car", seed=3)), defect=Defect.SILENT)
    with plugged_in(silent) as adapter:
        done = run("telltale-edge", "setup", "--yes", "--root", root, "--bus", f"elm327:{adapter.path}")
    assert (done.status, "no ELM327 answers" in done.err) == (1, True), done.err
    assert not config_of(root).exists()


def typed_into(arguments: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """Run a program on a terminal; what is typed at each question, as long as it asks."""
    own, its = pty.openpty()
    child = subprocess.Popen(arguments, stdin=its, stdout=its, stderr=its, close_fds=True)
    os.close(its)
    screen, asked, until_s = "", 0, time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < until_s:
            if select.select([own], [], [], 0.2)[0]:
                try:
                    screen += os.read(own, 4096).decode("utf-8", "replace")
                except OSError:  # the program has ended, and its terminal with it
                    break
            for question, answer in answers.items():
                if (place := screen.find(question, asked)) >= 0:
                    asked = place + len(question)
                    os.write(own, f"{answer}\n".encode())
        return child.wait(timeout=PATIENCE_S), screen
    finally:
        child.kill()
        os.close(own)


def test_somebody_who_types_is_asked_little_and_is_believed(root: Path) -> None:
    config_of(root).parent.mkdir(parents=True)
    config_of(root).write_text("# mine\n")
    source = "pythoncan:udp_multicast:239.74.163.22?port=43999"
    command = [program("telltale-edge"), "setup", "--root", str(root), "--bus", source, "--profile", "telltale-car"]
    answers = {
        "Is there a loudspeaker? [y/N]": "n",
        "GPIO number of a red lamp (nothing: there is none):": "",
        "Write a new one? [Y/n]": "n",
    }
    status, screen = typed_into([*command, "--listen", "0.2"], answers)
    assert status == 1, screen
    assert "was left as it was. --config FILE writes another" in screen
    assert config_of(root).read_text() == "# mine\n"
    status, screen = typed_into([*command, "--listen", "0.2"], {**answers, "Write a new one? [Y/n]": "y"})
    assert status == 0, screen
    assert tomllib.loads(config_of(root).read_text())["profile"] == "telltale-car"
    for question in answers:
        assert screen.count(question) == 1
