"""Children: our own programs as processes that end with us, whatever happens."""

import ctypes
import os
import shutil
import signal
import subprocess  # nosec B404  # starts our own programs, by a list of arguments
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Final, Self

from cloud.errors import CloudError

STOP_S: Final = 15.0
"""How long a child may take to stop by itself."""
PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal that a child gets when its parent dies."""
_LIBC: Final = ctypes.CDLL(None)


class ChildFailed(CloudError):
    """A child did not start or died; says its last words."""


class Child:
    """One of our programs, running until the block is left."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        log: Path,
        read: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Its standard error goes to `log`; what it prints is thrown away unless `read`.

        Raises:
            ChildFailed: the program is not installed beside this one.
        """
        self.program = program
        self._log = log
        with log.open("wb") as errors:
            self._child = subprocess.Popen(  # nosec B603  # no shell, our own program
                [_found(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if read else subprocess.DEVNULL,
                stderr=errors,
                text=True,
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # Ctrl-C is ours: we stop the children in order
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one prctl call, no lock is taken
            )

    @property
    def lines(self) -> IO[str]:
        """What it prints; whoever reads it closes it.

        Raises:
            ChildFailed: nobody asked to read it.
        """
        if self._child.stdout is None:
            raise ChildFailed(f"what {self.program} prints is not read")
        return self._child.stdout

    def must_run(self) -> None:
        """Raises ChildFailed when it has ended."""
        if (status := self._child.poll()) is not None:
            raise ChildFailed(f"{self.program} ended with status {status}:\n{self.last_words()}")

    def must_end(self, within_s: float) -> None:
        """Wait until it has ended by itself, and well.

        Raises:
            ChildFailed: it takes longer, or failed.
        """
        try:
            status = self._child.wait(within_s)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"{self.program} still runs after {within_s:g} s:\n{self.last_words()}") from None
        if status != 0:
            raise ChildFailed(f"{self.program} ended with status {status}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2000:]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set while the block runs; outside of it they do what they did before."""
    stop = threading.Event()

    def on_signal(_: int, __: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, was in before.items():
            signal.signal(number, was)


def _die_with_parent() -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _found(program: str) -> str:
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.exists() else shutil.which(program)
    if found is None:
        raise ChildFailed(f"{program} is not installed beside this program; pip install 'telltale[edge,cloud]'")
    return found
