"""Conversation: what is said to an adapter and what it says, in bounded time, through a child that can be killed."""

import os
import select
import subprocess  # nosec B404  # starts our own program, by a list of arguments
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from edge.diagnostics.elm327.words import LINE_MAX, WORDS, Away, Found, Open, Said, Say, Word
from edge.errors import BusDown
from edge.frames import NANOSECONDS

MODULE: Final = "edge.diagnostics.elm327.child"
RETRY_FIRST_S: Final = 0.5
RETRY_MAX_S: Final = 2.0
"""Between the end of one child and the start of the next."""
READ_BYTES: Final = 65_536
LOOK_S: Final = 0.1
BURY_S: Final = 1.0
"""How long a killed child is waited for; one that hangs in its driver goes later."""


class State(StrEnum):
    """How far the child is."""

    NONE = "none"
    STARTED = "started"
    AWAY = "away"
    FOUND = "found"
    OPEN = "open"


PATIENCE_S: Final = {State.STARTED: 10.0, State.AWAY: 8.0, State.FOUND: 4.0}
"""How long a child may be without a word. Opening a Bluetooth port takes five seconds where the adapter is out of
reach, a reset one; the rest is what a slow board needs."""
_CAUSES: Final = (
    ("echo", "echo", "it keeps repeating what it is told"),
    ("baudrate", "silent", "it does not answer"),
    ("could not open port", "unplugged", "it is not there"),
    ("disconnected", "unplugged", "it went away"),
    ("did not return", "garbage", "what it writes cannot be read"),
)
"""What python-OBD writes in its log, the cause that is counted, and the same in plain words."""


CAUSES: Final = (
    "commands",
    "openings",
    "restarts",
    "late",
    *dict.fromkeys(cause for _, cause, _ in _CAUSES),
    "not_opened",
    "unburied",
)


class Conversation:
    """One adapter. Used by one thread; every call takes part in bringing the adapter back."""

    def __init__(
        self,
        port: str,
        *,
        baud: int | None = None,
        program: Sequence[str] = (sys.executable, "-m", MODULE),
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`port`: what the adapter is plugged into; `baud`: bit/s, found by trying when None."""
        self.counts = Counter(dict.fromkeys(CAUSES, 0))
        self.why_away = "the adapter has not been reached yet"
        self._command = [*program, port, *([str(baud)] if baud else [])]
        self._port = port
        self.now_ns = monotonic_ns
        self._child: subprocess.Popen[bytes] | None = None
        self._state = State.NONE
        self._since_ns = 0
        self._retry_ns = 0
        self._retry_s = RETRY_FIRST_S
        self._buffer = b""
        self._number = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        return self._child.pid if self._child else None

    def is_open(self, wait_s: float) -> bool:
        """Whether the adapter can be spoken to, within `wait_s`; starts and replaces the child where that is due."""
        until_ns = self.now_ns() + round(wait_s * NANOSECONDS)
        while True:
            self._care()
            left_ns = 0 if self._state is State.OPEN else max(until_ns - self.now_ns(), 0)
            self._hear(left_ns / NANOSECONDS)
            if self._state is State.OPEN or left_ns == 0:
                return self._state is State.OPEN

    def arrives(self, wait_s: float) -> bool:
        """Whether the adapter can be spoken to within `wait_s`, counted from the first thing that is known of it.

        Before that the child loads its libraries, for which a slow or busy board takes seconds.
        """
        while self._state in {State.NONE, State.STARTED} and not (self.counts["restarts"] or self._closed):
            self.is_open(LOOK_S)
        return self.is_open(wait_s)

    def wait(self, wait_s: float) -> None:
        """Let time pass; what the child says meanwhile is heard."""
        until_ns = self.now_ns() + round(wait_s * NANOSECONDS)
        while (left_ns := until_ns - self.now_ns()) > 0:
            self._care()
            self._hear(left_ns / NANOSECONDS)

    def say(self, text: str, patience_s: float) -> list[str]:
        """What the adapter writes after a command, until its prompt.

        Raises:
            BusDown: the adapter is away, went away, or said nothing within `patience_s`; then the child is replaced.
        """
        if not self.is_open(0.0) or self._child is None or self._child.stdin is None:
            raise self.down()
        self._number += 1
        order = Say(number=self._number, text=text).model_dump_json().encode() + b"\n"
        self.counts["commands"] += 1
        try:
            self._child.stdin.write(order)
            self._child.stdin.flush()
        except OSError as error:
            self.replace("the child has ended")
            raise self.down() from error
        return self._awaited(patience_s)

    def close(self) -> None:
        """End the child, for good; safe to repeat."""
        self._closed = True
        self._end()

    def _awaited(self, patience_s: float) -> list[str]:
        until_ns = self.now_ns() + round(patience_s * NANOSECONDS)
        while (left_ns := until_ns - self.now_ns()) > 0:
            for word in self._hear(left_ns / NANOSECONDS):
                if isinstance(word, Said) and word.number == self._number:
                    self._retry_s = RETRY_FIRST_S
                    return word.lines
            if self._state is not State.OPEN:
                raise self.down()
        self.counts["late"] += 1
        self.replace(f"the adapter said nothing for {patience_s:.1f} s")
        raise self.down()

    def _care(self) -> None:
        """Start the child when that is due, replace it when it is late."""
        now_ns = self.now_ns()
        if self._state is State.NONE:
            if now_ns >= self._retry_ns and not self._closed:
                self._start(now_ns)
        elif (patience_s := PATIENCE_S.get(self._state)) and now_ns - self._since_ns > patience_s * NANOSECONDS:
            self.counts["late"] += 1
            self.replace(f"the adapter was {self._state} and then said nothing for {patience_s:.0f} s")

    def _start(self, now_ns: int) -> None:
        try:
            self._child = subprocess.Popen(  # nosec B603  # no shell, our own program
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is ours: the child ends with its standard input
            )
        except OSError as error:
            self.replace(f"the child cannot be started: {error.strerror}")
        else:
            self._turn(State.STARTED, now_ns)

    def _hear(self, wait_s: float) -> list[Word]:
        """Words of the child, waiting at most `wait_s` for the first."""
        if self._child is None or self._child.stdout is None:
            until_start_s = max(self._retry_ns - self.now_ns(), 0) / NANOSECONDS
            time.sleep(wait_s if self._closed else min(wait_s, until_start_s))
            return []
        ready, _, _ = select.select([self._child.stdout], [], [], self._nap_s(wait_s))
        if not ready:
            return []
        chars = os.read(self._child.stdout.fileno(), READ_BYTES)
        if not chars:
            self.replace("the child has ended")
            return []
        *lines, self._buffer = (self._buffer + chars).split(b"\n")
        try:
            words = [self._understood(line) for line in lines]
        except ValidationError:
            words = []
        if len(words) < len(lines) or len(self._buffer) > LINE_MAX:
            self.replace("the child says what is no word")
        return words

    def _nap_s(self, wait_s: float) -> float:
        """Not past the moment at which the child is late."""
        patience_s = PATIENCE_S.get(self._state)
        if patience_s is None:
            return wait_s
        left_s = patience_s - (self.now_ns() - self._since_ns) / NANOSECONDS
        return min(wait_s, max(left_s, 0.0) + 0.001)

    def _understood(self, line: bytes) -> Word:
        word = WORDS.validate_json(line)
        now_ns = self.now_ns()
        if isinstance(word, Away):
            self._count_away(word.why)
            self._turn(State.AWAY, now_ns)
        elif isinstance(word, Found):
            self._turn(State.FOUND, now_ns)
        elif isinstance(word, Open):
            self.counts["openings"] += 1
            self._turn(State.OPEN, now_ns)
        return word

    def _count_away(self, why: str) -> None:
        known = ((cause, words) for text, cause, words in _CAUSES if text in why)
        cause, self.why_away = next(known, ("not_opened", why or "it cannot be opened"))
        self.counts[cause] += 1

    def _turn(self, state: State, now_ns: int) -> None:
        self._state = state
        self._since_ns = now_ns

    def replace(self, why: str) -> None:
        """Kill the child; the next one starts after a pause."""
        self.why_away = why
        self.counts["restarts"] += 1
        self._end()
        self._retry_ns = self.now_ns() + round(self._retry_s * NANOSECONDS)
        self._retry_s = min(2.0 * self._retry_s, RETRY_MAX_S)

    def _end(self) -> None:
        child, self._child = self._child, None
        self._buffer = b""
        self._turn(State.NONE, self.now_ns())
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(BURY_S)
        except subprocess.TimeoutExpired:
            self.counts["unburied"] += 1

    def down(self) -> BusDown:
        """Why it cannot be spoken to."""
        return BusDown(f"{self._port}: {self.why_away}")
