"""`telltale-edge top` on a terminal, beside a real daemon."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.in_memory import folder_in_memory
from tests.integration.edge.test_status import a_daemon
from tests.programs import program, run
from tests.waiting import wait_until

ALTERNATE, ORDINARY = b"\x1b[?1049h", b"\x1b[?1049l"
CONTROL: Final = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A terminal with top on it."""

    def __init__(self, place: Path, *, columns: int = 80, rows: int = 24) -> None:
        self._own, theirs = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(theirs)
        self.screen = b""
        self._theirs = theirs
        environ = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        environ.pop("COLUMNS", None)
        environ.pop("LINES", None)
        command: list[str | Path] = ["setsid", "--ctty", program("telltale-edge"), "top", "--status", place]
        self.child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env=environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: tuple[type[BaseException], BaseException, TracebackType]) -> None:
        self.child.kill()
        self.child.communicate()
        os.close(self._own)
        os.close(self._theirs)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._own, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self._own, keys)

    def shows(self, text: str) -> bool:
        """Whether it was drawn since this was last forgotten."""
        self.read()
        return text in " ".join(CONTROL.sub(b" ", self.screen).decode("utf-8", "replace").split())

    def forget(self) -> None:
        self.read()
        self.screen = b""

    def read(self) -> None:
        while select.select([self._own], [], [], 0.0)[0]:
            self.screen += os.read(self._own, 65_536)

    def has_ended(self) -> bool:
        self.read()
        return self.child.poll() is not None

    def is_as_before(self) -> bool:
        self.read()
        return termios.tcgetattr(self._theirs) == self.before and self.screen.rstrip().endswith(ORDINARY)


@pytest.fixture
def place() -> Iterator[Path]:
    with folder_in_memory() as folder:
        yield folder


@contextmanager
def drawing(place: Path, text: str) -> Iterator[Terminal]:
    with Terminal(place) as terminal:
        wait_until(lambda: terminal.shows(text), f"{text} is drawn")
        assert ALTERNATE in terminal.screen
        yield terminal


@pytest.mark.parametrize("key", [b"q", b"\x03"], ids=["q", "Ctrl-C"])
def test_it_shows_the_vehicle_live_until_a_key_ends_it(place: Path, key: bytes) -> None:
    with a_daemon(place), drawing(place, "frames/s") as terminal:
        assert terminal.shows("vehicle-1 of default, up ")
        assert terminal.shows("Powertrain.CombustionEngine.Speed")
        terminal.forget()
        wait_until(lambda: terminal.shows("vehicle-1 of default, up "), "it is drawn again")
        terminal.forget()
        terminal.type(b" ")
        wait_until(lambda: terminal.shows("signal") and not terminal.shows("CombustionEngine.Speed"), "further signals")
        terminal.type(key)
        wait_until(terminal.has_ended, "it ends")
        assert terminal.child.returncode == 0
        assert terminal.is_as_before()


def test_a_daemon_that_goes_and_comes_back(place: Path) -> None:
    with drawing(place, "no daemon runs here") as terminal:
        with a_daemon(place) as child:
            wait_until(lambda: terminal.shows("vehicle-1 of default"), "it is seen")
            terminal.forget()
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
            wait_until(lambda: terminal.shows("no daemon runs here"), "it is gone")
        (place / "status.json").write_text('{"schema": "status/9"}')
        wait_until(lambda: terminal.shows("this version reads 'status/1'"), "another form is said so")
        (place / "status.json").write_text("rubbish")
        wait_until(lambda: terminal.shows("is no status of a daemon"), "so is rubbish")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_it_has_the_terminal_back(place: Path, number: int) -> None:
    with drawing(place, "no daemon runs here") as terminal:
        terminal.child.send_signal(number)
        wait_until(terminal.has_ended, "it ends")
        assert terminal.child.returncode == 0
        assert terminal.is_as_before()


def test_a_terminal_that_becomes_narrow(place: Path) -> None:
    with a_daemon(place), drawing(place, "lately") as terminal:
        terminal.resize(40, 10)
        wait_until(lambda: is_without_lines(terminal), "it is drawn for 40 columns")
        terminal.type(b"q")
        wait_until(terminal.has_ended, "it ends")
        assert terminal.child.returncode == 0


def is_without_lines(terminal: Terminal) -> bool:
    """Whether what is drawn next has none of values over time, for which 40 columns have no room."""
    terminal.forget()
    wait_until(lambda: terminal.shows("q ends"), "it is drawn")
    return not terminal.shows("lately")


def test_what_is_no_terminal_is_told_what_to_use(place: Path) -> None:
    ended = run("telltale-edge", "top", "--status", place)
    assert ended.status == 1
    assert "top draws on a terminal, and this is none. Use telltale-edge status" in ended.err
    assert ended.out == ""
