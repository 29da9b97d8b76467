"""Commands: what the cloud may ask of a vehicle, and nothing else; each is done at most once, and answered once.

The link's thread hands them in, as often as the cloud says them. Before one is begun its id is kept where it outlives a
power cut; its answer and that it is over are one transaction. So what was begun and not answered when the program ended
is answered at the next start, and not begun again.
"""

import json
import logging
import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edge.errors import EdgeError
from edge.outbox import Outbox, Posting
from edge.timekeeping import Hour
from edge.wire.commands import Arguments, BadCommand, CommandName, check
from edge.wire.downlink import Command
from edge.wire.envelope import Clock
from edge.wire.messages import Result, ResultState, Values

log = logging.getLogger(__name__)

WAITING_MAX: Final = 32
"""Commands that are not begun; the cloud says again what is dropped."""
OVER_MAX: Final = 500
"""Of what is over, so many ids are known; what is older has expired."""
LASTS_MAX: Final = timedelta(hours=25)
"""From when a command was issued until it expires; the cloud gives a day at most."""
AHEAD_MAX: Final = timedelta(minutes=5)
"""By which the cloud's clock may be ahead of ours."""
KEPT: Final = "commands"
"""Under what name the outbox remembers them."""

Stamp = tuple[datetime, Clock]
"""A moment by the axis, and what clock that is."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended."""

    state: ResultState
    reason: str = ""
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command that is to be done."""

    id: str
    arguments: Arguments
    name: CommandName


class Commands:
    """Any thread may hand in; one thread, the one that judges, takes and answers."""

    def __init__(self, outbox: Outbox, allowed: frozenset[str]) -> None:
        """`allowed`: names that are obeyed.

        Raises:
            EdgeError: the disk is failing.
        """
        self._outbox = outbox
        self._allowed = allowed
        self._lock = threading.Lock()
        self._waiting: deque[Command] = deque()
        self._counts: Counter[str] = Counter()
        self.answers = 0
        """How many were given since the start."""
        self._begun, self._over = _read(outbox.recall(KEPT))

    @property
    def counters(self) -> Mapping[str, int]:
        """`done`, `refused`, `failed`, `expired`; `repeated`, `dropped` before they were begun, `unanswered` by a disk
        that failed; `waiting` until the time is known."""
        with self._lock:
            return {**self._counts, "waiting": len(self._waiting)}

    def __call__(self, command: Command) -> None:
        """Take it; it is begun at the next tick."""
        with self._lock:
            if (
                command.id in self._begun
                or command.id in self._over
                or any(one.id == command.id for one in self._waiting)
            ):
                self._counts["repeated"] += 1
            elif len(self._waiting) >= WAITING_MAX:
                self._counts["dropped"] += 1
            else:
                self._waiting.append(command)

    def left_over(self, stamp: Stamp) -> None:
        """Answer what was begun when the program ended; a restart is what was asked for."""
        for id_, name in list(self._begun.items()):
            done = name == CommandName.RESTART
            told = Answer(ResultState.DONE) if done else Answer(ResultState.FAILED, "the program ended meanwhile")
            self.answer(id_, told, stamp)

    def take(self, hour: Hour, stamp: Stamp) -> Sequence[Order]:
        """What is to be done now, each once; what cannot be is answered. `stamp`: now, which `hour` corrects.

        While nobody knows what time it is, nobody knows what has expired: then they wait.
        """
        if not self._waiting or hour.correction is None:
            return []
        with self._lock:
            taken = list(self._waiting)
            self._waiting.clear()
        true_now = hour.correction.of(stamp[0])
        orders = (self._order(command, true_now, stamp) for command in taken)
        return [order for order in orders if order is not None]

    def answer(self, id_: str, answer: Answer, stamp: Stamp) -> None:
        """It is over as of now; the answer waits in the outbox when this returns, but for a disk that fails."""
        result = Result(command=id_, state=answer.state, reason=answer.reason[:2000], values=answer.values or {})
        with self._lock:
            begun = {one: name for one, name in self._begun.items() if one != id_}
            over = [*self._over, id_][-OVER_MAX:]
        posting = Posting(result, *stamp, key=f"command:{id_}")
        try:
            self._outbox.put([posting], remember={KEPT: _written(begun, over)})
        except EdgeError as error:
            self._counts["unanswered"] += 1
            log.error("command %s: %s", id_, error)  # noqa: TRY400  # one line
            return
        with self._lock:
            self._begun, self._over = begun, over
            self._counts[answer.state] += 1
            self.answers += 1

    def _order(self, command: Command, true_now: datetime, stamp: Stamp) -> Order | None:
        """What is to be done; None where it was refused, or cannot be begun safely."""
        try:
            self._must_be_of_now(command, true_now)
            name, arguments = check(command.name, command.arguments)
            self._must_be_allowed(name)
        except _NotDone as no:
            self.answer(command.id, no.answer, stamp)
            return None
        except BadCommand as bad:
            self.answer(command.id, Answer(ResultState.REFUSED, str(bad)), stamp)
            return None
        begun = {**self._begun, command.id: command.name}
        try:
            self._outbox.put([], remember={KEPT: _written(begun, self._over)})
        except EdgeError as error:
            self._counts["dropped"] += 1
            log.error("command %s is not begun: %s", name, error)  # noqa: TRY400  # one line
            return None
        with self._lock:
            self._begun = begun
        return Order(command.id, arguments, name)

    def _must_be_of_now(self, command: Command, true_now: datetime) -> None:
        if command.expires_at <= true_now:
            raise _NotDone(ResultState.EXPIRED, f"it had expired at {command.expires_at:%Y-%m-%dT%H:%M:%SZ}")
        if command.issued_at > true_now + AHEAD_MAX or command.expires_at > command.issued_at + LASTS_MAX:
            raise _NotDone(ResultState.REFUSED, "its times cannot be: it is of the future, or never expires")

    def _must_be_allowed(self, name: CommandName) -> None:
        if name not in self._allowed:
            raise _NotDone(ResultState.REFUSED, f"{name} is not allowed on this vehicle ([commands] allow)")


class _NotDone(Exception):  # an answer
    def __init__(self, state: ResultState, reason: str) -> None:
        super().__init__(reason)
        self.answer = Answer(state, reason)


def _written(begun: Mapping[str, str], over: Sequence[str]) -> bytes:
    return json.dumps({"begun": begun, "over": over}).encode()


def _read(kept: bytes | None) -> tuple[dict[str, str], list[str]]:
    try:
        told = json.loads(kept or b"{}")
        return dict(told.get("begun", {})), list(told.get("over", []))
    except (ValueError, AttributeError, TypeError):  # an earlier version's; what it had answered has its key
        return {}, []
