"""The demo, as `make demo` runs it: the story told, the verdict right, nothing left behind."""

import os
import re
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.programs import program, run


@pytest.fixture
def own_tmp(tmp_path: Path) -> Path:
    """A folder for temporary files that nobody else writes to."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def processes_naming(text: str) -> list[int]:
    """The processes whose command line names this text."""
    pids = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue  # it has just ended
        if text.encode() in line:
            pids.append(int(entry.parent.name))
    return pids


@contextmanager
def demonstrated(own_tmp: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo without an end."""
    child = subprocess.Popen(
        [program("telltale-cloud"), "demo", *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(own_tmp)},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def demo(own_tmp: Path) -> Iterator["subprocess.Popen[str]"]:
    """A demo without an end, followed until the first summary is in the cloud."""
    with demonstrated(own_tmp) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if "the first summary" in line:
                break
        yield child


@pytest.mark.parametrize(
    ("fault", "component", "words"),
    [("coolant_leak", "cooling", "engine is getting hot"), ("battery", "charging", "battery is not charging")],
)
def test_the_fault_is_told_to_the_driver_and_read_back_through_the_api(
    own_tmp: Path, fault: str, component: str, words: str
) -> None:
    wanted = [
        rf"the driver hears: .*{words}",
        r"the cloud knows: .*alert, firing",
        rf"the cloud knows: .*incident \d+ \({component}\) is open",
        r"the cloud knows: .*the first summary",
        r"the cloud knows: .*a trip of \d+\.\d km",
    ]
    with demonstrated(own_tmp, "--speed", "80", "--seed", "5", "--fault", fault) as child:
        assert child.stdout is not None
        told = ""
        while not all(re.search(words, told) for words in wanted):
            line = child.stdout.readline()
            assert line, told
            told += line
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=60)
    assert child.returncode == 0, told + rest
    assert f"({component})" in rest
    assert list(own_tmp.iterdir()) == []
    assert processes_naming(str(own_tmp)) == []


def test_without_a_fault_there_is_nothing_to_find_and_the_status_says_so(own_tmp: Path) -> None:
    ended = run("telltale-cloud", "demo", "--duration", "12", "--fault", "none", env={"TMPDIR": str(own_tmp)})
    assert ended.status == 1, ended.err
    assert "read back through the API: 0 alerts" in ended.out


@pytest.mark.parametrize("option", ["--duration=-3", "--duration=soon", "--speed=0", "--fault=rust"])
def test_an_option_that_cannot_be_is_refused_before_anything_starts(own_tmp: Path, option: str) -> None:
    ended = run("telltale-cloud", "demo", option, env={"TMPDIR": str(own_tmp)})
    assert (ended.status, ended.out) == (2, "")
    assert f"argument {option.partition('=')[0]}" in ended.err


def test_ctrl_c_ends_it_and_leaves_nothing_behind(demo: "subprocess.Popen[str]", own_tmp: Path) -> None:
    assert len(processes_naming(str(own_tmp))) == 2, "edge and cloud"
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=40)
    assert demo.returncode == 1, "no alert yet"
    assert list(own_tmp.iterdir()) == []
    assert processes_naming(str(own_tmp)) == []


def test_a_demo_that_is_killed_takes_its_processes_with_it(demo: "subprocess.Popen[str]", own_tmp: Path) -> None:
    pids = processes_naming(str(own_tmp))
    assert len(pids) == 2
    demo.kill()
    for pid in pids:
        _gone(pid)


def _gone(pid: int) -> None:
    """Wait until the process is gone (or a zombie that nobody reaps)."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    readable, _, _ = select.select([handle], [], [], 10.0)
    os.close(handle)
    assert readable, f"process {pid} still runs"


def test_the_temporary_folder_is_where_it_is_thought_to_be(own_tmp: Path) -> None:
    """The tests above would see nothing if TMPDIR were ignored."""
    probe = "import tempfile; print(tempfile.gettempdir())"
    done = subprocess.run(
        [str(Path(program("telltale-cloud")).parent / "python"), "-c", probe],
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(own_tmp)},
        check=True,
    )
    assert done.stdout.strip() == str(own_tmp) != tempfile.gettempdir()
