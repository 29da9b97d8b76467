"""CanAsker: questions to control units over a CAN bus (ISO 15765-2 and -4)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge.diagnostics.asker import PENDING, Answer, belongs
from edge.diagnostics.ecu import UNITS, Ecu, answering, functional
from edge.diagnostics.line import LOOK_S, Line
from edge.frames import EXTENDED, NANOSECONDS, Frame

PADDING: Final = 0xCC
"""ISO 15765-2 recommends it: few stuff bits."""
SINGLE_MAX: Final = 7
"""Bytes of a request; longer ones are never needed and never sent."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long answers are waited for, seconds."""

    first_s: float = 0.25
    """P2 is 50 ms (ISO 15765-4 table 9); the rest is what bus, driver and a slow machine need."""
    more_s: float = 0.1
    """After an answer to everybody, for those of others."""
    piece_s: float = 1.0
    """N_Cr: between two frames of a long answer (ISO 15765-2 table 21)."""
    later_s: float = 5.0
    """P2*: after a unit said that its answer comes later (ISO 14229-2)."""
    silent_s: float = 2.0
    """One question in all, unless somebody said "later"."""
    total_s: float = 15.0
    """One question in all, whatever anybody says."""


class Assembly(Protocol):
    """Puts answers together for one question, and says to units when to go on."""

    @property
    def losses(self) -> Counter[str]:
        """Answers that did not become whole, by why."""

    def begin(self, units: Collection[Ecu]) -> None:
        """From now on these units may answer."""

    def take(self, unit: Ecu, frame: Frame) -> None:
        """A frame of a unit's answer was heard."""

    def ready(self) -> Sequence[tuple[Ecu, bytes]]:
        """Answers that are whole since the last call."""

    def is_waiting(self) -> bool:
        """Whether a long answer is on its way."""

    def end(self) -> None:
        """Nobody is expected any more; what is half there is dropped."""


class CanAsker:
    """Asks over one line."""

    def __init__(
        self,
        line: Line,
        assembly: Assembly,
        *,
        extended: bool = False,
        units: Sequence[Ecu] = (),
        timing: Timing | None = None,
    ) -> None:
        """`extended`: everybody is asked on 29-bit ids; `units`: of the profile, beyond those of ISO 15765-4."""
        self.line = line
        self._assembly = assembly
        self._extended = extended
        self._named = {(unit.answer, unit.extended): unit for unit in units}
        self._timing = timing or Timing()
        self._known: set[Ecu] = set()
        self._counts = Counter(dict.fromkeys(("questions", "answers", "negative", "unanswered", "late"), 0))

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""
        return {**self._counts, **self._assembly.losses, **self.line.counters}

    @property
    def extended(self) -> bool:
        """Whether everybody is asked on 29-bit ids."""
        return self._extended

    def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
        """The answers; see `Asker.ask`."""
        frame = self._framed(request, to)
        self.line.permission.check(frame)
        extended = bool(frame.flags & EXTENDED)
        with self.line.exchange(frame.id.to_bytes(4, "big") + frame.payload, extended=extended):
            self._assembly.begin([to] if to else sorted(self._known.union(() if extended else UNITS)))
            try:
                self._let_old_frames_pass()
                self.line.send(frame)
                self._counts["questions"] += 1
                return self._gather(request, to)
            finally:
                self._assembly.end()

    def why_silent(self) -> str | None:
        """Why nothing may be asked at this moment."""
        return self.line.why_silent()

    def volts(self) -> float | None:
        """A bus does not measure its supply."""
        return None

    def close(self) -> None:
        """Give the bus back."""
        self.line.close()

    def _framed(self, request: bytes, to: Ecu | None) -> Frame:
        identifier, flags = (to.request, to.flags) if to else functional(extended=self._extended)
        payload = bytes([len(request)]) + request
        return Frame(self.line.now_ns(), identifier, payload.ljust(8, bytes([PADDING])), flags=flags)

    def _let_old_frames_pass(self) -> None:
        """What was on the bus before the question is no answer to it."""
        self.line.heard(0.0)

    def _gather(self, request: bytes, to: Ecu | None) -> list[Answer]:
        wait = _Wait(self._timing, self.line.now_ns(), everybody=to is None)
        answers: dict[Ecu, Answer] = {}
        while (left_s := wait.left_s(self.line.now_ns(), is_long=self._assembly.is_waiting())) > 0:
            self._listen(min(left_s, LOOK_S), to)
            for unit, payload in self._assembly.ready():
                now_ns = self.line.now_ns()
                if not belongs(request, payload) or (to is not None and unit != to):
                    self._counts["late"] += 1
                    continue
                answer = Answer(unit, payload, now_ns)
                if answer.refusal == PENDING:
                    wait.later(unit, now_ns)
                    continue
                self._known.add(unit)
                answers[unit] = answer
                wait.answered(unit, now_ns)
        self._count(answers.values())
        return [answers[unit] for unit in sorted(answers)]

    def _listen(self, wait_s: float, to: Ecu | None) -> None:
        for frame in self.line.heard(wait_s):
            unit = self._named.get((frame.id, bool(frame.flags & EXTENDED))) or answering(frame)
            if unit is not None and (to is None or unit == to):
                self.line.answered(frame)
                self._assembly.take(unit, frame)

    def _count(self, answers: Collection[Answer]) -> None:
        self._counts["answers"] += len(answers)
        self._counts["negative"] += sum(answer.refusal is not None for answer in answers)
        self._counts["unanswered"] += not answers


class _Wait:
    """Until when answers to one question are waited for."""

    def __init__(self, timing: Timing, now_ns: int, *, everybody: bool) -> None:
        self._timing = timing
        self._everybody = everybody
        self._began_ns = now_ns
        self._until_ns = now_ns + _ns(timing.first_s)
        self._later: set[Ecu] = set()

    def left_s(self, now_ns: int, *, is_long: bool) -> float:
        """Seconds for which it is worth listening on."""
        most_s = self._timing.total_s if self._later else self._timing.silent_s
        until_ns = self._until_ns
        if is_long:
            until_ns = max(until_ns, now_ns + _ns(self._timing.piece_s))
        return (min(until_ns, self._began_ns + _ns(most_s)) - now_ns) / NANOSECONDS

    def later(self, unit: Ecu, now_ns: int) -> None:
        """A unit said that its answer comes later."""
        self._later.add(unit)
        self._until_ns = now_ns + _ns(self._timing.later_s)

    def answered(self, unit: Ecu, now_ns: int) -> None:
        """A unit said what it had to say."""
        self._later.discard(unit)
        if self._later:
            return
        self._until_ns = now_ns + _ns(self._timing.more_s) if self._everybody else now_ns


def _ns(seconds: float) -> int:
    return round(seconds * NANOSECONDS)
