"""Elm327: an adapter of the ELM327 v1.5 kind between a serial line and a vehicle, sound or with a defect.

It is pure: characters and times in, characters out; whoever has a real line (`tests/elm327.py`: a pty) moves it on.
It behaves as the data sheet (Elm Electronics, ELM327 1.4 and 2.x) says where nothing else is said.

Left out: protocols other than ISO 15765-4 (they can be chosen and are named, but reach no vehicle), requests in
several frames, programmable parameters, low power, filters other than AT CRA.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from edge.frames import NANOSECONDS
from edge.simulator.elm327_settings import Settings
from edge.simulator.elm327_text import SerialLine
from edge.simulator.elm327_vehicle import Network, Request, VehicleSide

VERSION: Final = "ELM327 v1.5"
CLONE_VERSION: Final = "ELM327 v2.1"
"""What clones say, whatever they can do."""
INTERPRETER: Final = "OBDII to RS232 Interpreter"
"""AT @1."""
TRANSMIT_BUFFER: Final = 512
"""Characters: what more the vehicle sends ends in BUFFER FULL (ELM327 data sheet, error messages)."""
COMMAND_MAX: Final = 254
"""Characters in one command; longer ones are not understood. An ordinary value."""
TYPING_NS: Final = 20 * NANOSECONDS
"""A command that is not ended in this time is given up with "?" (ELM327 data sheet, communicating)."""
RESET_NS: Final = 300_000_000
WARM_START_NS: Final = 20_000_000
"""AT Z and AT WS: the adapter is deaf meanwhile. Ordinary values, a real one may take a second."""
CLONE_OBEYS: Final = ("D", "E", "L", "S0", "S1", "H", "M", "SP", "TP", "ST", "AT", "SH", "PC")
"""What a clone really does; to everything else it just says OK."""
GARBAGE_SHARE: Final = 0.1
"""Of the characters: half are lost, half come out as one or two others. An ordinary value of a bad line."""

CR: Final = 0x0D
SPACE: Final = 0x20


class Defect(Enum):
    """What is wrong with an adapter."""

    NONE = "none"
    SLOW = "slow"
    """Everything is answered `delay_s` late."""
    SILENT = "silent"
    """Takes whatever is sent, and says nothing at all."""
    GARBAGE = "garbage"
    """One character in ten is lost or comes out as others; the prompt too."""
    ECHO = "echo"
    """The echo stays on, whatever ATE0 has said."""
    UNPLUGGED = "unplugged"
    """Goes away in the middle of an answer: `Elm327.unplugged` is true then, and the line is to be cut."""
    WRONG_PROTOCOL = "wrong_protocol"
    """Nothing can be sent to the vehicle: UNABLE TO CONNECT after a search, CAN ERROR on a chosen protocol."""
    CLONE = "clone"
    """Says OK to every AT command, whether it knows it or not, and shows two frames of a long answer, not more."""


@dataclass(slots=True)
class _Pause:
    """Something that is done later."""

    until_ns: int
    then: Callable[[], None]
    deaf: bool
    """What is typed meanwhile is lost."""


class Elm327:
    """An adapter on a serial line and a vehicle; the same characters at the same times get the same answers.

    `receive` takes what has been typed and gives what has left since; call it without characters whenever `next_ns`
    says so. Characters leave at the speed of the line. All times are on the axis of the vehicle.
    """

    def __init__(
        self,
        bus: Network,
        *,
        defect: Defect = Defect.NONE,
        good_commands: int = 0,
        delay_s: float = 2.0,
        volts: Callable[[], float] = lambda: 12.6,
        kbps: int = 500,
        baud: int = 38_400,
        seed: int = 0,
    ) -> None:
        """`good_commands`: answered before the defect shows; `kbps`: of the vehicle's bus; `seed`: of the garbage."""
        self._vehicle = VehicleSide(bus, kbps=kbps)
        self._defect = defect
        self._good_commands = good_commands
        self._delay_ns = round(delay_s * NANOSECONDS)
        self._volts = volts
        self._rng = np.random.default_rng(seed)
        self._line = SerialLine(baud)
        self._typed = bytearray()
        self._typed_ns = 0
        self._last = ""
        self._commands = 0
        self._pause: _Pause | None = None
        self._now_ns = 0
        self._gone = False

    @property
    def unplugged(self) -> bool:
        """It has gone away in the middle of an answer, and the first half of that has left."""
        return self._gone and self._line.next_ns() is None

    @property
    def settings(self) -> Settings:
        """What has been set; for looking at."""
        return self._vehicle.settings

    def receive(self, chars: bytes, now_ns: int) -> bytes:
        """Take characters from the serial line; what has left on it until now. Time never runs back."""
        self._advance(now_ns)
        for char in chars:
            self._take(char)
        return self._line.take(self._now_ns)

    def next_ns(self) -> int | None:
        """When there will be something to say or do; None: only when something is typed."""
        times = (self._step_ns(), self._line.next_ns())
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    # time

    def _advance(self, until_ns: int) -> None:
        until_ns = max(until_ns, self._now_ns)
        while (at_ns := self._step_ns()) is not None and at_ns <= until_ns:
            self._now_ns = max(at_ns, self._now_ns)
            self._step()
        self._now_ns = until_ns
        if not self._vehicle.busy:
            self._vehicle.rest(until_ns)

    def _step_ns(self) -> int | None:
        if self._gone:
            return None
        if self._pause is not None:
            return self._pause.until_ns
        if self._typed:
            return self._typed_ns + TYPING_NS
        return self._vehicle.next_ns()

    def _step(self) -> None:
        if self._pause is not None:
            then = self._pause.then
            self._pause = None
            then()
        elif self._typed:
            self._typed.clear()
            self._say("?")
            self._prompt()
        else:
            self._show(self._vehicle.step(self._now_ns))

    # the serial line

    def _take(self, char: int) -> None:
        if char == 0 or self._gone or self._shows(Defect.SILENT):
            return
        if self._pause is not None or self._vehicle.busy:
            self._interrupt()
            return
        if self.settings.echo or self._shows(Defect.ECHO):
            self._put(self._end_of_line() if char == CR else bytes([char]))
        if char == CR:
            text = "".join(map(chr, self._typed)).upper()
            self._typed.clear()
            self._begin(text)
        elif char > SPACE and len(self._typed) <= COMMAND_MAX:
            self._typed.append(char)
            self._typed_ns = self._now_ns

    def _interrupt(self) -> None:
        """Any character ends what is going on, and is lost itself."""
        if self._pause is not None and self._pause.deaf:
            return
        self._pause = None
        self._vehicle.stop()
        self._say("STOPPED")
        self._prompt()

    def _shows(self, defect: Defect) -> bool:
        return self._defect is defect and self._commands >= self._good_commands

    def _end_of_line(self) -> bytes:
        return b"\r\n" if self.settings.linefeeds else b"\r"

    def _say(self, text: str) -> None:
        """One line of an answer."""
        line = text.encode("ascii") + self._end_of_line()
        if self._shows(Defect.UNPLUGGED):
            self._put(line[: len(line) // 2])
            self._gone = True
        self._put(line)

    def _prompt(self) -> None:
        self._put(self._end_of_line() + b">")
        self._commands += 1

    def _show(self, lines: list[str]) -> None:
        """Lines from the vehicle's side, for as long as the serial line takes them away; a prompt at the end."""
        for text in lines:
            if self._line.waiting(self._now_ns) + len(text) > TRANSMIT_BUFFER:
                self._vehicle.stop()
                self._say("BUFFER FULL")
                break
            self._say(text)
        if not self._vehicle.busy:
            self._prompt()

    def _put(self, text: bytes) -> None:
        if not self._gone:
            self._line.put(self._garbled(text) if self._shows(Defect.GARBAGE) else text, self._now_ns)

    def _garbled(self, text: bytes) -> bytes:
        out = bytearray()
        for char in text:
            luck = self._rng.random()
            if luck >= GARBAGE_SHARE:
                out.append(char)
            elif luck >= GARBAGE_SHARE / 2:
                out += self._rng.bytes(int(self._rng.integers(1, 3)))
        return bytes(out)

    # commands

    def _begin(self, text: str) -> None:
        """An empty command is the one before again."""
        text = text or self._last
        self._last = text
        if self._shows(Defect.SLOW):
            self._pause = _Pause(self._now_ns + self._delay_ns, lambda: self._run(text), deaf=False)
        else:
            self._run(text)

    def _run(self, text: str) -> None:
        self._vehicle.dead = self._shows(Defect.WRONG_PROTOCOL)
        self._vehicle.consecutive_max = 1 if self._shows(Defect.CLONE) else None
        request = Request.read(text, longest=7 if self.settings.formatting else 8)
        if text in {"ATZ", "ATWS"}:
            self._reset(RESET_NS if text == "ATZ" else WARM_START_NS)
        elif text == "ATMA":
            self._show(self._vehicle.monitor(self._now_ns))
        elif request is not None:
            self._show(self._vehicle.ask(request, self._now_ns))
        else:
            self._say(self._answer(text[2:]) if text.startswith("AT") else "?")
            self._prompt()

    def _reset(self, pause_ns: int) -> None:
        self._vehicle.settings = self.settings.restarted()
        self._vehicle.forget()
        self._pause = _Pause(self._now_ns + pause_ns, self._greet, deaf=True)

    def _greet(self) -> None:
        self._put(self._end_of_line() * 2)
        self._say(self._version)
        self._prompt()

    def _answer(self, command: str) -> str:
        """What an AT command says that is done at once."""
        answers: dict[str, Callable[[], str]] = {
            "I": lambda: self._version,
            "@1": lambda: INTERPRETER,
            "RV": lambda: f"{self._volts():.1f}V",
            "DP": lambda: self.settings.description,
            "DPN": lambda: "A" * self.settings.automatic + self.settings.number,
        }
        if command in answers:
            return answers[command]()
        clone = self._shows(Defect.CLONE)
        understood = (not clone or command.startswith(CLONE_OBEYS)) and self.settings.obey(command)
        return "OK" if understood or clone else "?"

    @property
    def _version(self) -> str:
        return CLONE_VERSION if self._defect is Defect.CLONE else VERSION
