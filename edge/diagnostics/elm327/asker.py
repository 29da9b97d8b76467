"""ElmAsker: questions to control units through an ELM327; the manners are those of a line onto a bus.

An adapter hears nothing between questions. So a vehicle is not taken to be awake because it talks, and another tester
is not noticed: the installer who configures an adapter that asks says that none is there. That the vehicle is in use
is shown by its supply, which the adapter measures, or told by others.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from edge.decode.isotp import IsoTpListener
from edge.diagnostics.asker import PENDING, Answer, belongs
from edge.diagnostics.budget import Budget, frame_bits
from edge.diagnostics.ecu import Ecu, answering
from edge.diagnostics.elm327.commands import ORDINARY, PATIENT, SUPPORTED, WAYS, Way, addressed, as_sent
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.elm327.lines import Heard, Remark
from edge.diagnostics.elm327.reach import Reach
from edge.diagnostics.line import LOOK_S, PATIENCE_S, NotNow
from edge.diagnostics.permission import Forbidden, Permission
from edge.diagnostics.watch import Manners, Signs, Silence, Watch
from edge.errors import BusDown
from edge.frames import EXTENDED, NANOSECONDS, Frame

SILENT_S: Final = 1.9
"""One question in all, with whatever has to be set for it; the rest of two seconds is for killing a child."""
CAREFUL_BITRATE: Final = 250_000
"""Whose budget is kept while the kind of bus is not known."""
ERRORS_MAX: Final = 3
"""Questions in a row that the bus did not take: a bad installation."""
SEARCH_FIRST_S: Final = 10.0
SEARCH_MAX_S: Final = 300.0
"""Between two searches in which nobody answered; each sends four questions at most."""
FRAMES_MAX: Final = 4_096
"""Frames of answers that wait for whoever decodes them."""
PATIENCE_NS: Final = round(PATIENCE_S * NANOSECONDS)
REFUSED_BY_BUS: Final = frozenset({Remark.CAN_ERROR, Remark.BUS_ERROR, Remark.BUS_BUSY})


class ElmAsker:
    """Asks through one adapter, and says where we stand with the vehicle. Used by one thread."""

    def __init__(
        self,
        conversation: Conversation,
        permission: Permission,
        manners: Manners,
        *,
        way: Way | None = None,
        units: Sequence[Ecu] = (),
    ) -> None:
        """`way`: the kind of bus; searched for, with four questions at most, when None; `units`: of the profile."""
        bitrate = way.bitrate if way else CAREFUL_BITRATE
        self.permission = permission
        self.watch = Watch(replace(manners, gateway=True), bitrate=bitrate)
        self.budget = Budget(bitrate)
        self._conversation = conversation
        self._reach = Reach(conversation)
        self._way = way
        self._named = {(unit.answer, unit.extended): unit for unit in units}
        self._counts = Counter(
            dict.fromkeys(("questions", "answers", "negative", "unanswered", "late", "strange_id"), 0)
        )
        self._losses: Counter[str] = Counter()
        self._frames: deque[Frame] = deque()
        self._signs = Signs(0)
        self._errors = 0
        self._tried = 0
        self._search_ns = 0
        self._search_s = SEARCH_FIRST_S

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""
        adapter = {f"adapter_{cause}": count for cause, count in self._conversation.counts.items()}
        remarks = {f"elm_{remark}": count for remark, count in self._reach.remarks.items()}
        return {**self._counts, **adapter, **remarks, **self._losses}

    @property
    def extended(self) -> bool:
        """Whether everybody is asked on 29-bit ids."""
        return self._way is not None and self._way.extended

    @property
    def way(self) -> Way | None:
        """The kind of bus, once it is known."""
        return self._way

    def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
        """The answers; see `Asker.ask`. A search for the kind of bus goes one step with each question."""
        until_ns = self._until_ns()
        self.permission.check(as_sent(request, to, extended=to.extended if to else self.extended, at_ns=0))
        self._reach.measure(until_ns)
        self._tell_supply()
        self._refuse_if_silent()
        way = self._on_the_bus(until_ns)
        if to is not None and to.extended != way.extended:
            raise Forbidden(f"{to.name} cannot be asked through an adapter that is set to {way.name}")
        question = as_sent(request, to, extended=way.extended, at_ns=self.now_ns())
        until_ns += self._waited_for_room(question)
        self._reach.set(addressed(to, extended=way.extended), until_ns)
        return self._gathered(question, to, until_ns)

    def now_ns(self) -> int:
        """Monotonic."""
        return self._conversation.now_ns()

    def tell(self, signs: Signs) -> None:
        """The vehicle's state as others know it; what the adapter measures of the supply is added."""
        self._signs = signs
        self._tell_supply()

    def listen(self, wait_s: float) -> int:
        """Let time pass; how often the adapter has been opened, so that a return is noticed.

        Raises:
            BusDown: the adapter is away.
        """
        if not self._conversation.is_open(max(wait_s, LOOK_S)):
            raise self._conversation.down()
        self._conversation.wait(wait_s)
        return self._conversation.counts["openings"]

    def why_silent(self) -> Silence | None:
        """Why nothing may be asked at this moment; None when something may, if the adapter is there."""
        self._look_at_supply()
        return self.watch.why_silent(self.now_ns())

    def volts(self) -> float | None:
        """The supply as the adapter measures it; None where it cannot just now."""
        self._look_at_supply()
        return self._reach.measured[1] if self._reach.measured else None

    def taken_frames(self) -> list[Frame]:
        """Frames of answers since the last call, as they were on the bus, for the decoder that listens."""
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def close(self) -> None:
        """End the child; safe to repeat."""
        self._conversation.close()

    # questions

    def _on_the_bus(self, until_ns: int) -> Way:
        """The kind of bus, chosen.

        Raises:
            BusDown: it is not known yet.
            NotNow: the bus did not take what was sent to find out.
        """
        if self._way is None:
            self._way = self._try_next(until_ns)
            self.budget = Budget(self._way.bitrate)
        self._reach.choose(self._way, self._separation_ms(), until_ns)
        return self._way

    def _try_next(self, until_ns: int) -> Way:
        """Ask on the next kind of bus; the first error ends the search for good, as a wrong bit rate disturbs."""
        if self.now_ns() < self._search_ns:
            raise BusDown("nobody answered on any kind of bus; it is tried again later")
        way = WAYS[self._tried]
        question = as_sent(SUPPORTED, None, extended=way.extended, at_ns=self.now_ns())
        self.permission.check(question)
        self._reach.choose(way, self._separation_ms(), until_ns)
        self._reach.set(addressed(None, extended=way.extended), until_ns)
        heard = self._asked(question, until_ns)
        if any(answering(frame) for frame in heard.frames):
            self._tried, self._search_s = 0, SEARCH_FIRST_S
            return way
        if REFUSED_BY_BUS & heard.remarks.keys():
            self.watch.not_sent(
                f"the adapter found no bus of {way.name}; if it is another kind, configure it", self.now_ns()
            )
            self._refuse_if_silent()
        self._tried = (self._tried + 1) % len(WAYS)
        if self._tried == 0:
            self._search_ns = self.now_ns() + round(self._search_s * NANOSECONDS)
            self._search_s = min(2.0 * self._search_s, SEARCH_MAX_S)
        raise BusDown(f"nobody answers on {way.name}")

    def _gathered(self, question: Frame, to: Ecu | None, until_ns: int) -> list[Answer]:
        """Ask, and once more with more patience where all that came is that the answer comes later."""
        self._counts["questions"] += 1
        answers, is_later = self._answers(question, to, self._asked(question, until_ns))
        if is_later and not answers:
            self._counts["asked_again"] += 1
            self._reach.set(PATIENT, self._until_ns())
            answers, _ = self._answers(question, to, self._asked(question, self._until_ns()))
            self._reach.set(ORDINARY, self._until_ns())
        self._counts["answers"] += len(answers)
        self._counts["negative"] += sum(answer.refusal is not None for answer in answers)
        self._counts["unanswered"] += not answers
        return answers

    def _asked(self, question: Frame, until_ns: int) -> Heard:
        heard = self._reach.say(_request(question).hex().upper(), until_ns)
        self._spend(question, heard.frames)
        refusals = REFUSED_BY_BUS & heard.remarks.keys()
        self._errors = self._errors + 1 if refusals else 0
        if self._errors >= ERRORS_MAX:
            self.watch.not_sent("the bus does not take what the adapter sends", self.now_ns())
        if refusals and self._way is not None:
            raise BusDown(f"the adapter says {', '.join(sorted(refusals))}")
        return heard

    def _spend(self, question: Frame, frames: Sequence[Frame]) -> None:
        """The question, its answers, and the flow control of long ones."""
        extended = bool(question.flags & EXTENDED)
        sizes = [8, *(len(frame.payload) for frame in frames), *(8 for frame in frames if frame.payload[0] >> 4 == 1)]
        bits = sum(frame_bits(size, extended=extended) for size in sizes)
        self.budget.spend(bits, self.now_ns())
        self.budget.learn(_key(question), bits)

    # answers

    def _answers(self, question: Frame, to: Ecu | None, heard: Heard) -> tuple[list[Answer], bool]:
        """Whole answers to this question by unit, and whether somebody said that his comes later."""
        answers: dict[Ecu, Answer] = {}
        is_later = False
        for unit, payload in self._assembled(heard.frames, to):
            answer = Answer(unit, payload, self.now_ns())
            if not belongs(_request(question), payload):
                self._counts["late"] += 1
            elif answer.refusal == PENDING:
                is_later = True
            else:
                answers[unit] = answer
        self._keep([frame for frame in heard.frames if self._unit(frame) in answers])
        return [answers[unit] for unit in sorted(answers)], is_later

    def _assembled(self, frames: Sequence[Frame], to: Ecu | None) -> Iterator[tuple[Ecu, bytes]]:
        """Messages that are whole; what is half there is dropped with its question."""
        listener = IsoTpListener()
        for frame in frames:
            unit = self._unit(frame)
            if unit is None or (to is not None and unit != to):
                self._counts["strange_id"] += 1
                continue
            payload = listener.take(frame.time, frame.id, frame.payload)
            if payload is not None:
                yield unit, payload
        self._losses.update({f"isotp_{why}": count for why, count in listener.losses.items()})
        self._losses["isotp_unfinished"] += listener.open

    def _unit(self, frame: Frame) -> Ecu | None:
        return self._named.get((frame.id, bool(frame.flags & EXTENDED))) or answering(frame)

    def _keep(self, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if len(self._frames) >= FRAMES_MAX:
                self._frames.popleft()
                self._counts["frames_dropped"] += 1
            self._frames.append(frame)

    # manners

    def _look_at_supply(self) -> None:
        if self._conversation.is_open(0.0):
            with suppress(BusDown):
                self._reach.measure(self._until_ns())
        self._tell_supply()

    def _tell_supply(self) -> None:
        """Either of them proves that the vehicle is in use; the supply is as the adapter measures it."""
        self.watch.tell(self._signs)
        if (measured := self._reach.measured) is not None:
            self.watch.tell(Signs(measured[0], volts=measured[1]))

    def _refuse_if_silent(self) -> None:
        if (why := self.watch.why_silent(self.now_ns())) is not None:
            self._counts[f"refused_{why}"] += 1
            raise NotNow(why)

    def _waited_for_room(self, question: Frame) -> int:
        """Nanoseconds until the budget had room for a question and its answers."""
        bits = self.budget.cost(_key(question), extended=bool(question.flags & EXTENDED))
        began_ns = self.now_ns()
        while (now_ns := self.now_ns()) < min(self.budget.free_at(bits, now_ns), began_ns + PATIENCE_NS):
            self._conversation.wait(LOOK_S)
            self._refuse_if_silent()
        return now_ns - began_ns

    def _separation_ms(self) -> int:
        return self.budget.separation_ms(extended=self.extended)

    def _until_ns(self) -> int:
        return self.now_ns() + round(SILENT_S * NANOSECONDS)


def _request(question: Frame) -> bytes:
    return question.payload[1 : 1 + question.payload[0]]


def _key(question: Frame) -> bytes:
    return question.id.to_bytes(4, "big") + question.payload
