"""The repository itself: what lies at the top, what make and .ci do, and that they say what is missing."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.shared import ROOT

FOLDERS = {"edge", "cloud", "dbc", "models", "systemd", "tests"}
FILES = {"pyproject.toml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md"}
TARGETS = ["demo", "test", "coverage", "test-guest", "test-long", "fuzz", "bench", "lint", "lock", "help"]


def sh(*command: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def path_with(folder: Path, **programs: str) -> str:
    """A PATH of one folder: the ordinary tools, and `programs` in place of some; an empty body takes one away."""
    for name in ("awk", "cat", "cksum", "dirname", "env", "expand", "grep", "id", "rm", "sed", "sh", "sudo"):
        if (found := shutil.which(name)) is not None:
            (folder / name).symlink_to(found)
    for name, body in programs.items():
        (folder / name).unlink(missing_ok=True)
        if body:
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
    return str(folder)


def test_the_top_level_holds_what_the_house_has() -> None:
    listed = sh("git", "ls-files", "--cached", "--others", "--exclude-standard")
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [line for line in listed.stdout.splitlines() if (ROOT / line).exists()]
    top = {path.split("/")[0] for path in paths}
    folders = {path.split("/")[0] for path in paths if "/" in path}
    visible = {name for name in top if not name.startswith(".") and not re.fullmatch(r"requirements[\w-]*\.lock", name)}
    assert visible <= FOLDERS | FILES
    assert {name for name in folders if not name.startswith(".")} <= FOLDERS


def test_the_licence_is_the_whole_apache_2_0() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.split()[:4] == ["Apache", "License", "Version", "2.0,"]
    assert "END OF TERMS AND CONDITIONS" in text
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "Apache-2.0"


def test_edge_init_stays_empty() -> None:
    """The cloud imports `edge.wire`; nothing of the CAN stack may come along."""
    assert (ROOT / "edge" / "__init__.py").read_text() == ""


def test_ci_lints_and_tests() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert run.read_text().splitlines()[-2:] == ["make lint", "make test"]


def test_help_lists_every_target() -> None:
    listed = sh("make", "help")
    assert listed.returncode == 0
    assert sorted(re.findall(r"^make (\S+)  ", listed.stdout, re.MULTILINE)) == sorted(TARGETS)


def test_the_demo_hands_its_settings_on_as_flags() -> None:
    bare = sh("make", "-n", "demo").stdout
    assert re.search(r"exec \S*/telltale-cloud demo *$", bare, re.MULTILINE)
    told = sh("make", "-n", "demo", "DURATION=60", "SEED=7", "FAULT=battery", "ANSWER=no", "ASK=1").stdout
    flags = r"--duration 60 +--seed 7 +--fault battery +--answer no +--ask"
    assert re.search(rf"exec \S*/telltale-cloud demo +{flags}$", told, re.MULTILINE)


@pytest.mark.parametrize(
    ("python", "remedy"),
    [
        ("", "there is no python3; on Debian: apt install python3 python3-venv"),
        ("case $* in *ensurepip*) exit 1;; esac", "on Debian: apt install python3-venv"),
        ("case $* in -V) echo Python 3.9.2;; *version_info*) exit 1;; esac", "is Python 3.9.2; name another with"),
    ],
    ids=["no python", "no ensurepip", "old python"],
)
def test_an_environment_that_cannot_be_made_says_what_to_do(tmp_path: Path, python: str, remedy: str) -> None:
    environ = {"PATH": path_with(tmp_path, python3=python), "PYTHON": "python3"}
    refused = sh(ROOT / ".ci" / "environment", tmp_path / "venv", "requirements-edge.lock", "this test", env=environ)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert remedy in refused.stderr
    assert refused.stderr.startswith("environment for this test: ")
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_without_rights_the_line_that_installs_mosquitto_is_printed(tmp_path: Path) -> None:
    environ = {"PATH": path_with(tmp_path, id="echo 1000", sudo="exit 1", mosquitto="")}
    refused = sh("sh", "-c", f"sed 's/^PATH=.*//' {ROOT}/.ci/mosquitto | sh", env=environ)
    assert refused.returncode == 1
    assert "    sudo apt-get install -y mosquitto && sudo systemctl disable --now mosquitto\n" in refused.stderr


def test_without_a_browser_the_journeys_are_skipped_and_the_line_that_installs_one_is_printed(tmp_path: Path) -> None:
    programs = {"id": "echo 1000", "sudo": "exit 1", "apt-get": "exit 1"}
    went_on = sh(ROOT / ".ci" / "browser", env={"PATH": path_with(tmp_path, **programs)})
    assert went_on.returncode == 0
    assert "sudo apt-get install -y chromium" in went_on.stderr
    assert "skipped" in went_on.stderr


def test_a_browser_that_is_there_is_enough(tmp_path: Path) -> None:
    found = sh(ROOT / ".ci" / "browser", env={"PATH": path_with(tmp_path, chromium="exit 1")})
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_without_a_voice_the_tests_of_it_are_skipped_and_the_line_that_installs_one_is_printed(tmp_path: Path) -> None:
    programs = {"id": "echo 1000", "sudo": "exit 1", "apt-get": "exit 1", "dbus-daemon": "exit 1"}
    went_on = sh(ROOT / ".ci" / "cab", env={"PATH": path_with(tmp_path, **programs, **{"espeak-ng": ""})})
    assert went_on.returncode == 0
    assert "sudo apt-get install -y espeak-ng\n" in went_on.stderr
    assert "skipped" in went_on.stderr


def test_a_voice_and_a_bus_that_are_there_are_enough(tmp_path: Path) -> None:
    programs = {"espeak-ng": "exit 1", "dbus-daemon": "exit 1"}
    found = sh(ROOT / ".ci" / "cab", env={"PATH": path_with(tmp_path, **programs)})
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_console_without_node_says_what_to_do(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to("/bin/false")
    refused = sh(ROOT / ".ci" / "console", os.path.relpath(environment, ROOT))
    assert refused.returncode == 1
    assert "make it anew with the extra console-build" in refused.stderr


def test_a_built_console_is_built_once(tmp_path: Path) -> None:
    """With packages and dist of its own: everything that is run to build is a stand-in but the script itself."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    console = tmp_path / "cloud" / "console"
    ignored = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
    shutil.copytree(ROOT / "cloud" / "console", console, ignore=ignored)
    node = tmp_path / "venv" / "node"
    (node / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin").mkdir()
    python = tmp_path / "venv" / "bin" / "python"
    python.write_text(f"#!/bin/sh\necho {node}\n")
    (node / "bin" / "node").write_text("#!/bin/sh\nmkdir -p node_modules dist\n")
    for program in (python, node / "bin" / "node"):
        program.chmod(0o755)

    said = [sh(tmp_path / ".ci" / "console", "venv").stdout for _ in range(2)]
    assert "building dist/" in said[0]
    assert said[1] == ""
    (console / "src" / "styles.css").write_text("body {}")
    assert sh(tmp_path / ".ci" / "console", "venv").stdout == "== console: building dist/ ==\n"
    (console / "src" / "more.test.ts").write_text("")
    assert sh(tmp_path / ".ci" / "console", "venv").stdout == ""
