"""Line: the one way onto a bus: what is sent was permitted, polite and within the budget; what comes is watched."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from edge.bus.port import Port
from edge.diagnostics.budget import Budget, frame_bits
from edge.diagnostics.permission import Kind, Permission
from edge.diagnostics.watch import Signs, Silence, Watch
from edge.errors import EdgeError
from edge.frames import EXTENDED, NANOSECONDS, Frame, FrameBatch

LOOK_S: Final = 0.05
"""How long one look at the bus lasts while something is waited for."""
PATIENCE_S: Final = 5.0
"""How long a question waits for room in the budget."""
NO_ROOM: Final = "bus_full"


class NotNow(EdgeError):
    """Nothing may be asked at this moment; `why` says it, and it may be tried again later."""

    def __init__(self, why: Silence) -> None:
        self.why = why
        super().__init__(f"nothing is asked now: {why}")


class OverBudget(EdgeError):
    """A flow control that the budget has no room for: a unit that begins again and again gets no more of them."""


@dataclass(frozen=True, slots=True)
class News:
    """What another, who reads the bus anyway, has to say of the vehicle since the last time."""

    frames: int = 0
    """Of the vehicle's own accord."""
    last_ns: int = 0
    bits: int = 0
    signs: Signs | None = None


class Line:
    """One bus with our manners. Used by one thread."""

    def __init__(
        self,
        port: Port,
        permission: Permission,
        watch: Watch,
        budget: Budget,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.permission = permission
        self.watch = watch
        self.budget = budget
        self.sent = Counter(dict.fromkeys(Kind, 0))
        self.refused: Counter[str] = Counter()
        """What was not sent, by why."""
        self._port = port
        self._monotonic_ns = monotonic_ns
        self._news: Callable[[], News] | None = None
        self._overhears: Callable[[Frame], None] | None = None
        self._later: tuple[int, Callable[[], None]] | None = None
        self._question: bytes | None = None
        self._spent = 0
        self._lost = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Frames sent by kind, and what was refused, by cause."""
        sent = {f"sent_{kind}": count for kind, count in self.sent.items()}
        return {**sent, **{f"refused_{why}": count for why, count in self.refused.items()}}

    def now_ns(self) -> int:
        """The time of everything here: monotonic."""
        return self._monotonic_ns()

    def listen_to(self, news: Callable[[], "News"]) -> None:
        """Ask there, again and again, what the vehicle does of its own accord."""
        self._news = news

    def overhear(self, ear: Callable[[Frame], None]) -> None:
        """Tell there every frame that is ever heard, whoever waits for what: a claim of our address among them."""
        self._overhears = ear

    def later(self, at_ns: int, say: Callable[[], None]) -> None:
        """Call this, once, when that time has come and the bus is looked at; of several only the first waits."""
        if self._later is None:
            self._later = at_ns, say

    @contextmanager
    def exchange(self, question: bytes, *, extended: bool = False) -> Iterator[None]:
        """Around a question and its answers: waits until the budget has room for both, and learns what they take.

        Raises:
            NotNow: nothing may be asked.
            BusDown: the bus is not there just now.
        """
        self._wait_for_room(self.budget.cost(question, extended=extended))
        self._question, self._spent = question, 0
        try:
            yield
        finally:
            self.budget.learn(question, self._spent)
            self._question = None

    def send(self, frame: Frame) -> None:
        """Send one frame within an exchange.

        Raises:
            Forbidden: it is on no list.
            NotNow: nothing may be asked.
            OverBudget: it is flow control, and the budget is spent.
            BusDown: the bus is not there just now.
        """
        kind = self.permission.check(frame)
        now_ns = self.now_ns()
        self._refuse_if_silent(now_ns)
        if kind is Kind.FLOW and self.budget.free_at(_bits(frame), now_ns) > now_ns:
            self.refused["over_budget"] += 1
            raise OverBudget("the budget has no room for flow control")
        self._port.send(FrameBatch.of([frame]))
        self.watch.asked(now_ns)
        self._spend(frame, now_ns)
        self.sent[kind] += 1
        lost = self._port.counters.get(NO_ROOM, 0)
        if lost > self._lost:
            self.watch.not_sent("nobody takes what we send", now_ns)
        self._lost = lost

    def heard(self, wait_s: float) -> Sequence[Frame]:
        """What others sent, waiting at most `wait_s` for the first, and less where something is due `later`.

        Raises:
            BusDown: the bus is not there just now.
        """
        if self._later is not None:
            wait_s = min(wait_s, max(self._later[0] - self.now_ns(), 0) / NANOSECONDS)
        frames = list(self._port.heard(wait_s).frames())
        self.watch.hear(frames, self.now_ns())
        if self._overhears is not None:
            for frame in frames:
                self._overhears(frame)
        self._hear_news()
        if self._later is not None and self.now_ns() >= self._later[0]:
            _, say = self._later
            self._later = None
            say()
        return frames

    def answered(self, frame: Frame) -> None:
        """A frame belongs to the answer of the running exchange: it is ours to account for."""
        self._spend(frame, self.now_ns())

    def why_silent(self) -> Silence | None:
        """Why nothing may be asked now."""
        self._hear_news()
        return self.watch.why_silent(self.now_ns())

    def refuse_if_silent(self) -> None:
        """Nothing to be sent, but if there were.

        Raises:
            NotNow: nothing may be sent.
        """
        self._refuse_if_silent(self.now_ns())

    def close(self) -> None:
        """Give the bus back; safe to repeat."""
        self._port.close()

    def _wait_for_room(self, bits: int) -> None:
        until_ns = self.now_ns() + round(PATIENCE_S * NANOSECONDS)
        while True:
            now_ns = self.now_ns()
            self._refuse_if_silent(now_ns)
            free_ns = self.budget.free_at(bits, now_ns)
            if free_ns <= now_ns or now_ns >= until_ns:
                return
            self.heard(min((free_ns - now_ns) / NANOSECONDS, LOOK_S))

    def _hear_news(self) -> None:
        if self._news is not None:
            news = self._news()
            self.watch.traffic(news.frames, news.last_ns, news.bits)
            if news.signs is not None:
                self.watch.tell(news.signs)

    def _refuse_if_silent(self, now_ns: int) -> None:
        self._hear_news()
        if (why := self.watch.why_silent(now_ns)) is not None:
            self.refused[why] += 1
            raise NotNow(why)

    def _spend(self, frame: Frame, now_ns: int) -> None:
        bits = _bits(frame)
        self._spent += bits
        self.budget.spend(bits, now_ns)


def _bits(frame: Frame) -> int:
    return frame_bits(len(frame.payload), extended=bool(frame.flags & EXTENDED))
