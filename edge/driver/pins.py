"""Pins: what lamps and a buzzer tell the driver, and what buttons ask for."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from edge.driver.board import Board, Factory, lgpio
from edge.driver.buttons import Buttons
from edge.driver.lamps import BUZZES, Light, Rhythm, light
from edge.driver.notice import CabState, Notice, Request, Requests, Wish
from edge.driver.settings import PinSettings
from edge.driver.turns import gravity
from edge.driver.worker import RETRY_S, Worker

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
        self._factory = factory or lgpio
        self._retry_s = retry_s
        self._now = now
        self._requests = requests
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(CAUSES, 0))
        self._state = CabState()
        self._light, self._lit_at = Light(), now()
        self._buzz: tuple[Rhythm, int, float] | None = None
        """What sounds, how grave it is, since when."""
        self._buttons = Buttons()
        self._board: Board | None = None
        self._tried_at = now() - retry_s
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
        if self._board is None:
            left_s = self._tried_at + self._retry_s - self._now()
            if left_s > 0 or not self._opened():
                return max(left_s, 0.0) or self._retry_s
        with self._lock:
            due = self._buttons.due(self._now())
        for wish in due:
            self._ask(wish)
        try:
            return self._switched()
        except Exception as error:  # noqa: BLE001  gpiozero and what is below it raise what they like
            self._let_go()
            self._tried_at = self._now()
            self._trouble = f"the pins failed: {error}. Remedy: look at the wiring and at `pinout`"
            return self._retry_s

    def _opened(self) -> bool:
        self._tried_at = self._now()
        try:
            self._board = Board(self._settings, self._factory(), self._moved)
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
            wanted, buzz, button_s = light(self._state, board.lamps), self._buzz, self._buttons.next_s(now_s)
        if wanted != self._light:
            self._light, self._lit_at = wanted, now_s
        is_lit = wanted.rhythm.is_on(now_s - self._lit_at)
        board.shine(wanted.lamps if is_lit else frozenset())
        nexts = [button_s, wanted.rhythm.next_s(now_s - self._lit_at) if wanted.lamps else None]
        board.sound(buzz is not None and buzz[0].is_on(now_s - buzz[2]))
        if buzz is not None:
            nexts.append(buzz[0].next_s(now_s - buzz[2]))
        return min((wait_s for wait_s in nexts if wait_s is not None), default=None)

    def _moved(self, wish: Wish, is_down: bool) -> None:
        """A button went down or came up."""
        with self._lock:
            if is_down:
                self._buttons.press(wish, self._now())
            else:
                self._buttons.release(wish)
        self._worker.wake()

    def _ask(self, wish: Wish) -> None:
        """Hand on what a button asks for; the button of a mode that is on turns it off."""
        with self._lock:
            self._counts[PRESSED] += 1
            state = self._state
            if wish is Wish.ACKNOWLEDGE:
                self._buzz = None
        if wish is Wish.PRIVATE_ON and state.private:
            wish = Wish.PRIVATE_OFF
        elif wish is Wish.WORKSHOP_ON and state.workshop:
            wish = Wish.WORKSHOP_OFF
        self._requests(Request(wish, "button"))

    def _let_go(self) -> None:
        board, self._board = self._board, None
        with self._lock:
            self._buttons = Buttons()  # one that is down is not seen to come up any more
        if board is not None:
            board.close()
