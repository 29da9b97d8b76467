"""The demo, as `make demo` runs it: the story told, the verdict right, nothing left behind."""

import os
import pty
import re
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from tests.programs import Ended, program, run


@pytest.fixture
def own_tmp(tmp_path: Path) -> Path:
    """A folder for temporary files that nobody else writes to."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def processes_of(own_tmp: Path) -> set[int]:
    """The processes whose temporary files go into this folder: a demo, and everything that it has started."""
    pids = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = entry.read_bytes()
        except OSError:
            continue  # it has just ended
        if str(own_tmp).encode() in environment:
            pids.add(int(entry.parent.name))
    return pids


@contextmanager
def demonstrated(own_tmp: Path, *options: str, typed: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """A demo without an end; `typed`: a terminal where somebody sits."""
    child = subprocess.Popen(
        [program("telltale-cloud"), "demo", *options],
        stdin=subprocess.DEVNULL if typed is None else typed,
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


def test_from_a_leak_to_the_repair_every_step_is_read_back_and_then_everybody_may_look(own_tmp: Path) -> None:
    ours, theirs = pty.openpty()
    with demonstrated(own_tmp, "--speed", "60", "--seed", "5", typed=theirs) as demo:
        assert demo.stdout is not None
        lines = list(takewhile(lambda line: "stays open until Ctrl-C" not in line, demo.stdout))
        out = "".join(lines)
        for wanted in (*story("cooling", "engine is overheating"), r"the owner says: .*yes"):
            assert re.search(wanted, out), (wanted, out)
        assert signed_in(out) == {"owner", "fleet_manager", "technician", "executive", "admin"}
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
        assert demo.returncode == 0, rest
    os.close(ours)
    os.close(theirs)
    assert list(own_tmp.iterdir()) == []
    assert processes_of(own_tmp) == set()


def signed_in(out: str) -> set[str]:
    """The roles as which one can sign in with what the demo has told."""
    found = re.search(r"the console: +(\S+)/", out)
    assert found is not None, out
    roles = set()
    with httpx.Client(base_url=found[1], trust_env=False) as client:
        for login, password in re.findall(r"(?:sign in as|s\]) +([a-z]+) +(\S{16})  ", out):
            pair = client.post("/api/v1/session", json={"login": login, "password": password}).json()
            answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {pair['access_token']}"})
            me = answer.json()
            assert answer.status_code == 200, (login, me)
            roles |= {grant["role"] for grant in me["grants"]}
    return roles


def test_who_sits_at_the_terminal_is_asked(own_tmp: Path) -> None:
    options = ("--speed", "60", "--seed", "5", "--fault", "battery", "--ask", "--duration", "150")
    ended = tell(own_tmp, *options, typed="\n2\n\n2\n")
    assert ended.status == 0, ended.out + ended.err
    asked = (r"may it be repaired\? \[Y/n\]", r"which of them\? \[1-3\]", r"the owner chooses: .*number 2")
    for wanted in (*story("charging", "battery is not charging"), *asked):
        assert re.search(wanted, ended.out), (wanted, ended.out)


def story(component: str, words: str) -> tuple[str, ...]:
    """What is told, whatever it is that breaks."""
    return (
        rf"the driver hears: .*{words}",
        r"the cloud knows: .*alert, firing",
        rf"the cloud knows: .*incident \d+ \({component}\) is open",
        r"the owner's phone: .*may it be repaired\?",
        r"the owner prefers: .*within 25 km",
        r"slot 3: .*Z at (mitte|westend|treptow): .*About \d+ km away",
        r"case \d+: .*booked",
        r"the workshop: .*begins with work order 1",
        rf"the cloud knows: .*incident \d+ \({component}\) is closed",
        rf"the cloud knows: .*health of {component}: 100 of 100",
        r"case \d+: .*repaired",
        rf"why it failed: .*{component} goes wrong at least \d\.\d times as often with part batch B: \d of 10 vehicles",
        rf"action 1: .*Replace {component} parts of batch B",
        r"by the plan: .*eligible, clause",
        r"claim 1: .*the (maker|owner) pays",
        r"the chat answers: .*No warning is open",
        r"the chat answers: .*\(a chart of \d+ points\)",
        r"every step was read back through the API",
    )


def test_an_owner_who_says_no_is_left_alone_until_later(own_tmp: Path) -> None:
    ended = tell(own_tmp, "--speed", "60", "--seed", "5", "--answer", "no", "--duration", "150")
    assert ended.status == 0, ended.out + ended.err
    # Its first state may pass between two looks.
    assert re.search("0 bookings; the case was (new, )?asked, declined", ended.out)
    assert "every step was read back through the API" in ended.out


def test_without_a_fault_nothing_is_booked(own_tmp: Path) -> None:
    ended = tell(own_tmp, "--duration", "12", "--fault", "none")
    assert ended.status == 0, ended.out + ended.err
    assert "read back through the API: 0 alerts" in ended.out
    assert "0 bookings; the case was never opened" in ended.out


def tell(own_tmp: Path, *options: str, typed: str = "") -> Ended:
    return run("telltale-cloud", "demo", *options, env={"TMPDIR": str(own_tmp)}, typed=typed)


@pytest.mark.parametrize("option", ["--duration=-3", "--duration=soon", "--speed=0", "--fault=rust"])
def test_an_option_that_cannot_be_is_refused_before_anything_starts(own_tmp: Path, option: str) -> None:
    ended = run("telltale-cloud", "demo", option, env={"TMPDIR": str(own_tmp)})
    assert (ended.status, ended.out) == (2, "")
    assert f"argument {option.partition('=')[0]}" in ended.err


def test_ctrl_c_ends_it_and_leaves_nothing_behind(demo: "subprocess.Popen[str]", own_tmp: Path) -> None:
    assert len(processes_of(own_tmp) - {demo.pid}) >= 2, "edge, cloud, and neighbours that still drive"
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=40)
    assert demo.returncode == 1, "no alert yet"
    assert list(own_tmp.iterdir()) == []
    assert processes_of(own_tmp) == set()


def test_a_demo_that_is_killed_takes_its_processes_with_it(demo: "subprocess.Popen[str]", own_tmp: Path) -> None:
    pids = processes_of(own_tmp) - {demo.pid}
    assert len(pids) >= 2
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
