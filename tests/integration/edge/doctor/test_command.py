"""`telltale-edge doctor` as a person runs it: with a daemon, without one, and with a configuration that cannot be."""

import json
import os
import pwd
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.in_memory import folder_in_memory
from tests.programs import Ended, program, run
from tests.waiting import wait_until

CONFIG = """
profile = "telltale-car"
[[bus]]
source = "sim:car?seed=7"
[state]
directory = "STATE"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(CONFIG.replace("STATE", str(tmp_path / "state")))
    return file


@contextmanager
def daemon(config: Path) -> Iterator[Path]:
    """Its status folder, once it tells something."""
    with folder_in_memory() as status:
        command = [program("telltale-edge"), "run", "--config", str(config), "--status", str(status)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until((status / "status.json").exists, "the daemon tells something", within_s=60.0)
            yield status
        finally:
            child.terminate()
            child.wait(timeout=60)


def doctor(*options: str | Path) -> Ended:
    return run("telltale-edge", "doctor", "--listen", "0.5", *options)


def checks(ended: Ended) -> dict[str, dict[str, Any]]:
    told = json.loads(ended.out)
    assert told["schema"] == "doctor/1"
    assert told["exit_status"] == ended.status
    return {one["id"]: one for one in told["checks"]}


def test_beside_a_daemon_it_needs_not_be_told_the_configuration(config: Path) -> None:
    with daemon(config) as status:
        ended = doctor("--json", "--status", status)
    found = checks(ended)
    assert ended.status == 0, ended
    assert found["config"]["seen"].startswith(f"{config}: 1 bus, profile telltale-car")
    assert found["daemon"]["result"] == "well"
    assert found["broker"]["seen"] == "no broker is configured, so nothing leaves the vehicle"


def test_without_a_daemon_that_is_what_is_wrong(config: Path, tmp_path: Path) -> None:
    ended = doctor("--config", config, "--status", tmp_path)
    assert (ended.status, ended.err) == (4, "")
    assert ended.out.startswith("1 THING WRONG")
    assert "✗ daemon: no daemon runs" in ended.out
    assert "journalctl -u telltale-edge" in ended.out


def test_a_configuration_that_cannot_be(config: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]\n")
    config.write_text(config.read_text() + '[detect]\nrules = ["rules.toml"]\n')
    ended = doctor("--json", "--config", config, "--status", tmp_path)
    found = checks(ended)
    assert ended.status == 78
    assert found["config"]["result"] == "wrong"
    assert "rules.toml: is not TOML" in found["config"]["seen"], "all that the daemon would load is loaded"
    assert found["daemon"]["because"] == "config"
    assert doctor("--config", tmp_path / "none.toml").status == 78


def test_a_bundle_lies_beside(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "box.tar.gz"
    ended = doctor("--config", config, "--status", tmp_path, "--bundle", file)
    assert (ended.status, f"written: {file}" in ended.err) == (4, True)
    with tarfile.open(file) as archive:
        assert "telltale-doctor/doctor.json" in archive.getnames()
    refused = doctor("--config", config, "--status", tmp_path, "--bundle", tmp_path / "no" / "box.tar.gz")
    assert refused.status == 1
    assert "cannot be written" in refused.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_who_may_not_read_the_configuration_is_told_to_be_root(config: Path, tmp_path: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    config.chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    command = [program("telltale-edge"), "doctor", "--config", str(config), "--listen", "0.5", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[],
        timeout=120,
    )  # fmt: skip
    if done.returncode == 126 or "Permission denied: '/root" in done.stderr:
        pytest.skip("nobody may not even run the tests' Python")
    told = {one["id"]: one for one in json.loads(done.stdout)["checks"]}
    assert (done.returncode, told["config"]["result"]) == (78, "wrong")
    assert told["config"]["remedy"].startswith("sudo telltale-edge doctor")


@pytest.mark.parametrize("seconds", ["0", "16", "nan", "long"])
def test_how_long_it_listens_is_bounded(seconds: str) -> None:
    ended = run("telltale-edge", "doctor", "--listen", seconds)
    assert ended.status == 2
    assert "write 0.5 to 15 seconds" in ended.err
