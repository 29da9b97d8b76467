"""The thread that sends: takes what is due, hands each letter over in a thread of its own, writes down how it went.

A sending that does not end in time is given up: its thread is left alone, and counted. Where too many hang, nothing
more is sent until one of them ends, and the service says so.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Final

from cloud.errors import UpstreamDown
from cloud.logs import correlated
from cloud.notify.channel import Letter
from cloud.notify.dispatch import Answer, Dispatch
from cloud.notify.sending import NotTaken

AT_ONCE: Final = 4
SEND_S_MAX: Final = 45.0
"""For everything: a name looked up, a connection, four answers of a mail server. Half of a lease."""
HANGING_MAX: Final = 16
POLL_S: Final = 5.0
"""Another process may have posted something."""
RETRY_S: Final = 1.0
"""While the database is away."""
END_S: Final = 5.0
"""At the end, for what is on its way; what is not answered by then is sent again after the next start."""
_log = logging.getLogger(__name__)


class _Woken:
    """Look again."""


class _Ended:
    """How a sending ended: taken, not taken, or by a mistake of ours."""

    def __init__(self, letter: Letter, error: Exception | None) -> None:
        self.letter = letter
        self.error = error


class Worker:
    """Runs in one thread of its own until it is stopped. Whoever made it watches that thread."""

    def __init__(
        self,
        dispatch: Dispatch,
        send: Callable[[Letter], None],
        now: Callable[[], datetime],
        *,
        send_s_max: float = SEND_S_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dispatch = dispatch
        self._send = send
        self._now = now
        self._send_s_max = send_s_max
        self._monotonic = monotonic
        self._inbox: SimpleQueue[_Woken | _Ended] = SimpleQueue()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._sending: dict[tuple[int, int], tuple[Letter, float]] = {}
        """What is on its way, by delivery and attempt, and until when."""
        self._hanging: set[tuple[int, int]] = set()
        self._answers: list[Answer] = []
        """What is not written down yet."""
        self._due_at: datetime | None = None
        self._database = ""

    @property
    def reason(self) -> str:
        """Why it does not work just now; "" when it does. A channel that is away is no reason: others are there."""
        if len(self._hanging) >= HANGING_MAX:
            return f"{HANGING_MAX} sendings hang"
        return self._database and f"cannot send: {self._database}"

    def wake(self) -> None:
        """There may be something to send; may be called from any thread, as often as one likes."""
        if not self._woken.is_set():
            self._woken.set()
            self._inbox.put(_Woken())

    def stop(self) -> None:
        """End `run` soon; may be called from any thread, more than once."""
        self._stopping.set()
        self._inbox.put(_Woken())

    def run(self) -> None:
        """Work until `stop`; a database that is away is waited for. A mistake in sending ends it, loudly."""
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self._write_answers()
                self._take()
            except UpstreamDown as error:
                self._say(str(error))
            else:
                self._say("")
            self._wait(self._pause_s())
        self._end()

    def _take(self) -> None:
        free = 0 if len(self._hanging) >= HANGING_MAX else AT_ONCE - len(self._sending)
        letters, self._due_at = self._dispatch.take(free) if free > 0 else ([], None)
        for letter in letters:
            self._sending[letter.delivery, letter.attempt] = (letter, self._monotonic() + self._send_s_max)
            name = f"notify-{letter.delivery}"
            threading.Thread(target=self._carry, args=[letter], name=name, daemon=True).start()

    def _carry(self, letter: Letter) -> None:
        """In a thread of its own."""
        error: Exception | None = None
        with correlated(letter.correlation):
            try:
                self._send(letter)
            except Exception as caught:  # noqa: BLE001 - it is raised again by `run`, in the thread that is watched
                error = caught
        self._inbox.put(_Ended(letter, error))

    def _wait(self, pause_s: float) -> None:
        """Until something happens, or until it is time to look."""
        try:
            heard = self._inbox.get(timeout=pause_s)
            while True:
                if isinstance(heard, _Ended):
                    self._hear(heard)
                heard = self._inbox.get_nowait()
        except Empty:
            self._give_up_what_hangs()

    def _hear(self, ended: _Ended) -> None:
        key = (ended.letter.delivery, ended.letter.attempt)
        self._hanging.discard(key)
        if ended.error is not None and not isinstance(ended.error, NotTaken):
            raise ended.error
        if self._sending.pop(key, None) is not None:
            self._answers.append(Answer(ended.letter, ended.error))

    def _give_up_what_hangs(self) -> None:
        for key, (letter, until) in list(self._sending.items()):
            if self._monotonic() >= until:
                del self._sending[key]
                self._hanging.add(key)
                failure = NotTaken(f"no answer within {self._send_s_max:.0f} s: it may have arrived or not")
                self._answers.append(Answer(letter, failure))

    def _write_answers(self) -> None:
        while self._answers:
            self._dispatch.answer(self._answers[0])
            del self._answers[0]

    def _pause_s(self) -> float:
        if self._answers or self._database:
            return RETRY_S
        ends = [until - self._monotonic() for _, until in self._sending.values()]
        due = [] if self._due_at is None or len(self._sending) >= AT_ONCE else [self._until(self._due_at)]
        return max(0.0, min([POLL_S, *ends, *due]))

    def _until(self, moment: datetime) -> float:
        return (moment - self._now()).total_seconds()

    def _say(self, database: str) -> None:
        if database != self._database:
            if database:
                _log.warning("database away, will be tried again: %s", database)
            else:
                _log.info("database there")
            self._database = database

    def _end(self) -> None:
        until = self._monotonic() + END_S
        while self._sending and self._monotonic() < until:
            self._wait(until - self._monotonic())
        try:
            self._write_answers()
        except UpstreamDown as error:
            _log.warning("%d answers are lost, those letters are sent again: %s", len(self._answers), error)
