"""Looking: gives frames to the watch over hot signals in the threads that read them, and tells the driver."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from edge.alerts import AlertBook
from edge.frames import FrameBatch
from edge.history import Window
from edge.hot import Early, HotWatch

log = logging.getLogger(__name__)

SWITCH_S: Final = 0.0005
"""How long one thread may keep the interpreter while another waits for it, once frames are looked at as they come."""


class Looking:
    """What goes wrong here is said once and ends the looking; the tick judges the same frames."""

    def __init__(self, watch: HotWatch, tell: Callable[[Iterable[Early]], None]) -> None:
        self.failed: str | None = None
        """Why nothing is looked at any more."""
        self._watch = watch
        self._tell = tell
        self._one_at_a_time = threading.Lock()

    def at_tick(self, window: Window, book: AlertBook) -> None:
        """Let the watch take up what a tick found; for the thread that judges."""
        if self.failed is None:
            with self._guarded():
                self._watch.at_tick(window, book)

    def through(self, placed: Callable[[FrameBatch], FrameBatch]) -> Callable[[FrameBatch], None]:
        """For the thread that reads one socket. `placed`: with the bus's configured name, on the daemon's axis."""

        def look(batch: FrameBatch) -> None:
            if len(batch) and self.failed is None:
                with self._one_at_a_time, self._guarded():
                    self._tell(self._watch.look(placed(batch)))

        return look

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.failed = f"{type(error).__name__}: {error}"
            log.exception("critical rules wait for the tick from now on")
