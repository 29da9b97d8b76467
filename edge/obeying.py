"""Obeying: how each command is carried out, tick by tick, by the thread that judges; what takes long is waited for."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from edge.asking import Asked
from edge.captures import Capturing
from edge.commands import Answer, Commands, Order, Stamp
from edge.driver.cab import Cab
from edge.errors import EdgeError
from edge.timekeeping import Hour
from edge.wire.commands import CommandName, LogLevelArguments, SpeakArguments
from edge.wire.messages import PartHealth, PartState, ResultState, Value

log = logging.getLogger(__name__)

PATIENCE_S: Final = 120.0
"""How long control units are waited for: one that sleeps, or a bus that is busy, is not asked."""
HEARD_S: Final = 3.0
"""How late a frame is judged at most, and then some."""
VALUES_MAX: Final = 200


@dataclass(slots=True)
class _Waiting:
    """What is being done."""

    id: str
    look: Callable[[], Answer | None]
    """None: not over yet."""
    until_s: float
    late: Callable[[], str]
    """Why it is not over when its time is."""


class Obeying:
    """Carries out what `Commands` hands out."""

    def __init__(
        self,
        commands: Commands,
        *,
        asked: Collection[Asked],
        capturing: Capturing,
        cab: Cab,
        parts: Callable[[], Mapping[str, PartHealth]],
        restart: Callable[[], None],
    ) -> None:
        """`parts`: how everything is; `restart`: have the program end, and begin anew."""
        self._commands = commands
        self._asked = asked
        self._capturing = capturing
        self._cab = cab
        self._parts = parts
        self._waiting: list[_Waiting] = []
        self._begin: Mapping[CommandName, Callable[[str, int, float], Answer | None]] = {
            CommandName.CAPTURE: lambda id_, at, _: self._capture(id_, at),
            CommandName.READ_CODES: lambda id_, _, now_s: self._read_codes(id_, now_s),
            CommandName.CLEAR_CODES: lambda id_, _, now_s: self._clear_codes(id_, now_s),
            CommandName.SELF_TEST: lambda *_: self._tested(),
            CommandName.RESTART: lambda *_: restart(),
        }
        """Those without arguments; a restart is answered by the next start."""
        self._clearing_until_s = 0.0
        self._level_until_s: float | None = None
        self._level_before = logging.NOTSET

    @property
    def clears(self) -> bool:
        """Whether codes are being erased, or were a moment ago: what is asked for then is heard late."""
        return time.monotonic() < self._clearing_until_s

    def step(self, hour: Hour, stamp: Stamp, at: int) -> bool:
        """Begin what was asked for, see what is over; whether anything was answered. `at` (ns): how far is judged."""
        now_s, answers_before = time.monotonic(), self._commands.answers
        for order in self._commands.take(hour, stamp):
            log.info("the cloud asks: %s", order.name)
            answer = self._begun(order, at, now_s)
            if answer is not None:
                self._commands.answer(order.id, answer, stamp)
        for one in list(self._waiting):
            answer = one.look()
            if answer is None and now_s >= one.until_s:
                answer = Answer(ResultState.FAILED, one.late())
            if answer is not None:
                self._waiting.remove(one)
                self._commands.answer(one.id, answer, stamp)
        self._look_at_level(now_s)
        return self._commands.answers > answers_before

    def _begun(self, order: Order, at: int, now_s: float) -> Answer | None:
        """Do it; None: its answer comes later, or with the next start."""
        match order.arguments:
            case LogLevelArguments(level=level, minutes=minutes):
                return self._log_level(level, 60.0 * minutes, now_s)
            case SpeakArguments(text=text):
                return self._speak(text)
        return self._begin[order.name](order.id, at, now_s)

    def _capture(self, id_: str, at: int) -> Answer:
        if not at:
            return Answer(ResultState.FAILED, "no bus was heard since the start, so there is nothing to keep")
        if self._capturing.commanded(id_, at):
            return Answer(ResultState.DONE, values={"capture": id_})
        return Answer(ResultState.FAILED, "captures are off, too many are being taken, or the day's are spent")

    def _read_codes(self, id_: str, now_s: float) -> Answer | None:
        services = [one.service for one in self._asked]
        if not services:
            return Answer(ResultState.FAILED, 'no control unit is asked on this vehicle (ask = "obd" of a bus)')
        before = [service.looks for service in services]
        for service in services:
            service.hurry()

        def look() -> Answer | None:
            if any(service.looks <= seen for service, seen in zip(services, before, strict=True)):
                return None
            return Answer(ResultState.DONE, values={service.name: service.codes for service in services})

        def late() -> str:
            reasons = [f"{one.name}: {one.trouble or one.why or 'nobody answers'}" for one in services]
            return f"not all were read ({'; '.join(reasons)})"

        self._waiting.append(_Waiting(id_, look, now_s + PATIENCE_S, late))
        return None

    def _clear_codes(self, id_: str, now_s: float) -> Answer | None:
        if not self._asked:
            return Answer(ResultState.FAILED, 'no control unit is asked on this vehicle (ask = "obd" of a bus)')
        told: list[Answer] = []

        def clear() -> None:
            try:
                values: dict[str, Value] = {one.service.name: one.clear()[:2000] for one in self._asked}
            except EdgeError as error:
                told.append(Answer(ResultState.FAILED, str(error)))
            else:
                told.append(Answer(ResultState.DONE, values=values))
            self._clearing_until_s = time.monotonic() + HEARD_S

        self._clearing_until_s = now_s + PATIENCE_S
        threading.Thread(target=clear, name="clearing", daemon=True).start()
        self._waiting.append(
            _Waiting(id_, lambda: told[0] if told else None, now_s + PATIENCE_S, lambda: "no control unit answers")
        )
        return None

    def _tested(self) -> Answer:
        parts = dict(list(self._parts().items())[:VALUES_MAX])
        bad = {name: part for name, part in parts.items() if part.state is not PartState.OK}
        reason = "; ".join(f"{name}: {part.reason or part.state}" for name, part in bad.items())
        values: dict[str, Value] = {name: str(part.state) for name, part in parts.items()}
        return Answer(ResultState.DONE, reason=reason, values=values)

    def _log_level(self, level: str, seconds: float, now_s: float) -> Answer:
        root = logging.getLogger()
        if self._level_until_s is None:
            self._level_before = root.level
        root.setLevel(level.upper())
        self._level_until_s = now_s + seconds
        return Answer(ResultState.DONE)

    def _look_at_level(self, now_s: float) -> None:
        if self._level_until_s is not None and now_s >= self._level_until_s:
            logging.getLogger().setLevel(self._level_before)
            self._level_until_s = None

    def _speak(self, text: str) -> Answer:
        if self._cab.say(text):
            return Answer(ResultState.DONE)
        return Answer(ResultState.REFUSED, "somebody works on the vehicle, and nothing is said")
