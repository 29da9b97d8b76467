"""A program that runs for an output: fed through a pipe, in bounded time and memory, and cut off at any moment."""

import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final, cast

OUT_MAX: Final = 16 * 1024 * 1024
"""Bytes kept of what a program writes: six minutes of speech. The rest is read and thrown away."""
ERR_MAX: Final = 4096
BURY_S: Final = 1.0
"""How long a killed program is waited for; one that hangs in its driver goes later."""
LOOK_S: Final = 0.05
_PIECE: Final = 65_536


class CutOff(Exception):
    """It was ended by `cut`: something else goes first."""


class ChildFailed(Exception):
    """It cannot be started, took too long, or said that it failed; the text says why, in one line."""


@dataclass(slots=True)
class _Pipes:
    """What is still to be given, and what has come."""

    given: memoryview
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)


class Child:
    """Runs one program at a time, for one thread; any thread may cut it off."""

    def __init__(self) -> None:
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._unburied: subprocess.Popen[bytes] | None = None

    def cut(self) -> None:
        """End the program that runs, or the next one as it begins, until `ready` is called; never waits."""
        os.eventfd_write(self._bell, 1)

    def ready(self) -> None:
        """Forget an earlier cut."""
        with suppress(BlockingIOError):
            os.eventfd_read(self._bell)

    def close(self) -> None:
        """Free what it holds, once nobody uses it any more."""
        os.close(self._bell)

    def run(self, command: Sequence[str], given: bytes, within_s: float) -> bytes:
        """What a program writes when it is given this on its standard input; it and its children end within `within_s`.

        Raises:
            CutOff: it was cut off.
            ChildFailed: it cannot be started, was not done in time, or ended with another status than 0.
        """
        if self._unburied is not None and self._unburied.poll() is None:
            raise ChildFailed("a program that was killed still hangs in its driver")
        until_s = time.monotonic() + within_s
        child, pipes = _started(command), _Pipes(memoryview(given))
        try:
            self._pump(child, pipes, until_s)
            status = self._ended(child, until_s)
        except TimeoutError as error:
            raise ChildFailed(f"{command[0]} was not done within {within_s:.0f} s and was ended") from error
        finally:
            self._bury(child)
        if status != 0:
            raise ChildFailed(f"{command[0]} ended with status {status}{_last_line(pipes.err)}")
        return bytes(pipes.out)

    def _pump(self, child: "subprocess.Popen[bytes]", pipes: _Pipes, until_s: float) -> None:
        """Feed and read it until it has closed its ends."""
        stdin, stdout, stderr = (cast("IO[bytes]", pipe) for pipe in (child.stdin, child.stdout, child.stderr))
        with selectors.DefaultSelector() as news:
            news.register(self._bell, selectors.EVENT_READ)
            for pipe in (stdin, stdout, stderr):
                os.set_blocking(pipe.fileno(), False)
                news.register(pipe, selectors.EVENT_WRITE if pipe is stdin else selectors.EVENT_READ)
            while len(news.get_map()) > 1:
                ready = [key.fileobj for key, _ in news.select(_left_s(until_s))]
                if self._bell in ready:
                    raise CutOff
                for pipe in (pipe for pipe in (stdin, stdout, stderr) if pipe in ready):
                    goes_on = _give(pipe, pipes) if pipe is stdin else _take(pipe, pipes, is_out=pipe is stdout)
                    if not goes_on:
                        news.unregister(pipe)
                        pipe.close()

    def _ended(self, child: "subprocess.Popen[bytes]", until_s: float) -> int:
        """The status of one that has closed its ends; most end at once."""
        bell = select.poll()
        bell.register(self._bell, select.POLLIN)
        while (status := child.poll()) is None:
            if bell.poll(1000 * min(LOOK_S, _left_s(until_s))):
                raise CutOff
        return status

    def _bury(self, child: "subprocess.Popen[bytes]") -> None:
        """Kill it with everything that it started; only this thread waits for it, so its number is still its own."""
        self._unburied = None
        if child.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            try:
                child.wait(BURY_S)
            except subprocess.TimeoutExpired:
                self._unburied = child
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()


def _started(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is ours, and what it starts is killed with it
        )
    except (OSError, ValueError) as error:
        raise ChildFailed(f"{command[0]} cannot be started: {getattr(error, 'strerror', None) or error}") from error


def _left_s(until_s: float) -> float:
    """Seconds that are left, above 0."""
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _give(stdin: IO[bytes], pipes: _Pipes) -> bool:
    """Write a piece; False: all is written, or nobody reads it."""
    try:
        written = os.write(stdin.fileno(), pipes.given[:_PIECE])
    except BrokenPipeError:
        return False
    pipes.given = pipes.given[written:]
    return len(pipes.given) > 0


def _take(pipe: IO[bytes], pipes: _Pipes, *, is_out: bool) -> bool:
    """Read a piece; False: it has ended."""
    piece = os.read(pipe.fileno(), _PIECE)
    kept, most = (pipes.out, OUT_MAX) if is_out else (pipes.err, ERR_MAX)
    kept += piece[: most - len(kept)]
    return bool(piece)


def _last_line(err: bytearray) -> str:
    lines = [line for line in err.decode(errors="replace").splitlines() if line.strip()]
    return f": {lines[-1].strip()[:200]}" if lines else ""
