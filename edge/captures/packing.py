"""Packing: parts become blocks, and durable, in a thread of their own: that takes longer than a tick."""

import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from edge.captures.capture import Hole, Part
from edge.errors import EdgeError
from edge.frames import FrameBatch
from edge.uplink import utc
from edge.wire import messages
from edge.wire.blocks import digest
from edge.wire.frame_block import Frames, encode_frames

log = logging.getLogger(__name__)

WAITING_MAX: Final = 32
"""Parts that wait to be packed."""


class Packing:
    """Does one job after the other; whoever hands one in never waits."""

    def __init__(self, name: str, on_posted: Callable[[], None]) -> None:
        """`name`: of the thread; `on_posted` is called by it after each job that was done."""
        self.counts: Counter[str] = Counter()
        """What the jobs count; `refused`: that the outbox did not take."""
        self._on_posted = on_posted
        self._waiting: queue.Queue[tuple[Callable[[], None], str] | None] = queue.Queue(WAITING_MAX)
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def take(self, job: Callable[[], None], what: str) -> bool:
        """Do this, which raises EdgeError when the outbox does not take it; False: too many wait already."""
        try:
            self._waiting.put_nowait((job, what))
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
            job, what = taken
            try:
                job()
            except EdgeError as error:
                self.counts["refused"] += 1
                log.error("%s could not be kept: %s", what, error)  # noqa: TRY400  # one line
            else:
                self._on_posted()


def block_of(frames: FrameBatch) -> bytes:
    """Frames as a block."""
    return encode_frames(
        Frames(frames.time, frames.bus, frames.id, frames.flags, frames.length, frames.payload, frames.buses)
    )


def head_of(part: Part[Any], block: bytes, form: str) -> dict[str, Any]:
    """What every part tells of itself, whatever it is of; `form`: of the block."""
    return {
        "format": form,
        "started_at": utc(part.started),
        "ended_at": utc(part.ended),
        "count": len(part.frames),
        "sha256": digest(block),
        "part": part.number,
        "is_last": part.is_last,
        "wanted_from": utc(part.wanted_from),
        "wanted_to": utc(part.wanted_to),
        "holes": _told(part.holes),
    }


def known_at(part: Part[Any]) -> datetime:
    """When what a part tells was known."""
    return utc(part.wanted_to if part.is_last else part.ended)


def _told(holes: Sequence[Hole]) -> list[messages.Hole]:
    return [
        messages.Hole(started_at=utc(one.started), ended_at=utc(one.ended), frames=one.frames, cause=one.cause)
        for one in holes
    ]
