"""ElmAsker: questions to control units through an ELM327; the manners are those of a line onto a bus.

An adapter hears nothing between questions. So a vehicle is not taken to be awake because it talks, and another tester
is not noticed: the installer who configures an adapter that asks says that none is there. That the vehicle is in use
is shown by its supply, which the adapter measures, or told by others.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from edge.diagnostics.asker import Answer
from edge.diagnostics.budget import Budget, frame_bits
from edge.diagnostics.ecu import Ecu, answering
from edge.diagnostics.elm327.commands import ORDINARY, PATIENT, addressed, as_sent
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.elm327.hearing import Gathered, Hearing
from edge.diagnostics.elm327.lines import Heard, Remark
from edge.diagnostics.elm327.reach import Reach
from edge.diagnostics.elm327.search import Search
from edge.diagnostics.line import LOOK_S, PATIENCE_S, News, NotNow
from edge.diagnostics.permission import Forbidden, Permission
from edge.diagnostics.probe import SUPPORTED, Kind
from edge.diagnostics.watch import Manners, Signs, Silence, Watch
from edge.errors import BusDown
from edge.frames import EXTENDED, NANOSECONDS, Frame

SILENT_S: Final = 1.9
"""One question in all, with whatever has to be set for it; the rest of two seconds is for killing a child."""
ARRIVE_S: Final = 2.0
"""Further attempts to reach an adapter that is away, for who asks once."""
CAREFUL_BITRATE: Final = 250_000
"""Whose budget is kept while the kind of bus is not known."""
ERRORS_MAX: Final = 3
"""Questions in a row that the bus did not take: a bad installation."""
REFUSED_BY_BUS: Final = frozenset({Remark.CAN_ERROR, Remark.BUS_ERROR, Remark.BUS_BUSY, Remark.UNABLE_TO_CONNECT})
_PATIENCE_NS: Final = round(PATIENCE_S * NANOSECONDS)


class ElmAsker:
    """Asks through one adapter, and says where we stand with the vehicle. Used by one thread."""

    def __init__(
        self,
        conversation: Conversation,
        permission: Permission,
        manners: Manners,
        *,
        kind: Kind | None = None,
        units: Sequence[Ecu] = (),
    ) -> None:
        """`kind`: of the bus; searched for, with four questions at most, when None; `units`: of the profile."""
        bitrate = kind.bitrate if kind else CAREFUL_BITRATE
        self.permission = permission
        self.watch = Watch(replace(manners, gateway=True), bitrate=bitrate, units=units)
        self.budget = Budget(bitrate)
        self.kind = kind
        """Of the bus, once it is known."""
        self._conversation = conversation
        self._reach = Reach(conversation)
        self._hearing = Hearing(units)
        self._search = Search()
        self._counts = Counter(dict.fromkeys(("questions", "answers", "negative", "unanswered", "asked_again"), 0))
        self._signs = Signs(0)
        self._news: Callable[[], News] | None = None
        self._errors = 0

    @property
    def counters(self) -> Mapping[str, int]:
        """Questions, answers, and what went wrong, by cause."""
        adapter = {f"adapter_{cause}": count for cause, count in self._conversation.counts.items()}
        remarks = {f"elm_{remark}": count for remark, count in self._reach.remarks.items()}
        return {**self._counts, **self._hearing.counts, **adapter, **remarks}

    @property
    def extended(self) -> bool:
        """Whether everybody is asked on 29-bit ids."""
        return self.kind is not None and self.kind.extended

    @property
    def child(self) -> int | None:
        """Its number as a program, for whoever watches; None while there is none."""
        return self._conversation.pid

    def ask(self, request: bytes, to: Ecu | None = None) -> Sequence[Answer]:
        """The answers; see `Asker.ask`. A search for the kind of bus goes one step with each question."""
        until_ns = self._until_ns()
        self.permission.check(as_sent(request, to, extended=to.extended if to else self.extended, at_ns=0))
        self._reach.measure(until_ns)
        self._tell_supply()
        self._refuse_if_silent()
        kind = self._on_the_bus(until_ns)
        if to is not None and to.extended != kind.extended:
            raise Forbidden(f"{to.name} cannot be asked through an adapter that is set to {kind.name}")
        question = as_sent(request, to, extended=kind.extended, at_ns=self.now_ns())
        until_ns += self._waited_for_room(question)
        self._reach.set((*addressed(to, extended=kind.extended), *ORDINARY), until_ns)
        answers = self._gathered(question, to, until_ns).answers
        self._count(answers.values())
        return [answers[unit] for unit in sorted(answers)]

    def now_ns(self) -> int:
        """Monotonic."""
        return self._conversation.now_ns()

    def tell(self, signs: Signs) -> None:
        """The vehicle's state as others know it; what the adapter measures of the supply is added."""
        self._signs = signs
        self._tell_supply()

    def listen_to(self, news: Callable[[], News]) -> None:
        """Ask there, again and again, what is known of the vehicle besides; of its traffic nobody here knows."""
        self._news = news

    def arrive(self) -> None:
        """Wait for the adapter as long as somebody does who has just plugged it in.

        Raises:
            BusDown: it is away; why.
        """
        if not self._conversation.arrives(ARRIVE_S):
            raise self._conversation.down()

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

    @property
    def measured(self) -> tuple[int, float] | None:
        """When the adapter measured the supply last, monotonic ns, and its volts; None: not lately. Any thread."""
        return self._reach.measured

    def taken_frames(self) -> list[Frame]:
        """Frames of answers since the last call, as they were on the bus, for a decoder; any one thread."""
        return self._hearing.taken_frames()

    def close(self) -> None:
        """End the child; safe to repeat."""
        self._conversation.close()

    # questions

    def _on_the_bus(self, until_ns: int) -> Kind:
        """The kind of bus, chosen.

        Raises:
            BusDown: it is not known yet.
            NotNow: the bus did not take what was sent to find out.
        """
        if self.kind is None:
            self.kind = self._tried(until_ns)
            self.budget = Budget(self.kind.bitrate)
        self._reach.choose(self.kind, self._separation_ms(), until_ns)
        return self.kind

    def _tried(self, until_ns: int) -> Kind:
        """The next kind of bus, if anybody answers there; the first error ends the search, as a wrong rate disturbs."""
        kind = self._search.due(self.now_ns())
        if kind is None:
            raise BusDown("nobody answered on any kind of bus; it is tried again later")
        question = as_sent(SUPPORTED, None, extended=kind.extended, at_ns=self.now_ns())
        self._reach.choose(kind, self._separation_ms(), until_ns)
        self._reach.set(addressed(None, extended=kind.extended), until_ns)
        heard = self._asked(question, until_ns)
        if any(answering(frame) for frame in heard.frames):
            return kind
        if REFUSED_BY_BUS & heard.remarks.keys():
            self.watch.not_sent(f"the adapter finds no bus of {kind.name}; name the kind that it is", self.now_ns())
            self._refuse_if_silent()
        self._search.missed(self.now_ns())
        raise BusDown(f"nobody answers on {kind.name}")

    def _gathered(self, question: Frame, to: Ecu | None, until_ns: int) -> Gathered:
        """Ask, and once more with more patience where somebody says that his answer comes later."""
        self._counts["questions"] += 1
        first = self._hearing.gather(question, to, self._asked(question, until_ns).frames)
        if not first.later:
            return first
        self._counts["asked_again"] += 1
        self._refuse_if_silent()
        self._reach.set(PATIENT, self._until_ns())
        again = self._hearing.gather(question, to, self._asked(question, self._until_ns()).frames)
        return Gathered({**first.answers, **again.answers}, again.later)

    def _asked(self, question: Frame, until_ns: int) -> Heard:
        """The one place from which anything goes to the vehicle."""
        self.permission.check(question)
        heard = self._reach.say(question.payload[1 : 1 + question.payload[0]].hex().upper(), until_ns)
        self._spend(question, heard.frames)
        refusals = REFUSED_BY_BUS & heard.remarks.keys()
        self._errors = self._errors + 1 if refusals else 0
        if self._errors >= ERRORS_MAX:
            self.watch.not_sent("the bus does not take what the adapter sends", self.now_ns())
        if refusals and self.kind is not None:
            raise BusDown(f"the adapter says {', '.join(sorted(refusals))}")
        return heard

    def _spend(self, question: Frame, frames: Sequence[Frame]) -> None:
        """The question, its answers, and the flow control of long ones."""
        extended = bool(question.flags & EXTENDED)
        sizes = [8, *(len(frame.payload) for frame in frames), *(8 for frame in frames if frame.payload[0] >> 4 == 1)]
        bits = sum(frame_bits(size, extended=extended) for size in sizes)
        self.budget.spend(bits, self.now_ns())
        self.budget.learn(_key(question), bits)

    def _count(self, answers: Collection[Answer]) -> None:
        self._counts["answers"] += len(answers)
        self._counts["negative"] += sum(answer.refusal is not None for answer in answers)
        self._counts["unanswered"] += not answers

    # manners

    def _look_at_supply(self) -> None:
        if self._conversation.is_open(0.0):
            with suppress(BusDown):
                self._reach.measure(self._until_ns())
        self._tell_supply()

    def _tell_supply(self) -> None:
        """Either of them proves that the vehicle is in use; the supply is as the adapter measures it."""
        if self._news is not None and (signs := self._news().signs) is not None:
            self._signs = signs
        self.watch.tell(self._signs)
        if (measured := self._reach.measured) is not None:
            told = self._signs  # whether anything may be asked at all is not for the supply to say
            self.watch.tell(
                Signs(measured[0], volts=measured[1], workshop=told.workshop, parked=told.parked, private=told.private)
            )

    def _refuse_if_silent(self) -> None:
        if (why := self.watch.why_silent(self.now_ns())) is not None:
            self._counts[f"refused_{why}"] += 1
            raise NotNow(why)

    def _waited_for_room(self, question: Frame) -> int:
        """Nanoseconds until the budget had room for a question and its answers."""
        bits = self.budget.cost(_key(question), extended=bool(question.flags & EXTENDED))
        began_ns = self.now_ns()
        while (now_ns := self.now_ns()) < min(self.budget.free_at(bits, now_ns), began_ns + _PATIENCE_NS):
            self._conversation.wait(LOOK_S)
            self._refuse_if_silent()
        return now_ns - began_ns

    def _separation_ms(self) -> int:
        return self.budget.separation_ms(extended=self.extended)

    def _until_ns(self) -> int:
        return self.now_ns() + round(SILENT_S * NANOSECONDS)


def _key(question: Frame) -> bytes:
    return question.id.to_bytes(4, "big") + question.payload
