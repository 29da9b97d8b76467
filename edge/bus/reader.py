"""Readers: a supervised thread for each source, and the bounded queues between them and the daemon."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Final, Self

from edge.bus.source import Source
from edge.errors import BusDown
from edge.frames import NANOSECONDS, FrameBatch

logger = logging.getLogger(__name__)

WAIT_S: Final = 0.1
"""How long a silent bus may keep the time of its batches standing still."""
ROOM: Final = 65_536
"""Frames in a queue: 4 s of two saturated 1 Mbit/s buses."""
BATCH_COST: Final = 64
"""What an empty batch takes of the room, in frames."""
RETRY_FIRST_S: Final = 0.2
RETRY_MAX_S: Final = 5.0
STEADY_NS: Final = 10 * NANOSECONDS
"""Up for so long, a bus that goes down again is tried again at once."""
STOP_S: Final = 2.0

READER_QUEUE_FULL: Final = "reader_queue_full"
OUTAGES: Final = "outages"


class Reader:
    """Reads one source in a thread of its own and keeps its batches until they are taken.

    When nobody takes them in time, a live source loses the oldest, counted, and a recording waits. A bus that is down
    is tried again with growing delays, said once, and its time goes on. Anything else that goes wrong ends the thread
    and is raised by `take`.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        arrival: threading.Condition | None = None,
        at_once: Callable[[FrameBatch], None] | None = None,
        room: int = ROOM,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`arrival` is notified of every batch; readers may share one. `at_once` is given every batch by the thread
        that reads it, and nothing is kept to be taken.
        """
        self.name = name
        self.down: str | None = None
        """Why the bus is down; None while it is up."""
        self._source = source
        self._arrival = arrival or threading.Condition()
        self._at_once = at_once
        self._room = room
        self._monotonic_ns = monotonic_ns
        self._queue: deque[FrameBatch] = deque()
        self._cost = 0
        self._buses: tuple[str, ...] = ()
        self._counters = {READER_QUEUE_FULL: 0, OUTAGES: 0}
        self._down_at = 0
        self._up_at = -STEADY_NS
        self._retry_s = RETRY_FIRST_S
        self._looked_ns = monotonic_ns()
        self._stop = threading.Event()
        self._over = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"reader {name}", daemon=True)

    @property
    def counters(self) -> Mapping[str, int]:
        """What the source has counted, and what was lost between it and the daemon."""
        return {**self._source.counters, **self._counters}

    @property
    def looked_ago_s(self) -> float:
        """Seconds since the source was looked at last; a thread that hangs in its driver looks no more. 0 of a source
        that is over, or waits to be taken from."""
        is_waiting = self._over or bool(self._queue) or self._thread.ident is None
        return 0.0 if is_waiting else (self._monotonic_ns() - self._looked_ns) / NANOSECONDS

    @property
    def ended(self) -> bool:
        """The source has come to its end, or was stopped, and everything is taken."""
        return self._over and not self._queue and self._failure is None

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def has_news(self) -> bool:
        """Whether there is something to take, or the thread is over."""
        return bool(self._queue) or self._over

    def take(self, wait_s: float = 0.0) -> list[FrameBatch]:
        """Every batch that is there, in its order, waiting at most `wait_s` for one.

        Raises:
            BaseException: what ended the thread, once everything read before it is taken.
        """
        with self._arrival:
            self._arrival.wait_for(self.has_news, wait_s)
            batches = list(self._queue)
            self._queue.clear()
            self._cost = 0
            self._arrival.notify_all()
        if not batches and self._failure is not None:
            raise self._failure
        return batches

    def ask_to_stop(self) -> None:
        """Let the thread end after what it is doing."""
        self._stop.set()
        with self._arrival:
            self._arrival.notify_all()

    def stop(self, within_s: float = STOP_S) -> None:
        """End the thread, which closes its source; a driver that hangs is left behind, and said."""
        self.ask_to_stop()
        if self._thread.ident is None:
            self._source.close()
            return
        self._thread.join(within_s)
        if self._thread.is_alive():
            logger.error("%s: does not stop; its driver hangs and is left behind", self.name)

    def _run(self) -> None:
        try:
            with closing(self._source):
                while not self._stop.is_set() and self._read():
                    pass
        except BaseException as error:  # noqa: BLE001  not swallowed: `take` raises it where somebody listens
            self._failure = error
        finally:
            with self._arrival:
                self._over = True
                self._arrival.notify_all()

    def _read(self) -> bool:
        """Read once; False at the end of the source."""
        self._looked_ns = self._monotonic_ns()
        try:
            batch = self._source.read(WAIT_S)
        except BusDown as error:
            self._fall(error)
            self._sit_out()
            return True
        if self.down is not None:
            self._rise()
        if batch is None:
            return False
        self._buses = batch.buses
        self._put(batch)
        return True

    def _fall(self, error: BusDown) -> None:
        now_ns = self._monotonic_ns()
        if self.down is not None:
            self._retry_s = min(2.0 * self._retry_s, RETRY_MAX_S)
            return
        logger.warning("%s: down and tried again until it is back: %s", self.name, error)
        self._retry_s = RETRY_FIRST_S if now_ns - self._up_at >= STEADY_NS else min(2.0 * self._retry_s, RETRY_MAX_S)
        self._down_at = now_ns
        self._counters[OUTAGES] += 1
        self.down = str(error)

    def _rise(self) -> None:
        self._up_at = self._monotonic_ns()
        self.down = None
        logger.warning("%s: back after %.1f s", self.name, (self._up_at - self._down_at) / NANOSECONDS)

    def _sit_out(self) -> None:
        """Wait before the next try; a live bus has the time of the monotonic clock, which goes on."""
        until_ns = self._monotonic_ns() + int(self._retry_s * NANOSECONDS)
        while not self._stop.is_set() and (left_ns := until_ns - self._monotonic_ns()) > 0:
            self._stop.wait(min(left_ns / NANOSECONDS, WAIT_S))
            if self._source.live:
                self._put(FrameBatch.empty(self._buses, self._monotonic_ns()))

    def _put(self, batch: FrameBatch) -> None:
        if self._at_once is not None:
            self._at_once(batch)
            return
        with self._arrival:
            if not self._source.live:
                self._arrival.wait_for(lambda: self._cost < self._room or self._stop.is_set())
            if self._queue and not len(batch) and not len(self._queue[-1]):
                self._pop(self._queue.pop())  # two silences are one
            self._queue.append(batch)
            self._cost += len(batch) + BATCH_COST
            while self._source.live and self._cost > self._room and len(self._queue) > 1:
                oldest = self._queue.popleft()
                self._pop(oldest)
                self._counters[READER_QUEUE_FULL] += len(oldest)
            self._arrival.notify_all()

    def _pop(self, batch: FrameBatch) -> None:
        self._cost -= len(batch) + BATCH_COST


class Readers:
    """A reader for each source; whoever takes waits for any of them."""

    def __init__(
        self,
        sources: Sequence[Source],
        *,
        names: Sequence[str] = (),
        at_once: Mapping[int, Callable[[FrameBatch], None]] | None = None,
    ) -> None:
        """`names`: for logs; the sources are numbered without. `at_once`: by the number of a source, who is given its
        batches by the thread that reads them.
        """
        self._arrival = threading.Condition()
        names = names or [f"source {number}" for number in range(1, len(sources) + 1)]
        at_once = at_once or {}
        self.readers = [
            Reader(name, source, arrival=self._arrival, at_once=at_once.get(index))
            for index, (name, source) in enumerate(zip(names, sources, strict=True))
        ]
        self._ended: set[int] = set()

    def __enter__(self) -> Self:
        """Start every thread."""
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End every thread and close every source."""
        for reader in self.readers:
            reader.ask_to_stop()
        for reader in self.readers:
            reader.stop()

    def take(self, wait_s: float) -> list[tuple[int, FrameBatch | None]]:
        """Every batch that is there with the number of its source, waiting at most `wait_s` for one.

        None instead of a batch, once, tells that the source has ended.

        Raises:
            BaseException: what ended a thread.
        """
        with self._arrival:
            self._arrival.wait_for(self._has_news, wait_s)
            taken: list[tuple[int, FrameBatch | None]] = []
            for index, reader in enumerate(self.readers):
                taken.extend((index, batch) for batch in reader.take())
                if reader.ended and index not in self._ended:
                    self._ended.add(index)
                    taken.append((index, None))
            return taken

    def _has_news(self) -> bool:
        return any(reader.has_news() for index, reader in enumerate(self.readers) if index not in self._ended)
