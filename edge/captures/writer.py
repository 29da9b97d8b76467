"""Writer: parts of captures become blocks, and durable, in a thread of their own: packing takes longer than a tick."""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from edge.captures.capture import Part
from edge.errors import EdgeError
from edge.outbox import Outbox, Posting
from edge.uplink import utc
from edge.wire import messages
from edge.wire.blocks import digest
from edge.wire.envelope import Clock
from edge.wire.frame_block import FORMAT, Frames, encode_frames

log = logging.getLogger(__name__)

WAITING_MAX: Final = 32
"""Parts that wait to be packed."""
STATE: Final = "captures"
"""Under what name the outbox remembers what goes on after a restart."""


class Writer:
    """Takes parts from the pipeline, packs them, and puts them into the outbox."""

    def __init__(
        self,
        outbox: Outbox,
        running: Mapping[str, str],
        *,
        clock: Callable[[], Clock],
        on_posted: Callable[[], None],
    ) -> None:
        """`running`: what runs on the vehicle, by name; `on_posted` is called by this thread."""
        self._outbox, self._running = outbox, dict(running)
        self._clock, self._on_posted = clock, on_posted
        self._waiting: queue.Queue[tuple[Part, Clock] | None] = queue.Queue(WAITING_MAX)
        self._counts: Counter[str] = Counter()
        self._thread = threading.Thread(target=self._work, name="captures", daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Mapping[str, int]:
        """`parts` and their `frames` and `bytes` that are durable; `refused` parts that the outbox did not take."""
        return dict(self._counts)

    def __call__(self, part: Part) -> bool:
        """Take a part; False: too many wait already."""
        try:
            self._waiting.put_nowait((part, self._clock()))
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Wait until everything that was taken is durable; safe to repeat."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (taken := self._waiting.get()) is not None:
            part, clock = taken
            try:
                self._keep(part, clock)
            except EdgeError as error:
                self._counts["refused"] += 1
                log.error("part %d of capture %s could not be kept: %s", part.number, part.id, error)  # noqa: TRY400  # one line
            else:
                self._on_posted()

    def _keep(self, part: Part, clock: Clock) -> None:
        frames = part.frames
        block = encode_frames(
            Frames(frames.time, frames.bus, frames.id, frames.flags, frames.length, frames.payload, frames.buses)
        )
        body = messages.Capture(
            format=FORMAT,
            started_at=utc(part.started),
            ended_at=utc(part.ended),
            count=len(frames),
            sha256=digest(block),
            trigger=part.trigger,
            id=part.id,
            part=part.number,
            is_last=part.is_last,
            wanted_from=utc(part.wanted_from),
            wanted_to=utc(part.wanted_to),
            holes=[
                messages.Hole(
                    started_at=utc(hole.started), ended_at=utc(hole.ended), frames=hole.frames, cause=hole.cause
                )
                for hole in part.holes
            ],
            running=self._running if part.number == 1 else {},
        )
        key = f"capture:{part.id}:{part.number}"
        posting = Posting(body, utc(part.wanted_to if part.is_last else part.ended), clock, key=key, block=block)
        self._outbox.put([posting], remember={STATE: part.state})
        self._counts.update(parts=1, frames=len(frames), bytes=len(block))
