"""Beat: a thread that writes the status once a second, whatever the thread that judges does; that one never waits."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, Self

from edge.frames import FrameBatch
from edge.status.file import StatusFile
from edge.status.moment import Moment
from edge.status.telling import Telling

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
STOP_S: Final = 2.0


class Beat:
    """Given moments by the thread that judges; without a file it does nothing, and asks for none."""

    def __init__(self, file: StatusFile, telling: Telling, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """`monotonic` gives seconds."""
        self._file, self._telling, self._monotonic = file, telling, monotonic
        self._is_on = file.file is not None
        self._moment: Moment | None = None
        self._due_s = monotonic()
        self._failed: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="status", daemon=True)

    def __enter__(self) -> Self:
        """Begin to write."""
        if self._is_on:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the file away; a disk that hangs is not waited for."""
        self._stop.set()
        if self._is_on:
            self._thread.join(STOP_S)
        self._file.close()

    @property
    def is_due(self) -> bool:
        """Whether a moment is wanted; the judging thread asks, and has it said for the next second by that."""
        if not self._is_on or (now_s := self._monotonic()) < self._due_s:
            return False
        self._due_s = now_s + EVERY_S
        return True

    def show(self, moment: Moment) -> None:
        """This is how things are now; never waits."""
        self._moment = moment

    def hear(self, place: int, batch: FrameBatch) -> None:
        """Frames of a bus were taken, by its place."""
        if self._is_on:
            self._telling.hear(place, batch)

    def _run(self) -> None:
        due_s = self._monotonic()
        while not self._stop.is_set():
            self._tell()
            due_s = max(due_s + EVERY_S, self._monotonic())  # what was missed is not made up for
            self._stop.wait(max(0.0, due_s - self._monotonic()))

    def _tell(self) -> None:
        """A mistake in here costs the status alone: it grows old, which says so, and is tried again."""
        try:
            status = self._telling.status(self._moment, cpu_s=time.thread_time(), writes_failed=self._file.failed)
            self._file.write(status.as_json())
        except Exception as error:  # a figure of somebody else must not end the vehicle's watch
            if str(error) != self._failed:
                log.exception("the status cannot be told")
            self._failed = str(error)
        else:
            self._failed = None
