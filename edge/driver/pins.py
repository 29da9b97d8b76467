"""Pins: lamps, a buzzer and buttons at a Raspberry Pi. The only room that knows gpiozero."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from edge.driver.lamps import AMBER, BUZZES, GREEN, RED, Light, Rhythm, light
from edge.driver.notice import CabState, Notice, Request, Requests, Wish
from edge.driver.settings import PinSettings
from edge.driver.turns import gravity
from edge.driver.worker import RETRY_S, Worker

PRIVATE_HELD_S: Final = 3.0
WORKSHOP_HELD_S: Final = 5.0
BOUNCE_S: Final = 0.03
"""So long a contact chatters."""
INSTALL: Final = (
    "pip install 'telltale[cab]' on a 64-bit Raspberry Pi, the daemon's user in the group gpio, "
    "and a working folder that it may write to"
)

BUZZED: Final = "buzzed"
JOINED: Final = "joined"
SILENT: Final = "silent"
LOST: Final = "lost"
PRESSED: Final = "pressed"
CAUSES: Final = (BUZZED, JOINED, SILENT, LOST, PRESSED)

Factory = Callable[[], Any]
"""Gives a pin factory of gpiozero, or raises whatever the libraries below it raise."""


class Pins:
    """Shows the state by lamps, sounds a buzzer, and hands on what buttons ask for.

    A buzz begins at once if it is graver than the one that sounds; otherwise it joins that one. To acknowledge ends it.
    """

    name = "pins"

    def __init__(
        self,
        settings: PinSettings,
        requests: Requests,
        *,
        factory: Factory | None = None,
        retry_s: float = RETRY_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`retry_s`: between two attempts to get at the pins; `now`: seconds of a clock that never jumps."""
        self._settings = settings
        self._factory = factory or _lgpio
        self._retry_s = retry_s
        self._now = now
        self._requests = requests
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(CAUSES, 0))
        self._state = CabState()
        self._light, self._lit_at = Light(), now()
        self._buzz: tuple[Rhythm, int, float] | None = None
        """What sounds, how grave it is, since when."""
        self._board: _Board | None = None
        self._trouble = ""
        self._closed = False
        self._worker = Worker(self.name, self._step)
        self._worker.start()

    @property
    def trouble(self) -> str:
        """Why the pins cannot be used."""
        return self._worker.trouble or self._trouble

    @property
    def counters(self) -> Mapping[str, int]:
        """Buzzes that sounded, joined another, were silent in workshop mode or lost without pins; buttons pressed."""
        with self._lock:
            return dict(self._counts)

    def say(self, notice: Notice) -> None:
        """Buzz, if it is grave enough."""
        rhythm = BUZZES.get(notice.severity)
        if rhythm is None or self._settings.buzzer is None:
            return
        with self._lock:
            if not self._closed:
                self._counts[self._buzzed(rhythm, gravity(notice.severity))] += 1
        self._worker.wake()

    def show(self, state: CabState) -> None:
        """Let the lamps show it."""
        with self._lock:
            self._state = state
            if state.workshop:
                self._buzz = None
        self._worker.wake()

    def close(self) -> None:
        """All off, and the pins as they were."""
        with self._lock:
            self._closed = True
        if self._worker.close():
            self._let_go()

    def _buzzed(self, rhythm: Rhythm, grave: int) -> str:
        """Begin a buzz; what has become of it."""
        now_s = self._now()
        if self._state.workshop:
            return SILENT
        if self._trouble:
            return LOST
        if self._buzz is not None:
            sounding, how_grave, since_s = self._buzz
            if now_s - since_s < sounding.lasts_s and how_grave <= grave:
                return JOINED
        self._buzz = rhythm, grave, now_s
        return BUZZED

    def _step(self) -> float | None:
        """Switch what has to be switched; the seconds until the next time."""
        if self._board is None and not self._opened():
            return self._retry_s
        try:
            return self._switched()
        except Exception as error:  # noqa: BLE001  gpiozero and what is below it raise what they like
            self._let_go()
            self._trouble = f"the pins failed: {error}. Remedy: look at the wiring and at `pinout`"
            return self._retry_s

    def _opened(self) -> bool:
        try:
            self._board = _Board(self._settings, self._factory(), self._pressed)
        except Exception as error:  # noqa: BLE001  as above
            self._trouble = f"the pins cannot be used: {str(error) or type(error).__name__}. Remedy: {INSTALL}"
            return False
        self._trouble = ""
        return True

    def _switched(self) -> float | None:
        board = self._board
        if board is None:
            return self._retry_s
        now_s = self._now()
        with self._lock:
            wanted, buzz = light(self._state, board.lamps), self._buzz
        if wanted != self._light:
            self._light, self._lit_at = wanted, now_s
        is_lit = wanted.rhythm.is_on(now_s - self._lit_at)
        board.shine(wanted.lamps if is_lit else frozenset())
        nexts = [wanted.rhythm.next_s(now_s - self._lit_at) if wanted.lamps else None]
        board.sound(buzz is not None and buzz[0].is_on(now_s - buzz[2]))
        if buzz is not None:
            nexts.append(buzz[0].next_s(now_s - buzz[2]))
        return min((wait_s for wait_s in nexts if wait_s is not None), default=None)

    def _pressed(self, wish: Wish) -> None:
        """A button was pressed, or held long enough; in a thread of gpiozero."""
        with self._lock:
            if self._closed:
                return
            self._counts[PRESSED] += 1
            state = self._state
            if wish is Wish.ACKNOWLEDGE:
                self._buzz = None
        if wish is Wish.PRIVATE_ON and state.private:
            wish = Wish.PRIVATE_OFF
        elif wish is Wish.WORKSHOP_ON and state.workshop:
            wish = Wish.WORKSHOP_OFF
        self._worker.wake()
        self._requests(Request(wish, "button"))

    def _let_go(self) -> None:
        board, self._board = self._board, None
        if board is not None:
            board.close()


class _Board:
    """What is wired to the pins. Any call may raise whatever gpiozero and the libraries below it raise."""

    def __init__(self, settings: PinSettings, factory: Any, pressed: Callable[[Wish], None]) -> None:
        self._factory = factory
        self._devices: list[Any] = []
        self._is_on: dict[str, bool] = {}
        self._outputs: dict[str, Any] = {}
        try:
            self._open(settings, pressed)
        except BaseException:
            self.close()
            raise
        self.lamps = frozenset(self._outputs) - {"buzzer"}

    def shine(self, lamps: frozenset[str]) -> None:
        """Light exactly these."""
        for name in self.lamps:
            self._switch(name, on=name in lamps)

    def sound(self, on: bool) -> None:
        """Sound the buzzer, or silence it."""
        if "buzzer" in self._outputs:
            self._switch("buzzer", on=on)

    def close(self) -> None:
        """Give the pins back, which switches everything off."""
        for device in (*self._devices, self._factory):
            with suppress(Exception):  # one that cannot be given back keeps none of the others
                device.close()

    def _switch(self, name: str, *, on: bool) -> None:
        if self._is_on.get(name, False) != on:
            self._outputs[name].value = on
            self._is_on[name] = on

    def _open(self, settings: PinSettings, pressed: Callable[[Wish], None]) -> None:
        import gpiozero  # type: ignore[import-untyped]  # noqa: PLC0415  it ships no types; only who has pins has it

        wired = {RED: settings.red, AMBER: settings.amber, GREEN: settings.green, "buzzer": settings.buzzer}
        for name, pin in wired.items():
            if pin is not None:
                self._outputs[name] = gpiozero.DigitalOutputDevice(
                    pin, active_high=settings.active_high, pin_factory=self._factory
                )
                self._devices.append(self._outputs[name])
        for pin, wish, held_s in (
            (settings.acknowledge, Wish.ACKNOWLEDGE, 0.0),
            (settings.private, Wish.PRIVATE_ON, PRIVATE_HELD_S),
            (settings.workshop, Wish.WORKSHOP_ON, WORKSHOP_HELD_S),
        ):
            if pin is not None:
                button = gpiozero.Button(
                    pin,
                    pull_up=settings.pull_up,
                    bounce_time=BOUNCE_S,
                    hold_time=held_s or 1.0,
                    pin_factory=self._factory,
                )
                self._devices.append(button)
                setattr(button, "when_held" if held_s else "when_pressed", partial(pressed, wish))


def _lgpio() -> Any:
    """The pins of this Raspberry Pi, by lgpio and nothing else: gpiozero would try four libraries and warn of each.

    lgpio makes a pipe in the working folder. $LG_WD names another, but with it lgpio changes the folder of the whole
    program, so we leave that to the installer.
    """
    from gpiozero.pins.lgpio import LGPIOFactory  # type: ignore[import-untyped]  # noqa: PLC0415  as above

    return LGPIOFactory()
