"""Runs that die in a row are started ever more seldom; one that was stopped, refused, or lasted, begins at once."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.restarting import LASTED_S, LONGEST_S, NOTE, Begun, deaths_before, pause_s, started_gently
from edge.service_manager import ServiceManager
from tests.programs import program

NOBODY = ServiceManager()
DEADLINE_S = 60.0


def test_the_first_death_costs_nothing_more_and_each_further_one_twice_as_much() -> None:
    assert [pause_s(deaths) for deaths in range(9)] == [0, 0, 5, 10, 20, 40, 80, 160, 300]


@given(st.integers(0, 10**9))
def test_no_pause_is_longer_than_the_longest(deaths: int) -> None:
    assert 0 <= pause_s(deaths) <= pause_s(deaths + 1) <= LONGEST_S


def test_deaths_count_in_a_row() -> None:
    assert deaths_before(None, pid=7, now_s=0) == 0
    assert deaths_before(Begun(pid=6, at_s=0, deaths=3), pid=7, now_s=LASTED_S - 1) == 4
    assert deaths_before(Begun(pid=6, at_s=0, deaths=3), pid=7, now_s=LASTED_S) == 1, "it lasted, and died of something"
    assert deaths_before(Begun(pid=7, at_s=0, deaths=3), pid=7, now_s=1) == 3, "the same process, begun anew"


def throw(error: BaseException) -> None:
    raise error


def run_of(folder: Path, ends: BaseException | None) -> int | None:
    """Deaths in the note after a run that ended so; None: there is no note."""
    with (
        pytest.raises(type(ends)) if ends else nullcontext(),
        started_gently({"RUNTIME_DIRECTORY": str(folder)}, NOBODY, now_s=1.0),
        ExitStack() as stack,
    ):
        assert Begun.read(folder / NOTE) is not None
        if ends:
            stack.callback(throw, ends)
    note = Begun.read(folder / NOTE)
    return None if note is None else note.deaths


@pytest.mark.parametrize("ends", [None, ConfigError("refused"), KeyboardInterrupt(), SystemExit(0)])
def test_who_ends_as_it_should_leaves_nothing(ends: BaseException | None, tmp_path: Path) -> None:
    assert run_of(tmp_path, ends) is None


def test_who_dies_leaves_its_note(tmp_path: Path) -> None:
    assert run_of(tmp_path, OSError("died")) == 0


@given(st.binary(max_size=300))
def test_a_note_that_is_none_is_no_note(written: bytes) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / NOTE).write_bytes(written)
        assert Begun.read(Path(folder) / NOTE) is None


def test_without_a_runtime_directory_nothing_is_counted(tmp_path: Path) -> None:
    with started_gently({}, NOBODY, now_s=1.0):
        pass
    with started_gently({"RUNTIME_DIRECTORY": str(tmp_path / "gone")}, NOBODY, now_s=1.0):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("restarts", "before"), [("0", 0), ("3", None)])
def test_whoever_starts_it_by_hand_need_not_wait(
    restarts: str, before: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, told = tmp_path / NOTE, tmp_path / "notify"
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(f"#!/bin/sh\necho {restarts}\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    Begun(pid=1, at_s=1.0, deaths=1).write(note)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(told))
        ear.setblocking(False)
        with started_gently({"RUNTIME_DIRECTORY": str(tmp_path)}, ServiceManager(str(told)), now_s=2.0):
            begun = Begun.read(note)
        if before is None:
            assert "the next is in 5 s" in ear.recv(1000).decode()
        else:
            with pytest.raises(BlockingIOError):
                ear.recv(1000)
    assert begun is not None
    assert begun.deaths == (2 if before is None else before)


def test_the_program_waits_says_so_and_ends_at_once_when_told(tmp_path: Path) -> None:
    note = tmp_path / NOTE
    note.write_text(json.dumps({"pid": 1, "at_s": time.monotonic(), "deaths": 5}))
    (tmp_path / "edge.toml").write_text('[[bus]]\nsource = "sim:car"\n[state]\ndirectory = "state"\n')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(DEADLINE_S)
        environ = {**os.environ, "RUNTIME_DIRECTORY": str(tmp_path), "NOTIFY_SOCKET": ear.getsockname()}
        child = subprocess.Popen([program("telltale-edge"), "run", "--config", tmp_path / "edge.toml"], env=environ)
        try:
            told = ear.recv(4096).decode().splitlines()
            child.send_signal(signal.SIGTERM)
            assert child.wait(DEADLINE_S) == 0
        finally:
            child.kill()
            child.wait()
    assert told[0] == f"EXTEND_TIMEOUT_USEC={(80 + 180) * 1_000_000}"
    assert told[1] == "STATUS=6 starts in a row have died; the next is in 80 s. The log says why"
    assert not note.exists(), "whoever starts it by hand need not wait"
