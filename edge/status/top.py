"""Top: the status as it changes, on a terminal, until q or Ctrl-C; whatever ends it, the terminal is as it was."""

import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from threading import Event
from typing import Final

from rich.console import Console
from rich.live import Live

from edge.errors import EdgeError
from edge.status.board import Board, traced
from edge.status.look import Looked, look
from edge.status.told import Status
from edge.status.traces import BARS, PLAIN_BARS, Traces

LOOK_S: Final = 0.5
PAGE: Final = 10
INTERRUPTED: Final = "\x03"
HUNG_UP: Final = "\x04"
_END: Final = frozenset({"q", "Q", INTERRUPTED, HUNG_UP})
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DOWN, _UP, _PAGE_DOWN, _PAGE_UP = (
    ("j", "\x1b[B", "\x1bOB"),
    ("k", "\x1b[A", "\x1bOA"),
    (" ", "\x1b[6~"),
    ("b", "\x1b[5~"),
)
_MOVES: Final[dict[str, int]] = {
    key: lines for keys, lines in ((_DOWN, 1), (_UP, -1), (_PAGE_DOWN, PAGE), (_PAGE_UP, -PAGE)) for key in keys
}
_KEYS_BYTES: Final = 64


class Watching:
    """What is seen from look to look."""

    def __init__(self, folders: Sequence[Path], bars: str = BARS) -> None:
        self._folders, self._bars = folders, bars
        self._traces = Traces()
        self._told_s = -1.0
        self._status: Status | None = None
        self._age_s: float | None = None
        self._why = ""
        self._first = 0

    def look(self) -> None:
        """Look at the file; what cannot be seen is said, and looked for again."""
        try:
            looked = look(self._folders)
            status = looked.status
        except EdgeError as error:
            self._lose(str(error))
            return
        if looked.is_old:
            self._lose(looked.why_old)
            return
        self._take(looked, status)

    def move(self, lines: int) -> None:
        """Through the signals."""
        count = len(self._status.signals.values) if self._status else 0
        self._first = max(0, min(self._first + lines, count - 1))

    def board(self) -> Board:
        """As it is to be drawn."""
        return Board(self._status, self._age_s, self._traces, self._why, self._first, self._bars)

    def _take(self, looked: Looked, status: Status) -> None:
        self._status, self._age_s, self._why = status, looked.age_s, ""
        if status.written.boot_s != self._told_s:
            self._told_s = status.written.boot_s
            self._traces.take(traced(status))

    def _lose(self, why: str) -> None:
        self._status, self._age_s, self._why = None, None, why


def top(folders: Sequence[Path], *, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Show it on this terminal until somebody ends it.

    Raises:
        EdgeError: this is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        remedy = "Use telltale-edge status for one look, or telltale-edge status --json for a program"
        raise EdgeError(f"top draws on a terminal, and this is none. {remedy}")
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal of few letters gets question marks
        sys.stdout.reconfigure(errors="replace")
    console = Console()
    is_utf8 = console.encoding.lower().replace("-", "") == "utf8"
    watching = Watching(folders, BARS if is_utf8 else PLAIN_BARS)
    watching.look()
    with _keys() as pressed, Live(watching.board(), console=console, screen=True, auto_refresh=False) as live:
        due_s = monotonic()
        while True:
            key = pressed(max(0.0, due_s - monotonic()))
            if key in _END:
                return
            if key in _MOVES:
                watching.move(_MOVES[key])
            if monotonic() >= due_s:
                due_s = monotonic() + LOOK_S
                watching.look()
            live.update(watching.board(), refresh=True)


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Keys as they are pressed, unseen: a call gives one, or nothing after so many seconds.

    A signal that wants this to end is a key as well, after the wait: nothing is left in the middle of drawing.
    """
    descriptor, ended = sys.stdin.fileno(), Event()
    before = termios.tcgetattr(descriptor)

    def pressed(wait_s: float) -> str:
        if not ended.is_set() and select.select([descriptor], [], [], wait_s)[0]:
            return os.read(descriptor, _KEYS_BYTES).decode("utf-8", "replace") or HUNG_UP
        return INTERRUPTED if ended.is_set() else ""

    handlers = {number: signal.signal(number, lambda *_: ended.set()) for number in _SIGNALS}
    try:
        tty.setcbreak(descriptor)
        yield pressed
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
