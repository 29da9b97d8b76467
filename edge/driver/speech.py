"""Speech: one sentence at a time through a loudspeaker, the gravest first."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from edge.driver.child import Child, ChildFailed, CutOff
from edge.driver.notice import CabState, Notice
from edge.driver.settings import SpeechSettings
from edge.driver.turns import STALE_S, Turns, cuts_in
from edge.driver.voice import GRACE_S, INSTALL, Voice
from edge.driver.worker import Worker

AGAIN_S: Final = 5.0
"""Until what failed is tried again: a loudspeaker that is found late, a device that another program holds."""
SLOWER: Final = 1.5
"""A player may take so many times as long as the sound lasts, and the grace."""
PLAYERS: Final = "apt-get install alsa-utils for aplay, or name another in [cab.speech] player"
SAID: Final = "said"
CUT: Final = "cut"
FAILED: Final = "failed"
DROPPED_UNSAID: Final = "dropped_unsaid"
CAUSES: Final = (SAID, CUT, FAILED, DROPPED_UNSAID)


class Speech:
    """Says notices one after the other, never two at once. One that interrupts ends what does not, or is less grave.

    What was ended so is said again afterwards; what cannot be said is tried again for half a minute.
    """

    name = "speech"

    def __init__(
        self,
        settings: SpeechSettings,
        *,
        program: str = "espeak-ng",
        again_s: float = AGAIN_S,
        grace_s: float = GRACE_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now`: seconds of a clock that never jumps."""
        self._player = settings.player
        self._again_s = again_s
        self._grace_s = grace_s
        self._now = now
        self._language = CabState().language
        self._turns = Turns()
        self._counts = Counter(dict.fromkeys(CAUSES, 0))
        self._said: Notice | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._child = Child()
        self._voice = Voice(settings, self._child, program=program, grace_s=grace_s)
        self._trouble = _missing(program, INSTALL) or _missing(self._player[0], PLAYERS)
        self._worker = Worker(self.name, self._step)
        self._worker.start()

    @property
    def trouble(self) -> str:
        """Why nothing, or not the wanted voice, is heard."""
        return self._worker.trouble or self._trouble or self._voice.note

    @property
    def counters(self) -> Mapping[str, int]:
        """Sentences said, cut off and failed, and what was not said, by cause."""
        with self._lock:
            return {**self._counts, **self._turns.counts}

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._lock:
            return len(self._turns)

    def say(self, notice: Notice) -> None:
        """Let it wait for its turn, which may be at once."""
        with self._lock:
            if self._closed:
                return
            self._turns.add(notice, self._now())
            if self._said is not None and cuts_in(notice, self._said):
                self._child.cut()
        self._worker.wake()

    def show(self, state: CabState) -> None:
        """Speak its language from the next sentence on."""
        self._language = state.language

    def close(self) -> None:
        """Silence, at once; what waits is not said any more."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._child.cut()
        if self._worker.close():
            self._child.close()

    def _step(self) -> float | None:
        """Say the one whose turn it is."""
        with self._lock:
            taken = None if self._closed else self._turns.take(self._now())
            if taken is None:
                return None
            notice, at_s = taken
            self._said = notice
            self._child.ready()
        wait_s = 0.0
        try:
            self._speak(notice)
        except CutOff:
            self._put_back(notice, at_s, CUT)
        except ChildFailed as error:
            self._trouble = f"{error}{self._remedy()}"
            self._put_back(notice, at_s, FAILED)
            wait_s = self._again_s
        else:
            self._trouble = ""
        finally:
            with self._lock:
                self._said = None
        return wait_s

    def _speak(self, notice: Notice) -> None:
        wav, seconds = self._voice.wav(notice.text, self._language, notice.chimes)
        self._child.run(self._player, wav, SLOWER * seconds + self._grace_s)
        with self._lock:
            self._counts[SAID] += 1

    def _put_back(self, notice: Notice, at_s: float, cause: str) -> None:
        """Let it wait again while it is news."""
        with self._lock:
            self._counts[cause] += 1
            if cause == CUT or self._now() - at_s <= STALE_S:
                self._turns.add_again(notice, at_s)
            else:
                self._counts[DROPPED_UNSAID] += 1

    def _remedy(self) -> str:
        return f". Try `espeak-ng hello`, and `{' '.join(self._player)} FILE.wav` as the user of the daemon"


def _missing(program: str, remedy: str) -> str:
    return "" if shutil.which(program) else f"{program} is not installed. Remedy: {remedy}"
