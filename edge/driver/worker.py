"""A thread of an output: does a step when it is woken, when its time has come, or when a socket has news."""

import logging
import os
import select
import threading
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

RETRY_S: Final = 60.0
"""After a step that failed for a reason that nobody thought of."""
CLOSE_S: Final = 2.0


class Worker:
    """Runs one step after the other, and sleeps in between without waking up for nothing.

    A step gives the seconds until it wants to be run again; None: when it is woken. What it raises is a defect: said
    once in the log and kept in `trouble`, and a minute later it is tried again, so that the output is never silently
    missing.
    """

    def __init__(self, name: str, step: Callable[[], float | None], *, retry_s: float = RETRY_S) -> None:
        self.trouble = ""
        """The defect; empty: there is none."""
        self._name = name
        self._step = step
        self._retry_s = retry_s
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._lock = threading.Lock()
        """Held while the bell is rung or taken down: its number may be another file's afterwards."""
        self._heard: int | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"cab {name}", daemon=True)

    def start(self) -> None:
        """Run the first step, once everything that it needs is there."""
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether it is ending: what takes long looks at this."""
        return self._closed

    def listen(self, file: int | None) -> None:
        """From the next step on wake up when this file (its number) can be read, too; called in a step."""
        self._heard = file

    def wake(self) -> None:
        """Let the next step be run at once; never waits."""
        with self._lock:
            if self._bell >= 0:
                os.eventfd_write(self._bell, 1)

    def close(self) -> bool:
        """End after the step that is being run; False: it hangs and is left behind. Safe to repeat."""
        self._closed = True
        self.wake()
        self._thread.join(CLOSE_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._closed:
                self._sleep(self._stepped())
        finally:
            with self._lock:
                os.close(self._bell)
                self._bell = -1

    def _stepped(self) -> float | None:
        try:
            wait_s = self._step()
        except Exception as error:
            if not self.trouble:
                logger.exception("cab: %s failed and is tried again in %.0f s", self._name, self._retry_s)
            self.trouble = f"a defect of ours, tried again in {self._retry_s:.0f} s: {type(error).__name__}: {error}"
            self._heard = None
            return self._retry_s
        self.trouble = ""
        return wait_s

    def _sleep(self, wait_s: float | None) -> None:
        files = [self._bell] if self._heard is None else [self._bell, self._heard]
        ready, _, _ = select.select(files, [], [], wait_s)
        if self._bell in ready:
            os.eventfd_read(self._bell)
